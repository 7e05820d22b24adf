"""Geometry: distance and overlap on a globe, on which the antimeridian is no border."""

import random
from time import process_time

import pytest
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
