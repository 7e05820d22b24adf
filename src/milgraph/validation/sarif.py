"""SARIF: findings as editors and code hosts read them (SARIF 2.1.0, an OASIS standard)."""

from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from milgraph.errors import Position
from milgraph.iris import fragment_of
from milgraph.terms import NamedNode, Term, compact, show
from milgraph.validation.report import Report, Result, Severity

__all__ = ["SARIF_MEDIA_TYPE", "sarif_of"]

SARIF_MEDIA_TYPE = "application/sarif+json"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.VIOLATION: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}


def sarif_of(
    report: Report, *, name_of: Callable[[NamedNode], str]
) -> dict[str, object]:
    """Return the report as a log of one run: a rule for each shape that found something.

    A result has a place in a file where one is known, and as its logical location the
    claim that it is about.
    """
    rules: dict[NamedNode, Result] = {}
    for result in report.results:
        rules.setdefault(result.shape, result)
    indexes = {shape: number for number, shape in enumerate(rules)}
    driver = {
        "name": "milgraph",
        "version": version("milgraph"),
        "informationUri": "https://w3id.org/milgraph/",
        "rules": [_rule(result, name_of) for result in rules.values()],
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "artifacts": _artifacts(report.results),
                "results": [_result(r, indexes[r.shape]) for r in report.results],
            }
        ],
    }


def _rule(result: Result, name_of: Callable[[NamedNode], str]) -> dict[str, object]:
    what, _, _ = result.message.partition(": ")
    return {
        "id": compact(result.shape),
        "name": name_of(result.shape),
        "shortDescription": {"text": what or compact(result.shape)},
        "helpUri": result.shape.value,
        "defaultConfiguration": {"level": _LEVELS[result.severity]},
    }


def _artifacts(results: Iterable[Result]) -> list[dict[str, object]]:
    names = dict.fromkeys(r.position.source for r in results if r.position)
    return [{"location": {"uri": _uri(name)}} for name in names]


def _result(result: Result, rule: int) -> dict[str, object]:
    node = result.focus_node
    properties = {
        "focusNode": _full(node),
        "path": _full(result.path),
        "value": _full(result.value),
        "expected": result.expected,
        "component": result.component.value,
        "segment": _full(result.segment),
        "jsonPath": result.position.path if result.position else None,
    }
    told: dict[str, object] = {
        "ruleId": compact(result.shape),
        "ruleIndex": rule,
        "level": _LEVELS[result.severity],
        "message": {"text": result.message or f"{show(node)} does not conform."},
        "locations": [_location(result)],
        "properties": {name: value for name, value in properties.items() if value},
    }
    return told


def _location(result: Result) -> dict[str, object]:
    spoken = result.claim or result.focus_node
    location: dict[str, object] = {
        "logicalLocations": [
            {
                "fullyQualifiedName": _full(spoken),
                "name": _short(spoken),
                "kind": "claim" if result.claim else "resource",
            }
        ]
    }
    if result.position:
        location["physicalLocation"] = _place(result.position)
    return location


def _short(term: Term) -> str:
    """Return the name within its document, or else a short one."""
    fragment = fragment_of(term) if isinstance(term, NamedNode) else ""
    return fragment or show(term)


def _place(position: Position) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": _uri(position.source)}}
    if position.line:
        region = {"startLine": position.line}
        if position.column:
            region["startColumn"] = position.column
        place["region"] = region
    return place


def _uri(name: str) -> str:
    """Return the name of a file as a relative or a file IRI."""
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _full(term: Term | None) -> str | None:
    if term is None:
        return None
    return term.value if isinstance(term, NamedNode) else show(term)
