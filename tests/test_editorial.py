"""Editorial graphs: what an editor may say in each, and what must stay together."""

from collections.abc import Callable
from pathlib import Path

import pytest

from milgraph import graphs
from milgraph.dataset import marker_of
from milgraph.errors import (
    ConformanceError,
    ConsistencyError,
    KnowledgeGraphError,
    PlacementError,
    UnknownGraphError,
    UnknownTermError,
)
from milgraph.gate import Gate
from milgraph.history import Author, LogReader, Role
from milgraph.iris import ARTICLES
from milgraph.linksets import VOID
from milgraph.syntax import Source
from milgraph.terms import RDF, Quad, Triple, compact

EDITOR = Author("ada", Role.EDITOR, "sparql-update")
LINKS = graphs.links("atlas")
Tell = Callable[..., Source]
Facts = Callable[[Gate], object]
PREFIXES = f"""
PREFIX links: <{graphs.links("").value}>
PREFIX m: <{LINKS.value}#>
PREFIX one: <{ARTICLES}one#>
PREFIX semapv: <https://w3id.org/semapv/vocab/>
PREFIX sssom: <https://w3id.org/sssom/>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX e: <https://example.org/>
"""
LINK = "place:sea skos:exactMatch e:sea ."
MAPPING = """m:1 a sssom:Mapping ; sssom:subject_id place:sea ; sssom:object_id e:sea ;
    sssom:predicate_id skos:exactMatch ; sssom:author_id e:ada ;
    sssom:mapping_date "2026-11-22" ; sssom:confidence 0.9 ;
    sssom:mapping_justification semapv:ManualMappingCuration ; sssom:comment "Seen." ."""
JUDGED = """occurrence:x a mil:Occurrence ; rdfs:label "What happened"@en ;
        mil:hasJudgement occurrence:x-1 .
    occurrence:x-1 a mil:AccountJudgement ; mil:judgedAccount one:drill ;
        mil:judgedBy actor:milgraph-editors ; mil:confidence 0.9 ; mil:reason "So."@en ."""


def update(gate: Gate, text: str) -> int | None:
    return gate.update(PREFIXES + text, author=EDITOR).sequence


def insert(gate: Gate, graph: str, quads: str) -> int | None:
    return update(gate, f"INSERT DATA {{ GRAPH {graph} {{ {quads} }} }}")


@pytest.fixture
def refuses(gate: Gate, facts: Facts) -> Callable[..., KnowledgeGraphError]:
    """Promise that an update is refused, and that nothing has become of it."""

    def refused(text: str, error: type[KnowledgeGraphError]) -> KnowledgeGraphError:
        before, last = facts(gate), gate.sequence
        with pytest.raises(error) as caught:
            update(gate, text)
        assert (facts(gate), gate.sequence) == (before, last)
        return caught.value

    return refused


Refuses = Callable[[str, type[KnowledgeGraphError]], KnowledgeGraphError]


@pytest.mark.parametrize(
    ("quads", "error"),
    [
        ("place:sea owl:sameAs place:bay", PlacementError),
        ("place:gulf a owl:Class", PlacementError),
        ("place:gulf rdfs:subClassOf mil:SeaArea", PlacementError),
        ("one:drill a mil:Exercise", PlacementError),
        ("occurrence:x a mil:Occurrence", PlacementError),
        ("mil:Exercise rdfs:label 'X'@en", PlacementError),
        ("modality:fact rdfs:label 'X'@en", PlacementError),
        ("e:gulf a mil:SeaArea", PlacementError),
        ("place:sea mil:statedIn one:claim-1", PlacementError),
        ("place:sea a mil:AcceptedGraph", PlacementError),
        ("actor:north mil:alliedWith actor:south", PlacementError),
        ("place:sea mil:withinPlace place:gulf", UnknownTermError),
        ("place:sea mil:liesIn place:ocean", UnknownTermError),
        ("place:gulf a mil:Seaa", UnknownTermError),
        ("place:sea a mil:State", ConsistencyError),
        ("graph:occurrences a mil:AcceptedGraph", PlacementError),
    ],
)
def test_reference_data_say_what_shared_things_are_in_known_words(
    refuses: Refuses, quads: str, error: type[KnowledgeGraphError]
) -> None:
    refuses(f"INSERT DATA {{ GRAPH graph:reference {{ {quads} }} }}", error)


@pytest.mark.parametrize(
    ("quads", "told"),
    [
        ("place:sea rdfs:label 'X'@en", "not an occurrence"),
        ("one:drill mil:partOf one:other", "not an occurrence"),
        ("occurrence:one.drill rdfs:label 'X'@en", "by rule"),
        ("occurrence:x mil:hasAccount one:drill", "not written by hand"),
        ("occurrence:x a mil:AcceptedGraph", "not written by hand"),
        ("occurrence:x-1 mil:judgedAccount one:nothing", "no article describes"),
        (JUDGED.replace("one:drill", "one:nothing"), "no article describes"),
    ],
)
def test_occurrences_are_judgements_of_accounts_that_are_there(
    gate: Gate, refuses: Refuses, tell: Tell, quads: str, told: str
) -> None:
    gate.submit(tell("one"), author=EDITOR)
    text = f"INSERT DATA {{ GRAPH graph:occurrences {{ {quads} }} }}"
    assert told in refuses(text, PlacementError).message


def test_an_article_and_the_judgement_of_it_may_come_together(
    gate: Gate, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    gate.submit(tell("one"), author=EDITOR)
    text = f"""DELETE DATA {{ GRAPH one:claim-1 {{ one:drill mil:hasPlace place:bay }} }} ;
        INSERT DATA {{ GRAPH one:claim-1 {{ one:drill mil:hasPlace place:gulf }}
            GRAPH graph:reference {{ place:gulf a mil:SeaArea ; rdfs:label "Gulf"@en }}
            GRAPH graph:occurrences {{ {JUDGED} }} }}"""
    number = update(gate, text)
    assert number is not None
    assert facts(gate) == recomputed(gate)
    gate.undo(number, author=EDITOR)
    assert facts(gate) == recomputed(gate)


# Links


@pytest.mark.parametrize(
    "quads",
    [
        LINK,
        LINK + MAPPING.replace("place:sea", "place:bay"),
        LINK + MAPPING.replace("e:sea", "e:bay"),
        LINK + MAPPING.replace("exactMatch", "closeMatch"),
        LINK + MAPPING.replace("mapping_justification", "see_also"),
        LINK + MAPPING + 'm:1 sssom:predicate_modifier "Not" .',
        LINK.replace("exactMatch", "relatedMatch") + MAPPING,
        LINK.replace("skos:exactMatch", "owl:sameAs") + MAPPING,
        MAPPING + "m:1 mil:ofState actor:north .",
        MAPPING + "m:1 a mil:State .",
        MAPPING + "place:sea rdfs:label 'X'@en .",
    ],
)
def test_a_linkset_holds_links_and_the_evidence_of_each(
    refuses: Refuses, quads: str
) -> None:
    refuses(f"INSERT DATA {{ GRAPH links:atlas {{ {quads} }} }}", PlacementError)


def test_a_link_to_what_nothing_describes_is_refused(refuses: Refuses) -> None:
    quads = (LINK + MAPPING).replace("place:sea", "place:gulf")
    refuses(f"INSERT DATA {{ GRAPH links:atlas {{ {quads} }} }}", UnknownTermError)


@pytest.mark.parametrize(
    "name", ["links:", "m:x", "links:Atlas", "links:a.b", "graph:links"]
)
def test_a_linkset_has_a_name(refuses: Refuses, name: str) -> None:
    quads = LINK + MAPPING
    text = f"INSERT DATA {{ GRAPH {name} {{ {quads} }} }}"
    refuses(text, UnknownGraphError)


@pytest.mark.parametrize(
    "removal",
    [
        "DELETE WHERE { GRAPH links:atlas { m:1 ?p ?o } }",
        "DELETE DATA { GRAPH links:atlas { m:1 sssom:object_id e:sea } }",
        """DELETE DATA { GRAPH links:atlas { m:1 sssom:mapping_justification
            semapv:ManualMappingCuration } }""",
    ],
)
def test_the_evidence_of_a_link_goes_with_the_link_and_not_before(
    gate: Gate, refuses: Refuses, facts: Facts, removal: str
) -> None:
    before = facts(gate)
    assert insert(gate, "links:atlas", LINK + MAPPING)
    assert "no evidence" in refuses(removal, PlacementError).message
    assert insert(gate, "links:atlas", MAPPING.replace("m:1", "m:2"))
    if "WHERE" in removal:
        assert update(gate, removal)
        gate.undo(gate.sequence, author=EDITOR)
    else:
        refuses(removal, ConformanceError)
    assert update(gate, "DROP GRAPH links:atlas")
    assert facts(gate) == before


def test_a_new_linkset_is_of_the_view_until_it_is_empty(gate: Gate) -> None:
    number = insert(gate, "links:atlas", LINK + MAPPING)
    assert number is not None
    assert marker_of(LINKS) in gate.state
    linked = [q.triple for q in gate.state.match(graph=LINKS)]
    assert all(triple in gate.state.triples for triple in linked)
    # To take the mark away by hand changes nothing.
    mark = Triple(LINKS, RDF["type"], marker_of(LINKS).object)
    plain = [triple for triple in linked if triple != mark]
    assert gate.put(LINKS, plain, author=EDITOR).sequence is None
    gate.undo(number, author=EDITOR)
    assert not any(gate.state.match(graph=LINKS))
    assert not any(triple in gate.state.triples for triple in linked)


HEAD = """links:atlas a void:Linkset ; dcterms:title "An atlas"@en ;
    dcterms:license e:licence ; dcat:version "1" ; void:subjectsTarget graph:reference ;
    void:objectsTarget e:atlas ; void:linkPredicate skos:exactMatch ; void:triples 1 ."""
CLOSE = (
    (LINK + MAPPING)
    .replace("exactMatch", "closeMatch")
    .replace("place:sea", "place:bay")
    .replace("m:1", "m:2")
)
OTHER = CLOSE.replace("place:bay", "place:ocean").replace("m:2", "m:3")


def links_of(gate: Gate) -> tuple[str, set[str]]:
    """Return how many links the linkset says that it has, and by which predicates."""
    said = {q.predicate: q.object for q in gate.state.match(LINKS, VOID.triples)}
    kinds = gate.state.match(LINKS, VOID.linkPredicate)
    return said[VOID.triples].value, {compact(q.object) for q in kinds}


def test_a_linkset_states_how_many_links_it_has_and_by_which_predicates(
    gate: Gate,
) -> None:
    exact, close = "skos:exactMatch", "skos:closeMatch"
    insert(gate, "links:atlas", HEAD + LINK + MAPPING)
    for quads, told in (
        (CLOSE, ("2", {exact, close})),
        (OTHER, ("3", {exact, close})),
    ):
        insert(gate, "links:atlas", quads)
        assert links_of(gate) == told
    # By whom it is said that there are links makes none.
    said = "links:atlas void:linkPredicate skos:broadMatch"
    assert insert(gate, "links:atlas", said) is None
    for quads, told in (
        (OTHER, ("2", {exact, close})),
        (CLOSE, ("1", {exact})),
        (LINK + MAPPING, ("0", set())),
    ):
        update(gate, f"DELETE DATA {{ GRAPH links:atlas {{ {quads} }} }}")
        assert links_of(gate) == told


def test_to_undo_a_link_leaves_by_what_others_are_made(
    gate: Gate, facts: Facts
) -> None:
    insert(gate, "links:atlas", HEAD + LINK + MAPPING)
    insert(gate, "links:atlas", CLOSE)
    before = facts(gate)
    number = insert(gate, "links:atlas", OTHER)
    assert number is not None
    gate.undo(number, author=EDITOR)
    assert facts(gate) == before
    assert links_of(gate) == ("2", {"skos:exactMatch", "skos:closeMatch"})


def test_a_commit_adds_only_what_is_missing_and_removes_only_what_is_there(
    gate: Gate, data: Path
) -> None:
    numbers = [insert(gate, "links:atlas", HEAD + LINK + MAPPING)]
    numbers += [insert(gate, "links:atlas", quads) for quads in (CLOSE, OTHER, OTHER)]
    swap = f"""DELETE DATA {{ GRAPH links:atlas {{ {CLOSE} }} }} ;
        INSERT DATA {{ GRAPH links:atlas {{ {CLOSE.replace("e:sea", "e:bay")} }} }}"""
    update(gate, swap)
    gate.undo(gate.sequence, author=EDITOR)
    update(gate, "DROP GRAPH links:atlas")
    gate.undo(gate.sequence, author=EDITOR)
    assert numbers[-1] is None
    found: frozenset[Quad] = frozenset()
    for entry in LogReader.open(data / "log").entries():
        assert entry.proper.removals <= found
        assert found.isdisjoint(entry.proper.additions)
        found = (found - entry.change.removals) | entry.change.additions


# What is pointed to


def test_what_others_point_to_stays(gate: Gate, refuses: Refuses, tell: Tell) -> None:
    gate.submit(tell("one"), author=EDITOR)
    insert(gate, "links:atlas", (LINK + MAPPING).replace("place:sea", "platform:hawk"))
    insert(gate, "graph:occurrences", JUDGED)
    for node, user in (
        ("place:bay", "one#claim-1"),
        ("actor:agency", "one"),
        ("actor:milgraph-editors", ""),
        ("platform:hawk", "links/atlas"),
        ("place:ocean", "graph:reference"),
    ):
        text = f"DELETE WHERE {{ GRAPH graph:reference {{ {node} ?p ?o }} }}"
        error = refuses(text, PlacementError)
        assert "still pointed to" in error.message
        assert user in error.message
    refuses("CLEAR GRAPH graph:reference", PlacementError)


def test_what_nobody_points_to_goes_with_what_pointed_to_it(
    gate: Gate, facts: Facts, recomputed: Facts
) -> None:
    assert update(gate, "DELETE WHERE { GRAPH graph:reference { place:bay ?p ?o } }")
    both = """DELETE { GRAPH graph:reference { ?n ?p ?o } }
        WHERE { GRAPH graph:reference { ?n ?p ?o } VALUES ?n { place:sea place:ocean } }"""
    assert update(gate, both)
    assert facts(gate) == recomputed(gate)


def test_what_is_used_keeps_its_class(gate: Gate, refuses: Refuses, tell: Tell) -> None:
    gate.submit(tell("one"), author=EDITOR)
    refuses(
        "DELETE DATA { GRAPH graph:reference { place:bay a mil:SeaArea } }",
        ConformanceError,
    )
