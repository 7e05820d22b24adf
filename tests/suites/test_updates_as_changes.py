"""The W3C's updates, worked out as changes instead of being carried out."""

import pytest
from pyoxigraph import BlankNode, Dataset, NamedNode, Quad, Store
from w3c import manifests
from w3c.comparison import canonical, quads, told
from w3c.manifests import Case

from milgraph.edits import change_of_update
from milgraph.errors import KnowledgeGraphError
from milgraph.store import Snapshot

manifests.require()
# What loads a document is refused.
CASES = [
    case
    for case in manifests.cases()
    if case.kind.startswith("UpdateEvaluation") and "#load" not in case.name
]
_NAMED = "urn:named:"


def test_the_suites_have_not_lost_their_cases() -> None:
    assert len(CASES) >= 90


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_change_leads_to_the_dataset_that_is_expected(case: Case) -> None:
    before = _named(frozenset(_stored(quads(case.before))))
    try:
        change = change_of_update(case.request, Snapshot.of(before), skolem=_named)
    except KnowledgeGraphError as error:
        raise AssertionError(f"{case.request}\n\n{error}") from error
    found = _bare((before - change.removals) | change.additions)
    wanted = canonical(_stored(quads(case.after)))
    assert found == wanted, f"{case.request}\n\nFOUND {told(found)}\n\n{told(wanted)}"


def _stored(given: list[Quad]) -> Store:
    store = Store()
    store.extend(given)
    return store


def _named(given: frozenset[Quad]) -> frozenset[Quad]:
    """Give each blank node an IRI, since a change holds none."""

    def name(term: object) -> object:
        is_blank = isinstance(term, BlankNode)
        return NamedNode(_NAMED + term.value) if is_blank else term

    return frozenset(
        Quad(name(q.subject), q.predicate, name(q.object), q.graph_name) for q in given
    )


def _bare(given: frozenset[Quad]) -> Dataset:
    def bare(term: object) -> object:
        is_named = isinstance(term, NamedNode) and term.value.startswith(_NAMED)
        return BlankNode(term.value.removeprefix(_NAMED)) if is_named else term

    return canonical(
        Quad(bare(q.subject), q.predicate, bare(q.object), q.graph_name) for q in given
    )
