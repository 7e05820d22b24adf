"""Explanations over HTTP: why the graph holds a fact, in the form that a client prefers."""

import pytest

from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import PROV

TRIG = {"Content-Type": "application/trig"}
FACT = {
    "subject": "article:2023-03-21-tu-95-sea-of-japan#december-flight",
    "predicate": "mil:escortedBy",
    "object": "actor:russia",
}


def test_a_fact_is_explained_down_to_the_segment(http):
    told = http.get("/explain", params=FACT).json()
    assert told["rule"] == "prp-spo2"
    leaf = told["premises"][0]["premises"][0]
    (segment,) = leaf["assertions"][0]["claim"]["segments"]
    assert (segment["start"], segment["end"]) == (1366, 1508)


def test_people_get_a_page_that_links_each_term(http):
    page = http.get("/explain", params=FACT, headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "mil:hasEscort, then mil:involves make mil:escortedBy" in page.text
    assert 'href="/article/2023-03-21-tu-95-sea-of-japan#claim-19"' in page.text
    assert "code points 1366 to 1508" in page.text


def test_a_terminal_gets_the_text_of_the_command(http):
    text = http.get("/explain", params={**FACT, "format": "text"})
    assert text.headers["Content-Type"].startswith("text/plain")
    assert "  follows by prp-spo2: mil:hasEscort" in text.text


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
def test_a_derivation_is_prov_in_every_format_of_rdf(http, form):
    found = http.get("/explain", params=FACT, headers={"Accept": form.media_type})
    assert found.headers["Content-Type"].startswith(form.media_type)
    quads = read(Source("explain", found.content, form))
    assert sum(quad.predicate == PROV.wasDerivedFrom for quad in quads) == 5
    again = http.get(
        "/explain",
        params=FACT,
        headers={"Accept": form.media_type, "If-None-Match": found.headers["ETag"]},
    )
    assert again.status_code == 304


def test_what_a_commit_states_is_explained_as_soon_as_it_is_acknowledged(
    client, bearing, drill
):
    address = "/articles/2024-05-14-drill"
    fact = {"subject": "article:2024-05-14-drill", "predicate": "rdf:type"}
    fact["object"] = "mil:NewsReport"
    for _ in range(3):
        sent = client.put(
            address, content=drill().content, headers=TRIG | bearing("carol")
        )
        sent.raise_for_status()
        assert client.get("/explain", params=fact).status_code == 200
        client.delete(address, headers=bearing("carol")).raise_for_status()
        assert client.get("/explain", params=fact).status_code == 404


def test_a_fact_that_is_not_there_is_not_found(http):
    missing = http.get("/explain", params={**FACT, "object": "actor:japan"})
    assert missing.status_code == 404
    assert missing.json()["detail"].startswith("nothing asserts article:2023-03-21")


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"subject": ""}, "subject is missing"),
        ({"object": "Japan"}, "'Japan' is neither an IRI nor a name"),
        ({"object": "x" * 5000}, "object is longer than 4,000 characters"),
    ],
)
def test_a_fact_that_is_not_named_is_refused(http, given, detail):
    refused = http.get("/explain", params={**FACT, **given})
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith(detail)


def test_without_a_fact_people_get_a_form_and_programs_are_told(http):
    page = http.get("/explain", headers={"Accept": "text/html"})
    assert (page.status_code, "<form" in page.text) == (200, True)
    assert http.get("/explain").status_code == 400
    other = http.get("/explain", params=FACT, headers={"Accept": "image/png"})
    assert other.status_code == 406
