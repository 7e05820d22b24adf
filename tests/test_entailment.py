"""Entailment: what the compiled rules derive is what owlrl derives, no more and no less."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milgraph.entailment import clashes, materialise
from milgraph.entailment.reference import is_promised, materialise_with_owlrl
from milgraph.errors import ConsistencyError
from milgraph.interchange import term_to_rdflib
from milgraph.ontology import Axioms
from milgraph.shipped import Shipped
from milgraph.staging import materialise_view
from milgraph.terms import (
    MIL,
    OWL,
    RDF,
    RDFS,
    XSD,
    BlankNode,
    Literal,
    NamedNode,
    Triple,
)
from milgraph.triples import TripleIndex

CLASSES = [MIL[f"C{n}"] for n in range(5)]
PROPERTIES = [MIL[f"p{n}"] for n in range(5)]
VALUES = [MIL[f"d{n}"] for n in range(2)]
NODES = [NamedNode(f"http://example.org/n{n}") for n in range(5)]
SELF = BlankNode("self")
NUMBERS = [Literal(str(n), datatype=XSD.integer) for n in range(2)]
DECLARED = frozenset(
    Triple(name, RDF.type, kind)
    for names, kind in (
        (CLASSES, OWL.Class),
        (PROPERTIES, OWL.ObjectProperty),
        (VALUES, OWL.DatatypeProperty),
    )
    for name in names
)


# The shipped graph


def spelled(triples: Iterable[Triple]) -> set[tuple[str, str, str]]:
    """Spell values as rdflib does, which rewrites numbers and dates."""
    return {
        (str(t.subject), str(t.predicate), term_to_rdflib(t.object).n3())
        for t in triples
    }


def test_the_closure_of_the_whole_shipped_graph_is_that_of_owlrl(shipped: Shipped):
    view = materialise_view(shipped.named_graphs(lambda *_: None), shipped.axioms)
    expected = spelled(materialise_with_owlrl(view.named.asserted()))
    found = spelled(t for t in view.triples if is_promised(t))
    assert found - expected == set()
    assert expected - found == set()
    assert len(found) >= 8_000


def test_owlrl_finds_the_contradictions_that_the_rules_find():
    one, other = CLASSES[:2]
    apart = Triple(one, OWL.disjointWith, other)
    both = [Triple(NODES[0], RDF.type, kind) for kind in (one, other)]
    with pytest.raises(ConsistencyError):
        materialise_with_owlrl([apart, *both])
    axioms = Axioms.of([apart, *DECLARED])
    known = materialise(both, axioms)
    assert {c.node for c in clashes(known, axioms, known)} == {NODES[0]}


# Random ontologies and data


@st.composite
def ontologies(draw: st.DrawFn) -> frozenset[Triple]:
    """Draw axioms of every kind that the rules cover.

    Only datatype properties have values: owlrl derives from literals as subjects.
    """
    one_class, one_property = st.sampled_from(CLASSES), st.sampled_from(PROPERTIES)
    value, kinds = (
        st.sampled_from(VALUES),
        [OWL.SymmetricProperty, OWL.TransitiveProperty],
    )
    axiom = st.one_of(
        st.builds(Triple, one, st.just(kind), other)
        for one, kind, other in (
            (one_class, RDFS.subClassOf, one_class),
            (one_class, OWL.equivalentClass, one_class),
            (one_property, RDFS.subPropertyOf, one_property),
            (one_property, OWL.equivalentProperty, one_property),
            (one_property, RDFS.domain, one_class),
            (one_property, RDFS.range, one_class),
            (one_property, OWL.inverseOf, one_property),
            (one_property, RDF.type, st.sampled_from(kinds)),
            (value, RDFS.subPropertyOf, value),
            (value, RDFS.domain, one_class),
        )
    )
    steps = st.lists(one_property, min_size=1, max_size=2)
    chain = st.one_of(
        st.tuples(one_property, steps, one_property), st.tuples(value, steps, value)
    )
    drawn = set(draw(st.lists(axiom, max_size=7)))
    for number, axioms in enumerate(draw(st.lists(restricting(), max_size=2))):
        drawn |= named(axioms, number)
    for number, (head, first, last) in enumerate(draw(st.lists(chain, max_size=2))):
        members = [*first, last]
        drawn |= listed(head, OWL.propertyChainAxiom, members, f"chain{number}")
    return DECLARED | drawn


def restricting() -> st.SearchStrategy[frozenset[Triple]]:
    """Draw a restriction to a value or to a class, and what is below and above it.

    Nothing is below one to a class: no value that has a name would follow.
    """
    of, kind = st.sampled_from(PROPERTIES), st.sampled_from(CLASSES)
    above = [RDFS.subClassOf, OWL.equivalentClass]

    def restriction(of, filling, value, *more):
        return frozenset(
            {
                Triple(SELF, RDF.type, OWL.Restriction),
                Triple(SELF, OWL.onProperty, of),
                Triple(SELF, filling, value),
                *(Triple(*axiom) for axiom in more),
            }
        )

    from_it = st.tuples(st.just(SELF), st.sampled_from(above), kind)
    to_it = st.tuples(kind, st.sampled_from(above), st.just(SELF))
    either, has, some = st.one_of(from_it, to_it), OWL.hasValue, OWL.someValuesFrom
    filler = st.one_of(kind, st.just(OWL.Thing))
    return st.one_of(
        st.builds(
            restriction, of, st.just(has), st.sampled_from(NODES), either, from_it
        ),
        st.builds(restriction, of, st.just(has), st.sampled_from(NODES), to_it),
        st.builds(
            restriction,
            st.sampled_from(VALUES),
            st.just(has),
            st.sampled_from(NUMBERS),
            either,
        ),
        st.builds(restriction, of, st.just(some), filler, from_it),
    )


def named(restriction: frozenset[Triple], number: int) -> set[Triple]:
    """Name the restriction, as every node without a name is when it is read."""
    name = NamedNode(f"http://example.org/restriction{number}")
    return {
        Triple(
            name if t.subject == SELF else t.subject,
            t.predicate,
            name if t.object == SELF else t.object,
        )
        for t in restriction
    }


def listed(
    subject: NamedNode, predicate: NamedNode, members: list[NamedNode], name: str
) -> set[Triple]:
    cells = [BlankNode(f"{name}x{n}") for n in range(len(members))]
    triples = {Triple(subject, predicate, cells[0])}
    for cell, member, rest in zip(cells, members, [*cells[1:], RDF.nil], strict=True):
        triples |= {Triple(cell, RDF.first, member), Triple(cell, RDF.rest, rest)}
    return triples


facts = st.frozensets(
    st.one_of(
        st.builds(
            Triple,
            st.sampled_from(NODES),
            st.sampled_from(PROPERTIES),
            st.sampled_from(NODES),
        ),
        st.builds(
            Triple,
            st.sampled_from(NODES),
            st.sampled_from(VALUES),
            st.sampled_from(NUMBERS),
        ),
        st.builds(
            Triple, st.sampled_from(NODES), st.just(RDF.type), st.sampled_from(CLASSES)
        ),
    ),
    max_size=8,
)
quickly = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck)
)
thoroughly = settings(
    max_examples=600, deadline=None, suppress_health_check=list(HealthCheck)
)


def assert_closed_as_owlrl_closes(
    ontology: frozenset[Triple], data: frozenset[Triple]
) -> None:
    found = materialise(data, Axioms.of(ontology))
    expected = materialise_with_owlrl(ontology | data)
    individuals = set(NODES)
    assert {t for t in found if is_promised(t)} == {
        t for t in expected if t.subject in individuals
    }


@quickly
@given(ontologies(), facts)
def test_random_data_under_a_random_ontology_close_as_owlrl_closes_them(ontology, data):
    assert_closed_as_owlrl_closes(ontology, data)


@pytest.mark.long
@thoroughly
@given(ontologies(), facts)
def test_many_random_data_close_as_owlrl_closes_them(ontology, data):
    assert_closed_as_owlrl_closes(ontology, data)


@settings(max_examples=150, deadline=None)
@given(ontologies(), facts, facts)
def test_adding_to_what_is_closed_is_closing_the_whole(ontology, one, other):
    axioms = Axioms.of(ontology)
    below = materialise(one, axioms)
    before = set(below)
    above = set(materialise(other, axioms, below=below))
    assert above | before == set(materialise(one | other, axioms))
    assert above.isdisjoint(before)
    assert set(below) == before


@settings(max_examples=100, deadline=None)
@given(ontologies(), facts)
def test_what_is_closed_entails_nothing_more(ontology, data):
    axioms = Axioms.of(ontology)
    closed = set(materialise(data, axioms))
    assert data <= closed
    assert set(materialise(closed, axioms)) == closed


# Single rules, and what they must not do


def closure(ontology: Iterable[Triple], *data: Triple) -> set[Triple]:
    return set(materialise(data, Axioms.of(DECLARED | set(ontology))))


def test_nothing_is_entailed_of_a_literal():
    p, q = PROPERTIES[:2]
    ontology = {
        Triple(p, RDFS.range, CLASSES[0]),
        Triple(p, OWL.inverseOf, q),
        Triple(p, RDF.type, OWL.SymmetricProperty),
        *listed(q, OWL.propertyChainAxiom, [p, p], "c"),
    }
    said = Triple(NODES[0], p, NUMBERS[0])
    assert closure(ontology, said) == {said}


def test_a_chain_may_end_in_a_literal():
    first, (last, head) = PROPERTIES[0], VALUES
    ontology = listed(head, OWL.propertyChainAxiom, [first, last], "c")
    said = (Triple(NODES[0], first, NODES[1]), Triple(NODES[1], last, NUMBERS[0]))
    entailed = closure(ontology, *said) - set(said)
    assert entailed == {Triple(NODES[0], head, NUMBERS[0])}


def test_a_step_may_stand_in_a_chain_twice():
    head, step = PROPERTIES[:2]
    ontology = listed(head, OWL.propertyChainAxiom, [step, step, step], "c")
    ring = [Triple(NODES[n], step, NODES[(n + 1) % 3]) for n in range(3)]
    assert closure(ontology, *ring) - set(ring) == {
        Triple(node, head, node) for node in NODES[:3]
    }


def test_a_cycle_of_classes_and_of_places_comes_to_an_end():
    p = PROPERTIES[0]
    ontology = {
        Triple(CLASSES[0], RDFS.subClassOf, CLASSES[1]),
        Triple(CLASSES[1], RDFS.subClassOf, CLASSES[0]),
        Triple(p, RDF.type, OWL.TransitiveProperty),
    }
    ring = [Triple(NODES[n], p, NODES[(n + 1) % 5]) for n in range(5)]
    found = closure(ontology, *ring, Triple(NODES[0], RDF.type, CLASSES[0]))
    assert sum(t.predicate == p for t in found) == 25
    assert Triple(NODES[0], RDF.type, CLASSES[1]) in found


def test_what_is_within_a_long_chain_of_places_is_within_each():
    p = PROPERTIES[0]
    nodes = [NamedNode(f"http://example.org/place{n}") for n in range(80)]
    ontology = {Triple(p, RDF.type, OWL.TransitiveProperty)}
    chain = [Triple(a, p, b) for a, b in pairwise(nodes)]
    assert len(closure(ontology, *chain)) == 80 * 79 // 2


@pytest.mark.parametrize("order", [1, -1])
def test_each_pair_of_a_long_chain_is_put_together_a_few_times_at_most(order):
    p, q = PROPERTIES[:2]
    nodes = [NamedNode(f"http://example.org/place{n}") for n in range(120)]
    chain = [Triple(a, p, b) for a, b in pairwise(nodes)][::order]
    axioms = Axioms.of(
        DECLARED
        | {Triple(p, RDF.type, OWL.TransitiveProperty)}
        | {Triple(q, RDF.type, OWL.TransitiveProperty), Triple(p, OWL.inverseOf, q)}
    )
    looked = Looked()
    closed = materialise(chain, axioms, below=looked)
    assert len(closed) == 120 * 119
    assert looked.count < 4 * len(closed)
    looked.count = 0
    assert len(materialise(closed, axioms, below=looked)) == len(closed)
    assert looked.count < 40 * len(closed)


class Looked(TripleIndex):
    """No triples, which count how often they are looked up."""

    count = 0

    def __contains__(self, triple: Triple) -> bool:
        self.count += 1
        return super().__contains__(triple)


def test_what_is_of_two_disjoint_classes_is_found_from_either_end():
    one, other, narrow = CLASSES[:3]
    axioms = Axioms.of(
        {
            Triple(one, OWL.disjointWith, other),
            Triple(narrow, RDFS.subClassOf, other),
        }
        | DECLARED
    )
    known = materialise(
        [Triple(NODES[0], RDF.type, one), Triple(NODES[0], RDF.type, narrow)], axioms
    )
    for kind in (one, other):
        found = list(
            clashes(TripleIndex([Triple(NODES[0], RDF.type, kind)]), axioms, known)
        )
        assert [(c.node, set(c.classes)) for c in found] == [(NODES[0], {one, other})]
    assert not list(clashes(TripleIndex(), axioms, known))
