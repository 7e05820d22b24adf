"""Findings: the results of a validation as programs are told them, by whatever door."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from milgraph.terms import NamedNode, Term, show

if TYPE_CHECKING:
    # Whoever only passes results on need not import what validates.
    from milgraph.validation import Cause, Result

__all__ = ["cause_as_json", "finding_as_json"]

_MOST_NODES = 10


def finding_as_json(
    result: "Result", name_of: Callable[[NamedNode], str]
) -> Mapping[str, object]:
    """Return what is wrong and where, every IRI in full."""
    place = result.position
    return {
        "severity": result.severity.label,
        "message": result.message,
        "focusNode": _full(result.focus_node),
        "path": _full(result.path),
        "field": name_of(result.shape),
        "value": _full(result.value),
        "expected": result.expected,
        "shape": _full(result.shape),
        "component": _full(result.component),
        "claim": _full(result.claim),
        "segment": _full(result.segment),
        "file": place.source if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "jsonPath": place.path if place else None,
    }


def cause_as_json(
    cause: "Cause", name_of: Callable[[NamedNode], str]
) -> Mapping[str, object]:
    """Return what many nodes have in common, with how many they are and the first few."""
    first = cause.first
    return {
        "severity": first.severity.label,
        "message": first.message,
        "field": name_of(first.shape),
        "path": _full(first.path),
        "expected": first.expected,
        "shape": _full(first.shape),
        "component": _full(first.component),
        "findings": len(cause.results),
        "nodes": len(cause.nodes),
        "examples": [_full(node) for node in cause.nodes[:_MOST_NODES]],
    }


def _full(term: Term | None) -> str | None:
    if term is None:
        return None
    return term.value if isinstance(term, NamedNode) else show(term)
