"""Prefixes: the names of entities by how any of their words begin."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from milgraph.matching import Profile
from milgraph.names import fold, transliterations

__all__ = ["PrefixIndex"]

# Of so many names that begin alike, the rest is left out of what is put in order.
_MOST = 20_000


class PrefixIndex:
    """Finds entities by the beginning of a name, or of any word of a name."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        keys: set[tuple[str, int, str, str]] = set()
        for profile in profiles:
            for name in profile.names:
                for text in transliterations(name.text):
                    keys.update(_keys(text, profile.id))
        self._keys = sorted(keys)

    def find(self, prefix: str) -> Iterator[str]:
        """Return the entities with such a name: whole names first, then shorter ones.

        An entity comes once. An empty prefix finds none.
        """
        folded = fold(prefix)
        found: dict[str, tuple[bool, int, int, str]] = {}
        for start in {folded, folded.replace(" ", "")} - {""}:
            first = bisect_left(self._keys, (start,))
            for key in self._keys[first : first + _MOST]:
                text, place, name, entity = key
                if not text.startswith(start):
                    break
                rank = (text != start or place > 0, place, len(name), name)
                found[entity] = min(rank, found.get(entity, rank))
        yield from sorted(found, key=lambda entity: (found[entity], entity))


def _keys(folded: str, entity: str) -> Iterator[tuple[str, int, str, str]]:
    """Return the name from each of its words on, and without the gaps between them."""
    words = folded.split()
    for place in range(min(len(words), 8)):
        yield " ".join(words[place:]), min(place, 1), folded, entity
    if len(words) > 1:
        yield "".join(words), 0, folded, entity
