"""What made-up articles refer to: states, services, publishers, types and places."""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from random import Random

__all__ = [
    "AREAS",
    "BOMBERS",
    "FIGHTERS",
    "PREFIXES",
    "PUBLISHERS",
    "REFERENCE_GRAPH",
    "SEAS",
    "SEED",
    "STATES",
    "Fact",
    "above",
    "chance_of",
    "facts",
    "iri",
    "reference",
    "text",
    "typed",
]

SEED = 42
Fact = tuple[str, str, str]

_ROOT = "https://w3id.org/milgraph/"
PREFIXES = {
    "actor": f"{_ROOT}actor/",
    "area": f"{_ROOT}place/area-",
    "article": f"{_ROOT}article/",
    "basis": f"{_ROOT}code/basis/",
    "dcterms": "http://purl.org/dc/terms/",
    "evidentiality": f"{_ROOT}code/evidentiality/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "mil": f"{_ROOT}ontology#",
    "modality": f"{_ROOT}code/modality/",
    "platform": f"{_ROOT}platform/",
    "polarity": f"{_ROOT}code/polarity/",
    "precision": f"{_ROOT}code/precision/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "role": f"{_ROOT}code/role/",
    "rule": f"{_ROOT}code/rule/",
    "segment": f"{_ROOT}code/segment/",
    "wording": f"{_ROOT}code/wording/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
REFERENCE_GRAPH = f"<{_ROOT}graph/reference>"

STATES = 40
AREAS = 200
OCEANS, SEAS = 8, 40
BOMBERS, FIGHTERS = 20, 30
PUBLISHERS = 120
_SERVICES = {
    "ministry": "DefenceMinistry",
    "armed-forces": "ArmedForces",
    "air-force": "AirService",
    "navy": "NavalService",
}


@cache
def iri(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    return f"<{PREFIXES[prefix]}{local}>"


def text(value: str) -> str:
    return f'"{value}"@en'


def typed(value: object, kind: str) -> str:
    return f'"{value}"^^{iri(kind)}'


def facts(subject: str, *said: tuple[str, str]) -> Iterator[Fact]:
    """Return a fact for each pair of property and value; `a` is the type."""
    for name, value in said:
        yield subject, iri("rdf:type" if name == "a" else name), value


def above(area: int) -> tuple[str, ...]:
    """Return the places that the area lies in, the nearest first."""
    if area < OCEANS:
        return ()
    if area < SEAS:
        return (iri(f"area:{area % OCEANS}"),)
    sea = OCEANS + area % (SEAS - OCEANS)
    return (iri(f"area:{sea}"), *above(sea))


def chance_of(name: str) -> Random:
    """Return a source of chance that is the same for the same name, everywhere."""
    return Random(name)  # noqa: S311 - made up, not secret


def reference(seed: int = SEED) -> list[Fact]:
    """Return what all articles refer to: states, services, publishers, types, places.

    It is the same for every size, and its names clash with none of the shipped files.
    """
    return [
        *chain.from_iterable(_state(index) for index in range(STATES)),
        *chain.from_iterable(_platforms("bomber", "BomberType", BOMBERS)),
        *chain.from_iterable(_platforms("fighter", "FighterType", FIGHTERS)),
        *chain.from_iterable(_publisher(index) for index in range(PUBLISHERS)),
        *chain.from_iterable(_area(index, seed) for index in range(AREAS)),
        # By whom the gate has an account judged that nobody judged.
        *facts(
            iri("actor:milgraph-editors"),
            ("a", iri("mil:Organization")),
            ("rdfs:label", text("Editors")),
        ),
    ]


def _state(index: int) -> Iterator[Fact]:
    state = iri(f"actor:state-{index}")
    label = text(f"State {index}")
    yield from facts(
        state, ("a", iri("mil:State")), ("rdfs:label", label), ("mil:ofState", state)
    )
    for name, kind in _SERVICES.items():
        service = iri(f"actor:{name}-{index}")
        label = text(f"{name.replace('-', ' ').capitalize()} of state {index}")
        yield from facts(
            service,
            ("a", iri(f"mil:{kind}")),
            ("rdfs:label", label),
            ("mil:ofState", state),
        )
        if name in {"air-force", "navy"}:
            forces = iri(f"actor:armed-forces-{index}")
            yield from facts(service, ("mil:partOfOrganization", forces))


def _platforms(name: str, kind: str, number: int) -> Iterator[Iterator[Fact]]:
    for index in range(number):
        yield facts(
            iri(f"platform:{name}-{index}"),
            ("a", iri(f"mil:{kind}")),
            ("rdfs:label", text(f"{name.capitalize()} type {index}")),
        )


def _publisher(index: int) -> Iterator[Fact]:
    return facts(
        iri(f"actor:publisher-{index}"),
        ("a", iri("mil:MediaOrganization")),
        ("rdfs:label", text(f"Publisher {index}")),
    )


def _area(index: int, seed: int) -> Iterator[Fact]:
    chance = chance_of(f"{seed}/area/{index}")
    point = f"POINT({chance.uniform(-180, 180):.4f} {chance.uniform(-60, 75):.4f})"
    area, geometry = iri(f"area:{index}"), iri(f"area:{index}-geometry")
    yield from facts(
        area,
        ("a", iri("mil:SeaArea")),
        ("rdfs:label", text(f"Area {index}")),
        ("geo:hasGeometry", geometry),
        *(("mil:withinPlace", place) for place in above(index)),
    )
    yield from facts(
        geometry,
        ("a", iri("geo:Geometry")),
        ("geo:asWKT", typed(point, "geo:wktLiteral")),
        ("mil:geometryPrecision", iri("precision:coarse")),
        ("dcterms:source", "<https://example.org/places>"),
    )
