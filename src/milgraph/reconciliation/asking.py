"""Asking: what a client sends, read strictly and within bounds.

The shapes are those of the API 0.2: a batch is an object of queries by their keys, a
data extension an object of identifiers and properties.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from milgraph.errors import LimitError, ParameterError, Position

__all__ = [
    "MAXIMUM_QUERIES",
    "Batch",
    "Extension",
    "Given",
    "ReconciliationQuery",
    "placed",
    "read_batch",
    "read_extension",
    "read_query",
]

MAXIMUM_QUERIES = 50
_LONGEST_ID = 2_000
_DEFAULT_LIMIT = 10
_MOST_CANDIDATES = 100
_MOST_TYPES = 20
_MOST_PROPERTIES = 10
_MOST_VALUES = 10
_MOST_COLUMNS = 40
_MOST_IDS = 1_000
_MOST_CELLS = 10_000
_STRICTNESS = ("any", "all", "should")
_KNOWN = frozenset(("query", "type", "limit", "properties", "type_strict"))


@dataclass(frozen=True, slots=True)
class Given:
    """One value that a candidate should have: a text, or the identifier of an entity.

    An entity has a name too, which counts where another service found the entity.
    """

    text: str
    is_entity: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class ReconciliationQuery:
    """What one cell of a column, and others of its row, ask for.

    `path` is where it stands in the JSON that was sent.
    """

    query: str = ""
    types: tuple[str, ...] = ()
    strictness: str = "any"
    limit: int = _DEFAULT_LIMIT
    properties: tuple[tuple[str, tuple[Given, ...]], ...] = ()
    path: str = "$"


@dataclass(frozen=True, slots=True)
class Extension:
    """Which entities, and which of their properties with which settings."""

    ids: tuple[str, ...]
    properties: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())


Batch: TypeAlias = Mapping[str, ReconciliationQuery]


def read_batch(text: str) -> Batch:
    """Return the queries of the JSON text, by their keys.

    Raises:
        LimitError: there are too many.
        ParameterError: it is no batch of queries.

    >>> read_batch('{"q0": {"query": "Tu-95MS", "limit": 3}}')["q0"].limit
    3
    """
    queries = _object(_parsed(text, "queries"), "$", "queries")
    if len(queries) > MAXIMUM_QUERIES:
        raise LimitError(
            f"there are {len(queries)} queries in the batch",
            limit="size",
            hint=f"Send at most {MAXIMUM_QUERIES} at a time, as the manifest says.",
        )
    return {
        key: _query(value, f"$[{json.dumps(key[:40])}]")
        for key, value in queries.items()
    }


def read_query(text: str) -> ReconciliationQuery:
    """Return the one query: a JSON object, or else the name that is looked for.

    Raises:
        ParameterError: it is an object, and no query.
    """
    if text.lstrip().startswith("{"):
        return _query(_parsed(text, "query"), "$")
    return ReconciliationQuery(_text(text, "$"))


def read_extension(text: str) -> Extension:
    """Return the data extension that the JSON text asks for.

    Raises:
        LimitError: it asks for too many cells.
        ParameterError: it is no data extension query.
    """
    asked = _object(_parsed(text, "extend"), "$", "extend")
    ids = tuple(
        _id(one, "$.ids") for one in _list(asked.get("ids"), "$.ids", _MOST_IDS)
    )
    listed = _list(asked.get("properties"), "$.properties", _MOST_COLUMNS)
    found = []
    for number, one in enumerate(listed):
        path = f"$.properties[{number}]"
        described = _object(one, path, "extend")
        settings = described.get("settings") or {}
        found.append(
            (
                _id(described.get("id"), f"{path}.id"),
                _object(settings, f"{path}.settings", "extend"),
            )
        )
    if len(ids) * len(found) > _MOST_CELLS:
        raise LimitError(
            f"{len(ids)} entities with {len(found)} properties each are too many",
            limit="size",
            hint=f"Ask for at most {_MOST_CELLS:,} cells at a time.",
        )
    return Extension(ids, tuple(found))


def _query(value: object, path: str) -> ReconciliationQuery:
    asked = _object(value, path, "queries")
    unknown = sorted(asked.keys() - _KNOWN)
    if unknown:
        raise _wrong(
            f"a query has no field {unknown[0][:40]!r}",
            path,
            hint=f"There is {', '.join(sorted(_KNOWN))}.",
        )
    query = asked.get("query")
    properties = _properties(asked.get("properties"), f"{path}.properties")
    if query is None and not properties:
        raise _wrong("a query needs a query or properties", path)
    strictness = asked.get("type_strict") or "any"
    if strictness not in _STRICTNESS:
        raise _wrong(
            f"type_strict is one of {', '.join(_STRICTNESS)}", f"{path}.type_strict"
        )
    return ReconciliationQuery(
        query="" if query is None else _text(query, f"{path}.query"),
        types=_types(asked.get("type"), f"{path}.type"),
        strictness=strictness,
        limit=_limit(asked.get("limit"), f"{path}.limit"),
        properties=properties,
        path=path,
    )


def _types(value: object, path: str) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    listed = value if isinstance(value, list) else [value]
    # OpenRefine has sent the type as an object, with its identifier and name.
    plain = [one.get("id") if isinstance(one, dict) else one for one in listed]
    return tuple(_id(one, path) for one in _list(plain, path, _MOST_TYPES))


def _limit(value: Any, path: str) -> int:
    """Return how many candidates are wanted; more than there ever are is no error."""
    if value is None:
        return _DEFAULT_LIMIT
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    number = min(value, _MOST_CANDIDATES) if is_number else 0
    if number < 1 or number != int(number):
        raise _wrong("limit is a whole number from 1 upwards", path)
    return int(number)


def _properties(value: object, path: str) -> tuple[tuple[str, tuple[Given, ...]], ...]:
    if value is None:
        return ()
    found = []
    for number, one in enumerate(_list(value, path, _MOST_PROPERTIES)):
        place = f"{path}[{number}]"
        pair = _object(one, place, "queries")
        if "pid" not in pair or "v" not in pair:
            raise _wrong("a property has a pid and a v", place)
        values = pair["v"] if isinstance(pair["v"], list) else [pair["v"]]
        given = tuple(
            _given(v, f"{place}.v") for v in _list(values, f"{place}.v", _MOST_VALUES)
        )
        found.append((_id(pair["pid"], f"{place}.pid"), given))
    return tuple(found)


def _given(value: object, path: str) -> Given:
    if isinstance(value, dict):
        name = value.get("name")
        told = "" if name is None else _text(name, f"{path}.name")
        return Given(_id(value.get("id"), f"{path}.id"), is_entity=True, name=told)
    if isinstance(value, bool):
        return Given("true" if value else "false")
    if isinstance(value, int):
        return Given(str(value))
    if isinstance(value, float):
        return Given(f"{value:.15g}")
    return Given(_text(value, path))


def _parsed(text: str, name: str) -> object:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ParameterError(
            f"{name} is not JSON: {error.msg}",
            position=Position(name, error.lineno, error.colno),
        ) from error
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"{name} is not JSON that can be read") from error


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number of JSON")


def _object(value: object, path: str, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(f"{name} has something else where an object belongs", path)
    return value


def _list(value: object, path: str, most: int) -> list[object]:
    if not isinstance(value, list):
        raise _wrong("a list belongs here", path)
    if len(value) > most:
        raise LimitError(
            f"{len(value)} of what {path} lists are too many",
            limit="size",
            hint=f"At most {most} are read.",
        )
    return value


def _id(value: object, path: str) -> str:
    found = _text(value, path)
    if not found or len(found) > _LONGEST_ID:
        raise _wrong("an identifier belongs here", path)
    return found


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong("a text belongs here", path)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _wrong("half of a surrogate pair is no text", path) from error
    return value.strip()


@contextmanager
def placed(path: str) -> Iterator[None]:
    """Tell where in the request a parameter stands that is refused in the block."""
    try:
        yield
    except ParameterError as error:
        error.position = Position("the request", path=path)
        raise


def _wrong(message: str, path: str, *, hint: str | None = None) -> ParameterError:
    place = Position("the request", path=path)
    return ParameterError(message, position=place, hint=hint)
