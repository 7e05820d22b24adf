"""Importing: a file is examined whole, and only then are its records taken in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from milgraph.bulk import collecting_seldom
from milgraph.gate import Gate
from milgraph.graphs import data_set
from milgraph.history import Author
from milgraph.importers.formats import Format
from milgraph.importers.gdelt import TABLE as GDELT_TABLE
from milgraph.importers.gdelt import Gdelt
from milgraph.importers.intake import Account, Intake
from milgraph.importers.records import Pool
from milgraph.importers.sources import Release
from milgraph.staging import Progress
from milgraph.store.interface import Readable
from milgraph.terms import BASE, MIL, Literal, NamedNode

__all__ = ["import_gdelt"]

_ALPHA_3 = NamedNode(f"{BASE}code/naming/iso-3166-1-alpha-3")
_EVERY = 1000


def import_gdelt(
    gate: Gate,
    path: Path,
    author: Author,
    *,
    keep_going: bool = False,
    progress: Progress = lambda _step, _share: None,
) -> Account:
    """Take in the records of a GDELT export."""
    total = sum(1 for _ in GDELT_TABLE.rows(path))
    release = Release(
        NamedNode(f"{BASE}dataset/gdelt-events"),
        NamedNode(f"{BASE}actor/gdelt"),
        "2.0",
        "GDELT Event Database",
        NamedNode("https://www.gdeltproject.org/about.html"),
        "The GDELT Project, GDELT 2.0 Event Database. https://www.gdeltproject.org",
        is_redistributable=True,
    )
    dataset = gate.desk.dataset
    pool = Pool(dataset, data_set("gdelt"), release.iri)
    pool.thing(release.iri.value.removeprefix(BASE), release.said)
    records = Gdelt(pool, release, states_by_alpha_3(dataset))
    intake = Intake(gate, author, pool, keep_going=keep_going)
    with collecting_seldom():
        for index, (line, fields) in enumerate(GDELT_TABLE.rows(path)):
            intake.take(line, records.record(fields))
            if index % _EVERY == 0:
                progress(f"importing {path.name}", index / total)
        intake.flush()
    return intake.account


def states_by_alpha_3(dataset: Readable) -> Mapping[str, NamedNode]:
    """Return the states of the reference data by their ISO 3166-1 alpha-3 codes."""
    found: dict[str, NamedNode] = {}
    for quad in dataset.match(None, MIL.namingScheme, _ALPHA_3):
        (alias,) = dataset.match(quad.subject, MIL.aliasOf)
        for said in dataset.match(quad.subject, MIL.aliasText):
            if isinstance(alias.object, NamedNode) and isinstance(said.object, Literal):
                found[said.object.value] = alias.object
    return found
