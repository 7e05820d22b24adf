"""GeoNames: the rows of its tab-separated dump, 19 columns and no head, as profiles."""

import re
from collections.abc import Iterator
from pathlib import Path

from milgraph.errors import Position, SourceError
from milgraph.linking.readers.files import lines
from milgraph.matching import Name, Profile

__all__ = ["read_geonames"]

_COLUMNS = 19
_NAMESPACE = "https://sws.geonames.org/"
_ID, _NAME, _ASCII, _OTHERS, _LATITUDE, _LONGITUDE = range(6)
_CLASS, _CODE, _COUNTRY = 6, 7, 8
_CHANGED = 18
_NUMBER = re.compile(r"-?\d{1,3}(\.\d+)?")
_FORMS = {
    _ID: re.compile(r"[1-9]\d*"),
    _CLASS: re.compile(r"[A-Z]?"),
    _CODE: re.compile(r"[A-Z0-9.]*"),
    _COUNTRY: re.compile(r"([A-Z]{2})?"),
    _CHANGED: re.compile(r"\d{4}-\d\d-\d\d"),
}
_TITLES = {
    _ID: "geonameid",
    _CLASS: "feature class",
    _CODE: "feature code",
    _COUNTRY: "country code",
    _CHANGED: "modification date",
}


def read_geonames(path: Path) -> Iterator[Profile]:
    """Yield the profile of each row.

    Raises:
        SourceError: a row has another number of columns, or a column holds what it
            cannot hold, as it does when columns are shifted.
    """
    for number, line in lines(path):
        yield _profile(line, Position(str(path), number))


def _profile(line: str, place: Position) -> Profile:
    cells = line.split("\t")
    if len(cells) != _COLUMNS:
        raise SourceError(
            f"the row has {len(cells)} columns, and a row of GeoNames has {_COLUMNS}",
            position=place,
            hint="Use the dump as it is: allCountries.txt, or that of one country.",
        )
    for column, form in _FORMS.items():
        if not form.fullmatch(cells[column]):
            raise SourceError(
                f"column {column + 1}, the {_TITLES[column]}, holds {cells[column][:40]!r}",
                position=place,
                hint="A column is missing or one too many before it.",
            )
    if not cells[_NAME]:
        raise SourceError("the row has no name", position=place)
    others = [cells[_ASCII], *cells[_OTHERS].split(",")]
    names = dict.fromkeys(
        (Name(cells[_NAME]), *(Name(o, "", "alias") for o in others if o))
    )
    return Profile(
        f"{_NAMESPACE}{cells[_ID]}/",
        tuple(n for n in names if n.kind == "label" or n.text != cells[_NAME]),
        country=frozenset([cells[_COUNTRY]] if cells[_COUNTRY] else ()),
        identifiers=frozenset([("geonames", cells[_ID])]),
        geometry=_point(cells, place),
        description=f"feature {cells[_CLASS]}.{cells[_CODE]}",
    )


def _point(cells: list[str], place: Position) -> str:
    latitude, longitude = cells[_LATITUDE], cells[_LONGITUDE]
    right = _NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(longitude)
    if not right or abs(float(latitude)) > 90 or abs(float(longitude)) > 180:  # noqa: PLR2004 - degrees
        raise SourceError(
            f"latitude {latitude[:20]!r} and longitude {longitude[:20]!r} are no position",
            position=place,
        )
    return f"POINT ({longitude} {latitude})"
