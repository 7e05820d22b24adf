"""Shares: how many connections each of several processes has, told among them.

Who is woken first would take every connection of a burst, and clients stay connected.
So whoever has more than another waits a moment before it takes one more.
"""

import mmap
import struct

__all__ = ["Share", "Shares"]

_SIZE = struct.calcsize("I")
# What a process that takes no connections has: more than any.
_AWAY = 2**32 - 1


class Shares:
    """The numbers, in memory that processes forked later have in common."""

    def __init__(self, number: int) -> None:
        self._numbers = memoryview(mmap.mmap(-1, _SIZE * number)).cast("I")
        for index in range(number):
            self.leave(index)

    def of(self, index: int) -> "Share":
        """Return the share of that process."""
        return Share(self._numbers, index)

    def leave(self, index: int) -> None:
        """Tell the others to take what would be of that process."""
        self._numbers[index] = _AWAY


class Share:
    """What one process has, among the others."""

    def __init__(self, numbers: memoryview, own: int) -> None:
        self._numbers = numbers
        self._own = own

    def tell(self, connections: int) -> None:
        """Tell the others how many connections there are here."""
        self._numbers[self._own] = connections

    def leave(self) -> None:
        """Tell the others that no more are taken here."""
        self._numbers[self._own] = _AWAY

    def is_ahead(self, connections: int) -> bool:
        """Return whether another process has less than this many."""
        return connections > min(self._numbers)
