"""The gate: who may change what, what is refused without a trace, and what undo undoes."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from milgraph import graphs
from milgraph.changes import Change
from milgraph.errors import (
    ConformanceError,
    ConsistencyError,
    ForbiddenError,
    KnowledgeGraphError,
    PlacementError,
    UndoError,
    UnknownArticleError,
    UnknownCommitError,
    UnknownGraphError,
    UnknownTermError,
)
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.iris import ARTICLES
from milgraph.syntax import Source
from milgraph.terms import (
    MIL,
    RDFS,
    Literal,
    NamedNode,
    Quad,
    Triple,
    expand,
)

EDITOR = Author("ada", Role.EDITOR, "http", "because")
CONTRIBUTOR = Author("carol", Role.CONTRIBUTOR, "http")
ONE, TWO = NamedNode(ARTICLES + "one"), NamedNode(ARTICLES + "two")
CLAIM = NamedNode(ONE.value + "#claim-1")
Facts = Callable[[Gate], frozenset[Quad]]
Tell = Callable[..., Source]
PREFIXES = f"""
PREFIX one: <{ONE.value}#>
PREFIX two: <{TWO.value}#>
PREFIX links: <{graphs.links("").value}>
PREFIX a: <{ARTICLES}>
"""
ALLIED = "<#a> a mil:AllianceRelationship ; mil:party actor:north , actor:south ."
PACT = (
    "GRAPH graph:reference { actor:pact a mil:AllianceRelationship ; "
    "rdfs:label 'Pact'@en ; mil:party actor:north , actor:south }"
)
JUDGED = """GRAPH graph:occurrences {
    occurrence:x a mil:Occurrence ; rdfs:label "What happened"@en ;
        mil:hasJudgement occurrence:x-1 .
    occurrence:x-1 a mil:AccountJudgement ; mil:judgedAccount ACCOUNT ;
        mil:judgedBy actor:milgraph-editors ; mil:confidence 0.9 ; mil:reason "So."@en }"""


def update(
    gate: Gate, text: str, author: Author = EDITOR, *, dry_run: bool = False
) -> int | None:
    return gate.update(PREFIXES + text, author=author, dry_run=dry_run).sequence


def log_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (folder / "log").iterdir() if p.is_file()}


@pytest.fixture
def told(gate: Gate, tell: Tell) -> Gate:
    """A gate through which two articles came, each of a drill in the bay."""
    gate.submit(tell("one"), tell("two"), author=EDITOR)
    return gate


@pytest.fixture(scope="module")
def standing(
    small_graph: Path,
    open_gate: Callable[[Path], Gate],
    tell: Tell,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Gate, Path]]:
    """Such a gate, and its folder, for all tests that change nothing."""
    folder = tmp_path_factory.mktemp("standing") / "graph"
    shutil.copytree(small_graph, folder)
    with closing(open_gate(folder)) as gate:
        gate.submit(tell("one"), tell("two"), author=EDITOR)
        yield gate, folder


@pytest.fixture
def untouched(standing: tuple[Gate, Path]) -> Iterator[Gate]:
    """A gate that must hold afterwards what it holds before, its log byte for byte."""
    gate, folder = standing

    def everything() -> frozenset[Quad]:
        return frozenset(gate.state.match()) | frozenset(gate.state.view())

    before, written, last = everything(), log_of(folder), gate.sequence
    yield gate
    assert everything() == before
    assert gate.sequence == last
    assert log_of(folder) == written


# What nobody may touch


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("INSERT DATA { place:sea rdfs:label 'X'@en }", PlacementError),
        ("DELETE WHERE { place:sea ?p ?o }", PlacementError),
        ("CLEAR DEFAULT", PlacementError),
        ("CLEAR ALL", PlacementError),
        ("CLEAR NAMED", PlacementError),
        ("DROP GRAPH graph:reference", PlacementError),
        (
            "DELETE WHERE { GRAPH graph:ontology { mil:Exercise ?p ?o } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH graph:changes { graph:changes mil:sequenceNumber 9 } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH <http://example.org/g> { place:sea rdfs:label 'X' } }",
            UnknownGraphError,
        ),
        (
            "INSERT DATA { GRAPH graph:x { place:sea rdfs:label 'X' } }",
            UnknownGraphError,
        ),
        ("INSERT DATA { GRAPH a:one { a:two rdfs:label 'X' } }", PlacementError),
        (
            "INSERT DATA { GRAPH one:claim-1 { two:drill a mil:Exercise } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH one:claim-1 { one:drill mil:during two:drill } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH one:claim-1 { place:sea rdfs:label 'X'@en } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH one:claim-9 { one:drill a mil:Exercise } }",
            UnknownGraphError,
        ),
        ("DROP GRAPH one:claim-1", PlacementError),
        ("DROP GRAPH a:one", UnknownGraphError),
        (
            "INSERT DATA { GRAPH a:Foo_Bar { a:Foo_Bar a mil:NewsReport } }",
            PlacementError,
        ),
        ("INSERT DATA { GRAPH a: { a: a mil:NewsReport } }", PlacementError),
        ("INSERT DATA { GRAPH a:one { one:claim-1 a mil:AcceptedGraph } }", None),
        (
            "INSERT DATA { GRAPH a:one { one:claim-2 a mil:AcceptedGraph } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH a:one { one:s1 mil:statedIn one:claim-1 } }",
            PlacementError,
        ),
        ("DELETE DATA { GRAPH a:one { one:claim-1 a mil:AcceptedGraph } }", None),
        ("DELETE WHERE { GRAPH a:one { ?s mil:statedIn ?o } }", None),
        (
            "DELETE WHERE { GRAPH a:one { ?o a mil:Occurrence ; ?p ?v } }",
            None,
        ),
        (
            "INSERT DATA { GRAPH a:one { occurrence:one.drill rdfs:label 'X'@en } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH one:claim-1 { one:drill owl:sameAs two:drill } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH one:claim-1 { one:drill rdfs:subClassOf mil:Flight } }",
            PlacementError,
        ),
        (
            "INSERT DATA { GRAPH one:claim-1 { one:drill mil:hasPlace place:gulf } }",
            UnknownTermError,
        ),
    ],
)
def test_by_no_update_somebody_reaches_what_is_not_theirs(
    untouched: Gate, text: str, error: type[KnowledgeGraphError] | None
) -> None:
    if error is None:
        # What rules write comes back with the same commit, so there is none.
        assert update(untouched, text) is None
        return
    with pytest.raises(error):
        update(untouched, text)


@pytest.mark.parametrize("graph", [None, graphs.ONTOLOGY, graphs.CHANGES])
def test_no_request_for_one_graph_reaches_what_rules_and_releases_write(
    untouched: Gate, graph: NamedNode | None
) -> None:
    triple = Triple(expand("place:sea"), RDFS.label, Literal("X", language="en"))
    for act in (untouched.put, untouched.post):
        with pytest.raises(PlacementError):
            act(graph, [triple], author=EDITOR)
    with pytest.raises(PlacementError):
        untouched.delete(graph, author=EDITOR)


def test_an_article_is_not_put_without_its_claims(untouched: Gate) -> None:
    record = [q.triple for q in untouched.desk.present(ONE) if q.graph_name == ONE]
    nothing = [t for t in record if t.subject != CLAIM]
    with pytest.raises(KnowledgeGraphError):
        untouched.put(ONE, nothing, author=EDITOR)


def test_a_record_that_was_read_can_be_put_again(untouched: Gate) -> None:
    record = [q.triple for q in untouched.desk.present(ONE) if q.graph_name == ONE]
    written = [t for t in record if t.predicate != MIL.statedIn]
    plain = [t for t in written if t.object != MIL.AcceptedGraph]
    assert untouched.put(ONE, plain, author=EDITOR).sequence is None


def test_what_is_refused_in_part_is_refused_whole(untouched: Gate, tell: Tell) -> None:
    whole = tell("three")
    for flawed, error in (
        (tell("four", "<#x> a mil:Flight ."), ConformanceError),
        (tell("four", "<#drill> a mil:SeaArea ."), ConsistencyError),
        (tell("four", "place:sea rdfs:label 'X'@en ."), PlacementError),
        (tell("three"), PlacementError),
    ):
        with pytest.raises(error):
            untouched.submit(whole, flawed, author=EDITOR)


def test_a_dry_run_tells_what_would_be_and_leaves_no_trace(
    untouched: Gate, tell: Tell
) -> None:
    outcome = untouched.submit(tell("three"), author=EDITOR, dry_run=True)
    assert outcome.sequence is None
    assert not outcome.is_empty
    gone = untouched.retract(ONE, author=EDITOR, dry_run=True)
    assert {q.graph_name for q in gone.change.removals} >= {ONE, CLAIM}
    text = "INSERT DATA { GRAPH graph:reference { place:sea rdfs:label 'Meer'@de } }"
    assert update(untouched, text, dry_run=True) is None
    assert untouched.undo(2, author=EDITOR, dry_run=True).change.removals


def test_an_article_that_is_there_as_it_is_makes_no_commit(
    untouched: Gate, tell: Tell
) -> None:
    outcome = untouched.submit(tell("one"), author=EDITOR)
    assert outcome.sequence is None
    assert outcome.is_empty
    assert outcome.articles == (ONE,)


def test_what_is_there_already_is_no_part_of_an_edit(told: Gate, facts: Facts) -> None:
    before = facts(told)
    there = [*told.state.match(graph=graphs.REFERENCE)][:3]
    label = Literal("Meer", language="de")
    new = Quad(expand("place:sea"), RDFS.label, label, graphs.REFERENCE)
    gone = Quad(expand("place:sea"), RDFS.label, Literal("no"), graphs.REFERENCE)
    change = Change(frozenset([gone]), frozenset([*there, new]))
    outcome = told.edit(change, author=EDITOR)
    assert {
        q for q in outcome.change.additions if q.graph_name == graphs.REFERENCE
    } == {new}
    assert not outcome.change.removals
    assert outcome.sequence is not None
    told.undo(outcome.sequence, author=EDITOR)
    assert facts(told) == before


# Who may do what


def test_a_contributor_changes_articles_by_every_door(told: Gate, tell: Tell) -> None:
    by = CONTRIBUTOR
    assert told.submit(tell("three"), author=by).sequence
    assert told.retract(NamedNode(ARTICLES + "three"), author=by).sequence
    text = "INSERT DATA { GRAPH one:claim-1 { one:drill rdfs:label 'Übung'@de } }"
    assert update(told, text, author=by)
    claimed = [q.triple for q in told.state.match(graph=CLAIM)]
    more = Triple(NamedNode(ONE.value + "#drill"), RDFS.label, Literal("x"))
    assert told.post(CLAIM, [more], author=by).sequence
    assert told.put(CLAIM, claimed, author=by).sequence


@pytest.mark.parametrize("graph", [graphs.REFERENCE, graphs.OCCURRENCES])
def test_a_contributor_changes_no_editorial_graph_by_any_door(
    untouched: Gate, graph: NamedNode
) -> None:
    node = "place:sea" if graph == graphs.REFERENCE else "occurrence:x"
    label = Literal("X", language="en")
    triple = Triple(expand(node), RDFS.label, label)
    change = Change(
        additions=frozenset(
            [Quad(triple.subject, triple.predicate, triple.object, graph)]
        )
    )
    texts = (
        f"INSERT DATA {{ GRAPH {graph} {{ {node} rdfs:label 'X'@en }} }}",
        f"INSERT DATA {{ GRAPH {graph} {{ {node} rdfs:label 'X'@en }} "
        "GRAPH one:claim-1 { one:drill rdfs:label 'X'@en } }",
    )
    acts: list[Callable[[], object]] = [
        lambda: untouched.edit(change, author=CONTRIBUTOR),
        lambda: untouched.edit(change, author=CONTRIBUTOR, dry_run=True),
        lambda: untouched.post(graph, [triple], author=CONTRIBUTOR),
        lambda: untouched.undo(2, author=CONTRIBUTOR),
        *(lambda t=t: update(untouched, t, author=CONTRIBUTOR) for t in texts),
    ]
    for act in acts:
        with pytest.raises(ForbiddenError):
            act()


def test_an_account_that_is_judged_loses_its_own_occurrence_though_a_rule_wrote_it(
    told: Gate, facts: Facts, recomputed: Facts
) -> None:
    own = NamedNode(ARTICLES.replace("article", "occurrence") + "one.drill")
    assert any(told.state.match(own))
    number = update(told, f"INSERT DATA {{ {JUDGED.replace('ACCOUNT', 'one:drill')} }}")
    assert number is not None
    assert not any(told.state.match(own))
    assert facts(told) == recomputed(told)
    told.undo(number, author=EDITOR)
    assert any(told.state.match(own))
    assert facts(told) == recomputed(told)


# By little steps, and computed anew

STEPS = {
    "a claim is denied": """
        DELETE { GRAPH a:one { one:claim-2 mil:polarity polarity:positive } }
        INSERT { GRAPH a:one { one:claim-2 mil:polarity polarity:negative } } WHERE {}""",
    "a claim becomes a supposition": """
        DELETE { GRAPH a:one { one:claim-2 mil:modality ?was } }
        INSERT { GRAPH a:one { one:claim-2 mil:modality modality:hypothesis } }
        WHERE { GRAPH a:one { one:claim-2 mil:modality ?was } }""",
    "another reading is preferred": """
        DELETE DATA { GRAPH a:one { one:claim-3 mil:preferredReading one:r1 ;
            mil:hasReading one:r2 } } ;
        INSERT DATA { GRAPH a:one { one:claim-3 mil:preferredReading one:r2 ;
            mil:hasReading one:r1 } }""",
    "the place is another": """
        DELETE DATA { GRAPH one:claim-1 { one:drill mil:hasPlace place:bay } } ;
        INSERT DATA { GRAPH one:claim-1 { one:drill mil:hasPlace place:ocean } }""",
    "the label is another": """
        DELETE DATA { GRAPH one:claim-1 { one:drill rdfs:label "A drill"@en } } ;
        INSERT DATA { GRAPH one:claim-1 { one:drill rdfs:label "One drill"@en } }""",
    "a part becomes a whole": """
        DELETE DATA { GRAPH one:claim-1 { one:leg mil:partOf one:drill } }""",
    "a whole becomes a part": """
        INSERT DATA { GRAPH one:claim-1 { one:drill mil:partOf one:leg } } ;
        DELETE DATA { GRAPH one:claim-1 { one:leg mil:partOf one:drill } }""",
    "an account is judged": f"INSERT DATA {{ {JUDGED.replace('ACCOUNT', 'one:drill')} }}",
    "a part is judged": f"INSERT DATA {{ {JUDGED.replace('ACCOUNT', 'one:leg')} }}",
    "an air force changes sides": """
        DELETE DATA { GRAPH graph:reference { actor:north-air mil:ofState actor:north } } ;
        INSERT DATA { GRAPH graph:reference { actor:north-air mil:ofState actor:south } }""",
    "a sea lies in nothing": """
        DELETE DATA { GRAPH graph:reference { place:sea mil:withinPlace place:ocean } }""",
    "the bay lies in the ocean itself": """
        DELETE DATA { GRAPH graph:reference { place:bay mil:withinPlace place:sea } } ;
        INSERT DATA { GRAPH graph:reference { place:bay mil:withinPlace place:ocean } }""",
    "a new place is used at once": """
        INSERT DATA { GRAPH graph:reference { place:gulf a mil:SeaArea ;
            rdfs:label "Gulf"@en ; mil:withinPlace place:bay } } ;
        DELETE DATA { GRAPH one:claim-1 { one:drill mil:hasPlace place:bay } } ;
        INSERT DATA { GRAPH one:claim-1 { one:drill mil:hasPlace place:gulf } }""",
    "all drills change at once, and the sea with them": """
        INSERT { GRAPH ?claim { ?drill mil:originPlace place:sea } }
        WHERE { GRAPH ?claim { ?drill a mil:Exercise } } ;
        INSERT DATA { GRAPH graph:reference { place:sea rdfs:label "Meer"@de } }""",
    "an article is emptied": "DROP GRAPH a:two ; DROP GRAPH two:claim-1",
}
BODY = """
    <#drill> mil:hasParticipation <#p> .
    <#p> mil:participant actor:north-air ; mil:role role:principal ;
        mil:platformType platform:bear-k .
    <#leg> a mil:Flight ; rdfs:label "A leg"@en ; mil:partOf <#drill> ;
        mil:hasPlace place:sea ; mil:hasTime <#time> .
"""
MORE = """
<#claim-2> CLAIM ; mil:modality modality:fact ; mil:polarity polarity:positive .
<#claim-2> { <#drill> a mil:AirPatrol . }
<#claim-3> CLAIM ; mil:modality modality:fact ; mil:polarity polarity:positive ;
    mil:preferredReading <#r1> ; mil:hasReading <#r2> .
<#claim-3> { <#note> a mil:Characterisation ; mil:concerns <#drill> ;
    dcterms:description "Where it came from."@en . }
<#r1> a mil:Reading ; mil:reason "So it is printed."@en .
<#r2> a mil:Reading ; mil:reason "Perhaps a slip."@en .
<#r1> { <#drill> mil:originPlace place:bay . }
<#r2> { <#drill> mil:originPlace place:sea , place:ocean . }
"""


@pytest.fixture
def rich(gate: Gate, tell: Tell) -> Gate:
    """Two articles, one of them with parts, readings and two claims of one drill."""
    gate.submit(tell("one", BODY, added=MORE), tell("two"), author=EDITOR)
    return gate


@pytest.mark.parametrize("name", STEPS)
def test_a_step_and_its_undoing_lead_to_what_the_whole_says(
    rich: Gate, facts: Facts, recomputed: Facts, name: str
) -> None:
    before = facts(rich)
    assert before == recomputed(rich)
    number = update(rich, STEPS[name])
    assert number is not None
    changed = facts(rich)
    assert changed != before
    assert changed == recomputed(rich)
    again = rich.undo(number, author=EDITOR)
    assert facts(rich) == before
    assert again.sequence == number + 1
    rich.undo(again.sequence, author=EDITOR)
    assert facts(rich) == changed


def test_what_two_articles_say_stays_while_one_says_it(
    gate: Gate, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    update(gate, f"INSERT DATA {{ {PACT} }}")
    gate.submit(tell("one", ALLIED), tell("two", ALLIED), author=EDITOR)
    allied = Triple(expand("actor:north"), MIL.alliedWith, expand("actor:south"))
    gate.retract(ONE, author=EDITOR)
    assert allied in gate.state.triples
    assert facts(gate) == recomputed(gate)


# No article decides what holds of shared things


def test_no_claim_allies_two_states(untouched: Gate, tell: Tell) -> None:
    with pytest.raises(PlacementError, match="alliedWith"):
        untouched.submit(tell("three", ALLIED), author=EDITOR)


def test_no_edit_completes_what_a_claim_began(
    gate: Gate, tell: Tell, facts: Facts
) -> None:
    said = (
        "<#s> a mil:SovereigntyClaim ; mil:sovereigntyClaimant actor:north ; "
        "mil:claimedFeature place:bay ."
    )
    gate.submit(tell("one", said), author=EDITOR)
    before, last = facts(gate), gate.sequence
    led = "GRAPH graph:reference { place:bay mil:hasSovereigntyClaim one:s }"
    with pytest.raises(PlacementError, match="disputant"):
        update(gate, f"INSERT DATA {{ {led} }}")
    assert (facts(gate), gate.sequence) == (before, last)


def test_no_claim_gives_a_shared_thing_a_class(untouched: Gate, tell: Tell) -> None:
    with pytest.raises(PlacementError, match="place:bay has rdf:type"):
        untouched.submit(
            tell("three", "<#drill> mil:hasTime place:bay ."), author=EDITOR
        )


def test_no_edit_leaves_to_a_claim_what_the_reference_data_said(
    gate: Gate, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    update(gate, f"INSERT DATA {{ {PACT} }}")
    gate.submit(tell("one", ALLIED), author=EDITOR)
    before = facts(gate)
    removal = "DELETE WHERE { GRAPH graph:reference { actor:pact ?p ?o } }"
    with pytest.raises(PlacementError, match="one#a"):
        update(gate, removal)
    assert facts(gate) == before
    gate.retract(ONE, author=EDITOR)
    assert update(gate, removal)
    assert facts(gate) == recomputed(gate)


def test_what_the_reference_data_say_twice_they_may_say_once(
    gate: Gate, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    twice = PACT + PACT.replace("actor:pact", "actor:treaty")
    update(gate, f"INSERT DATA {{ {twice} }}")
    gate.submit(tell("one", ALLIED), author=EDITOR)
    assert update(gate, "DELETE WHERE { GRAPH graph:reference { actor:pact ?p ?o } }")
    assert facts(gate) == recomputed(gate)


# Undoing


def test_an_older_commit_is_undone_while_no_later_one_stands_on_it(
    told: Gate, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    first = told.submit(tell("three"), author=EDITOR).sequence
    second = told.submit(tell("four"), author=EDITOR).sequence
    assert first is not None
    assert second is not None
    told.undo(first, author=EDITOR)
    assert facts(told) == recomputed(told)
    assert not told.desk.present(NamedNode(ARTICLES + "three"))
    assert told.desk.present(NamedNode(ARTICLES + "four"))
    with pytest.raises(UndoError, match=f"commit {told.sequence} has changed"):
        told.undo(first, author=EDITOR)


def test_a_judgement_comes_back_though_the_article_that_it_judges_has_gone(
    rich: Gate, facts: Facts, recomputed: Facts
) -> None:
    judgement = JUDGED.replace("ACCOUNT", "one:drill")
    update(rich, f"INSERT DATA {{ {judgement} }}")
    rich.retract(ONE, author=EDITOR)
    before = facts(rich)
    number = update(rich, f"DELETE DATA {{ {judgement} }}")
    assert number is not None
    rich.undo(number, author=EDITOR)
    assert facts(rich) == before == recomputed(rich)


def test_neither_a_release_nor_what_is_no_commit_is_undone(untouched: Gate) -> None:
    with pytest.raises(UndoError, match="shipped files"):
        untouched.undo(1, author=EDITOR)
    for number in (0, -1, 99):
        with pytest.raises(UnknownCommitError):
            untouched.undo(number, author=EDITOR)


def test_an_undo_is_refused_with_the_number_of_the_later_commit(
    told: Gate, tell: Tell
) -> None:
    number = told.submit(tell("one", BODY), author=EDITOR).sequence
    assert number is not None
    with pytest.raises(UndoError, match=f"commit {number} has changed"):
        told.undo(number - 1, author=EDITOR)


def test_a_retraction_is_not_undone_when_what_it_speaks_of_is_gone(
    told: Gate, tell: Tell, facts: Facts
) -> None:
    gulf = "GRAPH graph:reference { place:gulf a mil:SeaArea ; rdfs:label 'Gulf'@en }"
    update(told, f"INSERT DATA {{ {gulf} }}")
    told.submit(tell("three", "<#drill> mil:originPlace place:gulf ."), author=EDITOR)
    removal = "DELETE WHERE { GRAPH graph:reference { place:gulf ?p ?o } }"
    with pytest.raises(PlacementError, match="three#claim-1"):
        update(told, removal)
    retraction = told.retract(NamedNode(ARTICLES + "three"), author=EDITOR).sequence
    assert retraction is not None
    removed = update(told, removal)
    assert removed is not None
    before = facts(told)
    with pytest.raises(UnknownTermError):
        told.undo(retraction, author=EDITOR)
    assert facts(told) == before
    told.undo(removed, author=EDITOR)
    assert told.undo(retraction, author=EDITOR).articles


def test_what_is_not_there_is_not_retracted(untouched: Gate) -> None:
    for name in (NamedNode(ARTICLES + "ones"), CLAIM, graphs.REFERENCE):
        with pytest.raises(UnknownArticleError):
            untouched.retract(name, author=EDITOR)
