"""Succession: which release comes before another, and what an import would put back."""

import re
from collections.abc import Iterable

from milgraph.errors import Position, SourceError
from milgraph.importers.releases import Release
from milgraph.store.interface import Readable
from milgraph.terms import MIL, Literal, NamedNode, compact

__all__ = ["is_older", "require_no_return"]

_NUMBERED = re.compile(r"[0-9]+(\.[0-9]+)*|[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_older(version: str, than: str) -> bool:
    """Return whether the version is certain to be older than the other.

    Versions are compared where both are numbers apart by dots, or both are days.

    >>> is_older("9.2", "24.1"), is_older("24.1", "24.0.5"), is_older("beta", "24.1")
    (True, False, False)
    """
    if not (_NUMBERED.fullmatch(version) and _NUMBERED.fullmatch(than)):
        return False
    if ("-" in version) != ("-" in than):
        return False
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.split("[.-]", version)))


def require_no_return(
    records: Iterable[tuple[int, NamedNode]],
    release: Release,
    dataset: Readable,
    *,
    source: str,
    is_complete: bool,
) -> None:
    """Require that the graph has none of the records, with their lines, in a newer release.

    Where the release is complete, what only a newer one has would be retracted: then
    the graph may have no record of a newer one at all.

    Raises:
        SourceError: it has; with the line of the record.
    """
    newer = _newer(release, dataset)
    if not newer:
        return
    if is_complete:
        raise _returning(
            "the graph has records", max(newer.values(), key=_numbers), release, source
        )
    for line, iri in records:
        for quad in dataset.match(iri, MIL.inRelease, None, iri):
            if (found := newer.get(str(quad.object))) is not None:
                raise _returning(
                    f"the graph has {compact(iri)}", found, release, source, line
                )


def _newer(release: Release, dataset: Readable) -> dict[str, str]:
    """Return the versions of newer releases that the graph has records of, by name."""
    return {
        str(said.subject): written.object.value
        for said in dataset.match(None, MIL.ofDataSet, release.data_set)
        for written in dataset.match(said.subject, MIL.releaseVersion)
        if isinstance(written.object, Literal)
        and is_older(release.version, written.object.value)
        and any(True for _ in dataset.match(None, MIL.inRelease, said.subject))
    }


def _returning(
    told: str, newer: str, release: Release, source: str, line: int | None = None
) -> SourceError:
    return SourceError(
        f"{told} of release {newer}, which is newer than {release.version}",
        position=Position(source, line),
        hint="Say with --release which release the file is, or go back to the older one "
        "with --allow-older.",
    )
