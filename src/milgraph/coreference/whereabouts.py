"""Whereabouts: how far the places of two accounts agree."""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import TypeAlias

from milgraph.coreference.accounts import Place

__all__ = ["cells_around", "cells_of", "distance", "place_points"]

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_POINT = re.compile(
    rf"(?:<[^>]*>\s*)?POINT\s*\(\s*{_NUMBER}\s+{_NUMBER}\s*\)", re.IGNORECASE
)
_RADIUS = 6371.0
_WITHIN, _OVERLAPS, _BROAD = 0.8, 0.6, 0.5
# Points that are known exactly and so far apart neither agree nor clash.
_REACH = 50.0
_MOST_CELLS = 400
_ELSEWHERE, _FAR = -0.4, -1.0

# How far they agree, and the words and terms that say why.
Found: TypeAlias = tuple[float, tuple[object, ...]]
Cell: TypeAlias = tuple[int, int]


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
    if apart == 0 and None in (_point(one.geometry), _point(other.geometry)):
        value = _OVERLAPS * _BROAD if one.is_broad or other.is_broad else _OVERLAPS
        return value, ("their shapes overlap", *told)
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
    """Return the kilometres between the shapes; nothing where one is none.

    >>> round(distance("POINT (0 0)", "POINT (0 1)"))
    111
    """
    here, there = _point(one), _point(other)
    if here is None or there is None:
        return _between_shapes(*sorted((one, other)))
    (east, north), (further_east, further_north) = here, there
    up, across = radians(further_north - north), radians(further_east - east)
    chord = sin(up / 2) ** 2 + (
        cos(radians(north)) * cos(radians(further_north)) * sin(across / 2) ** 2
    )
    return 2 * _RADIUS * asin(min(1.0, sqrt(chord)))


@lru_cache(maxsize=16_384)
def _between_shapes(one: str, other: str) -> float | None:
    from milgraph import geometry  # noqa: PLC0415 - slow to import

    try:
        return geometry.distance(geometry.parse(one), geometry.parse(other))
    except geometry.GeometryError:
        return None


@lru_cache(maxsize=65_536)
def _cells(text: str) -> tuple[Cell, ...]:
    """Return the cells of one degree that the shape may touch; none of a large one."""
    if point := _point(text):
        west, south = east, north = point
    else:
        from milgraph import geometry  # noqa: PLC0415 - slow to import

        try:
            west, south, east, north = geometry.parse(text).bounds
        except geometry.GeometryError:
            return ()
    across = range(int(west // 1), int(east // 1) + 1)
    up = range(int(south // 1), int(north // 1) + 1)
    if len(across) * len(up) > _MOST_CELLS:
        return ()
    return tuple((_turned(x), y) for x in across for y in up)


def _turned(east: int) -> int:
    return (east + 180) % 360 - 180


def cells_of(place: Place) -> tuple[Cell, ...]:
    """Return the cells of one degree in which the place may lie."""
    return _cells(place.geometry) if place.geometry else ()


def cells_around(place: Place) -> frozenset[Cell]:
    """Return the cells of the place and their neighbours, also across the date line."""
    steps = (-1, 0, 1)
    return frozenset(
        (_turned(east + across), north + up)
        for east, north in cells_of(place)
        for across in steps
        for up in steps
    )
