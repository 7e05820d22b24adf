"""Standing: which accounts are one and which are not, while decisions come in."""

from collections import defaultdict

from milgraph.coreference.judged import Judged
from milgraph.terms import NamedNode

__all__ = ["Standing"]


class Standing:
    """What was judged, and what is decided on top of it, one decision after the other."""

    def __init__(self, judged: Judged) -> None:
        self._judged = judged
        self._above: dict[NamedNode, NamedNode] = {}
        self._occurrences: dict[NamedNode, tuple[NamedNode, ...]] = {}
        self._apart: dict[NamedNode, set[NamedNode]] = defaultdict(set)
        for one, other in map(tuple, judged.compared):
            self._apart[one].add(other)
            self._apart[other].add(one)

    def are_one(self, one: NamedNode, other: NamedNode) -> bool:
        """Return whether the two are of one occurrence by now."""
        return self._group(one) == self._group(other)

    def are_apart(self, one: NamedNode, other: NamedNode) -> bool:
        """Return whether the two are judged by now, and not to be one."""
        return self._group(other) in self._apart[self._group(one)]

    def occurrences_of(self, account: NamedNode) -> tuple[NamedNode, ...]:
        """Return the occurrences with a name that the account is of by now."""
        group = self._group(account)
        known = self._occurrences.get(group)
        return self._judged.occurrences.get(group, ()) if known is None else known

    def join(self, one: NamedNode, other: NamedNode, occurrence: NamedNode) -> None:
        """Take the two to be of one occurrence, which may be a new one."""
        kept, gone = self._group(one), self._group(other)
        named = {*self.occurrences_of(one), *self.occurrences_of(other), occurrence}
        self._above[gone] = kept
        self._occurrences[kept] = tuple(sorted(named, key=str))
        for rival in self._apart.pop(gone, set()):
            self._apart[rival].discard(gone)
            self._apart[rival].add(kept)
            self._apart[kept].add(rival)

    def part(self, one: NamedNode, other: NamedNode) -> None:
        """Take the two not to be one."""
        here, there = self._group(one), self._group(other)
        self._apart[here].add(there)
        self._apart[there].add(here)

    def _group(self, account: NamedNode) -> NamedNode:
        at = self._judged.group(account)
        while (higher := self._above.get(at)) is not None:
            at = higher
        return at
