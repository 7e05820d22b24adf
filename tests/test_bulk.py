"""Bulk: many articles and whole dumps, in batches that can be interrupted."""

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from milgraph.bulk import Loaded, load
from milgraph.errors import (
    ConformanceError,
    KnowledgeGraphError,
    PlacementError,
    SourceError,
)
from milgraph.export.formats import exported
from milgraph.export.scopes import Scope
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.iris import ARTICLES
from milgraph.syntax import FORMATS, Source
from milgraph.terms import RDFS, Literal, NamedNode, Quad

EDITOR = Author("ada", Role.EDITOR, "load")
NAMES = ("one", "two", "three", "four", "five")
SMALL = 60  # One article has some thirty quads.
Tell = Callable[..., Source]
Facts = Callable[[Gate], frozenset[Quad]]
OpenGate = Callable[[Path], Gate]
GULF = "place:gulf a mil:SeaArea ; rdfs:label 'Gulf'@en ; mil:withinPlace place:sea"
EDITED = f"""
PREFIX one: <{ARTICLES}one#>
PREFIX links: <https://w3id.org/milgraph/graph/links/>
PREFIX m: <https://w3id.org/milgraph/graph/links/atlas#>
PREFIX semapv: <https://w3id.org/semapv/vocab/>
PREFIX sssom: <https://w3id.org/sssom/>
PREFIX e: <https://example.org/>
INSERT DATA {{
    GRAPH links:atlas {{ place:gulf skos:exactMatch e:gulf .
        m:1 a sssom:Mapping ; sssom:subject_id place:gulf ; sssom:object_id e:gulf ;
            sssom:predicate_id skos:exactMatch ;
            sssom:author_id e:ada ; sssom:mapping_date "2026-11-22" ;
            sssom:confidence 0.9 ; sssom:comment "Seen." ;
            sssom:mapping_justification semapv:ManualMappingCuration . }}
    GRAPH graph:occurrences {{
        occurrence:x a mil:Occurrence ; rdfs:label "What happened"@en ;
            mil:hasJudgement occurrence:x-1 .
        occurrence:x-1 a mil:AccountJudgement ; mil:judgedAccount one:drill ;
            mil:judgedBy actor:milgraph-editors ; mil:confidence 0.9 ;
            mil:reason "So."@en . }}
}}"""


@pytest.fixture
def folder(tmp_path: Path, tell: Tell) -> Path:
    """A folder of five articles, one of them deeper down."""
    path = tmp_path / "articles"
    (path / "deep").mkdir(parents=True)
    for name in NAMES:
        below = path / "deep" if name == "five" else path
        (below / f"{name}.trig").write_bytes(tell(name).content)
    (path / "README.md").write_text("No article.", encoding="utf-8")
    (path / "folder.trig").mkdir()
    return path


@pytest.fixture
def another(small_graph: Path, open_gate: OpenGate, tmp_path: Path) -> Iterator[Gate]:
    """The gate of another graph of the same small world."""
    shutil.copytree(small_graph, tmp_path / "another")
    with closing(open_gate(tmp_path / "another")) as gate:
        yield gate


def present(gate: Gate) -> set[str]:
    found = {g.value.removeprefix(ARTICLES) for g in gate.state.graphs()}
    return {name for name in found if name in {*NAMES, "six"}}


def test_a_folder_is_loaded_in_batches_and_once(
    gate: Gate, another: Gate, folder: Path, facts: Facts, recomputed: Facts
) -> None:
    last = gate.sequence
    loaded = load(gate, [folder], EDITOR, batch=SMALL)
    assert (loaded.articles, loaded.unchanged, loaded.refused) == (5, 0, [])
    assert 1 < len(loaded.commits) < len(NAMES)
    assert loaded.commits == [*range(last + 1, gate.sequence + 1)]
    assert facts(gate) == recomputed(gate)
    again = load(gate, [folder], EDITOR, batch=SMALL)
    assert (again.articles, again.unchanged, again.commits) == (0, 5, [])
    # How large the batches are makes no difference to what is there.
    assert len(load(another, [folder], EDITOR).commits) == 1
    assert facts(another) == facts(gate)


def test_a_load_that_was_interrupted_goes_on_and_doubles_nothing(
    gate: Gate, another: Gate, folder: Path, facts: Facts
) -> None:
    def interrupt(_step: str, share: float) -> None:
        if share > 0.7:
            raise KeyboardInterrupt

    last = gate.sequence
    with pytest.raises(KeyboardInterrupt):
        load(gate, [folder], EDITOR, progress=interrupt, batch=1)
    done = gate.sequence - last
    assert 0 < done < len(NAMES)
    loaded = load(gate, [folder], EDITOR, batch=1)
    assert (loaded.articles, loaded.unchanged) == (len(NAMES) - done, done)
    load(another, [folder], EDITOR)
    assert facts(gate) == facts(another)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("<#x> a mil:Flight .", ConformanceError),
        ("place:sea rdfs:label 'X'@en .", PlacementError),
        ("}}", SourceError),
    ],
)
@pytest.mark.parametrize("batch", [1, 20_000])
def test_a_bad_article_among_many_is_left_out_or_stops_the_load(
    gate: Gate,
    folder: Path,
    tell: Tell,
    body: str,
    error: type[KnowledgeGraphError],
    batch: int,
) -> None:
    (folder / "three.trig").write_bytes(tell("three", body).content)
    with pytest.raises(error):
        load(gate, [folder], EDITOR, batch=batch)
    assert "three" not in present(gate)
    loaded = load(gate, [folder], EDITOR, batch=batch, keep_going=True)
    assert present(gate) == {*NAMES} - {"three"}
    (refusal,) = loaded.refused
    assert "three" in refusal.name
    assert isinstance(refusal.error, error)


@pytest.mark.parametrize("batch", [1, 20_000])
def test_two_versions_of_one_article_are_not_loaded_at_once(
    gate: Gate, folder: Path, tell: Tell, batch: int
) -> None:
    other = tell("one", "<#drill> rdfs:label 'Eins'@de .")
    (folder / "zone.trig").write_bytes(other.content)
    with pytest.raises(PlacementError, match="described twice"):
        load(gate, [folder], EDITOR, batch=batch)
    loaded = load(gate, [folder], EDITOR, batch=batch, keep_going=True)
    assert [refusal.name for refusal in loaded.refused] == [str(folder / "zone.trig")]
    drill = NamedNode(ARTICLES + "one#drill")
    labels = [quad.object for quad in gate.state.match(drill, RDFS.label)]
    assert labels == [Literal("A drill", language="en")]


def test_a_folder_without_articles_and_a_file_that_cannot_be_read_are_told(
    gate: Gate, tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no article in the folder"):
        load(gate, [tmp_path / "empty"], EDITOR)
    missing = tmp_path / "missing.trig"
    with pytest.raises(SourceError):
        load(gate, [missing], EDITOR)
    (folder / "bad.trig").write_bytes(b"\xff\xfe")
    loaded = load(gate, [missing, folder], EDITOR, keep_going=True)
    refused = [refusal.name for refusal in loaded.refused]
    assert refused == [str(missing), str(folder / "bad.trig")]
    assert present(gate) == {*NAMES}


# Dumps


@pytest.fixture
def edited(gate: Gate, folder: Path, tell: Tell) -> Gate:
    """A graph that editors have worked on: a place, a link, a judgement."""
    text = f"INSERT DATA {{ GRAPH graph:reference {{ {GULF} }} }}"
    gate.update(text, author=EDITOR)
    load(gate, [folder], EDITOR)
    gate.update(EDITED, author=EDITOR)
    # An article speaks of what editors say happened, and of a place that they described.
    body = "<#drill> mil:originPlace place:gulf ; mil:inSupportOf occurrence:x ."
    gate.submit(tell("six", body), author=EDITOR)
    return gate


@pytest.mark.parametrize("form", ["nquads", "trig"])
@pytest.mark.parametrize("batch", [SMALL, 20_000])
def test_a_dump_makes_the_same_dataset_in_another_graph(  # noqa: PLR0913, PLR0917 - fixtures
    edited: Gate,
    another: Gate,
    tmp_path: Path,
    facts: Facts,
    recomputed: Facts,
    form: str,
    batch: int,
) -> None:
    path = tmp_path / f"dump.{FORMATS[form].endings[0]}"
    path.write_bytes(exported(edited.state, form))
    loaded = load(another, [path], EDITOR, batch=batch)
    assert (loaded.articles, loaded.refused) == (6, [])
    assert facts(another) == facts(edited) == recomputed(another)
    again = load(another, [path], EDITOR, batch=batch)
    assert (again.articles, again.unchanged, again.commits) == (0, 6, [])


def test_a_dump_of_which_a_part_was_loaded_goes_on(
    edited: Gate, another: Gate, tmp_path: Path, facts: Facts
) -> None:
    path = tmp_path / "dump.nq"
    path.write_bytes(exported(edited.state, "nquads"))

    def interrupt(_step: str, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    last = another.sequence
    with pytest.raises(KeyboardInterrupt):
        load(another, [path], EDITOR, progress=interrupt, batch=1)
    assert another.sequence > last
    load(another, [path], EDITOR, batch=1)
    assert facts(another) == facts(edited)


def test_an_article_that_was_exported_can_be_loaded(
    edited: Gate, another: Gate, tmp_path: Path
) -> None:
    article = NamedNode(ARTICLES + "two")
    path = tmp_path / "two.trig"
    scope = Scope.of_graph(article)
    path.write_bytes(exported(edited.state, "trig", scope=scope))
    load(another, [path], EDITOR)
    assert another.desk.present(article) == edited.desk.present(article)


def test_what_a_contributor_may_not_change_is_left_out_of_a_dump(
    edited: Gate, another: Gate, tmp_path: Path
) -> None:
    path = tmp_path / "dump.nq"
    path.write_bytes(exported(edited.state, "nquads"))
    carol = Author("carol", Role.CONTRIBUTOR, "load")
    with pytest.raises(KnowledgeGraphError, match="carol is a contributor"):
        load(another, [path], carol)
    loaded = load(another, [path], carol, keep_going=True)
    assert present(another) == {*NAMES}
    assert [refusal.name.partition(":")[0] for refusal in loaded.refused] == [
        "the editorial graphs",
        "article",
        "the editorial graphs",
    ]


# The collector


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_left_as_it_was(
    gate: Gate, folder: Path, tell: Tell, is_enabled: bool
) -> None:
    def look(_step: str, _share: float) -> None:
        seen.append(gc.isenabled())

    seen: list[bool] = []
    (folder / "three.trig").write_bytes(tell("three", "}").content)
    frozen = gc.get_freeze_count()
    if not is_enabled:
        gc.disable()
    try:
        with pytest.raises(SourceError):
            load(gate, [folder], EDITOR, progress=look)
        assert gc.isenabled() is is_enabled
    finally:
        gc.enable()
    assert gc.get_freeze_count() == frozen
    assert set(seen) == {False}


def test_nothing_is_loaded_of_nothing(gate: Gate) -> None:
    assert load(gate, [], EDITOR) == Loaded()
