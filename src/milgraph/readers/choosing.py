"""Choosing: which reader is asked next."""

from collections.abc import Iterable

from milgraph.readers.process import ReaderProcess

__all__ = ["IN_SOCKET", "Choice"]

# Questions in the socket of one reader; beyond this nothing is gained. For those that
# take less than so many seconds, to keep a reader busy is worth more than to keep two:
# one that has another question to take up does not fall asleep in between, which costs
# it as much as a short question does.
IN_SOCKET = 8
_SHORT = 0.0004
# How much the latest question counts in what is typical.
_WEIGHT = 0.02


class Choice:
    """Chooses by how long questions took lately."""

    def __init__(self) -> None:
        self._typical = 0.0

    def learn(self, seconds: float) -> None:
        """Take notice of how long a question took."""
        self._typical += (seconds - self._typical) * _WEIGHT

    def reader(self, readers: Iterable[ReaderProcess]) -> ReaderProcess | None:
        """Return the reader to ask next, an idle one or for short questions a busy one.

        There is none when all of them have as many questions as they should.
        """
        depth = IN_SOCKET if self._typical < _SHORT else 1
        best = None
        for reader in readers:
            if reader.is_stuck or reader.is_retired or not reader.is_ready:
                continue
            if len(reader.jobs) < depth:
                return reader
            if best is None or len(reader.jobs) < len(best.jobs):
                best = reader
        return best if best is not None and len(best.jobs) < IN_SOCKET else None
