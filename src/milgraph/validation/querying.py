"""What a query of a shape reads: the walks from `$this` to each of its patterns.

A solution of connected patterns has each of its triples at the end of a walk from the
focus node along the patterns. So one walk to each pattern is enough, and the triples on
them are all that the query can see, whatever else the graph holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import rdflib
from pyparsing import ParseResults
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Variable

from milgraph.errors import UnsupportedShapeError
from milgraph.terms import RDF
from milgraph.validation.steps import (
    FURTHEST,
    Step,
    Walk,
    distance,
    joined,
    reversed_walk,
    walks_of_path,
    with_value,
)

__all__ = ["refuse_other_datasets", "walks_of_query"]

_THIS = Variable("this")
_TYPE = RDF["type"]
# By each variable that is certain to be bound, how its node is reached.
_Reached: TypeAlias = Mapping[rdflib.term.Node, frozenset[Walk]]
_ELSEWHERE = {
    "Graph": "GRAPH",
    "GraphGraphPattern": "GRAPH",
    "ServiceGraphPattern": "SERVICE",
}
_PASSED_ON = {"Distinct", "Reduced", "OrderBy", "SelectQuery", "AskQuery"}


def walks_of_query(text: str, prefixes: Mapping[str, str]) -> frozenset[Walk]:
    """Return the walks from `$this` to all that the query reads.

    Raises:
        UnsupportedShapeError: it reads what no walk of named predicates leads to.
    """
    query = _algebra(text, prefixes)
    _refuse_dataset(query)
    reading = _Reading()
    reading.read(query, {_THIS: frozenset({()})})
    return frozenset(reading.walks)


def refuse_other_datasets(text: str, prefixes: Mapping[str, str]) -> None:
    """Refuse a query that reads anything but the default graph.

    Raises:
        UnsupportedShapeError: it names a graph, another dataset or another endpoint.
    """
    query = _algebra(text, prefixes)
    _refuse_dataset(query)
    for part in _parts(query):
        if part.name in _ELSEWHERE:
            raise UnsupportedShapeError(f"uses {_ELSEWHERE[part.name]}")


def _algebra(text: str, prefixes: Mapping[str, str]) -> CompValue:
    try:
        return translateQuery(parseQuery(text), initNs=dict(prefixes)).algebra
    except Exception as error:  # its parser and its translation raise what they please
        raise UnsupportedShapeError(
            f"has a query that cannot be read: {error}"
        ) from error


def _refuse_dataset(query: CompValue) -> None:
    if query.get("datasetClause"):
        raise UnsupportedShapeError("reads another dataset with FROM")


def _parts(value: object) -> Iterator[CompValue]:
    if isinstance(value, CompValue):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list | tuple | ParseResults):
        for inner in value:
            yield from _parts(inner)


@dataclass(slots=True)
class _Reading:
    """The walks found so far; each pattern adds its own."""

    walks: set[Walk] = field(default_factory=set)

    def read(self, part: CompValue, reached: _Reached) -> _Reached:
        """Read a part of the algebra; return what it is certain to bind."""
        by_name: dict[str, Callable[[CompValue, _Reached], _Reached]] = {
            "BGP": self._read_patterns,
            "Join": self._read_join,
            "LeftJoin": self._read_optional,
            "Union": self._read_union,
            "Minus": self._read_minus,
            "Filter": self._read_filter,
            "Extend": self._read_filter,
            "Project": self._read_projection,
            "AggregateJoin": self._read_aggregates,
            "ToMultiSet": self._read_inner,
        }
        if part.name in _PASSED_ON:
            return self._read_filter(part, reached)
        if part.name not in by_name:
            names = {**_ELSEWHERE, "Slice": "LIMIT"}
            raise UnsupportedShapeError(f"uses {names.get(part.name, part.name)}")
        return by_name[part.name](part, reached)

    def _read_patterns(self, part: CompValue, reached: _Reached) -> _Reached:
        edges = [_Edge.of(*triple) for triple in part.triples]
        ends = _extended(edges, reached)
        for edge in edges:
            self.walks |= edge.read_from(ends)
        bound = {node for edge in edges for node in edge.ends if _is_variable(node)}
        return {node: ends[node] for node in bound}

    def _read_join(self, part: CompValue, reached: _Reached) -> _Reached:
        """Read the parts in an order in which each starts where others lead."""
        waiting, bound = list(_joined_parts(part)), dict[Any, frozenset[Walk]]()
        while waiting:
            for number, candidate in enumerate(waiting):
                attempt = _Reading()
                try:
                    found = attempt.read(candidate, {**reached, **bound})
                except UnsupportedShapeError:
                    if number == len(waiting) - 1:
                        raise
                    continue
                self.walks |= attempt.walks
                bound |= {node: w for node, w in found.items() if node not in bound}
                del waiting[number]
                break
        return bound

    def _read_optional(self, part: CompValue, reached: _Reached) -> _Reached:
        bound = self.read(part.p1, reached)
        found = self.read(part.p2, {**reached, **bound})
        self._read_expression(part.expr, {**found, **bound})
        return bound

    def _read_union(self, part: CompValue, reached: _Reached) -> _Reached:
        one, two = self.read(part.p1, reached), self.read(part.p2, reached)
        return {node: one[node] | two[node] for node in one.keys() & two.keys()}

    def _read_minus(self, part: CompValue, reached: _Reached) -> _Reached:
        bound = self.read(part.p1, reached)
        self.read(part.p2, {**reached, **bound})
        return bound

    def _read_filter(self, part: CompValue, reached: _Reached) -> _Reached:
        bound = self.read(part.p, reached)
        self._read_expression(part.get("expr"), bound)
        return bound

    def _read_projection(self, part: CompValue, reached: _Reached) -> _Reached:
        """Read what only the projected variables join with the rest."""
        kept = {node: w for node, w in reached.items() if node in part.PV}
        bound = self.read(part.p, kept)
        return {node: w for node, w in bound.items() if node in part.PV}

    def _read_aggregates(self, part: CompValue, reached: _Reached) -> _Reached:
        """Read all the members of each group: only its keys tell which they are."""
        keys = {_THIS, *(part.p.expr or ())}
        bound = self.read(
            part.p.p, {node: w for node, w in reached.items() if node in keys}
        )
        self._read_expression(part.A, bound)
        return {node: w for node, w in bound.items() if node in keys}

    def _read_inner(self, part: CompValue, reached: _Reached) -> _Reached:
        return {} if part.p.name == "values" else self.read(part.p, reached)

    def _read_expression(self, expression: object, bound: _Reached) -> None:
        for graph in _existing(expression):
            inner = (
                translateGroupGraphPattern(graph)
                if graph.name.startswith("GroupGraphPattern")
                else graph
            )
            self.read(inner, {_THIS: frozenset({()}), **bound})


def _joined_parts(part: CompValue) -> Iterator[CompValue]:
    if part.name == "Join":
        yield from _joined_parts(part.p1)
        yield from _joined_parts(part.p2)
    else:
        yield part


def _existing(expression: object) -> Iterator[CompValue]:
    """Return the outermost patterns of which an expression asks whether they exist."""
    if isinstance(expression, CompValue):
        if expression.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            yield expression.graph
            return
        for value in expression.values():
            yield from _existing(value)
    elif isinstance(expression, list | tuple):
        for value in expression:
            yield from _existing(value)


@dataclass(frozen=True, slots=True)
class _Edge:
    """A pattern: two terms, and the walks that its path allows between them."""

    ends: tuple[rdflib.term.Node, rdflib.term.Node]
    walks: frozenset[Walk]

    @classmethod
    def of(
        cls, start: rdflib.term.Node, path: object, end: rdflib.term.Node
    ) -> "_Edge":
        return cls((start, end), walks_of_path(path))

    @property
    def back(self) -> frozenset[Walk]:
        return frozenset(map(reversed_walk, self.walks))

    def read_from(self, reached: _Reached) -> frozenset[Walk]:
        """Return the cheapest way to the triples of the pattern."""
        start, end = self.ends
        ways = []
        if start in reached:
            onwards = self.walks
            if not _is_variable(end):
                onwards = frozenset(with_value(walk, end) for walk in onwards)
            ways.append(joined(reached[start], onwards))
        if end in reached:
            ways.append(joined(reached[end], self.back))
        return min(ways, key=_cost)


def _extended(edges: Iterable[_Edge], reached: _Reached) -> _Reached:
    """Return how each node of the patterns is reached, at the least cost.

    Raises:
        UnsupportedShapeError: some cannot be, or too far away.
    """
    near = _spread(edges, reached, furthest=FURTHEST)
    unread = [edge for edge in edges if _is_unread(edge, near)]
    if not unread:
        return near
    far = _spread(edges, reached, furthest=len(list(edges)) * FURTHEST + FURTHEST)
    if any(_is_unread(edge, far) for edge in unread):
        raise UnsupportedShapeError("reads a pattern that nothing joins with $this")
    raise UnsupportedShapeError(f"looks more than {FURTHEST} steps away")


def _is_unread(edge: _Edge, reached: _Reached) -> bool:
    return any(
        _is_variable(node) and node not in reached for node in edge.ends
    ) or not (set(edge.ends) & reached.keys())


def _spread(edges: Iterable[_Edge], reached: _Reached, *, furthest: int) -> _Reached:
    """Return how the nodes are reached: what can be walked forward is not walked back."""
    ends = dict(reached)
    changed = True
    while changed:
        changed = False
        for edge in edges:
            start, end = edge.ends
            for here, there, onwards in (
                (start, end, edge.walks),
                (end, start, edge.back),
            ):
                if here not in ends or not _is_variable(there):
                    continue
                walks = joined(ends[here], onwards)
                if max(map(distance, walks)) > furthest:
                    continue
                if there not in ends or _cost(walks) < _cost(ends[there]):
                    ends[there] = walks
                    changed = True
    return ends


def _is_variable(term: rdflib.term.Node) -> bool:
    return isinstance(term, Variable | BNode)


def _cost(walks: frozenset[Walk]) -> tuple[int, int, int]:
    return max(
        (
            sum(_is_from_class(step) for step in walk),
            sum(step.is_backward for step in walk),
            len(walk),
        )
        for walk in walks
    )


def _is_from_class(step: Step) -> bool:
    return step.is_backward and step.predicate == _TYPE
