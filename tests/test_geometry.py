"""Geometry: distance and overlap on a globe, on which the antimeridian is no border."""

import random
import re
from itertools import pairwise
from math import acos, asin, atan2, cos, degrees, radians, sin, tan
from pathlib import Path
from time import process_time

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from milgraph.geometry import (
    GeometryError,
    contains,
    distance,
    from_geojson,
    overlap,
    parse,
    wkt,
)

POINTS = st.builds(
    lambda x, y: parse(f"POINT ({x} {y})"),
    st.floats(-180, 180).map(lambda v: round(v, 3)),
    st.floats(-85, 85).map(lambda v: round(v, 3)),
)
PLACES = Path(__file__).parents[1] / "data" / "reference" / "places.ttl"
OUTLINES = re.findall(
    r"place:([\w-]+)-geometry a [^\"]*\"[^\"]*\"@en ;\s+geo:asWKT \"(\w*POLYGON[^\"]+)\"",
    PLACES.read_text(),
)
CHUKCHI = "POLYGON ((170 65, -170 65, -170 70, 170 70, 170 65))"


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ("POINT (0 0)", "POINT (0 1)", 111.2),
        ("POINT (0 60)", "POINT (1 60)", 55.6),
        ("POINT (179.5 0)", "POINT (-179.5 0)", 111.2),
        ("POINT (37.62 55.75)", "POINT (30.31 59.94)", 634),
        ("POINT (0 0)", "POLYGON ((1 -1, 2 -1, 2 1, 1 1, 1 -1))", 111.2),
        ("POINT (1.5 0)", "POLYGON ((1 -1, 2 -1, 2 1, 1 1, 1 -1))", 0),
    ],
)
def test_a_distance_is_that_along_a_great_circle(one, other, km):
    assert distance(parse(one), parse(other)) == pytest.approx(km, rel=0.01)


@given(POINTS, POINTS)
def test_a_distance_is_the_same_both_ways_and_not_beyond_the_antipode(one, other):
    there = distance(one, other)
    assert there == pytest.approx(distance(other, one), abs=1e-6)
    assert 0 <= there <= 20_016
    assert distance(one, one) == 0


def test_a_shape_over_the_antimeridian_is_small_and_knows_what_lies_in_it():
    sea = parse(CHUKCHI)
    assert contains(sea, parse("POINT (179 67)"))
    assert contains(sea, parse("POINT (-179 67)"))
    assert not contains(sea, parse("POINT (0 67)"))
    assert overlap(sea, parse("POINT (-175 66)")) == 1
    assert distance(sea, parse("POINT (-160 67)")) < 500


@pytest.mark.parametrize(
    ("other", "share"),
    [
        ("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))", 1),
        ("POLYGON ((1 0, 3 0, 3 2, 1 2, 1 0))", 0.5),
        ("POLYGON ((0.5 0.5, 1 0.5, 1 1, 0.5 1, 0.5 0.5))", 1),
        ("POLYGON ((5 5, 6 5, 6 6, 5 6, 5 5))", 0),
        ("POINT (9 9)", 0),
    ],
)
def test_an_overlap_is_the_share_of_the_smaller(other, share):
    square = parse("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))")
    assert overlap(square, parse(other)) == pytest.approx(share, abs=0.01)


def test_what_crosses_itself_is_mended():
    bow = parse("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    assert bow.is_valid
    assert contains(bow, parse("POINT (1.5 1)"))


def test_what_crosses_itself_everywhere_is_taken_by_its_hull():
    chance = random.Random(1)  # noqa: S311 - any shape
    points = [(chance.uniform(0, 9), chance.uniform(0, 9)) for _ in range(5_000)]
    text = ", ".join(f"{x} {y}" for x, y in [*points, points[0]])
    start = process_time()
    tangle = parse(f"POLYGON (({text}))")
    assert process_time() - start < 2
    assert contains(tangle, parse("POINT (4 4)"))
    assert not contains(tangle, parse("POINT (10 4)"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POINT",
        "POINT EMPTY",
        "POINT (nan nan)",
        "POINT (10 95)",
        "POINT (900 10)",
        "<http://www.opengis.net/def/crs/EPSG/0/4326> POINT (1 2)",
        "DROP TABLE",
        "POLYGON ((0 0, 1 1))",
        "LINESTRING (0 0, 0 0)",
        "POLYGON ((0 0, 1 1, 0 0, 0 0))",
        "POLYGON ((170 0, -170 1, 170 0, 170 0))",
        "CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))",
        "GEOMETRYCOLLECTION(" * 300_000 + "POINT (1 1)" + ")" * 300_000,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_shape_on_the_globe_is_refused(text):
    with pytest.raises(GeometryError):
        parse(text)


def test_the_name_of_crs84_may_stand_before_the_text():
    assert wkt(parse("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(1 2)")) == (
        "POINT (1 2)"
    )


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Point", "coordinates": [135, 40]},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [135, 40]}},
        '{"type": "Point", "coordinates": [135, 40]}',
    ],
)
def test_geojson_is_read_as_geometry_feature_or_text(value):
    assert wkt(from_geojson(value)) == "POINT (135 40)"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "{",
        {"type": "Point"},
        {"type": "Circle", "coordinates": [1, 2]},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Point", "coordinates": []},
        {"type": "Feature", "geometry": None},
        {"type": "Polygon", "coordinates": [[1, 2], [3, 4]]},
        "[" * 100_000,
        '{"type": "GeometryCollection", "geometries": [' * 5_000,
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_no_geojson_is_refused(value):
    with pytest.raises(GeometryError):
        from_geojson(value)


def seen_from_the_south_pole(longitude, latitude):
    """Return the point on a plane, on which the south pole is infinitely far away."""
    away = tan(radians(90 - latitude) / 2)
    return away * cos(radians(longitude)), away * sin(radians(longitude))


def is_enclosed(point, ring):
    """Return whether the ring goes round the point, for one that leaves out the south pole."""
    steps = [
        tuple(a + (b - a) * step / 40 for a, b in zip(one, other, strict=True))
        for one, other in pairwise(ring)
        for step in range(40)
    ]
    east, north = seen_from_the_south_pole(*point)
    crossed = False
    plane = [seen_from_the_south_pole(*one) for one in [*steps, ring[-1]]]
    for (x, y), (u, v) in pairwise(plane):
        if (y > north) != (v > north) and east < x + (u - x) * (north - y) / (v - y):
            crossed = not crossed
    return crossed


def test_there_are_outlines_to_look_at():
    assert {"arctic-ocean", "pacific-ocean", "russia", "black-sea"} <= {
        name for name, _ in OUTLINES
    }


@pytest.mark.parametrize(("name", "text"), OUTLINES, ids=[name for name, _ in OUTLINES])
def test_what_lies_in_a_shipped_place_on_the_sphere_lies_in_it(name, text):
    place, written = parse(text), shapely.from_wkt(text)
    parts = getattr(written, "geoms", [written])
    assert all(not part.interiors for part in parts)
    chance = random.Random(name)  # noqa: S311 - any points
    west, south, east, north = written.bounds
    found = set()
    for _ in range(60):
        x, y = chance.uniform(west - 3, east + 3), chance.uniform(south - 3, north + 3)
        x, y = (x + 180) % 360 - 180, max(-89.9, min(y, 89.9))
        inside = any(is_enclosed((x, y), list(part.exterior.coords)) for part in parts)
        assert contains(place, parse(f"POINT ({x} {y})")) is inside
        found.add(inside)
    assert found == {True, False}


def away_from(centre, angle, way):
    """Return the point so many degrees from the centre, in the direction."""
    (x, y), a, b = map(radians, centre), radians(angle), radians(way)
    up = asin(sin(y) * cos(a) + cos(y) * sin(a) * cos(b))
    across = atan2(sin(b) * sin(a) * cos(y), cos(a) - sin(y) * sin(up))
    return (degrees(x + across) + 180) % 360 - 180, degrees(up)


def degrees_between(one, other):
    (a, b), (c, d) = [tuple(map(radians, point)) for point in (one, other)]
    return degrees(
        acos(max(-1, min(1, sin(b) * sin(d) + cos(b) * cos(d) * cos(c - a))))
    )


@given(
    centre=st.tuples(st.floats(-180, 180), st.floats(-89.9, 89.9)),
    angle=st.floats(4, 80),
    point=st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    is_reversed=st.booleans(),
)
def test_a_circle_anywhere_on_the_sphere_holds_what_is_near_its_centre(
    centre, angle, point, is_reversed
):
    ways = range(361)[:: -1 if is_reversed else 1]
    ring = [away_from(centre, angle, way % 360) for way in ways]
    text = ", ".join(f"{x:.7f} {y:.7f}" for x, y in ring)
    circle = parse(f"POLYGON (({text}))")
    between = degrees_between(centre, point)
    if abs(between - angle) > 3:
        told = f"POINT ({point[0]:.7f} {point[1]:.7f})"
        assert contains(circle, parse(told)) is (between < angle)
        assert (overlap(circle, parse(told)) == 1) is (between < angle)
        assert (distance(circle, parse(told)) == 0) is (between < angle)


ROUND = ", ".join(f"{x} 70" for x in range(-170, 180, 20)) + ", -170 70"
INNER = ", ".join(f"{x} 80" for x in range(-170, 180, 20)) + ", -170 80"


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (f"POLYGON (({ROUND}))", ["0 90", "180 75", "-179 71"], ["0 69", "180 -80"]),
        (
            f"POLYGON (({ROUND}), ({INNER}))",
            ["0 75", "180 75", "-179 71"],
            ["0 85", "180 89", "0 60"],
        ),
        (
            "POLYGON ((-180 60, 180 60, 180 90, -180 90, -180 60))",
            ["0 61", "180 75", "-100 90"],
            ["0 59", "180 -75"],
        ),
        (
            "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))",
            ["0 0", "180 0", "-180 90", "77 -90"],
            [],
        ),
        (
            "POLYGON ((0 -40, 360 -40, 360 60, 0 60, 0 -40))",
            ["0 0", "180 0", "-30 59"],
            ["0 61", "180 -41"],
        ),
        (
            "POLYGON ((-180 -80, -90 -70, 0 -75, 90 -70, 180 -80, -180 -80))",
            ["0 -76", "180 -85", "45 -80"],
            ["0 -74", "180 -79"],
        ),
        (
            "POLYGON ((-20 0, 180 0, 180 50, -20 50, -20 0))",
            ["0 25", "100 25", "-180 25"],
            ["-100 25", "-179 25"],
        ),
        (
            "POLYGON ((170 65, 180 65, -180 65, -170 65, -170 70, -180 70, 180 70, 170 70, 170 65))",
            ["175 67", "180 67", "-175 67"],
            ["0 67", "165 67", "-165 67"],
        ),
        (
            "POLYGON ((170 65, 190 65, 190 70, 170 70, 170 65))",
            ["175 67", "-180 67", "-175 67"],
            ["0 67", "165 67", "-165 67"],
        ),
        (
            "POLYGON ((160 50, -160 50, -160 70, 160 70, 160 50), (-175 55, 175 55, 175 65, -175 65, -175 55))",
            ["165 60", "-165 60", "180 52"],
            ["180 60", "-176 60", "0 60"],
        ),
        (
            f"MULTIPOLYGON ((({CHUKCHI[10:-2]})), ((-10 0, 10 0, 10 5, -10 5, -10 0)))",
            ["175 67", "-175 67", "0 1", "-9 1", "9 1"],
            ["180 1", "0 67", "20 1"],
        ),
    ],
)
def test_a_ring_is_read_as_it_was_meant(text, inside, outside):
    region = parse(text)
    assert region.is_valid
    assert [p for p in inside if not contains(region, parse(f"POINT ({p})"))] == []
    assert [p for p in outside if contains(region, parse(f"POINT ({p})"))] == []


def test_what_was_cut_at_the_antimeridian_holds_what_lies_across_it():
    halves = (
        "MULTIPOLYGON (((160 60, 180 60, 180 80, 160 80, 160 60)),"
        " ((-180 60, -160 60, -160 80, -180 80, -180 60)))"
    )
    assert contains(parse(halves), parse(CHUKCHI))
    assert overlap(parse(halves), parse(CHUKCHI)) == pytest.approx(1)
    assert overlap(parse(CHUKCHI), parse(halves)) == pytest.approx(1)
    assert distance(parse("POINT (-179 81)"), parse(halves)) == pytest.approx(111, 0.01)


def test_the_nearest_point_may_lie_across_the_antimeridian():
    band = "POLYGON ((-180 0, 180 0, 180 60, 100 10, -100 10, -180 10, -180 0))"
    assert distance(parse(band), parse("POINT (-179 50)")) < 120


def test_a_line_from_edge_to_edge_of_the_map_goes_round_the_globe():
    equator = parse("LINESTRING (-180 0, 180 0)")
    assert distance(equator, parse("POINT (3 1)")) == pytest.approx(111, 0.01)
    short = parse("LINESTRING (179 0, -179 0)")
    assert distance(short, parse("POINT (3 1)")) > 15_000
