"""Counting: how many links a linkset has and by what, kept as editors add and take away."""

from milgraph.changes import Change
from milgraph.dataset import AmendedGraphs
from milgraph.linksets import LINKING, VOID
from milgraph.terms import XSD, Literal, NamedNode, Quad

__all__ = ["counts"]


def counts(change: Change, named: AmendedGraphs) -> Change:
    """Return what becomes of what linksets state of their links: how many, by what."""
    changed = change.additions | change.removals
    said = {q.graph_name for q in change.additions if q.predicate == VOID.triples}
    counted = Change()
    for graph in {q.graph_name for q in changed if _is_counted(q)}:
        assert isinstance(graph, NamedNode)  # noqa: S101 - a change of named graphs
        stated = _stated_number(graph, named)
        if stated is not None:
            predicates = _predicates_of(change, graph)
            counted = counted.then(_stating(predicates, graph, named))
            if graph not in said:
                counted = counted.then(_counting(change, stated, graph, named))
    return counted


def _is_counted(quad: Quad) -> bool:
    return quad.predicate in LINKING or quad.predicate == VOID.linkPredicate


def _stated_number(graph: NamedNode, named: AmendedGraphs) -> Literal | None:
    """Return how many links the linkset says that it has, if it says a number."""
    for quad in named.about(graph, graph):
        stated = quad.object
        if quad.predicate == VOID.triples and isinstance(stated, Literal):
            return stated if stated.value.isdecimal() else None
    return None


def _counting(
    change: Change, stated: Literal, graph: NamedNode, named: AmendedGraphs
) -> Change:
    """Return what becomes of the number."""

    def links(quads: frozenset[Quad]) -> list[Quad]:
        return [q for q in quads if q.graph_name == graph and q.predicate in LINKING]

    more = sum(q not in named.dataset for q in links(change.additions))
    less = sum(q not in named for q in links(change.removals))
    number = Literal(str(int(stated.value) + more - less), datatype=XSD.integer)
    return Change.between(
        {Quad(graph, VOID.triples, stated, graph)},
        {Quad(graph, VOID.triples, number, graph)},
    )


def _predicates_of(change: Change, graph: NamedNode) -> frozenset[NamedNode]:
    """Return by which predicates links come and go, or are said to."""
    quads = [q for q in change.additions | change.removals if q.graph_name == graph]
    said = {q.object for q in quads if q.predicate == VOID.linkPredicate}
    return LINKING & {*said, *(q.predicate for q in quads)}


def _stating(
    predicates: frozenset[NamedNode], graph: NamedNode, named: AmendedGraphs
) -> Change:
    """Return what becomes of the predicates: those are stated by which there are links."""
    added, removed = set(), set()
    for predicate in predicates:
        quad = Quad(graph, VOID.linkPredicate, predicate, graph)
        is_held = named.holds(predicate, graph)
        if is_held and quad not in named:
            added.add(quad)
        if not is_held and quad in named:
            removed.add(quad)
    return Change(frozenset(removed), frozenset(added))
