"""Wikidata: entities of a dump, or the rows of a SPARQL result, as profiles.

A class or a property is read only where its identifier was verified; an item of other
classes has no kind, and is compared by its names.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from milgraph.errors import Position, SourceError
from milgraph.linking.readers.elements import elements, parsed, text_of
from milgraph.linking.readers.files import lines, pieces
from milgraph.matching import Name, Profile
from milgraph.terms import MIL

__all__ = ["COUNTRIES", "read_wikidata"]

ENTITY = "http://www.wikidata.org/entity/"
_EARTH = ENTITY + "Q2"
_ITEM = re.compile(r"Q[1-9]\d*")
# An instance of the class is one of ours.
_INSTANCES = {
    "Q176799": "MilitaryFormation",
    "Q772547": "ArmedForces",
    "Q781132": "ServiceBranch",
    "Q1127126": "Alliance",
    "Q695850": "AirBase",
    "Q1324633": "Facility",
    "Q15056993": "AircraftType",
    "Q127771": "FighterType",
    "Q170877": "BomberType",
    "Q216916": "AircraftType",
    "Q3041792": "AircraftType",
    "Q559026": "VesselClass",
    "Q19832479": "VesselClass",
    "Q15142894": "PlatformType",
    "Q15142889": "PlatformType",
    "Q11446": "Vessel",
    "Q1229765": "Vessel",
    "Q174736": "SurfaceCombatant",
    "Q2607934": "SurfaceCombatant",
    "Q2811": "Submarine",
    "Q6256": "State",
    "Q4508": "NavalService",
}
# A subclass of the class is a type: what is built after it is an instance.
_SUBCLASSES = {
    "Q127771": "FighterType",
    "Q170877": "BomberType",
    "Q216916": "AircraftType",
    "Q3041792": "AircraftType",
    "Q11436": "AircraftType",
    "Q11446": "VesselClass",
    "Q174736": "VesselClass",
    "Q2607934": "VesselClass",
    "Q2811": "VesselClass",
}
COUNTRIES: Mapping[str, str] = {
    "Q159": "RU",
    "Q30": "US",
    "Q17": "JP",
    "Q148": "CN",
    "Q423": "KP",
    "Q884": "KR",
    "Q212": "UA",
}
_CODES = {"P238": "iata-airport", "P239": "icao-airport"}
_MOST_ROWS = 1_000_000
_RESULTS = re.compile(r'\s*\{\s*"(head|results)"')
_POINT = re.compile(r"Point\((-?[\d.]+) (-?[\d.]+)\)", re.IGNORECASE)
_NAMED = ("label", "itemLabel", "alias", "itemAltLabel")


def read_wikidata(path: Path) -> Iterator[Profile]:
    """Yield the profile of each item: of a dump by entity, or of a SPARQL result.

    Raises:
        SourceError: the file is neither, or is damaged; the error says in which line.
    """
    text = pieces(path)
    first = next(text, "")
    if _RESULTS.match(first):
        yield from _of_results(chain([first], text), str(path))
        return
    text.close()  # type: ignore[attr-defined]  # a generator
    yield from _of_dump(path)


def _of_dump(path: Path) -> Iterator[Profile]:
    """Yield the items of a dump: an array with an entity a line, or only the lines."""
    is_array = is_closed = False
    number = 0
    for number, line in lines(path):
        place = Position(str(path), number)
        text = line.strip()
        if is_closed and text:
            raise SourceError(
                "there is text behind the end of the array", position=place
            )
        if number == 1 and text == "[":
            is_array = True
        elif is_array and text == "]":
            is_closed = True
        elif text:
            profile = _of_entity(parsed(text.removesuffix(","), place), place)
            if profile.names:
                yield profile
    if is_array and not is_closed:
        raise SourceError(
            "the dump is cut off: its array has no end",
            position=Position(str(path), number),
        )


def _of_entity(entity: Any, place: Position) -> Profile:
    if not isinstance(entity, dict) or not isinstance(entity.get("id"), str):
        raise SourceError(
            "the line is no entity",
            position=place,
            hint="A dump has one entity a line, within an array or alone.",
        )
    item = entity["id"]
    if not _ITEM.fullmatch(item):
        return Profile(ENTITY + item, ())
    try:
        return Profile(
            ENTITY + item,
            tuple(_names_of(entity, place)),
            kinds=frozenset(_kinds(entity)),
            country=frozenset(
                COUNTRIES[q] for q in _items(entity, "P17") if q in COUNTRIES
            ),
            identifiers=frozenset(_identifiers(entity, item, place)),
            geometry=_coordinates(entity),
            description=text_of(
                (entity.get("descriptions") or {}).get("en", {}).get("value", ""),
                f"the description of {item}",
                place,
            ),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise SourceError(f"{item} is not as an entity is", position=place) from error


def _names_of(entity: Mapping[str, Any], place: Position) -> Iterator[Name]:
    item = entity["id"]
    labels = entity.get("labels") or {}
    for language in sorted(labels, key=lambda code: (code != "en", code)):
        text = labels[language]["value"]
        yield Name(text_of(text, f"a label of {item}", place), language)
    aliases = entity.get("aliases") or {}
    for language in sorted(aliases, key=lambda code: (code != "en", code)):
        for alias in aliases[language]:
            text = text_of(alias["value"], f"an alias of {item}", place)
            yield Name(text, language, "alias")


def _values(entity: Mapping[str, Any], name: str) -> Iterator[Any]:
    """Return the values of the property, but those that the item deprecates."""
    for claim in (entity.get("claims") or {}).get(name, ()):
        value = claim["mainsnak"].get("datavalue")
        if value is not None and claim.get("rank") != "deprecated":
            yield value["value"]


def _items(entity: Mapping[str, Any], name: str) -> Iterator[str]:
    return (value["id"] for value in _values(entity, name))


def _kinds(entity: Mapping[str, Any]) -> Iterator[str]:
    for name, known in (("P31", _INSTANCES), ("P279", _SUBCLASSES)):
        for item in _items(entity, name):
            if item in known:
                yield MIL[known[item]].value


def _identifiers(
    entity: Mapping[str, Any], item: str, place: Position
) -> Iterator[tuple[str, str]]:
    yield "wikidata", item
    for name, scheme in _CODES.items():
        for value in _values(entity, name):
            yield scheme, text_of(value, f"{name} of {item}", place)


def _coordinates(entity: Mapping[str, Any]) -> str:
    for value in _values(entity, "P625"):
        # Some items lie on the Moon.
        if value.get("globe", _EARTH) == _EARTH:
            return f"POINT ({value['longitude']} {value['latitude']})"
    return ""


def _of_results(text: Iterator[str], source: str) -> Iterator[Profile]:
    """Yield the items of a SPARQL result that has an `item` and names in each row.

    All rows of an item are needed, and one query's result is what is held. What stands
    there more than once is held once, in the order of the rows.
    """
    held: dict[str, dict[str, dict[tuple[str, str], None]]] = {}
    rows = elements(text, ("results", "bindings"), source)
    for number, (line, row) in enumerate(rows, 1):
        place = Position(source, line)
        try:
            item = text_of(row["item"]["value"], "?item", place)
            said = {
                k: (
                    text_of(v["value"], f"?{k} of {item[:80]}", place),
                    text_of(v.get("xml:lang", ""), f"the language of ?{k}", place),
                )
                for k, v in row.items()
            }
        except (AttributeError, KeyError, TypeError) as error:
            raise SourceError(
                "a row has no item",
                position=place,
                hint="Select ?item with ?label, ?alias, ?class, ?country, ?coordinates.",
            ) from error
        if not item.startswith(ENTITY):
            raise SourceError(f"{item[:80]!r} is no item of Wikidata", position=place)
        found = held.setdefault(item, defaultdict(dict))
        if number > _MOST_ROWS:
            raise SourceError(
                f"the result has more than {_MOST_ROWS:,} rows",
                position=place,
                hint="Ask for less, or read a dump, which is streamed.",
            )
        for name, pair in said.items():
            found[name][pair] = None
    for item, found in held.items():
        profile = _of_rows(item, found)
        if profile.names:
            yield profile


def _of_rows(item: str, found: Mapping[str, Iterable[tuple[str, str]]]) -> Profile:
    """Return the profile of the item.

    Of several coordinates the first that stand there count, as in a dump, and so does
    of several descriptions the first in English, or else the first.
    """

    def items(name: str) -> list[str]:
        return [value.removeprefix(ENTITY) for value, _ in found.get(name, ())]

    names = [
        Name(text, language, "label" if "abel" in key and "Alt" not in key else "alias")
        for key in _NAMED
        for text, language in sorted(
            found.get(key, ()), key=lambda pair: (pair[1] != "en", pair)
        )
        if not _ITEM.fullmatch(text)
    ]
    points = (_POINT.fullmatch(value) for value, _ in found.get("coordinates", ()))
    told = sorted(found.get("description", ()), key=lambda pair: pair[1] != "en")
    return Profile(
        item,
        tuple(dict.fromkeys(names)),
        kinds=frozenset(
            MIL[_INSTANCES[q]].value for q in items("class") if q in _INSTANCES
        ),
        country=frozenset(COUNTRIES[q] for q in items("country") if q in COUNTRIES),
        identifiers=frozenset([("wikidata", item.removeprefix(ENTITY))]),
        geometry=next((f"POINT ({p[1]} {p[2]})" for p in points if p), ""),
        description=told[0][0] if told else "",
    )
