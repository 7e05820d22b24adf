"""The pool: which reader answers which question, how many there are, and which must end.

The kernel schedules: a question that runs long keeps its reader, at a lower priority,
and another reader is forked, so that short questions go on beside endless ones. Each of
the base readers has several questions in its socket, which saves the wake-ups that cost
more than a short query; what waits behind one that turns out long is asked elsewhere.
"""

import asyncio
import os
import signal
from pathlib import Path

from milgraph.errors import BusyError, KnowledgeGraphError, QueryError
from milgraph.generations import Generations
from milgraph.readers.choosing import IN_SOCKET, Choice
from milgraph.readers.freshness import Commits, Freshness
from milgraph.readers.process import Nursery, ReaderProcess, connected
from milgraph.readers.questions import Job, Question, Receiver
from milgraph.readers.receiving import DIED, TOO_LARGE, Whole, too_long, too_much
from milgraph.readers.waiting import WaitingRoom
from milgraph.settings import Limits

__all__ = ["Readers"]

# Seconds of the processor: what waits behind a question that took so much is asked
# elsewhere; one that took so much goes to the background. Seconds: a question this old
# is one of the long ones, of which there are two fewer than readers.
_STUCK = 0.02
_BACKGROUND = 0.05
_LONG = 0.25
_SWEEP = 0.01
# A reader of a client that left is ended when it has been busy this long; before that
# it is cheaper to let it finish.
_ABANDONED = 0.15
_KEPT_FOR_SHORT = 2
_RETRY = 1.0
_UNASKED = 1.0


class Readers:
    """The processes that answer, each with limits, replaced when one breaks them."""

    def __init__(
        self,
        data: Path,
        limits: Limits,
        *,
        known: bool = True,
        commits: Commits | None = None,
    ) -> None:
        """Prepare to answer from the folder's newest generation.

        With `known`, our prefixes need not be declared in a query.
        """
        self.limits = limits
        self._freshness = Freshness(
            Generations(data), commits, moved=self._move, released=self._dispatch_held
        )
        self._nursery = Nursery(data, memory=limits.memory, known=known)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._readers: list[ReaderProcess] = []
        self._waiting = WaitingRoom()
        self._sweeping: asyncio.TimerHandle | None = None
        self._moving: asyncio.TimerHandle | None = None
        self._base = min(os.cpu_count() or 1, limits.readers - _KEPT_FOR_SHORT)
        self._failures = 0
        self._choice = Choice()
        self.ends: dict[str, int] = {}

    async def start(self) -> None:
        """Fork the first readers, and wait until one answers.

        Raises:
            StoreError: there is no graph to read.
        """
        self._loop = asyncio.get_running_loop()
        await self._nursery.start(self._loop)
        await self._freshness.start()
        for _ in range(self._base + 1):
            self._fork()
        await self.answer(Question("ASK {}", "json"))

    async def close(self) -> None:
        """End every reader; what is still asked is told that nobody answers."""
        if self._sweeping:
            self._sweeping.cancel()
        if self._moving:
            self._moving.cancel()
        self._freshness.close()
        self.refuse()
        for reader in self._readers:
            reader.close()
        self._nursery.close()

    def refuse(self) -> None:
        """Tell everybody who still waits that there will be no answer."""
        for job in self.running():
            self.cancel(job.number, BusyError("the server is being stopped"))

    @property
    def settled(self) -> int | None:
        """The generation that a question would be answered from at once, if it is known.

        There is none while a commit waits to be published.
        """
        return self._freshness.settled

    @property
    def generation(self) -> int:
        """The number of the newest state that readers were told of."""
        return self._freshness.generation

    async def answer(self, question: Question, *, most: int | None = None) -> bytes:
        """Return the whole answer, which has `most` bytes where that is told.

        Raises:
            QueryError: the query is ill-formed or cannot be evaluated.
            LimitError: it uses more than one query may.
            BusyError: more is asked at once than is answered.
        """
        whole = Whole(min(most or self.limits.output, self.limits.output))
        job = self.submit(question, whole)
        try:
            return await whole.answered
        finally:
            self.cancel(job.number)

    def submit(
        self,
        question: Question,
        receiver: Receiver,
        *,
        client: str = "",
        settled: int | None = None,
        message: bytes | bytearray | None = None,
    ) -> Job:
        """Put the question; the receiver is told on the event loop, after this returns.

        Who has just seen what is `settled` gives that, and who has encoded the question
        the `message`, which saves doing it again.

        Raises:
            BusyError: too many questions wait already.
        """
        job = Job(question, receiver, client=client, message=message)
        if settled is None and self.settled is None:
            self._freshness.hold(job)
        else:
            self._dispatch(job)
        return job

    def running(self) -> list[Job]:
        """Return the questions that wait or are being answered, the oldest first."""
        jobs = [job for reader in self._readers for job in reader.jobs]
        jobs += [*self._waiting, *self._freshness.held]
        return sorted((j for j in jobs if not j.is_cancelled), key=lambda j: j.number)

    @property
    def counts(self) -> dict[str, int]:
        """How many readers are idle, busy and held by a long question."""
        long = sum(reader.is_stuck for reader in self._readers)
        idle = sum(not r.is_stuck and not r.jobs for r in self._readers)
        return {"idle": idle, "busy": len(self._readers) - long - idle, "long": long}

    @property
    def waiting(self) -> int:
        """How many questions wait for a reader."""
        return len(self._waiting) + len(self._freshness.held)

    @property
    def pids(self) -> list[int]:
        """The processes of the readers."""
        return [r.pid for r in self._readers if r.pid]

    def cancel(self, number: int, error: KnowledgeGraphError | None = None) -> bool:
        """Give the question up; return whether it was still to be answered.

        With an error the receiver is told of it; a reader that works on it is ended
        soon, so that the work ends too.
        """
        job = next((job for job in self.running() if job.number == number), None)
        if job is None:
            return False
        job.is_cancelled = True
        if error is not None:
            job.receiver.failed(error)
        if job.reader is not None and job.reader.jobs[0] is job:
            job.reader.resume()
        return True

    def pause(self, job: Job) -> None:
        """Take no more of the answer for now: its receiver is slower than its reader."""
        if job.reader is not None and job.reader.jobs and job.reader.jobs[0] is job:
            self._release_behind(job.reader)
            job.reader.pause()

    def resume(self, job: Job) -> None:
        """Go on taking the answer."""
        if job.reader is not None:
            job.reader.resume()

    def _dispatch(self, job: Job) -> None:
        if self._sweeping is None:
            loop = self._running_loop()
            self._sweeping = loop.call_later(_SWEEP, self._sweep)
        if job.question.services:
            self._fork(job)
            return
        reader = self._choice.reader(self._readers)
        if reader is not None and reader.put(job, self.generation):
            return
        if len(self._waiting) >= self.limits.queue:
            raise BusyError("too many queries are waiting")
        self._waiting.append(job)

    def _free(self, reader: ReaderProcess) -> None:
        """Give a reader that has finished something what waits, or let it go."""
        self._failures = 0
        self._choice.learn(reader.took)
        if reader.is_retired or reader.is_nice:
            # A reader for one question is born with it, and not to be asked more.
            if not reader.jobs:
                self._retire(reader)
            return
        reader.is_stuck = False
        self._fill(reader)

    def _fill(self, reader: ReaderProcess) -> None:
        """Give the reader what waits, as far as it has room."""
        while self._waiting and len(reader.jobs) < IN_SOCKET:
            job = self._waiting.popleft()
            if not job.is_cancelled and not reader.put(job, self.generation):
                self._waiting.appendleft(job)
                return

    def _retire(self, reader: ReaderProcess) -> None:
        """End a reader that is slow by now, or has in its socket what others answer."""
        self._readers.remove(reader)
        reader.kill()
        self._replenish()

    def _sweep(self) -> None:
        """Look at how long each question has run, and do what follows from it."""
        self._sweeping = None
        now = self._running_loop().time()
        for reader in tuple(self._readers):
            if reader.jobs:
                self._judge(reader, now)
        self._drop_surplus(now)
        self._replenish()
        if self._waiting or any(reader.jobs for reader in self._readers):
            loop = self._running_loop()
            self._sweeping = loop.call_later(_SWEEP, self._sweep)

    def _judge(self, reader: ReaderProcess, now: float) -> None:
        job = reader.jobs[0]
        age = now - job.started
        seconds = min(job.question.seconds or self.limits.seconds, self.limits.seconds)
        if age > seconds:
            self._end(reader, too_long(seconds))
        elif job.sent > self.limits.output:
            self._end(reader, too_much(self.limits.output))
        elif job.is_cancelled and age > _ABANDONED:
            self._end(reader, None)
        elif age > _LONG or (age > _SWEEP and reader.busy_for(job) > _STUCK):
            self._release_behind(reader)
            if reader.busy_for(job) > _BACKGROUND:
                reader.background()

    def _release_behind(self, reader: ReaderProcess) -> None:
        """Ask elsewhere what waits behind the reader's question; end it after that."""
        if len(reader.jobs) > 1:
            behind = [reader.jobs.pop() for _ in range(len(reader.jobs) - 1)]
            reader.is_retired = True
            for job in behind:
                job.reader = None
                if not job.is_cancelled:
                    self._waiting.appendleft(job)
        reader.is_stuck = True

    def _drop_surplus(self, now: float) -> None:
        """Refuse the youngest of the long questions that are more than may run."""
        stuck = [r for r in self._readers if r.is_stuck and r.jobs]
        surplus = len(stuck) - (self.limits.readers - _KEPT_FOR_SHORT)
        if surplus <= 0:
            return
        for reader in sorted(stuck, key=lambda r: -r.jobs[0].started)[:surplus]:
            job = reader.jobs[0]
            if now - job.started > _LONG or reader.busy_for(job) > _BACKGROUND:
                self._end(reader, BusyError("too many long queries run", seconds=5))

    def _end(self, reader: ReaderProcess, error: KnowledgeGraphError | None) -> None:
        """End a reader and the question that it works on."""
        self._release_behind(reader)
        if reader in self._readers:
            self._readers.remove(reader)
        job = reader.jobs.popleft()
        reader.kill()
        self._count_end(error)
        if error is not None and not job.is_cancelled:
            job.receiver.failed(error)

    def _replenish(self) -> None:
        """Fork what is missing: the base readers and a spare, and more for what waits."""
        free = sum(not (r.is_stuck or r.is_retired) for r in self._readers)
        wanted = self._base + 1
        # When the store itself cannot be read, to fork without end would help nobody.
        if self._failures > self.limits.readers:
            self._fail_waiting()
            return
        while free < wanted and len(self._readers) < self.limits.readers:
            self._fork()
            free += 1
        for reader in tuple(self._readers):
            if reader.is_ready and not (reader.is_stuck or reader.is_retired):
                self._fill(reader)

    def _fail_waiting(self) -> None:
        self._running_loop().call_later(_RETRY, self._forget_failures)
        while self._waiting:
            job = self._waiting.popleft()
            if not job.is_cancelled:
                job.receiver.failed(BusyError("no process can open the graph"))

    def _forget_failures(self) -> None:
        self._failures = 0

    def _fork(self, job: Job | None = None) -> None:
        """Ask the nursery for a reader; with a job it is for that one, with network."""
        ours, theirs = connected()
        reader = ReaderProcess(
            ours,
            self._running_loop(),
            row_limit=self.limits.rows,
            on_free=self._free,
            on_end=self._ended,
        )
        self._nursery.expect(reader)
        with theirs:
            self._nursery.bear(theirs, network=job is not None)
        self._readers.append(reader)
        if job is not None:
            reader.is_stuck = reader.is_retired = True
            reader.put(job, self.generation)

    def _ended(self, reader: ReaderProcess) -> None:
        """Tell whose question ended a reader why, and ask the others again."""
        self._release_behind(reader)
        if reader in self._readers:
            self._readers.remove(reader)
        if not reader.is_ready:
            self._failures += 1
        if reader.jobs:
            job = reader.jobs.popleft()
            # How it ended arrives by another way, at about the same time.
            self._running_loop().call_later(0.02, self._tell_end, reader, job)
        self._replenish()

    def _tell_end(self, reader: ReaderProcess, job: Job) -> None:
        is_memory = self._nursery.how_ended(reader.pid) == -signal.SIGABRT
        error = TOO_LARGE if is_memory else DIED
        self._count_end(error)
        if not job.is_cancelled:
            job.receiver.failed(error)

    def _count_end(self, error: KnowledgeGraphError | None) -> None:
        reason = getattr(error, "limit", None) or ("busy" if error else "left")
        self.ends[reason] = self.ends.get(reason, 0) + 1

    def _move(self) -> None:
        """Let readers that are not asked open the newest generation soon.

        One that is asked opens it before it answers; that all do so at once would keep
        the first question after a commit waiting.
        """
        if self._moving is None:
            loop = self._running_loop()
            self._moving = loop.call_later(_UNASKED, self._move_unasked)

    def _move_unasked(self) -> None:
        # So that nobody keeps files of a generation that is no longer read.
        self._moving = None
        for reader in tuple(self._readers):
            if not reader.is_retired and not reader.move(self.generation):
                reader.is_retired = True

    def _dispatch_held(self, job: Job) -> None:
        if job.is_cancelled:
            return
        try:
            self._dispatch(job)
        except BusyError as error:
            job.receiver.failed(error)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise QueryError("the readers were not started")
        return self._loop
