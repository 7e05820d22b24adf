"""Waiting: questions that no reader has room for, the clients taking turns."""

from collections import OrderedDict, deque
from collections.abc import Iterator

from milgraph.readers.questions import Job

__all__ = ["WaitingRoom"]


class WaitingRoom:
    """Questions in the order of their clients' turns.

    Whoever asks much waits for himself: the next question of another client comes
    before the second of his.
    """

    def __init__(self) -> None:
        self._clients: OrderedDict[str, deque[Job]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Job]:
        for jobs in self._clients.values():
            yield from jobs

    def append(self, job: Job) -> None:
        """Let the question wait behind those of its client."""
        self._clients.setdefault(job.client, deque()).append(job)
        self._size += 1

    def appendleft(self, job: Job) -> None:
        """Let the question wait before all others: its turn has come once already."""
        self._clients.setdefault(job.client, deque()).appendleft(job)
        self._clients.move_to_end(job.client, last=False)
        self._size += 1

    def popleft(self) -> Job:
        """Return the next question; the turn after it is another client's.

        Raises:
            KeyError: nobody waits.
        """
        client, jobs = self._clients.popitem(last=False)
        job = jobs.popleft()
        self._size -= 1
        if jobs:
            self._clients[client] = jobs
        return job
