"""Predicates: how close two entities are, should they be linked, and why."""

import re

from milgraph.errors import KnowledgeGraphError
from milgraph.geometry import overlap, parse
from milgraph.matching import Profile
from milgraph.names import Designator, designators, fold, identity, likeness
from milgraph.terms import MIL, SKOS, NamedNode

__all__ = ["closeness"]

# Of these the extent is a convention: each data set draws its own.
_DRAWN = frozenset(
    kind.value
    for kind in (
        MIL.SeaArea,
        MIL.GeographicRegion,
        MIL.StrategicRegion,
        MIL.IslandGroup,
        MIL.JurisdictionalZone,
        MIL.MilitaryAdministrativeRegion,
    )
)
# An area that is so many times another one, or shares so little with it, is not the same.
_LARGER, _SHARED = 2.0, 0.5
# Words of which one letter more or less is another spelling, but for those that say
# which part of a whole is meant.
_SPELLED_ALIKE = 0.9
_PART = re.compile("north|south|east|west|centr|upper|lower|inner|outer|great|less")
_SAY_NOTHING = frozenset(("a", "an", "and", "of", "the"))


def closeness(ours: Profile, theirs: Profile) -> tuple[NamedNode, str] | None:
    """Return the predicate for the two and its reason; nothing where none would be true.

    A variant is linked to its family by a broad match. What the target has of a variant
    says nothing of our family, as a link never goes to something narrower. An exact match
    takes a name, a designator or an identifier that is the same, and extents that may be.
    """
    pairs = [(one, two) for one in _designated(ours) for two in _designated(theirs)]
    if any(one.is_variant_of(two) for one, two in pairs):
        if any(one.suffix and not two.suffix for one, two in pairs):
            return SKOS.broadMatch, f"{theirs.label} is the family of {ours.label}"
        return None
    if why := _of_extents(ours, theirs):
        return SKOS.closeMatch, why
    is_same = any(one == two for one, two in pairs)
    is_same = is_same or bool(ours.identifiers & theirs.identifiers)
    if not is_same and (words := _differing(ours, theirs)):
        return SKOS.closeMatch, f"their names differ in {words}"
    return SKOS.exactMatch, "no name, extent, family or variant speaks for less"


def _designated(profile: Profile) -> list[Designator]:
    """Return the designators in the labels: an alias may be that of a variant."""
    labels = [name for name in profile.names if name.kind == "label"]
    return [found for name in labels for found in designators(name.text)]


def _of_extents(ours: Profile, theirs: Profile) -> str:
    """Return what the extents say against an exact match, if they say anything."""
    if not ours.geometry or not theirs.geometry:
        return ""
    is_drawn = bool(ours.kinds & _DRAWN)
    try:
        one, two = parse(ours.geometry), parse(theirs.geometry)
        if not one.area or not two.area:
            return ""
        share = overlap(one, two)
    except KnowledgeGraphError:
        return "their extents cannot be compared" if is_drawn else ""
    smaller, larger = sorted((one.area, two.area))
    if not is_drawn and larger < _LARGER * smaller and share > _SHARED:
        return ""
    return (
        f"each draws its own extent: {share:.0%} of the smaller is shared, and the larger "
        f"is {larger / smaller:.2f} times as large"
    )


def _differing(ours: Profile, theirs: Profile) -> str:
    """Return the words in which the nearest names differ; none where one is the same."""
    pairs = [
        (one.text, two.text)
        for one in ours.names
        for two in theirs.names
        if "nickname" not in (one.kind, two.kind)
    ]
    if any(identity(one) == identity(two) for one, two in pairs):
        return ""
    found = [_other_words(one, two) for one, two in pairs]
    least = min(found, key=lambda words: (len(words), words), default=())
    return ", ".join(f"“{word}”" for word in least)


def _other_words(one: str, two: str) -> tuple[str, ...]:
    """Return the words of each name that the other does not have, in any spelling."""
    left, right = _words(one), _words(two)
    if not left or not right:
        return (one, two)
    return (
        *(a for a in left if not any(_is_spelling_of(a, b) for b in right)),
        *(b for b in right if not any(_is_spelling_of(a, b) for a in left)),
    )


def _words(name: str) -> list[str]:
    return [word for word in fold(name).split() if word not in _SAY_NOTHING]


def _is_spelling_of(one: str, two: str) -> bool:
    if identity(one) == identity(two):
        return True
    is_part = _PART.match(one) or _PART.match(two)
    return not is_part and likeness(one, two) >= _SPELLED_ALIKE
