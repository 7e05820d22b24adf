"""Processes: the parent's end of one reader, and of the nursery that makes them."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from milgraph.errors import StoreError
from milgraph.readers.questions import (
    FAILED,
    LARGE,
    MOVE,
    MOVED,
    PART,
    WHOLE,
    Job,
    Receiver,
    decode_error,
    encode_question,
)
from milgraph.readers.worker import MESSAGE

__all__ = ["Nursery", "ReaderProcess", "connected"]

_BUFFER = bytearray(512 * 1024)
_VIEW = memoryview(_BUFFER)
# As much as the system gives; more answers wait in the socket, fewer wake-ups are needed.
_SOCKET_BUFFER = 1024 * 1024
# How many messages of one reader are taken before others have their turn.
_AT_ONCE = 16
_BACKGROUND = 15
_READY, _BORN, _ENDED = b"N", b"R", b"D"
_ENDS_KEPT = 1000


def connected() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection to a reader, the first for an event loop."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER)
    ours.setblocking(False)
    return ours, theirs


class ReaderProcess:
    """One reader: its questions in the order in which it answers them.

    `on_free` is called whenever it has finished a question, `on_end` when it is gone.
    """

    __slots__ = (
        "_connection",
        "_is_paused",
        "_loop",
        "_seen",
        "_seen_at",
        "is_nice",
        "is_ready",
        "is_retired",
        "is_stuck",
        "jobs",
        "on_end",
        "on_free",
        "pid",
        "row_limit",
        "told",
        "took",
    )

    def __init__(
        self,
        connection: socket.socket,
        loop: asyncio.AbstractEventLoop,
        *,
        row_limit: int | None,
        on_free: Callable[["ReaderProcess"], None],
        on_end: Callable[["ReaderProcess"], None],
    ) -> None:
        self._connection = connection
        self._loop = loop
        self._is_paused = False
        self._seen: Job | None = None
        self._seen_at = 0.0
        self.pid: int | None = None
        self.jobs: deque[Job] = deque()
        self.row_limit = row_limit
        self.is_ready = False
        # Its question runs long: what waits behind it is asked elsewhere.
        self.is_stuck = False
        self.is_nice = False
        # It answers the question that it has, and is ended then.
        self.is_retired = False
        # The generation that it was last told to open; which one it opens when it is
        # born is not known.
        self.told = 0
        # Seconds that the last question took.
        self.took = 0.0
        self.on_free = on_free
        self.on_end = on_end
        loop.add_reader(connection.fileno(), self._readable)

    def put(self, job: Job, generation: int) -> bool:
        """Send the question; return whether there was room for it.

        It is answered from that generation, or a newer one.
        """
        message = job.message or encode_question(job.question, self.row_limit)
        try:
            if not self.move(generation):
                return False
            if len(message) <= MESSAGE:
                self._connection.send(message)
            else:
                self._send_large(message)
        except BlockingIOError:
            return False
        except OSError:
            # It has just died; the end of its file is about to be read.
            return False
        job.reader, job.generation = self, generation
        if not self.jobs:
            job.started = self._loop.time()
        self.jobs.append(job)
        return True

    def _send_large(self, message: bytes | bytearray) -> None:
        descriptor = os.memfd_create("question")
        try:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(message)
            self._connection.send(LARGE)
            socket.send_fds(self._connection, [LARGE], [descriptor])
        finally:
            os.close(descriptor)

    def move(self, generation: int) -> bool:
        """Let it open the newest generation, unless it was told of that one already.

        Returns:
            Whether there was room to tell it.
        """
        if self.told == generation:
            return True
        try:
            self._connection.send(MOVE)
        except OSError:
            return False
        self.told = generation
        return True

    def pause(self) -> None:
        """Take no more of its answer until `resume`; it waits when its socket is full."""
        if not self._is_paused:
            self._is_paused = True
            self._loop.remove_reader(self._connection.fileno())

    def resume(self) -> None:
        """Go on taking its answer."""
        if self._is_paused and self._connection.fileno() >= 0:
            self._is_paused = False
            self._loop.add_reader(self._connection.fileno(), self._readable)

    def busy_for(self, job: Job) -> float:
        """Return the processor seconds that its question has taken, as far as seen.

        On a busy machine a short question may wait long for its turn, for which it is
        not to blame. Seen is what passed since the first call for the question.
        """
        try:
            now = time.clock_gettime(_clock_of(self.pid or 0))
        except OSError:
            return self._loop.time() - job.started
        if self._seen is not job:
            self._seen, self._seen_at = job, now
        return now - self._seen_at

    def background(self) -> None:
        """Let others go first; it cannot be undone without privileges."""
        if self.pid and not self.is_nice:
            self.is_nice = True
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, _BACKGROUND)

    def kill(self) -> None:
        """End it at once."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Let go of its socket; a reader that is idle ends then."""
        if self._connection.fileno() >= 0:
            if not self._is_paused:
                self._loop.remove_reader(self._connection.fileno())
            self._connection.close()

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                size = self._connection.recv_into(_BUFFER)
            except BlockingIOError:
                return
            except OSError:
                size = 0
            if not size:
                self.close()
                self.on_end(self)
                return
            self._take(bytes(_VIEW[:1]), size)
            if self._connection.fileno() < 0 or self._is_paused or not self.jobs:
                return

    def _take(self, kind: bytes, size: int) -> None:
        if kind == MOVED:
            self._take_ready()
        elif kind == PART:
            job = self.jobs[0]
            job.sent += size - 1
            if not job.is_cancelled:
                job.receiver.part(bytes(_VIEW[1:size]))
        else:
            job = self.jobs.popleft()
            now = self._loop.time()
            self.took = now - job.started
            if self.jobs:
                self.jobs[0].started = now
            if not job.is_cancelled:
                _hand_over(job.receiver, kind, size)
            self.on_free(self)

    def _take_ready(self) -> None:
        if not self.is_ready:
            self.is_ready = True
            self.on_free(self)


def _hand_over(receiver: Receiver, kind: bytes, size: int) -> None:
    """Give the receiver the end of its answer, which is in the buffer."""
    if kind == FAILED:
        receiver.failed(decode_error(bytes(_VIEW[:size])))
        return
    rows = int.from_bytes(_VIEW[1:9], "big", signed=True)
    end = receiver.whole if kind == WHOLE else receiver.last
    end(bytes(_VIEW[9:size]), rows)


def _clock_of(pid: int) -> int:
    """Return the clock of the processor time of a process (`clock_getcpuclockid`, Linux)."""
    return (~pid << 3) | 2


class Nursery:
    """The prepared process that readers are forked from."""

    def __init__(self, data: Path, *, memory: int, known: bool) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told = json.dumps({"data": str(data), "memory": memory, "known": known})
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                [
                    sys.executable,
                    "-m",
                    "milgraph.readers.nursery",
                    str(theirs.fileno()),
                    told,
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._control.setblocking(False)
        self._unborn: deque[ReaderProcess] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends: dict[int, int] = {}
        self._ready: asyncio.Future[None] | None = None

    async def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until readers can be born.

        Raises:
            StoreError: the process does not come up.
        """
        self._loop = loop
        self._ready = loop.create_future()
        loop.add_reader(self._control.fileno(), self._readable)
        await self._ready

    def bear(self, reader_socket: socket.socket, *, network: bool) -> None:
        """Ask for a reader that answers on the socket."""
        with contextlib.suppress(OSError):
            socket.send_fds(
                self._control, [b"n" if network else b"r"], [reader_socket.fileno()]
            )

    def expect(self, reader: ReaderProcess) -> None:
        """Note whose process the next number is."""
        self._unborn.append(reader)

    def how_ended(self, pid: int | None) -> int | None:
        """Return the exit code of the process, where it is known already."""
        return self._ends.pop(pid or 0, None)

    def close(self) -> None:
        """End the process, and with it every reader."""
        if self._loop is not None and self._control.fileno() >= 0:
            self._loop.remove_reader(self._control.fileno())
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _readable(self) -> None:
        while True:
            try:
                message = self._control.recv(64)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self._lost()
                return
            self._take(message[:1], message[1:])

    def _take(self, kind: bytes, told: bytes) -> None:
        if kind == _READY and self._ready and not self._ready.done():
            self._ready.set_result(None)
        elif kind == _BORN:
            self._unborn.popleft().pid = int(told)
        elif kind == _ENDED:
            pid, code = map(int, told.split())
            self._ends[pid] = code
            # Nobody asks about readers that were killed.
            while len(self._ends) > _ENDS_KEPT:
                self._ends.pop(next(iter(self._ends)))

    def _lost(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._control.fileno())
        if self._ready and not self._ready.done():
            error = StoreError("the process that answers queries did not start")
            self._ready.set_exception(error)
