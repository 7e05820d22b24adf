"""Elements: the members of an array within a JSON document, one after the other."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from milgraph.errors import Position, SourceError

__all__ = ["elements", "parsed", "text_of"]

# One element, or what is skipped at once, is held whole; a larger one is refused.
_LARGEST = 64 * 1024 * 1024
_IN_NUMBERS = "0123456789.eE+-"
_SPACE = re.compile(r"[ \t\r\n]*")


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_constant)


def parsed(text: str, place: Position) -> Any:
    """Return the JSON value that the text is.

    Raises:
        SourceError: it is none, or is nested too deep.
    """
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"it is not JSON: {_told(error)}", position=place) from error
    if text[end:].strip():
        raise SourceError("there is text behind the JSON value", position=place)
    return value


def text_of(value: Any, name: str, place: Position) -> str:
    """Return the value, a text that can be written down again.

    Raises:
        SourceError: it is no text, or it holds half of a character.
    """
    if not isinstance(value, str):
        raise SourceError(
            f"{name} is {json.dumps(value)[:40]}, where a text belongs",
            position=place,
            hint="Write it between quotation marks, or leave it out.",
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"{name} holds half of a character, {value[error.start]!a}",
            position=place,
            hint="Write the character itself, or both halves of its surrogate pair.",
        ) from error
    return value


def elements(
    pieces: Iterable[str], way: tuple[str, ...], source: str
) -> Iterator[tuple[int, Any]]:
    """Yield each element of the array at the way, with its line.

    Raises:
        SourceError: the document is no JSON, is cut off, or has no such array.
    """
    reading = _Reading(iter(pieces), source)
    found = False
    for line, value in _members(reading, way):
        found = True
        if line:
            yield line, value
    reading.skip()
    if reading.next():
        raise reading.error("there is text behind the document")
    if not found:
        raise SourceError(
            f"the document has no array {'.'.join(way)}", position=Position(source, 1)
        )


def _members(reading: "_Reading", way: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    """Yield the elements at the way within the object that begins here, and 0 for its end."""
    reading.take("{")
    if reading.next() == "}":
        reading.take("}")
        return
    while True:
        name = reading.value()
        if not isinstance(name, str):
            raise reading.error("a member has no name")
        reading.take(":")
        if name != way[0]:
            reading.value()
        elif way[1:]:
            yield from _members(reading, way[1:])
        else:
            yield from _array(reading)
        if reading.take(",", "}") == "}":
            return


def _array(reading: "_Reading") -> Iterator[tuple[int, Any]]:
    yield 0, None
    reading.take("[")
    if reading.next() == "]":
        reading.take("]")
        return
    while True:
        reading.skip()
        line = reading.line
        yield line, reading.value()
        if reading.take(",", "]") == "]":
            return


class _Reading:
    """A JSON text as far as it was read, and the line that was reached."""

    def __init__(self, pieces: Iterator[str], source: str) -> None:
        self._pieces = pieces
        self._source = source
        self._text = ""
        self._at = 0
        self.line = 1

    def error(self, problem: str) -> SourceError:
        return SourceError(problem, position=Position(self._source, self.line))

    def next(self) -> str:
        """Return the next character that is no space, or nothing at the end."""
        self.skip()
        return self._text[self._at : self._at + 1]

    def skip(self) -> None:
        while True:
            match = _SPACE.match(self._text, self._at)
            self._move(match.end() if match else self._at)
            if self._at < len(self._text) or not self._more():
                return

    def take(self, *expected: str) -> str:
        found = self.next()
        if found not in expected or not found:
            wanted = " or ".join(expected)
            if not found:
                raise self.error(f"the document is cut off: {wanted} is missing")
            raise self.error(f"there is {found} where {wanted} should be")
        self._move(self._at + 1)
        return found

    def value(self) -> Any:
        """Return the value that begins here, reading on until it is whole."""
        self.skip()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self.error("the document is nested too deep") from error
            except ValueError as error:
                problem: Exception = error
            else:
                # A number, and only a number, may go on in what is not read yet.
                rest = self._text[end : end + 1]
                is_number = isinstance(value, int | float)
                if not is_number or (rest and rest not in _IN_NUMBERS):
                    self._move(end)
                    return value
                problem = ValueError("it ends in a number")
            if len(self._text) - self._at > _LARGEST:
                raise self.error(
                    f"one value in it is longer than {_LARGEST:,} characters"
                )
            # Twice as much as before, so that a long value is not tried too often.
            if not self._more(max(1, len(self._text) - self._at)):
                raise self.error(
                    f"it is cut off or not JSON: {_told(problem)}"
                ) from problem

    def _more(self, least: int = 1) -> bool:
        self._text, self._at = self._text[self._at :], 0
        parts, size = [self._text], 0
        for piece in self._pieces:
            parts.append(piece)
            size += len(piece)
            if size >= least:
                break
        self._text = "".join(parts)
        return size > 0

    def _move(self, end: int) -> None:
        self.line += self._text.count("\n", self._at, end)
        self._at = end


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return str(error) or "nested too deep"
