"""Room: the memory that what is being received may take, all requests together."""

from types import TracebackType
from typing import Self

from milgraph.errors import BusyError

__all__ = ["Room", "Share"]

# What a request may hold without being counted, so that short ones are always read.
_FREE = 64 * 1024


class Room:
    """So many bytes, of which each request holds a share while it is answered."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.taken = 0

    def share(self) -> "Share":
        """Return a share that holds nothing yet."""
        return Share(self)

    def take(self, size: int) -> None:
        """Take the bytes.

        Raises:
            BusyError: others hold too many.
        """
        if self.taken + size > self._size:
            raise BusyError("too many long requests arrive at once")
        self.taken += size


class Share:
    """What one request holds; it is given back at the end of the block."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0

    def grow(self, size: int) -> None:
        """Hold so many bytes in all.

        Raises:
            BusyError: others hold too many.
        """
        counted = max(0, size - _FREE)
        if counted > self._size:
            self._room.take(counted - self._size)
            self._size = counted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._room.taken -= self._size
        self._size = 0
