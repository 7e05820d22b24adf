"""Scores: what raises them, what lowers them, and what nothing can make a match."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milgraph.errors import KnowledgeGraphError
from milgraph.matching import Feature
from milgraph.reconciliation import (
    FEATURES,
    answer,
    explained,
    extend,
    read_batch,
    read_extension,
    read_query,
)
from milgraph.reconciliation.scoring import _points


def asked(**query):
    return read_batch(json.dumps({"q": query}))["q"]


def best(collection, **query):
    return answer(collection, asked(**query))[0]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_property_that_agrees_better_never_scores_less(one, two):
    low, high = sorted((one, two))
    name = "property:mil:ofState"
    assert _points(Feature(name, low, "")) <= _points(Feature(name, high, ""))


@pytest.mark.parametrize("name", ["Tu-95MS", "Sea of Japan", "Russian Navy", "Kurils"])
def test_a_property_moves_the_score_its_own_way(collection, name):
    plain = {m.profile.id: m.score for m in answer(collection, asked(query=name))}
    for found in collection.properties.values():
        if found.id in ("mil:ofState", "coordinates", "geo:asWKT") or found.identifies:
            continue  # they are compared by the matcher
        wrong = [{"pid": found.id, "v": "Quadrivium 17"}]
        for match in answer(collection, asked(query=name, properties=wrong, limit=100)):
            had = found.of(match.profile.id)
            told = [f for f in match.features if f.name == f"property:{found.id}"]
            assert bool(told) == bool(had)
            if match.profile.id in plain:
                assert match.score <= plain[match.profile.id]
            if had:
                assert not match.is_match


def test_the_own_value_of_a_property_agrees(collection):
    for found in collection.properties.values():
        for entity, values in list(found.values.items())[:5]:
            value = values[0]
            v = {"id": value.text} if value.kind == "id" else value.text
            if len(value.text) > 300 or found.id in ("coordinates", "geo:asWKT"):
                continue
            label = collection.profiles[entity].label
            query = asked(
                query=label, properties=[{"pid": found.id, "v": v}], limit=100
            )
            match = next(m for m in answer(collection, query) if m.profile.id == entity)
            told = {f.name: f.value for f in match.features}
            assert told.get(f"property:{found.id}", 1) == 1, (found.id, label)


def test_every_label_finds_its_own_among_the_first(collection):
    for profile in collection.profiles.values():
        found = [m.profile.id for m in answer(collection, read_query(profile.label))]
        # A place and a command may bear one name.
        assert profile.id in found[:3], profile.label


def test_only_the_first_candidate_is_ever_a_match(collection):
    for profile in collection.profiles.values():
        for name in profile.names:
            found = answer(collection, replace(read_query("x"), query=name.text))
            assert not any(match.is_match for match in found[1:])


def test_every_feature_of_the_matcher_is_explained(collection):
    told = {
        feature.name
        for profile in collection.profiles.values()
        for match in answer(collection, read_query(profile.label))
        for feature in match.features
    }
    assert told <= FEATURES.keys()
    assert explained("property:mil:ofState")
    assert explained("property:") is None


TEXTS = st.text(max_size=40)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "query": TEXTS | JSONS,
        "type": TEXTS | JSONS | st.sampled_from(["mil:State", "mil:Place"]),
        "type_strict": st.sampled_from(["any", "all", "should", "x"]),
        "limit": st.integers(-2, 200) | JSONS,
        "properties": JSONS
        | st.lists(
            st.fixed_dictionaries(
                {
                    "pid": st.sampled_from(["mil:ofState", "links:wikidata", "x"]),
                    "v": JSONS,
                }
            ),
            max_size=3,
        ),
    },
)


@given(query=QUERIES)
def test_any_query_is_answered_or_refused_in_words(collection, query):
    try:
        found = answer(collection, read_batch(json.dumps({"q": query}))["q"])
    except KnowledgeGraphError:
        return
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
    assert all(0 <= m.score <= 100 for m in found)
    assert not any(m.is_match for m in found[1:])


@given(asked=JSONS | st.fixed_dictionaries({"ids": JSONS, "properties": JSONS}))
def test_any_extension_is_answered_or_refused_in_words(collection, asked):
    try:
        told = extend(collection, read_extension(json.dumps(asked)))
    except KnowledgeGraphError:
        return
    assert told.keys() == {"meta", "rows"}


@pytest.mark.parametrize("where", ["85, 30", "90, 0", "80, 180", "80, -180"])
def test_coordinates_in_the_arctic_ocean_are_no_clash_with_it(collection, where):
    given = [{"pid": "coordinates", "v": where}]
    assert best(collection, query="Arctic Ocean", properties=given).is_match


def test_a_long_text_agrees_with_itself_and_with_no_other(collection):
    sea, name = "https://w3id.org/milgraph/place/sea-of-japan", "Sea of Japan"
    (note,) = [v.text for v in collection.property("skos:note").of(sea)]
    assert len(note) > 300
    plain = best(collection, query=name)
    given = [{"pid": "skos:note", "v": note}]
    same = best(collection, query=name, properties=given)
    assert (same.profile.id, same.is_match) == (sea, True)
    assert same.score >= plain.score
    given = [{"pid": "skos:note", "v": note + " And so on."}]
    other = best(collection, query=name, properties=given)
    assert (other.score, other.is_match) == (plain.score, False)
    assert "is not compared with a text of" in other.features[-1].why
