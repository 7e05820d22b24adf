"""GeoJSON (RFC 7946): each activity as a feature, at the outline of its place.

The outline is that of the place, which says that the activity was in it somewhere. An
activity of which no outline is known has a geometry of null (section 3.2).
"""

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from milgraph.export.activities import Activity, Labels, activities_of
from milgraph.export.columns import COLUMNS
from milgraph.export.dumps import Writable
from milgraph.export.scopes import Selection
from milgraph.terms import compact

__all__ = ["geometry_of", "write_geojson"]

_KINDS = {
    "POINT": ("Point", 0),
    "MULTIPOINT": ("MultiPoint", 1),
    "LINESTRING": ("LineString", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "POLYGON": ("Polygon", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
_CRS84 = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
_WKT = re.compile(r"\s*(?:(<[^>]*>)\s*)?([A-Za-z]+)\s*(\(.*\))\s*", re.DOTALL)
_POINT = re.compile(r"([-+.\deE]+)\s+([-+.\deE]+)(?=\s*[,)])")
_BARE = re.compile(r"\(\s*(\[[^\[\]()]*\])\s*\)")
_ARRAY = re.compile(r"[\[\]()\d.,eE\s+-]*")
_SHOWN = frozenset(column.name for column in COLUMNS) - {"activity"}


def write_geojson(selection: Selection, output: Writable) -> None:
    """Write the collection of features, with the notice as its `metadata`."""
    labels = Labels(selection)
    notice = _json(selection.notice.as_json())
    output.write(
        f'{{"type":"FeatureCollection","metadata":{notice},"features":['.encode()
    )
    separator = b"\n"
    for activity in activities_of(selection, labels):
        output.write(separator + _json(_feature(activity, labels)).encode())
        separator = b",\n"
    output.write(b"\n]}\n")
    output.flush()


def _feature(activity: Activity, labels: Labels) -> dict[str, Any]:
    """Return the activity as a feature, whose properties are the columns of a table."""
    properties: dict[str, Any] = {}
    for column in COLUMNS:
        if column.name in _SHOWN:
            value = column.of(activity, labels)
            properties[column.name] = (
                value.isoformat() if isinstance(value, datetime) else value
            )
    outlined = [place for place in activity.places if place.outline]
    properties["geometry_of"] = [compact(place.iri) for place in outlined]
    geometries = [g for g in (geometry_of(place.outline) for place in outlined) if g]
    geometry: dict[str, Any] | None = None
    if len(geometries) == 1:
        geometry = geometries[0]
    elif geometries:
        geometry = {"type": "GeometryCollection", "geometries": geometries}
    return {
        "type": "Feature",
        "id": activity.iri.value,
        "geometry": geometry,
        "properties": properties,
    }


def geometry_of(wkt: str) -> dict[str, Any] | None:
    """Return the geometry; none where it is empty, or not in longitude and latitude.

    >>> geometry_of("POINT (137.5 40)")
    {'type': 'Point', 'coordinates': [137.5, 40]}
    """
    found = _WKT.fullmatch(wkt)
    if not found or found[1] not in (None, _CRS84):
        return None
    kind, depth = _KINDS.get(found[2].upper(), ("", 0))
    if not kind or not _ARRAY.fullmatch(found[3]):
        return None
    text = _POINT.sub(lambda m: f"[{_number(m[1])},{_number(m[2])}]", found[3])
    if kind == "MultiPoint":
        # Its points may stand in parentheses of their own.
        text = _BARE.sub(r"\1", text) if text.count("(") > 1 else text
    if depth == 0:
        text = text.strip()[1:-1]
    try:
        coordinates = json.loads(text.replace("(", "[").replace(")", "]"))
    except ValueError:
        return None
    return {"type": kind, "coordinates": coordinates}


def _number(text: str) -> str:
    """Return the number as JSON writes it, with the digits that it has."""
    number = Decimal(text)
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
