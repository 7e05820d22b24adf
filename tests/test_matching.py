"""Matching: names resolve to entities, with reasons, and never to the wrong one unasked."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milgraph import graphs
from milgraph.matching import (
    THRESHOLD,
    WEIGHTS,
    Feature,
    Matcher,
    Name,
    Profile,
    profiles,
    score,
)
from milgraph.store import Snapshot
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    RDFS,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    compact,
    expand,
)

MESSY = Path(__file__).parent / "samples" / "messy-names.tsv"
ROWS = tuple(
    csv.DictReader(MESSY.read_text(encoding="utf-8").splitlines(), delimiter="\t")
)
SAMPLES = Path(
    os.environ.get("SHARED_SAMPLES", Path(__file__).parents[2] / "shared" / "samples")
)
UCDP = SAMPLES / "ucdp_ged_23_1_sample1000_uncertainUCDP.csv"
FEATURES = ("name_similarity", *WEIGHTS)


@pytest.fixture(scope="module")
def known(dataset):
    return tuple(profiles(dataset))


@pytest.fixture(scope="module")
def matcher(known):
    return Matcher(known)


def wanted(name: str, **given: object) -> Profile:
    return Profile("x:wanted", (Name(name),), **given)


def iri(name: str) -> str:
    return expand(name).value


def named(matcher, name: str, **given: object):
    """Return the candidates, by their short names."""
    found = matcher.candidates(wanted(name, **given))
    return {compact(NamedNode(one.profile.id)): one for one in found}


def reasons(candidate) -> dict[str, str]:
    return {feature.name: feature.why for feature in candidate.features}


def test_the_messy_names_are_all_there():
    assert len(ROWS) >= 45
    assert sum(row["expected"] == "none" for row in ROWS) >= 15


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']} {row['class']}")
def test_a_messy_name_resolves_to_its_entity_and_never_to_another(matcher, row):
    kinds = frozenset([iri(row["class"])] if row["class"] else ())
    found = matcher.candidates(wanted(row["name"], kinds=kinds), kinds=kinds)
    matches = [compact(NamedNode(c.profile.id)) for c in found if c.is_match]
    assert matches in ([], [row["expected"]])
    if row["expected"] != "none":
        assert compact(NamedNode(found[0].profile.id)) == row["expected"]


def test_most_of_the_messy_names_need_nobody_to_decide(matcher):
    kinds = {row["name"]: row["class"] for row in ROWS if row["expected"] != "none"}
    sure = [
        name
        for name, kind in kinds.items()
        if any(
            c.is_match
            for c in matcher.candidates(
                wanted(name, kinds=frozenset([iri(kind)] if kind else ()))
            )
        )
    ]
    assert len(sure) >= 0.7 * len(kinds)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("tu-95 ms bomber", "platform:tu-95ms"),
        ("ту 95 мс бомбардировщик", "platform:tu-95ms"),
        ("tu 95 in japan", "platform:tu-95"),
        ("b 52 on patrol", "platform:b-52"),
        ("su 30 at base", "platform:su-30"),
        ("su 30 sm 2 fighters", "platform:su-30sm"),
    ],
)
def test_letters_behind_a_number_are_a_variant_where_there_is_one(matcher, name, first):
    found = matcher.candidates(wanted(name))
    assert compact(NamedNode(found[0].profile.id)) == first
    assert not any(candidate.is_match for candidate in found)


def test_a_family_is_related_to_its_variant_and_no_match(matcher):
    found = named(matcher, "Tu-95MS")
    family, variant = found["platform:tu-95"], found["platform:tu-95ms"]
    assert (variant.is_match, family.is_match) == (True, False)
    assert reasons(family)["designator"] == (
        "TU-95MS and TU-95 are a family and one of its variants"
    )
    assert variant.score - family.score > 40


def test_another_variant_is_told_and_scored_low(matcher):
    found = named(matcher, "Su-30SM2")
    assert found["platform:su-30sm2"].is_match
    assert reasons(found["platform:su-30sm"])["designator"] == (
        "SU-30SM2 is another variant than SU-30SM"
    )
    assert found["platform:su-30sm"].score < 20


def test_a_prefix_of_another_navy_clashes(matcher):
    milius = named(matcher, "JS Milius")["platform:uss-milius"]
    assert not milius.is_match
    assert reasons(milius)["country"] == (
        "one is of JP (by the prefix JS), the other of US"
    )


def test_an_equal_identifier_is_enough_and_a_different_one_forbids(matcher):
    same = wanted("Rossiya", identifiers=frozenset([("wikidata", "Q159")]))
    (match,) = (c for c in matcher.candidates(same) if c.is_match)
    assert match.profile.id == iri("actor:russia")
    assert reasons(match)["identifier"] == "the same identifier: wikidata Q159"
    other = wanted("Russia", identifiers=frozenset([("wikidata", "Q30")]))
    assert not any(
        c.is_match
        for c in matcher.candidates(other)
        if c.profile.id == match.profile.id
    )


def test_a_class_without_anything_in_common_forbids_a_match(matcher):
    as_place = wanted("Volkhov", kinds=frozenset([iri("mil:Place")]))
    assert not any(c.is_match for c in matcher.candidates(as_place))
    as_boat = wanted("Volkhov", kinds=frozenset([iri("mil:Submarine")]))
    assert matcher.candidates(as_boat)[0].is_match


def test_a_place_elsewhere_is_no_match_and_one_within_is(matcher):
    here = named(matcher, "Sea of Japan", geometry="POINT (135 40)")
    assert here["place:sea-of-japan"].is_match
    assert reasons(here["place:sea-of-japan"])["geometry"] == "one lies in the other"
    away = named(matcher, "Sea of Japan", geometry="POINT (-60 10)")
    assert not away["place:sea-of-japan"].is_match
    assert reasons(away["place:sea-of-japan"])["geometry"].endswith("km apart")


def test_a_geometry_that_cannot_be_read_says_nothing(matcher):
    found = named(matcher, "Sea of Japan", geometry="POINT (nowhere)")
    assert found["place:sea-of-japan"].is_match
    assert reasons(found["place:sea-of-japan"])["geometry"].startswith("not compared")


def test_a_short_abbreviation_needs_a_second_reason(matcher):
    alone = named(matcher, "VKS")["actor:russian-aerospace-forces"]
    of_russia = named(matcher, "VKS", country=frozenset(["RU"]))
    assert not alone.is_match
    assert of_russia["actor:russian-aerospace-forces"].is_match


def test_of_two_with_the_name_neither_is_a_match():
    twins = Matcher(
        Profile(f"x:{n}", (Name("Springfield"),), country=frozenset([n]))
        for n in ("US", "NZ")
    )
    assert not any(c.is_match for c in twins.candidates(wanted("Springfield")))
    of_nz = wanted("Springfield", country=frozenset(["NZ"]))
    assert [c.profile.id for c in twins.candidates(of_nz) if c.is_match] == ["x:NZ"]


def test_a_namesake_that_only_a_data_set_speaks_of_is_no_rival():
    sea = Profile("x:sea", (Name("Black Sea"),))
    records = Profile("x:of-records", (Name("Black Sea"),), is_borrowed=True)
    others = [replace(records, id=f"x:{n}") for n in range(2)]
    ours = Matcher([records, sea, *others])
    found = {c.profile.id: c.is_match for c in ours.candidates(wanted("Black Sea"))}
    assert found == {"x:sea": True, "x:of-records": False, "x:0": False, "x:1": False}
    assert Matcher([records]).candidates(wanted("black sea"))[0].is_match
    assert not any(c.is_match for c in Matcher(others).candidates(wanted("Black Sea")))


def test_candidates_are_those_of_the_kinds_and_as_many_as_asked(matcher):
    kinds = frozenset([iri("mil:SeaArea")])
    found = matcher.candidates(wanted("sea"), limit=3, kinds=kinds)
    assert len(found) == 3
    assert all(c.profile.kinds & kinds for c in found)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


def test_a_match_is_a_match_only_above_the_threshold(matcher):
    for row in ROWS:
        for candidate in matcher.candidates(wanted(row["name"])):
            assert 0 < candidate.score <= 100
            assert not candidate.is_match or candidate.score >= THRESHOLD
            assert all(f.why and 0 <= f.value <= 1 for f in candidate.features)


def test_a_profile_without_names_has_no_candidates(matcher):
    assert matcher.candidates(Profile("x:nothing", ())) == []
    assert Matcher(()).candidates(wanted("Japan")) == []


@pytest.mark.long
@pytest.mark.skipif(not UCDP.exists(), reason=f"there is no sample {UCDP}")
def test_of_the_real_names_of_a_data_set_only_those_match_that_are_ours(matcher):
    """The sides and places of a thousand records, of which we describe hardly any."""
    with UCDP.open(encoding="utf-8-sig", newline="") as file:
        columns = ("side_a", "side_b", "country", "adm_1", "where_coordinates")
        names = {row[column] for row in csv.DictReader(file) for column in columns}
    assert len(names) > 800
    matches = {
        name: compact(NamedNode(candidate.profile.id))
        for name in names
        for candidate in matcher.candidates(wanted(name))
        if candidate.is_match
    }
    states = ("afghanistan", "china", "philippines", "russia", "ukraine", "vietnam")
    assert matches.items() <= {s.title(): f"actor:{s}" for s in states}.items()
    assert matches["Afghanistan"] == "actor:afghanistan"


SHARES = st.fixed_dictionaries({name: st.floats(0, 1) for name in FEATURES})


@given(SHARES, st.sampled_from(FEATURES), st.floats(0, 1))
def test_a_feature_that_rises_never_lowers_the_score(values, risen, more):
    before = [Feature(name, value, "") for name, value in values.items()]
    higher = values | {risen: max(values[risen], more)}
    after = [Feature(name, value, "") for name, value in higher.items()]
    assert 0 <= score(before) <= score(after) <= 100


class TestProfiles:
    def find(self, known, name: str) -> Profile:
        return next(p for p in known if p.id == iri(name))

    def test_every_reference_entity_has_one(self, known):
        assert len(known) == len({p.id for p in known}) >= 120

    def test_none_of_the_reference_data_is_borrowed(self, known):
        assert not any(profile.is_borrowed for profile in known)

    def test_what_only_records_speak_of_has_one_too_and_is_borrowed(self):
        group, shown = (NamedNode(iri(f"actor:{name}")) for name in ("ucdp-1", "north"))
        label, kind = (Literal(text) for text in ("Group", "North"))
        state = Snapshot.of(
            Quad(one, predicate, value, place)
            for one, text, graph in (
                (group, label, NamedNode(f"{BASE}graph/datasets/ucdp")),
                (shown, kind, graphs.REFERENCE),
            )
            for predicate, value in ((RDFS.label, text), (RDF["type"], MIL.Actor))
            for place in (graph, DefaultGraph())
        )
        found = {p.label: p.is_borrowed for p in profiles(state)}
        assert found == {"Group": True, "North": False}

    def test_a_ship_has_its_hull_number_state_and_classes(self, known):
        milius = self.find(known, "platform:uss-milius")
        assert milius.label == "USS Milius (DDG-69)"
        assert ("hull", "DDG-69") in milius.identifiers
        assert milius.country == {"US"}
        assert milius.kinds >= {iri("mil:SurfaceCombatant"), iri("mil:Platform")}

    def test_a_state_has_its_codes_and_its_links(self, known):
        russia = self.find(known, "actor:russia")
        assert russia.identifiers >= {
            ("iso", "RU"),
            ("iso3", "RUS"),
            ("wikidata", "Q159"),
        }
        assert {name.text for name in russia.names} >= {"Россия", "ロシア", "Russia"}
        assert russia.country == {"RU"}

    def test_a_refused_link_is_no_identifier(self, known):
        district = self.find(known, "actor:eastern-military-district")
        assert ("wikidata", "Q1532963") not in district.identifiers

    def test_a_place_has_its_shape_and_a_service_its_state(self, known):
        assert self.find(known, "place:black-sea").geometry.startswith("POLYGON")
        assert self.find(known, "actor:jasdf").country == {"JP"}

    def test_the_kind_of_a_name_follows_from_its_scheme(self, known):
        bear = self.find(known, "platform:tu-95")
        kinds = {name.text: name.kind for name in bear.names}
        assert (kinds["Bear"], kinds["Tu-95"]) == ("nickname", "designator")
