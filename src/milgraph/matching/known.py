"""What a comparison needs of a profile, worked out once: folded names and designators."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from milgraph.matching.profiles import Name, Profile
from milgraph.names import (
    PREFIXES,
    Designator,
    designators,
    identity,
    ship_prefix,
    transliterations,
)

__all__ = ["Known", "Spelling", "known"]

# What is longer is no name, and is compared by its beginning.
_LONGEST = 1000
_QUALIFIER = re.compile(r"\s*[(\[\uff08][^)\]\uff09]*[)\]\uff09]\s*")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name with what it is compared by."""

    name: Name
    identity: str
    unqualified: str  # the identity without what stands in brackets
    folded: tuple[str, ...]
    designators: tuple[Designator, ...]
    prefix: str  # that of a ship


@dataclass(frozen=True, slots=True)
class Known:
    """A profile with its spellings, and the designators that are its own."""

    profile: Profile
    spellings: tuple[Spelling, ...]
    designators: frozenset[Designator]
    prefixes: frozenset[str]


def known(
    profile: Profile, *, is_known: Callable[[Designator], bool] | None = None
) -> Known:
    """Return what comparisons need of the profile.

    Where it is told which designators are known, names are read so that they have one
    of these, if they can be.

    A designator within a longer name may be another's: "Tu-95MS Long-Range Aviation" is
    no aircraft. So only that of the label, or one that stands alone, is its own.
    """
    spellings = tuple(_spelling(name, is_known) for name in profile.names)
    hulls = (
        d
        for scheme, v in profile.identifiers
        if scheme == "hull"
        for d in designators(v)
    )
    own = {
        reading
        for place, spelling in enumerate(spellings)
        for reading in spelling.designators
        if not (place and reading.rest)
    }
    prefixes = frozenset(s.prefix for s in spellings if s.prefix)
    return Known(profile, spellings, frozenset((*own, *hulls)), prefixes)


def _spelling(name: Name, is_known: Callable[[Designator], bool] | None) -> Spelling:
    bare = _QUALIFIER.sub(" ", name.text[:_LONGEST]).strip() or name.text
    prefix, _ = ship_prefix(name.text)
    return Spelling(
        name,
        identity(name.text),
        identity(bare),
        transliterations(name.text),
        designators(name.text, is_known=is_known),
        prefix if prefix in PREFIXES else "",
    )
