"""Explanations: a fact is traced to a smallest derivation, to who says so and where."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from milgraph import graphs
from milgraph.cli.application import _exit_code, app
from milgraph.dataset import AmendedGraphs
from milgraph.entailment import Explanation, derivations, explain, materialise
from milgraph.errors import LimitError, ParameterError, UnknownFactError
from milgraph.explanations import (
    Explained,
    axioms_of,
    explain_fact,
    explanation_as_json,
    explanation_as_text,
    explanation_as_triples,
    fact_of,
)
from milgraph.iris import document_of, is_article
from milgraph.ontology import Axioms
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import (
    MIL,
    OWL,
    PROV,
    RDF,
    RDFS,
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    Triple,
    expand,
)

ARTICLE = "article:2023-03-21-tu-95-sea-of-japan"
PREFIXES = """
@prefix : <http://example.org/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
DECLARED = """
mil:A a owl:Class . mil:B a owl:Class . mil:C a owl:Class .
mil:D a owl:Class . mil:E a owl:Class .
mil:p a owl:ObjectProperty . mil:q a owl:ObjectProperty . mil:r a owl:ObjectProperty .
"""
TYPE = RDF.type


def triples(text: str) -> list[Triple]:
    source = Source("x.ttl", (PREFIXES + text).encode(), FORMATS["turtle"])
    return [quad.triple for quad in read(source)]


def node(name: str) -> NamedNode:
    return NamedNode(f"http://example.org/{name}")


def explained(ontology: str, data: str, fact: str) -> Explanation:
    axioms, asserted = Axioms.of(triples(DECLARED + ontology)), triples(data)
    (goal,) = triples(fact)
    view = materialise(asserted, axioms)
    return explain(goal, axioms, view, asserted.__contains__)


# Each rule by its name in OWL 2 RL, with the axiom that it rests on


@pytest.mark.parametrize(
    ("ontology", "data", "fact", "rule"),
    [
        ("mil:A rdfs:subClassOf mil:B .", ":x a mil:A .", ":x a mil:B .", "cax-sco"),
        ("mil:A owl:equivalentClass mil:B .", ":x a mil:A .", ":x a mil:B .", "cax-eqc1"),
        ("mil:B owl:equivalentClass mil:A .", ":x a mil:A .", ":x a mil:B .", "cax-eqc2"),
        ("mil:p rdfs:subPropertyOf mil:q .", ":x mil:p :y .", ":x mil:q :y .", "prp-spo1"),
        ("mil:p owl:equivalentProperty mil:q .", ":x mil:p :y .", ":x mil:q :y .", "prp-eqp1"),
        ("mil:q owl:equivalentProperty mil:p .", ":x mil:p :y .", ":x mil:q :y .", "prp-eqp2"),
        ("mil:p rdfs:domain mil:A .", ":x mil:p :y .", ":x a mil:A .", "prp-dom"),
        ("mil:p rdfs:range mil:A .", ":x mil:p :y .", ":y a mil:A .", "prp-rng"),
        ("mil:p owl:inverseOf mil:q .", ":x mil:p :y .", ":y mil:q :x .", "prp-inv1"),
        ("mil:q owl:inverseOf mil:p .", ":x mil:p :y .", ":y mil:q :x .", "prp-inv2"),
        ("mil:p a owl:SymmetricProperty .", ":x mil:p :y .", ":y mil:p :x .", "prp-symp"),
        ("mil:p a owl:TransitiveProperty .", ":x mil:p :y . :y mil:p :z .", ":x mil:p :z .", "prp-trp"),
        ("mil:r owl:propertyChainAxiom ( mil:p mil:q ) .", ":x mil:p :y . :y mil:q :z .", ":x mil:r :z .", "prp-spo2"),
        ("mil:A rdfs:subClassOf :h . :h a owl:Restriction ; owl:onProperty mil:p ; owl:hasValue :v .", ":x a mil:A .", ":x mil:p :v .", "cls-hv1"),
        (":h rdfs:subClassOf mil:A ; a owl:Restriction ; owl:onProperty mil:p ; owl:hasValue :v .", ":x mil:p :v .", ":x a mil:A .", "cls-hv2"),
        (":s rdfs:subClassOf mil:A ; a owl:Restriction ; owl:onProperty mil:p ; owl:someValuesFrom mil:B .", ":x mil:p :y . :y a mil:B .", ":x a mil:A .", "cls-svf1"),
        (":s rdfs:subClassOf mil:A ; a owl:Restriction ; owl:onProperty mil:p ; owl:someValuesFrom owl:Thing .", ":x mil:p :y .", ":x a mil:A .", "cls-svf2"),
    ],
)  # fmt: skip
def test_a_derivation_names_its_rule_its_premises_and_its_axioms(
    ontology, data, fact, rule
):
    found = explained(ontology, data, fact)
    assert found.derivation.rule == rule
    assert set(found.derivation.premises) == set(triples(data))
    stated = {t for t in triples(ontology) if not isinstance(t.subject, BlankNode)}
    blank = any(isinstance(t.object, BlankNode) for t in stated)
    declared = (
        Triple(node("h"), TYPE, OWL.Restriction),
        Triple(node("s"), TYPE, OWL.Restriction),
    )
    if not blank:
        assert set(found.derivation.axioms) == stated - set(declared)
    assert found.derivation.axioms
    assert found.steps == 1


# Two restrictions, of which one asks for all that the other does
BELOW = """
mil:A owl:equivalentClass :h .
:h a owl:Restriction ; owl:onProperty mil:p ; owl:someValuesFrom mil:B .
:s rdfs:subClassOf mil:C ; a owl:Restriction .
"""
BETWEEN_RESTRICTIONS = {
    "scm-svf1": """:s owl:onProperty mil:p ; owl:someValuesFrom mil:D .
        mil:B rdfs:subClassOf mil:E . mil:E rdfs:subClassOf mil:D .""",
    "scm-svf2": """:s owl:onProperty mil:q ; owl:someValuesFrom mil:B .
        mil:p rdfs:subPropertyOf mil:r . mil:r rdfs:subPropertyOf mil:q .""",
}


@pytest.mark.parametrize("rule", BETWEEN_RESTRICTIONS)
def test_who_must_have_some_value_is_of_every_class_that_asks_for_less(rule):
    ontology = BELOW + BETWEEN_RESTRICTIONS[rule]
    found = explained(ontology, ":x a mil:A .", ":x a mil:C .")
    assert found.derivation.rule == "cax-sco"
    restrictions = {Triple(node(name), TYPE, OWL.Restriction) for name in "hs"}
    assert set(found.derivation.axioms) == set(triples(ontology)) - restrictions


@pytest.mark.parametrize("rule", BETWEEN_RESTRICTIONS)
def test_who_must_have_some_value_is_not_of_a_class_that_asks_for_more(rule):
    wider = BELOW.replace("owl:someValuesFrom mil:B", "owl:someValuesFrom owl:Thing")
    with pytest.raises(UnknownFactError):
        explained(wider + BETWEEN_RESTRICTIONS[rule], ":x a mil:A .", ":x a mil:C .")


def test_that_a_class_asks_for_less_in_two_ways_follows_by_no_rule_of_the_profile():
    ontology = """:s owl:onProperty mil:q ; owl:someValuesFrom mil:D .
        mil:B rdfs:subClassOf mil:D . mil:p rdfs:subPropertyOf mil:q ."""
    with pytest.raises(UnknownFactError):
        explained(BELOW + ontology, ":x a mil:A .", ":x a mil:C .")


def test_an_asserted_fact_explains_itself_even_where_it_also_follows():
    found = explained(
        "mil:A rdfs:subClassOf mil:B .", ":x a mil:A , mil:B .", ":x a mil:B ."
    )
    assert (found.is_asserted, found.premises, found.steps) == (True, (), 0)


def test_a_jump_over_a_hierarchy_names_the_stated_steps():
    found = explained(
        "mil:A rdfs:subClassOf mil:B . mil:B owl:equivalentClass mil:C .",
        ":x a mil:A .",
        ":x a mil:C .",
    )
    assert list(found.derivation.axioms) == triples(
        "mil:A rdfs:subClassOf mil:B . mil:B owl:equivalentClass mil:C ."
    )


def test_the_smallest_of_several_derivations_is_told():
    ontology = """mil:p a owl:TransitiveProperty . mil:r rdfs:subPropertyOf mil:p .
        mil:q owl:inverseOf mil:r ."""
    way = ":a mil:p :b . :b mil:p :c . :c mil:p :d . :d mil:p :e ."
    assert explained(ontology, way, ":a mil:p :e .").steps == 3
    assert explained(ontology, way + ":b mil:p :e .", ":a mil:p :e .").steps == 1
    # prp-inv2, then prp-spo1
    shortcut = explained(ontology, way + ":e mil:q :a .", ":a mil:p :e .")
    assert (shortcut.steps, list(shortcut.leaves())) == (2, triples(":e mil:q :a ."))


def test_a_fact_is_never_explained_by_itself():
    ontology = "mil:p a owl:SymmetricProperty , owl:TransitiveProperty ."
    found = explained(ontology, ":a mil:p :b .", ":a mil:p :a .")
    assert found.triple not in {one.triple for one in _below(found)}
    assert list(found.leaves()) == triples(":a mil:p :b .")


def _below(explanation: Explanation) -> Iterable[Explanation]:
    for premise in explanation.premises:
        yield premise
        yield from _below(premise)


def test_what_does_not_follow_has_no_explanation():
    with pytest.raises(UnknownFactError, match="and no rule derives it"):
        explained("", ":x a mil:A .", ":x a mil:B .")


def test_a_search_that_looks_too_far_is_given_up():
    way = triples(" ".join(f":n{n} mil:p :n{n + 1} ." for n in range(40)))
    axioms = Axioms.of(triples(DECLARED + "mil:p a owl:TransitiveProperty ."))
    view = materialise(way, axioms)
    (goal,) = triples(":n0 mil:p :n40 .")
    assert explain(goal, axioms, view, way.__contains__).steps == 39
    with pytest.raises(LimitError, match="no derivation was found within 500 steps"):
        explain(goal, axioms, view, way.__contains__, limit=500)
    long = triples(" ".join(f":n{n} mil:p :n{n + 1} ." for n in range(300)))
    view = materialise(long, axioms)
    (goal,) = triples(":n0 mil:p :n300 .")
    with pytest.raises(LimitError, match="no derivation was found of 200 rules"):
        explain(goal, axioms, view, long.__contains__)


NODES = [node(f"n{n}") for n in range(4)]
EVERYTHING = Axioms.of(
    triples(
        DECLARED
        + """mil:p a owl:TransitiveProperty ; rdfs:domain mil:A . mil:q owl:inverseOf mil:p .
        mil:r rdfs:subPropertyOf mil:p . mil:r owl:propertyChainAxiom ( mil:q mil:r ) .
        mil:A rdfs:subClassOf mil:B . :s a owl:Restriction ; owl:onProperty mil:q ;
        owl:someValuesFrom mil:B ; rdfs:subClassOf mil:C ."""
    )
)
facts = st.frozensets(
    st.builds(
        Triple,
        st.sampled_from(NODES),
        st.sampled_from([MIL.p, MIL.q, MIL.r]),
        st.sampled_from(NODES),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts)
def test_every_derivation_is_sound_and_none_is_smaller(asserted):
    view = materialise(asserted, EVERYTHING)
    costs = _least_costs(view.triples, asserted)
    for triple in view:
        found = explain(triple, EVERYTHING, view, asserted.__contains__)
        assert_is_a_proof(found, EVERYTHING, asserted.__contains__)
        assert found.steps == costs[triple]


def _least_costs(view: set[Triple], asserted: frozenset[Triple]) -> dict[Triple, int]:
    """Return the least number of steps to each triple, by going round until it settles."""
    ways = {
        t: [
            d.premises
            for d in derivations(t, EVERYTHING, materialise(view, EVERYTHING))
        ]
        for t in view
    }
    costs = dict.fromkeys(asserted, 0)
    for _ in range(len(view) ** 2):
        better = {
            triple: cost
            for triple, listed in ways.items()
            for premises in listed
            if all(p in costs for p in premises)
            and (cost := 1 + sum(costs[p] for p in premises)) < costs.get(triple, 10**9)
        }
        if not better:
            break
        for triple, cost in better.items():
            costs[triple] = min(cost, costs.get(triple, cost))
    return costs


def assert_is_a_proof(
    found: Explanation, axioms: Axioms, is_asserted: Callable[[Triple], bool]
) -> None:
    """Each step follows by its rule from its premises alone, and each leaf is asserted."""
    if found.derivation is None:
        assert is_asserted(found.triple)
        return
    premises = [one.triple for one in found.premises]
    assert tuple(premises) == found.derivation.premises
    assert found.triple in materialise(premises, axioms)
    assert set(found.derivation.axioms) <= axioms.stated.triples
    for premise in found.premises:
        assert_is_a_proof(premise, axioms, is_asserted)


# The shipped graph


@pytest.fixture(scope="module")
def axioms(dataset: Snapshot) -> Axioms:
    return axioms_of(dataset)


@pytest.fixture(scope="module")
def why(dataset: Snapshot, axioms: Axioms) -> Callable[[str], Explained]:
    """Explain a fact of the first article; `#x` is a node of it."""

    def asked(fact: str) -> Explained:
        names = [ARTICLE + n if n.startswith("#") else n for n in fact.split(" ")]
        return explain_fact(dataset, axioms, fact_of(*names))

    return asked


def test_a_sample_of_what_follows_in_the_shipped_view_has_a_proof_from_what_is_asserted(
    dataset, axioms
):
    named = AmendedGraphs(dataset)
    view = sorted((quad.triple for quad in dataset.view()), key=str)
    entailed = [t for t in view if not named.asserts(t)]
    assert len(entailed) >= 2_000
    for triple in random.Random(1).sample(entailed, 250):  # noqa: S311 - a sample
        found = explain_fact(dataset, axioms, triple)
        assert_is_a_proof(found.explanation, axioms, named.asserts)
        assert all(found.assertions[leaf] for leaf in found.explanation.leaves())


def test_an_escort_is_traced_to_the_claim_and_the_place_of_the_text(why):
    text = explanation_as_text(why("#december-flight mil:escortedBy actor:russia"))
    assert (
        text
        == """\
article:2023-03-21-tu-95-sea-of-japan#december-flight mil:escortedBy actor:russia
  follows by prp-spo2: mil:hasEscort, then mil:involves make mil:escortedBy
  - #december-flight mil:hasEscort #december-escort
      follows by prp-inv1: mil:escorts is the inverse of mil:hasEscort
      - #december-escort mil:escorts #december-flight
          stated by the claim #claim-19
  - #december-escort mil:involves actor:russia
      follows by prp-spo2: mil:hasParticipation, then mil:participant make mil:involves
      - #december-escort mil:hasParticipation #december-fighters
          stated by the claim #claim-19
      - #december-fighters mil:participant actor:russia
          stated by the claim #claim-19

#claim-19
  Su-30SM accompanied the December patrol, and fighters of type Su-35S gave it support.
  claimant: actor:russian-mod (modality:fact, polarity:positive, wording:reported)
  text: segment #s8-2, code points 1366 to 1508

article:2023-03-21-tu-95-sea-of-japan
  Tu-95 flight over the Sea of Japan after an encounter with B-52s over the Baltic, March 2023
  publisher: actor:eurasian-times, 2023-03-21/2023-03-24
  source: https://eurasiantimes.com/russia-responds-with-tu-95-bombers-to-counter-us-b-52s"""
    )


def test_a_type_of_aircraft_is_traced_to_a_claim_and_to_the_reference_data(why):
    found = why("#bomber-flights mil:involvesPlatformType platform:tu-95")
    kinds = {one.kind for listed in found.assertions.values() for one in listed}
    assert kinds == {"the claim", "the reference data"}
    variant = fact_of("platform:tu-95ms", "mil:variantOf", "platform:tu-95")
    (reference,) = found.assertions[variant]
    assert reference.graph == graphs.REFERENCE
    assert Literal("milgraph identifiers table, row tu_95ms") in reference.sources
    assert "stated by the reference data, from" in explanation_as_text(found)


def test_a_bound_is_traced_to_what_was_quoted(why):
    found = why("#flight-duration mil:atLeast 7")
    (claim,) = found.testimonies
    (passage,) = claim.passages
    assert claim.claimants == (expand("actor:russian-mod"),)
    assert (passage.node, passage.start, passage.end) == (
        expand(ARTICLE + "#s5-2"),
        672,
        757,
    )


def test_what_the_record_says_of_a_claim_is_stated_by_the_record(why):
    found = why("#claim-19 mil:claimant actor:russian-mod")
    ((assertion,),) = found.assertions.values()
    assert assertion.kind == "the record of the article"
    assert assertion.testimony.node == expand(ARTICLE + "#claim-19")


def test_a_fact_that_nobody_states_is_said_to_be_so(why):
    with pytest.raises(UnknownFactError) as found:
        why("actor:japan a mil:Place")
    assert str(found.value) == (
        "nothing asserts actor:japan a mil:Place, and no rule derives it"
    )


def test_a_fact_that_is_denied_or_supposed_is_said_to_be_so(dataset, axioms):
    named = AmendedGraphs(dataset)
    refused = {
        quad.graph_name
        for quad in dataset.match()
        if isinstance(quad.graph_name, NamedNode)
        and is_article(document_of(quad.graph_name))
        and not named.is_accepted(quad.graph_name)
    }
    told = {}
    for name in refused:
        (fact, *_) = (q.triple for q in dataset.match(graph=name))
        if fact not in dataset.triples:
            with pytest.raises(UnknownFactError) as found:
                explain_fact(dataset, axioms, fact)
            told[name] = found.value.message
    reasons = {message.partition(": ")[2] for message in told.values()}
    assert any(reason.endswith("denies it") for reason in reasons)
    assert any("not as a fact (modality:" in reason for reason in reasons)
    assert any("not the preferred reading" in reason for reason in reasons)
    assert len(told) >= 10


def test_a_view_that_holds_what_does_not_follow_is_found_out(dataset, axioms):
    fact = Triple(node("x"), MIL.partOf, node("y"))
    (marker, *_) = dataset.match(None, TYPE, MIL.AcceptedGraph)
    damaged = Snapshot.of([marker, Quad(fact.subject, fact.predicate, fact.object)])
    with pytest.raises(
        UnknownFactError, match="the view holds it, but nothing"
    ) as found:
        explain_fact(damaged, axioms, fact)
    assert "milgraph doctor" in found.value.hint


# Renderings


def test_as_json_it_is_nested_and_ends_in_assertions(why):
    found = why("#december-flight mil:escortedBy actor:russia")
    told = json.loads(json.dumps(explanation_as_json(found)))
    assert (told["rule"], told["asserted"]) == ("prp-spo2", False)
    (axiom,) = told["axioms"]
    assert axiom["words"] == "mil:hasEscort, then mil:involves make mil:escortedBy"
    leaf = told["premises"][0]["premises"][0]
    assert leaf["asserted"]
    (assertion,) = leaf["assertions"]
    assert assertion["claim"]["segments"] == [
        {"iri": expand(ARTICLE + "#s8-2").value, "start": 1366, "end": 1508}
    ]
    assert assertion["article"]["iri"] == expand(ARTICLE).value


def test_as_rdf_every_derived_statement_has_premises_and_every_other_a_source(why):
    found = why("#bomber-flights mil:involvesPlatformType platform:tu-95")
    told = explanation_as_triples(found)
    assert not any(isinstance(t.object, BlankNode) for t in told)
    of = {t.subject for t in told if t.predicate == RDF.subject}
    derived = {t.subject for t in told if t.predicate == PROV.wasDerivedFrom}
    sourced = {t.subject for t in told if t.predicate == PROV.hadPrimarySource}
    labelled = {t.subject for t in told if t.predicate == RDFS.label}
    axioms = {
        t.object for t in told if t.predicate == PROV.used and t.object in labelled
    }
    assert of == derived | sourced | axioms
    assert not derived & sourced
    assert {t.object for t in told if t.predicate == PROV.wasDerivedFrom} <= of
    assert expand(ARTICLE + "#claim-51") in {
        t.object for t in told if t.predicate == PROV.hadPrimarySource
    }


def test_a_statement_has_the_same_name_in_every_explanation(why):
    def named(fact: str) -> set[Triple]:
        told = explanation_as_triples(why(fact))
        return {t for t in told if t.predicate == RDF.subject}

    part, whole = (
        named("platform:tu-95ms mil:variantOf platform:tu-95"),
        named("#bomber-flights mil:involvesPlatformType platform:tu-95"),
    )
    assert len(part) == 1
    assert part < whole


# The command


@pytest.fixture
def run(built: Path) -> Callable[..., Result]:
    def ran(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["explain", *arguments], env={"MILGRAPH_DATA": str(built)}
        )

    return ran


BOUND = (f"{ARTICLE}#flight-duration", "mil:atLeast", "7")


def test_the_command_tells_people_and_programs_why(run):
    told = run(*BOUND)
    assert told.exit_code == 0
    assert "  text: segment #s5-2, code points 672 to 757" in told.output.splitlines()
    assert json.loads(run(*BOUND, "--json").output)["rule"] == "prp-spo1"
    turtle = Source("x", run(*BOUND, "--turtle").output.encode(), FORMATS["turtle"])
    assert any(q.predicate == PROV.wasDerivedFrom for q in read(turtle))
    assert run(*BOUND, "--turtle", "--json").exit_code == 2


def test_the_command_ends_with_an_error_where_there_is_no_such_fact(run):
    found = run("actor:japan", "a", "mil:Place").exception
    assert isinstance(found, UnknownFactError)
    assert _exit_code(found) == 1


# Names


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("7", Literal(7)),
        ('"Japan"@en', Literal("Japan", language="en")),
        ('"say "so""', Literal('say "so"')),
        ("true", Literal(True)),
        ("mil:Actor", MIL.Actor),
        ("<http://example.org/x>", node("x")),
    ],
)
def test_the_object_of_a_fact_is_a_name_or_a_literal(written, value):
    assert fact_of("actor:japan", "a", written).object == value


@pytest.mark.parametrize("written", ["Japan", '"x"@not_a_tag', '"x"^^nothing'])
def test_what_names_nothing_is_no_object(written):
    with pytest.raises(ParameterError):
        fact_of("actor:japan", "a", written)
