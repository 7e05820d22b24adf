"""Importing: a file is examined whole, and only then are its records taken in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from milgraph.bulk import collecting_seldom
from milgraph.errors import Position, SourceError
from milgraph.gate import Gate
from milgraph.history import Author
from milgraph.importers.formats import Format
from milgraph.importers.intake import Account, Intake
from milgraph.importers.records import Pool, digest_of
from milgraph.importers.succession import require_no_return
from milgraph.staging import Progress
from milgraph.store.interface import Readable
from milgraph.terms import BASE, MIL, Literal, NamedNode

__all__ = ["Examined", "examine", "import_records", "states_by_code"]

_NAMING = BASE + "code/naming/"
_EVERY = 500


@dataclass(frozen=True, slots=True)
class Examined:
    """What the first look at a file found: how many records, and the newest mark."""

    records: int
    newest: str


def examine(path: Path, format_: Format) -> Examined:
    """Return what the file holds, once all of it is as it should be.

    Raises:
        SourceError: it is damaged, or holds a record twice; with the line.
    """
    key, mark = format_.table.key, format_.mark
    seen: set[str] = set()
    newest = ""
    for line, fields in format_.table.rows(path):
        identifier = fields[key]
        if identifier in seen:
            raise SourceError(
                f"the record {identifier} is given twice",
                position=Position(str(path), line),
                hint="Give one version of each record.",
            )
        seen.add(identifier)
        if mark is not None:
            newest = max(newest, mark(fields))
    return Examined(len(seen), newest)


def import_records(  # noqa: PLR0913 - each is the caller's choice
    gate: Gate,
    format_: Format,
    path: Path,
    author: Author,
    *,
    release: str = "",
    is_complete: bool = False,
    keep_going: bool = False,
    allow_older: bool = False,
    progress: Progress = lambda _step, _share: None,
) -> Account:
    """Commit the records of the file, each in the place of its earlier version.

    Nothing is committed of a file that is damaged. What was interrupted goes on when it
    is called again: records that are there as they are given are passed over. With
    `is_complete`, records of the data set that the file has no more are retracted. With
    `keep_going`, records that are refused are told and left out; otherwise the first is
    raised, and the batches before it stay. Records go back to an older release with
    `allow_older` only.

    Raises:
        SourceError: the file is damaged, or the graph has a newer release of a record.
        KnowledgeGraphError: a record is refused.
    """
    progress(f"examining {path.name}", 0.0)
    examined = examine(path, format_)
    version = format_.release(path, release, examined.newest)
    dataset = gate.desk.dataset
    pool = Pool(dataset, format_.graph, version.iri)
    pool.thing(version.iri.value.removeprefix(BASE), version.said)
    states = states_by_code(dataset, format_.codes)
    records = format_.records(pool, version, states)
    if not allow_older:
        require_no_return(
            ((line, records.iri(fields)) for line, fields in format_.table.rows(path)),
            version,
            dataset,
            source=str(path),
            is_complete=is_complete,
        )
    intake = Intake(gate, author, pool, source=str(path), keep_going=keep_going)
    left = _records_of(format_, dataset) if is_complete else set()
    with collecting_seldom():
        for index, (line, fields) in enumerate(format_.table.rows(path)):
            if index % _EVERY == 0:
                progress(f"importing {path.name}", index / examined.records)
            iri = records.iri(fields)
            left.discard(iri)
            before = intake.version_of(iri)
            if before and intake.is_there(iri, digest_of(fields), before):
                continue
            intake.take(line, records.record(fields), is_new=not before)
        intake.flush()
        intake.retract(left)
        gate.settle()
    return intake.account


def _records_of(format_: Format, dataset: Readable) -> set[NamedNode]:
    """Return the records of the data set that the graph has, of whatever release."""
    return {
        quad.subject
        for release in dataset.match(None, MIL.ofDataSet, format_.iri)
        for quad in dataset.match(None, MIL.inRelease, release.subject)
        if isinstance(quad.subject, NamedNode)
    }


def states_by_code(dataset: Readable, scheme: str) -> Mapping[str, NamedNode]:
    """Return the states of the reference data by their codes of the naming scheme.

    An equal code identifies a state; nothing less does.
    """
    found: dict[str, NamedNode] = {}
    for alias in dataset.match(None, MIL.namingScheme, NamedNode(_NAMING + scheme)):
        for named in dataset.match(alias.subject, MIL.aliasOf):
            for written in dataset.match(alias.subject, MIL.aliasText):
                if isinstance(named.object, NamedNode) and isinstance(
                    written.object, Literal
                ):
                    found[written.object.value] = named.object
    return found
