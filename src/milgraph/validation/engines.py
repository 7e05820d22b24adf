"""Validators: pyshacl-turbo for speed, pySHACL for what is right; one interface."""

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from pyoxigraph import Store as Oxigraph

from milgraph.interchange import graph_of
from milgraph.terms import NamedNode, Quad, Triple
from milgraph.validation.report import Result, from_rdflib
from milgraph.validation.shapes import Shapes

__all__ = ["Engine", "pyshacl_engine", "turbo_engine"]


class Engine(Protocol):
    """A SHACL processor that has taken in the shapes."""

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

    def validate(
        triples: Iterable[Triple], *, focus: Collection[NamedNode] | None = None
    ) -> tuple[Result, ...]:
        store = Oxigraph()
        store.bulk_extend(Quad(t.subject, t.predicate, t.object) for t in triples)
        nodes = None if focus is None else sorted(node.value for node in focus)
        if nodes == []:
            return ()
        _, report, _ = compiled.validate(store, focus_nodes=nodes)
        return from_rdflib(report)

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
        results = from_rdflib(report)
        if focus is None:
            return results
        return tuple(result for result in results if result.focus_node in focus)

    return validate
