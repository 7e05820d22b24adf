"""The vocabulary: the words of all names, and which of them a word may be meant for."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from math import log
from typing import TypeAlias

from milgraph.names.likeness import nearest

__all__ = ["Postings", "Vocabulary"]

Postings: TypeAlias = "array[int]"

# Of a word's pieces so many places are read, and so many of the words that share most
# of them are compared; those at least so alike are taken.
_PIECES_READ = 4_000
_COMPARED = 60
_ALIKE = 0.74
_TAKEN = 6
_SHORTEST = 3
# Of a longer text the longest words are looked up.
_WORDS = 12


class Vocabulary:
    """Words with the numbers of what they stand in, found in spite of typing errors."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._postings: dict[str, Postings] = {}
        self._pieces: dict[str, Postings] = {}
        self._total = 0

    def add(self, words: Iterable[str], number: int) -> None:
        """Say that the words stand in what has the number."""
        self._total += 1
        for word in words:
            if word not in self._postings:
                self._postings[word] = array("I")
                for piece in _pieces(word):
                    self._pieces.setdefault(piece, array("I")).append(len(self._words))
                self._words.append(word)
            self._postings[word].append(number)

    def near(self, words: Sequence[str]) -> list[tuple[float, Postings]]:
        """Return the postings of what the words may be meant for, the shortest first.

        Each comes with a weight: rare words count more, and near ones less.
        """
        found = [
            (share * self._rarity(word), self._postings[word])
            for wanted in sorted(dict.fromkeys(words), key=len)[-_WORDS:]
            for word, share in self._meant(wanted)
        ]
        return sorted(found, key=lambda pair: len(pair[1]))

    def _rarity(self, word: str) -> float:
        return 1 + log(self._total / len(self._postings[word]))

    def _meant(self, wanted: str) -> Iterator[tuple[str, float]]:
        if wanted in self._postings:
            yield wanted, 1.0
        if len(wanted) < _SHORTEST or wanted.isdigit():
            return
        shared: Counter[int] = Counter()
        lists = [self._pieces[p] for p in _pieces(wanted) if p in self._pieces]
        read = 0
        for places in sorted(lists, key=len):
            shared.update(places[:_PIECES_READ])
            read += len(places)
            if read > _PIECES_READ:
                break
        closest = nlargest(_COMPARED, shared, key=shared.__getitem__)
        words = [self._words[number] for number in closest]
        for word, alike in nearest(wanted, words, least=_ALIKE, limit=_TAKEN):
            if word != wanted:
                yield word, alike**2 * 0.8


def _pieces(word: str) -> set[str]:
    """Return the pairs of letters of the word, its two ends marked.

    >>> sorted(_pieces("bear"))
    ['^bea', 'ar', 'be', 'ea', 'ear$']
    """
    pairs = {word[i : i + 2] for i in range(len(word) - 1)}
    return pairs | {"^" + word[:3], word[-3:] + "$"}
