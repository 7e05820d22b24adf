"""Scoring: in what two profiles agree and clash, and how much that says together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from milgraph.matching.features import (
    NEUTRAL,
    country,
    designation,
    identifiers,
    kinds,
    names,
    position,
)
from milgraph.matching.known import Known
from milgraph.matching.profiles import Feature, Profile

__all__ = [
    "THRESHOLD",
    "WEIGHTS",
    "Assessment",
    "Candidate",
    "Weight",
    "assess",
    "score",
]

# What is scored lower is never taken for a match without a person's decision.
THRESHOLD = 75.0
_NAMES = 80.0


class Weight(NamedTuple):
    """The points that a feature adds when it agrees, and takes when it clashes."""

    gain: float
    loss: float


WEIGHTS: Mapping[str, Weight] = MappingProxyType(
    {
        "designator": Weight(12, 40),
        "type": Weight(6, 35),
        "country": Weight(6, 30),
        "geometry": Weight(8, 30),
        "identifier": Weight(50, 30),
    }
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile that may be the wanted one, with a score of 0 to 100 and its reasons."""

    profile: Profile
    score: float
    features: tuple[Feature, ...]
    is_match: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """A comparison of two profiles, before it is known who else comes into question."""

    profile: Profile
    score: float
    features: tuple[Feature, ...]
    identifies: bool  # what they share could by itself say that they are the same
    rivals: bool  # what they share keeps another from being identified

    @property
    def clashes(self) -> bool:
        """Whether they differ in something in which the same thing cannot."""
        return any(f.value < NEUTRAL and f.name in WEIGHTS for f in self.features)


def score(features: Iterable[Feature]) -> float:
    """Return the points of the features together, 0 to 100; no feature lowers it by rising.

    A name gives up to 80 points. Each other feature adds or takes in proportion to how
    far it lies from 0.5, which is what counts where nothing is known.

    >>> score([Feature("name_similarity", 1.0, ""), Feature("country", 0.0, "")])
    50.0
    """
    points = sum(_points(feature) for feature in features)
    return round(min(max(points, 0.0), 100.0), 1)


def _points(feature: Feature) -> float:
    if feature.name == "name_similarity":
        return _NAMES * feature.value
    weight = WEIGHTS[feature.name]
    way = 2 * (feature.value - NEUTRAL)
    return way * (weight.gain if way > 0 else weight.loss)


def assess(wanted: Known, other: Known) -> Assessment:
    """Return the comparison of the two."""
    named = names(wanted, other)
    designated = designation(wanted, other)
    told = (
        designated.feature,
        kinds(wanted.profile, other.profile),
        country(wanted, other),
        position(wanted.profile, other.profile),
        identifiers(wanted.profile, other.profile),
    )
    features = (named.feature, *(feature for feature in told if feature))
    by_name = {feature.name: feature.value for feature in features}
    confirmed = (
        by_name.get("type", NEUTRAL) == 1 or by_name.get("country", NEUTRAL) == 1
    )
    identified = by_name.get("identifier", NEUTRAL) == 1
    identifies = (
        identified
        or designated.identifies
        or named.identifies
        or (named.identifies_if_confirmed and confirmed)
    )
    return Assessment(
        other.profile,
        score(features),
        features,
        identifies,
        identifies or named.is_rival,
    )
