"""Output: how an answer leaves a reader: in parts, compressed, counted, and well formed."""

import re
import socket
import zlib

from milgraph.readers.questions import CHUNK, LAST, PART, WHOLE
from milgraph.wellformed import WellFormed

__all__ = ["Output"]

_GZIP_WINDOW = 31
# Level 3 takes a third of the time of 6 for a tenth more bytes.
_GZIP_LEVEL = 3
_SHORT = 1024
_STRING = {
    "json": re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL),
    "csv": re.compile(rb'"[^"]*+"'),
}
_XML_ROW = b"<result>"
_XML = frozenset(("xml", "rdfxml"))
_UNCOUNTED = (-1).to_bytes(8, "big", signed=True)


class Output:
    """A file that sends what is written to it over a socket, in bounded messages.

    Nothing is sent before the first part is full or the answer is at its end, so that
    a failure until then can still be told instead of an answer.
    """

    def __init__(self, connection: socket.socket, form: str) -> None:
        self._connection = connection
        self._pending: bytes | bytearray = b""
        self._guard = WellFormed(form) if form in _XML else None
        self._is_bare = self._guard is None
        self._compressor: zlib._Compress | None = None
        self._is_compressing = False
        self._counter: RowCounter | None = None
        self.has_begun = False

    def compress(self) -> None:
        """Compress what follows (RFC 1952), once it is long enough to gain by it."""
        self._is_bare = False
        self._compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def count(self, form: str) -> None:
        """Count the rows of what follows, where the form has any."""
        self._is_bare = False
        self._counter = RowCounter(form)

    def write(self, data: bytes) -> int:
        """Take the next bytes; send what is more than one message holds.

        Raises:
            QueryError: XML cannot hold what is written.
        """
        size = len(data)
        if self._is_bare and not self._pending and size <= CHUNK:
            # Most answers are one short piece, which needs no copy.
            self._pending = data
            return size
        if self._guard is not None:
            data = self._guard.take(data)
        if self._counter is not None:
            self._counter.take(data)
        self._append(data)
        return size

    def flush(self) -> None:
        """Do nothing: a part is sent when it is full."""

    def finish(self) -> None:
        """Send what is left, as the end of the answer."""
        if self._is_compressing and self._compressor is not None:
            self._pending += self._compressor.flush()
        head = _UNCOUNTED
        if self._counter is not None:
            head = self._counter.rows.to_bytes(8, "big", signed=True)
        kind = LAST if self.has_begun else WHOLE
        self._connection.send(b"".join((kind, head, self._pending)))

    def _append(self, data: bytes) -> None:
        pending = self._pending
        if not isinstance(pending, bytearray):
            pending = bytearray(pending)
        if self._is_compressing and self._compressor is not None:
            data = self._compressor.compress(data)
        pending += data
        self._pending = pending
        if self._compressor is not None and not self._is_compressing:
            if len(pending) <= _SHORT:
                return
            self._is_compressing = True
            pending = self._pending = bytearray(self._compressor.compress(pending))
        while len(pending) > CHUNK:
            self._connection.send(PART + pending[:CHUNK])
            self.has_begun = True
            del pending[:CHUNK]


class RowCounter:
    """Counts the rows of a table that passes by in parts."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._rest = b""
        # The header is no row; the other formats have none.
        self._rows = {"csv": -1, "tsv": -1, "json": 0, "xml": 0}.get(form)

    @property
    def rows(self) -> int:
        """The rows so far; -1 where the form has none."""
        return -1 if self._rows is None else max(0, self._rows)

    def take(self, data: bytes) -> None:
        """Count the rows that begin in the next bytes."""
        if self._rows is None:
            return
        text = self._rest + data
        self._rest = b""
        if self._form == "tsv":
            self._rows += text.count(b"\n")
        elif self._form == "xml":
            kept = len(_XML_ROW) - 1
            self._rows += text.count(_XML_ROW)
            self._rest = text[-kept:]
        else:
            self._take_quoted(text)

    def _take_quoted(self, text: bytes) -> None:
        """Count in what stands outside strings; a string may go on in the next part."""
        bare = _STRING[self._form].sub(b"", text)
        opening = bare.find(b'"')
        if opening >= 0:
            # A string that is not closed goes on in the next part, which must know no
            # more of it than whether its first character is escaped.
            escapes = len(text) - len(text.rstrip(b"\\"))
            self._rest = b'"' + b"\\" * (escapes % 2 if self._form == "json" else 0)
            bare = bare[:opening]
        if self._form == "csv":
            self._rows = (self._rows or 0) + bare.count(b"\n")
            return
        # A row follows a bracket or another row; what else opens follows a colon.
        kept = bare[-1:] if bare[-1:] in (b",", b"[") and not self._rest else b""
        self._rows = (self._rows or 0) + bare.count(b",{") + bare.count(b"[{")
        self._rest = kept + self._rest
