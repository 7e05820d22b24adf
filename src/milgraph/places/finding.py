"""Finding: the place of what a complaint is about."""

from collections.abc import Iterable, Sequence

from milgraph.errors import Position
from milgraph.places.statements import Statement
from milgraph.terms import NamedNode, Quad, Term

__all__ = ["Places"]

# A graph or any (`None`), a node or a term, and what it has for which property, or any.
_Key = tuple[object, object, NamedNode | None, Term | None]


class Places:
    """Where each thing is said first: in a graph, and anywhere."""

    def __init__(self, said: Iterable[tuple[Quad, Statement]]) -> None:
        self._found: dict[_Key, Position] = {}
        known = tuple(said)
        for quad, place in known:
            for graph in (quad.graph_name, None):
                self._describe(graph, quad, place)
        # What is only mentioned comes after all that is described.
        for quad, place in known:
            for graph in (quad.graph_name, None):
                self._mention(graph, quad, place)

    def _describe(self, graph: object, quad: Quad, place: Statement) -> None:
        one = (graph, quad.subject, quad.predicate)
        self._found.setdefault((graph, quad.subject, None, None), place.subject)
        self._found.setdefault((*one, None), place.predicate)
        self._found.setdefault((*one, quad.object), place.value)

    def _mention(self, graph: object, quad: Quad, place: Statement) -> None:
        self._found.setdefault((graph, quad.object, None, None), place.value)
        self._found.setdefault((graph, quad.predicate, None, None), place.predicate)
        if place.graph:
            self._found.setdefault((graph, quad.graph_name, None, None), place.graph)

    def find(
        self,
        node: Term,
        path: NamedNode | None = None,
        value: Term | None = None,
        *,
        graphs: Sequence[NamedNode | None] = (None,),
    ) -> Position | None:
        """Return where the node has the value for the path, as near as that is said.

        Where it has no such value: what it has for the path, or else where it is
        described or named first. The first of the graphs in which there is any of it
        decides; `None` is all of them.
        """
        keys = [(node, path, value), (node, path, None)] if path else []
        for key in (*keys, (node, None, None)):
            for graph in graphs:
                if found := self._found.get((graph, *key)):
                    return found
        return None
