"""The curated reference data and its links: what must hold whatever is added."""

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, parse

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = sorted((ROOT / "data" / "reference").glob("*.ttl"))
LINKS = sorted((ROOT / "data" / "links").glob("*.sssom.tsv"))

NS = "https://w3id.org/milgraph/"
MIL = NS + "ontology#"
GEO = "http://www.opengis.net/ont/geosparql#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
VOID = "http://rdfs.org/ns/void#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
COMMENT = NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
SOURCE = NamedNode("http://purl.org/dc/terms/source")

ENTAILED = (
    "accountOf",
    "alliedWith",
    "describedIn",
    "disputant",
    "escortedBy",
    "hasAccount",
    "hasAlias",
    "hasEscort",
    "involves",
    "involvesPlatformType",
    "involvesState",
    "memberIn",
    "memberOf",
    "partOfOccurrence",
    "partyIn",
    "precedes",
    "relayedBy",
    "statedIn",
    "takesPlaceIn",
)
BODIES = (
    "AirDefenceFormation",
    "AirService",
    "ArmedForces",
    "CommandCentre",
    "DefenceMinistry",
    "ForeignMinistry",
    "GovernmentBody",
    "LongRangeAviationArm",
    "MilitaryDistrictCommand",
    "MilitaryFormation",
    "NavalService",
)
RING = re.compile(r"\(([^()]+)\)")


def mil(name: str) -> NamedNode:
    return NamedNode(MIL + name)


def read(*paths: Path) -> Store:
    store = Store()
    for path in paths:
        store.load(path=path, format=RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def reference() -> Store:
    return read(*REFERENCE)


@pytest.fixture(scope="module")
def links() -> dict[str, list[dict[str, str]]]:
    return {path.name: rows(path) for path in LINKS}


def objects(store: Store, subject: Any, predicate: NamedNode) -> set[Any]:
    return {quad.object for quad in store.quads_for_pattern(subject, predicate, None)}


def subjects(store: Store, predicate: NamedNode, value: NamedNode) -> set[Any]:
    return {quad.subject for quad in store.quads_for_pattern(None, predicate, value)}


def individuals(store: Store) -> set[Any]:
    """Everything described, but names and geometries, which are of another thing."""
    parts = subjects(store, TYPE, mil("Alias"))
    parts |= subjects(store, TYPE, NamedNode(GEO + "Geometry"))
    return {quad.subject for quad in store} - parts


def header(path: Path) -> list[str]:
    return [
        line.removeprefix("# ").rstrip("\n")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    ]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(
            csv.DictReader(
                (line for line in lines if not line.startswith("#")), delimiter="\t"
            )
        )


def prefixes(path: Path) -> dict[str, str]:
    lines = header(path)
    return dict(
        line.strip().split(": ", 1)
        for line in lines[lines.index("curie_map:") + 1 :]
        if line.startswith("  ")
    )


def expand(curie: str, prefix_map: dict[str, str]) -> NamedNode:
    prefix, _, local = curie.partition(":")
    return NamedNode(prefix_map[prefix] + local)


def positions(wkt: str) -> Iterator[list[tuple[float, float]]]:
    for ring in RING.findall(wkt):
        pairs = (pair.split() for pair in ring.split(","))
        yield [(float(longitude), float(latitude)) for longitude, latitude in pairs]


def texts(store: Store) -> dict[Any, str]:
    """The text of every geometry."""
    wkt = NamedNode(GEO + "asWKT")
    return {
        quad.subject: quad.object.value
        for quad in store.quads_for_pattern(None, wkt, None)
        if isinstance(quad.object, Literal)
    }


# The suite is driven by files: without them it would prove nothing.


def test_there_is_reference_data_to_test(
    reference: Store, links: dict[str, list[dict[str, str]]]
) -> None:
    assert len(REFERENCE) >= 6
    assert len(individuals(reference)) >= 100
    assert {name: len(found) >= 5 for name, found in links.items()} == dict.fromkeys(
        (
            "dbpedia.sssom.tsv",
            "geonames.sssom.tsv",
            "marine-regions.sssom.tsv",
            "natural-earth.sssom.tsv",
            "wikidata.sssom.tsv",
        ),
        True,
    )


@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path.stem)
def test_both_parsers_read_the_same_number_of_triples(path: Path) -> None:
    assert len(rdflib.Graph().parse(path)) == len(
        set(parse(path=path, format=RdfFormat.TURTLE))
    )


# Individuals


def test_every_individual_has_one_english_label_and_a_source(reference: Store) -> None:
    wanting = {
        thing
        for thing in individuals(reference)
        if [
            label.language
            for label in objects(reference, thing, LABEL)
            if isinstance(label, Literal)
        ].count("en")
        != 1
        or not objects(reference, thing, SOURCE)
    }
    assert wanting == set()


def test_every_name_and_geometry_has_a_source(reference: Store) -> None:
    assert {
        quad.subject
        for quad in reference
        if not objects(reference, quad.subject, SOURCE)
    } == set()


def test_no_individual_has_two_labels_in_one_language(reference: Store) -> None:
    languages = {
        thing: [
            label.language
            for label in objects(reference, thing, LABEL)
            if isinstance(label, Literal)
        ]
        for thing in individuals(reference)
    }
    assert {
        thing for thing, found in languages.items() if len(found) != len(set(found))
    } == set()


def test_no_two_individuals_share_their_english_label(reference: Store) -> None:
    labels = sorted(
        label.value
        for thing in individuals(reference)
        for label in objects(reference, thing, LABEL)
        if isinstance(label, Literal) and label.language == "en"
    )
    assert [
        first for first, second in itertools.pairwise(labels) if first == second
    ] == []


def test_every_subject_has_an_iri_of_the_project_and_there_are_no_blank_nodes(
    reference: Store,
) -> None:
    kinds = ("actor", "platform", "place", "dispute", "dataset")
    strange = {
        quad.subject
        for quad in reference
        if not str(quad.subject)
        .removeprefix("<")
        .startswith(tuple(f"{NS}{kind}/" for kind in kinds))
    }
    assert strange == set()
    assert [quad for quad in reference if isinstance(quad.object, BlankNode)] == []


def test_nothing_is_the_same_as_another_thing(reference: Store) -> None:
    same = NamedNode("http://www.w3.org/2002/07/owl#sameAs")
    assert list(reference.quads_for_pattern(None, same, None)) == []
    assert all("sameAs" not in path.read_text(encoding="utf-8") for path in LINKS)


def test_what_follows_is_not_written(reference: Store) -> None:
    predicates = {quad.predicate for quad in reference}
    assert predicates & {mil(name) for name in ENTAILED} == set()


def test_every_term_and_code_that_is_used_is_defined(reference: Store) -> None:
    ontology = read(
        *(ROOT / "ontology").glob("*.ttl"), *(ROOT / "ontology" / "codes").glob("*.ttl")
    )
    defined = {quad.subject for quad in ontology}
    used = {
        term
        for quad in reference
        for term in (quad.predicate, quad.object)
        if isinstance(term, NamedNode) and term.value.startswith((MIL, NS + "code/"))
    }
    assert used - defined == set()


def test_every_reference_entity_that_is_named_is_described(reference: Store) -> None:
    described = {quad.subject for quad in reference}
    named = {
        quad.object
        for quad in reference
        if isinstance(quad.object, NamedNode)
        and quad.object.value.startswith(
            tuple(
                f"{NS}{kind}/"
                for kind in ("actor", "platform", "place", "dispute", "dataset")
            )
        )
    }
    assert named - described == set()


# Actors and platforms


def test_every_state_is_of_itself(reference: Store) -> None:
    states = subjects(reference, TYPE, mil("State"))
    assert len(states) >= 10
    assert {state: objects(reference, state, mil("ofState")) for state in states} == {
        state: {state} for state in states
    }


def test_a_state_and_its_territory_are_two_individuals(reference: Store) -> None:
    states = subjects(reference, TYPE, mil("State"))
    territories = subjects(reference, TYPE, mil("Territory"))
    assert states & territories == set()
    administered = {
        state
        for land in territories
        for state in objects(reference, land, mil("administeredBy"))
    }
    assert states - administered == set()


def test_every_force_and_government_body_leads_up_to_one_state(
    reference: Store,
) -> None:
    bodies = {
        quad.subject
        for quad in reference.quads_for_pattern(None, TYPE, None)
        if quad.object in {mil(name) for name in BODIES}
    }
    assert len(bodies) >= 25
    assert {body for body in bodies if len(states_of(reference, body)) != 1} == set()


def states_of(store: Store, body: Any) -> set[Any]:
    superiors = objects(store, body, mil("partOfOrganization"))
    above = {state for superior in superiors for state in states_of(store, superior)}
    return above | objects(store, body, mil("ofState"))


@pytest.mark.parametrize("name", ["partOfOrganization", "variantOf", "withinPlace"])
def test_no_whole_is_part_of_its_part(reference: Store, name: str) -> None:
    def above(thing: Any, seen: frozenset[Any] = frozenset()) -> set[Any]:
        direct = objects(reference, thing, mil(name)) - seen
        return direct.union(*(above(each, seen | direct) for each in direct))

    starts = {
        quad.subject for quad in reference.quads_for_pattern(None, mil(name), None)
    }
    assert starts
    assert {thing for thing in starts if thing in above(thing)} == set()


def test_a_variant_is_of_the_class_of_its_family(reference: Store) -> None:
    variants = list(reference.quads_for_pattern(None, mil("variantOf"), None))
    assert len(variants) >= 4
    assert [
        quad
        for quad in variants
        if objects(reference, quad.subject, TYPE)
        != objects(reference, quad.object, TYPE)
    ] == []


def test_a_military_district_is_a_command_and_an_area(reference: Store) -> None:
    commands = subjects(reference, TYPE, mil("MilitaryDistrictCommand"))
    areas = [
        objects(reference, command, mil("areaOfResponsibility")) for command in commands
    ]
    assert set().union(*areas) == subjects(
        reference, TYPE, mil("MilitaryAdministrativeRegion")
    )
    assert all(len(area) == 1 for area in areas)


# Names


def test_every_name_says_what_it_names_how_it_was_given_and_in_which_words(
    reference: Store,
) -> None:
    properties = ("aliasOf", "aliasText", "namingScheme")
    names = subjects(reference, TYPE, mil("Alias"))
    assert len(names) >= 150
    counts = {
        name: [len(objects(reference, name, mil(each))) for each in properties]
        for name in names
    }
    assert {name for name, found in counts.items() if found != [1, 1, 1]} == set()


def test_the_iri_of_a_name_begins_with_the_iri_of_what_it_names(
    reference: Store,
) -> None:
    assert [
        quad
        for quad in reference.quads_for_pattern(None, mil("aliasOf"), None)
        if not str(quad.subject).startswith(str(quad.object).rstrip(">") + "-alias-")
    ] == []


def test_no_thing_has_one_name_twice(reference: Store) -> None:
    names = [
        (
            str(quad.object),
            *map(str, objects(reference, quad.subject, mil("aliasText"))),
        )
        for quad in reference.quads_for_pattern(None, mil("aliasOf"), None)
    ]
    assert len(names) == len(set(names))


def test_a_disputed_feature_carries_the_name_that_each_side_uses(
    reference: Store,
) -> None:
    disputes = subjects(reference, TYPE, mil("TerritorialDispute"))
    assert disputes
    for dispute in disputes:
        claims = objects(reference, dispute, mil("hasSovereigntyClaim"))
        sides = {
            side
            for claim in claims
            for side in objects(reference, claim, mil("sovereigntyClaimant"))
        }
        features = {
            feature
            for claim in claims
            for feature in objects(reference, claim, mil("claimedFeature"))
        }
        assert len(sides) >= 2
        assert {
            feature: users(reference, feature) >= sides for feature in features
        } == dict.fromkeys(features, True)


def users(store: Store, thing: Any) -> set[Any]:
    names = {
        quad.subject for quad in store.quads_for_pattern(None, mil("aliasOf"), thing)
    }
    return {user for name in names for user in objects(store, name, mil("usedBy"))}


def test_a_sea_whose_name_is_disputed_carries_the_name_of_each_coast(
    reference: Store,
) -> None:
    coasts = {
        NamedNode(f"{NS}actor/{name}")
        for name in ("japan", "north-korea", "russia", "south-korea")
    }
    assert users(reference, NamedNode(f"{NS}place/sea-of-japan")) == coasts


def test_nothing_can_be_a_sea_a_zone_a_district_and_a_region_of_strategy_at_once(
    reference: Store,
) -> None:
    kinds = [
        subjects(reference, TYPE, mil(name))
        for name in (
            "SeaArea",
            "JurisdictionalZone",
            "MilitaryAdministrativeRegion",
            "StrategicRegion",
        )
    ]
    assert all(kinds)
    assert [first & second for first, second in itertools.combinations(kinds, 2)] == [
        set()
    ] * 6


# Geometries


def test_every_wkt_is_a_closed_shape_within_the_world(reference: Store) -> None:
    found = texts(reference)
    assert len(found) >= 20
    for text in found.values():
        rings = list(positions(text))
        assert all(
            -180 <= longitude <= 180 and -90 <= latitude <= 90
            for ring in rings
            for longitude, latitude in ring
        )
        if text.startswith("POINT ("):
            assert [len(ring) for ring in rings] == [1]
        else:
            assert text.startswith(("POLYGON ((", "MULTIPOLYGON ((("))
            assert all(4 <= len(ring) <= 60 for ring in rings)
            assert all(ring[0] == ring[-1] for ring in rings)


def test_a_geometry_is_of_the_class_that_its_text_says(reference: Store) -> None:
    said = {shape: text.split(" ")[0] for shape, text in texts(reference).items()}
    typed = {
        shape: {kind.value.rpartition("#")[2].upper() for kind in kinds}
        for shape in said
        if (kinds := objects(reference, shape, TYPE))
    }
    assert {shape for shape, kind in said.items() if kind not in typed[shape]} == set()


@pytest.mark.parametrize("name", ["russia", "pacific-ocean"])
def test_a_shape_that_crosses_the_antimeridian_is_cut_in_two(
    reference: Store, name: str
) -> None:
    text = texts(reference)[NamedNode(f"{NS}place/{name}-geometry")]
    halves = [{longitude > 0 for longitude, _ in ring} for ring in positions(text)]
    assert sorted(halves, key=str) == [{False}, {True}]


def test_every_coarse_shape_says_that_it_is_coarse(reference: Store) -> None:
    shapes = subjects(reference, TYPE, NamedNode(GEO + "Geometry"))
    coarse = subjects(
        reference, mil("geometryPrecision"), NamedNode(NS + "code/precision/coarse")
    )
    points = {
        shape
        for shape in shapes
        if NamedNode("http://www.opengis.net/ont/sf#Point")
        in objects(reference, shape, TYPE)
    }
    assert shapes - points == coarse
    assert {
        shape
        for shape in coarse
        if not any(
            str(comment).startswith('"Coarse ')
            for comment in objects(reference, shape, COMMENT)
        )
    } == set()


def test_a_sea_or_region_without_a_geometry_says_why(reference: Store) -> None:
    areas = {
        area
        for name in (
            "SeaArea",
            "IslandGroup",
            "GeographicRegion",
            "StrategicRegion",
            "MilitaryAdministrativeRegion",
        )
        for area in subjects(reference, TYPE, mil(name))
    }
    without = {
        area
        for area in areas
        if not objects(reference, area, NamedNode(GEO + "hasGeometry"))
    }
    assert without
    assert {
        area
        for area in without
        if not any(
            "No geometry:" in str(note)
            for note in objects(reference, area, NamedNode(SKOS + "note"))
        )
    } == set()


# Links


@pytest.mark.parametrize("path", LINKS, ids=lambda path: path.name.split(".")[0])
def test_a_mapping_set_names_itself_its_licence_and_its_prefixes(path: Path) -> None:
    keys = [line.partition(":")[0] for line in header(path) if not line.startswith(" ")]
    target = path.name.split(".")[0]
    assert f"mapping_set_id: {NS}graph/links/{target}" in header(path)
    assert {
        "mapping_set_version",
        "license",
        "subject_source",
        "object_source",
        "curie_map",
    } <= set(keys)
    used = {
        row[column].partition(":")[0]
        for row in rows(path)
        for column in (
            "subject_id",
            "predicate_id",
            "object_id",
            "mapping_justification",
            "author_id",
        )
    }
    assert used == set(prefixes(path))


@pytest.mark.parametrize("path", LINKS, ids=lambda path: path.name.split(".")[0])
def test_every_link_has_a_predicate_a_justification_a_confidence_evidence_an_author_and_a_date(
    path: Path,
) -> None:
    for row in rows(path):
        assert row["predicate_id"] in {
            "skos:exactMatch",
            "skos:closeMatch",
            "skos:broadMatch",
        }, row
        assert row["predicate_modifier"] in {"", "Not"}, row
        assert row["mapping_justification"].startswith("semapv:"), row
        assert 0 < float(row["confidence"]) <= 1, row
        assert row["comment"], row
        assert row["author_id"] == "actor:milgraph-editors", row
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["mapping_date"]), row
        assert all(
            url.startswith("https://") for url in row["see_also"].split("|") if url
        ), row


@pytest.mark.parametrize("path", LINKS, ids=lambda path: path.name.split(".")[0])
def test_every_linked_subject_is_described_under_the_label_that_the_row_gives(
    path: Path,
) -> None:
    store = read(*REFERENCE, *(ROOT / "data" / "occurrences").glob("*.ttl"))
    prefix_map = prefixes(path)
    unknown = [
        row["subject_id"]
        for row in rows(path)
        if Literal(row["subject_label"], language="en")
        not in objects(store, expand(row["subject_id"], prefix_map), LABEL)
    ]
    assert unknown == []


@pytest.mark.parametrize("path", LINKS, ids=lambda path: path.name.split(".")[0])
def test_no_candidate_is_linked_and_refused_and_none_is_exactly_two_things(
    path: Path,
) -> None:
    pairs = [(row["subject_id"], row["object_id"]) for row in rows(path)]
    assert len(pairs) == len(set(pairs))
    exact = [
        row["object_id"]
        for row in rows(path)
        if row["predicate_id"] == "skos:exactMatch" and not row["predicate_modifier"]
    ]
    assert len(exact) == len(set(exact))


def test_a_variant_is_linked_to_what_its_family_is(
    reference: Store, links: dict[str, list[dict[str, str]]]
) -> None:
    broader = 0
    for path in LINKS:
        found = links[path.name]
        exact = {
            row["subject_id"]: row["object_id"]
            for row in found
            if row["predicate_id"] == "skos:exactMatch"
        }
        for row in found:
            if row["predicate_id"] == "skos:broadMatch":
                broader += 1
                (family,) = objects(
                    reference,
                    expand(row["subject_id"], prefixes(path)),
                    mil("variantOf"),
                )
                local = str(family).removeprefix(f"<{NS}platform/").rstrip(">")
                assert row["object_id"] == exact[f"platform:{local}"]
    assert broader >= 4


def test_ids_have_the_form_of_their_target(
    links: dict[str, list[dict[str, str]]],
) -> None:
    forms = {
        "dbpedia.sssom.tsv": r"dbpedia:\S+",
        "geonames.sssom.tsv": r"geonames:\d+/",
        "marine-regions.sssom.tsv": r"mrgid:\d+",
        "natural-earth.sssom.tsv": r"naturalearth:\w+",
        "wikidata.sssom.tsv": r"wikidata:Q\d+",
    }
    strange = [
        row["object_id"]
        for name, found in links.items()
        for row in found
        if not re.fullmatch(forms[name], row["object_id"])
    ]
    assert strange == []


# What the data set says of itself


def test_the_reference_data_hold_at_least_the_counts_that_the_data_set_states(
    reference: Store,
) -> None:
    dataset = read(ROOT / "data" / "DATASET.ttl")
    partitions = objects(
        dataset, NamedNode(NS + "graph/reference"), NamedNode(VOID + "classPartition")
    )
    assert len(partitions) >= 30
    short = {}
    for partition in partitions:
        (kind,) = objects(dataset, partition, NamedNode(VOID + "class"))
        (least,) = objects(dataset, partition, NamedNode(VOID + "entities"))
        held = len(subjects(reference, TYPE, kind))
        if held < int(least.value):
            short[str(kind)] = held
    assert short == {}


def test_the_linksets_hold_the_number_of_links_that_the_data_set_states(
    links: dict[str, list[dict[str, str]]],
) -> None:
    dataset = read(ROOT / "data" / "DATASET.ttl")
    for name, found in links.items():
        linkset = NamedNode(f"{NS}graph/links/{name.split('.')[0]}")
        (stated,) = objects(dataset, linkset, NamedNode(VOID + "triples"))
        assert int(stated.value) == sum(not row["predicate_modifier"] for row in found)
