"""Changes: what a commit removes and adds, as one value that can be undone."""

import pytest

from milgraph.changes import Change
from milgraph.errors import PlacementError
from milgraph.terms import BlankNode, DefaultGraph, NamedNode, Quad

A, B, C = (NamedNode(f"http://example.org/{name}") for name in "abc")
G, H = (NamedNode(f"http://example.org/graph/{name}") for name in "gh")
IN_G, IN_H, IN_VIEW = (Quad(A, B, C, name) for name in (G, H, DefaultGraph()))


def test_a_change_between_two_states_leads_from_one_to_the_other():
    change = Change.between({IN_G, IN_H}, {IN_H, IN_VIEW})
    assert change == Change(frozenset({IN_G}), frozenset({IN_VIEW}))
    assert change.inverted() == Change.between({IN_H, IN_VIEW}, {IN_G, IN_H})
    assert Change.between({IN_G}, {IN_G}).is_empty


@pytest.mark.parametrize(
    "quad",
    [
        Quad(BlankNode(), B, C, G),
        Quad(A, B, BlankNode(), G),
        Quad(A, B, C, BlankNode()),
    ],
)
def test_a_change_holds_no_node_that_could_not_be_named_again(quad):
    with pytest.raises(PlacementError, match="without a name"):
        Change(additions=frozenset({quad}))


def test_a_change_does_not_remove_what_it_adds():
    with pytest.raises(PlacementError, match="removes and adds"):
        Change(frozenset({IN_G}), frozenset({IN_G}))


def test_the_digest_tells_changes_apart_and_not_their_order():
    one = Change(frozenset({IN_G}), frozenset({IN_H, IN_VIEW}))
    assert one.digest == Change(frozenset({IN_G}), frozenset({IN_VIEW, IN_H})).digest
    assert len({one.digest, one.inverted().digest, Change().digest}) == 3
