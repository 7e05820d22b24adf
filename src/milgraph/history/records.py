"""Records: how the entries of the log lie in its files, and how damage to them shows.

A record is a header of a fixed size and a body, which is an encoded entry. The digest of
a record covers the one before it, so that one which is missing, swapped or from another
log is noticed; it stands in the header, so that a record can be checked alone as well.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from milgraph.history.entries import Entry

__all__ = [
    "NO_DIGEST",
    "Header",
    "followers",
    "microseconds",
    "read_body",
    "record_of",
    "unpacked",
]

# The first byte is in no text of UTF-8, so that no entry as text holds a record.
_MAGIC = b"\xffmillog\x01"
_FIELDS = struct.Struct(">8sQQq32s32s")
_CHECK = struct.Struct(">I")
_WHOLE = struct.Struct(_FIELDS.format + "I")
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_PIECE = 1 << 20
NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before an entry: its number, length and time, and the two digests."""

    sequence: int
    length: int
    time: int
    previous: bytes
    digest: bytes

    SIZE = _FIELDS.size + _CHECK.size

    @classmethod
    def unpack(cls, content: bytes) -> Self | None:
        """Return the header that the bytes are, or none where they are no whole one."""
        fields = unpacked(content)
        return cls(*fields) if fields else None

    @property
    def size(self) -> int:
        """How many bytes the record takes."""
        return self.SIZE + self.length

    def packed(self) -> bytes:
        """Return the header as bytes."""
        fields = _FIELDS.pack(
            _MAGIC, self.sequence, self.length, self.time, self.previous, self.digest
        )
        return fields + _CHECK.pack(zlib.crc32(fields))

    def covers(self, body: bytes) -> bool:
        """Return whether the body is the one that was written with this header."""
        return len(body) == self.length and self.digest == _digest(
            self.previous, self.sequence, self.time, body
        )


def unpacked(content: bytes) -> tuple[int, int, int, bytes, bytes] | None:
    """Return the fields of the header that the bytes are, or none where they are none."""
    if len(content) != _WHOLE.size:
        return None
    magic, *fields, check = _WHOLE.unpack(content)
    if magic != _MAGIC or zlib.crc32(content[: _FIELDS.size]) != check:
        return None
    sequence, length, time, previous, digest = fields
    return sequence, length, time, previous, digest


def record_of(entry: Entry, *, previous: bytes) -> tuple[Header, bytes]:
    """Return the header and the body of the entry, after the record of that digest."""
    body, time = entry.encode(), microseconds(entry.time)
    digest = _digest(previous, entry.sequence, time, body)
    return Header(entry.sequence, len(body), time, previous, digest), body


def microseconds(time: datetime) -> int:
    """Return the time as the number of microseconds since 1970."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def _digest(previous: bytes, sequence: int, time: int, body: bytes) -> bytes:
    total = sha256(previous)
    total.update(struct.pack(">Qq", sequence, time))
    total.update(body)
    return total.digest()


def followers(file: int, start: int) -> Iterator[Header]:
    """Return the headers of the whole records after the place, wherever they begin.

    What is no record is passed over.
    """
    size = os.fstat(file).st_size
    held, offset = b"", start
    while offset < size:
        piece = os.pread(file, _PIECE, offset)
        if not piece:
            return
        text, base = held + piece, offset - len(held)
        found = text.find(_MAGIC)
        while found >= 0:
            if header := _whole(file, base + found, size):
                yield header
            found = text.find(_MAGIC, found + 1)
        held = text[-len(_MAGIC) + 1 :]
        offset += len(piece)


def _whole(file: int, offset: int, size: int) -> Header | None:
    """Return the header of the record at the place, if it is whole."""
    header = Header.unpack(os.pread(file, Header.SIZE, offset))
    if header is None or offset + header.size > size:
        return None
    body = read_body(file, offset, header)
    return header if header.covers(body) else None


def read_body(file: int, offset: int, header: Header) -> bytes:
    """Return the body of the record at the place, as far as the file goes."""
    start, pieces, missing = offset + Header.SIZE, [], header.length
    # One call of the system reads two gibibytes at most.
    while missing and (piece := os.pread(file, missing, start)):
        pieces.append(piece)
        start, missing = start + len(piece), missing - len(piece)
    return b"".join(pieces)
