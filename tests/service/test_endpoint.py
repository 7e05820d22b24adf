"""The endpoint follows the SPARQL 1.1 Protocol: methods, encodings, datasets, formats."""

import csv
import io

import pytest

from milgraph.answers import RESULT_FORMATS
from milgraph.service.protocol import ALLOWED
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import expand

STATES = (
    "SELECT ?label ?state { ?state a mil:State ; rdfs:label ?label } ORDER BY ?state"
)
QUERY = {"Content-Type": "application/sparql-query"}


class TestQueryOperation:
    """SPARQL 1.1 Protocol, section 2.1: three ways to send the same query."""

    def test_the_three_ways_give_the_same_answer(self, http):
        by_get = http.get("/sparql", params={"query": STATES})
        by_form = http.post("/sparql", data={"query": STATES})
        direct = http.post("/sparql", content=STATES, headers=QUERY)
        assert [r.status_code for r in (by_get, by_form, direct)] == [200, 200, 200]
        assert by_get.json() == by_form.json() == direct.json()
        assert by_get.json()["results"]["bindings"]

    def test_text_outside_ascii_survives_each_way(self, http):
        query = "ASK { place:sea-of-japan rdfs:label '日本海'@ja }"
        by_get = http.get("/sparql", params={"query": query})
        by_form = http.post("/sparql", data={"query": query})
        direct = http.post("/sparql", content=query.encode(), headers=QUERY)
        answers = [response.json()["boolean"] for response in (by_get, by_form, direct)]
        assert answers == [True, True, True]

    def test_columns_come_in_the_order_of_the_query(self, sparql):
        assert sparql(STATES, "text/csv").text.startswith("label,state\r\n")
        head = sparql("SELECT * { ?z a ?b } LIMIT 1").json()["head"]
        assert head == {"vars": ["z", "b"]}

    def test_head_tells_what_get_would_without_sending_it(self, http):
        found = http.head("/sparql", params={"query": STATES})
        asked = http.get("/sparql", params={"query": STATES})
        assert found.status_code == 200
        assert not found.content
        assert found.headers["content-type"] == asked.headers["content-type"]

    def test_options_lists_the_methods(self, http):
        found = http.options("/sparql")
        assert found.status_code == 204
        assert found.headers["allow"] == ALLOWED

    def test_every_origin_may_read(self, sparql):
        found = sparql("ASK {}")
        assert found.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in found.headers


class TestDataset:
    """Section 2.1.4: the request names the graphs, before the query does."""

    REFERENCE = expand("graph:reference").value
    ONTOLOGY = expand("graph:ontology").value
    COUNT = "SELECT (COUNT(*) AS ?n) { %s }"

    def number(self, response):
        return int(response.json()["results"]["bindings"][0]["n"]["value"])

    def test_a_default_graph_takes_the_place_of_the_view(self, http, dataset):
        query = self.COUNT % "?s ?p ?o"
        parameters = {"query": query, "default-graph-uri": self.REFERENCE}
        expected = len(list(dataset.match(graph=expand("graph:reference"))))
        assert self.number(http.get("/sparql", params=parameters)) == expected
        assert self.number(http.post("/sparql", data=parameters)) == expected
        del parameters["query"]
        direct = http.post("/sparql", params=parameters, content=query, headers=QUERY)
        assert self.number(direct) == expected

    def test_named_graphs_are_those_that_are_named(self, http):
        parameters = {
            "query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g",
            "named-graph-uri": [self.REFERENCE, self.ONTOLOGY],
        }
        found = http.get("/sparql", params=parameters).json()["results"]["bindings"]
        assert [row["g"]["value"] for row in found] == [self.ONTOLOGY, self.REFERENCE]

    def test_the_request_goes_before_the_query(self, http):
        query = "SELECT (COUNT(*) AS ?n) FROM graph:ontology { ?s a mil:State }"
        alone = http.get("/sparql", params={"query": query})
        both = {"query": query, "default-graph-uri": self.REFERENCE}
        assert self.number(alone) == 0
        assert self.number(http.get("/sparql", params=both)) > 0

    def test_from_reads_no_file(self, sparql):
        found = sparql("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }")
        assert found.json()["results"]["bindings"] == []

    def test_a_graph_that_is_no_iri_is_refused(self, http):
        parameters = {"query": "ASK {}", "default-graph-uri": "no iri"}
        assert http.get("/sparql", params=parameters).status_code == 400


class TestFormats:
    @pytest.mark.parametrize("form", RESULT_FORMATS.values(), ids=RESULT_FORMATS.keys())
    def test_solutions_come_in_every_format_by_type_and_by_name(self, sparql, form):
        for found in (
            sparql(STATES, form.media_type),
            sparql(STATES, format=form.name),
        ):
            assert found.status_code == 200
            assert found.headers["content-type"].split(";")[0] == form.media_type
            assert "actor/japan" in found.text

    @pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
    def test_graphs_come_in_every_format_by_type_and_by_name(self, sparql, form):
        query = "CONSTRUCT { ?s a mil:State } WHERE { ?s a mil:State }"
        for found in (sparql(query, form.media_type), sparql(query, format=form.name)):
            assert found.headers["content-type"].split(";")[0] == form.media_type
            quads = read(Source("answer", found.content, form))
            assert expand("actor:japan") in {quad.subject for quad in quads}

    @pytest.mark.parametrize(
        ("accept", "chosen"),
        [
            ("*/*", "application/sparql-results+json"),
            ("", "application/sparql-results+json"),
            ("application/json", "application/json"),
            ("text/csv;q=0.2, text/tab-separated-values", "text/tab-separated-values"),
            ("application/*;q=0.5, text/csv", "text/csv"),
            (
                "application/sparql-results+json;q=0, */*",
                "application/sparql-results+xml",
            ),
            ("text/html, */*;q=0.8", "text/html"),
            ("image/png, text/csv;q=0.1", "text/csv"),
        ],
    )
    def test_the_preferred_type_is_chosen(self, sparql, accept, chosen):
        found = sparql("ASK {}", accept)
        assert found.headers["content-type"].split(";")[0] == chosen
        assert found.headers["vary"] == "Accept, Accept-Encoding"

    def test_what_cannot_be_sent_is_406_with_what_can(self, sparql):
        found = sparql("ASK {}", "image/png")
        assert found.status_code == 406
        assert "text/csv" in found.json()["available"]
        assert sparql("ASK {}", format="turtle").status_code == 406

    def test_csv_agrees_with_json(self, sparql):
        rows = list(csv.DictReader(io.StringIO(sparql(STATES, "text/csv").text)))
        found = sparql(STATES).json()["results"]["bindings"]
        assert rows == [{k: v["value"] for k, v in row.items()} for row in found]


class TestRefusals:
    def test_a_broken_query_is_400_with_line_and_column(self, sparql):
        found = sparql("SELECT *\n{ ?s ?p }")
        assert found.status_code == 400
        assert found.headers["content-type"] == "application/problem+json"
        problem = found.json()
        assert (problem["line"], problem["column"]) == (2, 10)
        assert {"title", "status", "detail"} <= problem.keys()

    def test_a_request_without_a_query_says_how_to_send_one(self, http):
        found = http.post("/sparql", data={"timeout": "1"})
        assert found.status_code == 400
        assert "query" in found.json()["hint"]

    def test_two_queries_are_one_too_many(self, http):
        found = http.get("/sparql", params={"query": ["ASK {}", "ASK {}"]})
        assert found.status_code == 400

    def test_no_query_calls_another_machine(self, sparql):
        found = sparql("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")
        assert found.status_code == 403
        assert found.json()["kind"] == "refused"
        assert "SERVICE" in found.json()["detail"]

    @pytest.mark.parametrize("query", ["{" * 5000, "ASK { FILTER(" + "!" * 20000])
    def test_a_query_of_death_is_refused_and_the_server_lives(self, sparql, query):
        assert sparql(query[:7000]).json()["kind"] in ("limit-depth", "limit-size")
        assert sparql("ASK { ?s ?p ?o }").json()["boolean"] is True

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_another_method_is_405_with_those_allowed(self, http, method):
        found = http.request(method, "/sparql")
        assert found.status_code == 405
        assert found.headers["allow"] == ALLOWED

    @pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
    def test_a_body_of_another_type_is_415(self, http, kind):
        found = http.post("/sparql", content=b"ASK {}", headers={"Content-Type": kind})
        assert found.status_code == 415
        assert "application/sparql-query" in found.json()["available"]

    @pytest.mark.parametrize(
        "request_",
        [
            {"data": {"update": "DROP ALL"}},
            {"data": {"query": "DROP ALL"}},
            {
                "content": "DROP ALL",
                "headers": {"Content-Type": "application/sparql-update"},
            },
            {"content": "DROP ALL", "headers": QUERY},
        ],
    )
    def test_nothing_is_changed(self, http, request_):
        assert http.post("/sparql", **request_).status_code in (400, 403)
        assert http.get("/ready").status_code == 200

    def test_wrong_bytes_are_refused_and_not_replaced(self, http):
        assert (
            http.get("/sparql?query=ASK%7B%3Fs%20%3Fp%20%27%FF%27%7D").status_code
            == 400
        )
        found = http.post("/sparql", content=b"ASK { ?s ?p '\xff' }", headers=QUERY)
        assert found.status_code == 400
        latin = {"Content-Type": "application/sparql-query; charset=latin-1"}
        assert http.post("/sparql", content=b"ASK {}", headers=latin).status_code == 415

    def test_a_body_without_end_is_cut_off(self, http):
        def endless():
            for _ in range(64):
                yield b" " * 65536

        found = http.post("/sparql", content=endless(), headers=QUERY)
        assert found.status_code == 413
