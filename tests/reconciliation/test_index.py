"""The index is made once for what is offered, not once for each commit."""

import time

import pytest

from milgraph.generations import Generations
from milgraph.history import Author, Role
from milgraph.reconciliation import answer, read_query
from milgraph.service.reconciliation.index import Index

EDITOR = Author("ada", Role.EDITOR, "test")
BAY = (
    "INSERT DATA { GRAPH graph:reference "
    "{ place:bay <http://www.w3.org/2000/01/rdf-schema#label> 'Bucht'@de } }"
)


@pytest.fixture
def publish(gate, data):
    def published():
        Generations(data).publish(gate)

    return published


def test_only_a_commit_that_touches_what_is_offered_makes_the_index_anew(
    gate, data, tell, publish
):
    publish()
    index = Index(data)
    first = index.collection()
    assert not any(match.is_match for match in answer(first, read_query("Bucht")))
    gate.submit(tell("2024-05-14-drill"), author=EDITOR)
    publish()
    assert index.collection() is first
    gate.update(BAY, author=EDITOR)
    publish()
    second = index.collection()
    assert index.built == 2
    (found,) = (m for m in answer(second, read_query("Bucht")) if m.is_match)
    assert found.profile.label == "Bay"
    assert index.collection() is second


def test_an_index_that_takes_long_is_made_aside(gate, data, publish):
    publish()
    index = Index(data, slow=0)
    first = index.collection()
    gate.update(BAY, author=EDITOR)
    publish()
    assert index.collection() is first
    deadline = time.monotonic() + 60
    while index.built < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    found = answer(index.collection(), read_query("Bucht"))
    assert [m.profile.label for m in found if m.is_match] == ["Bay"]
