"""Incremental entailment: a view that is kept current is the closure of what is left."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milgraph.dataset import NamedGraphs
from milgraph.entailment import further, materialise, update
from milgraph.entailment.reference import is_promised, materialise_with_owlrl
from milgraph.errors import LimitError
from milgraph.iris import document_of, is_article
from milgraph.ontology import Axioms
from milgraph.shipped import Shipped
from milgraph.staging import materialise_view
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import MIL, RDF, XSD, Literal, NamedNode, Triple
from milgraph.triples import Difference, TripleIndex, Triples

PREFIXES = """
@prefix : <http://example.org/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
DECLARED = """
mil:C0 a owl:Class . mil:C1 a owl:Class . mil:C2 a owl:Class .
mil:p0 a owl:ObjectProperty . mil:p1 a owl:ObjectProperty . mil:p2 a owl:ObjectProperty .
mil:d0 a owl:DatatypeProperty . mil:d1 a owl:DatatypeProperty .
"""
# Each rule at least twice, and what makes rules feed each other.
AXIOMS = """
mil:C0 rdfs:subClassOf mil:C1 .
mil:C1 rdfs:subClassOf mil:C2 .
mil:C2 owl:equivalentClass mil:C0 .
mil:p0 rdfs:subPropertyOf mil:p1 .
mil:p1 rdfs:subPropertyOf mil:p2 .
mil:p2 owl:equivalentProperty mil:p0 .
mil:p0 rdfs:domain mil:C0 .
mil:p1 rdfs:domain mil:C2 .
mil:p1 rdfs:range mil:C0 .
mil:p2 rdfs:range mil:C1 .
mil:p0 owl:inverseOf mil:p1 .
mil:p2 owl:inverseOf mil:p2 .
mil:p1 a owl:SymmetricProperty .
mil:p0 a owl:TransitiveProperty .
mil:p1 a owl:TransitiveProperty .
mil:p2 a owl:TransitiveProperty .
mil:p2 owl:propertyChainAxiom ( mil:p0 mil:p1 ) .
mil:p0 owl:propertyChainAxiom ( mil:p1 mil:p0 mil:p1 ) .
mil:p1 owl:propertyChainAxiom ( mil:p1 mil:p2 ) .
mil:d0 rdfs:subPropertyOf mil:d1 .
mil:d0 owl:propertyChainAxiom ( mil:p0 mil:d1 ) .
:r0 a owl:Restriction ; owl:onProperty mil:p0 ; owl:hasValue :n0 ; rdfs:subClassOf mil:C0 .
mil:C1 rdfs:subClassOf :r1 . :r1 a owl:Restriction ; owl:onProperty mil:p1 ; owl:hasValue :n1 .
mil:C0 owl:equivalentClass :r2 . :r2 a owl:Restriction ; owl:onProperty mil:d0 ; owl:hasValue 1 .
:r3 a owl:Restriction ; owl:onProperty mil:p1 ; owl:someValuesFrom mil:C0 ; rdfs:subClassOf mil:C1 .
:r4 a owl:Restriction ; owl:onProperty mil:p2 ; owl:someValuesFrom owl:Thing ; rdfs:subClassOf mil:C0 .
:r5 a owl:Restriction ; owl:onProperty mil:p2 ; owl:someValuesFrom mil:C1 ; rdfs:subClassOf :r6 .
    :r6 a owl:Restriction ; owl:onProperty mil:p0 ; owl:hasValue :n2 .
"""
CLASSES = [MIL[f"C{n}"] for n in range(3)]
PROPERTIES = [MIL[f"p{n}"] for n in range(3)]
NODES = [NamedNode(f"http://example.org/n{n}") for n in range(4)]
NUMBERS = [Literal(str(n), datatype=XSD.integer) for n in range(2)]


def triples(text: str) -> frozenset[Triple]:
    source = Source("x.ttl", (PREFIXES + text).encode(), FORMATS["turtle"])
    return frozenset(quad.triple for quad in read(source))


def _pool() -> list[frozenset[Triple]]:
    """Return the axioms one by one, each with all its triples."""
    lines = AXIOMS.replace("\n    ", " ").strip().splitlines()
    return [triples(line) for line in lines]


POOL = _pool()
TYPE = RDF.type
ontologies = st.sets(st.integers(0, len(POOL) - 1), max_size=8).map(
    lambda chosen: triples(DECLARED).union(*(POOL[number] for number in chosen))
)
fact = st.one_of(
    st.builds(
        Triple,
        *map(st.sampled_from, (NODES, PROPERTIES, NODES)),
    ),
    st.builds(Triple, *map(st.sampled_from, (NODES, [MIL.d0, MIL.d1], NUMBERS))),
    st.builds(Triple, *map(st.sampled_from, (NODES, [TYPE], CLASSES))),
)
states = st.lists(st.frozensets(fact, max_size=10), min_size=2, max_size=5)
often = settings(deadline=None, suppress_health_check=list(HealthCheck))


def changed(
    view: Triples, axioms: Axioms, before: Iterable[Triple], after: Iterable[Triple]
) -> Difference:
    """Return what becomes of the view when other triples are asserted."""
    one, other = frozenset(before), frozenset(after)
    return update(
        view,
        removed=one - other,
        added=other - one,
        is_asserted=other.__contains__,
        axioms=axioms,
    )


def walked(axioms: Axioms, asserted: list[frozenset[Triple]]) -> TripleIndex:
    """Return the view after each state in turn; every step is what it says it is."""
    view = TripleIndex()
    for before, after in pairwise([frozenset(), *asserted]):
        found = changed(view, axioms, before, after)
        assert found.added.triples.isdisjoint(view.triples)
        assert found.removed <= view.triples
        view = TripleIndex((view.triples - found.removed) | found.added.triples)
        assert view.triples == materialise(after, axioms).triples
        assert_holds_just(found, view)
    return view


def walked_further(axioms: Axioms, asserted: list[frozenset[Triple]]) -> None:
    """One view is changed again and again; what lies below it stays as it was."""
    first = materialise(asserted[0], axioms)
    below = frozenset(first)
    view = Difference(first)
    for before, after in pairwise(asserted):
        further(
            view,
            removed=before - after,
            added=after - before,
            is_asserted=after.__contains__,
            axioms=axioms,
        )
        expected = materialise(after, axioms)
        assert view.added.triples == expected.triples - below
        assert view.removed == below - expected.triples
        assert_holds_just(view, expected)
    assert first.triples == below


def assert_holds_just(view: Triples, expected: TripleIndex) -> None:
    """The view answers every look-up as an index of the expected triples does."""
    for node in {t.subject for t in expected} | set(NODES):
        assert sorted(map(str, view.about(node))) == sorted(
            map(str, expected.about(node))
        )
    for triple in expected:
        s, p, o = triple.subject, triple.predicate, triple.object
        assert triple in view
        assert sorted(map(str, view.objects(s, p))) == sorted(
            map(str, expected.objects(s, p))
        )
        assert sorted(map(str, view.subjects(p, o))) == sorted(
            map(str, expected.subjects(p, o))
        )


def test_the_pool_has_an_axiom_for_every_rule():
    axioms = Axioms.of(triples(DECLARED).union(*POOL))
    assert len(POOL) >= 27
    tables = (axioms.values, axioms.restrictions, axioms.chains, axioms.inverses)
    assert all(tables)
    assert len(axioms.transitive) == 3


@settings(often, max_examples=120)
@given(ontologies, states)
def test_after_any_changes_the_view_is_the_closure_of_what_is_asserted(
    ontology, asserted
):
    walked(Axioms.of(ontology), asserted)


@settings(often, max_examples=120)
@given(ontologies, states)
def test_a_view_that_is_changed_further_is_the_closure_of_what_is_asserted(
    ontology, asserted
):
    walked_further(Axioms.of(ontology), asserted)


@settings(often, max_examples=12)
@given(ontologies, states)
def test_after_any_changes_the_view_is_what_owlrl_derives(ontology, asserted):
    view = walked(Axioms.of(ontology), asserted)
    assert_is_what_owlrl_derives(view, ontology | asserted[-1])


@pytest.mark.long
@settings(often, max_examples=1000)
@given(ontologies, states)
def test_after_many_changes_the_view_is_what_owlrl_derives(ontology, asserted):
    view = walked(Axioms.of(ontology), asserted)
    assert_is_what_owlrl_derives(view, ontology | asserted[-1])


def assert_is_what_owlrl_derives(view: TripleIndex, given: frozenset[Triple]) -> None:
    expected = materialise_with_owlrl(given)
    individuals = set(NODES)
    assert {t for t in view if is_promised(t)} == {
        t for t in expected if t.subject in individuals
    }


edges = st.frozensets(
    st.builds(Triple, *map(st.sampled_from, (NODES, PROPERTIES, NODES))), max_size=12
)
TRANSITIVE = [
    number
    for number, axiom in enumerate(POOL)
    if any(
        word in str(axiom)
        for word in ("Transitive", "inverseOf", "subProperty", "Symm")
    )
]


@settings(often, max_examples=80)
@given(
    st.sets(st.sampled_from(TRANSITIVE)).map(
        lambda chosen: triples(DECLARED).union(*(POOL[number] for number in chosen))
    ),
    st.lists(edges, min_size=2, max_size=4),
)
def test_rings_under_inverse_and_transitive_properties_stay_closed(ontology, asserted):
    walked(Axioms.of(ontology), asserted)


# What a change must and must not take along


PART = MIL.p0
IN_PARTS = Axioms.of(
    triples(
        DECLARED
        + "mil:p0 a owl:TransitiveProperty . mil:p0 rdfs:range mil:C0 . "
        + "mil:C0 rdfs:subClassOf mil:C1 ."
    )
)


def node(number: int) -> NamedNode:
    return NamedNode(f"http://example.org/part{number}")


def chain(length: int) -> list[Triple]:
    return [Triple(node(n), PART, node(n + 1)) for n in range(length)]


def test_a_fact_that_a_second_source_asserts_stays_with_what_follows_from_it():
    (fact,) = chain(1)
    view = materialise([fact], IN_PARTS)
    found = update(
        view,
        removed=[fact],
        added=(),
        is_asserted=[fact].__contains__,
        axioms=IN_PARTS,
    )
    assert (found.added.triples, found.removed) == (set(), set())


def test_a_fact_that_follows_and_is_then_asserted_changes_nothing_until_both_are_gone():
    one, other = chain(2)
    both = Triple(node(0), PART, node(2))
    view = materialise([one, other], IN_PARTS)
    asserted = changed(view, IN_PARTS, [one, other], [one, other, both])
    assert (asserted.added.triples, asserted.removed) == (set(), set())
    left = changed(view, IN_PARTS, [one, other, both], [one, both])
    assert left.removed == {other}
    gone = changed(left, IN_PARTS, [one, both], [one])
    assert gone.removed == {both, *types(2)}


def types(number: int) -> list[Triple]:
    return [Triple(node(number), TYPE, kind) for kind in CLASSES[:2]]


def test_a_ring_does_not_hold_itself_up():
    a_to_b, b_to_a = (
        Triple(node(one), PART, node(other)) for one, other in ((0, 1), (1, 0))
    )
    entry = Triple(node(7), PART, node(0))
    ring = [a_to_b, b_to_a]
    view = materialise([*ring, entry], IN_PARTS)
    found = changed(view, IN_PARTS, [*ring, entry], [entry])
    assert set(view) - found.removed == {entry, *types(0)}


def test_what_another_way_still_gives_stays():
    way, detour = (
        chain(40),
        [
            Triple(node(19), PART, node(99)),
            Triple(node(99), PART, node(21)),
        ],
    )
    view = materialise([*way, *detour], IN_PARTS)
    left = [edge for edge in way if edge.subject != node(20)]
    found = changed(view, IN_PARTS, [*way, *detour], [*left, *detour])
    assert found.removed == {Triple(node(20), PART, node(n)) for n in range(21, 41)}
    assert found.added.triples == set()


def test_the_cost_of_a_change_does_not_follow_the_length_of_the_chain_that_it_ends():
    """Of 400 things one within the other, each is looked at as often as it must be."""
    way = chain(400)
    view = materialise(way, IN_PARTS)
    looked = Counting(view)
    last = Triple(node(400), PART, node(401))
    found = changed(looked, IN_PARTS, way, [*way, last])
    assert len(found.added) == 401 + 2
    assert looked.count < 3_000
    looked.count = 0
    back = changed(looked, IN_PARTS, way, way[:-1])
    assert len(back.removed) == 400 + 2
    assert looked.count < 8_000


class Counting:
    """Triples that count how often they are asked."""

    def __init__(self, triples: Triples) -> None:
        self.triples = triples
        self.count = 0

    def __contains__(self, triple: Triple) -> bool:
        self.count += 1
        return triple in self.triples

    def objects(self, subject, predicate):
        self.count += 1
        return self.triples.objects(subject, predicate)

    def subjects(self, predicate, value):
        self.count += 1
        return self.triples.subjects(predicate, value)

    def outgoing(self, subject):
        self.count += 1
        return self.triples.outgoing(subject)


def test_a_change_from_which_too_much_follows_is_refused():
    way = chain(60)
    with pytest.raises(LimitError, match="more than 500 triples follow") as found:
        materialise(way, IN_PARTS, limit=500)
    assert found.value.limit == "entailment"
    assert "transitive" in str(found.value)
    view = materialise(way, IN_PARTS)
    with pytest.raises(LimitError, match="more than 500 triples followed"):
        update(
            view,
            removed=way[30:31],
            added=(),
            limit=500,
            axioms=IN_PARTS,
            is_asserted=(set(way) - {way[30]}).__contains__,
        )


def test_what_is_below_stays_as_it_is():
    way = chain(5)
    view = materialise(way, IN_PARTS)
    before = set(view)
    changed(view, IN_PARTS, way, way[:2])
    assert set(view) == before


# Differences


steps = st.lists(st.tuples(st.booleans(), fact), max_size=12)


@settings(often, max_examples=100)
@given(st.frozensets(fact, max_size=8), steps)
def test_a_difference_is_what_taking_out_and_putting_in_makes_of_a_set(given, steps):
    expected = set(given)
    difference = Difference(TripleIndex(given))
    for is_added, triple in steps:
        if is_added:
            assert difference.add(triple) == (triple not in expected)
            expected.add(triple)
        else:
            assert difference.remove(triple) == (triple in expected)
            expected.discard(triple)
        assert difference.added.triples == expected - given
        assert difference.removed == given - expected
        assert_holds_just(difference, TripleIndex(expected))
        assert all(t not in difference for t in given - expected)


# The shipped graph


def test_each_shipped_article_can_go_and_come_back(shipped: Shipped):
    """Without an article the view is the closure of the rest; with it, it is as before."""
    view = materialise_view(shipped.named_graphs(lambda *_: None), shipped.axioms)
    asserted = frozenset(view.named.asserted())
    articles = {
        document_of(n) for n in view.named.accepted if is_article(document_of(n))
    }
    assert len(articles) >= 5
    for article in sorted(articles, key=str):
        rest = frozenset(_without(view.named, article).asserted())
        gone = changed(view.triples, shipped.axioms, asserted, rest)
        assert set(view.triples) - gone.removed == set(
            materialise(rest, shipped.axioms)
        )
        assert gone.removed > asserted - rest
        assert gone.added.triples == set()
        back = changed(gone, shipped.axioms, rest, asserted)
        assert (back.added.triples, back.removed) == (gone.removed, set())


def _without(named: NamedGraphs, article: NamedNode) -> NamedGraphs:
    own = [name for name in named.triples if document_of(name) == article]
    return named.replacing(own, ())
