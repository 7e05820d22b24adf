"""Facts: the derivation of a triple of the view, and who asserts what it stands on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from milgraph import graphs
from milgraph.axioms import Axioms
from milgraph.dataset import AmendedGraphs
from milgraph.entailment import MOST_STEPS, Explanation, explain
from milgraph.errors import UnknownFactError, Way
from milgraph.explanations.naming import in_words, short
from milgraph.iris import document_of, is_article
from milgraph.records import NEGATIVE
from milgraph.store.interface import Readable
from milgraph.terms import (
    DCTERMS,
    MIL,
    RDFS,
    Literal,
    NamedNode,
    Quad,
    Resource,
    Term,
    Triple,
    show,
)

__all__ = [
    "Assertion",
    "Explained",
    "Passage",
    "Release",
    "Report",
    "Testimony",
    "axioms_of",
    "explain_fact",
]


@dataclass(frozen=True, slots=True)
class Passage:
    """A segment of a text, by its offsets in code points where they are known."""

    node: NamedNode
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The release of a data set that a record is from, with its terms."""

    node: NamedNode
    data_sets: tuple[Term, ...] = ()
    version: str | None = None
    licences: tuple[Term, ...] = ()
    citation: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """An article, or a record of a data set, as it tells of itself."""

    node: NamedNode
    title: str | None = None
    publishers: tuple[Term, ...] = ()
    published: str | None = None
    sources: tuple[Term, ...] = ()
    releases: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class Testimony:
    """A claim as the record of its article tells of it."""

    node: NamedNode
    claimants: tuple[Term, ...] = ()
    manner: tuple[Term, ...] = ()
    description: str | None = None
    passages: tuple[Passage, ...] = ()

    @property
    def is_denied(self) -> bool:
        """Whether the claim says that its content is not so."""
        return NEGATIVE in self.manner


@dataclass(frozen=True, slots=True)
class Assertion:
    """A graph that asserts a triple, and what is known of where it has it from."""

    graph: NamedNode
    kind: str
    report: Report | None = None
    testimony: Testimony | None = None
    sources: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Explained:
    """A fact with its derivation, and the assertions of what that stands on."""

    explanation: Explanation
    assertions: Mapping[Triple, tuple[Assertion, ...]]
    axioms: Axioms

    @property
    def fact(self) -> Triple:
        """The triple that is explained."""
        return self.explanation.triple

    @cached_property
    def testimonies(self) -> tuple[Testimony, ...]:
        """The claims that the assertions are of, each once."""
        found = (one.testimony for one in self._assertions())
        return tuple(dict.fromkeys(one for one in found if one))

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """The articles that the assertions are of, each once."""
        found = (one.report for one in self._assertions())
        return tuple(dict.fromkeys(one for one in found if one))

    @property
    def article(self) -> NamedNode | None:
        """The article that all assertions by articles are of, if it is one."""
        return self.reports[0].node if len(self.reports) == 1 else None

    def _assertions(self) -> Iterator[Assertion]:
        return (one for found in self.assertions.values() for one in found)

    @cached_property
    def steps_of(self) -> Mapping[Triple, tuple[NamedNode, ...]]:
        """The steps of each chain, by the triple that states it."""
        chains = (c for found in self.axioms.chains.values() for c, _ in found)
        return {chain.stated: chain.steps for chain in chains}


def axioms_of(dataset: Readable) -> Axioms:
    """Return the compiled axioms of the dataset's own ontology.

    Raises:
        UnsupportedAxiomError: the rules do not cover one.
    """
    return Axioms.of(quad.triple for quad in dataset.match(graph=graphs.ONTOLOGY))


def explain_fact(
    dataset: Readable, axioms: Axioms, triple: Triple, *, limit: int = MOST_STEPS
) -> Explained:
    """Return why the view of the dataset holds the triple.

    Raises:
        UnknownFactError: it does not; the error says why not, as far as that is known.
        LimitError: no derivation was found within `limit` steps.
    """
    told = _Told(dataset)
    if triple not in dataset.triples:
        raise _missing(triple, told)
    try:
        found = explain(
            triple, axioms, dataset.triples, told.named.asserts, limit=limit
        )
    except UnknownFactError as error:
        error.message = f"the view holds it, but {error.message}"
        error.hint = "The view is not what it should be: `milgraph doctor` says how."
        raise
    leaves = {leaf: tuple(told.assertions(leaf)) for leaf in found.leaves()}
    return Explained(found, leaves, axioms)


def _missing(triple: Triple, told: "_Told") -> UnknownFactError:
    """Return why the view does not hold the triple."""
    said = in_words(triple)
    holding = sorted(set(told.named.asserting(triple)), key=str)
    if not holding:
        return UnknownFactError(f"nothing asserts {said}, and no rule derives it")
    reasons = [_refused(told.assertion(triple, graph)) for graph in holding]
    return UnknownFactError(
        f"the view does not hold {said}: {'; '.join(reasons)}",
        hint="What is denied, asked or supposed is in its own graph.",
        way=Way.READ_GRAPH,
        to=short(holding[0]),
    )


def _refused(assertion: Assertion) -> str:
    """Return why the view does not take the graph."""
    name, testimony = short(assertion.graph), assertion.testimony
    if assertion.graph == graphs.CHANGES:
        return f"it is of the history, in {name}"
    if testimony is None:
        return f"{name} says it, which the view does not take"
    if assertion.graph != testimony.node:
        return f"{name} says it, which is not the preferred reading"
    if testimony.is_denied:
        return f"{name} denies it"
    manner = ", ".join(show(term) for term in testimony.manner)
    return f"{name} says it, not as a fact ({manner})"


_MANNER = (MIL.modality, MIL.polarity, MIL.wording)


class _Told:
    """What the named graphs tell of where their triples are from."""

    def __init__(self, dataset: Readable) -> None:
        self._dataset = dataset
        self.named = AmendedGraphs(dataset)

    def assertions(self, triple: Triple) -> Iterator[Assertion]:
        """Return each graph that the view takes and that asserts the triple."""
        for graph in sorted(set(self.named.asserting(triple)), key=str):
            if self.named.is_accepted(graph):
                yield self.assertion(triple, graph)

    def assertion(self, triple: Triple, graph: NamedNode) -> Assertion:
        """Return what is known of the graph's having the triple."""
        article = document_of(graph)
        if not is_article(article):
            return Assertion(
                graph,
                _KINDS.get(graph, "links" if graphs.is_linkset(graph) else "the graph"),
                sources=self._sources(triple, graph),
            )
        report = self._report(article)
        if graph == article:
            testimony = self._testimony(triple.subject, article)
            return Assertion(graph, "the record of the article", report, testimony)
        claim = self._claim_of(graph, article)
        kind = "the claim" if claim == graph else "the reading"
        return Assertion(graph, kind, report, self._testimony(claim, article))

    def _sources(self, triple: Triple, graph: NamedNode) -> tuple[Term, ...]:
        """Return where the block is from in which the triple stands."""
        subject = triple.subject
        if not isinstance(subject, NamedNode):
            return ()
        for node in dict.fromkeys((subject, document_of(subject), graph)):
            found = self._values(node, DCTERMS.source, graph)
            if found:
                return found
        return ()

    def _report(self, article: NamedNode) -> Report:
        published = (
            text
            for node in self._values(article, MIL.publishedOn, article)
            if isinstance(node, NamedNode)
            for text in self._texts(node, MIL.edtf, article)
        )
        return Report(
            article,
            next(self._texts(article, RDFS.label, article), None),
            self._values(article, DCTERMS.publisher, article),
            next(published, None),
            self._values(article, DCTERMS.source, article),
            tuple(
                self._release(node)
                for node in self._values(article, MIL.inRelease, article)
                if isinstance(node, NamedNode)
            ),
        )

    def _release(self, node: NamedNode) -> Release:
        """Return what is said of the release, by whatever graph."""
        return Release(
            node,
            self._values(node, MIL.ofDataSet),
            next(self._texts(node, MIL.releaseVersion), None),
            self._values(node, DCTERMS.license),
            next(self._texts(node, DCTERMS.bibliographicCitation), None),
        )

    def _claim_of(self, graph: NamedNode, article: NamedNode) -> NamedNode:
        """Return the claim that the graph is, or is a reading of."""
        for predicate in (MIL.hasReading, MIL.preferredReading):
            for quad in self._dataset.match(None, predicate, graph, article):
                if isinstance(quad.subject, NamedNode):
                    return quad.subject
        return graph

    def _testimony(self, claim: Resource, article: NamedNode) -> Testimony | None:
        """Return what the record says of the claim, if it is one."""
        if not isinstance(claim, NamedNode):
            return None
        claimants = self._values(claim, MIL.claimant, article)
        if not claimants:
            return None
        return Testimony(
            claim,
            claimants,
            tuple(v for name in _MANNER for v in self._values(claim, name, article)),
            next(self._texts(claim, DCTERMS.description, article), None),
            tuple(
                self._passage(node, article)
                for node in self._values(claim, MIL.anchoredIn, article)
                if isinstance(node, NamedNode)
            ),
        )

    def _passage(self, node: NamedNode, article: NamedNode) -> Passage:
        start, end = (
            next((int(text) for text in self._texts(node, name, article)), None)
            for name in (MIL.startOffset, MIL.endOffset)
        )
        return Passage(node, start, end)

    def _values(
        self, node: NamedNode, predicate: NamedNode, graph: NamedNode | None = None
    ) -> tuple[Term, ...]:
        found = self._dataset.match(node, predicate, None, graph)
        return tuple(sorted(set(_objects(found)), key=str))

    def _texts(
        self, node: NamedNode, predicate: NamedNode, graph: NamedNode | None = None
    ) -> Iterator[str]:
        for value in self._values(node, predicate, graph):
            if isinstance(value, Literal):
                yield value.value


def _objects(quads: Iterable[Quad]) -> Iterator[Term]:
    return (quad.object for quad in quads)


_KINDS: Mapping[NamedNode, str] = {
    graphs.ONTOLOGY: "the ontology",
    graphs.REFERENCE: "the reference data",
    graphs.OCCURRENCES: "the occurrences",
}
