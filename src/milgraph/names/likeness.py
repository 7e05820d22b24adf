"""Likeness: how much two names have in common, typing errors allowed."""

import re
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

from milgraph.names.folding import identity, transliterations

__all__ = ["closest", "likeness", "misspelt", "nearest", "similarity"]

_NUMBER = re.compile(r"\d+")
# Other words than the one has, or in another order, or with other numbers.
_REORDERED = 0.97
_CONTAINED = 0.85
_OTHER_NUMBERS = 0.6
_ALMOST = 0.99
# Of a term that is misspelt, or begun; and how many are told.
_MISSPELT = 75
_TOLD = 3


def similarity(one: str, other: str) -> float:
    """Return how alike two names are: 1 for the same, 0 for nothing in common.

    Names with different numbers are never more than 0.6 alike, since a number is most
    of what tells two ships or two squadrons apart.

    >>> similarity("Ministry of Defence", "the ministry of defense")
    1.0
    >>> similarity("Чёрное море", "Chernoye More")
    1.0
    >>> similarity("Destroyer Squadron 15", "Destroyer Squadron 7") <= 0.6
    True
    """
    if identity(one) == identity(other):
        return 1.0
    return max(
        likeness(a, b) for a in transliterations(one) for b in transliterations(other)
    )


def likeness(one: str, other: str) -> float:
    """Return how alike two folded names are."""
    if not one or not other:
        return 0.0
    if one.replace(" ", "") == other.replace(" ", ""):
        return 1.0
    whole = fuzz.ratio(one, other)
    sorted_ = fuzz.token_sort_ratio(one, other) * _REORDERED
    alike = max(whole, sorted_) / 100
    if alike < _CONTAINED:
        alike = max(alike, _contained(one, other))
    if _NUMBER.findall(one) != _NUMBER.findall(other):
        alike *= _OTHER_NUMBERS
    return min(alike, _ALMOST)


def _contained(one: str, other: str) -> float:
    """Return how alike they are where the words of one are among those of the other."""
    shorter, longer = sorted((one, other), key=len)
    share = len(shorter) / len(longer)
    return fuzz.token_set_ratio(one, other) / 100 * (0.5 + 0.35 * share)


def nearest(
    wanted: str, words: Sequence[str], *, least: float, limit: int
) -> list[tuple[str, float]]:
    """Return the words that are most like the wanted one, and how much.

    >>> nearest("milus", ["milius", "black"], least=0.7, limit=3)[0][0]
    'milius'
    """
    found = process.extract(
        wanted, words, scorer=fuzz.ratio, score_cutoff=100 * least, limit=limit
    )
    return [(word, score / 100) for word, score, _ in found]


def closest(wanted: str, texts: Sequence[str], *, limit: int) -> list[int]:
    """Return the places of the folded texts that are most like the wanted one.

    Some are alike as a whole, others since the words of one are among the other's.

    >>> closest("milius", ["black sea", "uss milius", "milus"], limit=2)
    [2, 1]
    """
    places: dict[int, None] = {}
    for scorer in (fuzz.ratio, fuzz.token_set_ratio):
        found = process.extract(wanted, texts, scorer=scorer, limit=limit // 2)
        places |= dict.fromkeys(place for _, _, place in found)
    return list(places)


def misspelt(term: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the short names that may be meant by one that is not known, the nearest first.

    >>> misspelt("mil:Bombr", ["mil:Place", "mil:BomberType"])
    ('mil:BomberType',)
    >>> misspelt("mil:NoSuch", ["mil:Approach", "mil:Scramble"])
    ()
    """
    wanted = _local(term)

    def alike(name: str) -> float:
        local = _local(name)
        begun = local[: len(wanted) + 1]
        return max(fuzz.ratio(wanted, local), fuzz.ratio(wanted, begun) - 1)

    points = {name: alike(name) for name in known} if len(wanted) > 1 else {}
    near = [name for name, value in points.items() if value >= _MISSPELT]
    return tuple(sorted(near, key=lambda name: (-points[name], name))[:_TOLD])


def _local(term: str) -> str:
    return term[:100].rpartition("#")[2].rpartition(":")[2].casefold()
