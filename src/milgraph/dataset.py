"""Datasets: named graphs as values, which of them the view takes, and a change of them."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self

from milgraph import graphs
from milgraph.changes import Change
from milgraph.iris import ARTICLES, document_of, has_few_neighbours
from milgraph.store.interface import Readable
from milgraph.terms import (
    MIL,
    RDF,
    NamedNode,
    Quad,
    Resource,
    Term,
    Triple,
)

__all__ = [
    "AmendedGraphs",
    "Named",
    "NamedGraphs",
    "graphs_of",
    "in_view",
    "marker_of",
]

_TYPE = RDF["type"]
_ACCEPTED = MIL.AcceptedGraph


class Named(Protocol):
    """Named graphs, whether they are held in memory or in a store."""

    def graph(self, name: NamedNode) -> Collection[Triple]:
        """Return the triples of the graph; none where there is no such graph."""
        ...

    def is_accepted(self, name: NamedNode) -> bool:
        """Return whether the view takes the graph: whether placing marked it."""
        ...

    def asserts(self, triple: Triple, *, without: Container[NamedNode] = ()) -> bool:
        """Return whether a graph that the view takes, and not one of those, asserts it."""
        ...


def marker_of(name: NamedNode) -> Quad:
    """Return the quad by which placing marks a graph that the view takes."""
    return Quad(name, _TYPE, _ACCEPTED, document_of(name))


@dataclass(frozen=True)
class NamedGraphs:
    """What is asserted, by graph: everything but the view and the history."""

    triples: Mapping[NamedNode, frozenset[Triple]]

    @classmethod
    def of(cls, quads: Iterable[Quad]) -> Self:
        """Return the named graphs of the quads, without the history."""
        found: dict[NamedNode, set[Triple]] = defaultdict(set)
        for quad in quads:
            name = quad.graph_name
            if isinstance(name, NamedNode) and name != graphs.CHANGES:
                found[name].add(quad.triple)
        return cls({name: frozenset(triples) for name, triples in found.items()})

    def __iter__(self) -> Iterator[Quad]:
        for name, triples in self.triples.items():
            for t in triples:
                yield Quad(t.subject, t.predicate, t.object, name)

    def replacing(self, names: Iterable[NamedNode], by: Iterable[Quad]) -> Self:
        """Return the graphs with those named taken out and the quads put in."""
        gone = frozenset(names)
        kept = {name: set(t) for name, t in self.triples.items() if name not in gone}
        for quad in by:
            if isinstance(quad.graph_name, NamedNode):
                kept.setdefault(quad.graph_name, set()).add(quad.triple)
        return type(self)({name: frozenset(triples) for name, triples in kept.items()})

    @cached_property
    def accepted(self) -> frozenset[NamedNode]:
        """The graphs that the view takes: those that placing marked."""
        marked = _ACCEPTED
        return frozenset(
            t.subject
            for triples in self.triples.values()
            for t in triples
            if t.object == marked
            and t.predicate == _TYPE
            and isinstance(t.subject, NamedNode)
        )

    @cached_property
    def shared(self) -> frozenset[NamedNode]:
        """The graphs that the view takes and that are of no article."""
        return frozenset(n for n in self.accepted if not n.value.startswith(ARTICLES))

    @cached_property
    def _asserting(self) -> Mapping[Triple, list[NamedNode]]:
        found: dict[Triple, list[NamedNode]] = defaultdict(list)
        for name in self.accepted:
            for triple in self.triples.get(name, ()):
                found[triple].append(name)
        return found

    def asserted(self, names: Iterable[NamedNode] | None = None) -> set[Triple]:
        """Return the union, as a set, of the graphs named, or all that the view takes."""
        union: set[Triple] = set()
        for name in self.accepted if names is None else names:
            union |= self.triples.get(name, frozenset())
        return union

    def graph(self, name: NamedNode) -> Collection[Triple]:
        """Return the triples of the graph; none where there is no such graph."""
        return self.triples.get(name, frozenset())

    def is_accepted(self, name: NamedNode) -> bool:
        """Return whether the view takes the graph: whether placing marked it."""
        return name in self.accepted

    def asserts(self, triple: Triple, *, without: Container[NamedNode] = ()) -> bool:
        """Return whether a graph that the view takes, and not one of those, asserts it."""
        return any(name not in without for name in self._asserting.get(triple, ()))


class AmendedGraphs:
    """The named graphs of a dataset as a change leaves them; nothing is carried out.

    It costs what the change has, and a look-up in the dataset for what is asked.
    """

    def __init__(self, dataset: Readable, change: Change | None = None) -> None:
        self.dataset = dataset
        self.change = change or Change()
        self._is_accepted: dict[NamedNode, bool] = {}
        self._held: dict[Resource, dict[Triple, list[NamedNode]]] = {}

    @cached_property
    def added(self) -> Mapping[NamedNode, AbstractSet[Triple]]:
        """What the change adds, by graph."""
        return graphs_of(self.change.additions)

    def further(self, later: Change) -> "AmendedGraphs":
        """Return the graphs as a later change leaves them."""
        amended = AmendedGraphs(self.dataset, self.change.then(later))
        if later.removals.isdisjoint(self.change.additions):
            amended.added = {
                **self.added,
                **{
                    name: self.added.get(name, frozenset()) | triples
                    for name, triples in graphs_of(later.additions).items()
                },
            }
        return amended

    @cached_property
    def _adding(self) -> Mapping[Triple, list[NamedNode]]:
        found: dict[Triple, list[NamedNode]] = defaultdict(list)
        for name, triples in self.added.items():
            for triple in triples:
                found[triple].append(name)
        return dict(found)

    def __contains__(self, quad: Quad) -> bool:
        if quad in self.change.additions:
            return True
        return quad not in self.change.removals and quad in self.dataset

    def graph(self, name: NamedNode) -> Collection[Triple]:
        """Return the triples of the graph; none where there is no such graph."""
        kept = {quad.triple for quad in self._kept(graph=name)}
        return kept | self.added[name] if name in self.added else kept

    @cached_property
    def _added_about(self) -> Mapping[Resource, list[Quad]]:
        found: dict[Resource, list[Quad]] = defaultdict(list)
        for quad in self.change.additions:
            found[quad.subject].append(quad)
        return dict(found)

    @cached_property
    def _added_names(self) -> Mapping[Term, set[NamedNode]]:
        """The graphs that name each term as an object, by what the change adds."""
        found: dict[Term, set[NamedNode]] = defaultdict(set)
        for name, triples in self.added.items():
            for triple in triples:
                found[triple.object].add(name)
        return dict(found)

    def about(self, subject: NamedNode, graph: NamedNode) -> Iterator[Quad]:
        """Return the quads of the graph about the subject."""
        yield from self._kept(subject=subject, graph=graph)
        for quad in self._added_about.get(subject, ()):
            if quad.graph_name == graph:
                yield quad

    def having(
        self, predicate: NamedNode, value: Term, graph: NamedNode
    ) -> Iterator[Resource]:
        """Return what has the value for the predicate, by the graph."""
        for quad in self._kept(predicate=predicate, value=value, graph=graph):
            yield quad.subject
        for triple in self.added.get(graph, ()):
            if triple.predicate == predicate and triple.object == value:
                yield triple.subject

    def holds(self, predicate: NamedNode, graph: NamedNode) -> bool:
        """Return whether the graph says anything by the predicate."""
        return any(True for _ in self._kept(predicate=predicate, graph=graph)) or any(
            triple.predicate == predicate for triple in self.added.get(graph, ())
        )

    def is_described(self, node: NamedNode) -> bool:
        """Return whether a graph of the node's article says something of it."""
        return any(
            isinstance(q.graph_name, NamedNode)
            and document_of(q.graph_name) == document_of(node)
            for q in self._kept(node)
        ) or any(t.subject == node for t in self._adding)

    def mentioning(self, node: NamedNode) -> set[NamedNode]:
        """Return the graphs in which the node is an object."""
        kept = (quad.graph_name for quad in self._kept(value=node))
        added = self._added_names.get(node, set())
        return {*added, *(name for name in kept if isinstance(name, NamedNode))}

    def names(self) -> set[NamedNode]:
        """Return the names of the graphs, some of which may have become empty."""
        return {*self.dataset.graphs(), *self.added}

    def is_accepted(self, name: NamedNode) -> bool:
        """Return whether the view takes the graph: whether placing marked it."""
        found = self._is_accepted.get(name)
        if found is None:
            found = self._is_accepted[name] = marker_of(name) in self
        return found

    def asserting(self, triple: Triple) -> Iterator[NamedNode]:
        """Return the graphs that hold the triple."""
        yield from self._adding.get(triple, ())
        subject = triple.subject
        if has_few_neighbours(subject):
            yield from self._holding(subject).get(triple, ())
            return
        for quad in self._kept(subject, triple.predicate, triple.object):
            if isinstance(quad.graph_name, NamedNode):
                yield quad.graph_name

    def _holding(self, node: Resource) -> Mapping[Triple, list[NamedNode]]:
        """Return what graphs that are there say of a node with few neighbours."""
        found = self._held.get(node)
        if found is None:
            found = self._held[node] = defaultdict(list)
            for quad in self._kept(node):
                if isinstance(quad.graph_name, NamedNode):
                    found[quad.triple].append(quad.graph_name)
        return found

    def asserts(self, triple: Triple, *, without: Container[NamedNode] = ()) -> bool:
        """Return whether a graph that the view takes, and not one of those, asserts it."""
        return any(
            name not in without and self.is_accepted(name)
            for name in self.asserting(triple)
        )

    def _kept(
        self,
        subject: Resource | None = None,
        predicate: NamedNode | None = None,
        value: Term | None = None,
        graph: NamedNode | None = None,
    ) -> Iterator[Quad]:
        removed = self.change.removals
        for quad in self.dataset.match(subject, predicate, value, graph):
            if quad not in removed:
                yield quad


def graphs_of(quads: Iterable[Quad]) -> Mapping[NamedNode, set[Triple]]:
    """Return the triples of the quads by the named graph that they are in."""
    found: dict[NamedNode, set[Triple]] = {}
    for quad in quads:
        name = quad.graph_name
        if isinstance(name, NamedNode):
            triples = found.get(name)
            if triples is None:
                triples = found[name] = set()
            triples.add(quad.triple)
    return found


def in_view(triples: Iterable[Triple]) -> Iterator[Quad]:
    """Return the triples as quads of the default graph."""
    # The graph is left out, since the engine takes two microseconds to read its name.
    return (Quad(t.subject, t.predicate, t.object) for t in triples)
