"""The matcher: which profiles of a collection a wanted one may be."""

from collections.abc import Iterable

from milgraph.matching.known import Known, known
from milgraph.matching.profiles import Profile
from milgraph.matching.scoring import THRESHOLD, Assessment, Candidate, assess
from milgraph.names.index import NameIndex

__all__ = ["Matcher"]

# How many profiles are compared in full, whatever the size of the collection.
_COMPARED = 50
# How many profiles are remembered as they are compared.
_REMEMBERED = 20_000
# Of a profile with more names the first are looked up.
_LOOKED_UP = 20


class Matcher:
    """Profiles, indexed by their names and identifiers; a query compares only a few."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._profiles: list[Profile] = []
        self._identified: dict[tuple[str, str], list[int]] = {}
        self._known: dict[int, Known] = {}
        names: list[tuple[int, str]] = []
        for number, profile in enumerate(profiles):
            self._profiles.append(profile)
            names.extend((number, name.text) for name in profile.names)
            for identifier in profile.identifiers:
                self._identified.setdefault(identifier, []).append(number)
        self._names = NameIndex(names)

    def __len__(self) -> int:
        return len(self._profiles)

    def candidates(
        self, wanted: Profile, *, limit: int = 10, kinds: frozenset[str] = frozenset()
    ) -> list[Candidate]:
        """Return the profiles that may be the wanted one, the best first.

        With kinds, only profiles of one of these classes are asked for; a namesake of
        another class still keeps a name from identifying one.

        At most one is a match: nothing clashes, an identifier, a designator or a whole
        name is the same, and there is no other of which that could be said.
        """
        likely = [self._of(number) for number in self._likely(wanted)]
        held = frozenset(d for one in likely for d in one.designators)
        asked = known(wanted, is_known=held.__contains__)
        found = [assess(asked, one) for one in likely]
        # An equal identifier decides between namesakes; else all of them are rivals.
        sure = [a for a in found if _is_identified(a) and not a.clashes]
        rivals = [a for a in found if a.rivals and not a.clashes]
        # What a data set speaks of is often what the reference data describe.
        proper = [a for a in rivals if not a.profile.is_borrowed] or rivals
        only = sure if len(sure) == 1 else proper
        match = only[0] if len(only) == 1 and _may_match(only[0]) else None
        listed = [a for a in found if a.score > 0 and _is_of(a.profile, kinds)]
        listed.sort(key=lambda a: (-a.score, a.profile.id))
        return [
            Candidate(a.profile, a.score, a.features, is_match=a is match)
            for a in listed[:limit]
        ]

    def _of(self, number: int) -> Known:
        if number not in self._known:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known[number] = known(self._profiles[number])
        return self._known[number]

    def _likely(self, wanted: Profile) -> Iterable[int]:
        """Return the numbers of the profiles to compare, those of one identifier first."""
        likely: dict[int, None] = {}
        for identifier in wanted.identifiers:
            likely |= dict.fromkeys(self._identified.get(identifier, ())[:_COMPARED])
        for name in wanted.names[:_LOOKED_UP]:
            found = self._names.look_up(name.text)
            likely |= dict.fromkeys(entry.owner for entry in found)
        return list(likely)[:_COMPARED]


def _is_identified(assessment: Assessment) -> bool:
    return any(f.name == "identifier" and f.value == 1 for f in assessment.features)


def _may_match(assessment: Assessment) -> bool:
    return assessment.identifies and assessment.score >= THRESHOLD


def _is_of(profile: Profile, kinds: frozenset[str]) -> bool:
    return not kinds or bool(profile.kinds & kinds)
