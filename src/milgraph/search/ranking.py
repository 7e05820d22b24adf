"""Ranking: how well a name answers what was typed."""

from collections.abc import Callable

from milgraph.names import (
    Designator,
    designated,
    designators,
    likeness,
    spellings,
)

__all__ = ["LEAST", "Wanted"]

# A whole name, the beginning of one, all the words of one, and what is merely alike:
# each kind has points of its own, so that no name of a later kind comes before.
_WHOLE = 100.0
_BEGINNING, _BEGINNING_MORE = 80.0, 15.0
_DESIGNATOR = 79.0
_WORDS, _WORDS_MORE = 60.0, 15.0
_ALIKE_MOST = 58.0
# What is less alike than this is not what was meant.
LEAST = 0.62 * _ALIKE_MOST


class Wanted:
    """What was typed, in all its spellings, to hold names against.

    Which designators there are decides what `tu 95 ms` is read as.
    """

    def __init__(
        self, text: str, *, is_known: Callable[[Designator], bool] | None = None
    ) -> None:
        self._spellings = tuple(s for s in spellings(text) if s)
        readings = designators(text, is_known=is_known)
        self._designators = frozenset(readings)
        self._is_designator = any(not reading.rest for reading in readings)

    def score(self, name: str) -> float:
        """Return the points of the name, 0 to 100.

        >>> Wanted("sea of jap").score("Sea of Japan") > Wanted("japan sea").score("Sea of Japan")
        True
        >>> Wanted("Baltc Sea").score("Baltic Sea") < Wanted("sea baltic").score("Baltic Sea")
        True
        """
        points = self._likest(name)
        own = designated(name) if self._is_designator else name
        if own not in ("", name):
            # B52H does not begin the romanised B-52轰炸机, "B-52 hongzhaji".
            points = min(points, self._likest(own))
        least = _DESIGNATOR if self._is_designator else _ALIKE_MOST
        if points < least and not self._designators.isdisjoint(designators(name)):
            return least
        return points

    def _likest(self, name: str) -> float:
        others = spellings(name)
        return max(
            (_points(one, other) for one in self._spellings for other in others),
            default=0.0,
        )


def _points(wanted: str, name: str) -> float:
    one, other = wanted.replace(" ", ""), name.replace(" ", "")
    if one == other:
        return _WHOLE
    share = len(one) / max(len(other), 1)
    if other.startswith(one):
        return _BEGINNING + _BEGINNING_MORE * share
    # A word that is typed twice says no more.
    words = list(dict.fromkeys(wanted.split()))
    if _has_words(words, name.split()):
        return _WORDS + _WORDS_MORE * min(1.0, sum(map(len, words)) / len(other))
    return _ALIKE_MOST * likeness(wanted, name)


def _has_words(wanted: list[str], words: list[str]) -> bool:
    """Return whether all wanted words are there; the last may have been begun only."""
    return all(word in words for word in wanted[:-1]) and any(
        word.startswith(wanted[-1]) for word in words
    )
