"""Candidates: which accounts are worth comparing, found by an index and not in pairs.

Two accounts meet where their times touch and they share a key: a place, one being within
the other's, a cell of the map, two parties, or a party with a class or a type.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from milgraph.coreference.accounts import Account
from milgraph.coreference.kinds import GENERAL, Kinds
from milgraph.coreference.whereabouts import cells_around, cells_of

__all__ = ["Candidates"]

_DAY = 86_400.0
# How long a time is, in days: each account lies with those of its own length, in spans of
# that length, and looks among its own and the longer ones.
_LENGTHS = (2.2, 32.0, 400.0, 40_000.0)
# More than that under one key are compared only where they share two keys.
_CROWD = 120

Bucket = tuple[int, int, Hashable]


@dataclass(slots=True)
class Candidates:
    """Accounts in buckets of time and key; `crowded` are keys that were passed over."""

    accounts: Sequence[Account]
    kinds: Kinds
    crowd: int = _CROWD
    crowded: set[Bucket] = field(default_factory=set)
    _buckets: dict[Bucket, list[int]] = field(default_factory=lambda: defaultdict(list))
    _finer: dict[Bucket, dict[Hashable, list[int]]] = field(default_factory=dict)
    _levels: list[int] = field(default_factory=list)
    _parties: list[frozenset[Hashable]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, account in enumerate(self.accounts):
            level = _level(account)
            self._levels.append(level)
            self._parties.append(frozenset(self._fine_keys(account)))
            for span in _spans(account, level):
                for key in self._kept(account):
                    self._buckets[level, span, key].append(number)

    def pairs(self) -> Iterator[tuple[Account, Account]]:
        """Return the pairs that meet, each once."""
        for number, account in enumerate(self.accounts):
            window = account.window
            for other in sorted(self._met(number, account)):
                met = self.accounts[other]
                if met.window.start <= window.end and window.start <= met.window.end:
                    yield account, met

    def _met(self, number: int, account: Account) -> set[int]:
        own = self._levels[number]
        found: set[int] = set()
        keys = frozenset(self._sought(account))
        for level in range(own, len(_LENGTHS)):
            for span in _spans(account, level):
                for key in keys:
                    members = self._members((level, span, key), number)
                    if level > own:
                        found.update(members)
                    else:
                        found.update(m for m in members if m > number)
        return found

    def _members(self, bucket: Bucket, number: int) -> Iterator[int]:
        """Return those of the bucket; of a crowd only those that share a second key."""
        members = self._buckets.get(bucket, ())
        if len(members) <= self.crowd:
            yield from members
            return
        if bucket not in self._finer:
            finer: dict[Hashable, list[int]] = defaultdict(list)
            for member in members:
                for key in self._parties[member]:
                    finer[key].append(member)
            self._finer[bucket] = finer
        for key in self._parties[number]:
            near = self._finer[bucket].get(key, ())
            if len(near) <= self.crowd:
                yield from near
            else:
                self.crowded.add((*bucket[:2], (bucket[2], key)))

    def _kept(self, account: Account) -> Iterator[Hashable]:
        """Return the keys under which the account lies."""
        for place in account.places:
            yield "at", place.node
            for cell in cells_of(place):
                yield "cell", cell
        for area in account.areas:
            yield "in", area
        yield from self._shared_keys(account)

    def _sought(self, account: Account) -> Iterator[Hashable]:
        """Return the keys under which it looks for others."""
        for area in account.areas:
            yield "at", area
        for place in account.places:
            yield "in", place.node
            for cell in cells_around(place):
                yield "cell", cell
        yield from self._shared_keys(account)

    def _shared_keys(self, account: Account) -> Iterator[Hashable]:
        parties = sorted(account.parties, key=str)
        for one, other in combinations(parties, 2):
            yield "dyad", one, other
        for party in parties:
            for kind in self.kinds.all_above(account.kinds) - GENERAL:
                yield "kind", party, kind
            for family in account.families:
                yield "type", party, family

    def _fine_keys(self, account: Account) -> Iterator[Hashable]:
        """Return what two of a crowd must share besides."""
        parties = sorted(account.parties, key=str)
        where = {
            w for place in account.places for w in cells_of(place) or (place.node,)
        }
        for kind in account.kinds:
            for party in parties:
                for spot in where or (None,):
                    yield kind, party, spot


def _level(account: Account) -> int:
    days = account.window.days
    return next(
        (n for n, length in enumerate(_LENGTHS) if days <= length), len(_LENGTHS) - 1
    )


def _spans(account: Account, level: int) -> Iterator[int]:
    """Return the numbers of the spans of that length that its time touches."""
    length = _LENGTHS[level] * _DAY
    first, last = account.window.start // length, account.window.end // length
    yield from range(int(first), int(last) + 1)
