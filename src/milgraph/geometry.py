"""Geometry: shapes on the globe, how far they are from each other and what they share."""

import json
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Any, TypeAlias

import numpy as np
import shapely
from shapely import affinity
from shapely.errors import GEOSException, ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from milgraph.errors import KnowledgeGraphError

__all__ = [
    "GeometryError",
    "contains",
    "distance",
    "from_geojson",
    "overlap",
    "parse",
    "wkt",
]

# Coordinates as the library hands them out: one row of longitude and latitude a point.
Points: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
_RADIUS = 6371.0088  # the mean radius of the earth, in km
_NESTED = 16
# To mend takes time by the square of the points where each line crosses each other.
_MENDED = 200
_HALF, _TURN = 180, 360
_LONGEST = 5_000_000  # characters of one geometry
_CRS84 = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"


class GeometryError(KnowledgeGraphError):
    """A geometry that cannot be read, or that does not lie on the globe."""


@lru_cache(maxsize=1024)
def parse(text: str) -> BaseGeometry:
    """Return the geometry of the WKT, in longitude and latitude.

    The name of CRS84 may stand before it, as GeoSPARQL allows (section 8.5.1). What
    crosses itself is mended. A ring that jumps over the antimeridian is unrolled.

    Raises:
        GeometryError: it is ill-formed, empty or not on the globe.

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


def distance(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return how many kilometres lie between the nearest points; 0 where they touch.

    The nearest points are sought on a map that is true to scale between the two, and
    the way between them is that along a great circle.

    >>> round(distance(parse("POINT (179.9 0)"), parse("POINT (-179.9 0)")))
    22
    """
    least = float("inf")
    scale = max(cos(radians(_middle_latitude(one, other))), 0.01)
    flat = affinity.scale(one, xfact=scale, origin=(0, 0))
    for turned in _turned(one, other):
        here, there = nearest_points(
            flat, affinity.scale(turned, xfact=scale, origin=(0, 0))
        )
        way = _great_circle((here.x / scale, here.y), (there.x / scale, there.y))
        least = min(least, way)
    return least


def overlap(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return how much of the smaller area both share, 0 to 1; a point is in it or not.

    >>> overlap(parse("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))"), parse("POINT (1 1)"))
    1.0
    """
    most = 0.0
    first = _to_scale(one)
    for turned in _turned(one, other):
        second = _to_scale(turned)
        if not first.intersects(second):
            continue
        smaller = min(first.area, second.area)
        shared = first.intersection(second).area / smaller if smaller else 1.0
        most = max(most, shared)
    return min(most, 1.0)


def contains(outer: BaseGeometry, inner: BaseGeometry) -> bool:
    """Return whether the inner one lies in the outer one, its border included."""
    return any(outer.covers(turned) for turned in _turned(outer, inner))


def _checked(read: Callable[[], Any]) -> BaseGeometry:
    try:
        geometry = read()
        if not isinstance(geometry, BaseGeometry) or geometry.is_empty:
            raise GeometryError("the geometry is empty")
        unrolled = _unrolled(geometry)
        bounds = unrolled.bounds
    except (
        GEOSException,
        ShapelyError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        RecursionError,
    ) as error:
        raise GeometryError(f"that is not a geometry: {str(error)[:200]}") from error
    if not _is_on_the_globe(bounds):
        raise GeometryError(
            "the geometry does not lie on the globe",
            hint="Give the longitude first, from -180 to 180, then the latitude.",
        )
    return unrolled if unrolled.is_valid else _mended(unrolled)


def _is_on_the_globe(bounds: tuple[float, ...]) -> bool:
    west, south, east, north = bounds
    return (
        all(map(isfinite, bounds))
        and abs(south) <= _HALF / 2
        and abs(north) <= _HALF / 2
        and west >= -_TURN
        and east <= _TURN + _HALF
    )


def _mended(geometry: BaseGeometry) -> BaseGeometry:
    """Return what crosses itself without that; where that would take long, the hull."""
    if shapely.get_num_coordinates(geometry) > _MENDED:
        return geometry.convex_hull
    return shapely.make_valid(geometry, method="structure", keep_collapsed=False)


def _unrolled(geometry: BaseGeometry) -> BaseGeometry:
    """Return it with negative longitudes raised if a part jumps over the antimeridian."""
    if not any(_jumps(part) for part in _parts(geometry)):
        return geometry

    def raised(points: Points) -> Points:
        points[points[:, 0] < 0, 0] += _TURN
        return points

    return shapely.transform(geometry, raised)


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    parts = getattr(geometry, "geoms", None)
    return (
        [p for part in parts for p in _parts(part)] if parts is not None else [geometry]
    )


def _jumps(part: BaseGeometry) -> bool:
    """Return whether two neighbouring points are further apart than half the globe."""
    line = getattr(part, "exterior", part)
    xs = [point[0] for point in line.coords]
    return any(abs(b - a) > _HALF for a, b in pairwise(xs))


def _turned(one: BaseGeometry, other: BaseGeometry) -> list[BaseGeometry]:
    """Return the other where it is, or a turn of the globe beside it: next to the one."""
    west, _, east, _ = one.bounds
    left, _, right, _ = other.bounds
    gaps = {
        turn: max(left + turn - east, west - right - turn, 0.0)
        for turn in (0, _TURN, -_TURN)
    }
    least = min(gaps.values())
    return [
        affinity.translate(other, xoff=turn) if turn else other
        for turn, gap in gaps.items()
        if gap == least
    ]


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
