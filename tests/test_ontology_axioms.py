"""Axioms: the ontology as look-ups; what the rules do not cover is refused when it is read."""

import pytest

from milgraph.errors import SettingsError, UnsupportedAxiomError
from milgraph.iris import skolemise
from milgraph.ontology import Axioms, Vocabulary, read_ontology
from milgraph.resources import Resources
from milgraph.shipped import Shipped
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import MIL, OWL, RDFS, NamedNode, Triple

PREFIXES = """
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


DECLARED = """
mil:A a owl:Class . mil:B a owl:Class . mil:C a owl:Class . mil:D a owl:Class .
mil:p a owl:ObjectProperty . mil:q a owl:ObjectProperty . mil:h a owl:ObjectProperty .
mil:v a owl:DatatypeProperty . mil:w a owl:DatatypeProperty .
mil:note a owl:AnnotationProperty .
"""


def triples(text: str) -> list[Triple]:
    source = Source("x.ttl", (PREFIXES + text).encode(), FORMATS["turtle"])
    return [quad.triple for quad in skolemise(read(source))]


def axioms(text: str) -> Axioms:
    return Axioms.of(triples(DECLARED + text))


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


def test_all_members_of_a_disjointness_exclude_each_other():
    found = axioms("""
        [] a owl:AllDisjointClasses ; owl:members ( mil:A mil:B mil:C ) .
        mil:D owl:disjointWith mil:A .""")
    assert found.disjoint[MIL.A] == {MIL.B, MIL.C, MIL.D}
    assert found.disjoint[MIL.D] == {MIL.A}


def test_a_restriction_is_no_class_of_the_view_and_carries_what_is_above_it():
    found = axioms("""
        mil:A rdfs:subClassOf mil:B , [ a owl:Restriction ;
            owl:onProperty mil:p ; owl:hasValue mil:x ] .
        [] a owl:Restriction ; owl:onProperty mil:q ; owl:someValuesFrom mil:A ;
            rdfs:subClassOf mil:B .""")
    assert found.superclasses[MIL.A] == {MIL.B}
    ((to_x,),) = found.values.values()
    assert (to_x.property, to_x.filler) == (MIL.p, MIL.x)
    (of_an_a,) = found.restrictions[MIL.q]
    assert (of_an_a.filler, of_an_a.classes) == (MIL.A, {MIL.B})


# What is not covered


NOT_COVERED = [
    # words of OWL that no rule knows
    "mil:p a owl:FunctionalProperty .",
    "mil:p a owl:InverseFunctionalProperty .",
    "mil:p a owl:IrreflexiveProperty .",
    "mil:p a owl:AsymmetricProperty .",
    "mil:p a owl:ReflexiveProperty .",
    "mil:p owl:propertyDisjointWith mil:q .",
    "mil:A owl:hasKey ( mil:p ) .",
    "mil:A owl:disjointUnionOf ( mil:B mil:C ) .",
    "mil:A rdfs:subClassOf [ a owl:Class ; owl:unionOf ( mil:B mil:C ) ] .",
    "mil:A owl:intersectionOf ( mil:B mil:C ) .",
    "mil:A owl:complementOf mil:B .",
    "mil:A owl:oneOf ( mil:x ) .",
    "mil:x owl:sameAs mil:y .",
    "mil:x owl:differentFrom mil:y .",
    "mil:x owl:deprecatedBy mil:y .",
    "mil:x rdf:value 1 .",
    "mil:X a rdfs:Class .",
    "mil:r a rdf:Property .",
    "[] a owl:Axiom .",
    # forms that look covered
    "mil:A rdfs:subClassOf owl:Thing .",
    "owl:Thing rdfs:subClassOf mil:A .",
    "mil:A rdfs:subClassOf owl:Nothing .",
    "mil:A rdfs:subClassOf mil:Unknown .",
    "mil:Unknown rdfs:subClassOf mil:A .",
    "mil:A rdfs:subClassOf 'A' .",
    "mil:A owl:equivalentClass mil:Unknown .",
    "mil:A owl:disjointWith mil:Unknown .",
    "mil:A owl:disjointWith mil:A .",
    "[] a owl:AllDisjointClasses ; owl:members ( mil:A mil:Unknown ) .",
    "[] a owl:AllDisjointClasses ; owl:members ( mil:A ) .",
    "[] a owl:AllDisjointClasses .",
    "[] owl:members ( mil:A mil:B ) .",
    "mil:p rdfs:subPropertyOf mil:unknown .",
    "mil:p rdfs:subPropertyOf mil:v .",
    "mil:v owl:equivalentProperty mil:q .",
    "mil:p rdfs:subPropertyOf rdf:type .",
    "mil:p rdfs:domain mil:Unknown .",
    "mil:unknown rdfs:domain mil:A .",
    "mil:p rdfs:domain [ a owl:Class ; owl:unionOf ( mil:A mil:B ) ] .",
    "mil:p rdfs:range xsd:string .",
    "mil:v rdfs:range xsd:string .",
    "mil:v rdfs:range mil:A .",
    "mil:p rdfs:range owl:Thing .",
    "mil:p owl:inverseOf mil:v .",
    "mil:p owl:inverseOf [ owl:inverseOf mil:q ] .",
    "mil:unknown a owl:TransitiveProperty .",
    "mil:v a owl:SymmetricProperty .",
    "mil:p a owl:DatatypeProperty .",
    "mil:h owl:propertyChainAxiom ( mil:p mil:v ) .",
    "mil:h owl:propertyChainAxiom ( mil:v mil:p ) .",
    "mil:h owl:propertyChainAxiom ( mil:p mil:unknown ) .",
    "mil:unknown owl:propertyChainAxiom ( mil:p mil:q ) .",
    # restrictions
    "mil:A rdfs:subClassOf [ owl:onProperty mil:p ; owl:hasValue mil:x ] .",
    "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:p ; owl:someValuesFrom mil:B ] .",
    "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:p ; owl:allValuesFrom mil:B ] .",
    "mil:A owl:equivalentClass [ a owl:Restriction ; owl:onProperty mil:p ; owl:minCardinality 1 ] .",
    "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:p ; owl:hasSelf true ] .",
    "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:p ; owl:hasValue mil:x , mil:y ] .",
    "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:p , mil:q ; owl:hasValue mil:x ] .",
    "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:p ; owl:hasValue 1 ] .",
    "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:v ; owl:hasValue mil:x ] .",
    "[] a owl:Restriction ; owl:onProperty mil:v ; owl:someValuesFrom xsd:string ; rdfs:subClassOf mil:A .",
    "[] a owl:Restriction ; owl:onProperty mil:p ; owl:someValuesFrom mil:Unknown ; rdfs:subClassOf mil:A .",
    "[] a owl:Restriction ; owl:onProperty mil:p ; owl:hasValue mil:x .",
    "mil:p rdfs:domain [ a owl:Restriction ; owl:onProperty mil:q ; owl:hasValue mil:x ; rdfs:subClassOf mil:A ] .",
    "mil:y a [ a owl:Restriction ; owl:onProperty mil:q ; owl:hasValue mil:x ; rdfs:subClassOf mil:A ] .",
    # lists
    "[] rdf:first mil:p ; rdf:rest () .",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_COVERED)
def test_an_axiom_that_the_rules_do_not_cover_is_refused(text):
    with pytest.raises(UnsupportedAxiomError, match=r"^the rules do not cover \S"):
        axioms(text)


def test_the_refusal_names_the_axiom_and_why():
    with pytest.raises(UnsupportedAxiomError) as found:
        axioms("mil:v rdfs:range xsd:string .")
    assert str(found.value) == (
        "the rules do not cover mil:v rdfs:range xsd:string: "
        "mil:v is not declared as an object property"
    )


@pytest.mark.parametrize(
    "text",
    [
        "mil:A rdfs:label 'A' ; rdfs:comment 'c' ; rdfs:seeAlso mil:B ; owl:deprecated true .",
        "<http://example.org/> a owl:Ontology ; owl:imports mil:x ; owl:versionInfo '1' .",
        "mil:x a owl:NamedIndividual , mil:A ; mil:p mil:y .",
        "mil:note rdfs:subPropertyOf rdfs:comment .",
        "mil:p rdfs:subPropertyOf mil:note .",
        "mil:note rdfs:domain mil:A .",
        "mil:p a owl:TransitiveProperty . mil:h owl:propertyChainAxiom ( mil:p mil:p ) .",
        "mil:v owl:propertyChainAxiom ( mil:p mil:q mil:w ) .",
        "mil:A owl:equivalentClass [ a owl:Restriction ; owl:onProperty mil:p ; owl:someValuesFrom mil:B ] .",
        "[] a owl:Restriction ; owl:onProperty mil:p ; owl:someValuesFrom owl:Thing ; rdfs:subClassOf mil:A .",
        "mil:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mil:v ; owl:hasValue 1 ] .",
        "mil:x mil:p ( mil:A mil:B ) .",
    ],
)
def test_an_axiom_that_the_rules_cover_is_taken(text):
    assert axioms(text).stated.triples >= set(triples(text))


@pytest.mark.parametrize("steps", ["mil:p", "mil:p mil:p mil:p mil:p", ""])
def test_a_chain_has_two_or_three_steps(steps):
    with pytest.raises(UnsupportedAxiomError, match="not 2 or 3"):
        axioms(f"mil:h owl:propertyChainAxiom ( {steps} ) .")


@pytest.mark.parametrize(
    "text",
    [
        "mil:h owl:propertyChainAxiom ( 'p' mil:q ) .",
        "mil:h owl:propertyChainAxiom mil:p .",
        "mil:h owl:propertyChainAxiom mil:l . mil:l rdf:first mil:p ; rdf:rest mil:l .",
        "mil:h owl:propertyChainAxiom mil:l . mil:l rdf:first mil:p , mil:q ; rdf:rest () .",
        "mil:h owl:propertyChainAxiom mil:l . mil:l rdf:first mil:p ; rdf:rest 'l' .",
    ],
)
def test_a_list_of_the_ontology_is_well_formed_and_has_names(text):
    with pytest.raises(UnsupportedAxiomError, match="a list of the ontology"):
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
