"""Validation reports: what a validator found, as values (SHACL, section 3.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Self

import rdflib
from rdflib.namespace import SH as RSH

from milgraph.errors import Position
from milgraph.interchange import term_from_rdflib, term_to_rdflib
from milgraph.terms import NamedNode, Term

__all__ = ["Report", "Result", "Severity", "from_rdflib"]


class Severity(IntEnum):
    """How far a result obliges: a violation stops a commit."""

    VIOLATION = 0
    WARNING = 1
    INFO = 2

    @property
    def label(self) -> str:
        """The word for people."""
        return self.name.lower()


_SEVERITIES = {
    RSH.Violation: Severity.VIOLATION,
    RSH.Warning: Severity.WARNING,
    RSH.Info: Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class Result:
    """One finding: which node breaks which shape, where, and what to do about it.

    `shape` is the property shape or the SPARQL constraint. `claim`, `segment` and
    `position` tell where the node comes from, where that is known.
    """

    severity: Severity
    focus_node: Term
    shape: NamedNode
    component: NamedNode
    message: str
    path: NamedNode | None = None
    value: Term | None = None
    claim: NamedNode | None = None
    segment: NamedNode | None = None
    position: Position | None = None

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Worst first, then by node, shape and value."""
        return (self.severity, str(self.focus_node), str(self.shape), str(self.value))


@dataclass(frozen=True)
class Report:
    """All that a validation found, worst first."""

    results: tuple[Result, ...] = ()
    graph_size: int = 0

    @classmethod
    def of(cls, results: Iterable[Result], *, graph_size: int = 0) -> Self:
        """Return the report of the results, each once, in order."""
        return cls(tuple(sorted(set(results), key=lambda r: r.order)), graph_size)

    @cached_property
    def conforms(self) -> bool:
        """Whether nothing stands in the way of a commit: there is no violation."""
        return not self.count(Severity.VIOLATION)

    def count(self, severity: Severity) -> int:
        """Return how many findings have the severity.

        A shape that refuses one value in two ways has two results, and is one finding.
        """
        return len(
            {
                (result.focus_node, result.shape, str(result.value))
                for result in self.results
                if result.severity is severity
            }
        )

    @property
    def summary(self) -> str:
        """The counts in words."""
        counts = [(self.count(severity), severity.label) for severity in Severity]
        told = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n]
        return ", ".join(told) or "no findings"

    def to_rdflib(self) -> rdflib.Graph:
        """Return the report as SHACL has it, `sh:ValidationReport` and all."""
        graph = rdflib.Graph()
        graph.bind("sh", RSH)
        root = rdflib.BNode()
        graph.add((root, rdflib.RDF.type, RSH.ValidationReport))
        graph.add((root, RSH.conforms, rdflib.Literal(not self.results)))
        names = {severity: iri for iri, severity in _SEVERITIES.items()}
        for result in self.results:
            node = rdflib.BNode()
            graph.add((root, RSH.result, node))
            graph.add((node, rdflib.RDF.type, RSH.ValidationResult))
            graph.add((node, RSH.resultSeverity, names[result.severity]))
            graph.add((node, RSH.focusNode, term_to_rdflib(result.focus_node)))
            graph.add((node, RSH.sourceShape, term_to_rdflib(result.shape)))
            graph.add(
                (node, RSH.sourceConstraintComponent, term_to_rdflib(result.component))
            )
            graph.add(
                (node, RSH.resultMessage, rdflib.Literal(result.message, lang="en"))
            )
            if result.path is not None:
                graph.add((node, RSH.resultPath, term_to_rdflib(result.path)))
            if result.value is not None:
                graph.add((node, RSH.value, term_to_rdflib(result.value)))
        return graph


def from_rdflib(graph: rdflib.Graph) -> tuple[Result, ...]:
    """Return the results of a report graph."""
    return tuple(_result(graph, node) for node in graph.objects(None, RSH.result))


def _result(graph: rdflib.Graph, node: rdflib.term.Node) -> Result:
    def value(predicate: rdflib.URIRef) -> rdflib.term.Node | None:
        return graph.value(node, predicate)

    messages = sorted(str(text) for text in graph.objects(node, RSH.resultMessage))
    path, found = value(RSH.resultPath), value(RSH.value)
    severity = value(RSH.resultSeverity)
    shape = value(RSH.sourceShape)
    component = value(RSH.sourceConstraintComponent)
    focus = value(RSH.focusNode)
    return Result(
        severity=_SEVERITIES[rdflib.URIRef(str(severity))],
        focus_node=term_from_rdflib(focus),
        shape=NamedNode(str(shape)),
        component=NamedNode(str(component)),
        message=messages[0] if messages else "",
        path=NamedNode(str(path)) if isinstance(path, rdflib.URIRef) else None,
        value=None if found is None else term_from_rdflib(found),
    )
