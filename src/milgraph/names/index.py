"""The index of names: which entries a text may mean, without a comparison with all."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Iterator, Sequence
from heapq import merge, nlargest
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from milgraph.names.designators import Designator, designators
from milgraph.names.folding import spellings
from milgraph.names.likeness import closest
from milgraph.names.vocabulary import Postings, Vocabulary

__all__ = ["Found", "NameIndex"]

Owner = TypeVar("Owner", bound=Hashable)
# How many places of postings one look-up reads, and how many near entries it returns.
_BUDGET = 4_000
_MOST = 40
# How many are compared letter by letter to find those.
_COMPARED = 150
_RUN = 2_000


class Found(NamedTuple, Generic[Owner]):
    """An entry that a text may mean: whose name it is, the name, and that folded."""

    owner: Owner
    text: str
    folded: str


class NameIndex(Generic[Owner]):
    """Names with their owners, found by whole name, beginning, word, designator or near it.

    A look-up reads a bounded number of postings, the rarest first, so that its cost
    hardly grows with the number of names. Names are added and taken out one by one.
    """

    def __init__(self, names: Iterable[tuple[Owner, str]] = ()) -> None:
        self._entries: list[Found[Owner] | None] = []
        self._of: dict[Owner, list[int]] = {}
        self._whole: dict[str, Postings] = {}
        self._designated: dict[tuple[str, str], dict[str, Postings]] = {}
        self._vocabulary = Vocabulary()
        self._beginnings: list[str] = []
        for owner, text in names:
            self._enter(owner, text)
        self._beginnings = _sorted(self._whole)

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    @property
    def removed(self) -> int:
        """How many of the places are those of names that were taken out."""
        return len(self._entries) - len(self)

    def add(self, owner: Owner, text: str) -> None:
        """Enter the name."""
        for key in self._enter(owner, text):
            insort(self._beginnings, key)

    def remove(self, owner: Owner) -> None:
        """Take the owner's names out; what was said of them is forgotten when it is met."""
        for entry in self._of.pop(owner, ()):
            self._entries[entry] = None

    def owners(self) -> Iterator[Owner]:
        """Return whose names are there."""
        return iter(self._of)

    def has_designated(self, designator: Designator) -> bool:
        """Return whether something here has that designator in one of its names."""
        variants = self._designated.get(designator.base, {})
        numbers = variants.get(designator.suffix, ())
        return any(self._entries[number] for number in numbers)

    def look_up(self, text: str, *, limit: int = _MOST) -> list[Found[Owner]]:
        """Return the entries that the text may mean.

        First come those with the same name or designator, then, the likest first, at
        most `limit` others.
        """
        wanted = spellings(text)
        sure: dict[int, None] = {}
        for spelling in wanted:
            sure |= dict.fromkeys(self._whole.get(_joined(spelling), ())[:limit])
        for reading in designators(text, is_known=self.has_designated):
            sure |= dict.fromkeys(islice(self._related(reading), limit))
        likely: dict[int, None] = {}
        for spelling in wanted:
            likely |= dict.fromkeys(self._beginning_with(_joined(spelling), _COMPARED))
            likely |= dict.fromkeys(self._by_words(spelling, _COMPARED))
        others = [self._entries[number] for number in likely if number not in sure]
        rest = [entry for entry in others if entry]
        folded = [entry.folded for entry in rest]
        near = {
            place: None
            for spelling in wanted
            for place in closest(spelling, folded, limit=limit)
        }
        first = (self._entries[number] for number in sure)
        return [entry for entry in first if entry] + [rest[place] for place in near]

    def _enter(self, owner: Owner, text: str) -> list[str]:
        """Enter the name; return the whole spellings of it that are new."""
        found = spellings(text)
        number = len(self._entries)
        self._entries.append(Found(owner, text, found[0]))
        self._of.setdefault(owner, []).append(number)
        new = []
        for key in dict.fromkeys(map(_joined, found)):
            if key not in self._whole:
                new.append(key)
                self._whole[key] = array("I")
            self._whole[key].append(number)
        for reading in designators(text):
            variants = self._designated.setdefault(reading.base, {})
            variants.setdefault(reading.suffix, array("I")).append(number)
        words = dict.fromkeys(word for s in found for word in s.split())
        self._vocabulary.add(words, number)
        return new

    def _related(self, reading: Designator) -> Iterator[int]:
        """Return what is designated so, then the family and its other variants."""
        variants = self._designated.get(reading.base, {})
        yield from variants.get(reading.suffix, ())
        for suffix, numbers in variants.items():
            if suffix != reading.suffix:
                yield from numbers

    def _beginning_with(self, key: str, limit: int) -> Iterator[int]:
        if not key:
            return
        start = bisect_left(self._beginnings, key)
        for whole in self._beginnings[start : start + limit]:
            if not whole.startswith(key):
                return
            yield from self._whole[whole][:limit]

    def _by_words(self, spelling: str, limit: int) -> Sequence[int]:
        """Return the entries that share the most, and the rarest, of the words."""
        weights: dict[int, float] = {}
        left = _BUDGET
        for weight, postings in self._vocabulary.near(spelling.split()):
            if left <= 0:
                break
            for number in postings[:left]:
                weights[number] = weights.get(number, 0.0) + weight
            left -= len(postings)
        return nlargest(limit, weights, key=weights.__getitem__)


def _sorted(texts: Iterable[str]) -> list[str]:
    """Return the texts in order; a long list is not put into it at one go.

    That would keep every other thread of the process waiting.
    """
    left = iter(texts)
    runs = iter(lambda: sorted(islice(left, _RUN)), [])
    return list(merge(*runs))


def _joined(spelling: str) -> str:
    return spelling.replace(" ", "")
