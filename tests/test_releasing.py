"""Releases: what the shipped files say now, beside what others have made of the graph."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from milgraph import graphs
from milgraph.dataset import marker_of
from milgraph.errors import ConformanceError, KnowledgeGraphError, StoreError
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.iris import ARTICLES
from milgraph.linksets import VOID
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.standards import Standards
from milgraph.syntax import Source
from milgraph.terms import RDFS, Literal, NamedNode, Quad, expand
from milgraph.validation import turbo_engine

EDITOR = Author("ada", Role.EDITOR, "http")
ONE = NamedNode(ARTICLES + "one")
ATLAS = graphs.links("atlas")
Tell = Callable[..., Source]
Facts = Callable[[Gate], frozenset[Quad]]
PREFIXES = """
PREFIX one: <https://w3id.org/milgraph/article/one#>
PREFIX links: <https://w3id.org/milgraph/graph/links/>
PREFIX m: <https://w3id.org/milgraph/graph/links/atlas#>
PREFIX semapv: <https://w3id.org/semapv/vocab/>
PREFIX sssom: <https://w3id.org/sssom/>
PREFIX e: <https://example.org/>
"""
TABLE = """\
#mapping_set_id: https://w3id.org/milgraph/graph/links/atlas
#mapping_set_version: "1"
#mapping_set_title: Links to an atlas
#license: https://creativecommons.org/licenses/by/4.0/
#subject_source: https://w3id.org/milgraph/graph/reference
#object_source: https://example.org/
#curie_map:
#  place: https://w3id.org/milgraph/place/
#  skos: http://www.w3.org/2004/02/skos/core#
#  semapv: https://w3id.org/semapv/vocab/
#  e: https://example.org/
subject_id	predicate_id	object_id	mapping_justification	confidence	author_id	mapping_date	comment
"""
ROW = "place:{0}	skos:exactMatch	e:{0}	semapv:ManualMappingCuration	0.9	e:ada	2024-05-01	Seen.\n"


class Versions:
    """A program whose files change from release to release."""

    def __init__(self, root: Path, data: Path, standards: Standards) -> None:
        self.root = root
        self.data = data
        self._standards = standards

    def ship(self, source: Source) -> None:
        folder = self.root / "data" / "articles"
        folder.mkdir(exist_ok=True)
        (folder / source.name).write_bytes(source.content)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def link(self, *places: str) -> None:
        folder = self.root / "data" / "links"
        folder.mkdir(exist_ok=True)
        rows = "".join(ROW.format(place) for place in places)
        (folder / "atlas.sssom.tsv").write_text(TABLE + rows, encoding="utf-8")

    @contextmanager
    def open(self, *, compiled: bool = True) -> Iterator[Gate]:
        """Open as the program of now does; `compiled` if the words are the old ones."""
        settings = Settings(data=self.data, resources=Resources(self.root))
        standards = (lambda: self._standards) if compiled else None
        with closing(
            Gate.open(settings, standards=standards, engine=turbo_engine)
        ) as gate:
            yield gate


@pytest.fixture
def versions(
    small_world: Resources, data: Path, tmp_path: Path, small_standards: Standards
) -> Versions:
    root = tmp_path / "resources"
    for name in ("ontology", "shapes", "data", "queries"):
        source = small_world.root / name
        shutil.copytree(source.resolve(), root / name)
    return Versions(root, data, small_standards)


def update(gate: Gate, text: str) -> int | None:
    return gate.update(PREFIXES + text, author=EDITOR).sequence


def version_of(gate: Gate) -> set[str]:
    drill = NamedNode(ONE.value + "#drill")
    return {
        t.object.value
        for t in gate.state.triples.about(drill)
        if t.predicate == RDFS.label and isinstance(t.object, Literal)
    }


def labelled(label: str) -> str:
    return f'<#drill> rdfs:label "{label}"@de .'


# Articles


def test_a_release_brings_a_shipped_article_another_version_and_takes_it_away(
    versions: Versions, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    with versions.open() as gate:
        first, bare = gate.sequence, facts(gate)
    for label in ("Eins", "Zwei"):
        versions.ship(tell("one", labelled(label)))
        with versions.open() as gate:
            assert version_of(gate) == {"A drill", label}
            assert facts(gate) == recomputed(gate)
    (versions.root / "data" / "articles" / "one.trig").unlink()
    with versions.open() as gate:
        assert facts(gate) == bare
        assert gate.sequence == first + 3
    with versions.open() as gate:
        assert gate.sequence == first + 3


def test_a_shipped_article_that_somebody_replaced_stays_theirs(
    versions: Versions, tell: Tell
) -> None:
    versions.ship(tell("one"))
    with versions.open() as gate:
        gate.submit(tell("one", labelled("Ihre")), author=EDITOR)
    versions.ship(tell("one", labelled("Unsere")))
    versions.ship(tell("two"))
    with versions.open() as gate:
        assert version_of(gate) == {"A drill", "Ihre"}
        assert gate.desk.present(NamedNode(ARTICLES + "two"))


def test_a_shipped_article_that_somebody_retracted_does_not_come_back(
    versions: Versions, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    versions.ship(tell("one"))
    with versions.open() as gate:
        retraction = gate.retract(ONE, author=EDITOR).sequence
    versions.ship(tell("one", labelled("Unsere")))
    with versions.open() as gate:
        assert not gate.desk.present(ONE)
        assert retraction is not None
        gate.undo(retraction, author=EDITOR)
        assert version_of(gate) == {"A drill"}
        assert facts(gate) == recomputed(gate)


def test_an_article_of_the_same_name_is_not_overwritten_by_a_shipped_one(
    versions: Versions, tell: Tell
) -> None:
    with versions.open() as gate:
        gate.submit(tell("one", labelled("Ihre")), author=EDITOR)
    versions.ship(tell("one"))
    with versions.open() as gate:
        assert version_of(gate) == {"A drill", "Ihre"}


def test_a_release_is_not_undone_and_nothing_stays_of_an_undo_that_was_refused(
    versions: Versions, tell: Tell, facts: Facts
) -> None:
    versions.ship(tell("one"))
    with versions.open() as gate:
        before = facts(gate)
        with pytest.raises(KnowledgeGraphError, match="shipped files"):
            gate.undo(gate.sequence, author=EDITOR)
        assert facts(gate) == before


# What editors did


def test_what_editors_changed_survives_a_release(
    versions: Versions, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    with versions.open() as gate:
        update(
            gate,
            """DELETE DATA { GRAPH graph:reference { place:bay rdfs:label "Bay"@en } } ;
            INSERT DATA { GRAPH graph:reference { place:bay rdfs:label "Cove"@en .
                place:gulf a mil:SeaArea ; rdfs:label "Gulf"@en } }""",
        )
        # Their article speaks of what their editors described.
        source = tell("one", "<#drill> mil:originPlace place:gulf .")
        gate.submit(source, author=EDITOR)
    versions.edit("data/reference/world.ttl", '"Sea"@en', '"The Sea"@en')
    with versions.open() as gate:
        labels = {
            quad.object.value
            for name in ("bay", "sea", "gulf")
            for quad in gate.state.match(expand(f"place:{name}"), RDFS.label)
            if isinstance(quad.object, Literal)
        }
        assert labels == {"Cove", "The Sea", "Gulf"}
        assert facts(gate) == recomputed(gate)


def test_what_is_left_of_a_linkset_stays_in_the_view(
    versions: Versions, facts: Facts, recomputed: Facts
) -> None:
    versions.link("sea")
    with versions.open() as gate:
        mapping = """m:own a sssom:Mapping ; sssom:subject_id place:bay ;
            sssom:predicate_id skos:exactMatch ; sssom:object_id e:bay ;
            sssom:author_id e:ada ; sssom:mapping_date "2026-11-22" ;
            sssom:confidence 0.9 ; sssom:comment "Seen." ;
            sssom:mapping_justification semapv:ManualMappingCuration ."""
        quads = f"place:bay skos:exactMatch e:bay . {mapping}"
        update(gate, f"INSERT DATA {{ GRAPH links:atlas {{ {quads} }} }}")
        theirs = {q.triple for q in gate.state.match(expand("place:bay"), graph=ATLAS)}
    (versions.root / "data" / "links" / "atlas.sssom.tsv").unlink()
    with versions.open() as gate:
        assert marker_of(ATLAS) in gate.state
        assert all(triple in gate.state.triples for triple in theirs)
        assert facts(gate) == recomputed(gate)
        update(gate, "DROP GRAPH links:atlas")
        assert not any(gate.state.match(graph=ATLAS))


def test_a_linkset_counts_its_links_whoever_made_them(
    versions: Versions, facts: Facts, recomputed: Facts
) -> None:
    versions.link("sea")
    with versions.open() as gate:
        mapping = """m:own a sssom:Mapping ; sssom:subject_id place:bay ;
            sssom:predicate_id skos:exactMatch ; sssom:object_id e:bay ;
            sssom:author_id e:ada ; sssom:mapping_date "2026-11-22" ;
            sssom:confidence 0.9 ; sssom:comment "Seen." ;
            sssom:mapping_justification semapv:ManualMappingCuration ."""
        quads = f"place:bay skos:exactMatch e:bay . {mapping}"
        update(gate, f"INSERT DATA {{ GRAPH links:atlas {{ {quads} }} }}")
        (told,) = gate.state.match(ATLAS, VOID.triples, graph=ATLAS)
        assert told.object.value == "2"
    versions.link("sea", "ocean")
    with versions.open() as gate:
        (told,) = gate.state.match(ATLAS, VOID.triples, graph=ATLAS)
        assert told.object.value == "3"
        update(gate, "DELETE WHERE { GRAPH links:atlas { m:own ?p ?o . ?s ?q e:bay } }")
        (told,) = gate.state.match(ATLAS, VOID.triples, graph=ATLAS)
        assert told.object.value == "2"
        assert facts(gate) == recomputed(gate)


def test_a_linkset_that_editors_emptied_takes_what_a_release_adds(
    versions: Versions, facts: Facts, recomputed: Facts
) -> None:
    versions.link("sea")
    with versions.open() as gate:
        update(gate, "DROP GRAPH links:atlas")
    versions.link("sea", "bay")
    with versions.open() as gate:
        (link,) = gate.state.match(
            expand("place:bay"), expand("skos:exactMatch"), graph=ATLAS
        )
        assert link.triple in gate.state.triples
        assert not any(gate.state.match(expand("place:sea"), graph=ATLAS))
        assert facts(gate) == recomputed(gate)


# Other words, other shapes


def test_a_word_that_shipped_articles_no_longer_use_may_go(
    versions: Versions, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    gulf = 'place:gulf a mil:SeaArea ; rdfs:label "Gulf"@en .'
    world = "data/reference/world.ttl"
    versions.edit(world, "place:ocean a", gulf + "\nplace:ocean a")
    versions.ship(tell("one", "<#drill> mil:originPlace place:gulf ."))
    with versions.open() as gate:
        assert version_of(gate)
    versions.edit(world, gulf, gulf.replace("gulf", "sound"))
    versions.ship(tell("one", "<#drill> mil:originPlace place:sound ."))
    with versions.open() as gate:
        assert facts(gate) == recomputed(gate)
        assert not any(gate.state.match(expand("place:gulf")))


def test_a_release_that_takes_away_what_an_article_speaks_of_is_refused(
    versions: Versions, tell: Tell, facts: Facts
) -> None:
    with versions.open() as gate:
        gate.submit(tell("one"), author=EDITOR)
        before, last = facts(gate), gate.sequence
    bay = 'place:bay a mil:SeaArea ; rdfs:label "Bay"@en ; mil:withinPlace place:sea .'
    versions.edit("data/reference/world.ttl", bay, "")
    with (
        pytest.raises(StoreError, match=r"article:one does not fit.*place:bay"),
        versions.open(),
    ):
        pass
    versions.edit("data/reference/world.ttl", "place:sea a", bay + "\nplace:sea a")
    with versions.open() as gate:
        assert facts(gate) == before
        # What the file says is the same; that it was written anew is told.
        assert gate.sequence <= last + 1


def test_another_axiom_is_followed_at_once(
    versions: Versions, tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    with versions.open() as gate:
        gate.submit(tell("one"), author=EDITOR)
        before = set(gate.state.triples)
    chain = "owl:propertyChainAxiom ( mil:takesPlaceIn mil:withinPlace ) ;"
    versions.edit("ontology/activities.ttl", chain, "")
    with versions.open(compiled=False) as gate:
        lost = before - set(gate.state.triples)
        drill = NamedNode(ONE.value + "#drill")
        where = {t.object for t in lost if t.subject == drill}
        assert {expand("place:sea"), expand("place:ocean")} <= where
        assert facts(gate) == recomputed(gate)


def test_shapes_that_refuse_what_is_there_leave_the_graph_to_the_earlier_version(
    versions: Versions, tell: Tell, facts: Facts
) -> None:
    with versions.open() as gate:
        gate.submit(tell("one"), author=EDITOR)
        before, last = facts(gate), gate.sequence
    extra = versions.root / "shapes" / "sources.ttl"
    earlier = extra.read_text(encoding="utf-8")
    shape = """
shape:Exercise-comment a sh:NodeShape ; sh:targetClass mil:Exercise ;
    sh:property shape:Exercise-comment-given .
shape:Exercise-comment-given a sh:PropertyShape ; sh:path rdfs:comment ;
    sh:name "comment"@en ; sh:minCount 1 ; sh:severity sh:Violation ;
    sh:message "An exercise has a comment: add one."@en .
"""
    extra.write_text(earlier + shape, encoding="utf-8")
    with pytest.raises(ConformanceError) as caught, versions.open(compiled=False):
        pass
    (result,) = (r for r in caught.value.report.results if "comment" in str(r.shape))
    assert result.focus_node == NamedNode(ONE.value + "#drill")
    extra.write_text(earlier, encoding="utf-8")
    with versions.open() as gate:
        assert (facts(gate), gate.sequence) == (before, last)
        assert gate.submit(tell("two"), author=EDITOR).sequence == last + 1
