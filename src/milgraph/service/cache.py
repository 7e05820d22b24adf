"""The cache: answers that were computed once for a generation."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

__all__ = ["AnswerCache", "Cached"]

# What an entry costs besides its body: keys, headers, the table itself.
_OVERHEAD = 500
# A larger answer would push out many that are asked for more often.
_LARGEST_SHARE = 8


@dataclass(slots=True)
class Cached:
    """A whole answer: its body, and the rows of it or -1.

    `sent` is how it goes over HTTP, once somebody has put that together.
    """

    body: bytes
    rows: int
    sent: bytes | None = None


class AnswerCache:
    """Answers of one generation, of which those that are not asked for go first.

    `size` bounds the bytes. All are dropped when another generation comes.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[Hashable, Cached] = OrderedDict()
        self._generation = -1
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable, generation: int) -> Cached | None:
        """Return the answer that was computed for the generation, if it is kept."""
        if not self._size:
            return None
        if generation != self._generation:
            self._forget(generation)
        found = self._entries.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return found

    def put(self, key: Hashable, generation: int, answer: Cached) -> None:
        """Keep the answer, unless it is too large or from an earlier generation."""
        size = _size_of(answer)
        if generation != self._generation or size > self._size // _LARGEST_SHARE:
            return
        if key in self._entries:
            return
        self._entries[key] = answer
        self.bytes += size
        while self.bytes > self._size:
            _, dropped = self._entries.popitem(last=False)
            self.bytes -= _size_of(dropped)

    def _forget(self, generation: int) -> None:
        self._entries.clear()
        self.bytes = 0
        self._generation = generation


def _size_of(answer: Cached) -> int:
    return 2 * len(answer.body) + _OVERHEAD
