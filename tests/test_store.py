"""Stores: what a commit needs of one, whichever engine is behind it, on the real disk."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milgraph import graphs
from milgraph.changes import Change
from milgraph.errors import QueryError, StoreError
from milgraph.iris import ARTICLES, OCCURRENCES
from milgraph.store import EmbeddedStore, Snapshot, Store, embedded, views
from milgraph.syntax import as_stored
from milgraph.terms import (
    BASE,
    MIL,
    RDFS,
    XSD,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Triple,
)
from milgraph.triples import TripleIndex, Triples

A, B, C = (NamedNode(f"http://example.org/{name}") for name in "abc")
G, H = (NamedNode(f"http://example.org/graph/{name}") for name in "gh")
IN_G, IN_H, IN_VIEW = (Quad(A, B, C, name) for name in (G, H, DefaultGraph()))
Open = Callable[[Path], Store]


@pytest.fixture(params=[EmbeddedStore], ids=["embedded"])
def open_store(request: pytest.FixtureRequest) -> Open:
    return request.param


@pytest.fixture
def store(open_store: Open, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store")
    yield opened
    opened.close()


def added(*quads: Quad) -> Change:
    return Change(additions=frozenset(quads))


def content(store: Store) -> set[Quad]:
    own = {q for q in store.match() if q.graph_name != graphs.CHANGES}
    return own | set(store.view())


def test_a_new_store_is_empty_and_at_sequence_zero(store):
    assert (content(store), store.sequence) == (set(), 0)


def test_a_change_is_there_after_it_was_applied_and_after_reopening(
    open_store, tmp_path
):
    first = open_store(tmp_path / "store")
    first.apply(added(IN_G, IN_VIEW), sequence=1)
    first.apply(Change(frozenset({IN_G}), frozenset({IN_H})), sequence=2)
    assert (content(first), first.sequence) == ({IN_H, IN_VIEW}, 2)
    first.close()
    again = open_store(tmp_path / "store")
    assert (content(again), again.sequence) == ({IN_H, IN_VIEW}, 2)
    again.close()


def test_a_change_and_its_inverse_leave_the_store_as_it_was(store):
    store.apply(added(IN_G), sequence=1)
    change = Change(frozenset({IN_G}), frozenset({IN_H, IN_VIEW}))
    store.apply(change, sequence=2)
    store.apply(change.inverted(), sequence=3)
    assert (content(store), store.sequence) == ({IN_G}, 3)


def test_a_triple_in_two_graphs_is_removed_from_the_one_only(store):
    store.apply(added(IN_G, IN_H, IN_VIEW), sequence=1)
    store.apply(Change(removals=frozenset({IN_G})), sequence=2)
    assert content(store) == {IN_H, IN_VIEW}


def test_a_change_that_fails_leaves_quads_and_sequence_as_they_were(store):
    store.apply(added(IN_G), sequence=1)
    broken = Quad(A, B, NamedNode("http://example.org/c"), G)

    class Broken:
        removals = frozenset({IN_G})
        additions = frozenset({broken, "} this is no quad {"})

    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the engine raises
        store.apply(Broken(), sequence=2)
    assert (content(store), store.sequence) == ({IN_G}, 1)


@pytest.mark.parametrize("way", ["in one", "by quads", "by lines"])
def test_every_text_and_every_value_comes_back_as_it_was(
    open_store, tmp_path, monkeypatch, way
):
    monkeypatch.setattr(embedded, "_LARGE", 1)
    texts = ['"', "\\", "\n\r\t", "}", "{ } ;", "é😀", "\u2028", "\x7f", "'''", "<&>"]
    values = [Literal(text) for text in texts]
    values += [Literal(text, language="en-gb") for text in texts]
    values += [
        Literal("two", datatype=XSD.integer),
        Literal("2024-13-99", datatype=XSD.dateTime),
        Literal("x", datatype=A),
        NamedNode("http://münchen.example/ü?é=%20#ü"),
        NamedNode("urn:x:y"),
    ]
    quads = as_stored(Quad(A, B, value, G) for value in values)
    assert len(quads) == len(values)
    change = added(*quads)
    store = open_store(tmp_path / "store")
    store.apply(
        change,
        sequence=1,
        sync=way == "in one",
        lines=change.lines if way == "by lines" else None,
    )
    assert content(store) == quads
    store.apply(Change(removals=quads), sequence=2)
    assert content(store) == set()
    store.close()


def test_a_pattern_matches_named_graphs_and_not_the_view(store):
    label = Quad(A, RDFS.label, Literal("a"), G)
    store.apply(added(IN_G, IN_H, IN_VIEW, label), sequence=1)
    own = {IN_G, IN_H, label}
    assert {q for q in store.match() if q.graph_name != graphs.CHANGES} == own
    assert set(store.match(A, None, None, G)) == {IN_G, label}
    assert set(store.match(None, B)) == {IN_G, IN_H}
    assert set(store.match(None, None, Literal("a"))) == {label}
    assert set(store.match(C)) == set()
    assert set(store.view()) == {IN_VIEW}
    assert set(store.graphs()) == {G, H, graphs.CHANGES}


def test_the_sequence_is_that_of_the_commit_and_one_number(store):
    for number in (1, 2, 7):
        store.apply(added(Quad(A, B, Literal(str(number)), G)), sequence=number)
    found = store.match(graphs.CHANGES, MIL.sequenceNumber)
    assert [q.object.value for q in found] == ["7"]


def test_a_checkpoint_keeps_its_state_while_the_store_moves_on(store, tmp_path):
    store.apply(added(IN_G), sequence=1)
    store.checkpoint(tmp_path / "points" / "1")
    store.apply(Change(frozenset({IN_G}), frozenset({IN_H})), sequence=2)
    point = Snapshot.open(tmp_path / "points" / "1")
    assert (content(point), point.sequence) == ({IN_G}, 1)
    assert content(store) == {IN_H}


def test_a_path_without_a_checkpoint_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="no checkpoint can be read"):
        Snapshot.open(tmp_path / "none")


HOLD = """
import sys; from pathlib import Path; from milgraph.store import EmbeddedStore
store = EmbeddedStore(Path(sys.argv[1])); print("held", flush=True); sys.stdin.read()
"""


def test_one_process_holds_a_store_and_the_next_is_told(open_store, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "store")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match="held by another process") as caught:
            open_store(tmp_path / "store")
        holder.stdin.close()
    assert "Wait" in str(caught.value.hint)
    open_store(tmp_path / "store").close()


def test_a_folder_that_cannot_hold_a_store_is_an_error(open_store, tmp_path):
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path / "store" / "inner")


# Queries


@pytest.fixture(scope="module")
def dataset() -> Snapshot:
    return Snapshot.of([IN_G, IN_VIEW, Quad(B, B, C, H)])


def subjects(dataset: Snapshot, text: str, **options: object) -> list[str]:
    return sorted(row["s"].value[-1] for row in dataset.query(text, **options))


def test_the_view_is_the_default_graph_of_a_query(dataset):
    assert subjects(dataset, "SELECT ?s { ?s ?p ?o }") == ["a"]
    assert subjects(dataset, "SELECT ?s { GRAPH ?g { ?s ?p ?o } }") == ["a", "b"]


def test_a_chosen_dataset_takes_the_place_of_the_whole(dataset):
    every = "SELECT ?s { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    assert subjects(dataset, every, default_graphs=[H]) == ["b"]
    assert subjects(dataset, every, named_graphs=[G]) == ["a"]
    assert subjects(dataset, every, named_graphs=[]) == []
    assert subjects(dataset, every, default_graphs=[G], named_graphs=[H]) == ["a", "b"]


def test_a_variable_is_bound_before_the_query_runs(dataset):
    text = "SELECT ?s { GRAPH ?g { ?s ?p ?o } }"
    assert subjects(dataset, text, bindings={"s": B}) == ["b"]


def test_our_prefixes_are_known_without_being_declared(dataset):
    assert not dataset.query("ASK { ?s a mil:Exercise }")


@pytest.mark.parametrize(
    ("text", "told", "place"),
    [
        ("SELECT * { ?s ?p }", "ill-formed", "query:1:19"),
        ("SELECT * {\n ?s nope:x ?o }", "a prefix is not known", "query:2:11"),
        ("", "ill-formed", "query:1:1"),
        ("SELECT ?s { ?s ?p ?o } GROUP BY ?p", "", None),
        ("SELECT (<http://x/f>(1) AS ?x) {}", "cannot be evaluated", None),
    ],
)
def test_a_query_that_cannot_be_answered_is_an_error_with_its_place(
    dataset, text, told, place
):
    with pytest.raises(QueryError) as caught:
        list(dataset.query(text))
    assert told in caught.value.message
    assert place is None or str(caught.value.position) == place


def test_an_unprojected_binding_is_an_error_of_ours(dataset):
    with pytest.raises(QueryError):
        dataset.query("SELECT ?p { ?s ?p ?o }", bindings={"s": A})


@pytest.mark.parametrize("sync", [True, False])
def test_a_change_is_made_whichever_way_it_is_made(open_store, tmp_path, sync):
    store = open_store(tmp_path / "store")
    store.apply(added(IN_G, IN_VIEW), sequence=1, sync=sync)
    store.apply(Change(frozenset({IN_G}), frozenset({IN_H})), sequence=2, sync=sync)
    assert (content(store), store.sequence) == ({IN_H, IN_VIEW}, 2)
    store.close()


@pytest.mark.parametrize("has_lines", [False, True])
def test_a_large_change_is_that_of_many_small_ones(
    open_store, tmp_path, monkeypatch, has_lines
):
    monkeypatch.setattr(embedded, "_LARGE", 50)
    monkeypatch.setattr(embedded, "_PIECE", 7)
    first = as_stored(
        Quad(A, B, Literal(str(n)), name)
        for n in range(60)
        for name in (G, DefaultGraph())
    )
    second = as_stored(Quad(A, B, Literal(str(n)), H) for n in range(30))
    store = open_store(tmp_path / "store")
    gone = frozenset(q for q in first if q.graph_name == G)
    for number, change in enumerate((added(*first), Change(gone, second)), 1):
        lines = change.lines if has_lines else None
        store.apply(change, sequence=number, sync=False, lines=lines)
    assert (content(store), store.sequence) == ((first - gone) | second, 2)
    store.close()


def test_a_large_change_that_was_broken_off_is_made_again(
    open_store, tmp_path, monkeypatch
):
    monkeypatch.setattr(embedded, "_LARGE", 1)
    before = as_stored(Quad(A, B, Literal(str(n)), G) for n in range(40))
    after = as_stored(Quad(A, B, Literal(str(n)), H) for n in range(40))
    change = Change(before, after)
    store = open_store(tmp_path / "store")
    store.apply(added(*before), sequence=1, sync=False)
    # What was done of it when the process was killed: some is gone, some is there.
    store.apply(
        Change(frozenset(list(before)[:13]), frozenset(list(after)[:17])), sequence=1
    )
    store.apply(change, sequence=2, sync=False)
    assert (content(store), store.sequence) == (after, 2)
    store.close()


def test_no_checkpoint_shows_a_large_change_in_part(open_store, tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "_LARGE", 100)
    monkeypatch.setattr(embedded, "_PIECE", 50)
    states = [
        as_stored(Quad(A, B, Literal(f"{k} {n}"), G) for n in range(2000))
        for k in range(2)
    ]
    store = open_store(tmp_path / "store")
    store.apply(added(*states[0]), sequence=1, sync=False)
    done = threading.Event()
    seen = []

    def copy() -> None:
        while not done.is_set():
            path = tmp_path / f"copy-{len(seen)}"
            store.checkpoint(path)
            snapshot = Snapshot.open(path)
            seen.append((snapshot.sequence, content(snapshot)))

    copier = threading.Thread(target=copy)
    copier.start()
    for number in range(2, 12):
        old, new = states[number % 2], states[1 - number % 2]
        store.apply(Change(old, new), sequence=number, sync=False)
    done.set()
    copier.join()
    assert len(seen) > 1
    assert all(quads == states[1 - number % 2] for number, quads in seen), (
        "a checkpoint shows half of a commit"
    )
    store.close()


PLACE, FLEET = NamedNode(BASE + "place/sea"), NamedNode(BASE + "actor/fleet")
DRILL, EVENT = NamedNode(ARTICLES + "x#drill"), NamedNode(OCCURRENCES + "x.drill")
NODES = (PLACE, FLEET, DRILL, EVENT)
VIEWS = st.frozensets(
    st.builds(
        Quad,
        st.sampled_from(NODES),
        st.sampled_from((A, B)),
        st.sampled_from((*NODES, Literal("one"))),
    )
)


def looked_up(view: Triples) -> tuple[object, ...]:
    """Return the answers of the view to every look-up of a few nodes."""
    terms = (*NODES, Literal("one"))
    return (
        [Triple(s, p, o) in view for s in NODES for p in (A, B) for o in terms],
        [set(view.objects(s, p)) for s in NODES for p in (A, B)],
        [set(view.subjects(p, o)) for p in (A, B) for o in terms],
        [{p: set(o) for p, o in view.outgoing(s).items()} for s in NODES],
        [set(view.about(s)) for s in NODES],
    )


@given(states=st.lists(VIEWS, min_size=1, max_size=5), most=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_what_is_remembered_is_what_is_there_after_every_change(states, most):
    with (
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        closing(EmbeddedStore(Path(folder) / "store")) as store,
    ):
        patch.setattr(views, "_MOST_KEPT", most)
        before: frozenset[Quad] = frozenset()
        for number, state in enumerate(states, start=1):
            looked_up(store.remembered())
            store.apply(
                Change.between(before, state), sequence=number, sync=bool(number % 2)
            )
            before = state
            found = looked_up(store.remembered())
            assert found == looked_up(store.triples)
            assert found == looked_up(TripleIndex(quad.triple for quad in state))
            assert store.sequence == number
