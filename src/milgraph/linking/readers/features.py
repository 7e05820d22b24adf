"""Features: those of a GeoJSON file, such as Natural Earth's or Marine Regions', as profiles."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from milgraph.errors import KnowledgeGraphError, Position, SourceError
from milgraph.geometry import from_geojson, wkt
from milgraph.linking.readers.elements import elements, text_of
from milgraph.linking.readers.files import pieces
from milgraph.matching import Name, Profile

__all__ = ["read_features"]

# Under which names the properties of such files hold a name, in lower case.
_NAMES = (
    "name",
    "name_en",
    "namealt",
    "name_long",
    "preferredgazetteername",
    "geoname",
)
_IN_A_LANGUAGE = re.compile(r"name_([a-z]{2})")
_COUNTRIES = ("iso_a2", "iso_a2_eh")
_MRGID = ("mrgid", "mrgid_iho")
_MRGIDS = "http://marineregions.org/mrgid/"
_ISO = re.compile(r"[A-Z]{2}")


def read_features(path: Path, *, namespace: str = "") -> Iterator[Profile]:
    """Yield the profile of each feature that has a name.

    A feature with an MRGID is known by it; another by the namespace and its name, as
    Natural Earth gives its features no identifier of their own.

    Raises:
        SourceError: the file is damaged, a feature is none, its geometry cannot be
            read, or two that have no identifier have one name.
    """
    seen: dict[str, int] = {}
    for line, value in elements(pieces(path), ("features",), str(path)):
        place = Position(str(path), line)
        profile = _profile(value, namespace, place)
        if profile is None:
            continue
        if profile.id in seen:
            raise SourceError(
                f"two features are called {profile.label!r}, and nothing tells them apart",
                position=place,
                hint="Give a file in which the features have identifiers.",
            )
        seen[profile.id] = line
        yield profile


def _profile(value: Any, namespace: str, place: Position) -> Profile | None:
    said = value.get("properties") if isinstance(value, dict) else None
    if not isinstance(said, dict) or value.get("type") != "Feature":
        raise SourceError("an element of features is no feature", position=place)
    told = {
        str(name).lower(): text_of(text, f"the property {name!a}", place).strip()
        for name, text in said.items()
        if isinstance(text, str) and text.strip()
    }
    names = tuple(_names(told))
    if not names:
        return None
    mrgid = _mrgid(said, place)
    return Profile(
        f"{_MRGIDS}{mrgid}"
        if mrgid
        else namespace + quote(names[0].text.replace(" ", "_")),
        names,
        country=frozenset(
            told[c] for c in _COUNTRIES if c in told and _ISO.fullmatch(told[c])
        ),
        identifiers=frozenset([("mrgid", mrgid)] if mrgid else ()),
        geometry=_geometry(value.get("geometry"), place),
        description=told.get("featurecla", told.get("placetype", "")),
    )


def _names(told: Mapping[str, str]) -> Iterator[Name]:
    seen: set[str] = set()
    for key in (*_NAMES, *sorted(told)):
        language = _IN_A_LANGUAGE.fullmatch(key)
        if key in told and (key in _NAMES or language) and told[key] not in seen:
            kind = "alias" if seen else "label"
            seen.add(told[key])
            yield Name(told[key], language[1] if language else "", kind)


def _mrgid(said: Mapping[str, Any], place: Position) -> str:
    for key, value in said.items():
        if str(key).lower() in _MRGID and value is not None:
            number = str(value).removeprefix(_MRGIDS).removesuffix(".0")
            if not number.isdecimal():
                raise SourceError(f"MRGID {value!r} is no number", position=place)
            return number
    return ""


def _geometry(value: Any, place: Position) -> str:
    if value is None:
        return ""
    try:
        return wkt(from_geojson(value))
    except KnowledgeGraphError as error:
        error.position = place
        raise
