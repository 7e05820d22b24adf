"""Exports over HTTP: every format, by name and by Accept, bound to the state they are of."""

import csv
import gzip
import io
import json
import re

import httpx
import pytest

from milgraph.export.formats import EXPORTS, exported
from milgraph.export.scopes import VIEW, Scope
from milgraph.terms import expand

WITHOUT_GRAPHS = {"turtle", "ntriples", "rdfxml"}
ARTICLE = "article:2023-03-20-b-52h-baltic"
FLIGHTS = {"scope": "bombers-over-an-area", "area": "place:sea-of-japan"}


def asked(http: httpx.Client, accept: str = "*/*", **parameters: str) -> httpx.Response:
    return http.get("/export", params=parameters, headers={"Accept": accept})


@pytest.mark.parametrize("form", EXPORTS)
def test_each_format_is_what_the_program_writes(http, dataset, form):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    name = "view" if form in WITHOUT_GRAPHS else "all"
    answer = asked(http, format=form, scope=name)
    assert answer.status_code == 200
    assert answer.content == exported(
        dataset, form, scope=VIEW if name == "view" else Scope("all")
    )
    assert answer.headers["content-type"].startswith(EXPORTS[form].media_type)
    assert answer.headers["link"].endswith('rel="license"')


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/trig"),
        ("application/n-quads", "application/n-quads"),
        ("application/geo+json", "application/geo+json"),
        ("text/csv", "text/csv"),
        ("text/html", "text/html"),
        ("text/html;q=0.5, text/csv", "text/csv"),
    ],
)
def test_the_format_is_chosen_by_accept(http, accept, kind):
    answer = asked(http, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert "Accept" in answer.headers["vary"]


def test_the_page_offers_each_format_with_an_address_that_works(http):
    page = asked(http, "text/html").text
    for form in EXPORTS:
        assert f"format={form}" in page
    assert http.get("/export?scope=view&format=rdfxml").status_code == 200


def test_an_export_has_the_tag_of_its_state(http):
    first = asked(http, format="geojson")
    again = http.get(
        "/export?format=geojson", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    other = asked(http, format="csv")
    assert other.headers["etag"] != first.headers["etag"]


def test_two_scopes_have_two_tags(http):
    whole, part = asked(http, format="csv"), asked(http, format="csv", **FLIGHTS)
    assert whole.headers["etag"] != part.headers["etag"]
    assert len(part.content) < len(whole.content)


def test_a_stored_query_with_its_parameters_is_a_scope(http):
    rows = list(csv.DictReader(io.StringIO(asked(http, format="csv", **FLIGHTS).text)))
    assert rows
    assert all("Sea of Japan" in row["place_labels"] for row in rows)


def test_an_article_is_a_scope(http, dataset):
    answer = asked(http, format="trig", scope=ARTICLE)
    scope = Scope.of_graph(expand(ARTICLE))
    assert answer.content == exported(dataset, "trig", scope=scope)


def test_it_can_come_compressed(http):
    request = http.build_request(
        "GET", "/export?format=csv", headers={"Accept-Encoding": "gzip"}
    )
    answer = http.send(request, stream=True)
    raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).startswith(b"activity,label")


def test_a_head_request_has_no_body(http):
    answer = http.head("/export?format=csv")
    assert answer.status_code == 200
    assert not answer.content


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("?format=xlsx", 406, "no format of an export"),
        ("?format=turtle", 400, "no graphs"),
        ("?scope=graph:nothing", 404, "there is no graph"),
        ("?scope=no-such-query", 404, "no stored query"),
        ("?scope=bombers-over-an-area&area=nowhere&format=csv", 400, "known prefix"),
        ("?scope=bombers-over-an-area&colour=red&format=csv", 400, "colour"),
        ("?scope=article:x%20y", 400, "IRI"),
        ("?scope=graph:reference&format=csv", 400, "holds articles"),
        ("?scope=map&format=csv", 200, ""),
        ("?scope=counts-by-class&format=csv", 400, "no row of the scope"),
        ("?scope=describe-article&format=csv&article=" + ARTICLE, 400, "SELECT"),
        ("?scope=service-entry-of-bombers", 403, "SERVICE"),
        ("?query=SELECT%20*%20{}", 400, "no parameter"),
        ("?include-restricted=1", 400, "no parameter"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_a_reason(http, address, status, told):
    answer = http.get(f"/export{address}")
    assert answer.status_code == status, answer.text
    assert told in answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", ["article:acled-lnd1", "graph:datasets/acled"])
def test_what_may_not_be_passed_on_is_refused_with_its_terms(with_records, name):
    answer = asked(with_records, scope=name)
    assert answer.status_code == 403
    assert "acleddata.com/terms-of-use" in answer.json()["detail"]
    assert "--include-restricted" in answer.json()["hint"]


OWN = "https://creativecommons.org/licenses/by/4.0/"
OF_GDELT = "https://www.gdeltproject.org"


@pytest.mark.parametrize(
    ("parameters", "licences"),
    [
        ({}, {OWN, OF_GDELT}),
        ({"scope": "view", "format": "turtle"}, {OWN, OF_GDELT}),
        ({"scope": ARTICLE}, {OWN}),
        ({"scope": "article:gdelt-9000000000"}, {OWN, OF_GDELT}),
        ({"scope": "graph:datasets/gdelt"}, {OWN, OF_GDELT}),
        ({"scope": "graph:reference"}, {OWN}),
    ],
)
def test_each_licence_of_what_is_sent_is_linked(with_records, parameters, licences):
    answer = asked(with_records, **parameters)
    assert answer.status_code == 200, answer.text
    found = re.findall(r'<([^>]*)>; rel="license"', answer.headers["link"])
    assert set(found) == licences


def test_nothing_is_changed_by_it(http):
    assert http.post("/export").status_code == 405


def test_a_plain_dataset_has_nothing_of_the_kind(start, tmp_path):
    path = tmp_path / "one.ttl"
    path.write_text("<http://x/s> <http://x/p> <http://x/o> .")
    with start(tmp_path / "data", "--plain", str(path)) as server:
        answer = httpx.get(f"{server.address}/export")
    assert answer.status_code == 404
    assert "/store" in json.loads(answer.text)["hint"]


def test_an_export_that_takes_too_long_is_never_ended_as_if_it_were_whole(start, built):
    with start(built, TIME_LIMIT="0.25") as server:
        try:
            answer = httpx.get(f"{server.address}/export?format=nquads", timeout=20)
        except httpx.RemoteProtocolError:
            # It had begun, and was cut.
            return
    assert answer.status_code == 422
    assert "0.25 s" in answer.text
