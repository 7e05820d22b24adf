"""Whereabouts: how far the places of two accounts agree."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from milgraph.coreference.accounts import Place

__all__ = ["cell_of", "cells_around", "distance", "place_points"]

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_POINT = re.compile(
    rf"(?:<[^>]*>\s*)?POINT\s*\(\s*{_NUMBER}\s+{_NUMBER}\s*\)", re.IGNORECASE
)
_RADIUS = 6371.0
_WITHIN, _BROAD = 0.8, 0.5
# Points that are known exactly and so far apart neither agree nor clash.
_REACH = 50.0
_ELSEWHERE, _FAR = -0.4, -1.0

# How far they agree, and the words and terms that say why.
Found = tuple[float, tuple[object, ...]]


def place_points(some: Sequence[Place], others: Sequence[Place]) -> Found | None:
    """Return how far they agree, from -1 to 1, and why; nothing where one has none."""
    found = [_of(one, other) for one in some for other in others]
    if len(found) > 1:
        # Which comes first must not depend on the order of the two.
        found.sort(key=lambda pair: (-pair[0], str(pair[1])))
    return found[0] if found else None


def _of(one: Place, other: Place) -> Found:
    if one.node == other.node:
        value = _BROAD if one.is_broad else 1.0
        return value, ("the same place: ", one.node)
    for inner, outer in ((one, other), (other, one)):
        if outer.node in inner.areas:
            value = _BROAD * _WITHIN if outer.is_broad else _WITHIN
            return value, (inner.node, " lies within ", outer.node)
    told = (": ", frozenset((one.node, other.node)))
    apart = distance(one.geometry, other.geometry)
    if apart is None:
        return _ELSEWHERE, ("other places, neither known to lie in the other", *told)
    return _nearness(apart, one.blur + other.blur), (f"{apart:,.0f} km apart", *told)


def _nearness(apart: float, blur: float) -> float:
    """Return how far two points so far apart agree; the less, the less is known of them."""
    reach = _REACH + blur
    if apart < reach:
        return (1 - apart / reach) * _REACH / reach
    return max(_FAR, 1 - apart / reach)


@lru_cache(maxsize=65_536)
def _point(text: str) -> tuple[float, float] | None:
    found = _POINT.fullmatch(text.strip())
    return (float(found[1]), float(found[2])) if found else None


def distance(one: str, other: str) -> float | None:
    """Return the kilometres between two points; nothing where one is no point.

    >>> round(distance("POINT (0 0)", "POINT (0 1)"))
    111
    """
    here, there = _point(one), _point(other)
    if here is None or there is None:
        return None
    (east, north), (further_east, further_north) = here, there
    up, across = radians(further_north - north), radians(further_east - east)
    chord = sin(up / 2) ** 2 + (
        cos(radians(north)) * cos(radians(further_north)) * sin(across / 2) ** 2
    )
    return 2 * _RADIUS * asin(min(1.0, sqrt(chord)))


def cell_of(place: Place) -> tuple[int, int] | None:
    """Return the cell of one degree in which the place lies, where it is a point."""
    found = _point(place.geometry)
    return (int(found[0] // 1), int(found[1] // 1)) if found else None


def cells_around(place: Place) -> Iterator[tuple[int, int]]:
    """Return the cell of the place and its neighbours, also across the date line."""
    cell = cell_of(place)
    if cell is None:
        return
    east, north = cell
    for across in (-1, 0, 1):
        for up in (-1, 0, 1):
            yield ((east + across + 180) % 360 - 180, north + up)
