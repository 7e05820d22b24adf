"""Complaints: what the engine says of an ill-formed query, as errors of ours."""

import re
from collections.abc import Iterable

from milgraph.errors import Position, QueryError

__all__ = ["query_error"]

_PLACE = re.compile(r"^error at (\d+):(\d+): (.*)$", re.DOTALL)
_KEYWORD = re.compile(r"^[A-Z ]{2,}$")
# The engine knows them, and we refuse the first or do not promise the second.
_NOT_OFFERED = frozenset(("SERVICE", "LATERAL"))
_SENTENCE = re.compile(r"^[A-Z][a-z].* ")


def query_error(text: str, known: Iterable[str], *, noun: str = "query") -> QueryError:
    """Return the engine's complaint with its place and without its list of tokens.

    `known` are the prefixes that need no declaration; `noun` says what was read.
    """
    found = _PLACE.match(text)
    if not found:
        return QueryError(text)
    line, column, rest = int(found[1]), int(found[2]), found[3]
    expected = [
        part.strip() for part in rest.removeprefix("expected one of ").split(",")
    ]
    position = Position(noun, line, column)
    if "Prefix not found" in expected:
        listed = ", ".join(known)
        known_without = f"; known without: {listed}" if listed else ""
        return QueryError(
            "a prefix is not known",
            position=position,
            hint=f"Declare it with PREFIX{known_without}.",
        )
    reasons = [part for part in expected if _SENTENCE.match(part)]
    if reasons:
        return QueryError(reasons[0], position=position)
    words = [p for p in expected if _KEYWORD.match(p) and p not in _NOT_OFFERED]
    hint = f"Expected here: {', '.join(words)}, or another term." if words else None
    return QueryError(
        f"the {noun} is ill-formed from here on", position=position, hint=hint
    )
