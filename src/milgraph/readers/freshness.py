"""Freshness: a question sees every commit that was acknowledged before it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from milgraph.errors import KnowledgeGraphError
from milgraph.generations import Generations
from milgraph.readers.questions import Job

__all__ = ["Commits", "Freshness"]


class Commits(Protocol):
    """Who makes commits that readers must see: the writer of this process."""

    @property
    def is_published(self) -> bool:
        """Whether readers can open every commit that was acknowledged."""

    @property
    def published(self) -> int:
        """The number of the generation that was published last."""

    def publish(self) -> Awaitable[int]:
        """Make every commit acknowledged so far one that readers can open."""


class Freshness:
    """Which generation is the newest, and the questions that wait for a newer one.

    `moved` is called when another generation is there to be read, and `released` with
    each question that was held until then.
    """

    def __init__(
        self,
        generations: Generations,
        commits: Commits | None,
        *,
        moved: Callable[[], None],
        released: Callable[[Job], None],
    ) -> None:
        self._generations = generations
        self._commits = commits
        self._moved = moved
        self._released = released
        self._stamp: tuple[int, int] | None = None
        self._publishing: asyncio.Task[None] | None = None
        self.held: list[Job] = []
        self.generation = 0

    async def start(self) -> None:
        """Take notice of the newest generation.

        Raises:
            StoreError: what was committed cannot be published.
        """
        if self._commits is not None and not self._commits.is_published:
            await self._commits.publish()
        self._follow()

    def close(self) -> None:
        """Wait for no publication any more."""
        if self._publishing is not None:
            self._publishing.cancel()

    @property
    def settled(self) -> int | None:
        """The newest generation; none while a commit waits to be published.

        Where another process publishes, its pointer is looked at each time, which takes
        a microsecond or two.
        """
        if self._commits is not None:
            if not self._commits.is_published:
                return None
            if self._commits.published != self.generation:
                self._follow()
        elif self._generations.stamp != self._stamp:
            self._follow()
        return self.generation

    def hold(self, job: Job) -> None:
        """Keep the question until every commit of this moment is published."""
        self.held.append(job)
        if self._publishing is None:
            self._publishing = asyncio.get_running_loop().create_task(self._publish())

    def _follow(self) -> None:
        self._stamp = self._generations.stamp
        self.generation = self._generations.current
        self._moved()

    async def _publish(self) -> None:
        try:
            while self.held and self._commits is not None:
                if not self._commits.is_published:
                    await self._commits.publish()
                # A commit acknowledged meanwhile may be one that these know of.
                if self.settled is None:
                    continue
                for job in self._taken():
                    self._released(job)
        except KnowledgeGraphError as error:
            for job in self._taken():
                job.receiver.failed(error)
        finally:
            self._publishing = None

    def _taken(self) -> list[Job]:
        held, self.held = self.held, []
        return held
