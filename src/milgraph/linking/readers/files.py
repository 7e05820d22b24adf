"""Files: the lines and the text of a local copy, plain or compressed, never held whole."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from milgraph.compression import FILE_ERRORS, opened
from milgraph.errors import Position, SourceError

__all__ = ["FILE_ERRORS", "lines", "pieces"]

# An entity of a dump is one line; the longest known are of a few megabytes.
_LONGEST = 32 * 1024 * 1024
_PIECE = 64 * 1024


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each line of the file with its number, without its end.

    Raises:
        SourceError: the file cannot be read, is cut off, is not UTF-8, or has a NUL, a
            byte order mark or an endless line in it.
    """
    number = 0
    try:
        with opened(path) as file:
            while line := file.readline(_LONGEST + 1):
                number += 1
                place = Position(str(path), number)
                if len(line) > _LONGEST:
                    raise SourceError(
                        f"the line is longer than {_LONGEST:,} bytes", position=place
                    )
                yield number, _decoded(line.rstrip(b"\r\n"), place)
    except FILE_ERRORS as error:
        raise _unreadable(path, number + 1, error) from error


def pieces(path: Path) -> Iterator[str]:
    """Yield the text of the file, piece by piece.

    Raises:
        SourceError: as for `lines`.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, is_first = 1, True
    try:
        with opened(path) as file:
            while True:
                piece = file.read(_PIECE)
                place = Position(str(path), line)
                try:
                    text = decoder.decode(piece, final=not piece)
                except UnicodeDecodeError as error:
                    at = line + piece.count(b"\n", 0, max(0, error.start))
                    raise SourceError(
                        "the file is not UTF-8", position=Position(str(path), at)
                    ) from error
                _require_text(text, place, is_first=is_first)
                yield text
                line, is_first = line + text.count("\n"), False
                if not piece:
                    return
    except FILE_ERRORS as error:
        raise _unreadable(path, line, error) from error


def _decoded(line: bytes, place: Position) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            "the line is not UTF-8", position=place, hint="Save the file as UTF-8."
        ) from error
    _require_text(text, place, is_first=place.line == 1)
    return text


def _require_text(text: str, place: Position, *, is_first: bool) -> None:
    if "\0" in text:
        line = (place.line or 1) + text.partition("\0")[0].count("\n")
        raise SourceError(
            "there is a NUL in the text", position=Position(place.source, line)
        )
    if is_first and text.startswith("\ufeff"):
        raise SourceError(
            "the file begins with a byte order mark",
            position=place,
            hint="Save it as UTF-8 without one.",
        )


def _unreadable(path: Path, line: int, error: Exception) -> SourceError:
    told = error.strerror if isinstance(error, OSError) and error.strerror else error
    return SourceError(
        f"the file cannot be read: {told}", position=Position(str(path), line)
    )
