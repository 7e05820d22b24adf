"""Questions: what a reader is asked, who receives the answer, and how both travel."""

import itertools
import json
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from milgraph.errors import (
    BusyError,
    KnowledgeGraphError,
    LimitError,
    Position,
    QueryError,
    StoreError,
    WithheldError,
)
from milgraph.terms import Literal, NamedNode, Term

__all__ = [
    "CHUNK",
    "FAILED",
    "FLAGS",
    "LARGE",
    "LAST",
    "MOVE",
    "MOVED",
    "PART",
    "QUESTION",
    "SHORT",
    "WHOLE",
    "Job",
    "Question",
    "Receiver",
    "decode_error",
    "decode_question",
    "encode_error",
    "encode_question",
    "simple_form",
    "text_of",
]

# The first byte of a message; from the parent, and from the reader. After `LARGE` comes
# a file that holds the question.
QUESTION, LARGE, MOVE = b"Q", b"F", b"G"
WHOLE, PART, LAST, FAILED, MOVED = b"W", b"P", b"L", b"E", b"M"
# What a reader sends at once, at most; a whole answer up to this needs no streaming.
CHUNK = 64 * 1024
_HEAD = struct.Struct("!cBBBII")
# No flags, no limit of rows, no more than the text. A flag of its own marks a text with
# a `*`, whose columns may have to be put in order.
_NOTHING_MORE = bytes(_HEAD.size - 3)
# The flag of a question whose answer was short the last time, so that it can be made in
# memory at once; it stands in this byte.
SHORT, FLAGS = 4, 2
# An error may quote the query; the whole of it must fit into a message.
_LONGEST_TEXT = 2000
_FORMS = (
    "json",
    "xml",
    "csv",
    "tsv",
    "turtle",
    "trig",
    "ntriples",
    "nquads",
    "jsonld",
    "rdfxml",
    "export",
)
_NUMBERS = {name: number for number, name in enumerate(_FORMS)}


@dataclass(frozen=True, slots=True)
class Question:
    """A query that was inspected, and the form in which it is to be answered.

    `seconds` is less than the limit, where the client asked for less; `rows` cuts a
    table, and then a graph is answered as a table of its triples. With `gzip` the
    answer comes compressed, unless it is short; with `counts` the rows of a table are
    counted. `services` are the origins that the query may call; `base` is what its relative
    IRIs are relative to. With an `export` that order is filled, and the query is its scope.
    """

    text: str
    form: str
    bindings: Mapping[str, Term] = field(default_factory=dict)
    default_graphs: tuple[NamedNode, ...] = ()
    named_graphs: tuple[NamedNode, ...] | None = None
    seconds: float | None = None
    rows: int | None = None
    gzip: bool = False
    counts: bool = False
    services: tuple[str, ...] = ()
    base: str | None = None
    export: str = ""


class Receiver(Protocol):
    """Whom an answer is handed to, on the event loop, as it arrives.

    Either `whole` is called once, or `part` and then `last`; `failed` ends both, and
    may come instead or in between. `rows` is -1 where they were not counted.
    """

    def whole(self, body: bytes, rows: int) -> None:
        """Take the whole answer."""

    def part(self, body: bytes) -> None:
        """Take the next part; more follows."""

    def last(self, body: bytes, rows: int) -> None:
        """Take the last part."""

    def failed(self, error: KnowledgeGraphError) -> None:
        """Take notice that there is no answer, or no more of it."""


class Job:
    """A question on its way: who asked, since when, and what can still be done."""

    __slots__ = (
        "client",
        "generation",
        "is_cancelled",
        "message",
        "number",
        "question",
        "reader",
        "receiver",
        "sent",
        "since",
        "started",
    )
    _numbers = itertools.count(1)

    def __init__(
        self,
        question: Question,
        receiver: Receiver,
        *,
        client: str = "",
        message: bytes | bytearray | None = None,
    ) -> None:
        self.client = client
        # How it is sent, where somebody has encoded it already.
        self.message = message
        self.number = next(self._numbers)
        self.question = question
        self.receiver = receiver
        self.since = time.monotonic()
        # When a reader began with it; until then it waits.
        self.started = 0.0
        self.reader: Any = None
        self.generation = 0
        self.sent = 0
        self.is_cancelled = False

    @property
    def pid(self) -> int | None:
        """The process that answers, if one has begun."""
        return self.reader.pid if self.reader is not None else None

    @property
    def state(self) -> str:
        """Whether it waits, is evaluated, or is being sent."""
        if not self.started:
            return "waiting"
        return "sending" if self.sent else "evaluating"


def encode_question(question: Question, row_limit: int | None) -> bytes:
    """Return the message that puts the question to a reader."""
    flags = question.gzip | question.counts << 1 | ("*" in question.text) << 7
    more = b""
    if (
        question.bindings
        or question.default_graphs
        or question.named_graphs is not None
        or question.services
        or question.base
        or question.export
    ):
        named = question.named_graphs
        more = json.dumps(
            {
                "bindings": {n: _parts(term) for n, term in question.bindings.items()},
                "default": [graph.value for graph in question.default_graphs],
                "services": question.services,
                "base": question.base,
                "export": question.export,
                "named": None if named is None else [graph.value for graph in named],
            }
        ).encode()
    rows = min(filter(None, (row_limit, question.rows)), default=0)
    head = _HEAD.pack(QUESTION, _NUMBERS[question.form], flags, 0, rows, len(more))
    return b"".join((head, more, question.text.encode()))


def simple_form(message: memoryview) -> str | None:
    """Return the form of a question that asks for nothing but to be answered in it."""
    if message[2] & ~SHORT or message[3 : _HEAD.size] != _NOTHING_MORE:
        return None
    return _FORMS[message[1]]


def text_of(message: memoryview) -> str:
    """Return the text of a question that asks for nothing else."""
    return str(message[_HEAD.size :], "utf-8")


def decode_question(message: memoryview) -> tuple[Question, int]:
    """Return the question of the message, and the limit of rows or 0."""
    _, form, flags, _, rows, size = _HEAD.unpack_from(message)
    begin = _HEAD.size
    text = str(message[begin + size :], "utf-8")
    if not size and not flags:
        return Question(text, _FORMS[form]), rows
    more: dict[str, Any] = {}
    if size:
        more = json.loads(bytes(message[begin : begin + size]))
    named = more.get("named")
    question = Question(
        text,
        _FORMS[form],
        bindings={n: _term(*t) for n, t in more.get("bindings", {}).items()},
        default_graphs=tuple(map(NamedNode, more.get("default", ()))),
        named_graphs=None if named is None else tuple(map(NamedNode, named)),
        gzip=bool(flags & 1),
        counts=bool(flags & 2),
        services=tuple(more.get("services", ())),
        base=more.get("base"),
        export=more.get("export", ""),
    )
    return question, rows


def _parts(term: Term) -> tuple[str, str | None, str | None]:
    if isinstance(term, NamedNode):
        return term.value, None, None
    if isinstance(term, Literal):
        return term.value, term.datatype.value, term.language
    raise QueryError(f"a variable cannot be bound to {term}")


def _term(value: str, datatype: str | None, language: str | None) -> Term:
    if datatype is None:
        return NamedNode(value)
    if language:
        return Literal(value, language=language)
    return Literal(value, datatype=NamedNode(datatype))


_ERRORS: Mapping[str, Callable[..., KnowledgeGraphError]] = {
    "query": QueryError,
    "store": StoreError,
    "busy": BusyError,
    "withheld": WithheldError,
}
_KINDS = ((LimitError, "limit"), (StoreError, "store"), (WithheldError, "withheld"))


def encode_error(error: KnowledgeGraphError) -> bytes:
    """Return the message that tells of the error."""
    kind = next((name for one, name in _KINDS if isinstance(error, one)), "query")
    place = error.position
    told = {
        "kind": kind,
        "message": error.message[:_LONGEST_TEXT],
        "hint": error.hint and error.hint[:_LONGEST_TEXT],
        "limit": getattr(error, "limit", None),
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
    return FAILED + json.dumps(told).encode()


def decode_error(message: bytes) -> KnowledgeGraphError:
    """Return the error that the message tells of."""
    told = json.loads(message[1:])
    place = Position("query", told["line"], told["column"]) if told["line"] else None
    if told["kind"] == "limit":
        return LimitError(
            told["message"], limit=told["limit"], hint=told["hint"], position=place
        )
    return _ERRORS[told["kind"]](told["message"], hint=told["hint"], position=place)
