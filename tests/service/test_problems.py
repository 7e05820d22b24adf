"""What goes wrong has one status for each error, and the same shape everywhere."""

import inspect
from http import HTTPStatus

import pytest

from milgraph import errors
from milgraph.errors import KnowledgeGraphError, Position, QueryError
from milgraph.service.negotiation import Offer, preferred
from milgraph.service.problems import STATUSES, problem_of

ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, KnowledgeGraphError)
]
JSON, CSV, XML = (Offer(name, f"application/{name}") for name in ("json", "csv", "xml"))


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_of_its_own(kind):
    status, title = STATUSES[kind]
    assert status >= HTTPStatus.BAD_REQUEST
    assert title


def test_a_problem_keeps_the_place_and_the_hint():
    error = QueryError("ill-formed", position=Position("query", 2, 9), hint="Mend it.")
    assert problem_of(error).members == {
        "title": "Query not answered",
        "kind": "syntax",
        "status": 400,
        "detail": "ill-formed",
        "hint": "Mend it.",
        "line": 2,
        "column": 9,
    }


@pytest.mark.parametrize("path", ["/nowhere", "/queries/none", "/store"])
def test_a_problem_has_the_same_shape_everywhere(http, path):
    found = http.get(path)
    assert found.status_code in (400, 404)
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json()["status"] == found.status_code
    assert {"title", "detail", "hint"} <= found.json().keys()


@pytest.mark.parametrize("path", ["/", "/queries", "/health", "/ready"])
def test_a_method_that_an_address_does_not_have_is_405(http, path):
    found = http.delete(path)
    assert found.status_code == 405
    assert "GET" in found.headers["allow"]
    assert http.head(path).status_code == 200


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("nonsense", JSON),
        ("application/csv", CSV),
        ("application/xml;q=0.9, application/csv;q=0.8", XML),
        ("application/*;q=0.3, application/xml;q=0.2, */*;q=0.1", JSON),
        ("application/json;q=0, */*", CSV),
        ("application/json;q=none, */*;q=0.1", CSV),
        ("APPLICATION/XML; Q=1", XML),
        ("text/html", None),
        ("*/*;q=0", None),
    ],
)
def test_the_most_precise_range_decides_about_a_type(accept, chosen):
    assert preferred([JSON, CSV, XML], accept) == chosen
