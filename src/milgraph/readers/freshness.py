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
    def sequence(self) -> int:
        """The number of the last commit that was acknowledged."""

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
        # Each with the number of the last commit that was acknowledged before it.
        self._held: list[tuple[int, Job]] = []
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

    @property
    def held(self) -> list[Job]:
        """The questions that wait for a generation."""
        return [job for _, job in self._held]

    def hold(self, job: Job) -> None:
        """Keep the question until every commit of this moment is published.

        It does not wait for later ones, which might never cease.
        """
        if self._commits is not None:
            self._held.append((self._commits.sequence, job))
        if self._publishing is None:
            self._publishing = asyncio.get_running_loop().create_task(self._publish())

    def _follow(self) -> None:
        self._stamp = self._generations.stamp
        self.generation = self._generations.current
        self._moved()

    async def _publish(self) -> None:
        commits = self._commits
        try:
            while self._held and commits is not None:
                if not commits.is_published:
                    await commits.publish()
                published = commits.published
                if published != self.generation:
                    self._follow()
                for job in self._taken(published):
                    self._released(job)
        except KnowledgeGraphError as error:
            for _, job in self._held:
                job.receiver.failed(error)
            self._held.clear()
        finally:
            self._publishing = None

    def _taken(self, published: int) -> list[Job]:
        """Return the questions that need no newer generation, which are held no more."""
        taken = [job for needed, job in self._held if needed <= published]
        self._held = [(n, job) for n, job in self._held if n > published]
        return taken
