"""An update or a request for one graph says what it removes and adds, and does nothing.

The engine's own updates are the oracle: what it leaves is what the change leaves.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset
from pyoxigraph import Store as Engine

from milgraph.changes import Change
from milgraph.edits import change_of_graph, change_of_update
from milgraph.errors import (
    ConflictError,
    KnowledgeGraphError,
    LimitError,
    PlacementError,
    QueryError,
    QueryRefusedError,
)
from milgraph.store import EmbeddedStore, Snapshot
from milgraph.terms import (
    BASE,
    MIL,
    XSD,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Term,
    Triple,
)

E = "http://example.org/"
PROLOGUE = f"PREFIX : <{E}>\nBASE <{E}>\n"
A, B, C, G, H, P, Q = (NamedNode(E + name) for name in "abcghpq")
IN_G, IN_H, IN_VIEW = Quad(A, P, B, G), Quad(B, P, C, H), Quad(C, Q, A)
HELD = frozenset((IN_G, IN_H, IN_VIEW))
NAMED = "urn:named:"


def change(text: str, held: Iterable[Quad] = HELD, **more: object) -> Change:
    return change_of_update(PROLOGUE + text, Snapshot.of(held), **more)  # type: ignore[arg-type]


def named(quads: frozenset[Quad]) -> frozenset[Quad]:
    """Give each blank node a name that can be told from others."""
    names: dict[Term, NamedNode] = {}

    def name(term: Term) -> Term:
        if not isinstance(term, BlankNode):
            return term
        return names.setdefault(term, NamedNode(f"{NAMED}{uuid4()}"))

    return frozenset(
        Quad(name(q.subject), q.predicate, name(q.object), q.graph_name)  # type: ignore[arg-type]
        for q in quads
    )


def canonical(quads: Iterable[Quad]) -> frozenset[str]:
    """Return the quads up to the names of blank nodes, and of those that had none."""

    def bare(term: Term) -> Term:
        is_new = isinstance(term, NamedNode) and term.value.startswith(NAMED)
        return BlankNode(f"n{term.value[-12:]}") if is_new else term

    dataset = Dataset(
        Quad(bare(q.subject), q.predicate, bare(q.object), q.graph_name)  # type: ignore[arg-type]
        for q in quads
    )
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, dataset))


NODES = st.sampled_from([":a", ":b", ":c", "<d>", "1", "'x'@en"])
THINGS = st.sampled_from([":a", ":b", ":c", "<d>"])
NAMES = st.sampled_from([":g", "<h>", "<http://example.org/i>"])
PREDICATES = st.sampled_from([":p", "<q>", "a"])
PLACES = st.one_of(st.just("DEFAULT"), NAMES, NAMES.map("GRAPH {}".format))
TRIPLES = st.builds("{} {} {} .".format, THINGS, PREDICATES, NODES)
IN_GRAPHS = st.builds("GRAPH {} {{ {} {} }}".format, NAMES, TRIPLES, TRIPLES)
BLOCKS = st.lists(TRIPLES | IN_GRAPHS, max_size=3).map(" ".join).map("{{ {} }}".format)
PATTERNS = st.sampled_from(
    [
        "{ }",
        "{ ?s ?p ?o }",
        "{ GRAPH ?g { ?s ?p ?o } }",
        "{ ?s :p ?o OPTIONAL { GRAPH ?g { ?o <q> ?x } } }",
        "{ GRAPH :g { ?s ?p ?o } FILTER(?s<?o&&?o>?s || true) }",
        "{ ?s ?p ?o MINUS { GRAPH <h> { ?s ?p ?o } } }",
        "{ VALUES (?s ?o) { (:a 01) (:b '}') (UNDEF :c) } }",
        "{ SELECT ?s (COUNT(?y) AS ?o) WHERE { ?s ?z ?y } GROUP BY ?s }",
        "{ ?s ?p ?o . # } ; a comment\n BIND('\"; }' AS ?x) }",
        "{ GRAPH ?g { ?s ?p [] } { ?s ?p ?o } UNION { GRAPH <i> { ?s ?p ?o } } }",
    ]
)
PARTS = [
    "?s :p ?o",
    "?o ?p ?s",
    "GRAPH ?g { ?s ?p ?o }",
    "GRAPH :g { ?s a ?x . ?x ?p :a, :b }",
    "GRAPH ?o { ?s <q> 01 , +2.50 , 'x;}' }",
    ":a :p :b",
]
NEW = [
    "?s <q> [ :p ?o ; <q> _:x ]",
    "GRAPH ?s { _:x :p ?o . _:x ?p :c }",
    "'x' :p (1 ?o)",
]
DELETED = st.lists(st.sampled_from(PARTS), min_size=1, max_size=2).map(" . ".join)
INSERTED = st.lists(st.sampled_from(PARTS + NEW), min_size=1, max_size=2).map(
    " . ".join
)
DATASETS = st.sampled_from(
    ["", "USING :g", "USING NAMED <h>", "USING :g USING <h> USING NAMED :g"]
)
OPERATIONS = st.one_of(
    st.builds("INSERT DATA {}".format, BLOCKS),
    st.builds("DELETE DATA {}".format, BLOCKS),
    st.builds("DELETE WHERE {{ {} }}".format, DELETED),
    st.builds(
        "{} DELETE {{ {} }} {} WHERE {}".format,
        st.one_of(st.just(""), NAMES.map("WITH {}".format)),
        DELETED,
        DATASETS,
        PATTERNS,
    ),
    st.builds(
        "{} {} INSERT {{ {} }} {} WHERE {}".format,
        st.one_of(st.just(""), NAMES.map("WITH {}".format)),
        st.one_of(st.just(""), DELETED.map("DELETE {{ {} }}".format)),
        INSERTED,
        DATASETS,
        PATTERNS,
    ),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["CLEAR", "DROP"]),
        st.sampled_from(["", "SILENT"]),
        st.one_of(
            NAMES.map("GRAPH {}".format), st.sampled_from(["DEFAULT", "NAMED", "ALL"])
        ),
    ),
    st.builds("CREATE {} GRAPH {}".format, st.sampled_from(["", "SILENT"]), NAMES),
    st.builds(
        "{} {} TO {}".format,
        st.sampled_from(["COPY SILENT", "MOVE", "MOVE SILENT", "ADD SILENT"]),
        PLACES,
        PLACES,
    ),
)
TEXTS = st.lists(OPERATIONS, min_size=1, max_size=4).map(" ;\n".join)


@settings(max_examples=400, deadline=None)
@given(held=st.lists(BLOCKS, min_size=1, max_size=4), text=TEXTS)
def test_a_change_leaves_what_the_engine_leaves(held: list[str], text: str) -> None:
    engine = Engine()
    for block in held:
        engine.update(f"{PROLOGUE} INSERT DATA {block}")
    before = frozenset(engine)
    try:
        engine.update(PROLOGUE + text)
    except RuntimeError:
        with pytest.raises(ConflictError):
            change(text, before, skolem=named)
        return
    found = change(text, before, skolem=named)
    assert found.removals <= before
    assert not found.additions & before
    assert canonical((before - found.removals) | found.additions) == canonical(engine)


@pytest.fixture
def store(tmp_path: Path) -> Iterable[EmbeddedStore]:
    opened = EmbeddedStore(tmp_path / "store")
    opened.apply(Change(additions=HELD), sequence=1)
    yield opened
    opened.close()


def test_a_later_operation_sees_what_earlier_ones_did_and_no_copy_remains(
    store: EmbeddedStore, tmp_path: Path
) -> None:
    before = frozenset(store.match()) | frozenset(store.view())
    text = (
        "DELETE DATA { GRAPH :g { :a :p :b } } ;"
        "INSERT { GRAPH :h { ?s :q ?g } } WHERE { GRAPH ?g { ?s :p ?o } } ;"
        "INSERT { GRAPH :h { ?g :q ?o } } WHERE { GRAPH :h { ?s :q ?g } GRAPH ?g { ?s :p ?o } }"
    )
    found = change_of_update(PROLOGUE + text, store, folder=tmp_path)
    assert found == Change(
        frozenset((IN_G,)), frozenset((Quad(B, Q, H, H), Quad(H, Q, C, H)))
    )
    assert frozenset(store.match()) | frozenset(store.view()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_all_goes_before_anything_comes() -> None:
    text = "DELETE { ?s ?p ?o } INSERT { ?o ?p ?s } WHERE { GRAPH ?g { ?s ?p ?o } }"
    held = {Quad(A, P, B), Quad(A, P, B, G), Quad(B, P, A, G)}
    assert change(text, held) == Change(additions=frozenset((Quad(B, P, A),)))


def test_what_is_not_there_is_not_removed_and_what_is_there_is_not_added() -> None:
    text = (
        "DELETE DATA { GRAPH :g { :a :p :c } } ; INSERT DATA { GRAPH :g { :a :p :b } } ;"
        "INSERT DATA { :x :p 1 } ; DELETE DATA { :x :p 1 } ;"
        "DELETE DATA { :c :q :a } ; INSERT DATA { :c :q :a }"
    )
    assert change(text).is_empty


def test_what_is_no_quad_is_left_out() -> None:
    text = """INSERT { ?s :p ?nothing . ?o :p ?s . ?s ?o ?s . GRAPH ?o { ?s :p 1 } }
        WHERE { VALUES (?s ?o) { (:a 'x') } }"""
    assert change(text).is_empty


def test_numbers_are_spelled_as_the_store_spells_them() -> None:
    two = Literal("2", datatype=XSD.integer)
    text = "INSERT { :a :p ?n } WHERE { BIND('02'^^<http://www.w3.org/2001/XMLSchema#integer> AS ?n) }"
    assert change(text) == Change(additions=frozenset((Quad(A, P, two),)))


def test_our_prefixes_need_no_declaration() -> None:
    text = "INSERT { GRAPH :g { :a a mil:Exercise } } WHERE { ?s ?p ?o FILTER(?o != mil:x) }"
    (added,) = change(text).additions
    assert added.object == MIL.Exercise


def test_a_prefix_may_be_declared_between_operations() -> None:
    text = (
        "DROP :g ; PREFIX e: <http://example.org/> # ; {\n DELETE DATA { e:c e:q e:a }"
    )
    assert change(text.replace(":g", "GRAPH :g")) == Change(frozenset((IN_G, IN_VIEW)))


def test_a_prefix_is_not_declared_twice_and_differently() -> None:
    with pytest.raises(QueryError) as refused:
        change("DROP ALL ;\nPREFIX : <urn:other:> DROP ALL")
    assert refused.value.position
    assert refused.value.position.line == 4


def test_a_blank_node_is_a_new_one_for_each_solution_and_has_an_iri() -> None:
    text = "INSERT { GRAPH :g { [] :q ?s } } WHERE { VALUES ?s { :a :b } }"
    found = change(text)
    assert len({quad.subject for quad in found.additions}) == 2
    assert all(quad.subject.value.startswith(BASE) for quad in found.additions)
    assert change(text, HELD | found.additions).is_empty


def test_blank_nodes_that_say_the_same_are_refused() -> None:
    with pytest.raises(PlacementError):
        change("INSERT { GRAPH :g { [] a :X } } WHERE { VALUES ?s { :a :b } }")


def test_the_request_may_say_which_dataset_the_patterns_are_about() -> None:
    text = "DELETE { GRAPH :g { ?s ?p ?o } } WHERE { ?s ?p ?o }"
    assert change(text, using_graphs=[G]) == Change(frozenset((IN_G,)))
    assert change(text, using_graphs=[H]).is_empty
    text = "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert change(text, using_named=[H]) == Change(frozenset((IN_H,)))


@pytest.mark.parametrize(
    "clause", ["WITH :g DELETE { ?s ?p ?o }", "DELETE { ?s ?p ?o } USING :g"]
)
def test_the_dataset_is_said_in_one_place(clause: str) -> None:
    with pytest.raises(QueryError, match="names graphs as well"):
        change(f"{clause} WHERE {{ ?s ?p ?o }}", using_graphs=[G])


def test_a_relative_name_is_resolved_against_the_base() -> None:
    found = change_of_update(
        "CLEAR GRAPH <g> ; DELETE { <c> ?p ?o } WHERE { <c> ?p ?o }",
        Snapshot.of(HELD),
        base=E,
    )
    assert found == Change(frozenset((IN_G, IN_VIEW)))


@pytest.mark.parametrize(
    "text",
    [
        "CREATE GRAPH :g",
        "DROP GRAPH :i",
        "CLEAR GRAPH :i",
        "MOVE :i TO :g",
        # The engine would make :g empty without a word.
        "COPY :i TO :g",
        "ADD :i TO :g",
        "DROP GRAPH :g ; DROP GRAPH :g",
    ],
)
def test_a_graph_has_to_be_there_or_not(text: str) -> None:
    with pytest.raises(ConflictError) as refused:
        change(f"INSERT DATA {{ :x :p 1 }} ;\n {text}")
    assert refused.value.position
    assert refused.value.position.line == 4
    change(text.replace("GRAPH", "SILENT GRAPH").replace(":i TO", "SILENT :i TO"))


def test_a_graph_made_in_the_request_may_be_dropped_in_it() -> None:
    assert change("CREATE GRAPH :i ; DROP GRAPH :i ; CREATE GRAPH :i").is_empty


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("INSERT DATA { :a :p ?x }", 3, None),
        ("DROP ALL ;\n\n  INSERT DATA { nope:a :p 1 }", 5, None),
        ("DROP ALL ;\n NONSENSE", 4, None),
        ("DELETE { ?s ?p _:b } WHERE { ?s ?p ?o }", 3, None),
        ("INSERT DATA { :a :p 'x }", 3, 21),
        ("DROP ALL ;\n INSERT DATA { :a :p 1", 4, None),
        ("DROP ALL ; CLEARALL", 3, 12),
    ],
)
def test_what_is_ill_formed_is_told_with_its_place(
    text: str, line: int, column: int | None
) -> None:
    with pytest.raises(QueryError) as refused:
        change(text)
    assert refused.value.position
    assert refused.value.position.line == line
    assert column in (None, refused.value.position.column)


def test_an_ill_formed_update_is_refused_before_any_of_it_is_evaluated() -> None:
    endless = " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(30))
    held = [Quad(A, P, Literal(str(n)), G) for n in range(20)]
    with pytest.raises(QueryError):
        change(f"INSERT {{ ?a1 :p 1 }} WHERE {{ GRAPH :g {{ {endless} }} }} ; x", held)


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://example.org/x>",
        "DROP ALL ; LOAD SILENT <http://example.org/x> INTO GRAPH :g",
        "INSERT { ?s ?p ?o } WHERE { SERVICE :g { ?s ?p ?o } }",
    ],
)
def test_no_other_machine_is_called(text: str) -> None:
    with pytest.raises(QueryRefusedError):
        change(text)


def test_what_may_be_an_iri_or_two_comparisons_is_not_guessed() -> None:
    with pytest.raises(QueryError, match="two comparisons"):
        change(
            "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?s<?o#>'''\n) } ; DROP ALL #'''"
        )
    text = (
        "DELETE { <#x'> ?p ?o } WHERE { <#x'> ?p ?o FILTER(?p != <http://e.org/#'>) }"
    )
    assert change(text).is_empty


def test_what_is_not_accepted_as_data_is_refused() -> None:
    with pytest.raises(QueryError, match=r"RDF 1\.2"):
        change("INSERT DATA { :a :p <<( :a :p :b )>> }")
    with pytest.raises(QueryError, match="control character"):
        change(r"INSERT DATA { :a :p '\u0001' }")


def test_a_change_has_a_limit() -> None:
    with pytest.raises(LimitError) as refused:
        change("CLEAR ALL", limit=2)
    assert refused.value.limit == "quads"


def test_no_request_and_only_a_prologue_change_nothing() -> None:
    assert change("").is_empty
    assert change_of_update("", Snapshot.of(HELD)).is_empty


def test_an_update_of_many_quads_is_read_in_time_linear_in_its_length() -> None:
    def seconds(many: int) -> float:
        quads = " ".join(f":a :p ';{{{n}' ." for n in range(many))
        start = time.process_time()
        assert len(change(f"INSERT DATA {{ {quads} }}").additions) == many
        return time.process_time() - start

    seconds(1_000)
    assert seconds(40_000) < 16 * seconds(10_000)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=" {}();<>'\"#:.?\\\nABDELTINS", max_size=60))
def test_any_text_is_answered_with_a_change_or_an_error_of_ours(text: str) -> None:
    with suppress(KnowledgeGraphError):
        change_of_update(text, Snapshot.of(HELD))


# One graph


ONE, OTHER = Triple(A, P, B), Triple(B, Q, Literal("x"))
OTHER_IN_G = Quad(B, Q, Literal("x"), G)


def test_a_graph_is_replaced_by_what_differs() -> None:
    held = Snapshot.of(HELD)
    assert change_of_graph(G, [ONE, OTHER], held) == Change(
        additions=frozenset((OTHER_IN_G,))
    )
    assert change_of_graph(G, [OTHER], held) == Change(
        frozenset((IN_G,)), frozenset((OTHER_IN_G,))
    )


def test_what_is_added_to_a_graph_removes_nothing() -> None:
    found = change_of_graph(G, [OTHER], Snapshot.of(HELD), adding=True)
    assert found == Change(additions=frozenset((OTHER_IN_G,)))


def test_a_graph_that_is_deleted_loses_what_it_holds() -> None:
    assert change_of_graph(G, None, Snapshot.of(HELD)) == Change(frozenset((IN_G,)))
    assert change_of_graph(None, None, Snapshot.of(HELD)) == Change(
        frozenset((IN_VIEW,))
    )
    assert change_of_graph(C, None, Snapshot.of(HELD)).is_empty


def test_a_graph_that_is_put_again_stays_as_it_is() -> None:
    node = BlankNode()
    triples = [Triple(A, P, node), Triple(node, Q, B)]
    found = change_of_graph(G, triples, Snapshot.of(HELD))
    held = (HELD - found.removals) | found.additions
    assert change_of_graph(G, triples, Snapshot.of(held)).is_empty
    assert all(quad.graph_name == G for quad in held - HELD)
    assert DefaultGraph() not in {quad.graph_name for quad in found.additions}
