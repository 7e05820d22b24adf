"""Validation reports: what a validator found, as values (SHACL, section 3.6)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Self, TypeAlias

import rdflib
from rdflib.namespace import SH as RSH

from milgraph.errors import Position
from milgraph.interchange import graph_of, term_from_rdflib
from milgraph.terms import (
    RDF,
    SH,
    XSD,
    BlankNode,
    Literal,
    NamedNode,
    Resource,
    Term,
    Triple,
)

__all__ = [
    "Cause",
    "Expected",
    "Report",
    "Result",
    "Severity",
    "from_rdflib",
    "from_triples",
]


# What a shape asks by the constraint of a component, in words.
Expected: TypeAlias = Callable[[NamedNode, NamedNode], str | None]


def _nothing(_shape: NamedNode, _component: NamedNode) -> str | None:
    """Return that nothing is known of what a shape expects."""


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
    Severity.VIOLATION: SH.Violation,
    Severity.WARNING: SH.Warning,
    Severity.INFO: SH.Info,
}
_BY_IRI: Mapping[Term, Severity] = {iri: s for s, iri in _SEVERITIES.items()}
_RESULT = SH.result
_FOCUS = SH.focusNode
_SHAPE = SH.sourceShape
_COMPONENT = SH.sourceConstraintComponent
_SEVERITY = SH.resultSeverity
_MESSAGE = SH.resultMessage
_PATH = SH.resultPath
_VALUE = SH.value
_TYPE = RDF["type"]


@dataclass(frozen=True, slots=True)
class Result:
    """One finding: which node breaks which shape, where, and what to do about it.

    `shape` is the property shape or the shape of a query. `expected` is what it asks of
    the value, in words, as far as its constraint tells without the message. `claim`,
    `segment` and `position` tell where the node comes from, where that is known.
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
    expected: str | None = None

    @property
    def cause(self) -> tuple[Severity, NamedNode, NamedNode, NamedNode | None]:
        """What results of the same cause have in common."""
        return (self.severity, self.shape, self.component, self.path)

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Worst first, then by node, shape and value."""
        return (self.severity, str(self.focus_node), str(self.shape), str(self.value))


@dataclass(frozen=True, slots=True)
class Cause:
    """Results that one constraint has of many nodes; `nodes` are those, each once."""

    results: tuple[Result, ...]
    nodes: tuple[Term, ...]

    @property
    def first(self) -> Result:
        """The result that stands for all of them."""
        return self.results[0]


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

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """The results grouped by cause: the worst first, then what most nodes have."""
        groups: dict[object, list[Result]] = {}
        for result in self.results:
            groups.setdefault(result.cause, []).append(result)
        causes = (
            Cause(tuple(group), tuple(dict.fromkeys(r.focus_node for r in group)))
            for group in groups.values()
        )
        return tuple(
            sorted(
                causes, key=lambda c: (c.first.severity, -len(c.nodes), c.first.order)
            )
        )

    def triples(self) -> Iterator[Triple]:
        """Return the report as SHACL has it, `sh:ValidationReport` and all."""
        root = BlankNode("validation-report")
        conforms = "false" if self.results else "true"
        yield Triple(root, _TYPE, SH.ValidationReport)
        yield Triple(root, SH.conforms, Literal(conforms, datatype=XSD.boolean))
        for number, result in enumerate(self.results, start=1):
            node = BlankNode(f"validation-result-{number}")
            yield Triple(root, _RESULT, node)
            yield Triple(node, _TYPE, SH.ValidationResult)
            for predicate, value in _told(result):
                if value is not None:
                    yield Triple(node, predicate, value)

    def to_rdflib(self) -> rdflib.Graph:
        """Return the report as a graph of rdflib."""
        graph = graph_of(self.triples())
        graph.bind("sh", RSH)
        return graph


def _told(result: Result) -> Iterator[tuple[NamedNode, Term | None]]:
    yield _SEVERITY, _SEVERITIES[result.severity]
    yield _FOCUS, result.focus_node
    yield _SHAPE, result.shape
    yield _COMPONENT, result.component
    yield _MESSAGE, Literal(result.message, language="en")
    yield _PATH, result.path
    yield _VALUE, result.value


def from_rdflib(
    graph: rdflib.Graph, expected: Expected = _nothing
) -> tuple[Result, ...]:
    """Return the results of a report graph."""
    about = {
        node: defaultdict(
            list,
            {
                NamedNode(str(predicate)): [
                    term_from_rdflib(value) for value in graph.objects(node, predicate)
                ]
                for predicate in graph.predicates(node)
            },
        )
        for node in graph.objects(None, RSH.result)
    }
    return tuple(_result(values, expected) for values in about.values())


def from_triples(
    triples: Iterable[Triple], expected: Expected = _nothing
) -> tuple[Result, ...]:
    """Return the results of a report."""
    about: dict[Resource, dict[NamedNode, list[Term]]] = {}
    results: list[Term] = []
    for triple in triples:
        values = about.setdefault(triple.subject, defaultdict(list))
        values[triple.predicate].append(triple.object)
        if triple.predicate == _RESULT:
            results.append(triple.object)
    return tuple(
        _result(about[node], expected)
        for node in results
        if not isinstance(node, Literal)
    )


def _result(values: Mapping[NamedNode, Sequence[Term]], expected: Expected) -> Result:
    """Return the result that has the values; of several messages, the first one."""
    messages = sorted(
        text.value for text in values[_MESSAGE] if isinstance(text, Literal)
    )
    path = next(iter(values[_PATH]), None)
    (severity,), (shape,) = values[_SEVERITY], values[_SHAPE]
    (component,), (focus,) = values[_COMPONENT], values[_FOCUS]
    source, constraint = _named(shape), _named(component)
    return Result(
        severity=_BY_IRI[severity],
        focus_node=focus,
        shape=source,
        component=constraint,
        message=messages[0] if messages else "",
        path=path if isinstance(path, NamedNode) else None,
        value=next(iter(values[_VALUE]), None),
        expected=expected(source, constraint),
    )


def _named(term: Term) -> NamedNode:
    if isinstance(term, NamedNode):
        return term
    return NamedNode("urn:shape:" + str(term).removeprefix("_:"))
