"""Validators: pyshacl-turbo for speed, pySHACL for what is right; one interface."""

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from pyoxigraph import RdfFormat
from pyoxigraph import parse as read_triples

from milgraph.interchange import graph_of
from milgraph.terms import NamedNode, Triple
from milgraph.validation.report import Result, from_rdflib, from_triples
from milgraph.validation.shapes import Shapes

__all__ = ["Engine", "pyshacl_engine", "turbo_engine"]

_DEEPEST = 15


class Engine(Protocol):
    """A SHACL processor that has taken in the shapes.

    It is given triples as the store spells them (`syntax.as_stored`): an engine may take
    two spellings of one value for two values.
    """

    def __call__(
        self, triples: Iterable[Triple], *, focus: Collection[NamedNode] | None = None
    ) -> tuple[Result, ...]:
        """Return the results of validating the triples.

        With `focus`, those of these nodes only. The triples must hold what is entailed:
        a SHACL processor need not entail (SHACL, section 1.5).
        """
        ...


def turbo_engine(shapes: Shapes) -> Engine:
    """Return the validator in Rust."""
    # Importing it costs a third of a second that commands without validation save.
    from pyshacl_turbo import CompiledShapes  # noqa: PLC0415

    compiled: Any = CompiledShapes(shapes.graph)  # type: ignore[no-untyped-call]  # has no types
    # Its own door makes a graph of the report with all prefixes of the shapes, which
    # takes three times as long as validating an article.
    run = compiled._native.validate  # noqa: SLF001

    def validate(
        triples: Iterable[Triple], *, focus: Collection[NamedNode] | None = None
    ) -> tuple[Result, ...]:
        nodes = [] if focus is None else sorted(node.value for node in focus)
        if focus is not None and not nodes:
            return ()
        text = "".join(f"{triple} .\n" for triple in triples)
        # In order: the text, its format and base; the rules, which are not used; what
        # counts as conforming; which nodes and shapes; the prefixes of the data.
        _, report, *_ = run(
            *(text, "oxigraph-nquads", None, False, 1, _DEEPEST),
            *(False, False, False, False, nodes, [], []),
        )
        told = read_triples(report.encode(), format=RdfFormat.N_TRIPLES)
        return from_triples((quad.triple for quad in told), shapes.expected)

    return validate


def pyshacl_engine(shapes: Shapes) -> Engine:
    """Return the reference validator.

    It reads rdflib graphs in memory only, and the focus is applied to its results: over
    an Oxigraph store, and with its own `focus_nodes`, it gives wrong answers.
    """
    from pyshacl import validate as run  # noqa: PLC0415 - slow to import

    def validate(
        triples: Iterable[Triple], *, focus: Collection[NamedNode] | None = None
    ) -> tuple[Result, ...]:
        graph = graph_of(triples)
        _, report, _ = run(graph, shacl_graph=shapes.graph, inplace=True)
        results = from_rdflib(report, shapes.expected)
        if focus is None:
            return results
        return tuple(result for result in results if result.focus_node in focus)

    return validate
