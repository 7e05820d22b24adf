"""A program that commits for as long as it lives, for `test_survival.py` to kill.

It compiles the standards once. For each line on its input, a seed and a deed, it forks a
child that opens the graph and goes on changing it; the child tells its number first, and
then every commit as it is acknowledged. Run it as
`python tests/survival.py RESOURCES FOLDER`.
"""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from milgraph import bulk, graphs
from milgraph.changes import Change
from milgraph.commits import Outcome
from milgraph.errors import UndoError, UnknownArticleError
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.iris import ARTICLES
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.standards import Standards
from milgraph.store import embedded
from milgraph.syntax import FORMATS, Source
from milgraph.terms import BASE, RDFS, Literal, NamedNode, Quad
from milgraph.validation import Shapes, turbo_engine

__all__ = ["DEEDS", "EDITED", "Prepared", "article", "name_of"]

AUTHOR = Author("ada", Role.EDITOR, "add", "to survive")
ARTICLES_THERE = 6
DEEDS = ("commit", "bulk", "undo")
EDITED = NamedNode(BASE + "place/bay")
REPORT = """\
@base <https://w3id.org/milgraph/article/SLUG> .
@prefix actor: <https://w3id.org/milgraph/actor/> .
@prefix basis: <https://w3id.org/milgraph/code/basis/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix evidentiality: <https://w3id.org/milgraph/code/evidentiality/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix modality: <https://w3id.org/milgraph/code/modality/> .
@prefix place: <https://w3id.org/milgraph/place/> .
@prefix platform: <https://w3id.org/milgraph/platform/> .
@prefix polarity: <https://w3id.org/milgraph/code/polarity/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix role: <https://w3id.org/milgraph/code/role/> .
@prefix segment: <https://w3id.org/milgraph/code/segment/> .
@prefix wording: <https://w3id.org/milgraph/code/wording/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<> a mil:NewsReport ; rdfs:label "VERSION"@en ; dcterms:publisher actor:agency ;
    dcterms:source <https://example.org/report> ; mil:publishedOn <#published> .
<#published> mil:earliestStart "2024-05-10T00:00:00Z"^^xsd:dateTime ;
    mil:latestEnd "2024-05-10T23:59:59Z"^^xsd:dateTime .
<#s1> a mil:Segment ; mil:inDocument <> ; mil:segmentKind segment:body ; mil:segmentIndex 1 .
<#claim> a mil:Claim ; mil:inArticle <> ; mil:claimant actor:agency ; mil:anchoredIn <#s1> ;
    mil:wording wording:narrated ; mil:evidentiality evidentiality:own-voice ;
    mil:modality modality:fact ; mil:polarity polarity:positive ;
    dcterms:description "What the agency tells in version VERSION."@en .
<#claim> {
    <#flight> a mil:Flight ; mil:hasPlace place:bay ; mil:hasTime <#time> ;
        rdfs:label "Flight VERSION"@en ; mil:hasParticipation <#bombers> .
    <#time> mil:earliestStart "2024-05-09T00:00:00Z"^^xsd:dateTime ;
        mil:latestEnd "2024-05-09T23:59:59Z"^^xsd:dateTime .
    <#bombers> mil:participant actor:north-air ; mil:role role:principal ;
        mil:platformType platform:bear-k ; mil:count <#count> .
    <#count> mil:exactly VERSION ; mil:basis basis:stated .
}
"""


def name_of(number: int) -> NamedNode:
    """Return the article of the number."""
    return NamedNode(f"{ARTICLES}2024-05-10-report-{number}")


def article(number: int, version: int) -> Source:
    """Return the version of the article; no two versions say the same."""
    slug = name_of(number).value.removeprefix(ARTICLES)
    text = REPORT.replace("SLUG", slug).replace("VERSION", str(version))
    return Source(f"{slug}.trig", text.encode(), FORMATS["trig"])


@dataclass(frozen=True)
class Prepared:
    """What opens a graph fast, again and again."""

    resources: Resources
    shipped: Shipped
    standards: Standards

    @classmethod
    def of(cls, resources: Resources) -> "Prepared":
        """Return it with the standards compiled."""
        shipped = Shipped(resources)
        ontology = (quad.triple for quad in shipped.ontology)
        shapes = Shapes.shipped(resources)
        return cls(resources, shipped, Standards.of(ontology, shapes, turbo_engine))

    def open(self, folder: Path) -> Gate:
        """Open the graph in the folder."""
        return Gate.open(
            Settings(data=folder, resources=self.resources),
            shipped=self.shipped,
            standards=lambda: self.standards,
        )


@dataclass
class Committer:
    """One life: deeds drawn by chance, each told once it is acknowledged."""

    gate: Gate
    chance: Random

    def live(self, deed: str) -> None:
        """Go on until killed."""
        while True:
            {"commit": self.commit, "bulk": self.bulk, "undo": self.undo}[deed]()

    def commit(self) -> None:
        """Add, replace, retract or edit."""
        number = self.chance.randrange(ARTICLES_THERE)
        what = self.chance.random()
        if what < 0.15:
            with suppress(UnknownArticleError):
                self.gate.retract(name_of(number), author=AUTHOR)
        elif what < 0.3:
            self.gate.edit(self._renaming(), author=AUTHOR)
        else:
            numbers = self.chance.sample(
                range(ARTICLES_THERE), self.chance.choice((1, 1, 3))
            )
            drawn = [article(one, self._version()) for one in numbers]
            self.gate.submit(*drawn, author=AUTHOR)

    def undo(self) -> None:
        """Commit, and undo one of the last commits."""
        self.commit()
        number = self.gate.sequence - self.chance.choice((0, 0, 1))
        with suppress(UndoError):
            self.gate.undo(number, author=AUTHOR)

    def bulk(self) -> None:
        """Load a folder of articles, a few in each batch."""
        with TemporaryDirectory() as folder:
            for number in range(ARTICLES_THERE):
                source = article(number, self._version())
                (Path(folder) / source.name).write_bytes(source.content)
            bulk.load(self.gate, [Path(folder)], AUTHOR)

    def _version(self) -> int:
        return 1 + self.chance.randrange(1_000_000)

    def _renaming(self) -> Change:
        named = self.gate.state.match(EDITED, RDFS.label, None, graphs.REFERENCE)
        name = Literal(f"Bay {self._version()}", language="en")
        renamed = Quad(EDITED, RDFS.label, name, graphs.REFERENCE)
        return Change(frozenset(named), frozenset((renamed,)))


def say(line: str) -> None:
    """Write the line, at once and whole."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def acknowledging(gate: Gate) -> Gate:
    """Return the gate, which tells every commit once it is made, by whatever door."""
    commit = gate.commit

    def told(*given: Any, **options: Any) -> Outcome:
        outcome = commit(*given, **options)
        if outcome.sequence is not None:
            say(f"{outcome.sequence} {outcome.change.digest}")
        return outcome

    gate.commit = told  # type: ignore[method-assign]  # every door leads through it
    return gate


def live(prepared: Prepared, folder: Path, seed: int, deed: str) -> None:
    """Be a child: open the graph and change it until killed."""
    say(f"child {os.getpid()}")
    chance = Random(seed)  # noqa: S311 - a fixed choice, not a secret
    # So that every way of writing is met with few quads.
    bulk._QUADS_IN_BATCH = 80
    if deed == "bulk" or chance.random() < 0.3:
        embedded._LARGE, embedded._PIECE = 50, 20
    Committer(acknowledging(prepared.open(folder)), chance).live(deed)


def main(root: Path, folder: Path) -> None:
    """Fork a child for each line."""
    prepared = Prepared.of(Resources(root))
    say("ready")
    for line in sys.stdin:
        seed, deed = line.split()
        child = os.fork()
        if not child:
            try:
                live(prepared, folder, int(seed), deed)
            finally:
                os._exit(1)
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
