"""Errors: one tree; each carries what its reader needs to act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = [
    "AddressError",
    "BusyError",
    "ConflictError",
    "ConformanceError",
    "ConsistencyError",
    "ForbiddenError",
    "KnowledgeGraphError",
    "LimitError",
    "LinksetError",
    "MissingLibraryError",
    "ParameterError",
    "PlacementError",
    "Position",
    "QueryError",
    "QueryRefusedError",
    "ReviewError",
    "SettingsError",
    "SourceError",
    "StaleError",
    "StoreError",
    "UnauthorisedError",
    "UndoError",
    "UnknownArticleError",
    "UnknownCommitError",
    "UnknownFactError",
    "UnknownGraphError",
    "UnknownQueryError",
    "UnknownTermError",
    "UnsupportedAxiomError",
    "UnsupportedShapeError",
    "Way",
    "WithheldError",
]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, counted from one; a line without a column is a whole line.

    `path` is the part of a JSON text, as in `$.claims[0].asserts[1]`.
    """

    source: str
    line: int | None = None
    column: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        parts = [self.source, self.line, self.column]
        place = ":".join(str(part) for part in parts if part is not None)
        return f"{place} {self.path}" if self.path else place


class Way(StrEnum):
    """What each door has a way of its own to; the text is that of the command line.

    A name stands for the braces. It goes between processes as the text that it is.
    """

    LIST_QUERIES = "`milgraph query` without a name lists the stored queries."
    LIST_ARTICLES = "`milgraph query articles` lists them."
    READ_GRAPH = "`milgraph export {}` writes it."
    UNDO = "`milgraph undo N` makes a commit that undoes another."
    ASK = "`milgraph query` finds it."


class KnowledgeGraphError(Exception):
    """Anything that goes wrong in milgraph, told in a sentence.

    The hint ends with the way to what helps, where there is one: that of the command
    line, until a door tells of its own.
    """

    def __init__(
        self,
        message: str,
        *,
        position: Position | None = None,
        hint: str | None = None,
        way: Way | None = None,
        to: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.before_way = hint
        self.hint = hint
        self.way = way
        self.to = to
        self.lead({})

    def lead(self, ways: Mapping[Way, str]) -> None:
        """Let the hint tell the way of a door that has these."""
        if self.way is not None:
            # From another process it comes as a plain text, which is equal to it.
            told = ways.get(self.way, str(self.way)).format(self.to)
            self.hint = f"{self.before_way or ''} {told}".strip()

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position else ""
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"


class SourceError(KnowledgeGraphError):
    """A file or text that cannot be read as RDF."""


class LinksetError(SourceError):
    """A linkset that is not a well-formed SSSOM table."""


class ReviewError(KnowledgeGraphError):
    """Decisions that are half made, damaged, or at odds with each other."""


class PlacementError(KnowledgeGraphError):
    """A submission that touches what is not its own."""


class UnknownTermError(PlacementError):
    """A name in one of our namespaces that nothing defines."""

    def __init__(
        self,
        term: str,
        *,
        kind: str = "",
        near: Sequence[str] = (),
        position: Position | None = None,
    ) -> None:
        hint = "Correct the name, or describe it: the file has to say what it is."
        if near:
            hint = f"Did you mean {' or '.join(near)}?"
        elif not term.startswith("<#"):
            hint = "Only the ontology and the reference data can define it."
        problem = f"{term} is not {kind}" if kind else f"nothing defines {term}"
        super().__init__(problem, position=position, hint=hint)
        self.term = term
        self.near = tuple(near)


class UnknownGraphError(PlacementError):
    """A named graph that is neither the article nor one of its claims or readings."""


class UnsupportedAxiomError(KnowledgeGraphError):
    """An axiom of the ontology that the compiled rules do not cover."""


class UnsupportedShapeError(KnowledgeGraphError):
    """A shape that looks further, or at more, than can be followed from a change."""


class ConsistencyError(KnowledgeGraphError):
    """A change after which the graph has no model: something is of two disjoint classes."""

    def __init__(
        self, message: str, *, hint: str | None = None, node: Any = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.node = node


class ConformanceError(KnowledgeGraphError):
    """A change that the shapes refuse; the report says why."""

    def __init__(self, report: Any) -> None:
        super().__init__(f"{report.summary}; nothing was stored")
        self.report = report


class UnknownFactError(KnowledgeGraphError):
    """A triple that the view does not hold."""


class UnknownCommitError(KnowledgeGraphError):
    """A number that no commit of the log has."""


class StoreError(KnowledgeGraphError):
    """A store that cannot be opened, or is in use by another process."""


class AddressError(KnowledgeGraphError):
    """An address that cannot be listened on."""


class SettingsError(KnowledgeGraphError):
    """A setting whose value cannot be used."""


class QueryError(KnowledgeGraphError):
    """A query that is ill-formed or cannot be evaluated."""


class QueryRefusedError(QueryError):
    """A query that the policy of the endpoint does not allow, whatever it says."""


class WithheldError(QueryRefusedError):
    """A graph that the terms of its data set forbid to pass on."""


class LimitError(QueryError):
    """A query that used more than one query may; `limit` names of what."""

    def __init__(
        self, message: str, *, limit: str, hint: str, position: Position | None = None
    ) -> None:
        super().__init__(message, hint=hint, position=position)
        self.limit = limit


class ConflictError(QueryError):
    """An update that is well-formed, and that the state of the dataset does not allow."""


class StaleError(ConflictError):
    """A change that was meant for a state which is not the one that is there."""


class BusyError(KnowledgeGraphError):
    """More is asked at once than is answered; try again after `seconds`."""

    def __init__(self, message: str, *, seconds: int = 1) -> None:
        super().__init__(message, hint=f"Try again in {seconds} s.")
        self.seconds = seconds


class MissingLibraryError(KnowledgeGraphError, ImportError):
    """A library that only some need, and that is not installed."""

    def __init__(self, library: str, *, extra: str) -> None:
        super().__init__(
            f"{library} is not installed", hint=f"pip install 'milgraph[{extra}]'"
        )


class UnauthorisedError(KnowledgeGraphError):
    """A request without the token that it needs."""


class ForbiddenError(KnowledgeGraphError):
    """A request that nobody may make here, or not with this token."""


class ParameterError(QueryError):
    """A parameter that a stored query does not have, or a value it cannot take."""


class UnknownQueryError(QueryError):
    """A name that no stored query has."""

    def __init__(self, name: str, *, near: Sequence[str] = ()) -> None:
        super().__init__(
            f"there is no stored query or file {name!r}",
            hint=f"Did you mean {' or '.join(near)}?" if near else None,
            way=None if near else Way.LIST_QUERIES,
        )


class UnknownArticleError(KnowledgeGraphError):
    """An article that the graph does not hold."""

    def __init__(self, article: str, *, near: Sequence[str] = ()) -> None:
        super().__init__(
            f"there is no {article}",
            hint=f"Did you mean {' or '.join(near)}?" if near else None,
            way=None if near else Way.LIST_ARTICLES,
        )


class UndoError(ConflictError):
    """A commit that cannot be undone any more, or not by this way."""
