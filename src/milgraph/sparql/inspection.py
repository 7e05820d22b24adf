"""Inspection: what a text would make the engine do, in time linear in its length."""

import re

from milgraph.errors import LimitError, Position, QueryError, QueryRefusedError
from milgraph.sparql.requests import Called, Policy, Request, origin_of
from milgraph.sparql.services import ENABLING, how_to_enable

__all__ = ["MAXIMUM_DEPTH", "MAXIMUM_LENGTH", "MAXIMUM_TOKENS", "inspect"]

MAXIMUM_LENGTH = 1_000_000
# The quads of an update are its data, and may be many.
_LONGEST_UPDATE = 16_000_000
# The engine is recursive: a query that is too deep or has too many parts in a row ends
# the process. Measured with pyoxigraph 0.5.13: 3000 nested groups, 4000 resources of a
# DESCRIBE and 8000 members of a list do; 1000 and 2000 are survived. What stands in
# the data block of VALUES, INSERT DATA and DELETE DATA may be as long as it likes.
MAXIMUM_DEPTH = 200
MAXIMUM_TOKENS = 2000
# In the data of a query: signs and words that are not simple terms, nor rows of them.
_MOST_STRANGE = 20_000

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
      (?P<blank>(?:\s++|\#[^\r\n]*+)++)
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
# What data are made of, as far as it can be passed over in one step: in a data block
# stand many thousands of terms. A word that might call another machine is none of them.
_TERM = r"""
      \s++ | \#[^\r\n]*+
    | \"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"
    | '''(?:[^'\\]|\\.|'(?!''))*+'''
    | "(?!"")(?:[^"\\\r\n]|\\.)*+"
    | '(?!'')(?:[^'\\\r\n]|\\.)*+'
    | <[^<>"{}|^`\\\x00-\x20]*+>
    | @[A-Za-z]++(?:-++[A-Za-z0-9]++)*+ | \^\^ | [,;]
    | (?!(?i:load))(?:[^\WsS]++|[.-]++|[sS](?!(?i:ervice)))*+
      (?::(?:(?:[\w:]|%..|\\.)(?:[\w:.-]|%..|\\.)*+)?+|(?<=[\w.-])(?![\w:.-]))
"""
# Bounded, so that other threads of the process have their turn in between.
_DATA = re.compile(
    rf"(?:{_TERM}|\((?:{_TERM}){{0,32}}+\)){{0,256}}+", re.VERBOSE | re.DOTALL
)
# After `<` and a scheme with two slashes no expression can follow, so that it is an IRI
# wherever it stands. Anything else between `<` and `>` may be two comparisons.
_CERTAIN_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*+://")
_OPENING = re.compile(r"[({\[]|<<")
_PARTS = re.compile(r"[^\s\w]|\w+")
_SERVICE = re.compile("service", re.IGNORECASE)
# What most queries are: short, with a prologue that can be told by itself. Nothing that
# is refused fits into them but SERVICE, whose letters would stand somewhere.
_SHORT = MAXIMUM_TOKENS
_PROLOGUE = re.compile(
    r"""
      (?:\s++|\#[^\r\n]*+
        |(?i:prefix)\s++(?:[A-Za-z][\w-]*+)?:\s*+<[^<>"{}|^`\\\x00-\x20]*+>
        |(?i:base)\s++<[^<>"{}|^`\\\x00-\x20]*+>
      )*+
      (?P<form>(?i:select|ask|construct|describe))(?![\w:.-])
      (?P<star>(?:\s++|\#[^\r\n]*+)*+
        (?:(?i:distinct|reduced)(?:\s++|\#[^\r\n]*+)*+)?\*)?
    """,
    re.VERBOSE,
)
# What else may hold their sign is passed over, as far as that can be told so simply.
_VARIABLES = re.compile(
    r"""\"(?:[^"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'"""
    r"""|<[^<>"{}|^`\\\x00-\x20]*+>|\#[^\r\n]*+|[?$](\w++)""",
)
# With a blank or a comment before the bracket; whatever word it is the end of.
_VOLATILE = re.compile(r"(?:now|rand|uuid)(?=\s*+[(#])", re.IGNORECASE)
_NOTHING_MORE = Policy()


def inspect(text: str, policy: Policy = _NOTHING_MORE) -> Request:
    """Return what the text asks for, in time linear in its length.

    It need not be well formed: that is for the engine to say.

    Raises:
        QueryRefusedError: it would call another machine or change something that the
            policy does not allow, or is longer or more deeply nested than the engine is
            sure to survive.

    >>> inspect("ASK { ?s a mil:Claim }").form
    'ASK'
    """
    return _of_short_query(text) or _of_any(text, policy)


def _of_short_query(text: str) -> Request | None:
    if len(text) > _SHORT or "service" in text.lower():
        return None
    if sum(map(text.count, ("{", "(", "[", "<<"))) > MAXIMUM_DEPTH:
        return None
    found = _PROLOGUE.match(text)
    if not found:
        return None
    star, variables = None, ()
    if found["star"]:
        star = found.end() - 1
        names = (name for name in _VARIABLES.findall(text) if name)
        variables = tuple(dict.fromkeys(names))
    return Request(
        text,
        found["form"].upper(),
        variables,
        is_volatile=_VOLATILE.search(text) is not None,
        star=star,
    )


def _of_any(text: str, policy: Policy) -> Request:
    longest = _LONGEST_UPDATE if policy.updates else MAXIMUM_LENGTH
    if len(text) > longest:
        raise LimitError(
            f"the request has {len(text):,} characters; at most {longest:,} are read",
            limit="length",
            hint="Ask in parts.",
        )
    inspection = _Inspection(text, policy)
    place = 0
    while place < len(text):
        passed = _DATA.match(text, place) if inspection.is_in_data else None
        if passed and passed.end() > place:
            place = passed.end()
            continue
        if token := _TOKEN.match(text, place):
            place = token.end()
            if token.lastgroup != "blank":
                inspection.take(token)
    return inspection.request


class _Inspection:
    """What the tokens read so far amount to."""

    def __init__(self, text: str, policy: Policy) -> None:
        self._text = text
        self._policy = policy
        self._calls: dict[str, list[Called]] = {"SERVICE": [], "LOAD": []}
        self._calling: str | None = None
        self._variables: dict[str, None] = {}
        self._form: str | None = None
        self._star: int | None = None
        self._star_may_follow = False
        self._depth = 0
        self._hidden_depth = 0
        self._count = 0
        self._strange = 0
        self._awaits_data = False
        self._data_depth: int | None = None
        self._is_ambiguous = False

    @property
    def request(self) -> Request:
        """The request that the text makes."""
        called = bool(self._calls["SERVICE"])
        return Request(
            text=self._text,
            form=self._form,
            variables=tuple(self._variables),
            is_update=self._form in _UPDATE_FORMS,
            is_volatile=called or _VOLATILE.search(self._text) is not None,
            services=tuple(self._calls["SERVICE"]),
            loads=tuple(self._calls["LOAD"]),
            star=self._star,
        )

    @property
    def is_in_data(self) -> bool:
        """Whether terms follow that can be passed over, each being what it looks like."""
        return (
            self._data_depth is not None
            and self._calling is None
            and not self._is_ambiguous
        )

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
        if self._calling:
            self._take_called(token)
        if taking := by_kind.get(token.lastgroup or ""):
            taking(token)
        if self._star_may_follow and token.group() == "*":
            self._star = token.start()
        self._star_may_follow = (
            token.lastgroup == "word" and self._form == "SELECT" and not self._depth
        )
        if self._data_depth is None:
            self._add(1, token)
        elif not self._policy.updates:
            # What no run of terms holds is looked at one by one, which takes its time.
            self._add_strange(token)

    def _take_word(self, token: re.Match[str]) -> None:
        word = token.group().upper()
        self._take_call(word, token)
        self._add(word.count("-"), token)
        self._awaits_data = self._awaits_data or word in ("VALUES", "DATA")
        if self._form is not None:
            return
        if word in _UPDATE_FORMS and not self._policy.updates:
            raise QueryError(
                f"{word} is an update; only queries are answered here",
                position=self._position(token),
                hint="Begin with SELECT, ASK, CONSTRUCT or DESCRIBE.",
            )
        if word in _QUERY_FORMS or word in _UPDATE_FORMS:
            self._form = word

    def _take_call(self, word: str, token: re.Match[str]) -> None:
        """Let a keyword that calls another machine pass where the policy names any."""
        allowed = {"SERVICE": self._policy.services, "LOAD": self._policy.load_from}
        if allowed.get(word):
            self._calling = word
            return
        self._refuse_call(word, token)

    def _take_called(self, token: re.Match[str]) -> None:
        """Take the endpoint after SERVICE or LOAD, which is an IRI of a listed origin."""
        word = token.group()
        if token.lastgroup == "word" and word.upper() == "SILENT":
            return
        keyword, self._calling = self._calling or "", None
        if token.lastgroup != "iri":
            raise QueryRefusedError(
                f"{keyword} is answered only with an IRI written in full after it",
                position=self._position(token),
                hint="A variable or a short name could lead to any machine.",
            )
        iri = word[1:-1]
        listed = self._policy.services if keyword == "SERVICE" else None
        listed = self._policy.load_from if listed is None else listed
        if origin_of(iri) not in listed:
            raise QueryRefusedError(
                f"{keyword} may not reach {iri}",
                position=self._position(token),
                hint=" ".join(
                    filter(
                        None,
                        (
                            f"It may reach {', '.join(sorted(listed))}.",
                            how_to_enable(iri) if keyword == "SERVICE" else None,
                        ),
                    )
                ),
            )
        self._calls[keyword].append(Called(token.start(), token.end(), iri))

    def _take_name(self, token: re.Match[str]) -> None:
        # The engine reads `SERVICE:x` as the keyword before the name `:x`.
        self._refuse_call(token["prefix"], token)
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
            self._refuse_call(self._text, token)
            if self._policy.updates and "LOAD" in self._text.upper():
                self._refuse_call("LOAD", token)
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

    def _refuse_call(self, written: str, token: re.Match[str]) -> None:
        # The engine needs no space between two keywords, nor after a number: what
        # merely contains the word may be the keyword.
        if _SERVICE.search(written):
            raise QueryRefusedError(
                "SERVICE is not answered: no query may call another machine",
                position=self._position(token),
                hint="Ask the other endpoint by itself, and join the answers; or enable it: "
                f"{ENABLING}",
            )
        # An operation of an update begins behind a sign, so nothing is glued before it.
        if self._policy.updates and written.upper().startswith("LOAD"):
            raise QueryRefusedError(
                "LOAD is not answered: no update may call another machine",
                position=self._position(token),
                hint="Fetch the file yourself, and send it to /articles or /store.",
            )

    def _refuse_depth(self, token: re.Match[str]) -> None:
        if self._depth + self._hidden_depth > MAXIMUM_DEPTH:
            raise LimitError(
                f"the query is nested more than {MAXIMUM_DEPTH} deep",
                limit="depth",
                position=self._position(token),
                hint="Ask in parts.",
            )

    def _add(self, number: int, token: re.Match[str]) -> None:
        self._count += number
        if self._count > MAXIMUM_TOKENS:
            raise LimitError(
                f"the query has more than {MAXIMUM_TOKENS:,} words and signs",
                limit="size",
                position=self._position(token),
                hint="List many cases in a VALUES block, which may be long.",
            )

    def _add_strange(self, token: re.Match[str]) -> None:
        self._strange += 1
        if self._strange > _MOST_STRANGE:
            raise LimitError(
                f"the data of the query have more than {_MOST_STRANGE:,} nested terms",
                limit="size",
                position=self._position(token),
                hint="Ask in parts.",
            )

    def _position(self, token: re.Match[str]) -> Position:
        before = self._text[: token.start()]
        line = before.count("\n") + 1
        return Position("query", line, len(before) - before.rfind("\n"))
