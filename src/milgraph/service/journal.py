"""The journal: who asked what, one JSON object a line, and the queries that were slow.

A request leaves a tuple in a list, which costs less than a microsecond; a thread of its
own writes what has come together, so that a slow disk keeps nobody waiting.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from milgraph.errors import SettingsError
from milgraph.settings import Settings

__all__ = ["Entry", "Journal", "one_line"]

_BATCH = 256
_SECONDS = 0.5
# What waits is bounded, in entries and in characters of queries: a disk that stands
# still costs entries, not memory.
_MOST_ENTRIES = 8192
_MOST_CHARACTERS = 16 * 1024 * 1024
_LONGEST_PATH = 2048
_LONGEST_QUERY = 300
_STANDARD_ERROR = 2


class Entry(NamedTuple):
    """One request that was answered; what does not apply is `None`.

    A named tuple, since one is made for every request: a frozen dataclass costs twice.
    """

    client: str
    method: str
    path: str
    status: int
    seconds: float
    size: int
    outcome: str = "ok"
    query: str | None = None
    form: str | None = None
    rows: int | None = None
    generation: int | None = None


def one_line(text: str, length: int = _LONGEST_QUERY) -> str:
    r"""Return the text as one line that no terminal takes for anything else.

    >>> one_line("ASK {\n  ?s ?p '\x1b[2J' }")
    "ASK { ?s ?p '\\x1b[2J' }"
    """
    # Of a query of a megabyte, the part that could be shown is looked at.
    joined = " ".join(text[: 64 * length].split())
    cut = joined if len(joined) <= length else f"{joined[: length - 3]}..."
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut
    )


class Journal:
    """Writes down requests where an access log is configured, and slow queries always.

    It writes only between `start` and `close`, and is opened by its constructor.

    Raises:
        SettingsError: the access log cannot be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self._path = settings.access_log
        self._slow = settings.slow_query
        self._file: int | None = None
        self._waiting: list[tuple[float, Entry]] = []
        # Each of these is written by one thread only, so that none needs a lock.
        self._entered = 0
        self._dropped = 0
        self._written = 0
        self._unwritten = 0
        self._told_of = 0
        self._some = Event()
        self._enough = Event()
        self._is_to_reopen = False
        self._is_closed = False
        self._thread: Thread | None = None
        if self._path:
            try:
                self._file = _opened(self._path)
            except OSError as error:
                raise SettingsError(
                    f"the access log {self._path} cannot be opened: {error.strerror}",
                    hint="MILGRAPH_ACCESS_LOG is a file in a folder that is there, or -.",
                ) from error

    @property
    def is_kept(self) -> bool:
        """Whether every request is written down, not only slow queries."""
        return self._path is not None

    @property
    def dropped(self) -> int:
        """How many entries the access log lacks, since they could not be written."""
        return self._dropped + self._unwritten

    @property
    def has_file(self) -> bool:
        """Whether there is a file to open again when it was moved away."""
        return self._path is not None and self._path != "-"

    def start(self) -> None:
        """Begin to write, and to open the file again at SIGHUP; in the loop that serves.

        Not before a fork, since a thread does not follow into the child.
        """
        if self.has_file:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, self.reopen)
        self._thread = Thread(target=self._write_until_closed, daemon=True)
        self._thread.start()

    def close(self, *, seconds: float = 2.0) -> None:
        """Write what waits, unless that takes longer than the seconds.

        What is entered afterwards is written by closing it once more.
        """
        self._is_closed = True
        self._enough.set()
        self._some.set()
        if not self._thread:
            return
        self._thread.join(seconds)
        if self._waiting and not self._thread.is_alive():
            self._write()

    def reopen(self) -> None:
        """Write into a new file of the same name from now on (after a rotation)."""
        self._is_to_reopen = True
        self._enough.set()
        self._some.set()

    def wants(self, seconds: float) -> bool:
        """Return whether an entry of that duration would be written.

        Whoever asks this first saves making the entry.
        """
        return self._path is not None or seconds >= self._slow

    def enter(self, entry: Entry) -> None:
        """Write the request down soon; never wait for it.

        Where too much waits to be written, the entry is dropped, counted, and told.
        """
        if self._path is None and entry.seconds < self._slow:
            return
        waiting = self._waiting
        length = len(entry.query) if entry.query else 0
        characters = self._entered - self._written + length
        if len(waiting) >= _MOST_ENTRIES or characters > _MOST_CHARACTERS:
            self._dropped += 1
            return
        self._entered += length
        waiting.append((time.time(), entry))
        if len(waiting) == 1:
            self._some.set()
        elif len(waiting) == _BATCH:
            self._enough.set()

    def _write_until_closed(self) -> None:
        while not self._is_closed:
            self._some.wait()
            self._enough.wait(_SECONDS)
            self._write()
        self._write()

    def _write(self) -> None:
        self._enough.clear()
        self._some.clear()
        # The list stays the same one, and only its front is taken: what is entered
        # meanwhile is at its end.
        waiting = self._waiting
        batch = waiting[:]
        del waiting[: len(batch)]
        if waiting:
            self._some.set()
        self._written += sum(len(entry.query) for _, entry in batch if entry.query)
        if self._is_to_reopen and self.has_file:
            self._reopen()
        if self._path is not None:
            self._append([_line(at, entry) for at, entry in batch])
        told = [_slow_line(e) for _, e in batch if e.query and e.seconds >= self._slow]
        _write_all(_STANDARD_ERROR, told)

    def _append(self, lines: list[str]) -> None:
        """Add the lines to the log, and how many are not there."""
        missing = self.dropped
        if missing > self._told_of:
            count = missing - self._told_of
            lines.append(f'{{"time":"{_time(time.time())}","dropped":{count}}}\n')
        if self._file is not None and _write_all(self._file, lines):
            self._told_of = missing
        else:
            self._unwritten += len(lines) - (missing > self._told_of)

    def _reopen(self) -> None:
        self._is_to_reopen = False
        assert self._path  # noqa: S101 - for the type checker
        try:
            new = _opened(self._path)
        except OSError as error:
            # The old file, wherever it was moved to, is better than none.
            told = f"milgraph: the access log cannot be reopened: {error.strerror}\n"
            _write_all(_STANDARD_ERROR, [told])
            return
        if self._file is not None:
            os.close(self._file)
        self._file = new


def _opened(path: str) -> int:
    if path == "-":
        return _STANDARD_ERROR
    # Appending, so that the batches of several workers stand one after the other. The
    # log tells who asked, which is not for every user of the machine.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    return os.open(Path(path), flags, 0o640)


# Everything that is not ASCII is escaped: no entry can look like two, or like another.
_quoted = json.encoder.encode_basestring_ascii


def _line(at: float, entry: Entry) -> str:
    # Put together by hand, which takes a third of the time that an encoder does.
    parts = [
        f'{{"time":"{_time(at)}"',
        f'"client":{_quoted(entry.client)}',
        f'"method":{_quoted(entry.method[:16])}',
        f'"path":{_quoted(entry.path[:_LONGEST_PATH])}',
        f'"status":{entry.status}',
    ]
    if entry.query is not None:
        parts.append(f'"query":"{_digest(entry.query)}"')
    if entry.form is not None:
        parts.append(f'"form":{_quoted(entry.form)}')
    parts.append(f'"ms":{entry.seconds * 1000:.3f}')
    if entry.rows is not None:
        parts.append(f'"rows":{entry.rows}')
    parts.append(f'"bytes":{entry.size}')
    parts.append(f'"outcome":{_quoted(entry.outcome)}')
    if entry.generation is not None:
        parts.append(f'"generation":{entry.generation}')
    return f"{','.join(parts)}}}\n"


def _slow_line(entry: Entry) -> str:
    assert entry.query is not None  # noqa: S101 - for the type checker
    generation = f", generation {entry.generation}" if entry.generation else ""
    return (
        f"milgraph: slow query {_digest(entry.query)}: {entry.seconds:.1f} s, "
        f"{entry.outcome}{generation}: {one_line(entry.query)}\n"
    )


def _digest(query: str) -> str:
    return sha256(query.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _time(at: float) -> str:
    """Return the time by RFC 3339."""
    second = int(at)
    return f"{_second(second)}.{int((at - second) * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _write_all(file: int, lines: Iterable[str]) -> bool:
    """Write the lines, and return whether that was possible."""
    content = "".join(lines).encode("utf-8", "backslashreplace")
    if not content:
        return True
    if file == _STANDARD_ERROR:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
    try:
        while content:
            content = content[os.write(file, content) :]
    except OSError:
        return False
    return True
