"""Features: in what two profiles are compared, each with a value and why in words."""

from typing import NamedTuple

from milgraph.matching.known import Known, Spelling
from milgraph.matching.profiles import Feature, Profile
from milgraph.names import PREFIXES, Designator, likeness
from milgraph.terms import MIL, NamedNode, compact

__all__ = [
    "NEUTRAL",
    "Designation",
    "Naming",
    "country",
    "designation",
    "identifiers",
    "kinds",
    "names",
    "position",
]

# The value of a feature of which nothing is known.
NEUTRAL = 0.5
_VARIANT = 0.2
# Shapes nearer than this may be one place; further apart than that they are two.
_NEAR_KM, _FAR_KM = 20.0, 500.0
# Words around a designator that say no more than what it is, with the classes of which
# that can be said; and those that say who makes it or for what, of any class.
_AIRCRAFT = frozenset(("AircraftType", "Airframe"))
_SHIPS = frozenset(("Vessel", "VesselClass"))
_GENERIC: dict[str, frozenset[str]] = {
    **dict.fromkeys(("bomber", "bombers"), frozenset(("BomberType",))),
    **dict.fromkeys(("fighter", "fighters"), frozenset(("FighterType",))),
    **dict.fromkeys(
        [
            "aircraft",
            "airplane",
            "airplanes",
            "jet",
            "jets",
            "plane",
            "planes",
            "warplane",
            "warplanes",
        ],
        _AIRCRAFT,
    ),
    **dict.fromkeys(
        [
            "carrier",
            "carriers",
            "cruiser",
            "cruisers",
            "destroyer",
            "destroyers",
            "frigate",
            "frigates",
            "guided",
            "ship",
            "ships",
            "vessel",
            "vessels",
            "warship",
            "warships",
        ],
        _SHIPS,
    ),
    **dict.fromkeys(("missile", "missiles"), _SHIPS | {"WeaponType"}),
    **dict.fromkeys(
        [
            "antonov",
            "beriev",
            "boeing",
            "chengdu",
            "douglas",
            "grumman",
            "heavy",
            "ilyushin",
            "kawasaki",
            "lockheed",
            "long",
            "martin",
            "mcdonnell",
            "mikoyan",
            "military",
            "mitsubishi",
            "multirole",
            "northrop",
            "range",
            "shenyang",
            "strategic",
            "sukhoi",
            "tupolev",
            "turboprop",
            "xian",
            "yakovlev",
        ],
        frozenset(),
    ),
}
_SHORT = 3


class Naming(NamedTuple):
    """How two profiles compare by name."""

    feature: Feature
    identifies: bool
    identifies_if_confirmed: bool
    is_rival: bool


class Designation(NamedTuple):
    """How two profiles compare by designator."""

    feature: Feature | None
    identifies: bool


def names(wanted: Known, other: Known) -> Naming:
    """Return how alike the nearest two names are."""
    alike, best = -1.0, ("", "")
    same = doubtful = rival = False
    for one in wanted.spellings:
        for two in other.spellings:
            value = _alike(one, two)
            if value > alike:
                alike, best = value, (one.name.text, two.name.text)
            if value == 1 and one.identity == two.identity:
                rival = True
                if _says_little(one, two):
                    doubtful = True
                else:
                    same = True
            elif one.unqualified == two.unqualified:
                rival = doubtful = True
    alike = max(alike, 0.0)
    return Naming(
        Feature("name_similarity", alike, _name_reason(alike, *best)),
        same,
        doubtful,
        rival,
    )


def _alike(one: Spelling, two: Spelling) -> float:
    if one.identity == two.identity:
        return 1.0
    return max(likeness(a, b) for a in one.folded for b in two.folded)


def _says_little(one: Spelling, two: Spelling) -> bool:
    """Return whether the name is so short or so loose that others bear it too."""
    if two.name.kind == "nickname":
        return True
    is_code = two.name.kind in ("abbreviation", "code")
    return is_code and (len(two.identity) <= _SHORT or not one.name.text.isupper())


def _name_reason(alike: float, one: str, two: str) -> str:
    if not two:
        return "there is no name to compare"
    if alike == 1:
        same = "the same as" if one == two else "another spelling of"
        return f"“{one}” is {same} “{two}”"
    return f"“{one}” and “{two}” are {alike:.0%} alike"


def designation(wanted: Known, other: Known) -> Designation:
    """Return how the designators compare; nothing is known where one has none."""
    if not wanted.designators or not other.designators:
        return Designation(None, identifies=False)
    pairs = [(a, b) for a in wanted.designators for b in other.designators]
    one, two = min(pairs, key=lambda pair: (_unlike(*pair), str(pair[0]), str(pair[1])))
    unlike = _unlike(one, two)
    if unlike == 0:
        feature = Feature("designator", 1.0, f"both are designated {two}")
        return Designation(feature, identifies=_stands_alone(one, other))
    if unlike == 1:
        why = f"{one} and {two} are a family and one of its variants"
        return Designation(Feature("designator", _VARIANT, why), identifies=False)
    difference = "another variant than" if one.base == two.base else "not"
    why = f"{one} is {difference} {two}"
    return Designation(Feature("designator", 0.0, why), identifies=False)


def _unlike(one: Designator, two: Designator) -> int:
    """Return 0 for one and the same, and the more the less they have in common."""
    if one == two:
        return 0
    if one.base == two.base:
        return 1 if one.is_variant_of(two) else 2
    return 3 if one.family == two.family else 4


def _stands_alone(one: Designator, other: Known) -> bool:
    """Return whether the words around the designator are generic, or the other's own."""
    own = {
        word for s in other.spellings for folded in s.folded for word in folded.split()
    }
    prefixes = {prefix.lower() for prefix in PREFIXES}
    return all(
        word in own or word in prefixes or _is_said_of(word, other.profile)
        for word in one.rest.split()
    )


def _is_said_of(word: str, profile: Profile) -> bool:
    """Return whether the generic word can be said of the entity, as far as is known."""
    classes = _GENERIC.get(word)
    if classes is None:
        return False
    if not classes or not profile.kinds:
        return True
    return any(MIL[name].value in profile.kinds for name in classes)


def kinds(wanted: Profile, other: Profile) -> Feature | None:
    """Return whether the classes go together: one of the other, or related, or neither."""
    one, two = wanted.kinds, other.kinds
    if not one or not two:
        return None
    shared = one & two
    if not shared:
        why = f"{_kind(wanted)} and {_kind(other)} have no class in common"
        return Feature("type", 0.0, why)
    if shared in (one, two):
        return Feature("type", 1.0, f"{_kind(other)} and {_kind(wanted)} go together")
    why = f"{_kind(wanted)} and {_kind(other)} are related"
    return Feature("type", NEUTRAL, why)


def _kind(profile: Profile) -> str:
    """Return the names of the profile's classes, as far as they are ours."""
    return ", ".join(sorted(compact(NamedNode(kind)) for kind in profile.kinds))


def country(wanted: Known, other: Known) -> Feature | None:
    """Return whether both belong to one state; a ship's prefix tells whose it is."""
    one, why = _states(wanted)
    two, because = _states(other)
    if not one or not two:
        return None
    if one & two:
        return Feature("country", 1.0, f"both are of {', '.join(sorted(one & two))}")
    left, right = ", ".join(sorted(one)), ", ".join(sorted(two))
    return Feature(
        "country", 0.0, f"one is of {left}{why}, the other of {right}{because}"
    )


def _states(known: Known) -> tuple[frozenset[str], str]:
    if known.profile.country:
        return known.profile.country, ""
    states = frozenset(s for prefix in known.prefixes for s in PREFIXES[prefix])
    return (
        states,
        f" (by the prefix {', '.join(sorted(known.prefixes))})" if states else "",
    )


def position(wanted: Profile, other: Profile) -> Feature | None:
    """Return how near the two shapes are, and how much they share."""
    if not wanted.geometry or not other.geometry:
        return None
    from milgraph.geometry import (  # noqa: PLC0415 - slow to import
        GeometryError,
        distance,
        overlap,
        parse,
    )

    try:
        one, two = parse(wanted.geometry), parse(other.geometry)
        away = distance(one, two)
        share = overlap(one, two) if away == 0 else 0.0
    except GeometryError as error:
        return Feature("geometry", NEUTRAL, f"not compared: {error.message}")
    if away > 0:
        value = _nearness(away)
        return Feature("geometry", value, f"they lie {away:,.0f} km apart")
    why = f"they share {share:.0%} of the smaller area"
    if one.area == 0 or two.area == 0:
        why = "one lies in the other"
    return Feature("geometry", NEUTRAL + share / 2, why)


def _nearness(away: float) -> float:
    if away <= _NEAR_KM:
        return 1 - away / _NEAR_KM * (1 - NEUTRAL)
    return max(0.0, NEUTRAL * (1 - (away - _NEAR_KM) / (_FAR_KM - _NEAR_KM)))


def identifiers(wanted: Profile, other: Profile) -> Feature | None:
    """Return whether an identifier is the same, or differs in a scheme that both use."""
    shared = wanted.identifiers & other.identifiers
    if shared:
        told = ", ".join(f"{scheme} {value}" for scheme, value in sorted(shared))
        return Feature("identifier", 1.0, f"the same identifier: {told}")
    schemes = {s for s, _ in wanted.identifiers} & {s for s, _ in other.identifiers}
    if not schemes:
        return None
    return Feature(
        "identifier", 0.0, f"different identifiers of {', '.join(sorted(schemes))}"
    )
