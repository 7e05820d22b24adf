"""Suppositions: what the view does not take is held to its form, each graph by itself."""

from collections.abc import Callable

import pytest

from milgraph.articles import read_article
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.shipped import Shipped
from milgraph.staging import materialise_view, validate_view
from milgraph.suppositions import suppositions, validate_suppositions
from milgraph.terms import MIL, NamedNode, Quad

IRI = "https://w3id.org/milgraph/article/2024-05-14-drill"
CLAIM_2 = "<#claim-2> CLAIM ; mil:modality modality:%s ; mil:polarity polarity:%s ."
READINGS = """
<#claim-1> mil:preferredReading <#r1> ; mil:hasReading <#r2> .
<#r1> a mil:Reading ; mil:reason "As the headline has it."@en .
<#r2> a mil:Reading ; mil:reason "As the body has it."@en .
"""
Staged = Callable[..., object]
Findings = set[tuple[str, str, str]]


def node(name: str) -> NamedNode:
    return NamedNode(f"{IRI}#{name}")


@pytest.fixture(scope="module")
def staged(shipped: Shipped, drill) -> Staged:
    """Stage the whole shipped graph with the article of one claim."""
    named = shipped.named_graphs(lambda *_: None)

    def stage(added: str = "", others: frozenset[Quad] = frozenset(), **replaced: str):
        article = read_article(drill(added, **replaced), shipped.vocabulary)
        return materialise_view(
            named.replacing((), article.quads | others), shipped.axioms
        )

    return stage


@pytest.fixture(scope="module")
def supposed(staged: Staged, graph: KnowledgeGraph):
    """Return node, shape and claim of each finding on what is supposed in the article."""

    def found(added: str = "", **replaced: str) -> Findings:
        view = staged(added, **replaced)
        results = validate_suppositions(view, graph.standards, [NamedNode(IRI)])
        return {
            tuple(
                term.value.rpartition("#")[2]
                for term in (r.focus_node, r.shape, r.claim)
            )
            for r in results
        }

    return found


def claim(text: str, modality: str = "fact", polarity: str = "negative") -> str:
    return f"{CLAIM_2 % (modality, polarity)} <#claim-2> {{ {text} }}"


def test_what_is_denied_may_contradict_what_is_stated(supposed):
    elsewhere = "<#drill> mil:hasPlace place:baltic-sea ."
    assert supposed(claim(elsewhere)) == set()


def test_a_number_that_is_no_number_is_found_in_a_question(supposed):
    found = supposed(
        claim(
            '<#n> mil:exactly "many" ; mil:basis basis:stated .'
            "<#bombers> mil:count <#n> .",
            "question",
            "positive",
        )
    )
    assert ("n", "CountQuantity-atLeast", "claim-2") in found


def test_a_time_that_is_no_time_is_found_in_a_hypothesis(supposed):
    found = supposed(
        claim("<#time> mil:earliestStart 2024 .", "hypothesis", "positive")
    )
    assert ("time", "TimeExtent-earliestStart", "claim-2") in found


def test_a_date_for_people_that_is_none_is_found_in_a_denial(supposed):
    found = supposed(claim('<#time> mil:edtf "tomorrow" .'))
    assert ("time", "TimeExtent-edtf", "claim-2") in found


def test_a_reading_is_validated_instead_of_the_preferred_one(supposed):
    one = "<#r1> { <#n> mil:exactly 2 ; mil:basis basis:stated . <#bombers> mil:count <#n> . }"
    two = one.replace("r1", "r2").replace("exactly 2", "exactly 4")
    bare = {"old": "; mil:count <#bombers-count> .", "new": "."}
    # Together they would be two numbers of one group; each by itself is well formed.
    assert supposed(READINGS + one + two, **bare) == set()
    broken = two.replace("exactly 4", "atLeast 4 ; mil:atMost 3")
    assert {(n, c) for n, _, c in supposed(READINGS + one + broken, **bare)} == {
        ("n", "claim-1")
    }


def test_a_denial_is_validated_on_top_of_the_view(supposed):
    # The bound of the denied graph contradicts one that is stated of the same node.
    assert supposed(claim("<#bombers-count> mil:atLeast 5 .")) != set()


def test_readings_of_a_claim_that_only_asks_are_supposed_with_it(staged):
    one = '<#r1> { <#drill> rdfs:label "one" . } <#r2> { <#drill> rdfs:label "two" . }'
    view = staged(READINGS + one, old="modality:fact", new="modality:question")
    own = {s.graph: s for s in suppositions(view.named, NamedNode(IRI))}
    assert own.keys() == {node("claim-1"), node("r1"), node("r2")}
    assert own[node("r2")].claim == node("claim-1")
    assert own[node("r2")].instead_of == frozenset()


def test_only_its_own_record_decides_whose_reading_a_graph_is(staged):
    one = '<#r1> { <#drill> rdfs:label "one" . } <#r2> { <#drill> rdfs:label "two" . }'
    article = NamedNode("https://w3id.org/milgraph/article/another")
    foreign = NamedNode(f"{article.value}#claim-1")
    forged = frozenset(
        Quad(foreign, predicate, node("r2"), graph)
        for predicate in (MIL.hasReading, MIL.preferredReading)
        for graph in (article, foreign)
    )
    view = staged(READINGS + one, others=forged)
    (reading,) = (
        s for s in suppositions(view.named, NamedNode(IRI)) if s.graph == node("r2")
    )
    assert (reading.claim, reading.instead_of) == (
        node("claim-1"),
        frozenset({node("r1")}),
    )


def test_what_is_supposed_is_not_in_the_view(staged, graph):
    raid = "<#raid> a mil:Exercise ; mil:hasTime <#time> ."
    denied = staged(claim(raid, "hypothesis", "positive"))
    plain = staged()
    assert {t for t in denied.triples if t.subject == node("raid")} <= {
        t for t in denied.triples if t.predicate == MIL.statedIn
    } | {t for t in denied.triples if t.predicate == MIL.describedIn}
    assert validate_view(denied, graph.engine).conforms
    assert validate_view(plain, graph.engine).conforms
