"""Compression: gzip and deflate, taken apart without ever holding more than is allowed."""

import bz2
import gzip
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from pathlib import Path
from typing import IO

from milgraph.errors import LimitError, SourceError

__all__ = [
    "ENCODINGS",
    "FILE_ERRORS",
    "Decompressor",
    "decompressed",
    "inflated",
    "opened",
]

# What goes wrong with a file, plain or compressed, while it is read.
FILE_ERRORS = (OSError, EOFError, zlib.error)

# The content codings of RFC 9110, section 8.4.1, that the standard library reads.
ENCODINGS = frozenset(("", "identity", "gzip", "x-gzip", "deflate"))
_GZIP = zlib.MAX_WBITS | 16
_RAW = -zlib.MAX_WBITS
_PIECE = 64 * 1024
# A gzip file may hold several, as block compression writes them; each costs the same
# time however little it holds.
_MOST_MEMBERS = 16 * 1024
# How a stream in the zlib format begins (RFC 1950, section 2.2): the method is 8 and
# the first two bytes are a multiple of 31.
_ZLIB_METHOD = 8
_ZLIB_CHECK = 31
_ENOUGH_TO_TELL = 2


class Decompressor:
    """What was compressed, piece by piece; never more than `limit` bytes of it.

    Every piece that it gives is small, so that what a few bytes swell to is seen before
    it is held.
    """

    def __init__(self, encoding: str, *, limit: int) -> None:
        """Begin a text in the encoding, which is one of `ENCODINGS`.

        Raises:
            SourceError: the encoding is not read.
        """
        self._encoding = encoding.strip().lower()
        if self._encoding not in ENCODINGS:
            raise SourceError(
                f"the encoding {encoding!r} is not read",
                hint="Send gzip, deflate, or the text as it is.",
            )
        self._limit = limit
        self._size = 0
        self._members = 0
        self._inner: zlib._Decompress | None = None
        self._held = b""
        self._is_plain = self._encoding in ("", "identity")

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what the next bytes hold.

        Raises:
            LimitError: it is more than is allowed.
            SourceError: it is not in the encoding.
        """
        if self._is_plain:
            yield self._counted(chunk)
            return
        for start in range(0, len(chunk), _PIECE):
            yield from self._inflate(chunk[start : start + _PIECE])

    def end(self) -> None:
        """Say that there are no more bytes.

        Raises:
            SourceError: the text breaks off.
        """
        if self._held or (self._inner is not None and not self._inner.eof):
            raise SourceError(f"the {self._encoding} text breaks off")

    def _inflate(self, piece: bytes) -> Iterator[bytes]:
        if self._encoding == "deflate" and self._inner is None:
            # It takes two bytes to tell which of its two forms this is.
            piece = self._held + piece
            self._held = piece if len(piece) < _ENOUGH_TO_TELL else b""
            if self._held:
                return
        found = b""
        # A full piece may leave more inside, though no input is left.
        while piece or len(found) == _PIECE:
            inner = self._inner
            if inner is None or (inner.eof and piece):
                inner = self._inner = self._begin(piece)
            try:
                found = inner.decompress(piece, _PIECE)
            except zlib.error as error:
                raise SourceError(
                    f"the text is not in the encoding {self._encoding}"
                ) from error
            if found:
                yield self._counted(found)
            piece = inner.unused_data if inner.eof else inner.unconsumed_tail

    def _begin(self, piece: bytes) -> "zlib._Decompress":
        self._members += 1
        if self._encoding == "deflate":
            if self._members > 1:
                raise SourceError("something follows the end of the deflate text")
            # RFC 9110 means the zlib format; some send the bare stream.
            is_zlib = piece[0] & 15 == _ZLIB_METHOD and (
                int.from_bytes(piece[:2], "big") % _ZLIB_CHECK == 0
            )
            return zlib.decompressobj(zlib.MAX_WBITS if is_zlib else _RAW)
        if self._members > _MOST_MEMBERS:
            raise SourceError(f"the gzip text has more than {_MOST_MEMBERS:,} members")
        return zlib.decompressobj(_GZIP)

    def _counted(self, found: bytes) -> bytes:
        self._size += len(found)
        if self._size > self._limit:
            raise LimitError(
                f"the text is longer than {self._limit:,} bytes",
                limit="size",
                hint="Send it in parts.",
            )
        return found


def decompressed(body: bytes, encoding: str, *, limit: int) -> bytes:
    """Return what was compressed.

    Raises:
        LimitError: it is longer than the limit.
        SourceError: it is not in the encoding, breaks off, or the encoding is not read.

    >>> decompressed(zlib.compress(b"a text"), "deflate", limit=100)
    b'a text'
    """
    inner = Decompressor(encoding, limit=limit)
    text = b"".join(inner.feed(body))
    inner.end()
    return text


def opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    """Open a file to be read; what its name says is compressed is taken apart by and by.

    Whoever reads it bounds what is read at once, and expects `FILE_ERRORS`.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.GzipFile(path)
    if suffix == ".bz2":
        return bz2.open(path)
    return path.open("rb")


async def inflated(
    chunks: AsyncIterable[bytes], encoding: str, *, limit: int
) -> AsyncIterator[bytes]:
    """Yield what was compressed, as it arrives.

    Raises:
        LimitError: it is longer than the limit.
        SourceError: it is not in the encoding, breaks off, or the encoding is not read.
    """
    inner = Decompressor(encoding, limit=limit)
    async for chunk in chunks:
        for piece in inner.feed(chunk):
            yield piece
    inner.end()
