"""Proposals: candidates for links, from a stream of another data set's entities.

Only ours are indexed, so memory grows with them and not with the copy that is read.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from milgraph.linking.judgements import Judgements
from milgraph.linking.predicates import closeness
from milgraph.matching import Candidate, Feature, Matcher, Profile
from milgraph.names import designators, fold, transliterations
from milgraph.terms import NamedNode

__all__ = ["Proposal", "Wanted", "propose"]

# What is less alike is noise: half of a name, or a name that something contradicts.
LEAST = 60.0
_BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A link that may be one: the two, how close they are, and why.

    `is_identified` says that a feature identifies them, and no other candidate.
    """

    ours: Profile
    theirs: Profile
    score: float
    features: tuple[Feature, ...]
    predicate: NamedNode
    why: str
    is_identified: bool

    @property
    def reasons(self) -> str:
        """What speaks for it and against it, in words."""
        told = "; ".join(f.why for f in self.features)
        return f"{told}. {self.why[:1].upper()}{self.why[1:]}."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: of which classes, how many candidates each, how alike at least.

    With `again`, also for what is linked already.
    """

    kinds: frozenset[str] = frozenset()
    limit: int = 3
    least: float = LEAST
    again: bool = False


_Held = tuple[float, int, Candidate, Profile]


def propose(
    ours: Collection[Profile],
    theirs: Iterable[Profile],
    judged: Judgements,
    wanted: Wanted = Wanted(),
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Proposal]:
    """Return the proposals, those of one entity together, the best first.

    What is judged is not proposed again, accepted or refused.

    Raises:
        SourceError: the copy of the other data set is damaged.
    """
    matcher = Matcher(ours)
    known = {profile.id: profile for profile in ours}
    closed = set(judged.without_counterpart)
    if not wanted.again:
        closed |= judged.links.keys()
    held: dict[str, list[_Held]] = {}
    matches: Counter[str] = Counter()
    sieve = _Sieve(ours)
    for number, profile in enumerate(theirs):
        progress(number)
        if not sieve.passes(profile):
            continue
        found = matcher.candidates(profile, limit=wanted.limit, kinds=wanted.kinds)
        for candidate in found:
            one = candidate.profile.id
            if one in closed:
                continue
            # A second namesake in their data keeps the first from being identified.
            matches[one] += candidate.is_match and (one, profile.id) not in judged
            if candidate.score >= wanted.least and (one, profile.id) not in judged:
                _keep(
                    held.setdefault(one, []), candidate, profile, number, wanted.limit
                )
    return [
        proposal
        for one in sorted(held)
        for proposal in _ranked(
            known[one],
            held[one],
            judged.links.get(one, frozenset()),
            is_only=matches[one] == 1,
        )
    ]


class _Sieve:
    """What spares the matcher those who cannot be any of ours, by a look at their names.

    To be alike enough, one word of a name must begin as one of ours does, a designator
    or an identifier be the same.
    """

    def __init__(self, ours: Iterable[Profile]) -> None:
        self._beginnings: set[object] = set()
        self._identifiers: set[tuple[str, str]] = set()
        for profile in ours:
            self._identifiers |= profile.identifiers
            for name in profile.names:
                for spelling in transliterations(name.text):
                    self._beginnings.update(_beginnings(spelling, name.text))

    def passes(self, profile: Profile) -> bool:
        if not self._identifiers.isdisjoint(profile.identifiers):
            return True
        return any(
            beginning in self._beginnings
            for name in profile.names
            for beginning in _beginnings(fold(name.text), name.text)
        )


def _beginnings(folded: str, text: str) -> Iterable[object]:
    yield from (word[:_BEGINNING] for word in folded.split())
    if any(character.isdigit() for character in folded):
        yield from (found.base for found in designators(text))


def _keep(
    heap: list[_Held], candidate: Candidate, profile: Profile, number: int, limit: int
) -> None:
    """Keep the candidate if it is among the best; of equals the earlier ones stay."""
    entry = (candidate.score, -number, candidate, profile)
    if len(heap) < limit:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)


def _ranked(
    ours: Profile, held: list[_Held], linked: frozenset[str], *, is_only: bool
) -> Iterable[Proposal]:
    """Yield the proposals of the candidates, of which none is any that ours is linked to."""
    told = tuple(
        Feature("link", 0.0, f"{ours.label} is linked to {other} already")
        for other in sorted(linked)
    )
    for score, _, candidate, theirs in sorted(held, key=lambda e: (-e[0], -e[1])):
        close = closeness(ours, theirs)
        if close is not None:
            yield Proposal(
                ours,
                theirs,
                score,
                (*candidate.features, *told),
                *close,
                is_identified=is_only and candidate.is_match and not linked,
            )
