"""Suppositions: graphs that the view does not take, each validated by itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from milgraph.dataset import Named
from milgraph.entailment import update
from milgraph.iris import document_of
from milgraph.staging import View, located
from milgraph.standards import Standards
from milgraph.terms import MIL, RDF, NamedNode, Triple
from milgraph.triples import Triples
from milgraph.validation import Result, edtf_results

__all__ = ["suppositions", "validate_suppositions"]

_TYPE = RDF["type"]
_RECORDED = frozenset((MIL.Claim, MIL.Reading))
_HAS = (MIL.hasReading, MIL.preferredReading)
_AnyView: TypeAlias = View[Named, Triples]


@dataclass(frozen=True, slots=True)
class _Supposition:
    """A refused claim, or a reading that is not the preferred one.

    `instead_of` are the graphs of the view whose place it takes.
    """

    graph: NamedNode
    claim: NamedNode
    instead_of: frozenset[NamedNode] = frozenset()


def validate_suppositions(
    view: _AnyView,
    standards: Standards,
    articles: Iterable[NamedNode],
) -> Iterator[Result]:
    """Return what the shapes of form say of each graph that the view does not take.

    Each is validated by itself, on top of the view or, for a reading, instead of the
    preferred one: what is denied or only supposed may well contradict what is stated,
    but its numbers, times and names must be well formed.
    """
    for article in articles:
        for supposition in suppositions(view.named, article):
            yield from _validated(supposition, view, standards)


def _validated(
    supposition: _Supposition, view: _AnyView, standards: Standards
) -> Iterator[Result]:
    supposed = frozenset(view.named.graph(supposition.graph))
    known = _supposing(supposition, supposed, view, standards)
    focus = frozenset(_own_nodes(supposed, document_of(supposition.graph)))
    context = standards.dependencies.context(focus, known)
    found = standards.engine(context, focus=focus)
    for result in (*found, *edtf_results(supposed, known)):
        if result.shape in standards.shapes.of_form:
            yield located(result, view, claim=supposition.claim)


def _supposing(
    supposition: _Supposition,
    supposed: frozenset[Triple],
    view: _AnyView,
    standards: Standards,
) -> Triples:
    """Return the view as it would be if the supposition held."""
    named, replaced = view.named, supposition.instead_of
    shared = () if named.is_accepted(supposition.claim) else supposition.claim
    added = supposed | frozenset(named.graph(shared) if shared else ())

    def is_asserted(triple: Triple) -> bool:
        return triple in added or named.asserts(triple, without=replaced)

    return update(
        view.triples,
        removed=[
            triple
            for name in replaced
            for triple in named.graph(name)
            if not is_asserted(triple)
        ],
        added=added,
        is_asserted=is_asserted,
        axioms=standards.axioms,
    )


def suppositions(named: Named, article: NamedNode) -> tuple[_Supposition, ...]:
    """Return the article's claims and readings that the view does not take, in order."""
    readings: dict[NamedNode, NamedNode] = {}
    preferred: Mapping[NamedNode, set[NamedNode]] = defaultdict(set)
    recorded: set[NamedNode] = set()
    for triple in named.graph(article):
        predicate = triple.predicate
        if predicate == _TYPE:
            if triple.object in _RECORDED and isinstance(triple.subject, NamedNode):
                recorded.add(triple.subject)
        elif predicate in _HAS and (read := _reading(triple, article)):
            claim, reading = read
            readings[reading] = claim
            if predicate == MIL.preferredReading:
                preferred[claim].add(reading)
    return tuple(
        _Supposition(
            graph,
            readings.get(graph, graph),
            frozenset(
                name for name in preferred[readings[graph]] if named.is_accepted(name)
            )
            if graph in readings
            else frozenset(),
        )
        for graph in sorted(recorded, key=str)
        if not named.is_accepted(graph) and named.graph(graph)
    )


def _reading(triple: Triple, article: NamedNode) -> tuple[NamedNode, NamedNode] | None:
    """Return the claim and its reading, where the article's record may decide of both."""
    claim, reading = triple.subject, triple.object
    # No other record, and no claim, decides how a claim may be read.
    if (
        isinstance(claim, NamedNode)
        and isinstance(reading, NamedNode)
        and article == document_of(claim) == document_of(reading)
    ):
        return claim, reading
    return None


def _own_nodes(triples: Iterable[Triple], article: NamedNode) -> Iterator[NamedNode]:
    for triple in triples:
        for term in (triple.subject, triple.object):
            if isinstance(term, NamedNode) and document_of(term) == article:
                yield term
