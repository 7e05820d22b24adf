"""Workers: several server processes behind one address, and the parent that keeps them.

The parent serves nobody. It forks the workers, which share the listening socket, starts
one again that dies, passes on what it is told, and is the last to end.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from milgraph.errors import KnowledgeGraphError, SettingsError
from milgraph.service.addresses import listen
from milgraph.service.server import LONGEST_END, Service, run
from milgraph.service.shares import Shares
from milgraph.service.siblings import Siblings, sockets

__all__ = ["Service", "require_one_worker", "serve"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_LONGEST_START = 120.0
_SHORTEST_WAIT, _LONGEST_WAIT = 0.1, 10.0
# More deaths than this in a minute are not mended by another start.
_MOST_DEATHS, _MINUTE = 10, 60.0


Make = Callable[[Siblings | None], Service]


def require_one_worker(workers: int) -> None:
    """Promise that there is one worker, for a graph that a single process writes.

    Raises:
        SettingsError: there would be several.
    """
    if workers > 1:
        raise SettingsError(
            "a graph that can be changed is written by one process, so that it has one "
            "worker",
            hint="Leave --workers out; readers are processes of their own in any case.",
        )


def serve(
    make: Make,
    bound: socket.socket,
    *,
    workers: int = 1,
    announce: Callable[[], None],
) -> int:
    """Serve with that many processes until told to stop; return the exit status.

    `make` is called in each process, with its siblings where there are several;
    `announce` once, when all of them answer.

    Raises:
        AddressError: another program took the port meanwhile.
        SettingsError: there would be several workers where that is not possible.
    """
    if workers > 1:
        if not hasattr(signal, "sigtimedwait"):
            raise SettingsError("several workers need a system such as Linux")
        listen(bound)
        return _Workers(make, bound, workers).keep(announce)
    run(make(None), bound, announce=announce)
    return 0


class _Workers:
    """The worker processes, by their numbers."""

    def __init__(self, make: Make, bound: socket.socket, number: int) -> None:
        self._make = make
        self._bound = bound
        self._listening = sockets(number)
        self._shares = Shares(number)
        self._alive: dict[int, int] = {}
        self._to_start: dict[int, float] = dict.fromkeys(range(number), 0.0)
        self._is_told_to_stop = False
        self._deaths: deque[float] = deque(maxlen=_MOST_DEATHS + 1)
        # A worker says here that it answers; and reads here, in vain, while its parent
        # lives.
        self._ready, self._tell_ready = os.pipe()
        self._life, self._parent_end = os.pipe()
        os.set_blocking(self._ready, False)

    def keep(self, announce: Callable[[], None]) -> int:
        """Start the workers, keep them going until told to stop, and end them."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            is_well = self._begun() and self._kept(announce)
        finally:
            self._end()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return 0 if is_well else 1

    def _begun(self) -> bool:
        """Start all workers; return whether all answer, or the stop came before."""
        number = len(self._to_start)
        deadline = time.monotonic() + _LONGEST_START
        self._start_due()
        answering = 0
        while answering < number:
            told = signal.sigtimedwait(_SIGNALS, 0.02)
            if told and told.si_signo in (signal.SIGTERM, signal.SIGINT):
                self._is_told_to_stop = True
                return True
            if self._ended():
                _note("a worker could not be started")
                return False
            if time.monotonic() > deadline:
                _note(f"the workers did not answer within {_LONGEST_START:.0f} s")
                return False
            with contextlib.suppress(BlockingIOError):
                answering += len(os.read(self._ready, number))
        return True

    def _kept(self, announce: Callable[[], None]) -> bool:
        """Keep the workers going until told to stop; return whether that was possible."""
        if not self._is_told_to_stop:
            announce()
        while not self._is_told_to_stop:
            told = signal.sigtimedwait(_SIGNALS, self._seconds_to_next_start())
            number = told.si_signo if told else 0
            if number in (signal.SIGTERM, signal.SIGINT):
                break
            if number == signal.SIGHUP:
                self._tell(signal.SIGHUP)
            for index, status in self._ended():
                # It has no log to open again: the signal is that of a closed terminal.
                if status == -signal.SIGHUP:
                    return True
                if not self._is_mendable(index, status):
                    return False
            self._start_due()
        return True

    def _seconds_to_next_start(self) -> float:
        if not self._to_start:
            return _MINUTE
        return max(0.0, min(self._to_start.values()) - time.monotonic())

    def _start_due(self) -> None:
        now = time.monotonic()
        for index in [i for i, at in self._to_start.items() if at <= now]:
            del self._to_start[index]
            self._start(index)

    def _start(self, index: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            self._work(index)
        self._alive[pid] = index

    def _ended(self) -> list[tuple[int, int]]:
        """Return the workers that ended, with their exit statuses."""
        ended = []
        for pid in tuple(self._alive):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                code = os.waitstatus_to_exitcode(status)
                index = self._alive.pop(pid)
                self._shares.leave(index)
                ended.append((index, code))
        return ended

    def _is_mendable(self, index: int, status: int) -> bool:
        """Plan to start the worker again, later each time; return whether that helps."""
        now = time.monotonic()
        self._deaths.append(now)
        recent = sum(1 for at in self._deaths if now - at < _MINUTE)
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        if recent > _MOST_DEATHS:
            _note(f"worker {index} ended {how}; too many have: the server ends")
            return False
        seconds = min(_LONGEST_WAIT, _SHORTEST_WAIT * 2 ** (recent - 1))
        _note(f"worker {index} ended {how}; it is started again in {seconds:.1f} s")
        self._to_start[index] = now + seconds
        return True

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._alive:
            # A child that ended is there until it is waited for: nobody else is told.
            os.kill(pid, number)

    def _end(self) -> None:
        """End the workers: gracefully, then at once."""
        deadline = time.monotonic() + LONGEST_END
        self._tell(signal.SIGTERM)
        while self._alive and time.monotonic() < deadline:
            signal.sigtimedwait((signal.SIGCHLD,), 0.05)
            self._ended()
        self._tell(signal.SIGKILL)
        for pid in self._alive:
            os.waitpid(pid, 0)
        for file in (self._ready, self._tell_ready, self._life, self._parent_end):
            os.close(file)
        for one in self._listening:
            one.close()

    def _work(self, index: int) -> NoReturn:
        """Be the worker, and end with this process whatever happens."""
        status = 1
        try:
            os.close(self._parent_end)
            os.close(self._ready)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            siblings = Siblings(index, self._listening)
            service = self._among(siblings, self._make(siblings))
            share = self._shares.of(index)
            run(service, self._bound, announce=self._announce, share=share)
            status = 0
        except KnowledgeGraphError as error:
            _note(str(error))
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001 - told here, since nobody is above
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _announce(self) -> None:
        # After a restart nobody reads it, and the parent's end is still open.
        os.write(self._tell_ready, b".")

    def _among(self, siblings: Siblings, service: Service) -> Service:
        """Return the service, answering its siblings and ending with its parent."""

        async def started() -> None:
            loop = asyncio.get_running_loop()
            loop.add_reader(self._life, os.kill, os.getpid(), signal.SIGTERM)
            await siblings.start()
            await service.started()

        async def stopping() -> None:
            asyncio.get_running_loop().remove_reader(self._life)
            await siblings.close()
            await service.stopping()

        return replace(service, started=started, stopping=stopping)


def _note(text: str) -> None:
    sys.stderr.write(f"milgraph: {text}\n")
    sys.stderr.flush()
