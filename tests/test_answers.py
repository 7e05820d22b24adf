"""An answer has the columns of its query, and every format of SPARQL and RDF."""

import csv
import io
import json

import pytest

from milgraph.answers import RESULT_FORMATS, ask, short
from milgraph.errors import QueryError
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import MIL, NamedNode, Quad, expand

CLAIM = NamedNode("https://w3id.org/milgraph/article/x#claim-1")


@pytest.fixture(scope="module")
def one_claim():
    return Snapshot.of([Quad(CLAIM, MIL.claimant, expand("actor:tass"))])


def test_columns_come_in_the_order_of_the_query(one_claim):
    assert ask(one_claim, "SELECT ?o ?s { ?s ?p ?o }").columns == ("o", "s")
    assert ask(one_claim, "SELECT * { ?s ?p ?o }").columns == ("s", "p", "o")


def test_a_cell_without_a_value_is_empty(one_claim):
    answer = ask(one_claim, "SELECT ?s ?x { ?s ?p ?o OPTIONAL { ?o ?p ?x } }")
    assert list(answer.rows()) == [(CLAIM, None)]


@pytest.mark.parametrize("name", RESULT_FORMATS)
def test_solutions_and_booleans_have_every_format_of_sparql(one_claim, name):
    assert b"tass" in ask(one_claim, "SELECT ?o { ?s ?p ?o }").serialised(name)
    assert b"true" in ask(one_claim, "ASK { ?s ?p ?o }").serialised(name)


@pytest.mark.parametrize("name", FORMATS)
def test_a_graph_has_every_format_of_rdf(one_claim, name):
    written = ask(one_claim, "CONSTRUCT WHERE { ?s ?p ?o }").serialised(name)
    (quad,) = read(Source("answer", written, FORMATS[name]))
    assert quad.triple == next(iter(one_claim.view())).triple


def test_the_same_answer_is_the_same_in_csv_and_json(dataset):
    text = "SELECT ?claim ?who { ?claim mil:claimant ?who } ORDER BY ?claim ?who"
    rows = list(
        csv.DictReader(io.StringIO(ask(dataset, text).serialised("csv").decode()))
    )
    bindings = json.loads(ask(dataset, text).serialised("json"))["results"]["bindings"]
    assert rows == [{k: v["value"] for k, v in row.items()} for row in bindings]
    assert len(rows) > 100


def test_a_graph_is_no_table_and_a_table_no_graph(one_claim):
    with pytest.raises(QueryError, match="a graph cannot be written as csv"):
        ask(one_claim, "DESCRIBE actor:tass").serialised("csv")
    with pytest.raises(QueryError, match="cannot be written as turtle"):
        ask(one_claim, "SELECT * { ?s ?p ?o }").serialised("turtle")


def test_what_cannot_be_evaluated_is_an_error_and_not_an_empty_answer(one_claim):
    with pytest.raises(QueryError, match="cannot be evaluated"):
        ask(one_claim, "SELECT (mil:unknown(?s) AS ?x) { ?s ?p ?o }")


def test_a_query_that_would_call_out_never_reaches_the_engine(one_claim):
    with pytest.raises(QueryError, match="SERVICE"):
        ask(one_claim, "SELECT * { SERVICE ?e { ?s ?p ?o } }")


@pytest.mark.parametrize(
    "name", ["article:x#claim-1", "place:black-sea", "mil:Exercise", "http://e.org/a#b"]
)
def test_the_short_name_of_a_node_leads_back_to_it(name):
    assert short(expand(name)) == name
