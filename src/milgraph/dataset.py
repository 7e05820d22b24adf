"""Datasets: named graphs as values, and which of them the view takes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from milgraph import graphs
from milgraph.iris import ARTICLES
from milgraph.terms import MIL, RDF, DefaultGraph, NamedNode, Quad, Triple

__all__ = ["NamedGraphs"]

_TYPE = RDF["type"]


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
        marked = MIL.AcceptedGraph
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

    def asserted(self, names: Iterable[NamedNode] | None = None) -> set[Triple]:
        """Return the union, as a set, of the graphs named, or all that the view takes."""
        union: set[Triple] = set()
        for name in self.accepted if names is None else names:
            union |= self.triples.get(name, frozenset())
        return union


def in_view(triples: Iterable[Triple]) -> Iterator[Quad]:
    """Return the triples as quads of the default graph."""
    return (Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples)
