"""Steps: how a shape walks from a focus node to the triples that it reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import SH as RSH
from rdflib.paths import AlternativePath, InvPath, Path, SequencePath

from milgraph.errors import UnsupportedShapeError
from milgraph.terms import RDF, NamedNode

__all__ = [
    "FURTHEST",
    "Step",
    "Walk",
    "distance",
    "joined",
    "reversed_walk",
    "walks_of_path",
    "walks_of_shacl_path",
    "with_value",
]

FURTHEST = 3
_TYPE = RDF["type"]


@dataclass(frozen=True, slots=True)
class Step:
    """From a node to its neighbours over one property, forward or backward.

    With `value`, the one triple that has it is read, and nothing beyond.
    """

    predicate: NamedNode
    is_backward: bool = False
    value: NamedNode | None = None

    @property
    def reversed(self) -> "Step":
        """The way back."""
        return Step(self.predicate, is_backward=not self.is_backward)


Walk: TypeAlias = tuple[Step, ...]


def distance(walk: Walk) -> int:
    """Return how far the walk leads; to a class is no step."""
    return sum(step.predicate != _TYPE for step in walk)


def reversed_walk(walk: Walk) -> Walk:
    """Return the walk from its end to its start."""
    return tuple(step.reversed for step in reversed(walk))


def joined(walks: Iterable[Walk], onwards: Iterable[Walk]) -> frozenset[Walk]:
    """Return each walk with each continuation."""
    continuations = tuple(onwards)
    return frozenset(walk + onward for walk in walks for onward in continuations)


def walks_of_path(path: object) -> frozenset[Walk]:
    """Return the walks of a path of a query: a predicate or rdflib's path.

    Raises:
        UnsupportedShapeError: the path has no end, or does not name its predicates.
    """
    match path:
        case rdflib.URIRef():
            return frozenset({(Step(NamedNode(str(path))),)})
        case SequencePath():
            walks: frozenset[Walk] = frozenset({()})
            for part in path.args:
                walks = joined(walks, walks_of_path(part))
            return walks
        case AlternativePath():
            return frozenset().union(*map(walks_of_path, path.args))
        case InvPath():
            return frozenset(map(reversed_walk, walks_of_path(path.arg)))
        case rdflib.Variable():
            raise UnsupportedShapeError("reads a predicate that it does not name")
        case _:
            raise UnsupportedShapeError(
                "follows a path that may have any length, or any predicate but some"
            )


def walks_of_shacl_path(graph: rdflib.Graph, node: rdflib.term.Node) -> frozenset[Walk]:
    """Return the walks of a path as a shapes graph describes it.

    Raises:
        UnsupportedShapeError: the path has no end.
    """
    return walks_of_path(_path(graph, node))


def _path(graph: rdflib.Graph, node: rdflib.term.Node) -> rdflib.URIRef | Path:
    if isinstance(node, rdflib.URIRef):
        return node
    if (inverse := graph.value(node, RSH.inversePath)) is not None:
        return InvPath(_path(graph, inverse))
    if (options := graph.value(node, RSH.alternativePath)) is not None:
        return AlternativePath(*(_path(graph, o) for o in Collection(graph, options)))
    if graph.value(node, rdflib.RDF.first) is not None:
        return SequencePath(*(_path(graph, part) for part in Collection(graph, node)))
    raise UnsupportedShapeError("follows a path that may have any length")


def with_value(walk: Walk, value: rdflib.term.Node) -> Walk:
    """Return the walk that reads, with its last step, the one triple of the value.

    A literal may be stored in another form, so that all the values are read.
    """
    last = walk[-1]
    if last.is_backward or not isinstance(value, rdflib.URIRef):
        return walk
    return (*walk[:-1], Step(last.predicate, value=NamedNode(str(value))))
