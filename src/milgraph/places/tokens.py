"""Tokens: where Turtle, TriG, N-Triples and N-Quads say each statement.

The parser that reads a source gives no places. So it is given the text once more, one
token at a time: what it tells then ends with the token that it was given last. The
tokens need not be exact, since it is the parser that says what the text means.
"""

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass

from milgraph.errors import Position
from milgraph.places.statements import Statement
from milgraph.syntax import Source, parsed
from milgraph.terms import BlankNode, NamedNode, Quad

__all__ = ["statements_of_tokens"]

# Possessive quantifiers keep this linear: no character is read again. What follows a
# text and belongs to it is one token with it.
_TOKEN = re.compile(
    rb'''
    (?P<blank>(?:\s++|\#[^\r\n]*+)++)
  | (?P<term>
      (?: """[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+"""
        | \'\'\'[^'\\]*+(?:(?:\\.|'(?!\'\'))[^'\\]*+)*+\'\'\'
        | "[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+"
        | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+'
      )(?:@[A-Za-z0-9-]++|\^\^(?:<[^<>\s]*+>|(?:\.(?=[\w:%-])|[\w:%-])++))?+
    | <[^<>\s]*+>
    | (?:\.(?=[\w:%\\-])|\\.|[^\s<>"'{}()\[\];,.#\\])++)
  | (?P<sign>.)
    ''',
    re.VERBOSE | re.DOTALL,
)
# How many terms a directive has after its keyword.
_DIRECTIVES = {b"@prefix": 2, b"prefix": 2, b"@base": 1, b"base": 1, b"@version": 1}
_LINES = frozenset(("ntriples", "nquads"))


def statements_of_tokens(
    source: Source, *, base: NamedNode | None
) -> tuple[Statement, ...]:
    """Return what the source says, and at which line and column."""
    text = source.content.removeprefix(codecs.BOM_UTF8)
    feed = _Feed(text, is_lines=source.format.name in _LINES)
    lines = _Lines(source.name, text)
    try:
        return tuple(
            feed.statement(quad, lines)
            for quad in parsed(feed, source.format, base=base)
        )
    except (SyntaxError, ValueError):
        return ()


class _Lines:
    """The lines of a text, to tell the place of a byte."""

    def __init__(self, name: str, text: bytes) -> None:
        self._name = name
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer(b"\n", text))]

    def place(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset)
        before = self._text[self._starts[line - 1] : offset]
        column = len(before.decode(errors="replace")) + 1
        return Position(self._name, line, column)


@dataclass(slots=True)
class _Level:
    """Where the subject and the verb stand of what is being said: a statement, or `[...]`."""

    subject: int | None = None
    verb: int | None = None
    expects_verb: bool = True
    has_value: bool = False


class _Feed:
    """A text as a file that is read token by token, and what the last of them was."""

    def __init__(self, text: bytes, *, is_lines: bool) -> None:
        self._tokens = _TOKEN.finditer(text)
        self._is_lines = is_lines
        self._rest = b""
        self._levels = [_Level()]
        self._closed: tuple[_Level, int] | None = None
        self._value = 0
        self._graph: int | None = None
        self._ended = ""
        self._directive = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next token, or as much of it as is asked for."""
        if not self._rest:
            token = next(self._tokens, None)
            if token is None:
                return b""
            self._take(token)
            self._rest = token[0]
        piece = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(piece) :]
        return piece

    def statement(self, quad: Quad, lines: _Lines) -> Statement:
        """Return the quad, which the parser told just now, with its place."""
        level, value = self._levels[-1], self._value
        # What ends with a bracket may be the last that stands inside.
        if self._closed and not isinstance(quad.object, BlankNode):
            level, value = self._closed
        subject = level.subject or 0
        verb = subject if level.verb is None else level.verb
        return Statement(
            quad,
            lines.place(subject),
            lines.place(verb),
            lines.place(value),
            None if self._graph is None else lines.place(self._graph),
        )

    def _take(self, token: re.Match[bytes]) -> None:
        self._closed = None
        if token.lastgroup == "blank":
            return
        if self._ended:
            # Not before: what the end completed is told after it.
            self._levels = [_Level()]
            self._graph = None if self._ended == "}" else self._graph
            self._ended = ""
        if token.lastgroup == "term":
            self._take_term(token)
        else:
            self._take_sign(token[0], token.start())

    def _take_term(self, token: re.Match[bytes]) -> None:
        level, offset = self._levels[-1], token.start()
        if self._directive:
            self._directive -= 1
            self._ended = "" if self._directive else "."
        elif level.subject is None:
            word = token[0].lower()
            self._directive = _DIRECTIVES.get(word, 0)
            if not self._directive and word != b"graph":
                level.subject = offset
        elif level.expects_verb:
            level.verb, level.expects_verb, level.has_value = offset, False, False
        elif self._is_lines and level.has_value:
            self._graph = offset
        else:
            self._value, level.has_value = offset, True

    def _take_sign(self, sign: bytes, offset: int) -> None:
        level = self._levels[-1]
        if sign == b"[":
            if level.subject is None:
                level.subject = offset
            self._levels.append(_Level(offset))
        elif sign == b"]" and len(self._levels) > 1:
            self._closed = self._levels.pop(), self._value
            self._value = self._closed[0].subject or 0
        elif sign == b"(" and level.subject is None:
            level.subject = offset
        elif sign == b";":
            level.expects_verb = True
        elif sign == b"{":
            self._graph = level.subject
            self._levels = [_Level()]
        elif sign in (b".", b"}"):
            self._ended = sign.decode()
