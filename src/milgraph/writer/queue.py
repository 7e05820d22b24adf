"""The queue: who waits for a process, and what becomes of a process that fails."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from milgraph.errors import BusyError, StoreError
from milgraph.writer.child import Child, Configuration, EndedError
from milgraph.writer.messages import Message

__all__ = ["Job", "Queue"]

_SECONDS_TO_CLOSE = 2.0


@dataclass(slots=True, eq=False)
class Job:
    """One task that somebody waits for."""

    message: Message
    files: tuple[BinaryIO, ...]
    seconds: float | None
    outcome: asyncio.Future[Any] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def fail(self, error: Exception) -> None:
        """Tell whoever waits, if anybody does."""
        if not self.outcome.done():
            self.outcome.set_exception(error)

    def close(self) -> None:
        """Let go of the files."""
        for file in self.files:
            file.close()


class Queue:
    """A process that does one task after the other, and is replaced when it ends.

    `carry_out` does one task, by what `asked` answers.
    """

    def __init__(
        self,
        configuration: Configuration,
        carry_out: Callable[[Job], Awaitable[object]],
        *,
        sequence: Callable[[], int] = lambda: 0,
        opened: Callable[[int], None] = lambda _: None,
        patience: float | None = None,
    ) -> None:
        """Begin without a process, and with nobody waiting.

        `sequence` is the last commit that a new process should know of; `opened` is
        called with the last one that it finds. Nobody waits for longer than `patience`
        seconds for their turn.
        """
        self.configuration = configuration
        self.is_closed = False
        self._carry_out = carry_out
        self._sequence = sequence
        self._opened = opened
        self._patience = patience
        self._child: Child | None = None
        self._jobs: deque[Job] = deque()
        self._is_busy = False
        self._is_wanted = asyncio.Event()
        self._opening = asyncio.Lock()
        self._serving: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being done."""
        return not self._is_busy

    def start(self) -> None:
        """Begin to do what is asked; the process is started when it is needed."""
        self._serving = asyncio.create_task(self._serve())

    async def close(self, *, idle: Callable[[], bool]) -> None:
        """End the process, once all is idle or two seconds have passed."""
        self.is_closed = True
        for job in self._jobs:
            job.fail(_stopping())
            job.close()
        self._jobs.clear()
        if self._serving:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS_TO_CLOSE):
                    while not idle():
                        await asyncio.sleep(0.01)
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        await self.drop(self._child)

    async def done(
        self,
        message: Message,
        files: tuple[BinaryIO, ...] = (),
        *,
        is_limited: bool = True,
    ) -> Any:
        """Return what becomes of the task, once it was its turn; the files are closed.

        Raises:
            BusyError: too many wait already, its turn does not come, or the server is
                being stopped.
            KnowledgeGraphError: what becomes of it is an error.
        """
        limits = self.configuration.limits
        job = Job(message, files, limits.seconds if is_limited else None)
        if self._serving is None or self.is_closed:
            job.close()
            raise _stopping()
        if self._is_busy and len(self._jobs) >= limits.queue:
            job.close()
            raise BusyError(
                f"{len(self._jobs)} {self.configuration.noun}s are waiting already; "
                "nothing was stored"
            )
        self._jobs.append(job)
        self._is_wanted.set()
        if self._patience is None:
            return await job.outcome
        loop = asyncio.get_running_loop()
        leaving = loop.call_later(self._patience, self._leave, job)
        try:
            return await job.outcome
        finally:
            leaving.cancel()

    def _leave(self, job: Job) -> None:
        """Let the job wait no longer, unless its turn has come."""
        if job not in self._jobs:
            return
        self._jobs.remove(job)
        noun = self.configuration.noun
        job.fail(
            BusyError(
                f"other {noun}s take so long that the turn of this {noun} did not come "
                f"within {self._patience:g} s"
            )
        )
        job.close()

    async def _serve(self) -> None:
        """Do what is asked, one after the other, for ever."""
        while True:
            await self._is_wanted.wait()
            if self._jobs:
                job = self._jobs.popleft()
                self._is_busy = True
                await self._answer(job)
                self._is_busy = False
            else:
                self._is_wanted.clear()

    async def _answer(self, job: Job) -> None:
        try:
            if job.outcome.done():
                return
            value = await self._carry_out(job)
        except asyncio.CancelledError:
            job.fail(_stopping())
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits is told; the next is served
            job.fail(error)
        else:
            if not job.outcome.done():
                job.outcome.set_result(value)
        finally:
            job.close()

    async def child(self) -> Child:
        """Return the process; start one where there is none.

        Raises:
            StoreError: it cannot be started.
            BusyError: the server is being stopped.
        """
        async with self._opening:
            if self.is_closed:
                raise _stopping()
            if self._child is not None and self._child.process.poll() is not None:
                # It ended while nobody asked it for anything.
                await self._child.end()
                self._child = None
            if self._child is None:
                self._child = await Child.start(
                    self.configuration, sequence=self._sequence()
                )
                self._opened(self._child.sequence)
            return self._child

    async def drop(self, child: Child | None = None) -> None:
        """End the process; whoever needs one next starts another."""
        async with self._opening:
            child = child or self._child
            if child is not None:
                await child.end()
            if self._child is child:
                self._child = None

    async def asked(self, job: Job) -> Message:
        """Return what the process answers to the job.

        Raises:
            EndedError: it ended, or was ended, and is no more.
            KnowledgeGraphError: what it complains of.
        """
        child = await self.child()
        try:
            return await child.ask(job.message, job.files, seconds=job.seconds)
        except (EndedError, StoreError):
            await self.drop(child)
            raise


def _stopping() -> BusyError:
    return BusyError("the server is being stopped")
