"""The queue: who waits for the writer, and what becomes of a writer that fails."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from milgraph.errors import BusyError, KnowledgeGraphError, LimitError, StoreError
from milgraph.generations import Generations
from milgraph.settings import Limits
from milgraph.sparql import Policy
from milgraph.terms import NamedNode
from milgraph.writer.child import Child, EndedError
from milgraph.writer.loader import Loader
from milgraph.writer.messages import Message
from milgraph.writer.uploads import Upload, spooled

__all__ = ["Writer"]

_NOTHING_MORE = Policy(updates=True)
# A checkpoint is made of links, whatever the size of the store.
_SECONDS_TO_PUBLISH = 120.0
_SECONDS_TO_CLOSE = 2.0
_ATTEMPTS = 3


@dataclass(slots=True)
class _Job:
    """One change that somebody waits for."""

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


class Writer:
    """A plain store in a process of its own, which makes one change after the other.

    Each is stored whole, and synced, before it is answered; or it is not stored. One
    that takes too long or too much is ended together with its process, and the next
    process goes on with the store as it was before.
    """

    def __init__(
        self, data: Path, limits: Limits, policy: Policy = _NOTHING_MORE
    ) -> None:
        self.sequence = 0
        self.published = 0
        self._data = data
        self._limits = limits
        self._loader = Loader(limits, policy)
        self._child: Child | None = None
        self._jobs: deque[_Job] = deque()
        self._is_busy = False
        self._is_closed = False
        self._is_wanted = asyncio.Event()
        self._publication: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the store, or make it, and publish its state as a new generation.

        Raises:
            StoreError: another process holds the store, or it cannot be used.
        """
        # What was committed after the last publication has no number any more.
        current = Generations(self._data).current
        # A dataset that is new begins with a number that none before it had: what a
        # client was told of another one at this address must not seem to be of this.
        self.sequence = current + 1 if current else int(time.time() * 1000)
        await self._ensure_child()
        try:
            await self._publish()
        except BaseException:
            await self._drop_child(self._child)
            raise
        self._serving = asyncio.create_task(self._serve())

    async def close(self) -> None:
        """End the process, once it has finished what it does or two seconds have passed."""
        self._is_closed = True
        for job in self._jobs:
            job.fail(_stopping())
            job.close()
        self._jobs.clear()
        if self._serving:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS_TO_CLOSE):
                    await self._until_idle()
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        await self._drop_child(self._child)

    @property
    def is_published(self) -> bool:
        """Whether readers can open every change that was answered."""
        return self.published == self.sequence

    async def publish(self) -> int:
        """Let readers see every change that was answered; return the generation's number.

        It does not wait for a change that is being made.

        Raises:
            StoreError: the state cannot be written.
        """
        if self.published == self.sequence:
            return self.published
        wanted = self.sequence
        while self.published < wanted:
            # One that began before the last change may not show it; then another will.
            if self._publication is None:
                self._publication = asyncio.create_task(self._publish())
                self._publication.add_done_callback(self._forget_publication)
            # Others wait for it as well, so that one who gives up must not cancel it.
            await asyncio.shield(self._publication)
        return self.published

    async def update(
        self,
        text: str,
        using_graphs: Sequence[NamedNode] = (),
        using_named: Sequence[NamedNode] | None = None,
        *,
        base: str | None = None,
    ) -> int:
        """Carry out a SPARQL Update; return the number of the commit.

        The graphs are those of `using-graph-uri` and `using-named-graph-uri`.

        Raises:
            QueryError: it is refused, ill-formed or fails; nothing was stored.
            LimitError: it takes too long or too much; nothing was stored.
            BusyError: too many wait already.
        """
        loads = await self._loader.load(text)
        content = await asyncio.to_thread(spooled, text.encode())
        message = {
            "task": "update",
            "loads": [load.members if load else None for load in loads],
            "using": [graph.value for graph in using_graphs],
            "named": [graph.value for graph in using_named or ()],
            "base": base,
        }
        files = (content, *(load.file for load in loads if load))
        await self._done(message, files)
        return self.sequence

    async def put(self, graph: NamedNode | None, *uploads: Upload) -> bool:
        """Make the uploads the content of the graph; return whether it is a new one.

        `None` is the default graph, which is new while it is empty.

        Raises:
            SourceError: one of them is ill-formed; nothing was stored.
            LimitError, BusyError: as of an update.
        """
        return bool(await self._uploaded("put", graph, uploads))

    async def post(self, graph: NamedNode | None, *uploads: Upload) -> bool:
        """Add the uploads to the graph; return whether it is a new one.

        Raises:
            SourceError: one of them is ill-formed; nothing was stored.
            LimitError, BusyError: as of an update.
        """
        return bool(await self._uploaded("post", graph, uploads))

    async def delete(self, graph: NamedNode | None) -> bool:
        """Remove the graph; return whether there was one."""
        message = {"task": "delete", "graph": graph.value if graph else None}
        return bool(await self._done(message))

    async def load(self, *uploads: Upload) -> None:
        """Add files of any size, quads to their graphs, however long that takes.

        Raises:
            SourceError: one is ill-formed; those before it were stored.
        """
        message = {"task": "load", "uploads": [upload.members for upload in uploads]}
        files = tuple(upload.file for upload in uploads)
        await self._done(message, files, is_limited=False)

    async def _uploaded(
        self, task: str, graph: NamedNode | None, uploads: Sequence[Upload]
    ) -> object:
        message = {
            "task": task,
            "graph": graph.value if graph else None,
            "uploads": [upload.members for upload in uploads],
        }
        return await self._done(message, tuple(upload.file for upload in uploads))

    async def _done(
        self,
        message: Message,
        files: tuple[BinaryIO, ...] = (),
        *,
        is_limited: bool = True,
    ) -> object:
        job = _Job(message, files, self._limits.seconds if is_limited else None)
        if self._serving is None or self._is_closed:
            job.close()
            raise _stopping()
        if self._is_busy and len(self._jobs) >= self._limits.queue:
            job.close()
            raise BusyError(
                f"{len(self._jobs)} changes are waiting already; nothing was stored"
            )
        self._jobs.append(job)
        self._is_wanted.set()
        return await job.outcome

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

    def _forget_publication(self, publication: asyncio.Task[None]) -> None:
        self._publication = None
        # Nobody may be waiting any more.
        if not publication.cancelled():
            publication.exception()

    async def _answer(self, job: _Job) -> None:
        try:
            if job.outcome.done():
                return
            value = await self._changed(job)
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

    async def _changed(self, job: _Job) -> object:
        child = await self._ensure_child()
        number = self.sequence
        try:
            answer = await child.ask(job.message, job.files, seconds=job.seconds)
        except EndedError as error:
            await self._drop_child(child)
            await self._ensure_child()
            if self.sequence > number:
                # It was stored just before the process ended.
                return None
            raise _without_effect(error.cause) from error
        except StoreError:
            await self._drop_child(child)
            raise
        self.sequence = answer["sequence"]
        return answer["value"]

    async def _publish(self) -> None:
        for _ in range(_ATTEMPTS):
            child = await self._ensure_child()
            try:
                self.published = await child.publish(seconds=_SECONDS_TO_PUBLISH)
            except EndedError:
                # A change may have been ended, and the process with it.
                await self._drop_child(child)
            else:
                return
        raise StoreError("the state cannot be published", hint="Try again.")

    async def _ensure_child(self) -> Child:
        """Return the process; start one where there is none."""
        async with self._opening:
            if self._is_closed:
                raise _stopping()
            if self._child is not None and self._child.process.poll() is not None:
                # It ended while nobody asked it for anything.
                await self._child.end()
                self._child = None
            if self._child is None:
                self._child = await Child.start(
                    self._data, self._limits, sequence=self.sequence
                )
                # It knows whether the change that ended the one before was stored.
                self.sequence = self._child.sequence
            return self._child

    async def _drop_child(self, child: Child | None) -> None:
        """End the process; whoever needs one next starts another."""
        async with self._opening:
            if child is not None:
                await child.end()
            if self._child is child:
                self._child = None

    async def _until_idle(self) -> None:
        while self._is_busy or self._publication is not None:
            await asyncio.sleep(0.01)


def _stopping() -> BusyError:
    return BusyError("the server is being stopped")


def _without_effect(cause: LimitError | StoreError) -> KnowledgeGraphError:
    """Return the error with the news that nothing was stored."""
    message = f"{cause.message}; nothing was stored"
    if isinstance(cause, LimitError):
        return LimitError(message, limit=cause.limit, hint=cause.hint or "")
    return StoreError(message, hint=cause.hint)
