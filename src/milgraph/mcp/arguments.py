"""Arguments: what a client calls a tool with, read with errors that say how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from milgraph.errors import ParameterError
from milgraph.mcp.marking import clean

__all__ = ["Arguments"]

_LONGEST_QUOTED = 60


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call, by the JSON Schema of its tool.

    Only what our schemas use is looked at: types, bounds, enumerations and what is
    required. Whoever calls is a model, which is told what it can call instead.
    """

    given: Mapping[str, Any]

    @classmethod
    def of(cls, given: Mapping[str, Any], schema: Mapping[str, Any]) -> "Arguments":
        """Return the arguments, once they are of the schema.

        Raises:
            ParameterError: they are not.
        """
        known: Mapping[str, Mapping[str, Any]] = schema["properties"]
        if unknown := sorted(given.keys() - known.keys()):
            raise ParameterError(
                f"there is no argument {_quoted(unknown[0])}",
                hint=f"Arguments: {', '.join(known) or 'none'}.",
            )
        for name in schema.get("required", ()):
            if given.get(name) is None:
                raise ParameterError(
                    f"the argument {name} is missing",
                    hint=str(known[name].get("description", "")) or None,
                )
        present = {name: value for name, value in given.items() if value is not None}
        for name, value in present.items():
            _check(name, value, known[name])
        return cls(present)

    def text(self, name: str, default: str = "") -> str:
        """Return the text of that name."""
        return str(self.given.get(name, default))

    def number(self, name: str, default: int) -> int:
        """Return the number of that name."""
        return int(self.given.get(name, default))

    def flag(self, name: str) -> bool:
        """Return whether that is set."""
        return bool(self.given.get(name, False))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of the list of that name."""
        return tuple(self.given.get(name, ()))

    def mapping(self, name: str) -> Mapping[str, str]:
        """Return the members of the object of that name, as texts."""
        members: Mapping[str, Any] = self.given.get(name, {})
        return {key: _written(value) for key, value in members.items()}


_TYPES: Mapping[str, Any] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def _check(name: str, value: Any, schema: Mapping[str, Any]) -> None:
    kind = schema["type"]
    is_flag = isinstance(value, bool)
    if not isinstance(value, _TYPES[kind]) or is_flag != (kind == "boolean"):
        raise ParameterError(f"{name} is not of the type {kind}")
    if "enum" in schema and value not in schema["enum"]:
        raise ParameterError(
            f"{name} is {_quoted(value)}",
            hint=f"It can be {', '.join(schema['enum'])}.",
        )
    if kind == "string" and len(value) > schema.get("maxLength", len(value)):
        raise ParameterError(
            f"{name} is longer than {schema['maxLength']:,} characters"
        )
    if kind == "integer":
        _check_bounds(name, value, schema)
    if kind == "array":
        _check_items(name, value, schema)


def _check_bounds(name: str, value: float, schema: Mapping[str, Any]) -> None:
    least, most = schema["minimum"], schema["maximum"]
    if not least <= value <= most:
        raise ParameterError(f"{name} is not between {least:,} and {most:,}")


def _check_items(name: str, value: list[Any], schema: Mapping[str, Any]) -> None:
    if len(value) > schema["maxItems"]:
        raise ParameterError(f"{name} has more than {schema['maxItems']} items")
    for item in value:
        _check(f"an item of {name}", item, schema["items"])


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    raise ParameterError("the value of a parameter is neither a text nor a number")


def _quoted(value: object) -> str:
    return repr(clean(str(value))[:_LONGEST_QUOTED])
