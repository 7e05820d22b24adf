"""Predicates: how close two entities are, should they be linked, and why."""

from milgraph.errors import KnowledgeGraphError
from milgraph.geometry import overlap, parse
from milgraph.matching import Profile
from milgraph.names import Designator, designators
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


def closeness(ours: Profile, theirs: Profile) -> tuple[NamedNode, str] | None:
    """Return the predicate for the two and its reason; nothing where none would be true.

    A variant is linked to its family by a broad match. What the target has of a variant
    says nothing of our family, as a link never goes to something narrower.
    """
    pairs = [(one, two) for one in _designated(ours) for two in _designated(theirs)]
    if any(one.is_variant_of(two) for one, two in pairs):
        if any(one.suffix and not two.suffix for one, two in pairs):
            return SKOS.broadMatch, f"{theirs.label} is the family of {ours.label}"
        return None
    if ours.kinds & _DRAWN and ours.geometry and theirs.geometry:
        return _of_extents(ours, theirs)
    return SKOS.exactMatch, "no extent, family or variant speaks for less"


def _designated(profile: Profile) -> list[Designator]:
    """Return the designators in the labels: an alias may be that of a variant."""
    labels = [name for name in profile.names if name.kind == "label"]
    return [found for name in labels for found in designators(name.text)]


def _of_extents(ours: Profile, theirs: Profile) -> tuple[NamedNode, str]:
    try:
        one, two = parse(ours.geometry), parse(theirs.geometry)
        if not one.area or not two.area:
            return SKOS.exactMatch, "one of the two is a point, which has no extent"
        share = overlap(one, two)
    except KnowledgeGraphError:
        return SKOS.closeMatch, "their extents cannot be compared"
    smaller, larger = sorted((one.area, two.area))
    return (
        SKOS.closeMatch,
        f"each draws its own extent: {share:.0%} of the smaller is shared, and the larger "
        f"is {larger / smaller:.2f} times as large",
    )
