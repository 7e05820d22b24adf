"""The checker: facts held against the shapes in a process that can be ended."""

from typing import TYPE_CHECKING

from milgraph.errors import KnowledgeGraphError
from milgraph.settings import Settings
from milgraph.writer.child import Configuration, EndedError
from milgraph.writer.queue import Job, Queue
from milgraph.writer.uploads import Upload
from milgraph.writer.values import unpacked

if TYPE_CHECKING:
    from milgraph.validation import Report

__all__ = ["Checker"]


class Checker:
    """Processes that check facts on the current state; none of them holds the store.

    Whoever brings shapes of their own waits for others who do, and for nobody else:
    what a stranger's shapes may take is bounded, and still much.
    """

    def __init__(self, settings: Settings) -> None:
        self._by_ours = _queue(settings)
        self._by_theirs = _queue(settings)

    async def start(self) -> None:
        """Begin; the processes are started when they are needed."""
        self._by_ours.start()
        self._by_theirs.start()

    async def close(self) -> None:
        """End the processes, once they have finished or two seconds have passed."""
        for queue in (self._by_ours, self._by_theirs):
            await queue.close(idle=lambda queue=queue: queue.is_idle)  # type: ignore[misc]  # of this turn

    async def check(self, facts: Upload, shapes: Upload | None = None) -> "Report":
        """Return what the shapes say of the facts: ours, or those that are given.

        Nothing is stored.

        Raises:
            SourceError: the facts or the shapes cannot be read.
            PlacementError: the facts touch what is not their own.
            ConsistencyError: with them, the graph would have no model.
            LimitError: it takes too long or too much.
            BusyError: too many wait already, or its turn does not come.
        """
        uploads = [facts] if shapes is None else [facts, shapes]
        queue = self._by_ours if shapes is None else self._by_theirs
        message = {"task": "check", "uploads": [one.members for one in uploads]}
        answer = await queue.done(message, tuple(one.file for one in uploads))
        report: Report = unpacked(answer)
        return report


def _queue(settings: Settings) -> Queue:
    async def carry_out(job: Job) -> object:
        try:
            answer = await queue.asked(job)
        except EndedError as error:
            cause: KnowledgeGraphError = error.cause
            raise cause from error
        return answer["value"]

    # What a check may take is limited, and so is what it may wait for others.
    queue = Queue(
        Configuration.check(settings), carry_out, patience=settings.limits.seconds
    )
    return queue
