"""The stored queries over HTTP: a list, a form for people, an answer in every format."""

import csv
import io

import pytest

from milgraph.answers import RESULT_FORMATS
from milgraph.queries import Catalogue

FLAGSHIP = "bombers-over-an-area"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def catalogue(resources):
    return Catalogue.of(resources.queries)


def test_the_list_names_every_query_with_its_parameters(http, catalogue):
    listed = http.get("/queries").json()
    assert {entry["name"] for entry in listed} == set(catalogue.queries)
    flagship = next(entry for entry in listed if entry["name"] == FLAGSHIP)
    assert flagship["address"] == f"/queries/{FLAGSHIP}"
    assert flagship["parameters"][0]["range"] == "mil:Place"


def test_the_list_is_a_page_for_people(http, catalogue):
    page = http.get("/queries", headers=PAGE)
    assert page.headers["content-type"].startswith("text/html")
    assert all(f'href="/queries/{name}"' in page.text for name in catalogue.queries)


def test_the_flagship_question_has_its_answer(http, dataset, catalogue):
    found = http.get(f"/queries/{FLAGSHIP}", params={"area": "place:sea-of-japan"})
    rows = found.json()["results"]["bindings"]
    solutions = catalogue.get(FLAGSHIP).run(dataset, {"area": "place:sea-of-japan"})
    assert len(rows) == len(list(solutions))
    bombers = {row["bomber"]["value"].rpartition("/")[2] for row in rows}
    assert {"tu-95", "tu-95ms"} <= bombers


@pytest.mark.parametrize("form", RESULT_FORMATS.values(), ids=RESULT_FORMATS.keys())
def test_an_answer_comes_in_every_format_by_type_and_by_name(http, form):
    path = f"/queries/{FLAGSHIP}"
    by_name = http.get(path, params={"format": form.name})
    by_type = http.get(path, headers={"Accept": form.media_type})
    assert by_name.content == by_type.content
    assert by_name.headers["content-type"].split(";")[0] == form.media_type


def test_a_blank_field_of_the_form_is_a_parameter_not_given(http):
    path = f"/queries/{FLAGSHIP}"
    blank = http.get(path, params={"area": "", "format": "csv"})
    assert blank.text == http.get(path, params={"format": "csv"}).text


def test_a_query_with_parameters_is_a_form_with_what_may_be_entered(http):
    page = http.get(f"/queries/{FLAGSHIP}", headers=PAGE).text
    assert '<label for="parameter-area">' in page
    assert '<option value="place:black-sea">' in page
    assert "<table>" in page
    assert f'href="/queries/{FLAGSHIP}?format=csv"' in page


def test_a_query_that_needs_a_parameter_is_first_a_form(http, catalogue):
    query = next(
        query
        for query in catalogue
        if any(p.default is None for p in query.parameters.values())
    )
    page = http.get(f"/queries/{query.name}", headers=PAGE)
    assert page.status_code == 200
    assert "<form" in page.text
    assert "<table>" not in page.text
    asked = http.get(f"/queries/{query.name}")
    assert asked.status_code == 400
    assert f"/queries/{query.name}?" in asked.json()["hint"]


def test_every_query_answers_its_own_example(http, catalogue):
    slow = {"lint", "report", "federated"}
    asked = [query for query in catalogue if query.folder not in slow]
    assert len(asked) >= 30
    for query in asked:
        found = http.get(f"/queries/{query.name}", params=query.examples())
        assert found.status_code == 200, query.name


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/queries/no-such-query", 404),
        (f"/queries/{FLAGSHIP}?area=nowhere", 400),
        (f"/queries/{FLAGSHIP}?country=place:guam", 400),
        (f"/queries/{FLAGSHIP}?format=png", 406),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_wrong_name_or_value_is_told(http, path, status, accept):
    found = http.get(path, headers={"Accept": accept})
    assert found.status_code == status
    kind = found.headers["content-type"].split(";")[0]
    assert kind == ("application/problem+json" if accept == "*/*" else "text/html")


def test_a_parameter_is_a_value_and_never_a_piece_of_the_query(http):
    attempt = "place:guam> } INSERT { ?s ?p ?o"
    assert http.get(f"/queries/{FLAGSHIP}", params={"area": attempt}).status_code == 400


def test_csv_has_the_columns_of_the_query(http):
    found = http.get(f"/queries/{FLAGSHIP}", params={"format": "csv"}).text
    assert next(csv.reader(io.StringIO(found)))[0] == "area"
