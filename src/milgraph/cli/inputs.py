"""Inputs: files and standard input, read with a limit and with errors that name them."""

import codecs
import sys
from pathlib import Path

from milgraph.cli.options import RdfFormatName
from milgraph.errors import Position, SourceError
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Source

__all__ = ["STANDARD_INPUT", "name_of", "read_bytes", "read_utf8", "source_of"]

STANDARD_INPUT = "-"


def name_of(file: str) -> str:
    """Return how the input is called in messages."""
    return "standard input" if file == STANDARD_INPUT else file


def source_of(file: str, form: RdfFormatName | None) -> Source:
    """Return the file or standard input as a source; `form` goes before the file's ending.

    Raises:
        SourceError: it cannot be read, or its name does not tell the format.
    """
    if form is None and file != STANDARD_INPUT:
        return Source.of(Path(file))
    content = read_bytes(file, limit=MAXIMUM_SIZE)
    return Source(name_of(file), content, FORMATS[form or "trig"])


def read_bytes(file: str, *, limit: int) -> bytes:
    """Return what the file or standard input holds.

    Raises:
        SourceError: it cannot be read, or holds more than the limit.
    """
    place = Position(name_of(file))
    try:
        if file == STANDARD_INPUT:
            content = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(limit + 1)
    except OSError as error:
        raise SourceError(
            f"cannot be read: {error.strerror}", position=place
        ) from error
    if len(content) > limit:
        raise SourceError(
            f"there are more than {limit:,} bytes, which are not read", position=place
        )
    return content


def read_utf8(file: str, *, limit: int) -> str:
    """Return the text of the file or of standard input.

    Raises:
        SourceError: it cannot be read, is too long, empty or not UTF-8.
    """
    content = read_bytes(file, limit=limit).removeprefix(codecs.BOM_UTF8)
    name = name_of(file)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"byte 0x{content[error.start]:02x} is not UTF-8",
            position=Position(name, line),
            hint="Save the file as UTF-8.",
        ) from error
    if not text.strip():
        raise SourceError("the file is empty", position=Position(name))
    return text
