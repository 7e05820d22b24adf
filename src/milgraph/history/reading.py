"""Reading the log: by number, by time, onwards and backwards, beside whoever writes it."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Self

from milgraph.errors import StoreError, UnknownCommitError
from milgraph.history.entries import Entry, Summary
from milgraph.history.index import Index, opened
from milgraph.history.records import Header, microseconds, read_body

__all__ = ["LogReader", "link_or_copy"]

# The first line of most entries is within it.
_HEAD = 4096


class LogReader:
    """The log as it was when it was opened, or refreshed; it changes nothing."""

    def __init__(self, folder: Path, index: Index) -> None:
        self.folder = folder
        self._index = index

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the log in the folder; where there is none yet, it is empty.

        Raises:
            StoreError: a record before a later whole one is damaged or missing.
        """
        return cls(folder, Index.of(folder))

    @property
    def first(self) -> int:
        """The number of the commit that the log begins with; 1 while it is empty."""
        return self._index.first

    @property
    def last(self) -> int:
        """The number of the last commit; 0 while the log is empty."""
        return self._index.last

    def refresh(self) -> None:
        """Take notice of what was written since, or put in the place of the folder.

        Raises:
            StoreError: a record before a later whole one is damaged or missing.
        """
        if self._is_the_same():
            self._index.extend()
        else:
            self._index = Index.of(self.folder)

    def _is_the_same(self) -> bool:
        """Return whether the last record known is still where it was."""
        if not self.last:
            return False
        path, offset = self._index.place(self.last)
        try:
            with opened(path) as file:
                header = Header.unpack(os.pread(file, Header.SIZE, offset))
        except StoreError:
            return False
        return header is not None and header.digest == self._index.digest

    def copy(self, folder: Path) -> None:
        """Put the log as it is known into the folder, which must not exist.

        Files that are never written again are linked where that can be done. The last
        one is copied as far as it is known: what is written to it later would stand in
        a link as well.

        Raises:
            StoreError: it cannot be read or written.
        """
        finished = self._index.finished()
        try:
            folder.mkdir(parents=True)
            for path in finished:
                link_or_copy(path, folder / path.name)
            for path in self._index.paths[len(finished) :]:
                _copy_start(path, folder / path.name, self._index.end)
        except OSError as error:
            raise StoreError(f"the log cannot be copied: {error}") from error

    def entry(self, number: int) -> Entry:
        """Return the commit of that number, once its record is found to be whole.

        Raises:
            UnknownCommitError: the log has no such commit.
            StoreError: the record is damaged.
        """
        return Entry.decode(self._body(number))

    def verify(self) -> None:
        """Read every record, and promise that each is what was written.

        Raises:
            StoreError: one is damaged.
        """
        for number in range(self.first, self.last + 1):
            self._body(number)

    def _body(self, number: int) -> bytes:
        path, offset = self._place(number)
        with opened(path) as file:
            header = Header.unpack(os.pread(file, Header.SIZE, offset))
            body = read_body(file, offset, header) if header else b""
        if header is None or header.sequence != number or not header.covers(body):
            raise StoreError(
                f"the log is damaged: record {number} is not what was written "
                f"({path} at byte {offset:,})",
                hint="Restore a backup: `milgraph restore`.",
            )
        return body

    def summary(self, number: int) -> Summary:
        """Return what can be said of the commit without its quads, which are not read.

        Raises:
            UnknownCommitError: the log has no such commit.
            StoreError: the record is damaged.
        """
        path, offset = self._place(number)
        with opened(path) as file:
            line, start = b"", offset + Header.SIZE
            while b"\n" not in line and (more := os.pread(file, _HEAD, start)):
                line, start = line + more, start + len(more)
        return Summary.decode(line.partition(b"\n")[0])

    def _place(self, number: int) -> tuple[Path, int]:
        if not (self.first <= number <= self.last):
            there = f"{self.first} to {self.last}" if self.last else "none yet"
            raise UnknownCommitError(
                f"there is no commit {number}", hint=f"Commits: {there}."
            )
        return self._index.place(number)

    def entries(self, after: int = 0, *, until: int | None = None) -> Iterator[Entry]:
        """Return the commits after that number, up to and with `until`, in order.

        Raises:
            StoreError: a record is damaged.
        """
        end = self.last if until is None else min(until, self.last)
        return map(self.entry, range(max(after + 1, self.first), end + 1))

    def newest(self, limit: int, *, before: int | None = None) -> Iterator[Entry]:
        """Return so many commits before that number, or the last ones, newest first.

        Raises:
            StoreError: a record is damaged.
        """
        return map(self.entry, self._backwards(limit, before))

    def summaries(self, limit: int, *, before: int | None = None) -> Iterator[Summary]:
        """Return the same without the quads, which are not read.

        Raises:
            StoreError: a record is damaged.
        """
        return map(self.summary, self._backwards(limit, before))

    def _backwards(self, limit: int, before: int | None) -> range:
        end = self.last if before is None else min(before - 1, self.last)
        return range(end, max(self.first - 1, end - limit), -1)

    def number_at(self, time: datetime) -> int:
        """Return the number of the last commit made by then; 0 where there was none."""
        return self._index.number_at(microseconds(time))

    def entry_at(self, time: datetime) -> Entry | None:
        """Return the last commit made by then, if there was one.

        Raises:
            StoreError: its record is damaged.
        """
        number = self.number_at(time)
        return self.entry(number) if number else None


def link_or_copy(path: Path, target: Path) -> None:
    """Make the target the same file, or a copy of it on another file system."""
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copy2(path, target)


def _copy_start(path: Path, target: Path, size: int) -> None:
    """Copy so many bytes of the file."""
    with path.open("rb") as source, target.open("xb") as copy:
        done = 0
        while done < size:
            done += os.copy_file_range(
                source.fileno(), copy.fileno(), size - done, done, done
            ) or _ended(path)
        os.fsync(copy.fileno())


def _ended(path: Path) -> int:
    raise StoreError(f"the log {path} has become shorter")
