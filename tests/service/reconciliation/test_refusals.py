"""What the reconciliation service refuses, and in which words."""

import json
import time

import pytest

Q = '{"q0": {"query": "Tu-95MS"}}'


def batch(**query):
    return json.dumps({"q0": query})


def prop(pid="mil:ofState", v="Japan"):
    return [{"pid": pid, "v": v}]


BAD_BATCHES = [
    ('{"q0": {"query": "Tu-95"', 400, "queries is not JSON"),
    ("", 400, "queries is not JSON"),
    ("[]", 400, "something else where an object belongs"),
    ('"text"', 400, "something else where an object belongs"),
    ('{"q0": []}', 400, "something else where an object belongs"),
    ('{"q0": null}', 400, "something else where an object belongs"),
    ('{"q0": {"query": NaN}}', 400, "not JSON that can be read"),
    ('{"q0": {"limit": 1' + "0" * 5000 + "}}", 400, "not JSON that can be read"),
    ("[" * 100_000, 400, "not JSON that can be read"),
    (batch(), 400, "needs a query or properties"),
    (batch(type="mil:State"), 400, "needs a query or properties"),
    (batch(properties=[]), 400, "needs a query or properties"),
    (batch(query=7), 400, "a text belongs here"),
    (batch(query=["x"]), 400, "a text belongs here"),
    ('{"q0": {"query": "\\ud800"}}', 400, "half of a surrogate pair"),
    (batch(query="x", limit=0), 400, "limit is a whole number"),
    (batch(query="x", limit=-1), 400, "limit is a whole number"),
    (batch(query="x", limit=1.5), 400, "limit is a whole number"),
    (batch(query="x", limit=True), 400, "limit is a whole number"),
    (batch(query="x", limit="3"), 400, "limit is a whole number"),
    (batch(query="x", type=7), 400, "a text belongs here"),
    (batch(query="x", type="mil:Stat"), 400, "there is no type 'mil:Stat'"),
    (batch(query="x", type="not a type"), 400, "there is no type"),
    (batch(query="x", type=["mil:State"] * 21), 413, "are too many"),
    (batch(query="x", type_strict="maybe"), 400, "type_strict is one of any, all, should"),
    (batch(query="x", wishes="many"), 400, "a query has no field 'wishes'"),
    (batch(query="x", properties={}), 400, "a list belongs here"),
    (batch(query="x", properties=[{"pid": "mil:ofState"}]), 400, "a pid and a v"),
    (batch(query="x", properties=prop(v={"name": "Japan"})), 400, "a text belongs here"),
    (batch(query="x", properties=prop(v=None)), 400, "a text belongs here"),
    (batch(query="x", properties=prop(pid="mil:hulNumber")), 400, "there is no property"),
    (batch(query="x", properties=prop() * 11), 413, "are too many"),
    (batch(query="x", properties=prop(v=["x"] * 11)), 413, "are too many"),
    (json.dumps({f"q{n}": {"query": "x"} for n in range(51)}), 413, "51 queries"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "why"), BAD_BATCHES)
def test_a_batch_that_is_none_is_refused_with_the_reason(http, sent, status, why):
    answer = http.post("/reconcile", data={"queries": sent})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert why in answer.json()["detail"]
    assert "Traceback" not in answer.text


def test_a_refusal_says_where_and_what_is_near(http):
    asked = batch(query="x", properties=prop(pid="mil:hulNumber"))
    told = http.post("/reconcile", data={"queries": asked}).json()
    assert told["hint"].startswith("Did you mean mil:hullNumber")
    told = http.post("/reconcile", data={"queries": batch(query="x", limit=0)}).json()
    assert told["jsonPath"] == '$["q0"].limit'


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"query": "x", "type": "mil:NoSuch"}, '$["q1"].type'),
        ({"query": "x", "type": ["mil:State", "mil:NoSuch"]}, '$["q1"].type'),
        (
            {"query": "x", "properties": prop() + prop(pid="mil:noSuch")},
            '$["q1"].properties[1].pid',
        ),
    ],
)
def test_what_is_not_known_is_told_with_the_query_that_asks_for_it(http, query, path):
    asked = json.dumps({"q0": {"query": "Japan"}, "q1": query})
    told = http.post("/reconcile", data={"queries": asked}).json()
    assert told["jsonPath"] == path


def test_a_column_that_is_not_known_is_told_with_its_place(http):
    columns = [{"id": "mil:ofState"}, {"id": "mil:noSuch"}]
    asked = json.dumps({"ids": ["actor/japan"], "properties": columns})
    told = http.post("/reconcile", data={"extend": asked}).json()
    assert told["jsonPath"] == "$.properties[1].id"


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ({"type": "mil:NoSuch"}, "/reconcile/suggest/type?prefix= lists"),
        ({"type": "mil:Bombr"}, "Did you mean mil:BomberType?"),
        ({"type": "mil:hullNumber"}, "/reconcile/suggest/type?prefix= lists"),
        ({"properties": prop(pid="mil:noSuch")}, "/reconcile/suggest/property?prefix="),
        ({"properties": prop(pid="mil:ofStat")}, "Did you mean mil:ofState"),
    ],
)
def test_only_what_is_near_and_of_the_kind_is_proposed(http, query, hint):
    asked = batch(query="x", **query)
    told = http.post("/reconcile", data={"queries": asked}).json()
    assert told["hint"].startswith(hint)


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/features", "As in ?id=name_similarity."),
        ("/features?id=luck", "There is name_similarity, designator,"),
        ("/flyout/type", "As in ?id=mil:State."),
        ("/flyout/property", "As in ?id=mil:ofState."),
        ("/preview", "As in ?id=actor/japan."),
    ],
)
def test_the_example_of_an_address_can_be_asked_there(http, path, hint):
    assert http.get(f"/reconcile{path}").json()["hint"].startswith(hint)
    example = hint.removeprefix("As in ").rstrip(".")
    if example.startswith("?"):
        assert http.get(f"/reconcile{path}{example}").status_code == 200


BAD_EXTENSIONS = [
    ("{}", 400, "a list belongs here"),
    ('{"ids": "actor/japan", "properties": []}', 400, "a list belongs here"),
    ('{"ids": [7], "properties": []}', 400, "a text belongs here"),
    ('{"ids": [], "properties": [{}]}', 400, "a text belongs here"),
    ('{"ids": [], "properties": ["mil:ofState"]}', 400, "an object belongs"),
    ('{"ids": [], "properties": [{"id": "mil:none"}]}', 400, "there is no property"),
    ('{"ids": [""], "properties": []}', 400, "an identifier belongs here"),
    (
        '{"ids": [], "properties": [{"id": "mil:ofState", "settings": {"limit": "x"}}]}',
        400,
        "limit is a number from 0 upwards",
    ),
    (
        '{"ids": [], "properties": [{"id": "mil:ofState", "settings": {"links": "x"}}]}',
        400,
        "links is one of exact, close, any",
    ),
    (
        '{"ids": [], "properties": [{"id": "mil:ofState", "settings": {"language": ["x"]}}]}',
        400,
        "the setting language is the tag of one language",
    ),
    (json.dumps({"ids": ["x"] * 1001, "properties": []}), 413, "are too many"),
    (json.dumps({"ids": [], "properties": [{"id": "x"}] * 41}), 413, "are too many"),
    (
        json.dumps({"ids": ["x"] * 600, "properties": [{"id": "x"}] * 20}),
        413,
        "are too many",
    ),
]


@pytest.mark.parametrize(("sent", "status", "why"), BAD_EXTENSIONS)
def test_an_extension_that_is_none_is_refused_with_the_reason(http, sent, status, why):
    answer = http.post("/reconcile", data={"extend": sent})
    assert answer.status_code == status, answer.text
    assert why in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("?callback=alert(1)//", 400, "callback is not the name of a function"),
        ("?callback=a%0Ab", 400, "callback is not the name of a function"),
        ("?callback=" + "a" * 101, 400, "callback is not the name of a function"),
        ("?callback=%D0%B0", 400, "callback is not the name of a function"),
        ("?queries={}&extend={}", 400, "there is both queries and extend"),
        ("?queries=%FF", 400, "not percent-encoded UTF-8"),
        ("?" + "&".join(["x=1"] * 60), 400, "not percent-encoded UTF-8"),
        ("/suggest/entity?prefix=" + "x" * 301, 400, "longer than any name"),
        ("/suggest/entity?prefix=x&cursor=-1", 400, "cursor is not a number"),
        ("/suggest/entity?prefix=x&cursor=two", 400, "cursor is not a number"),
        ("/suggest/entity?prefix=x&type=mil:Stat", 400, "there is no type"),
        ("/suggest/nothing?prefix=x", 404, "there is nothing at"),
        ("/flyout/entity?id=actor/nobody", 404, "there is no entity 'actor/nobody'"),
        ("/flyout/entity", 400, "id is missing"),
        ("/flyout/type?id=mil:Nothing", 400, "there is no type"),
        ("/flyout/property?id=nothing", 400, "there is no property"),
        ("/preview?id=" + "x" * 2001, 400, "too long"),
        ("/preview?id=<script>alert(1)</script>", 404, "there is no entity"),
        ("/view?id=http://example.org/", 404, "there is no entity"),
        ("/features?id=luck", 404, "there is no feature"),
        ("/properties?type=mil:Nothing", 400, "there is no type"),
        ("/properties?limit=many", 400, "limit is not a number"),
    ],
)
def test_an_address_that_asks_for_nothing_is_refused(http, path, status, why):
    answer = http.get(f"/reconcile{path}")
    assert answer.status_code == status, answer.text
    assert why in answer.json()["detail"]


def test_a_body_that_is_no_form_is_told_how_to_be_one(http):
    answer = http.post("/reconcile", json={"q0": {"query": "x"}})
    assert answer.status_code == 415
    assert answer.headers["accept-post"] == "application/x-www-form-urlencoded"


def test_a_form_without_a_question_is_refused(http):
    answer = http.post("/reconcile", data={"other": "x"})
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "the form has neither queries nor extend",
    )


def test_a_body_longer_than_any_batch_is_refused(http):
    answer = http.post("/reconcile", data={"queries": "x" * 1_100_000})
    assert answer.status_code == 413


def test_nothing_is_changed_here(http):
    for method in ("PUT", "DELETE", "PATCH"):
        answer = http.request(method, "/reconcile")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]


def test_a_page_shows_what_is_refused_and_runs_none_of_it(http):
    answer = http.get(
        "/reconcile/preview",
        params={"id": "<script>alert(1)</script>"},
        headers={"Accept": "text/html"},
    )
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script>" not in answer.text


def test_more_candidates_than_there_are_is_no_error(reconcile):
    for limit in (101, 10**12, 1e300):
        found = reconcile(q0={"query": "Japan", "limit": limit})["q0"]
        assert 0 < len(found) <= 100


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 5_000, "\x00", "?", "🛩" * 50, "-" * 300]
)
def test_what_names_nothing_has_no_match(reconcile, text):
    assert not any(one["match"] for one in reconcile(q0={"query": text})["q0"])


def test_a_batch_of_the_worst_is_answered_in_time(http):
    properties = [
        {"pid": pid, "v": [f"{n} {'long name ' * 25}" for n in range(10)]}
        for pid in ("rdfs:label", "mil:hasAlias", "dcterms:source", "skos:note") * 2
    ]
    worst = {"query": "ministry of the fleet " * 13, "properties": properties}
    queries = {f"q{number}": worst for number in range(30)}
    begun = time.monotonic()
    answer = http.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code in (200, 422), answer.text
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    "shape",
    [
        "LINESTRING(0 0,0 0)",
        "POLYGON((0 0,1 1,0 0,0 0))",
        "CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))",
        "POINT (500 500)",
    ],
)
def test_a_shape_that_cannot_be_read_is_as_if_not_known(reconcile, shape):
    given = [{"pid": "geo:asWKT", "v": shape}]
    found = reconcile(
        strange={"query": "Sea of Japan", "properties": given},
        plain={"query": "Sea of Japan"},
    )
    strange, plain = found["strange"][0], found["plain"][0]
    assert (strange["id"], strange["match"]) == (plain["id"], plain["match"])
    (feature,) = [one for one in strange["features"] if one["id"] == "geometry"]
    assert feature["value"] == 0.5
    assert feature["why"].startswith("not compared: ")


def test_a_shape_of_the_whole_globe_is_no_clash(reconcile):
    globe = "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"
    given = [{"pid": "geo:asWKT", "v": globe}]
    found = reconcile(q0={"query": "Sea of Japan", "properties": given})["q0"]
    assert found[0]["match"]
