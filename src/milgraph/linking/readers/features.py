"""Features: those of a GeoJSON file, such as Natural Earth's or Marine Regions', as profiles."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
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
_ISO = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class _Identifying:
    """How a data set identifies its features: by what, in which properties, in what form.

    The scheme is how matching calls such an identifier, and the ending that of its IRI.
    """

    target: str
    title: str
    properties: tuple[str, ...]
    scheme: str
    form: str = r"[1-9]\d*"
    ending: str = ""


_MRGID = _Identifying("marine-regions", "MRGID", ("mrgid", "mrgid_iho"), "mrgid")
_IDENTIFYING: Mapping[str, _Identifying] = MappingProxyType(
    {
        one.target: one
        for one in (
            _MRGID,
            _Identifying(
                *("geonames", "geonameid", ("geonameid", "gn_id"), "geonames"),
                ending="/",
            ),
            _Identifying(
                *("wikidata", "wikidataid", ("wikidataid", "wikidata"), "wikidata"),
                form=r"Q[1-9]\d*",
            ),
            _Identifying(
                *("dbpedia", "DBpedia name", ("dbpedia",), "dbpedia"), form=r"[^\s<>]+"
            ),
        )
    }
)
_BY_NAME = "natural-earth"


def read_features(
    path: Path, *, namespace: str = "", target: str = ""
) -> Iterator[Profile]:
    """Yield the profile of each feature that has a name.

    It is known by the identifier that it has in the target, and by its name only where
    the target gives none, as Natural Earth does.

    Raises:
        SourceError: the file is damaged, a feature is none or is not of the target, its
            geometry cannot be read, or two cannot be told apart.
    """
    seen: dict[str, int] = {}
    for line, value in elements(pieces(path), ("features",), str(path)):
        place = Position(str(path), line)
        profile = _profile(value, namespace, target, place)
        if profile is None:
            continue
        if profile.id in seen:
            raise SourceError(
                f"two features are called {profile.id.removeprefix(namespace)!r}, and "
                "nothing tells them apart",
                position=place,
                hint="Give a file in which the features have identifiers.",
            )
        seen[profile.id] = line
        yield profile


def _profile(
    value: Any, namespace: str, target: str, place: Position
) -> Profile | None:
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
    label = names[0].text
    found = dict(_identifiers(said, target, place))
    identifying = _IDENTIFYING.get(target)
    _require_of(target, label, found, place)
    name = found[target] if identifying else quote(label.replace(" ", "_"))
    ending = identifying.ending if identifying else ""
    return Profile(
        f"{namespace}{name}{ending}",
        names,
        country=frozenset(
            told[c] for c in _COUNTRIES if c in told and _ISO.fullmatch(told[c])
        ),
        identifiers=frozenset((_IDENTIFYING[t].scheme, v) for t, v in found.items()),
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


def _identifiers(
    said: Mapping[str, Any], target: str, place: Position
) -> Iterator[tuple[str, str]]:
    """Yield each target of which the feature has an identifier, with that.

    Raises:
        SourceError: that of the target has not its form.
    """
    held = {
        str(key).lower(): str(value).strip()
        for key, value in said.items()
        if value is not None
    }
    for name, one in _IDENTIFYING.items():
        given = next(filter(None, map(held.get, one.properties)), "")
        if not given:
            continue
        # It may be written as an IRI, and a number as one with decimals.
        local = given.rstrip("/").rpartition("/")[2] if _is_iri(given) else given
        local = local.removesuffix(".0")
        if re.fullmatch(one.form, local):
            yield name, local
        elif name == target:
            raise SourceError(f"{given!r} is no {one.title}", position=place)


def _is_iri(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _require_of(
    target: str, label: str, found: Mapping[str, str], place: Position
) -> None:
    """Refuse a feature that has no identifier of the target, or has another's.

    Raises:
        SourceError: to go by its name would make an identifier up.
    """
    wanted = _IDENTIFYING.get(target)
    if wanted and target not in found:
        other = next(iter(found), _BY_NAME)
        raise SourceError(
            f"the feature {label!r} has no {wanted.title}, and goes by nothing else",
            position=place,
            hint=f"Give a copy of {target} that has it, in the property "
            f"{wanted.properties[0]}; if the file is of {other}, link {other}.",
        )
    if target == _BY_NAME and _MRGID.target in found:
        raise SourceError(
            f"the feature {label!r} has an MRGID, which {target} does not give",
            position=place,
            hint=f"If the file is of {_MRGID.target}, link {_MRGID.target}.",
        )


def _geometry(value: Any, place: Position) -> str:
    if value is None:
        return ""
    try:
        return wkt(from_geojson(value))
    except KnowledgeGraphError as error:
        error.position = place
        raise
