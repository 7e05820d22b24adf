"""Values: terms, places and reports as JSON has them, on their way between processes."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from milgraph.errors import Position
from milgraph.terms import BlankNode, Literal, NamedNode

__all__ = ["packed", "unpacked"]

_KIND = "kind"
_VALUE = "value"
_RECORDS = frozenset(("Position", "Report", "Result"))


def packed(value: object) -> Any:
    """Return a value of ours as JSON has it; what has no such form, as its text."""
    if isinstance(value, tuple | list | frozenset | set):
        return [packed(item) for item in value]
    if isinstance(value, IntEnum):
        return _of_kind(value, int(value))
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _packed(value)


def _packed(value: object) -> Any:
    if isinstance(value, NamedNode | BlankNode):
        return _of_kind(value, value.value)
    if isinstance(value, Literal):
        return _of_kind(value, [value.value, value.language, value.datatype.value])
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        members = {f.name: packed(getattr(value, f.name)) for f in fields(value)}
        return _of_kind(value, members)
    return str(value)


def _of_kind(value: object, written: object) -> dict[str, object]:
    return {_KIND: type(value).__name__, _VALUE: written}


def unpacked(value: Any) -> Any:
    """Return the value of ours that JSON stands for; lists become tuples."""
    if isinstance(value, list):
        return tuple(unpacked(item) for item in value)
    if isinstance(value, dict):
        kind = value[_KIND]
        make = _MAKERS.get(kind) or _of_validation(kind)
        return make(value[_VALUE])
    return value


def _of_validation(kind: str) -> Callable[[Any], object]:
    # Not before there is a report: what validates takes long to import.
    from milgraph.validation import Report, Result, Severity  # noqa: PLC0415

    if kind == "Severity":
        return Severity
    record: Any = {"Report": Report, "Result": Result}[kind]
    return lambda value: record(**_members(value))


def _members(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: unpacked(item) for name, item in value.items()}


def _literal(value: tuple[str, str | None, str]) -> Literal:
    text, language, datatype = value
    if language:
        return Literal(text, language=language)
    return Literal(text, datatype=NamedNode(datatype))


_MAKERS: Mapping[str, Callable[[Any], object]] = MappingProxyType(
    {
        "NamedNode": NamedNode,
        "BlankNode": BlankNode,
        "Literal": _literal,
        "Position": lambda value: Position(**_members(value)),
    }
)
