"""Axioms: the ontology as look-ups; what the rules do not cover is refused when it is read."""

import pytest

from milgraph.errors import SettingsError, UnsupportedAxiomError
from milgraph.ontology import Axioms, Vocabulary, read_ontology
from milgraph.resources import Resources
from milgraph.shipped import Shipped
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import MIL, OWL, RDFS, NamedNode, Triple

PREFIXES = """
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""


def triples(text: str) -> list[Triple]:
    source = Source("x.ttl", (PREFIXES + text).encode(), FORMATS["turtle"])
    return [quad.triple for quad in read(source)]


def axioms(text: str) -> Axioms:
    return Axioms.of(triples(text))


def test_superclasses_are_closed_over_steps_equivalences_and_cycles():
    found = axioms("""
        mil:A rdfs:subClassOf mil:B . mil:B owl:equivalentClass mil:C .
        mil:C rdfs:subClassOf mil:D . mil:D rdfs:subClassOf mil:B .""")
    assert found.superclasses[MIL.A] == {MIL.B, MIL.C, MIL.D}
    assert found.superclasses[MIL.B] == {MIL.C, MIL.D}
    assert found.superclasses[MIL.D] == {MIL.B, MIL.C}


def test_inverses_hold_in_both_directions():
    found = axioms("mil:p owl:inverseOf mil:q .")
    assert found.inverses == {
        MIL.p: frozenset({MIL.q}),
        MIL.q: frozenset({MIL.p}),
    }


def test_a_chain_is_found_by_each_of_its_steps():
    found = axioms("mil:h owl:propertyChainAxiom ( mil:p mil:q mil:p ) .")
    assert [position for _, position in found.chains[MIL.p]] == [0, 2]
    assert [position for _, position in found.chains[MIL.q]] == [1]
    assert found.chains[MIL.q][0][0].head == MIL.h


@pytest.mark.parametrize("steps", ["mil:p", "mil:p mil:p mil:p mil:p", ""])
def test_a_chain_has_two_or_three_steps(steps):
    with pytest.raises(UnsupportedAxiomError, match="not 2 or 3"):
        axioms(f"mil:h owl:propertyChainAxiom ( {steps} ) .")


def test_a_step_of_a_chain_has_a_name():
    with pytest.raises(UnsupportedAxiomError, match="list of the ontology"):
        axioms("mil:h owl:propertyChainAxiom ( [ owl:inverseOf mil:p ] mil:q ) .")


def test_all_members_of_a_disjointness_exclude_each_other():
    found = axioms("""
        mil:all a owl:AllDisjointClasses ; owl:members ( mil:A mil:B mil:C ) .
        mil:D owl:disjointWith mil:E .""")
    assert found.disjoint[MIL.A] == {MIL.B, MIL.C}
    assert found.disjoint[MIL.E] == {MIL.D}


@pytest.mark.parametrize(
    "text",
    [
        "mil:p a owl:FunctionalProperty .",
        "mil:p a owl:InverseFunctionalProperty .",
        "mil:p a owl:IrreflexiveProperty .",
        "mil:p a owl:AsymmetricProperty .",
        "mil:p a owl:ReflexiveProperty .",
        "mil:p owl:propertyDisjointWith mil:q .",
        "mil:A owl:hasKey ( mil:p ) .",
        "mil:A owl:disjointUnionOf ( mil:B mil:C ) .",
        "mil:A rdfs:subClassOf [ owl:onProperty mil:p ; owl:someValuesFrom mil:B ] .",
        "mil:A rdfs:subClassOf [ owl:unionOf ( mil:B mil:C ) ] .",
        "mil:A owl:intersectionOf ( mil:B mil:C ) .",
        "mil:A owl:complementOf mil:B .",
        "mil:A owl:oneOf ( mil:x ) .",
        "mil:x owl:sameAs mil:y .",
        "mil:x owl:differentFrom mil:y .",
    ],
)
def test_an_axiom_that_the_rules_do_not_cover_is_refused(text):
    with pytest.raises(UnsupportedAxiomError, match="the rules do not cover owl:"):
        axioms(text)


def test_the_shipped_axioms_are_covered_and_its_disjointness_is_read(shipped: Shipped):
    assert MIL.Actor in shipped.axioms.disjoint[MIL.Place]
    assert shipped.axioms.chains
    assert shipped.axioms.transitive


def test_an_alignment_is_there_when_it_is_asked_for(resources: Resources):
    sem = NamedNode("http://semanticweb.cs.vu.nl/2009/11/sem/Event")
    plain = {q.object for q in read_ontology(resources)}
    aligned = {q.object for q in read_ontology(resources, alignments=["sem"])}
    assert sem in aligned - plain
    with pytest.raises(SettingsError, match="there is no alignment 'dolce'; there are"):
        read_ontology(resources, alignments=["dolce"])


def test_every_alignment_is_covered_by_the_rules(resources: Resources):
    names = [path.stem for path in (resources.root / "ontology/alignments").glob("*")]
    Axioms.of(q.triple for q in read_ontology(resources, alignments=names))
    assert len(names) >= 10


# Words


def test_names_that_are_spelled_alike_are_near(shipped: Shipped):
    assert shipped.vocabulary.near(MIL.exercise) == ("mil:Exercise",)
    assert "modality:fact" in shipped.vocabulary.near(
        NamedNode("https://w3id.org/milgraph/code/modality/facts")
    )
    assert shipped.vocabulary.near(MIL.Zzzzzzzzzzzzzz) == ()


def test_a_word_is_a_class_or_a_property_and_says_who_may_write_it():
    words = Vocabulary.of(
        triples("""
        mil:A a owl:Class ; rdfs:label "a thing"@en , "ein Ding"@de ; rdfs:subClassOf mil:B .
        mil:p a owl:ObjectProperty ; mil:usage "entailed" .
        <http://example.org/x> a owl:Class .
        mil:unknown rdfs:label "no type"@en .""")
    )
    assert words.names == {MIL.A, MIL.p}
    assert words.classes == {MIL.A}
    assert words.properties == {MIL.p}
    assert words.not_for_authors == {MIL.p: "entailed"}
    assert words.labels[MIL.A] == "a thing"
    assert words.superclasses[MIL.A] == {MIL.B}


def test_the_usage_of_a_shipped_shortcut_is_entailed(shipped: Shipped):
    usage = shipped.vocabulary.not_for_authors
    assert usage[MIL.takesPlaceIn] == "entailed"
    assert usage[MIL.statedIn] == "placed"
    entailed_by_chain = {
        chain.head for found in shipped.axioms.chains.values() for chain, _ in found
    }
    # Asserted where it is known, entailed where it can be.
    assert entailed_by_chain - {MIL.ofState, MIL.platformType} <= usage.keys()
    assert OWL.sameAs not in usage
    assert RDFS.label not in usage
