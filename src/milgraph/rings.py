"""Rings: how those that cross the antimeridian, or go round a pole, lie on a map.

Longitude and latitude are taken for a map, on which lines are straight. A step of more
than half the globe is the shorter way over the antimeridian, but where the outline was
cut there, or runs along a pole, it is one along the edge of the map. What lies over the
antimeridian goes on beyond 180 degrees, so that it stays in one piece.
"""

from typing import Any, TypeAlias

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

__all__ = ["TURN", "Points", "mended", "unrolled"]

# One row of longitude and latitude a point.
Points: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
TURN = 360.0
_HALF, _POLE = 180.0, 90.0
# To mend takes time by the square of the points where each line crosses each other.
_MENDED = 200
_SEVERAL = {
    "Point": shapely.MultiPoint,
    "LineString": shapely.MultiLineString,
    "Polygon": shapely.MultiPolygon,
}


def mended(geometry: BaseGeometry) -> BaseGeometry:
    """Return what crosses itself without that; where that would take long, the hull."""
    if geometry.is_valid:
        return geometry
    if shapely.get_num_coordinates(geometry) > _MENDED:
        return geometry.convex_hull
    return shapely.make_valid(geometry, method="structure", keep_collapsed=False)


def unrolled(geometry: BaseGeometry) -> BaseGeometry:
    """Return the geometry as it lies on the map, in as few pieces as can be.

    Raises:
        ValueError: a ring winds round the globe more than once.

    >>> unrolled(shapely.from_wkt("LINESTRING (170 60, -170 61)")).wkt
    'LINESTRING (170 60, 190 61)'
    """
    parts = _parts(geometry)
    if not any(_has_jumps(part) for part in parts):
        return geometry
    found = [_begun(one) for part in parts for one in _parts(_part(part))]
    found = [one for one in found if not one.is_empty]
    if any(one.bounds[2] > _HALF for one in found):
        # What lies west of the meridian belongs to what goes beyond 180 degrees.
        found = [_turned(one, TURN) if one.bounds[2] < 0 else one for one in found]
    if len(found) <= 1:
        return found[0] if found else Polygon()
    kinds = {one.geom_type for one in found}
    several = shapely.GeometryCollection if len(kinds) > 1 else _SEVERAL[kinds.pop()]
    return several(found)


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    parts = getattr(geometry, "geoms", None)
    if parts is None:
        return [geometry]
    return [one for part in parts for one in _parts(part) if not one.is_empty]


def _rings(part: BaseGeometry) -> list[BaseGeometry]:
    return [part.exterior, *part.interiors] if isinstance(part, Polygon) else [part]


def _has_jumps(part: BaseGeometry) -> bool:
    return any(_jumps(shapely.get_coordinates(ring)).any() for ring in _rings(part))


def _jumps(points: Points) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which steps are over the antimeridian; none are where the ring was cut."""
    (xs, ys), steps = points.T, np.diff(points[:, 0])
    at_pole = (np.abs(ys[1:]) == _POLE) & (ys[1:] == ys[:-1])
    found: np.ndarray[Any, np.dtype[np.bool_]] = (np.abs(steps) > _HALF) & ~at_pole
    if found.any():
        edges = [-_HALF, _HALF]
        if np.ptp(xs) == TURN:
            edges += [xs.min(), xs.max()]
        cut = np.isin(xs, edges)
        runs_along = ((steps == 0) & cut[1:] & (ys[1:] != ys[:-1])).any()
        if runs_along and (cut[1:] | cut[:-1])[found].all():
            return np.zeros_like(found)
    return found


def _part(part: BaseGeometry) -> BaseGeometry:
    if not isinstance(part, Polygon):
        line = _straightened(shapely.get_coordinates(part))
        # From one edge of the map to the other is round the globe, and not nowhere.
        return shapely.LineString(line) if np.ptp(line, axis=0).any() else part
    shell, *holes = (_area(shapely.get_coordinates(ring)) for ring in _rings(part))
    turns = (-2 * TURN, -TURN, 0.0, TURN, 2 * TURN)
    around = [_turned(hole, turn) for hole in holes for turn in turns]
    return shell.difference(shapely.union_all(around)) if holes else shell


def _straightened(points: Points) -> Points:
    """Return the points with each jump as the shorter way, beyond the edge of the map."""
    turns = np.where(_jumps(points), np.round(np.diff(points[:, 0]) / TURN), 0.0)
    found = points.copy()
    found[1:, 0] -= TURN * np.cumsum(turns)
    return found


def _area(points: Points) -> BaseGeometry:
    """Return what the ring encloses."""
    points = _straightened(points)
    across = TURN * float(np.round((points[-1, 0] - points[0, 0]) / TURN))
    if abs(across) > TURN:
        raise ValueError("a ring winds round the globe more than once")
    return mended(Polygon(_round_a_pole(points, across) if across else points))


def _round_a_pole(points: Points, across: float) -> Points:
    """Return the ring that goes round the globe, closed over the pole that it encloses.

    That is the pole on its smaller side. It is closed from the point next to the pole,
    as nothing of the ring is above that.
    """
    xs, ys = points.T
    heights = np.sin(np.radians(ys))
    north = np.sum(np.diff(xs) * (heights[1:] + heights[:-1])) / across
    pole = _POLE if north >= 0 else -_POLE
    start = int(np.argmin(np.abs(ys - pole)))
    # The last point is the first one again, a turn further.
    further = points[1 : start + 1] + np.array([across, 0.0])
    way = np.concatenate([points[start:], further])
    corners = np.array([[way[-1, 0], pole], [way[0, 0], pole], way[0]])
    return np.concatenate([way, corners])


def _turned(part: BaseGeometry, turn: float) -> BaseGeometry:
    return affinity.translate(part, xoff=turn) if turn else part


def _begun(part: BaseGeometry) -> BaseGeometry:
    """Return the part some turns further, so that it begins on the map."""
    return _turned(part, -TURN * float(np.floor((part.bounds[0] + _HALF) / TURN)))
