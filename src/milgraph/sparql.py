"""SPARQL: what a request asks for, seen before any engine reads it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from milgraph.errors import Position, QueryError

__all__ = ["MAXIMUM_DEPTH", "MAXIMUM_LENGTH", "MAXIMUM_TOKENS", "Request", "inspect"]

MAXIMUM_LENGTH = 100_000
# The engine is recursive: a query that is too deep or has too many parts in a row ends
# the process. Measured with pyoxigraph 0.5.13: 3000 nested groups, 4000 resources of a
# DESCRIBE and 8000 members of a list do; 1000 and 2000 are survived. What stands in
# the data block of VALUES may be as long as it likes.
MAXIMUM_DEPTH = 200
MAXIMUM_TOKENS = 2000

_QUERY_FORMS = frozenset(("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"))
_UPDATE_FORMS = frozenset(
    (
        "INSERT",
        "DELETE",
        "LOAD",
        "CLEAR",
        "CREATE",
        "DROP",
        "COPY",
        "MOVE",
        "ADD",
        "WITH",
    )
)

# Possessive quantifiers keep this linear in the text: no character is read again.
_TOKEN = re.compile(
    r"""
      (?P<blank>\s++|\#[^\r\n]*+)
    | (?P<string>
          \"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"
        | '''(?:[^'\\]|\\.|'(?!''))*+'''
        | "(?!"")(?:[^"\\\r\n]|\\.)*+"
        | '(?!'')(?:[^'\\\r\n]|\\.)*+')
    | (?P<unclosed>["'])
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*+>)
    | (?P<variable>[?$]\w++)
    | (?P<language>@[A-Za-z]++(?:-++[A-Za-z0-9]++)*+)
    | (?P<datatype>\^\^)
    | (?P<name>(?P<prefix>[\w.-]*+):(?:(?:[\w:]|%..|\\.)(?:[\w:.-]|%..|\\.)*+)?)
    | (?P<word>\w[\w.-]*+)
    | (?P<less><(?=<[^<>"{}|^`\\\x00-\x20]*+>))
    | (?P<open><<|[({\[])
    | (?P<close>>>|[)}\]])
    | (?P<operator>\|\||&&|[-!+*/|^?=<>])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# After `<` and a scheme with two slashes no expression can follow, so that it is an IRI
# wherever it stands. Anything else between `<` and `>` may be two comparisons.
_CERTAIN_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*+://")
_OPENING = re.compile(r"[({\[]|<<")
_PARTS = re.compile(r"[^\s\w]|\w+")
_SERVICE = re.compile("service", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """A query that may be given to an engine.

    `form` is its first keyword, where that could be told; `variables` are in the order
    in which the text names them.
    """

    text: str
    form: str | None = None
    variables: tuple[str, ...] = ()
    star: int | None = field(default=None, repr=False)

    @property
    def selects_all(self) -> bool:
        """Whether the query is a `SELECT *`, whose columns have no order of their own."""
        return self.star is not None

    def projecting(self, visible: Iterable[str]) -> str:
        """Return the text with the `*` written out, in the order of the text.

        >>> inspect("SELECT * { ?s ?p ?o }").projecting(["o", "p", "s"])
        'SELECT ?s ?p ?o { ?s ?p ?o }'
        """
        if self.star is None:
            return self.text
        names = frozenset(visible)
        columns = " ".join(f"?{name}" for name in self.variables if name in names)
        return f"{self.text[: self.star]}{columns or '*'}{self.text[self.star + 1 :]}"


def inspect(text: str) -> Request:
    """Return what the query asks for, in time linear in its length.

    The query need not be well formed: that is for the engine to say.

    Raises:
        QueryError: it would call another machine, change something, or be longer or
            more deeply nested than the engine is sure to survive.

    >>> inspect("ASK { ?s a mil:Claim }").form
    'ASK'
    """
    if len(text) > MAXIMUM_LENGTH:
        raise QueryError(
            f"the query has {len(text):,} characters; at most {MAXIMUM_LENGTH:,} are read"
        )
    inspection = _Inspection(text)
    for token in _TOKEN.finditer(text):
        if token.lastgroup != "blank":
            inspection.take(token)
    return inspection.request


class _Inspection:
    """What the tokens read so far amount to."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._variables: dict[str, None] = {}
        self._form: str | None = None
        self._star: int | None = None
        self._star_may_follow = False
        self._depth = 0
        self._hidden_depth = 0
        self._count = 0
        self._awaits_data = False
        self._data_depth: int | None = None
        self._is_ambiguous = False

    @property
    def request(self) -> Request:
        """The request that the text makes."""
        return Request(self._text, self._form, tuple(self._variables), self._star)

    def take(self, token: re.Match[str]) -> None:
        """Take the token into account; refuse it where it cannot be allowed."""
        by_kind = {
            "word": self._take_word,
            "name": self._take_name,
            "variable": self._take_variable,
            "iri": self._take_iri,
            "open": self._open,
            "close": self._close,
            "unclosed": self._refuse_unclosed,
        }
        if taking := by_kind.get(token.lastgroup or ""):
            taking(token)
        if self._star_may_follow and token.group() == "*":
            self._star = token.start()
        self._star_may_follow = (
            token.lastgroup == "word" and self._form == "SELECT" and not self._depth
        )
        if self._data_depth is None:
            self._add(1, token)

    def _take_word(self, token: re.Match[str]) -> None:
        word = token.group().upper()
        self._refuse_service(word, token)
        self._add(word.count("-"), token)
        self._awaits_data = self._awaits_data or word == "VALUES"
        if self._form is not None:
            return
        if word in _UPDATE_FORMS:
            raise QueryError(
                f"{word} is an update; only queries are answered here",
                position=self._position(token),
                hint="Begin with SELECT, ASK, CONSTRUCT or DESCRIBE.",
            )
        if word in _QUERY_FORMS:
            self._form = word

    def _take_name(self, token: re.Match[str]) -> None:
        # The engine reads `SERVICE:x` as the keyword before the name `:x`.
        self._refuse_service(token["prefix"], token)
        # In `1-1-a:b` the hyphens subtract; in a prefix one may be its own.
        self._add(max(0, token["prefix"].count("-") - 1), token)

    def _take_variable(self, token: re.Match[str]) -> None:
        self._variables.setdefault(token.group()[1:])

    def _take_iri(self, token: re.Match[str]) -> None:
        """Take both readings into account where `<...>` may be two comparisons."""
        written = token.group()
        if _CERTAIN_IRI.match(written):
            return
        self._hide(written, token)
        # With a quote or a comment inside, the two readings disagree about all that
        # follows, so the whole text is held to what either would see.
        if ("'" in written or "#" in written) and not self._is_ambiguous:
            self._is_ambiguous = True
            self._refuse_service(self._text, token)
            self._hide(self._text, token)

    def _hide(self, text: str, token: re.Match[str]) -> None:
        self._hidden_depth += len(_OPENING.findall(text))
        self._refuse_depth(token)
        self._add(len(_PARTS.findall(text)), token)

    def _open(self, token: re.Match[str]) -> None:
        self._depth += 1
        self._refuse_depth(token)
        if self._awaits_data and token.group() == "{":
            self._awaits_data = False
            self._data_depth = self._depth

    def _close(self, _: re.Match[str]) -> None:
        self._depth = max(0, self._depth - 1)
        if self._data_depth is not None and self._depth < self._data_depth:
            self._data_depth = None

    def _refuse_unclosed(self, token: re.Match[str]) -> None:
        raise QueryError(
            "a string is not closed",
            position=self._position(token),
            hint="Put a space on either side of `<` where it compares.",
        )

    def _refuse_service(self, written: str, token: re.Match[str]) -> None:
        # The engine needs no space between two keywords, nor after a number: what
        # merely contains the word may be the keyword.
        if _SERVICE.search(written):
            raise QueryError(
                "SERVICE is not answered: no query may call another machine",
                position=self._position(token),
                hint="Ask the other endpoint by itself, and join the answers.",
            )

    def _refuse_depth(self, token: re.Match[str]) -> None:
        if self._depth + self._hidden_depth > MAXIMUM_DEPTH:
            raise QueryError(
                f"the query is nested more than {MAXIMUM_DEPTH} deep",
                position=self._position(token),
            )

    def _add(self, number: int, token: re.Match[str]) -> None:
        self._count += number
        if self._count > MAXIMUM_TOKENS:
            raise QueryError(
                f"the query has more than {MAXIMUM_TOKENS:,} words and signs",
                position=self._position(token),
                hint="List many cases in a VALUES block, which may be long.",
            )

    def _position(self, token: re.Match[str]) -> Position:
        before = self._text[: token.start()]
        line = before.count("\n") + 1
        return Position("query", line, len(before) - before.rfind("\n"))
