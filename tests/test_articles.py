"""Articles: placing takes what a submission may say, and says why it refuses the rest."""

import re
import time
from pathlib import Path

import pytest

from milgraph.articles import Article, read_article
from milgraph.errors import (
    PlacementError,
    Position,
    SourceError,
    UnknownGraphError,
    UnknownTermError,
)
from milgraph.shipped import Shipped
from milgraph.syntax import FORMATS, Source
from milgraph.terms import MIL, RDF, NamedNode, Quad

IRI = "https://w3id.org/milgraph/article/2024-05-14-drill"
ANOTHER = "<https://w3id.org/milgraph/article/2023-03-20-b-52h-baltic#approach>"
CLAIM_2 = "<#claim-2> CLAIM ; mil:modality modality:%s ; mil:polarity polarity:%s ."


def node(name: str) -> NamedNode:
    return NamedNode(f"{IRI}#{name}" if name else IRI)


@pytest.fixture(scope="session")
def placed(drill, shipped: Shipped):
    """Place the article of one claim, with what is added to it or replaced in it."""
    return lambda *added, **replaced: read_article(
        drill(*added, **replaced), shipped.vocabulary
    )


@pytest.fixture(scope="session")
def refusal(placed):
    def refused(added: str = "", **replaced: str) -> PlacementError:
        with pytest.raises(PlacementError) as caught:
            placed(added, **replaced)
        return caught.value

    return refused


def in_claim(text: str, modality: str = "fact", polarity: str = "positive") -> str:
    """Write a second claim that says the text."""
    return f"{CLAIM_2 % (modality, polarity)} <#claim-2> {{ {text} }}"


# What placing adds


def test_a_subject_of_a_claim_is_stated_in_that_claim(placed):
    article: Article = placed(in_claim("<#drill> mil:concerns place:sea-of-japan ."))
    stated = {
        (q.subject, q.object, q.graph_name)
        for q in article.quads
        if q.predicate == MIL.statedIn
    }
    first = ("drill", "time", "bombers", "bombers-count")
    assert stated == {(node(n), node("claim-1"), node("")) for n in first} | {
        (node("drill"), node("claim-2"), node(""))
    }


@pytest.mark.parametrize(
    ("modality", "polarity", "is_accepted"),
    [
        ("fact", "positive", True),
        ("habit", "positive", True),
        ("plan", "positive", False),
        ("hypothesis", "positive", False),
        ("question", "positive", False),
        ("presupposed", "positive", False),
        ("evaluation", "positive", False),
        ("purpose", "positive", False),
        ("norm", "positive", False),
        ("fact", "negative", False),
        ("habit", "negative", False),
    ],
)
def test_the_view_takes_positive_facts_and_habits(
    placed, modality, polarity, is_accepted
):
    said = "<#drill> mil:concerns place:sea-of-japan ."
    article: Article = placed(in_claim(said, modality, polarity))
    marked = {q.subject for q in article.quads if q.object == MIL.AcceptedGraph}
    assert marked == article.status.accepted
    assert (node("claim-2") in marked) == is_accepted
    assert (node("claim-2") in article.status.suppositions) == (not is_accepted)


@pytest.mark.parametrize(
    "second",
    [
        "<#claim-1> mil:modality modality:hypothesis .",
        "<#claim-1> mil:modality modality:habit .",
        "<#claim-1> mil:polarity polarity:negative .",
    ],
)
def test_a_claim_of_two_modalities_or_signs_is_not_accepted(placed, second):
    assert placed(second).status.accepted == {node("")}


def test_a_claim_without_sign_or_modality_is_not_accepted(placed):
    for old in ("; mil:modality modality:fact", "; mil:polarity polarity:positive"):
        assert placed(old=old, new="").status.accepted == {node("")}


READINGS = """
<#claim-1> mil:preferredReading <#r1> ; mil:hasReading <#r2> .
<#r1> a mil:Reading . <#r2> a mil:Reading .
<#r1> { <#drill> mil:concerns place:sea-of-japan . }
<#r2> { <#drill> mil:concerns place:baltic-sea . }
"""


def test_of_an_accepted_claim_the_preferred_reading_is_taken(placed):
    status = placed(READINGS).status
    assert status.accepted == {node(""), node("claim-1"), node("r1")}
    assert status.suppositions == {node("r2")}


def test_what_a_reading_says_is_stated_in_its_claim(placed):
    stated = {q.object for q in placed(READINGS).quads if q.predicate == MIL.statedIn}
    assert stated == {node("claim-1")}


def test_of_a_claim_that_only_asks_no_reading_is_taken(placed):
    asking = placed(READINGS, old="modality:fact", new="modality:question")
    assert asking.status.accepted == {node("")}


def test_a_denied_claim_is_not_taken_as_the_reading_of_another(placed):
    preferred = "<#claim-1> mil:preferredReading <#claim-2> ."
    said = "<#drill> mil:concerns place:sea-of-japan ."
    article = placed(in_claim(said, polarity="negative") + preferred)
    assert node("claim-2") in article.status.suppositions
    assert node("claim-2") not in article.status.accepted


def test_a_reading_that_no_claim_has_is_not_taken(placed):
    alone = "<#r> a mil:Reading . <#r> { <#drill> mil:concerns place:sea-of-japan . }"
    assert placed(alone).status.suppositions == {node("r")}


def test_nodes_without_a_name_get_one_under_the_article(placed):
    with_blank = placed(
        old="mil:count <#bombers-count> .\n", new="mil:count [ mil:exactly 3 ] .\n"
    )
    (count,) = {q.object for q in with_blank.quads if q.predicate == MIL.count}
    assert count.value.startswith(f"{IRI}#node-")
    assert Quad(count, MIL.statedIn, node("claim-1"), node("")) in with_blank.quads


# What it refuses


@pytest.mark.parametrize(
    "denied",
    [
        "<#drill> a mil:AirspaceViolation ; mil:hasPlace place:black-sea .",
        "<#nobody-reports-this> a mil:AirspaceViolation .",
    ],
)
def test_a_denial_is_one_triple_about_what_another_claim_reports(placed, denied):
    with pytest.raises(PlacementError, match="not one triple about a node"):
        placed(in_claim(denied, polarity="negative"))


def test_a_claim_without_a_block_says_nothing(placed):
    with pytest.raises(PlacementError, match="<#claim-2> has no block"):
        placed("<#claim-2> a mil:Claim ; mil:inArticle <> .")


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("actor:japan", "actor:japan is not described by"),
        ("mil:Exercise", "mil:Exercise is not described by"),
        ("<http://example.org/x>", "http://example.org/x is not described by"),
        ("<#claim-1>", "a claim speaks of <#claim-1>"),
        ("<#s1>", "a claim speaks of <#s1>"),
        ("<>", "a claim speaks of article:2024-05-14-drill"),
    ],
)
def test_a_claim_speaks_of_its_own_nodes_only(refusal, subject, told):
    assert told in refusal(in_claim(f'{subject} rdfs:label "x" .')).message


@pytest.mark.parametrize("kind", ["Claim", "Reading", "Segment", "Relay"])
def test_a_claim_declares_no_claims(refusal, kind):
    assert "a claim speaks of <#x>" in refusal(in_claim(f"<#x> a mil:{kind} .")).message


@pytest.mark.parametrize(
    "said",
    [
        "mil:polarity polarity:negative",
        "mil:modality modality:fact",
        "mil:inArticle <>",
        "mil:anchoredIn <#s1>",
        "mil:hasReading <#time>",
        "mil:preferredReading <#time>",
    ],
)
def test_a_claim_does_not_say_what_the_record_says_of_claims(refusal, said):
    assert (
        "is for the article's record" in refusal(in_claim(f"<#drill> {said} .")).message
    )


def test_a_record_speaks_of_its_own_nodes_only(refusal):
    error = refusal("actor:japan mil:ofState actor:russia .")
    assert error.message == "actor:japan is not described by article:2024-05-14-drill"
    assert "mil:concerns" in str(error.hint)


def test_a_claim_does_not_point_to_what_another_article_describes(refusal):
    error = refusal(in_claim(f"<#drill> mil:follows {ANOTHER} ."))
    assert "which another article describes" in error.message


@pytest.mark.parametrize(
    "said",
    [
        "<#drill> mil:hasPlace place:baltic-sea .",
        f"<#drill> mil:follows {ANOTHER} .",
        "<#raid> a mil:Exercise ; mil:hasPlace place:baltic-sea .",
        "<> mil:concerns <#raid> . <#raid> a mil:Exercise .",
        "<#claim-1> mil:concerns <#group> . <#group> a mil:Participation .",
        "<#bombers> mil:hasComponent <#part> . <#part> mil:platformType platform:b-52h .",
    ],
)
def test_a_fact_outside_all_blocks_is_refused_since_nobody_claims_it(refusal, said):
    assert "it stands outside all blocks" in refusal(said).message


def test_a_record_may_name_who_speaks_when_and_what_a_node_is_called(placed):
    speaker = """
        <#claim-1> mil:hasRelay <#relay> .
        <#relay> a mil:Relay ; mil:relayIndex 1 ; mil:relayer <#source> .
        <#source> a mil:UnidentifiedActor ; mil:ofState actor:russia ; rdfs:label "S"@en .
        <#bombers> rdfs:label "two bombers"@en .
        <#neighbours> a mil:Collective ; rdfs:label "neighbours"@en .
    """
    assert placed(speaker).status.accepted == {node(""), node("claim-1")}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "<#claim-1> a mil:AcceptedGraph .",
            "mil:AcceptedGraph is not written by hand",
        ),
        ("<#drill> mil:statedIn <#claim-1> .", "mil:statedIn is not written by hand"),
        ("<#drill> mil:describedIn <> .", "mil:describedIn is not written by hand"),
        ("<#drill> mil:takesPlaceIn place:baltic-sea .", "mil:takesPlaceIn is not"),
        ("<#o> a mil:Occurrence .", "mil:Occurrence is not written by hand"),
        ("<#o> mil:hasJudgement <#j> .", "mil:hasJudgement is not written by hand"),
        ("<#j> mil:judgedAccount <#drill> .", "mil:judgedAccount is not written by"),
        ("<#drill> owl:sameAs <#time> .", "owl:sameAs is not accepted"),
        ("<#x> rdfs:subClassOf mil:Activity .", "rdfs:subClassOf says what words mean"),
        ("<#x> rdfs:subPropertyOf mil:hasPlace .", "rdfs:subPropertyOf says what"),
        ("<#x> rdfs:domain mil:Claim .", "rdfs:domain says what words mean"),
        ("<#x> owl:inverseOf mil:hasPlace .", "owl:inverseOf says what words mean"),
        ("<> owl:imports <http://127.0.0.1:9/x> .", "owl:imports says what words mean"),
        ("<#x> a owl:TransitiveProperty .", "owl:TransitiveProperty says what words"),
        ("<#x> a rdfs:Class .", "rdfs:Class says what words mean"),
    ],
)
def test_what_is_placed_entailed_editorial_or_schema_is_not_written_by_authors(
    refusal, said, told
):
    assert told in refusal(said).message
    if not said.startswith(("<>", "<#claim-1>")):
        assert told in refusal(in_claim(said)).message


@pytest.mark.parametrize(
    ("said", "term", "near"),
    [
        ("<#drill> a mil:Exercize .", "mil:Exercize", "mil:Exercise"),
        ("<#drill> mil:hasPlaces place:baltic-sea .", "mil:hasPlaces", "mil:hasPlace"),
        ("<#drill> mil:hasPlace place:baltic-see .", "place:baltic-see", None),
        ("<#bombers> mil:role role:escorts .", "role:escorts", "role:escort"),
        ("<#bombers> mil:platformType platform:tu95ms .", "platform:tu95ms", None),
        ("<#drill> mil:hasPlace <#drlil> .", "<#drlil>", "<#drill>"),
        ("<#drill> mil:hasPlace <https://w3id.org/milgraph/x> .", None, None),
    ],
)
def test_a_name_that_nothing_defines_is_refused_with_those_spelled_alike(
    refusal, said, term, near
):
    error = refusal(in_claim(said))
    assert isinstance(error, UnknownTermError)
    assert error.message == f"nothing defines {term or 'https://w3id.org/milgraph/x'}"
    assert near is None or near in error.near
    assert (error.hint or "").startswith("Did you mean" if error.near else "")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("<#drill> mil:Exercise place:baltic-sea .", "mil:Exercise is not a property"),
        ("<#drill> <#time> place:baltic-sea .", "<#time> is not a property"),
        ("<#drill> a mil:hasPlace .", "mil:hasPlace is not a class"),
        ("<#drill> a place:baltic-sea .", "place:baltic-sea is not a class"),
    ],
)
def test_a_name_is_used_as_what_it_is(refusal, said, told):
    assert refusal(in_claim(said)).message == told


def test_a_graph_is_a_declared_claim_or_reading(refusal):
    error = refusal('<#claim-9> { <#drill> rdfs:label "x" }')
    assert isinstance(error, UnknownGraphError)
    assert error.message.startswith("<#claim-9> is not a claim or a reading")
    assert "<#claim-1> a mil:Claim" in str(error.hint)


@pytest.mark.parametrize(
    "added",
    [
        "<2023-03-20-b-52h-baltic#claim-1> { <#x> a mil:Exercise }",
        "<2023-03-20-b-52h-baltic#x> a mil:Claim .",
    ],
)
def test_a_file_describes_one_article(refusal, added):
    assert "the file describes 2 articles" in refusal(added).message


def test_relative_names_are_under_the_article_that_the_text_names(drill, shipped):
    based = drill()
    (base,) = re.findall(rb"@base .*\n", based.content)
    text = based.content.replace(base, b"").replace(b"<>", f"<{IRI}>".encode())
    sent = Source("facts", text, FORMATS["trig"])
    article = read_article(sent, shipped.vocabulary)
    assert article.iri == NamedNode(IRI)
    assert article.quads == read_article(based, shipped.vocabulary).quads
    claim = article.position_of(node("claim-1"))
    assert claim is not None
    assert claim.line


def test_a_text_that_describes_its_own_article_as_well_is_of_two(drill, shipped):
    based = drill()
    (base,) = re.findall(rb"@base .*\n", based.content)
    text = based.content.replace(base, b"") + f"<{IRI}> a mil:NewsReport .".encode()
    with pytest.raises(PlacementError, match="describes 2 articles"):
        read_article(Source("facts", text, FORMATS["trig"]), shipped.vocabulary)


def test_a_graph_that_is_of_no_article_is_refused(refusal):
    reference = "<https://w3id.org/milgraph/graph/reference> { <#x> a mil:Exercise }"
    assert isinstance(refusal(reference), UnknownGraphError)


def test_a_file_of_no_article_is_told_how_to_name_one(shipped):
    text = b"<http://example.org/c> a <https://w3id.org/milgraph/ontology#Claim> ."
    with pytest.raises(PlacementError, match="describes no article") as caught:
        read_article(Source("x.trig", text, FORMATS["trig"]), shipped.vocabulary)
    assert "@base" in str(caught.value.hint)


@pytest.mark.parametrize("slug", ["", "A", "a/b", "a_b", "a%20b", "a--b", "a.b"])
def test_an_article_has_the_name_of_an_article(refusal, slug):
    assert (
        "is not the name of an article"
        in refusal(old="2024-05-14-drill>", new=f"{slug}>").message
    )


def test_a_complaint_names_the_line(refusal, drill):
    added = in_claim("\n<#drill> a mil:Exercize .")
    lines = drill(added).content.decode().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "Exercize" in text)
    assert refusal(added).position == Position("drill.trig", line, 12)


# Facts that nobody claims


def anonymous(text: str, shipped: Shipped) -> Article:
    prefixes = "@prefix mil: <https://w3id.org/milgraph/ontology#> ."
    content = f"{prefixes} {text}".encode()
    return read_article(
        Source("a drill.ttl", content, FORMATS["turtle"]), shipped.vocabulary
    )


def test_facts_without_graphs_are_read_as_one_claim(shipped):
    article = anonymous("<#drill> a mil:Exercise .", shipped)
    drill = NamedNode("https://w3id.org/milgraph/article/a-drill#drill")
    claim = NamedNode("https://w3id.org/milgraph/article/a-drill#claim-1")
    assert article.is_anonymous
    assert Quad(drill, RDF.type, MIL.Exercise, claim) in article.quads
    assert article.status.accepted == {article.iri, claim}
    assert article.owns(drill)
    assert not article.owns(claim)
    assert not article.owns(article.iri)


def test_facts_without_graphs_speak_of_their_own_nodes_too(shipped):
    for subject in (
        "<https://w3id.org/milgraph/actor/japan>",
        "<http://example.org/x>",
    ):
        with pytest.raises(PlacementError, match="is not described by"):
            anonymous(f"{subject} a mil:Exercise .", shipped)


def test_a_file_of_comments_holds_no_facts(shipped):
    with pytest.raises(SourceError, match="holds no facts"):
        anonymous("# nothing", shipped)


# All shipped articles, and large ones


def test_an_article_written_as_it_was_placed_says_the_same_again(shipped):
    path = shipped.resources.articles[0]
    article = shipped.article(path)
    assert article == shipped.article(Path(path))
    assert {q.graph_name for q in article.quads} == article.graphs.keys()


def test_placing_costs_what_the_file_is_long(drill, shipped):
    def seconds(claims: int) -> float:
        added = "".join(
            f"<#c{n}> CLAIM ; mil:modality modality:fact ; mil:polarity polarity:positive ."
            f'<#c{n}> {{ <#d{n}> a mil:Exercise ; rdfs:label "{n}" . }}'
            for n in range(claims)
        )
        began = time.process_time()
        read_article(drill(added), shipped.vocabulary)
        return time.process_time() - began

    seconds(10)
    small, large = seconds(200), seconds(2_000)
    assert large < small * 40  # Ten times as long; the square would be a hundred.
