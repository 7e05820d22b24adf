"""The child: a process that works for the server, which may have to end it."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Self

from milgraph.errors import LimitError, StoreError
from milgraph.settings import Limits, Settings
from milgraph.writer.messages import Message, decoded, encoded, raised

__all__ = ["Child", "Configuration", "EndedError"]

_SECONDS_TO_OPEN = 600
# There is one writer, and what it changes it holds in memory until it is committed: a
# quad takes about a kilobyte.
_MEMORY_FACTOR = 4
# Whoever checks waits for the answer, and has not minutes.
_MOST_CHECKS = 32
_LONGEST_LINE = 1 << 16
# What ends a process that goes over a limit of its memory, or of its stack.
_ABORTED = (signal.SIGABRT, signal.SIGBUS)


class EndedError(Exception):
    """The process ended before it answered; `cause` is what to tell whoever asked."""

    def __init__(self, cause: LimitError | StoreError) -> None:
        super().__init__(cause.message)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a process is for, what it opens, and what one task of it may use.

    `noun` is what a task is called in complaints.
    """

    kind: str
    noun: str
    limits: Limits
    members: dict[str, Any]

    @classmethod
    def plain(cls, settings: Settings) -> Self:
        """Return that of a process that holds a plain dataset."""
        return cls("plain", "update", settings.limits, _folder(settings))

    @classmethod
    def gate(cls, settings: Settings) -> Self:
        """Return that of a process that holds the graph."""
        return cls("gate", "change", settings.limits, _graph(settings))

    @classmethod
    def check(cls, settings: Settings) -> Self:
        """Return that of a process that checks facts, and holds nothing."""
        limits = replace(
            settings.limits, queue=min(_MOST_CHECKS, settings.limits.queue)
        )
        return cls("check", "check", limits, _graph(settings))

    def told(self, sequence: int) -> str:
        """Return what the process is told when it starts."""
        memory = _MEMORY_FACTOR * self.limits.memory
        told = {"kind": self.kind, "memory": memory, "sequence": sequence}
        return json.dumps({**told, **self.members})


def _folder(settings: Settings) -> dict[str, Any]:
    return {"data": str(settings.data.resolve())}


def _graph(settings: Settings) -> dict[str, Any]:
    return {
        **_folder(settings),
        "resources": str(settings.resources.root.resolve()),
        "alignments": settings.alignments,
    }


@dataclass(slots=True)
class Child:
    """A process that was started, and our ends of the sockets to it."""

    process: subprocess.Popen[bytes]
    configuration: Configuration
    changes: socket.socket
    publications: socket.socket
    sequence: int = 0
    _listening: int = 0
    _has_ended: bool = False

    @classmethod
    async def start(cls, configuration: Configuration, *, sequence: int = 0) -> Self:
        """Start the process, and return it once it has opened what it needs.

        `sequence` is the last commit that is known of. It must be called by the main
        thread, with whose end the process ends.

        Raises:
            StoreError: what it needs cannot be opened.
        """
        (ours, theirs), (our_second, their_second) = (
            socket.socketpair() for _ in range(2)
        )
        with theirs, their_second:
            numbers = [theirs.fileno(), their_second.fileno()]
            # -P: what lies in the current folder is not imported.
            command = [sys.executable, "-P", "-m", "milgraph.writer.process"]
            try:
                process = subprocess.Popen(  # noqa: S603 - our own program
                    [*command, *map(str, numbers), configuration.told(sequence)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=numbers,
                )
            except OSError as error:
                ours.close()
                our_second.close()
                raise _not_started(error) from error
        ours.setblocking(False)
        our_second.setblocking(False)
        child = cls(process, configuration, ours, our_second)
        try:
            answer = await child._answer(child.changes, _SECONDS_TO_OPEN)
        except EndedError as error:
            raise _not_started(error) from error
        except BaseException:
            await child.end()
            raise
        if "error" in answer:
            await child.end()
            raise raised(answer)
        child.sequence = answer["sequence"]
        return child

    async def ask(
        self,
        message: Message,
        files: Sequence[BinaryIO] = (),
        *,
        seconds: float | None = None,
    ) -> Message:
        """Return what the process answers to the message.

        Raises:
            EndedError: it took longer than `seconds` and was ended, or ended by itself.
            KnowledgeGraphError: what the process complains of.
        """
        numbers = [file.fileno() for file in files]
        line = encoded(message)
        try:
            # The process waits for it, so that a line that fits the buffer is taken whole.
            sent = socket.send_fds(self.changes, [line], numbers)
            if sent < len(line):
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(self.changes, line[sent:])
        except OSError:
            raise EndedError(await self._cause()) from None
        answer = await self._answer(self.changes, seconds)
        if "error" in answer:
            raise raised(answer)
        return answer

    async def publish(self, *, seconds: float) -> int:
        """Return the number of the generation that is published now.

        Raises:
            EndedError: the process ended, or took longer than `seconds`.
            StoreError: it cannot be published.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self.publications, b"p")
        except OSError:
            raise EndedError(await self._cause()) from None
        answer = await self._answer(self.publications, seconds)
        if "error" in answer:
            raise raised(answer)
        return int(answer["value"])

    async def end(self) -> None:
        """End the process, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        # What held much memory takes its time to give it back.
        await asyncio.to_thread(self.process.wait)
        self._has_ended = True
        self._close()

    def _close(self) -> None:
        """Close the sockets, once nobody waits for one: who does would wait for ever."""
        if self._has_ended and not self._listening:
            self.changes.close()
            self.publications.close()

    async def _answer(self, side: socket.socket, seconds: float | None) -> Message:
        self._listening += 1
        try:
            async with asyncio.timeout(seconds):
                line = await self._line(side)
        except TimeoutError:
            await self.end()
            raise EndedError(self._too_long(seconds)) from None
        except (EOFError, OSError, ValueError):
            raise EndedError(await self._cause()) from None
        finally:
            self._listening -= 1
            self._close()
        return line

    async def _line(self, side: socket.socket) -> Message:
        loop = asyncio.get_running_loop()
        line = bytearray()
        while not line.endswith(b"\n"):
            more = await loop.sock_recv(side, _LONGEST_LINE)
            if not more:
                raise EOFError
            line += more
        return decoded(bytes(line))

    async def _cause(self) -> LimitError | StoreError:
        """Return why the process ended, once it has."""
        try:
            code = await asyncio.to_thread(self.process.wait, 5)
        except subprocess.TimeoutExpired:
            code = 0
        await self.end()
        noun = self.configuration.noun
        if -code in _ABORTED:
            return LimitError(
                f"the {noun} needs more memory than one may have",
                limit="memory",
                hint="Send it in parts.",
            )
        if -code == signal.SIGSEGV:
            return LimitError(
                f"the {noun} is more deeply nested than the engine can follow",
                limit="depth",
                hint="Nest less deeply.",
            )
        return StoreError("the process that writes has ended", hint="Try again.")

    def _too_long(self, seconds: float | None) -> LimitError:
        return LimitError(
            f"the {self.configuration.noun} took longer than {seconds:g} s",
            limit="time",
            hint=_HINTS[self.configuration.kind],
        )


_HINTS = {
    "plain": "Change less at a time, or make its patterns more exact.",
    "gate": "Change less at a time.",
    "check": "Check less at a time, or make the shapes simpler.",
}


def _not_started(error: Exception) -> StoreError:
    return StoreError(f"the process that writes cannot be started: {error}")
