"""Suppositions: graphs that the view does not take, each validated by itself."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from milgraph.dataset import NamedGraphs
from milgraph.entailment import materialise
from milgraph.iris import document_of
from milgraph.ontology import Axioms
from milgraph.staging import View, located
from milgraph.terms import MIL, NamedNode, Triple
from milgraph.triples import Overlay, TripleIndex, Triples
from milgraph.validation import Engine, Result, Shapes, edtf_results

__all__ = ["suppositions", "validate_suppositions"]

# Shapes look at most three steps away, counted on the entailed graph.
_REACH = 3


@dataclass(frozen=True, slots=True)
class _Supposition:
    """A refused claim, or a reading that is not the preferred one.

    `instead_of` are the graphs of the view whose place it takes.
    """

    graph: NamedNode
    claim: NamedNode
    instead_of: frozenset[NamedNode] = frozenset()


def validate_suppositions(
    view: View,
    axioms: Axioms,
    shapes: Shapes,
    engine: Engine,
    *,
    names: Collection[NamedNode] | None = None,
) -> Iterator[Result]:
    """Return what the shapes of form say of each graph that the view does not take.

    Each is validated by itself, on top of the view or, for a reading, instead of the
    preferred one: what is denied or only supposed may well contradict what is stated,
    but its numbers, times and names must be well formed. `names` limits the graphs.
    """
    named = view.named
    without: dict[NamedNode, TripleIndex] = {}
    for supposition in suppositions(view):
        if names is not None and supposition.graph not in names:
            continue
        article = document_of(supposition.graph)
        supposed = named.asserted([supposition.graph])
        below: Triples = view.triples
        if supposition.instead_of:
            own = {name for name in named.accepted if document_of(name) == article}
            if article not in without:
                others = named.asserted(named.accepted - own)
                without[article] = materialise(others, axioms)
            below = without[article]
            asserted = named.asserted(own - supposition.instead_of)
        else:
            asserted = named.asserted([supposition.claim])
        known = _closed(asserted | supposed, axioms, below)
        focus = set(_own_nodes(supposed, article))
        found = engine(set(_reached(focus, known)), focus=focus)
        for result in (*found, *edtf_results(supposed, known)):
            if result.shape in shapes.of_form:
                yield located(result, view, claim=supposition.claim)


def suppositions(view: View) -> tuple[_Supposition, ...]:
    """Return the graphs of claims and readings that the view does not take, in order."""
    readings: dict[NamedNode, NamedNode] = {}
    preferred: Mapping[NamedNode, set[NamedNode]] = defaultdict(set)
    for claim, predicate, reading in _readings(view.named):
        readings[reading] = claim
        if predicate == MIL.preferredReading:
            preferred[claim].add(reading)
    accepted = view.named.accepted
    return tuple(
        _Supposition(
            graph,
            readings.get(graph, graph),
            frozenset(
                preferred[readings[graph]] & accepted if graph in readings else ()
            ),
        )
        for graph in sorted(view.named.triples, key=str)
        if graph not in accepted
    )


def _readings(
    named: NamedGraphs,
) -> Iterator[tuple[NamedNode, NamedNode, NamedNode]]:
    """Return each claim, with how it has a reading and which, as its record says."""
    has = (MIL.hasReading, MIL.preferredReading)
    for name, triples in named.triples.items():
        for triple in triples:
            claim, reading = triple.subject, triple.object
            # No other record, and no claim, decides how a claim may be read.
            if (
                triple.predicate in has
                and isinstance(claim, NamedNode)
                and isinstance(reading, NamedNode)
                and name == document_of(claim) == document_of(reading)
            ):
                yield claim, triple.predicate, reading


def _closed(triples: set[Triple], axioms: Axioms, below: Triples) -> Overlay:
    known = Overlay(below)
    for triple in materialise(triples, axioms, below=below):
        known.add(triple)
    return known


def _own_nodes(triples: Iterable[Triple], article: NamedNode) -> Iterator[NamedNode]:
    for triple in triples:
        for term in (triple.subject, triple.object):
            if isinstance(term, NamedNode) and document_of(term) == article:
                yield term


def _reached(nodes: Iterable[NamedNode], triples: Triples) -> Iterator[Triple]:
    """Return what the nodes have within three steps, and the classes at the end of it."""
    ring = set(nodes)
    seen: set[NamedNode] = set()
    for _ in range(_REACH + 1):
        seen |= ring
        following: set[NamedNode] = set()
        for node in ring:
            for triple in triples.about(node):
                yield triple
                if isinstance(triple.object, NamedNode):
                    following.add(triple.object)
        ring = following - seen
