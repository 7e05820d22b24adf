"""Rights: under which licence each part of an export may be used, and what may not be passed on."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Self

from milgraph.errors import WithheldError
from milgraph.export.echoes import Echoes, Permitted
from milgraph.export.withholding import Withheld
from milgraph.graphs import EXPORT
from milgraph.iris import document_of
from milgraph.resources import Resources
from milgraph.store import Snapshot
from milgraph.syntax import Source, read
from milgraph.terms import (
    BASE,
    DCTERMS,
    MIL,
    OWL,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Namespace,
    Quad,
    Resource,
    Term,
    Triple,
    compact,
    show,
)
from milgraph.triples import Triples

__all__ = ["DATASET", "Licence", "Notice", "Rights", "own_licence"]

DATASET = NamedNode(BASE + "dataset")
_DCAT = Namespace("http://www.w3.org/ns/dcat#")
_VERSIONS = (MIL.releaseVersion, _DCAT.version, OWL.versionInfo)
_NO = Literal("false", datatype=XSD.boolean)


@dataclass(frozen=True, slots=True)
class Licence:
    """What whoever uses a source must know: its name, version, licence and citation."""

    source: str
    title: str = ""
    version: str = ""
    licence: str = ""
    citation: str = ""
    publisher: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the parts that are known."""
        named = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: value for name, value in named if value}

    def triples(self) -> Iterator[Triple]:
        """Return what is known as statements about the source."""
        subject = NamedNode(self.source)
        licence: Term = Literal(self.licence)
        if self.licence.startswith(("http://", "https://")):
            # It may be a sentence that begins with an address.
            with suppress(ValueError):
                licence = NamedNode(self.licence)
        said = (
            (DCTERMS.title, self.title and Literal(self.title)),
            (_DCAT.version, self.version and Literal(self.version)),
            (DCTERMS.license, self.licence and licence),
            (DCTERMS.bibliographicCitation, self.citation and Literal(self.citation)),
            (DCTERMS.publisher, self.publisher and NamedNode(self.publisher)),
        )
        for predicate, value in said:
            if value:
                yield Triple(subject, predicate, value)

    @property
    def sentence(self) -> str:
        """What a comment says of it."""
        title = self.title or self.source
        is_told = not self.version or title.endswith(self.version)
        version = "" if is_told else f" {self.version}"
        parts = (self.licence, self.citation)
        return ". ".join(filter(None, (f"{title}{version}", *parts)))


@dataclass(frozen=True, slots=True)
class Notice:
    """What an export says of itself: the licences of its sources, and what it lacks."""

    own: Licence
    releases: tuple[Licence, ...] = ()
    withheld: int = 0

    def as_json(self) -> dict[str, object]:
        """Return the notice for formats of JSON."""
        return {
            **self.own.as_json(),
            "sources": [one.as_json() for one in self.releases],
            "withheldRecords": self.withheld,
            **({"note": self.lacking} if self.withheld else {}),
        }

    def triples(self) -> Iterator[Triple]:
        """Return the notice for formats of RDF, about the dataset and its sources."""
        yield from self.own.triples()
        for one in self.releases:
            yield Triple(DATASET, DCTERMS.source, NamedNode(one.source))
            yield from one.triples()
        if self.withheld:
            yield Triple(DATASET, RDFS.comment, Literal(self.lacking, language="en"))

    def quads(self) -> Iterator[Quad]:
        """Return the notice in a graph of its own, which no dataset takes back."""
        for one in self.triples():
            yield Quad(one.subject, one.predicate, one.object, EXPORT)

    @property
    def lacking(self) -> str:
        """What is left out, in a sentence."""
        if not self.withheld:
            return ""
        if self.withheld == 1:
            return "1 record is left out: the terms of its data set forbid to share it."
        return (
            f"{self.withheld:,} records are left out: "
            "the terms of their data sets forbid to share them."
        )

    def sentences(self) -> list[str]:
        """Return the notice for comments and notes, a line each."""
        said = [one.sentence for one in (self.own, *self.releases)]
        return [*said, *filter(None, [self.lacking])]


@cache
def own_licence(resources: Resources) -> Licence:
    """Return what `DATASET.ttl` says of the dataset itself."""
    path = resources.root / "data" / "DATASET.ttl"
    if not path.is_file():
        return Licence(DATASET.value)
    said = [q.triple for q in read(Source.of(path)) if q.subject == DATASET]
    return _licence_of(DATASET, said)


def _licence_of(subject: NamedNode, said: Iterable[Triple]) -> Licence:
    values: dict[NamedNode, list[str]] = {}
    publishers = []
    for one in said:
        if one.predicate == DCTERMS.publisher and isinstance(one.object, NamedNode):
            publishers.append(one.object.value)
        text = (
            one.object.value if isinstance(one.object, NamedNode) else show(one.object)
        )
        values.setdefault(one.predicate, []).append(text)

    def first(*predicates: NamedNode) -> str:
        found = (min(values[p]) for p in predicates if p in values)
        return next(found, "")

    return Licence(
        subject.value,
        title=first(DCTERMS.title, RDFS.label),
        version=first(*_VERSIONS),
        licence=first(DCTERMS.license, DCTERMS.rights),
        citation=first(DCTERMS.bibliographicCitation),
        publisher=min(publishers, default=""),
    )


@dataclass(frozen=True, slots=True)
class Rights:
    """The licences of a dataset and of the data sets in it, and what is withheld.

    `withheld` are articles and editorial graphs, `nodes` what they alone may describe,
    `closed` the releases whose terms forbid to pass these on, and `echoes` is what
    others say only because of what is withheld.
    """

    own: Licence
    releases: Mapping[NamedNode, Licence] = field(default_factory=dict)
    closed: Mapping[NamedNode, Licence] = field(default_factory=dict)
    withheld: frozenset[NamedNode] = frozenset()
    nodes: frozenset[Resource] = frozenset()
    echoes: Echoes | None = None

    @classmethod
    def of(
        cls,
        dataset: Snapshot,
        own: Licence,
        *,
        restricted: bool = False,
        now: Snapshot | None = None,
    ) -> Self:
        """Return the rights; with `restricted` nothing is withheld.

        Of an earlier state, what may not be passed on `now` may not be either.
        """
        releases = {
            q.object
            for q in dataset.match(None, MIL.inRelease)
            if isinstance(q.object, NamedNode)
        }
        closed = {
            quad.subject
            for state in (dataset, *([now] if now else []))
            for quad in state.match(None, MIL.redistributable, _NO)
            if isinstance(quad.subject, NamedNode) and not restricted
        }
        withheld = Withheld.of(dataset, closed)
        return cls(
            own,
            _licences_of(dataset, releases - closed),
            _licences_of(dataset, closed),
            withheld.documents,
            withheld.nodes,
            Echoes(dataset, withheld) if withheld.documents else None,
        )

    def keeps(self, quad: Quad) -> bool:
        """Return whether the quad may be passed on."""
        if self.echoes is None:
            return True
        return not (
            self.withholds(quad.graph_name)
            or self.withholds(quad.subject)
            or self.withholds(quad.object)
            or self.echoes.has(quad)
        )

    def withholds(self, term: object) -> bool:
        """Return whether what bears the name may not be passed on."""
        return self.echoes is not None and self.echoes.withheld.holds(term)

    def permitted(self, view: Triples) -> Triples:
        """Return the view without what may not be passed on."""
        return view if self.echoes is None else Permitted(view, self.keeps)

    def refusal(self, dataset: Snapshot, graph: NamedNode) -> WithheldError:
        """Return the error that names the terms by which the graph is withheld."""
        record = document_of(graph)
        named = (
            f"{terms.title or terms.source}, {terms.licence}"
            for release, terms in self.closed.items()
            if any(True for _ in dataset.match(record, MIL.inRelease, release))
            or any(True for _ in dataset.match(release, graph=graph))
        )
        return WithheldError(
            f"{compact(graph)} may not be passed on, by the terms of its data set: "
            f"{'; '.join(named)}",
            hint="`milgraph export --include-restricted` writes it, for your own use.",
        )

    def notice(
        self, *, withheld: int, holding: Collection[NamedNode] | None = None
    ) -> Notice:
        """Return what an export says of itself that leaves out so many records.

        It holds records of those releases, or else of all.
        """
        told = self.releases if holding is None else holding
        licences = (self.releases[name] for name in self.releases if name in told)
        return Notice(self.own, tuple(licences), withheld)

    def of_article(self, dataset: Snapshot, article: NamedNode) -> Licence:
        """Return the licence of what was taken from the article or record."""
        for release in dataset.triples.objects(article, MIL.inRelease):
            if isinstance(release, NamedNode) and release in self.releases:
                return self.releases[release]
        return self.own


def _licences_of(
    dataset: Snapshot, releases: Iterable[NamedNode]
) -> dict[NamedNode, Licence]:
    """Return the licence of each release, in the order of their names."""
    return {
        release: _licence_of(release, (quad.triple for quad in dataset.match(release)))
        for release in sorted(releases, key=str)
    }
