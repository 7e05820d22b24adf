"""Templates: quads with variables, and what they become with a solution."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Self

from milgraph.edits.drafts import quads_in
from milgraph.sparql.tokens import with_variables_replaced
from milgraph.store.scratch import Grammar
from milgraph.terms import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    Term,
    Triple,
)

__all__ = ["Template"]

Row = Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class Template:
    """The quads of a DELETE or INSERT; `names` are its variables by their marks.

    A mark is an IRI that stands where the text has the variable.
    """

    quads: tuple[Quad, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, block: str | None, grammar: Grammar, graph: NamedNode | None) -> Self:
        """Return the template that stands in the braces.

        `graph` is where its triples are that stand in no graph of their own.
        """
        if block is None:
            return cls()
        # Nobody can have written it.
        marks = {"": f"urn:milgraph:{token_hex(16)}:"}
        quads = grammar.template(with_variables_replaced(block, marks))
        outside = [q for q in quads if q.graph_name == DefaultGraph()]
        inside = [q for q in quads if q.graph_name != DefaultGraph()]
        names = {mark: name for name, mark in marks.items() if name}
        return cls((*inside, *quads_in(graph, outside)), names)

    @property
    def has_new_nodes(self) -> bool:
        """Whether each solution has blank nodes of its own."""
        return any(
            _has_blank_node(term)
            for quad in self.quads
            for term in (quad.subject, quad.object)
        )

    def filled(self, row: Row) -> set[Quad]:
        """Return the quads with the values of a solution, as far as they are quads.

        A quad with a variable that has no value is left out, and so is one that RDF
        does not allow (SPARQL 1.1 Update, section 3.1.3).
        """
        filling = _Filling(self.names, row)
        return {made for quad in self.quads if (made := filling.quad(quad))}


def _has_blank_node(term: object) -> bool:
    if isinstance(term, Triple):
        return _has_blank_node(term.subject) or _has_blank_node(term.object)
    return isinstance(term, BlankNode)


class _Filling:
    """One solution, and the blank nodes that are new with it."""

    def __init__(self, names: Mapping[str, str], row: Row) -> None:
        self._names = names
        self._row = row
        self._nodes: dict[BlankNode, BlankNode] = {}

    def quad(self, quad: Quad) -> Quad | None:
        triple = self._triple(quad.triple)
        if quad.graph_name == DefaultGraph():
            return (
                Quad(triple.subject, triple.predicate, triple.object)
                if triple
                else None
            )
        graph = self._term(quad.graph_name)
        if triple is None or not isinstance(graph, NamedNode):
            return None
        return Quad(triple.subject, triple.predicate, triple.object, graph)

    def _triple(self, triple: Triple) -> Triple | None:
        subject = self._term(triple.subject)
        predicate = self._term(triple.predicate)
        value = self._term(triple.object)
        if (
            isinstance(subject, NamedNode | BlankNode)
            and isinstance(predicate, NamedNode)
            and value is not None
        ):
            return Triple(subject, predicate, value)
        return None

    def _term(self, term: object) -> Term | None:
        if isinstance(term, Triple):
            return self._triple(term)
        if isinstance(term, BlankNode):
            return self._nodes.setdefault(term, BlankNode())
        if isinstance(term, NamedNode) and term.value in self._names:
            return self._row.get(self._names[term.value])
        return term  # type: ignore[return-value]  # the graph's name, or what a term is
