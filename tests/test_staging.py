"""Staging: the view is what accepted graphs assert, what follows from it, and no more."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from milgraph import graphs
from milgraph.articles import read_article
from milgraph.dataset import NamedGraphs
from milgraph.errors import ConsistencyError, PlacementError
from milgraph.shipped import Shipped
from milgraph.staging import View, materialise_view
from milgraph.store import Snapshot
from milgraph.terms import MIL, RDF, RDFS, NamedNode, Quad, Triple

IRI = "https://w3id.org/milgraph/article/2024-05-14-drill"
OCCURRENCE = "https://w3id.org/milgraph/occurrence/"
CLAIM_2 = "<#claim-2> CLAIM ; mil:modality modality:%s ; mil:polarity polarity:%s ."


def node(name: str) -> NamedNode:
    return NamedNode(f"{IRI}#{name}")


def place(name: str) -> NamedNode:
    return NamedNode(f"https://w3id.org/milgraph/place/{name}")


@pytest.fixture(scope="module")
def shared(shipped: Shipped) -> NamedGraphs:
    """The ontology and the reference data, without articles and occurrences."""
    quads = {
        q
        for q in shipped.ontology | shipped.editorial
        if q.graph_name in (graphs.ONTOLOGY, graphs.REFERENCE)
    }
    marks = {
        Quad(name, RDF.type, MIL.AcceptedGraph, name)
        for name in (graphs.ONTOLOGY, graphs.REFERENCE)
    }
    return NamedGraphs.of(quads | marks)


@pytest.fixture(scope="module")
def view(shared: NamedGraphs, shipped: Shipped, drill) -> Callable[..., View]:
    """Stage the shared graphs with the article of one claim, added to or changed."""

    def staged(*added: str, others: tuple[Quad, ...] = (), **replaced: str) -> View:
        article = read_article(drill(*added, **replaced), shipped.vocabulary)
        named = shared.replacing((), article.quads | set(others))
        return materialise_view(named, shipped.axioms)

    return staged


def own_occurrences(staged: View) -> Iterator[NamedNode]:
    for triple in staged.triples:
        if triple.predicate == RDF.type and triple.object == MIL.Occurrence:
            yield triple.subject


# What is in the view


def test_the_view_holds_what_an_accepted_claim_says_and_what_follows(view):
    triples = view().triples
    assert Triple(node("drill"), MIL.hasPlace, place("sea-of-japan")) in triples
    assert Triple(node("drill"), MIL.takesPlaceIn, place("sea-of-japan")) in triples
    assert Triple(node("drill"), RDF.type, MIL.Activity) in triples
    assert Triple(node("drill"), MIL.describedIn, NamedNode(IRI)) in triples


@pytest.mark.parametrize(
    ("modality", "polarity"), [("fact", "negative"), ("hypothesis", "positive")]
)
def test_what_is_denied_or_supposed_is_not_in_the_view_but_who_says_so_is(
    view, modality, polarity
):
    said = "<#claim-2> { <#drill> mil:hasPlace place:baltic-sea . }"
    staged = view(CLAIM_2 % (modality, polarity) + said)
    assert (
        Triple(node("drill"), MIL.hasPlace, place("baltic-sea")) not in staged.triples
    )
    assert (
        Triple(node("drill"), MIL.takesPlaceIn, place("baltic-sea"))
        not in staged.triples
    )
    assert Triple(node("drill"), MIL.statedIn, node("claim-2")) in staged.triples
    assert Triple(node("claim-2"), RDF.type, MIL.Claim) in staged.triples


def test_what_two_graphs_say_is_in_the_view_once_and_stays_when_one_is_gone(view):
    again = "<#claim-2> { <#drill> mil:hasPlace place:sea-of-japan . }"
    said = Triple(node("drill"), MIL.hasPlace, place("sea-of-japan"))
    both = view(CLAIM_2 % ("fact", "positive") + again)
    one = view(CLAIM_2 % ("fact", "negative") + again)
    assert sum(t == said for t in both.triples) == 1
    assert said in one.triples


def test_an_entailed_fact_is_one_that_no_accepted_graph_holds(dataset: Snapshot):
    told = dataset.query("""
        SELECT ?s ?p ?o WHERE {
          ?s ?p ?o
          FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } ?g a mil:AcceptedGraph }
        }""")
    found = {Triple(*row) for row in told}
    accepted = {q.subject for q in dataset.match(None, RDF.type, MIL.AcceptedGraph)}
    asserted = {q.triple for q in dataset.match() if q.graph_name in accepted}
    assert found == {q.triple for q in dataset.view()} - asserted
    assert len(found) >= 1_000


def test_the_view_of_the_shipped_graph_is_a_set_with_all_that_is_asserted(
    dataset: Snapshot,
):
    accepted = {q.subject for q in dataset.match(None, RDF.type, MIL.AcceptedGraph)}
    asserted = {q.triple for q in dataset.match() if q.graph_name in accepted}
    assert asserted <= {q.triple for q in dataset.view()}
    assert graphs.CHANGES not in accepted
    assert {graphs.ONTOLOGY, graphs.REFERENCE, graphs.OCCURRENCES} <= accepted


# Occurrences that nobody has judged


def test_an_account_that_no_editor_has_judged_gets_an_occurrence_of_its_own(view):
    staged = view()
    (occurrence,) = own_occurrences(staged)
    assert occurrence == NamedNode(f"{OCCURRENCE}2024-05-14-drill.drill")
    (account,) = staged.triples.objects(occurrence, MIL.hasAccount)
    assert account == node("drill")
    (label,) = staged.triples.objects(occurrence, RDFS.label)
    assert label.value == "Drill over the Sea of Japan"
    assert all(
        t.subject.value.startswith(OCCURRENCE) and name == NamedNode(IRI)
        for name, triples in staged.named.triples.items()
        for t in triples
        if t.subject == occurrence
    )


def test_an_account_that_an_editor_has_judged_gets_none(view):
    happened = NamedNode(f"{OCCURRENCE}2024-drill")
    judgement = NamedNode(f"{OCCURRENCE}2024-drill#judgement-1")
    name = graphs.OCCURRENCES
    judged = (
        Quad(name, RDF.type, MIL.AcceptedGraph, name),
        Quad(happened, RDF.type, MIL.Occurrence, name),
        Quad(happened, MIL.hasJudgement, judgement, name),
        Quad(judgement, MIL.judgedAccount, node("drill"), name),
    )
    assert list(own_occurrences(view(others=judged))) == [happened]


def test_a_part_has_no_occurrence_of_its_own(view):
    part = """<#claim-2> { <#escort> a mil:Escort ; mil:partOf <#drill> ;
        rdfs:label "Escort"@en . }"""
    staged = view(CLAIM_2 % ("fact", "positive") + part)
    assert [o.value for o in own_occurrences(staged)] == [
        f"{OCCURRENCE}2024-05-14-drill.drill"
    ]


def test_what_is_only_supposed_has_no_occurrence(view):
    said = "<#claim-2> { <#raid> a mil:Exercise . }"
    staged = view(CLAIM_2 % ("hypothesis", "positive") + said)
    assert len(list(own_occurrences(staged))) == 1


def test_two_accounts_never_share_an_occurrence_by_the_accident_of_their_names(
    view, drill, shipped: Shipped
):
    longer = drill(old="2024-05-14-drill>", new="2024-05-14>")
    renamed = longer.content.replace(b"<#drill>", b"<#drill.drill>")
    other = read_article(replace(longer, content=renamed), shipped.vocabulary)
    judgement = "<#claim-2> { <#drill-judgement> a mil:Exercise . }"
    staged = view(CLAIM_2 % ("fact", "positive") + judgement, others=tuple(other.quads))
    found = set(own_occurrences(staged))
    assert len(found) == 3
    assert all(len(list(staged.triples.objects(o, MIL.hasAccount))) == 1 for o in found)


def test_staging_what_was_staged_gives_the_same(view, shipped: Shipped):
    once = view()
    again = materialise_view(once.named, shipped.axioms)
    assert again.named == once.named
    assert again.triples.triples == once.triples.triples


# What staging refuses


def test_what_is_of_two_disjoint_classes_stops_the_commit(view):
    with pytest.raises(ConsistencyError, match="is both mil:Activity and mil:Place"):
        view(old="a mil:Exercise ;", new="a mil:Exercise , mil:Place ;")


def test_what_is_denied_may_contradict(view):
    said = "<#claim-2> { <#drill> a mil:Place . }"
    assert view(CLAIM_2 % ("fact", "negative") + said).triples


def test_a_claim_does_not_move_a_shared_thing(view):
    said = """<#claim-2> { <#m> a mil:Membership ; mil:member actor:japan ;
        mil:inAlliance actor:nato . }"""
    with pytest.raises(
        PlacementError, match=r"2024-05-14-drill#m says .* mil:memberOf"
    ):
        view(CLAIM_2 % ("fact", "positive") + said)


def test_who_points_to_a_shared_thing_may_be_seen_from_it(view):
    known = """<#claim-2> { <#a> a mil:AllianceRelationship ; mil:party actor:japan ,
        actor:united-states . }"""
    staged = view(CLAIM_2 % ("fact", "positive") + known)
    japan = NamedNode("https://w3id.org/milgraph/actor/japan")
    assert Triple(japan, MIL.partyIn, node("a")) in staged.triples
