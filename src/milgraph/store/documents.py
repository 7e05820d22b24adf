"""Documents: RDF that is read piece by piece, whatever its size, and what it may not hold."""

import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from milgraph.errors import LimitError, Position, SourceError
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Format, Source, checked

__all__ = ["Document", "Guarded"]

_PIECE = 1 << 16
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_LONGEST_MARK = len(b"<!DOCTYPE") - 1
# UTF-16 of either order begins with one of them; that of UTF-32 begins like UTF-16.
_FOREIGN_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Document:
    """RDF in a file: its name, its format, how to open it, and what it is relative to.

    At most `longest` bytes are read once it is unpacked, where that is said; `size` is
    how many there are before, where it is known.
    """

    name: str
    form: Format
    open: Callable[[], BinaryIO]
    base: str | None = None
    is_packed: bool = False
    longest: int | None = None
    size: int = 0

    @classmethod
    def of(cls, path: Path, *, base: str | None = None) -> "Document":
        """Return the file, which may be packed by gzip, as its name tells.

        Raises:
            SourceError: its name does not end like an RDF file, or it is not there.
        """
        name = path.name.lower()
        is_packed = name.endswith(".gz")
        ending = name.removesuffix(".gz").rpartition(".")[2]
        found = [form for form in FORMATS.values() if ending in form.endings]
        if not found:
            known = ", ".join(f".{form.endings[0]}" for form in FORMATS.values())
            raise SourceError(
                "the name does not end like an RDF file",
                position=Position(str(path)),
                hint=f"Known endings: {known}, and each of them with .gz.",
            )
        if not path.is_file():
            raise SourceError("there is no such file", position=Position(str(path)))
        return cls(
            str(path),
            found[0],
            lambda: path.open("rb"),
            base=base or path.resolve().as_uri(),
            is_packed=is_packed,
        )

    def guarded(self) -> "Guarded | BytesIO":
        """Return the content as the parser may read it.

        What others send is looked through whole before; of a file of whoever runs the
        server, which may have any size, only what can be seen as it passes.

        Raises:
            SourceError: the file cannot be read, or holds what no parser should see.
            LimitError: it is longer than it may be.
        """
        try:
            file = self.open()
        except OSError as error:
            raise SourceError(
                f"cannot be read: {error.strerror}", position=Position(self.name)
            ) from error
        guarded = Guarded(self, file)
        if self.longest is None or self.longest > MAXIMUM_SIZE:
            return guarded
        try:
            content = b"".join(iter(lambda: guarded.read(_PIECE), b""))
        finally:
            guarded.close()
        if content.strip():
            source = Source(self.name, content, self.form)
            content, _ = checked(source, strict=False)
        return BytesIO(content)


class Guarded:
    """The unpacked bytes of a document, checked as they pass.

    What makes the parser allocate without end (the entities of a DOCTYPE), what is too
    long and what is not UTF-8 from the start is refused before the parser sees it.
    """

    def __init__(self, document: Document, file: BinaryIO) -> None:
        self._document = document
        self._file = file
        # The two read alike; only the first unpacks.
        self._bytes: BinaryIO | gzip.GzipFile = (
            gzip.GzipFile(fileobj=file) if document.is_packed else file
        )
        self._held = memoryview(b"")
        self._tail = b""
        self._read = 0
        self._lines = 0
        self._line_start = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most so many; none at the end.

        Raises:
            SourceError: the document may not be read on.
            LimitError: it is longer than it may be.
        """
        if not self._held:
            self._held = memoryview(self._next_piece())
        end = len(self._held) if size < 0 else size
        piece = bytes(self._held[:end])
        self._held = self._held[end:]
        return piece

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _next_piece(self) -> bytes:
        try:
            piece = self._bytes.read(_PIECE)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._refusal("it is not whole gzip") from error
        except OSError as error:
            raise self._refusal(f"cannot be read: {error.strerror}") from error
        if not self._read:
            piece = self._checked_start(piece)
        if self._document.form.name == "rdfxml":
            self._refuse_doctype(piece)
        self._read += len(piece)
        longest = self._document.longest
        if longest is not None and self._read > longest:
            raise LimitError(
                f"the text is longer than {longest:,} bytes",
                limit="size",
                hint="Send it in parts, or give the file to `milgraph serve --plain`.",
            )
        return piece

    def _checked_start(self, piece: bytes) -> bytes:
        if piece.startswith(_FOREIGN_MARKS):
            raise self._refusal("the text is not UTF-8", "Convert it to UTF-8.")
        if piece == _UTF8_MARK:
            return self._next_piece()
        return piece.removeprefix(_UTF8_MARK)

    def _refuse_doctype(self, piece: bytes) -> None:
        """Look at the piece and at the end of the one before it."""
        text = self._tail + piece
        offset = self._read - len(self._tail)
        if found := _DOCTYPE.search(text):
            self._pass(text[: found.start()], offset)
            column = offset + found.start() - self._line_start + 1
            raise SourceError(
                "a DOCTYPE is not accepted",
                position=Position(self._document.name, self._lines + 1, column),
                hint="Remove it and write the namespaces out; "
                "entities can exhaust the memory.",
            )
        end = max(0, len(text) - _LONGEST_MARK)
        self._pass(text[:end], offset)
        self._tail = text[end:]

    def _pass(self, text: bytes, offset: int) -> None:
        self._lines += text.count(b"\n")
        if (newline := text.rfind(b"\n")) >= 0:
            self._line_start = offset + newline + 1

    def _refusal(self, message: str, hint: str | None = None) -> SourceError:
        return SourceError(message, position=Position(self._document.name), hint=hint)
