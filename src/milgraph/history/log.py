"""The log: where a commit is written, and on disk, before anybody is told of it."""

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from milgraph.errors import StoreError
from milgraph.history.entries import Entry
from milgraph.history.index import Index, segment_of
from milgraph.history.reading import LogReader
from milgraph.history.records import record_of

__all__ = ["Log", "hold"]

_LOCK = "lock"
# To overwrite zeros is synced in half of the time that it takes to make a file longer.
_ROOM = 256 * 1024


class Log(LogReader):
    """The log, open to be written by this process alone."""

    def __init__(self, folder: Path, index: Index, lock: int) -> None:
        super().__init__(folder, index)
        self._lock = lock
        self._file: int | None = None
        self._is_broken = False

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the log, or make it; drop what was begun and not finished at its end.

        Raises:
            StoreError: another process writes it, it cannot be used, or a record before
                a later whole one is damaged or missing.
        """
        lock = hold(folder)
        try:
            log = cls(folder, Index.of(folder), lock)
            log._trim()
        except BaseException:
            os.close(lock)
            raise
        return log

    def append(self, entry: Entry) -> None:
        """Write the entry; it is on disk when this returns.

        Raises:
            StoreError: it cannot be written; the log is as it was before. Where it is
                not certain what is on disk, the log must be opened again.
        """
        if self._is_broken:
            raise StoreError("the log failed, and must be opened again")
        if entry.sequence != (self._index.expected or entry.sequence):
            raise StoreError(f"commit {entry.sequence} does not follow {self.last}")
        header, body = record_of(entry, previous=self._index.digest)
        try:
            path = self._ready(entry.sequence)
            offset = self._index.end if path in self._index.paths else 0
        except OSError as error:
            raise _unwritten(error) from error
        self._write_record(offset, (header.packed(), body))
        self._index.add(path, offset, header)

    def close(self) -> None:
        """Let go of the files."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        os.close(self._lock)

    def _ready(self, number: int) -> Path:
        """Return the file that the record belongs in, open."""
        paths = self._index.paths
        if paths and not self._index.is_full:
            if self._file is None:
                self._file = os.open(paths[-1], os.O_RDWR | os.O_CLOEXEC)
            return paths[-1]
        if paths:
            self._trim()
        path = segment_of(self.folder, number)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        if self._file is not None:
            os.close(self._file)
        self._file = file
        _sync_folder(self.folder)
        return path

    def _write_record(self, offset: int, parts: Sequence[bytes]) -> None:
        assert self._file is not None  # noqa: S101 - for the type checker
        end = offset + sum(map(len, parts))
        try:
            size = os.fstat(self._file).st_size
            place = offset
            for part in parts:
                place = _write(self._file, part, place)
            if end > size:
                self._make_room(end)
        except OSError as error:
            self._take_back(offset)
            raise _unwritten(error) from error
        try:
            os.fdatasync(self._file)
        except OSError as error:
            # The system may have forgotten what it could not write, and say nothing of
            # it the next time; only what is read again is certain.
            self._is_broken = True
            self._take_back(offset)
            raise _unwritten(error) from error

    def _make_room(self, end: int) -> None:
        """Put zeros behind the record, as far as there is space for them."""
        assert self._file is not None  # noqa: S101 - for the type checker
        with suppress(OSError):
            _write(self._file, bytes(-end % _ROOM), end)

    def _take_back(self, offset: int) -> None:
        """Remove what was written of a record that is not to be there."""
        assert self._file is not None  # noqa: S101 - for the type checker
        try:
            os.ftruncate(self._file, offset)
        except OSError:
            self._is_broken = True

    def _trim(self) -> None:
        """Cut the last file behind its last record."""
        if not self._index.paths:
            return
        path, end = self._index.paths[-1], self._index.end
        try:
            with path.open("r+b") as file:
                if os.fstat(file.fileno()).st_size > end:
                    file.truncate(end)
                    os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"the log {path} cannot be used: {error}") from error


def hold(folder: Path) -> int:
    """Return a descriptor; while it is open, no other process writes the log.

    Raises:
        StoreError: another process writes it, or the folder cannot be used.
    """
    try:
        _make(folder)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"the log {folder} cannot be opened: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise StoreError(
            f"the log {folder} is held by another process",
            hint="Wait until the other command has finished.",
        ) from error
    return lock


def _write(file: int, content: bytes, offset: int) -> int:
    """Write all of the bytes; return where they end."""
    rest = memoryview(content)
    while rest:
        written = os.pwrite(file, rest, offset)
        rest, offset = rest[written:], offset + written
    return offset


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritten(error: OSError) -> StoreError:
    return StoreError(
        f"the commit cannot be written to the log, and was not made: {error.strerror}",
        hint="Make room on the disk, or look at its state.",
    )
