"""What the reconciliation service answers, held to the published schemas of the API 0.2."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from milgraph.reconciliation import FEATURES
from milgraph.terms import BASE

ROOT = Path(__file__).parents[3]
DOCUMENTATION = ROOT / "src/milgraph/documentation/reconciliation.md"
SCHEMAS = ROOT / "tests/reconciliation/schemas"

QUERY = {"query": "Tu-95MS"}


def test_the_schemas_are_those_that_their_sources_name():
    lines = (SCHEMAS / "SOURCES").read_text("utf-8").splitlines()
    told = {
        name: digest
        for digest, name, _, _ in (line.split() for line in lines if line[0] != "#")
    }
    assert told == {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in SCHEMAS.glob("*.json")
    }
    assert len(told) == 10


def test_the_schemas_find_what_is_wrong(complaints):
    assert complaints("manifest", {"versions": ["0.1"], "name": "x"})
    assert complaints("reconciliation-result-batch", {"q0": {"result": [{"id": "x"}]}})
    assert complaints("suggest-types-response", {"result": [{"id": "x"}]})
    assert complaints(
        "data-extension-response", {"meta": [], "rows": {"x": {"p": [{"bool": True}]}}}
    )


def test_the_manifest_says_where_everything_is(http, complaints):
    told = http.get("/reconcile").json()
    assert complaints("manifest", told) == []
    assert told["versions"] == ["0.2"]
    assert told["identifierSpace"] == BASE
    assert told["batchSize"] == 50
    assert {"mil:Actor", "mil:Place", "mil:Platform", "mil:PlatformType"} <= {
        kind["id"] for kind in told["defaultTypes"]
    }
    assert {"entity", "type", "property"} == told["suggest"].keys()
    assert told["view"]["url"].startswith(str(http.base_url).rstrip("/"))


def test_a_candidate_is_explained(reconcile):
    best = reconcile(q0=QUERY)["q0"][0]
    assert best["id"] == "platform/tu-95ms"
    assert best["match"] is True
    assert best["type"][0] == {"id": "mil:BomberType", "name": "bomber type"}
    assert best["description"] == "bomber type; variant of Tupolev Tu-95"
    features = {feature["id"]: feature for feature in best["features"]}
    assert features["designator"]["value"] == 1
    assert "Tu-95MS" in features["designator"]["why"].upper().replace("TU", "Tu")


def test_candidates_come_best_first_and_no_more_than_asked(reconcile):
    found = reconcile(q0={"query": "Ministry of Defence", "limit": 2})["q0"]
    assert len(found) == 2
    assert found[0]["score"] >= found[1]["score"]
    assert not any(one["match"] for one in found)


def test_each_query_of_a_batch_is_answered_alone(reconcile):
    queries = {"a": QUERY, "b": {"query": "Sea of Japan"}, "": {"query": "nothing so"}}
    together = reconcile(**queries)
    assert together.keys() == queries.keys()
    assert all(
        reconcile(**{key: queries[key]})[key] == together[key] for key in queries
    )


@pytest.mark.parametrize("how", ["get", "post"])
def test_a_batch_is_sent_by_get_and_by_post(http, how):
    given = {"queries": json.dumps({"q0": QUERY})}
    answer = (
        http.get("/reconcile", params=given)
        if how == "get"
        else http.post("/reconcile", data=given)
    )
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["q0"]["result"][0]["id"] == "platform/tu-95ms"


@pytest.mark.parametrize("query", ["Tu-95MS", '{"query": "Tu-95MS", "limit": 1}'])
def test_a_single_query_is_answered_as_it_was_before_batches(http, query):
    found = http.get("/reconcile", params={"query": query}).json()["result"]
    assert found[0]["id"] == "platform/tu-95ms"


@pytest.mark.parametrize(
    "named",
    [
        "platform/tu-95",
        "platform:tu-95",
        BASE + "platform/tu-95",
    ],
)
def test_an_identifier_finds_its_own(reconcile, named):
    (found,) = reconcile(q0={"query": named})["q0"]
    assert (found["id"], found["score"], found["match"]) == (
        "platform/tu-95",
        100,
        True,
    )


@pytest.mark.parametrize("named", ["Q17", "http://www.wikidata.org/entity/Q17"])
def test_an_identifier_of_a_linked_data_set_finds_what_it_is_linked_to(
    reconcile, named
):
    (found,) = reconcile(q0={"query": named})["q0"]
    assert found["id"] == "actor/japan"


# Types


def test_a_type_keeps_to_what_is_of_it(reconcile):
    found = reconcile(q0={"query": "Japan", "type": "mil:Place"})["q0"]
    assert found
    assert all("mil:Place" in [k["id"] for k in one["type"]] for one in found)
    assert not any(one["id"] == "actor/japan" for one in found)


def test_any_of_several_types_is_enough_and_all_takes_each(reconcile):
    types = ["mil:State", "mil:SeaArea"]
    some = reconcile(q0={"query": "Japan", "type": types})["q0"]
    assert {"actor/japan", "place/sea-of-japan"} <= {one["id"] for one in some}
    assert reconcile(q0={"query": "Japan", "type": types, "type_strict": "all"}) == {
        "q0": []
    }
    both = ["mil:BomberType", "mil:AircraftType"]
    found = reconcile(q0={"query": "Tu-95MS", "type": both, "type_strict": "all"})["q0"]
    assert found[0]["id"] == "platform/tu-95ms"


def test_a_type_that_should_be_lets_others_through_and_matches_none_of_them(reconcile):
    plain = reconcile(q0=QUERY)["q0"][0]
    for kind in ("mil:Vessel", "mil:FighterType", "mil:Scramble"):
        wanted = {"query": "Tu-95MS", "type": kind, "type_strict": "should"}
        best = reconcile(q0=wanted)["q0"][0]
        assert best["id"] == "platform/tu-95ms"
        assert best["match"] is False
        assert best["score"] <= plain["score"]


def test_what_no_entity_is_of_has_no_candidates(reconcile):
    assert reconcile(q0={"query": "Tu-95MS", "type": "mil:Scramble"}) == {"q0": []}


# Properties


def given(**values):
    return [{"pid": f"mil:{name}", "v": value} for name, value in values.items()]


def test_a_property_tells_namesakes_apart(reconcile):
    query = {"query": "Ministry of Defence"}
    of_japan = {**query, "properties": given(ofState={"id": "actor/japan"})}
    by_name = {**query, "properties": given(ofState="Japan")}
    found = reconcile(plain=query, id=of_japan, name=by_name)
    assert found["id"][0]["id"] == found["name"][0]["id"] == "actor/japanese-mod"
    others = {one["id"]: one["score"] for one in found["plain"]}
    found_now = {one["id"]: one["score"] for one in found["id"]}
    for ministry in ("actor/chinese-mod", "actor/russian-mod"):
        assert found_now.get(ministry, 0) < others[ministry]


def test_what_another_service_found_counts_by_its_link_or_else_its_name(reconcile):
    query = {"query": "Ministry of Defence", "type": "mil:DefenceMinistry"}
    states = (
        {"id": "actor/japan", "name": "Japan"},
        {"id": "Q17", "name": "日本"},
        {"id": "JPN-392", "name": "Japan"},
    )
    asked = {
        f"q{n}": {**query, "properties": given(ofState=state)}
        for n, state in enumerate(states)
    }
    found = reconcile(**asked)
    assert found["q0"][0]["id"] == "actor/japanese-mod"
    assert found["q0"] == found["q1"] == found["q2"]


def test_a_property_that_clashes_forbids_the_match(reconcile):
    wrong = given(variantOf={"id": "platform/b-52"})
    right = given(variantOf="Ту-95")
    found = reconcile(
        wrong={**QUERY, "properties": wrong}, right={**QUERY, "properties": right}
    )
    assert found["right"][0]["match"] is True
    worse = next(one for one in found["wrong"] if one["id"] == "platform/tu-95ms")
    assert worse["match"] is False
    assert worse["score"] < found["right"][0]["score"]
    (told,) = (f for f in worse["features"] if f["id"] == "property:mil:variantOf")
    assert told["value"] == 0
    assert told["why"] == "variant of is Tupolev Tu-95, not Boeing B-52 Stratofortress"


@pytest.mark.parametrize(
    ("pid", "value", "entity"),
    [
        ("naming:iso-3166-1-alpha-2", "JP", "actor/japan"),
        ("links:wikidata", "Q27092", "place/sea-of-japan"),
        ("links:marine-regions", 4307, "place/sea-of-japan"),
        ("links:wikidata", {"id": "http://www.wikidata.org/entity/Q17"}, "actor/japan"),
        ("mil:hullNumber", ["DDG 69"], "platform/uss-milius"),
    ],
)
def test_an_identifier_as_property_finds_without_a_name(reconcile, pid, value, entity):
    found = reconcile(q0={"properties": [{"pid": pid, "v": value}]})["q0"]
    assert (found[0]["id"], found[0]["match"]) == (entity, True)


def test_what_is_no_identifier_finds_and_matches_none(reconcile):
    found = reconcile(q0={"properties": given(ofState="Japan"), "limit": 100})["q0"]
    assert len(found) > 3
    assert not any(one["match"] for one in found)


def test_coordinates_count_as_a_place(reconcile):
    near = {
        "query": "Japan Sea",
        "properties": [{"pid": "coordinates", "v": "40, 135"}],
    }
    far = {"query": "Japan Sea", "properties": [{"pid": "coordinates", "v": "43, 34"}]}
    found = reconcile(near=near, far=far)
    best, other = found["near"][0], found["far"][0]
    assert best["id"] == "place/sea-of-japan"
    assert best["score"] > other["score"]
    assert not other["match"]


# Suggestions


@pytest.mark.parametrize(
    ("kind", "schema", "prefix", "first"),
    [
        ("entity", "entities", "tu95", "platform/tu-95"),
        ("entity", "entities", "Ту-95М", "platform/tu-95ms"),
        ("entity", "entities", "platform/tu-95ms", "platform/tu-95ms"),
        ("entity", "entities", "Q17", "actor/japan"),
        ("entity", "entities", "Sea of Japn", "place/sea-of-japan"),
        ("type", "types", "bomb", "mil:BomberType"),
        ("type", "types", "mil:SeaArea", "mil:SeaArea"),
        ("property", "properties", "hull", "mil:hullNumber"),
        ("property", "properties", "wikid", "links:wikidata"),
    ],
)
def test_what_is_typed_is_completed(http, complaints, kind, schema, prefix, first):
    told = http.get(f"/reconcile/suggest/{kind}", params={"prefix": prefix}).json()
    assert complaints(f"suggest-{schema}-response", told) == []
    assert told["result"][0]["id"] == first


@pytest.mark.parametrize("kind", ["entity", "type", "property"])
def test_a_cursor_goes_through_all_and_repeats_none(http, kind):
    seen = []
    while True:
        given = {"prefix": "", "cursor": str(len(seen)), "limit": "50"}
        found = http.get(f"/reconcile/suggest/{kind}", params=given).json()["result"]
        if not found:
            break
        seen += [one["id"] for one in found]
    assert len(seen) == len(set(seen)) > 30


def test_suggestions_keep_to_a_type(http):
    given = {"prefix": "japan", "type": "mil:State"}
    found = http.get("/reconcile/suggest/entity", params=given).json()["result"]
    assert [one["id"] for one in found] == ["actor/japan"]


def test_types_tell_what_is_above_them(http):
    told = http.get("/reconcile/suggest/type", params={"prefix": "mil:BomberType"})
    (bombers,) = told.json()["result"]
    assert bombers["broader"] == [{"id": "mil:AircraftType", "name": "aircraft type"}]


@pytest.mark.parametrize(
    ("kind", "named", "shown"),
    [
        ("entity", "platform/tu-95ms", "Tupolev Tu-95MS"),
        ("type", "mil:BomberType", "bomber type"),
        ("property", "mil:operatedBy", "operated by"),
    ],
)
def test_a_flyout_is_a_little_html(http, kind, named, shown):
    told = http.get(f"/reconcile/flyout/{kind}", params={"id": named}).json()
    assert told.keys() == {"id", "html"}
    assert told["id"] == named
    assert f"<h1>{shown}</h1>" in told["html"]


# Data extension


def test_an_extension_tells_values_of_each_kind(extend):
    told = extend(
        ["platform/tu-95ms", "place/sea-of-japan", "actor/japan"],
        "mil:variantOf",
        "links:marine-regions",
        "naming:iso-3166-1-alpha-2",
        "coordinates",
        "rdf:type",
    )
    assert [one["name"] for one in told["meta"]] == [
        "variant of",
        "Marine Regions id",
        "ISO 3166-1 alpha-2 code",
        "coordinates",
        "class",
    ]
    assert told["meta"][0]["type"]["id"] == "mil:AircraftType"
    rows = told["rows"]
    assert rows["platform/tu-95ms"]["mil:variantOf"] == [
        {"id": "platform/tu-95", "name": "Tupolev Tu-95"}
    ]
    assert rows["place/sea-of-japan"]["links:marine-regions"] == [{"str": "4307"}]
    assert rows["actor/japan"]["naming:iso-3166-1-alpha-2"] == [{"str": "JP"}]
    assert rows["actor/japan"]["coordinates"] == []
    assert rows["place/sea-of-japan"]["rdf:type"] == [{"str": "sea area"}]


def test_a_link_that_is_only_broader_is_told_where_it_is_asked_for(extend):
    rows = extend(["platform/tu-95ms"], "links:wikidata")["rows"]
    assert rows["platform/tu-95ms"]["links:wikidata"] == []
    asked = ("links:wikidata", {"links": "any", "form": "iri"})
    rows = extend(["platform/tu-95ms"], asked)["rows"]
    assert rows["platform/tu-95ms"]["links:wikidata"] == [
        {"str": "http://www.wikidata.org/entity/Q181815"}
    ]


def test_settings_choose_a_language_and_a_number(extend):
    japanese = extend(["actor/japan"], ("rdfs:label", {"language": "ja"}))["rows"]
    assert japanese["actor/japan"]["rdfs:label"] == [{"str": "日本"}]
    one = extend(["actor/japan"], ("rdfs:label", {"limit": "1"}))["rows"]
    assert one["actor/japan"]["rdfs:label"] == [{"str": "Japan"}]


def test_rows_are_told_by_the_identifiers_that_were_sent(extend):
    ids = ["actor:japan", BASE + "actor/japan", "actor/nobody"]
    rows = extend(ids, "naming:iso-3166-1-alpha-2")["rows"]
    assert list(rows) == ids
    assert rows["actor:japan"] == rows[BASE + "actor/japan"]
    assert rows["actor/nobody"] == {"naming:iso-3166-1-alpha-2": []}


def test_a_property_that_nothing_has_is_an_empty_column(extend):
    told = extend(["actor/japan"], "mil:triggeredBy")
    assert told["meta"] == [{"id": "mil:triggeredBy", "name": "triggered by"}]
    assert told["rows"] == {"actor/japan": {"mil:triggeredBy": []}}


def test_properties_are_proposed_for_a_type(http, complaints):
    given = {"type": "mil:Vessel", "limit": "50"}
    told = http.get("/reconcile/properties", params=given).json()
    assert complaints("data-extension-property-proposal", told) == []
    assert told["type"] == "mil:Vessel"
    proposed = {one["id"] for one in told["properties"]}
    assert {"mil:hullNumber", "mil:operatedBy", "mil:platformType"} <= proposed
    assert "mil:zoneKind" not in proposed
    few = http.get("/reconcile/properties", params={**given, "limit": "2"}).json()
    assert few["properties"] == told["properties"][:2]


def test_without_a_type_every_property_is_proposed(http):
    told = http.get("/reconcile/properties").json()["properties"]
    assert {"mil:zoneKind", "mil:hullNumber", "links:geonames"} <= {
        one["id"] for one in told
    }


# Previews and pages


def test_a_preview_may_be_framed_and_runs_nothing(http):
    told = http.get("/reconcile/preview", params={"id": "platform/tu-95ms"})
    policy = told.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'none'" in policy
    assert "script" not in told.text
    assert "Tupolev Tu-95MS" in told.text
    # What else is served is still framed by nobody.
    assert "frame-ancestors 'none'" in http.get("/").headers["content-security-policy"]


def test_the_view_of_an_entity_leads_to_its_page(http):
    told = http.get("/reconcile/view", params={"id": "place/sea-of-japan"})
    assert (told.status_code, told.headers["location"]) == (303, "/place/sea-of-japan")


def test_every_feature_that_is_told_is_explained(http, reconcile):
    near = {
        "query": "Japan Sea",
        "properties": [{"pid": "coordinates", "v": "40, 135"}],
    }
    found = reconcile(
        a={**QUERY, "properties": given(variantOf="Ту-95")},
        b={**near, "type": "mil:SeaArea"},
        c={"query": "USS Milius", "properties": given(hullNumber="DDG-69")},
    )
    told = {f["id"] for one in found.values() for c in one for f in c["features"]}
    assert {"name_similarity", "designator", "geometry", "type", "identifier"} <= told
    for feature in told:
        page = http.get("/reconcile/features", params={"id": feature})
        assert page.status_code == 200, feature
        assert "points" in page.text


# What is documented


def test_the_page_shows_what_is_answered(http):
    page = DOCUMENTATION.read_text("utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    for field, asked, shown in (("queries", *blocks[:2]), ("extend", *blocks[2:])):
        answer = http.post("/reconcile", data={field: asked})
        assert answer.json() == json.loads(shown)


def test_the_page_lists_every_feature_with_its_points():
    rows = [
        f"| {explained.text} | {explained.gain:g} | {explained.loss:g} |"
        for explained in FEATURES.values()
    ]
    page = DOCUMENTATION.read_text("utf-8")
    assert [row for row in rows if row not in page] == []


# From other origins


@pytest.mark.parametrize(
    "path",
    [
        "",
        "?queries={}",
        "/suggest/entity?prefix=tu",
        "/suggest/type?prefix=b",
        "/suggest/property?prefix=h",
        "/flyout/entity?id=actor/japan",
        "/preview?id=actor/japan",
        "/view?id=actor/japan",
        "/features?id=country",
        "/properties?type=mil:State",
        "?queries=broken",
        "/preview?id=actor/nobody",
    ],
)
def test_every_answer_may_be_read_from_any_origin(http, path):
    answer = http.get(f"/reconcile{path}", headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/reconcile", "/reconcile/suggest/entity"])
def test_browsers_are_told_what_they_may_send(http, path):
    told = http.options(path, headers={"Access-Control-Request-Method": "POST"})
    assert told.status_code == 204
    assert told.headers["access-control-allow-origin"] == "*"
    assert "GET" in told.headers["access-control-allow-methods"]
    assert "Content-Type" in told.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    "path", ["", "?queries={}", "/suggest/type?prefix=b", "/properties"]
)
def test_an_answer_is_handed_to_a_function_where_one_is_named(http, path):
    mark = "&" if "?" in path else "?"
    told = http.get(f"/reconcile{path}{mark}callback=app.$got_1")
    assert told.headers["content-type"].startswith("application/javascript")
    assert told.headers["x-content-type-options"] == "nosniff"
    assert told.text.startswith("/**/app.$got_1(")
    body = told.text.removeprefix("/**/app.$got_1(").removesuffix(");")
    assert json.loads(body) == http.get(f"/reconcile{path}").json()
    assert told.text.isascii()
