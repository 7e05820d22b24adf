"""The index: where each record of the log lies, found by its headers alone."""

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from milgraph.errors import StoreError
from milgraph.history.records import NO_DIGEST, Header, followers, read_body, unpacked

__all__ = ["Index", "opened", "segment_of", "segments"]

_ENDING = ".log"
# A file that has grown past it is never written again, so that a backup may link it.
_LONGEST = 16 * 1024 * 1024
_HINT = "Restore a backup: `milgraph restore`. `milgraph doctor` tells more."


def segments(folder: Path) -> list[Path]:
    """Return the files of the log, the oldest first; each is named by its first number."""
    return sorted(p for p in folder.glob(f"*{_ENDING}") if p.stem.isdecimal())


def segment_of(folder: Path, first: int) -> Path:
    """Return the file whose first record has the number."""
    return folder / f"{first:012}{_ENDING}"


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open the file to read it.

    Raises:
        StoreError: it cannot be opened or read.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        yield file
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(file)


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"the log cannot be read: {path}: {error.strerror}", hint=_HINT)


class Index:
    """The places of the whole records of a log, in order, without a gap.

    `end` is where the next record would begin in the last file, and `digest` is that
    of the last record.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: list[Path] = []
        self._firsts: list[int] = []
        self._offsets = array("Q")
        # The latest time up to each record: a clock may have gone back.
        self._times = array("q")
        self.end = 0
        self.digest = NO_DIGEST

    @classmethod
    def of(cls, folder: Path) -> "Index":
        """Return the index of the log in the folder, which may be empty.

        What follows the last whole record is passed over, unless a whole record is in
        it.

        Raises:
            StoreError: a record before a later whole one is damaged or missing.
        """
        index = cls(folder)
        index.extend()
        return index

    @property
    def first(self) -> int:
        """The number of the first record; 1 where there is none."""
        return self._firsts[0] if self._offsets else 1

    @property
    def last(self) -> int:
        """The number of the last record; 0 where there is none."""
        return self.first + len(self._offsets) - 1 if self._offsets else 0

    @property
    def expected(self) -> int | None:
        """The number of the next record; none where any may be the first."""
        return self.last + 1 if self._offsets else None

    def place(self, number: int) -> tuple[Path, int]:
        """Return the file and the offset of the record; it must be there."""
        path = self.paths[bisect_right(self._firsts, number) - 1]
        return path, self._offsets[number - self.first]

    @property
    def is_full(self) -> bool:
        """Whether the next record begins a new file."""
        return self.end >= _LONGEST

    def finished(self) -> list[Path]:
        """Return the files that are never written again."""
        return self.paths[:] if self.is_full else self.paths[:-1]

    def number_at(self, time: int) -> int:
        """Return the last record written at the time or before; 0 where there is none."""
        found = bisect_right(self._times, time)
        return self.first + found - 1 if found else 0

    def add(self, path: Path, offset: int, header: Header) -> None:
        """Add the record that was written at the place."""
        if not self.paths or self.paths[-1] != path:
            self._begin(path, header.sequence)
        elif not self._offsets:
            self._firsts = [header.sequence]
        self._note(offset, header.time)
        self.end, self.digest = offset + header.size, header.digest

    def _note(self, offset: int, time: int) -> None:
        self._offsets.append(offset)
        times = self._times
        times.append(time if not times or time > times[-1] else times[-1])

    def _begin(self, path: Path, first: int) -> None:
        self.paths.append(path)
        self._firsts.append(first)
        self.end = 0

    def extend(self) -> None:
        """Add the records that were written since.

        Raises:
            StoreError: a record before a later whole one is damaged or missing.
        """
        before = len(self._offsets)
        stopped = self._scan()
        if len(self._offsets) > before:
            self._drop_torn()
        # A writer beside us may have gone on between the two looks.
        if self._goes_on() and self._scan() == stopped and self._goes_on():
            raise self._damaged()

    def _scan(self) -> tuple[int, int]:
        """Add what can be read from here on; return where the reading stopped."""
        found = segments(self.folder)
        if self.paths and self.paths[-1] in found:
            if not self._scan_file(self.paths[-1]):
                return len(self.paths), self.end
            found = found[found.index(self.paths[-1]) + 1 :]
        for path in found:
            if self._offsets and int(path.stem) != self.expected:
                break
            self._begin(path, int(path.stem))
            if not self._scan_file(path):
                break
        return len(self.paths), self.end

    def _scan_file(self, path: Path) -> bool:
        """Add the records of the file from `end` on; return whether it holds no more."""
        with opened(path) as file:
            size = os.fstat(file).st_size
            end, digest, expected = self.end, self.digest, self.expected
            # A log has many thousand records: each turn of this loop is short.
            while fields := unpacked(os.pread(file, Header.SIZE, end)):
                sequence, length, time, previous, found = fields
                beyond = end + Header.SIZE + length
                if beyond > size or previous != digest:
                    break
                if expected is None:
                    self._firsts = [sequence]
                elif sequence != expected:
                    break
                self._note(end, time)
                end, digest, expected = beyond, found, sequence + 1
            self.end, self.digest = end, digest
            return not os.pread(file, 1, end).strip(b"\0")

    def _drop_torn(self) -> None:
        """Take the last record away if its body is not what was meant.

        It alone can be half written: each is on disk before the next is begun.
        """
        path, offset = self.place(self.last)
        with opened(path) as file:
            header = Header.unpack(os.pread(file, Header.SIZE, offset))
            if header and header.covers(read_body(file, offset, header)):
                return
        self._offsets.pop()
        self._times.pop()
        self.end = offset
        self.digest = header.previous if header else NO_DIGEST

    def _goes_on(self) -> bool:
        """Return whether a whole record lies behind the place where the reading stopped."""
        paths = segments(self.folder)
        current = self.paths[-1] if self.paths else self.folder
        for path in paths:
            if path.name < current.name:
                continue
            with opened(path) as file:
                if any(followers(file, self.end if path == current else 0)):
                    return True
        return False

    def _damaged(self) -> StoreError:
        number = self.expected or 1
        where = f"{self.paths[-1]} at byte {self.end:,}" if self.paths else self.folder
        return StoreError(
            f"the log is damaged: record {number} cannot be read, and there are later "
            f"ones ({where})",
            hint=_HINT,
        )
