"""The writer: one process that holds a store, and makes one change after the other."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from milgraph.errors import KnowledgeGraphError, LimitError, StoreError
from milgraph.generations import Generations
from milgraph.history import Author
from milgraph.settings import Settings
from milgraph.sparql import Policy, origin_of
from milgraph.terms import NamedNode
from milgraph.writer.child import Configuration, EndedError
from milgraph.writer.loader import Loader
from milgraph.writer.messages import Message
from milgraph.writer.queue import Job, Queue
from milgraph.writer.receipts import Receipt
from milgraph.writer.uploads import Upload, spooled

__all__ = ["GateWriter", "PlainWriter", "Seen", "Writer"]

# A checkpoint is made of links, whatever the size of the store.
_SECONDS_TO_PUBLISH = 120.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of an article that a change of it goes by, as tags; `*` is any state.

    It must be one of `match`, where that is said, and none of `none_match`.
    """

    match: tuple[str, ...] | None = None
    none_match: tuple[str, ...] | None = None

    @property
    def members(self) -> Message:
        """What the process is told of it."""
        return {"if_match": self.match, "if_none_match": self.none_match}


class Writer:
    """A store in a process of its own, which makes one change after the other.

    Each is stored whole, and synced, before it is answered; or it is not stored. One
    that takes too long or too much is ended together with its process, and the next
    process goes on with the store as it was before.
    """

    def __init__(self, configuration: Configuration, settings: Settings) -> None:
        self.sequence = 0
        self.published = 0
        origins = frozenset(filter(None, map(origin_of, settings.load_from)))
        policy = Policy(updates=True, load_from=origins)
        self._data = settings.data
        self._loader = Loader(settings.limits, policy)
        self._publication: asyncio.Task[None] | None = None
        self._queue = Queue(
            configuration,
            self._changed,
            sequence=lambda: self.sequence,
            opened=self._take_sequence,
        )

    async def start(self) -> None:
        """Open the store, or make it, and publish its state as a new generation.

        Raises:
            StoreError: another process holds the store, or it cannot be used.
        """
        await self._queue.child()
        try:
            await self._publish()
        except BaseException:
            await self._queue.drop()
            raise
        self._queue.start()

    async def close(self) -> None:
        """End the process, once it has finished what it does or two seconds have passed."""
        await self._queue.close(
            idle=lambda: self._queue.is_idle and self._publication is None
        )

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
        author: Author | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """Carry out a SPARQL Update; return what became of it.

        The graphs are those of `using-graph-uri` and `using-named-graph-uri`.

        Raises:
            QueryError: it is refused, ill-formed or fails; nothing was stored.
            LimitError: it takes too long or too much; nothing was stored.
            BusyError: too many wait already.
        """
        loads = await self._loader.load(text)
        content = await asyncio.to_thread(spooled, text.encode())
        message = {
            "loads": [load.members if load else None for load in loads],
            "using": [graph.value for graph in using_graphs],
            "named": None if using_named is None else [g.value for g in using_named],
            "base": base,
        }
        files = (content, *(load.file for load in loads if load))
        return await self._told("update", message, files, author, dry_run=dry_run)

    async def put(
        self,
        graph: NamedNode | None,
        *uploads: Upload,
        author: Author | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """Make the uploads the content of the graph; say whether it existed before.

        `None` is the default graph, which exists while something is in it.

        Raises:
            SourceError: one of them is ill-formed; nothing was stored.
            LimitError, BusyError: as of an update.
        """
        message, files = _uploaded(graph, uploads)
        return await self._told("put", message, files, author, dry_run=dry_run)

    async def post(
        self,
        graph: NamedNode | None,
        *uploads: Upload,
        author: Author | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """Add the uploads to the graph; say whether it existed before.

        Raises:
            SourceError: one of them is ill-formed; nothing was stored.
            LimitError, BusyError: as of an update.
        """
        message, files = _uploaded(graph, uploads)
        return await self._told("post", message, files, author, dry_run=dry_run)

    async def delete(
        self,
        graph: NamedNode | None,
        *,
        author: Author | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """Remove the graph; say whether it existed."""
        message: Message = {"graph": graph.value if graph else None}
        return await self._told("delete", message, (), author, dry_run=dry_run)

    async def _told(
        self,
        task: str,
        message: Message,
        files: tuple[BinaryIO, ...],
        author: Author | None,
        *,
        dry_run: bool = False,
        is_limited: bool = True,
    ) -> Receipt:
        """Have the task done, and return what became of it."""
        whole = {
            **message,
            "task": task,
            "author": author and _written(author),
            "dry_run": dry_run,
        }
        answer = await self._queue.done(whole, files, is_limited=is_limited)
        return Receipt.decode(answer)

    def _take_sequence(self, sequence: int) -> None:
        # A process knows whether the change that ended the one before was stored.
        self.sequence = sequence

    def _forget_publication(self, publication: asyncio.Task[None]) -> None:
        self._publication = None
        # Nobody may be waiting any more.
        if not publication.cancelled():
            publication.exception()

    async def _changed(self, job: Job) -> object:
        number = self.sequence
        try:
            answer = await self._queue.asked(job)
        except EndedError as error:
            await self._queue.child()
            if self.sequence > number and (
                found := await self._recalled(job, number + 1)
            ):
                # It was stored just before the process ended.
                return found
            raise _without_effect(error.cause) from error
        self.sequence = answer["sequence"]
        return answer["value"]

    async def _recalled(self, job: Job, number: int) -> object:  # noqa: ARG002 - nobody else writes a plain store
        """Return what became of a job whose process ended, if the commit is of the job."""
        return Receipt(number, existed=True).encode()

    async def _publish(self) -> None:
        for _ in range(_ATTEMPTS):
            child = await self._queue.child()
            try:
                self.published = await child.publish(seconds=_SECONDS_TO_PUBLISH)
            except EndedError:
                # A change may have been ended, and the process with it.
                await self._queue.drop(child)
            else:
                return
        raise StoreError("the state cannot be published", hint="Try again.")


class PlainWriter(Writer):
    """The writer of a plain dataset, in which stands what its users write."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Configuration.plain(settings), settings)

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
        await super().start()

    async def load(self, *uploads: Upload) -> None:
        """Add files of any size, quads to their graphs, however long that takes.

        Raises:
            SourceError: one is ill-formed; those before it were stored.
        """
        message: Message = {"uploads": [upload.members for upload in uploads]}
        files = tuple(upload.file for upload in uploads)
        await self._told("load", message, files, None, is_limited=False)


class GateWriter(Writer):
    """The writer of the graph: what it stores follows the rules of its gate."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Configuration.gate(settings), settings)

    async def submit(
        self,
        *uploads: Upload,
        author: Author,
        article: NamedNode | None = None,
        dry_run: bool = False,
        seen: Seen | None = None,
    ) -> Receipt:
        """Commit the articles, each in the place of its earlier version; all or none.

        With `article` there is one, and it is that; without, the texts say whose they
        are. `seen` is the state of it that whoever asks goes by.

        Raises:
            PlacementError, ConsistencyError, ConformanceError: it is not let in.
            StaleError: the article is in another state than was seen.
            SourceError, LimitError, BusyError, ForbiddenError: nothing was stored.
        """
        message = {
            "article": article.value if article else None,
            "uploads": [upload.members for upload in uploads],
            **(seen or Seen()).members,
        }
        files = tuple(upload.file for upload in uploads)
        return await self._told("submit", message, files, author, dry_run=dry_run)

    async def retract(
        self,
        article: NamedNode,
        *,
        author: Author,
        dry_run: bool = False,
        seen: Seen | None = None,
    ) -> Receipt:
        """Take the article away, with all that follows from it alone.

        Raises:
            UnknownArticleError: there is none.
            KnowledgeGraphError: as of a submission.
        """
        message = {"article": article.value, **(seen or Seen()).members}
        return await self._told("retract", message, (), author, dry_run=dry_run)

    async def undo(
        self, number: int, *, author: Author, dry_run: bool = False
    ) -> Receipt:
        """Commit the inverse of the commit.

        Raises:
            UnknownCommitError: there is none.
            UndoError: it cannot be undone.
            KnowledgeGraphError: as of a submission.
        """
        message: Message = {"number": number}
        return await self._told("undo", message, (), author, dry_run=dry_run)

    async def _recalled(self, job: Job, number: int) -> object:
        child = await self._queue.child()
        message = {"task": "recall", "number": number, "author": job.message["author"]}
        answer = await child.ask(message, seconds=job.seconds)
        return answer["value"]


def _uploaded(
    graph: NamedNode | None, uploads: Sequence[Upload]
) -> tuple[Message, tuple[BinaryIO, ...]]:
    message = {
        "graph": graph.value if graph else None,
        "uploads": [upload.members for upload in uploads],
    }
    return message, tuple(upload.file for upload in uploads)


def _written(author: Author) -> Message:
    return {
        "name": author.name,
        "role": int(author.role),
        "door": author.door,
        "reason": author.reason,
    }


def _without_effect(cause: LimitError | StoreError) -> KnowledgeGraphError:
    """Return the error with the news that nothing was stored."""
    message = f"{cause.message}; nothing was stored"
    if isinstance(cause, LimitError):
        return LimitError(message, limit=cause.limit, hint=cause.hint or "")
    return StoreError(message, hint=cause.hint)
