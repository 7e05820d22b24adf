"""Queries: SPARQL files with a described header, their parameters and their solutions."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from milgraph.errors import (
    KnowledgeGraphError,
    ParameterError,
    Position,
    QueryError,
    UnknownQueryError,
)
from milgraph.store import Solutions
from milgraph.store.interface import Readable
from milgraph.terms import XSD, Literal, Term, expand

__all__ = ["Catalogue", "Parameter", "StoredQuery"]

_MARK = "#+"
_HEADER_KEYS = frozenset(("title", "description", "tags", "question", "params"))
_DECIMAL = re.compile(r"[+-]?(\d{1,18})(\.\d{1,18})?", re.ASCII)
_PARAMETER_KEYS = frozenset(("type", "range", "label", "example", "default"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that is bound before a query runs.

    `kind` is `iri`, `dateTime`, `integer`, `decimal` or `string`; `range` names the
    class whose members an IRI may be.
    """

    name: str
    kind: str
    label: str
    example: str
    range: str | None = None
    default: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in _READERS:
            raise ParameterError(
                f"parameter {self.name} has type {self.kind!r}; "
                f"it can be {', '.join(sorted(_READERS))}"
            )

    def read(self, text: str) -> Term:
        """Return the term that the text stands for.

        Raises:
            ParameterError: it is not of the parameter's type.
        """
        try:
            term: Term = _READERS[self.kind](text)
        except (KnowledgeGraphError, ValueError) as error:
            raise ParameterError(
                f"{self.name}: {text!r} cannot be read as {self.kind}: {error}",
                hint=f"For example: {self.example}",
            ) from error
        return term


def _moment(text: str) -> Literal:
    """Return the moment, midnight UTC where only a day is given."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    written = moment.isoformat().replace("+00:00", "Z")
    return Literal(written, datatype=XSD.dateTime)


def _integer(text: str) -> Literal:
    return Literal(str(int(text)), datatype=XSD.integer)


def _decimal(text: str) -> Literal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not a number in digits")
    return Literal(text, datatype=XSD.decimal)


_READERS: Mapping[str, Any] = {
    "iri": expand,
    "dateTime": _moment,
    "integer": _integer,
    "decimal": _decimal,
    "string": Literal,
}


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query in a file, and what its header says of it."""

    name: str
    path: Path
    text: str
    title: str
    description: str
    tags: tuple[str, ...] = ()
    question: int | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> "StoredQuery":
        """Return the query of the file.

        Raises:
            QueryError: its header is not TOML behind `#+`, lacks a title or a
                description, or has an unknown key.
        """
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        head = [line for line in lines if line.startswith(_MARK)]
        place = Position(str(path))
        try:
            header = tomllib.loads(
                "\n".join(line[len(_MARK) :].lstrip(" ") for line in head)
            )
        except tomllib.TOMLDecodeError as error:
            raise QueryError(
                f"the header is not TOML: {error}", position=place
            ) from error
        unknown = sorted(header.keys() - _HEADER_KEYS)
        missing = sorted({"title", "description"} - header.keys())
        if unknown or missing:
            problem = f"unknown key {unknown[0]!r}" if unknown else f"no {missing[0]!r}"
            raise QueryError(f"the header has {problem}", position=place)
        return cls(
            name=path.stem,
            path=path,
            text=text,
            title=header["title"],
            description=" ".join(header["description"].split()),
            tags=tuple(header.get("tags", ())),
            question=header.get("question"),
            parameters={
                name: _parameter(name, entry, place)
                for name, entry in header.get("params", {}).items()
            },
        )

    @property
    def sparql(self) -> str:
        """The query without its header."""
        lines = self.text.splitlines()
        return (
            "\n".join(line for line in lines if not line.startswith(_MARK)).strip()
            + "\n"
        )

    @property
    def folder(self) -> str:
        """The folders between `queries/` and the file, as in `competency/activities`."""
        parts = self.path.parent.parts
        return "/".join(parts[len(parts) - parts[::-1].index("queries") :])

    def bindings(self, given: Mapping[str, str]) -> dict[str, Term]:
        """Return the terms for the parameters, defaults for those not given.

        Raises:
            ParameterError: a parameter that the query does not have, one that it needs,
                or a value of the wrong type.
        """
        if unknown := sorted(given.keys() - self.parameters.keys()):
            known = ", ".join(self.parameters) or "none"
            raise ParameterError(
                f"{self.name} has no parameter {unknown[0]!r}",
                hint=f"Parameters: {known}.",
            )
        bound = {}
        for name, parameter in self.parameters.items():
            text = given.get(name, parameter.default)
            if text is None:
                raise ParameterError(
                    f"{self.name} needs {name} ({parameter.label})",
                    hint=f"For example: --{name} {parameter.example}",
                )
            bound[name] = parameter.read(text)
        return bound

    def run(
        self, dataset: Readable, given: Mapping[str, str] | None = None
    ) -> Solutions:
        """Return the solutions in the dataset."""
        return dataset.query(self.text, bindings=self.bindings(given or {}))

    def examples(self) -> dict[str, str]:
        """Return the example of each parameter."""
        return {name: parameter.example for name, parameter in self.parameters.items()}


def _parameter(name: str, entry: Mapping[str, Any], place: Position) -> Parameter:
    unknown = sorted(entry.keys() - _PARAMETER_KEYS)
    missing = sorted({"type", "label", "example"} - entry.keys())
    if unknown or missing:
        problem = f"unknown key {unknown[0]!r}" if unknown else f"no {missing[0]!r}"
        raise QueryError(f"parameter {name} has {problem}", position=place)
    return Parameter(
        name=name,
        kind=entry["type"],
        label=entry["label"],
        example=str(entry["example"]),
        range=entry.get("range"),
        default=None if "default" not in entry else str(entry["default"]),
    )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The stored queries, by name."""

    queries: Mapping[str, StoredQuery]

    @classmethod
    def of(cls, folder: Path) -> "Catalogue":
        """Return the queries under the folder.

        Raises:
            QueryError: a header that cannot be read, or two queries of one name.
        """
        found: dict[str, StoredQuery] = {}
        for path in sorted(folder.rglob("*.rq")):
            query = StoredQuery.of(path)
            if query.name in found:
                raise QueryError(
                    f"two queries are named {query.name}", position=Position(str(path))
                )
            found[query.name] = query
        return cls(found)

    def __iter__(self) -> Iterator[StoredQuery]:
        return iter(self.queries.values())

    def __len__(self) -> int:
        return len(self.queries)

    def get(self, name: str) -> StoredQuery:
        """Return the query of that name.

        Raises:
            UnknownQueryError: there is none.
        """
        if name not in self.queries:
            near = get_close_matches(name, self.queries, n=3)
            raise UnknownQueryError(name, near=near)
        return self.queries[name]
