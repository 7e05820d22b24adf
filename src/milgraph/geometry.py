"""Geometry: shapes on the globe, how far they are from each other and what they share."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import asin, ceil, cos, floor, isfinite, radians, sin, sqrt
from typing import Any

import numpy as np
import shapely
from shapely import affinity
from shapely.errors import GEOSException, ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from milgraph.errors import KnowledgeGraphError
from milgraph.rings import TURN, Points, mended, unrolled

__all__ = [
    "GeometryError",
    "contains",
    "distance",
    "from_geojson",
    "overlap",
    "parse",
    "wkt",
]

_RADIUS = 6371.0088  # the mean radius of the earth, in km
_NESTED = 16
_POLE = 90
_LONGEST = 5_000_000  # characters of one geometry
_CRS84 = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"


class GeometryError(KnowledgeGraphError):
    """A geometry that cannot be read, or that does not lie on the globe."""


@contextmanager
def _comparing() -> Iterator[None]:
    """Promise that what the library cannot compare is told as an error of ours."""
    try:
        yield
    except (GEOSException, ShapelyError, ValueError) as error:
        told = f"the geometries cannot be compared: {str(error)[:200]}"
        raise GeometryError(told) from error


@lru_cache(maxsize=1024)
def parse(text: str) -> BaseGeometry:
    """Return the geometry of the WKT, in longitude and latitude.

    The name of CRS84 may stand before it, as GeoSPARQL allows (section 8.5.1). What
    crosses itself is mended. What crosses the antimeridian goes on beyond 180 degrees,
    and a ring round a pole is closed over it (`milgraph.rings`).

    Raises:
        GeometryError: it is ill-formed, empty, collapsed or not on the globe.

    >>> parse("POINT (135 40)").wkt
    'POINT (135 40)'
    """
    written = text.strip()
    if written.startswith(_CRS84):
        written = written.removeprefix(_CRS84).strip()
    if written.startswith("<"):
        name = written[1 : written.find(">")]
        raise GeometryError(f"geometries in {name} are not read, only those in CRS84")
    if len(written) > _LONGEST:
        raise GeometryError(f"a geometry of {len(written):,} characters is too long")
    # The parser goes as deep as it is told to, beyond the end of its stack.
    if written.upper().count("COLLECTION") > _NESTED:
        raise GeometryError("there are too many collections in the geometry")
    return _checked(lambda: shapely.from_wkt(written))


def from_geojson(value: Any) -> BaseGeometry:
    """Return the geometry of a GeoJSON object, of a geometry or a feature.

    Raises:
        GeometryError: it is none, or not on the globe.

    >>> from_geojson({"type": "Point", "coordinates": [135, 40]}).wkt
    'POINT (135 40)'
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise GeometryError(f"that is not JSON: {error}") from error
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict):
        raise GeometryError("a GeoJSON geometry is an object with a type")
    return _checked(lambda: shape(value))


def wkt(geometry: BaseGeometry) -> str:
    """Return the geometry as WKT.

    >>> wkt(parse("POINT(135.50 40)"))
    'POINT (135.5 40)'
    """
    return str(shapely.to_wkt(geometry, rounding_precision=6, trim=True))


@_comparing()
def distance(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return how many kilometres lie between the nearest points; 0 where they touch.

    The nearest points are sought on a map that is true to scale between the two, and
    the way between them is that along a great circle.

    Raises:
        GeometryError: they cannot be compared.

    >>> round(distance(parse("POINT (179.9 0)"), parse("POINT (-179.9 0)")))
    22
    """
    least, nearest = float("inf"), float("inf")
    scale = max(cos(radians(_middle_latitude(one, other))), 0.01)
    flat = affinity.scale(one, xfact=scale, origin=(0, 0))
    for turned in _turned(one, other, beside=True):
        beside = affinity.scale(turned, xfact=scale, origin=(0, 0))
        if _gap(flat, beside) > nearest:
            continue
        here, there = nearest_points(flat, beside)
        nearest = min(nearest, here.distance(there))
        way = _great_circle((here.x / scale, here.y), (there.x / scale, there.y))
        least = min(least, way)
    return least


@_comparing()
def overlap(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return how much of the smaller area both share, 0 to 1; a point is in it or not.

    Raises:
        GeometryError: they cannot be compared.

    >>> overlap(parse("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))"), parse("POINT (1 1)"))
    1.0
    """
    share = 0.0
    first = _to_scale(one)
    for turned in _turned(one, other):
        second = _to_scale(turned)
        if not first.intersects(second):
            continue
        smaller = min(first.area, second.area)
        share += first.intersection(second).area / smaller if smaller else 1.0
    return min(share, 1.0)


@_comparing()
def contains(outer: BaseGeometry, inner: BaseGeometry) -> bool:
    """Return whether the inner one lies in the outer one, its border included.

    Raises:
        GeometryError: they cannot be compared.
    """
    around = _turned(inner, outer)
    if len(around) > 1 and not any(turned.covers(inner) for turned in around):
        # It may lie across an edge along which the outer one was cut.
        around = [shapely.union_all(around)]
    return any(turned.covers(inner) for turned in around)


def _checked(read: Callable[[], Any]) -> BaseGeometry:
    try:
        geometry = read()
        if not isinstance(geometry, BaseGeometry) or geometry.is_empty:
            raise GeometryError("the geometry is empty")
        _require_globe(geometry.bounds)
        found = mended(unrolled(geometry))
    except (
        GEOSException,
        ShapelyError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        RuntimeError,  # nested too deep, or of a kind that is not implemented
    ) as error:
        raise GeometryError(f"that is not a geometry: {str(error)[:200]}") from error
    if found.is_empty:
        raise GeometryError("the geometry encloses nothing")
    return found


def _require_globe(bounds: tuple[float, ...]) -> None:
    west, south, east, north = bounds
    if not (
        all(map(isfinite, bounds))
        and abs(south) <= _POLE
        and abs(north) <= _POLE
        and west >= -TURN
        and east <= TURN * 1.5
    ):
        raise GeometryError(
            "the geometry does not lie on the globe",
            hint="Give the longitude first, from -180 to 180, then the latitude.",
        )


def _turned(
    one: BaseGeometry, other: BaseGeometry, *, beside: bool = False
) -> list[BaseGeometry]:
    """Return the other at each turn of the globe at which it may touch the one.

    Those beside are the next turns to the west and to the east.
    """
    west, _, east, _ = one.bounds
    left, _, right, _ = other.bounds
    first = ceil((west - right) / TURN) - beside
    last = floor((east - left) / TURN) + beside
    turns = sorted(range(first, last + 1), key=abs)
    return [
        affinity.translate(other, xoff=turn * TURN) if turn else other for turn in turns
    ]


def _gap(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return how far apart the two are at least, from west to east."""
    west, _, east, _ = one.bounds
    left, _, right, _ = other.bounds
    return float(max(left - east, west - right, 0.0))


def _to_scale(geometry: BaseGeometry) -> BaseGeometry:
    """Return the geometry in a projection that is true to area (Lambert's cylinder)."""

    def projected(points: Points) -> Points:
        points[:, 1] = np.degrees(np.sin(np.radians(points[:, 1])))
        return points

    return shapely.transform(geometry, projected)


def _middle_latitude(one: BaseGeometry, other: BaseGeometry) -> float:
    return float((one.centroid.y + other.centroid.y) / 2)


def _great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the kilometres between two points by the haversine formula."""
    (a, b), (c, d) = one, other
    x = sin(radians(d - b) / 2) ** 2
    y = cos(radians(b)) * cos(radians(d)) * sin(radians(c - a) / 2) ** 2
    return 2 * _RADIUS * asin(min(1.0, sqrt(x + y)))
