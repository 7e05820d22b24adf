"""What goes wrong has one status for each error, and the same shape everywhere."""

import inspect
from http import HTTPStatus

import pytest

from milgraph import errors
from milgraph.errors import KnowledgeGraphError, Position, QueryError
from milgraph.mcp.tools import WAYS as TOOLS
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


@pytest.mark.parametrize("way", errors.Way)
def test_a_hint_tells_the_way_of_the_door_at_which_it_is_told(way):
    error = QueryError("not there", hint="Look.", way=way, to="article:one")
    assert error.hint.startswith("Look. `milgraph ")
    over_http = problem_of(error).hint
    assert over_http.startswith("Look. ")
    assert "/" in over_http
    error.lead(TOOLS)
    assert "tool" in error.hint.lower()
    for hint in (over_http, error.hint):
        assert "`milgraph" not in hint
        assert "{}" not in hint


def test_what_is_not_there_is_told_with_the_address_that_lists_it():
    listed = problem_of(errors.UnknownQueryError("none")).hint
    assert listed == "GET /queries lists the stored queries."
    near = problem_of(errors.UnknownQueryError("article", near=["articles"])).hint
    assert near == "Did you mean articles?"


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
