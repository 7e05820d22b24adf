"""Matching: which entity is meant by what is known of one, and why."""

from milgraph.matching.matcher import Matcher
from milgraph.matching.profiles import Feature, Name, Profile
from milgraph.matching.reading import profiles
from milgraph.matching.scoring import THRESHOLD, WEIGHTS, Candidate, score

__all__ = [
    "THRESHOLD",
    "WEIGHTS",
    "Candidate",
    "Feature",
    "Matcher",
    "Name",
    "Profile",
    "profiles",
    "score",
]
