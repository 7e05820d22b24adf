"""Examination: what is sound is found sound, and each kind of damage is found and told."""

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rdflib

from milgraph import graphs
from milgraph.axioms import Axioms
from milgraph.changes import Change
from milgraph.cli import main
from milgraph.dataset import NamedGraphs, in_view
from milgraph.examination import Examination, examine
from milgraph.generations import Generations
from milgraph.history import Entry, Log, LogReader
from milgraph.history.records import Header
from milgraph.settings import Settings
from milgraph.staging import materialise_view
from milgraph.standards import Standards
from milgraph.store import EmbeddedStore
from milgraph.terms import (
    MIL,
    OWL,
    RDF,
    RDFS,
    SH,
    XSD,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    expand,
)
from milgraph.validation import Dependencies, Engine, Result, Severity, Shapes

Look = Callable[[], Examination]


PLACE, SEA, AREA = expand("place:black-sea"), MIL.Sea, MIL.Area
WORDS = {
    Quad(graphs.ONTOLOGY, RDF["type"], MIL.AcceptedGraph, graphs.ONTOLOGY),
    *(Quad(kind, RDF["type"], OWL.Class, graphs.ONTOLOGY) for kind in (SEA, AREA)),
    Quad(SEA, RDFS.subClassOf, AREA, graphs.ONTOLOGY),
    Quad(graphs.REFERENCE, RDF["type"], MIL.AcceptedGraph, graphs.REFERENCE),
    Quad(PLACE, RDF["type"], SEA, graphs.REFERENCE),
}
BY_RULE = Quad(PLACE, RDF["type"], AREA, DefaultGraph())
NOTHING: Engine = lambda _triples, **_: ()  # noqa: E731 - an engine is a function


def held_to(engine: Engine) -> Standards:
    """Return standards of which only the validator says anything."""
    return Standards(
        Axioms.of(()), Shapes(rdflib.Graph()), engine, Dependencies(looking=())
    )


def entry(number: int, change: Change) -> Entry:
    """Return an entry that says of itself what the gate would have it say."""
    time = datetime(2024, 5, 14, tzinfo=UTC)
    commit = NamedNode(f"{graphs.CHANGES.value}#{number}")
    told = {
        MIL.sequenceNumber: Literal(str(number), datatype=XSD.integer),
        MIL.additionCount: Literal(str(len(change.additions)), datatype=XSD.integer),
        MIL.removalCount: Literal(str(len(change.removals)), datatype=XSD.integer),
        MIL.changeDigest: Literal(change.digest),
    }
    own = {Quad(commit, p, value, graphs.CHANGES) for p, value in told.items()}
    whole = Change(change.removals, change.additions | own)
    return Entry(number, time, "alice", "editor", "add", "", whole)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a graph of a few triples, and what follows from them."""
    folder = tmp_path / "data"
    whole = materialise_view(
        NamedGraphs.of(WORDS), Axioms.of(quad.triple for quad in WORDS)
    )
    change = Change(additions=frozenset({*whole.named, *in_view(whole.triples)}))
    log, store = Log.open(folder / "log"), EmbeddedStore(folder / "store")
    first = entry(1, change)
    log.append(first)
    store.apply(first.change, sequence=1)
    Generations(folder).publish(store)
    store.close()
    log.close()
    return folder


def silent(_what: str, _share: float) -> None:
    """Take no notice."""


@pytest.fixture
def look(data: Path) -> Look:
    return lambda: examine(
        Settings(data=data), lambda: held_to(NOTHING), progress=silent
    )


def damaged(found: Examination) -> set[str]:
    return {one.area for one in found.findings if one.is_damage}


def break_store(data: Path, change: Change) -> None:
    """Change the store behind the back of the log."""
    store = EmbeddedStore(data / "store")
    store.apply(change, sequence=store.sequence)
    store.close()


def test_the_shipped_graph_is_sound(settings, graph):
    found = examine(settings, lambda: graph.standards, progress=silent)
    assert found.is_sound, found
    assert len(found.looked_at) == 7


def test_a_graph_that_nobody_touched_is_sound(look):
    assert look().findings == ()


def test_a_quad_that_no_commit_added_is_found(data, look):
    strange = Quad(
        expand("place:black-sea"), RDFS.label, Literal("x"), graphs.REFERENCE
    )
    break_store(data, Change(additions=frozenset({strange})))
    found = look()
    assert {"the store", "the view"} <= damaged(found)
    told = next(one for one in found.findings if one.area == "the store")
    assert str(strange) in told.message
    assert "made anew from the log" in told.hint


def test_a_quad_of_the_view_that_is_lost_is_found(data, look):
    break_store(data, Change(removals=frozenset({BY_RULE})))
    found = look()
    assert damaged(found) == {"the store", "the view"}
    assert any("is missing" in one.message for one in found.findings)


def test_a_history_that_says_something_else_than_the_log_is_found(data, look):
    store = EmbeddedStore(data / "store")
    commit = NamedNode(f"{graphs.CHANGES.value}#1")
    true = next(store.match(commit, MIL.changeDigest, None, graphs.CHANGES))
    store.close()
    false = Quad(commit, MIL.changeDigest, Literal("0" * 64), graphs.CHANGES)
    break_store(data, Change(frozenset({true}), frozenset({false})))
    assert damaged(look()) == {"the store", "the history"}


def test_a_damaged_record_is_found(data, look):
    (path,) = (data / "log").glob("*.log")
    content = bytearray(path.read_bytes())
    content[Header.SIZE + 400] ^= 0x41
    path.write_bytes(content)
    found = look()
    assert not found.is_sound
    assert "milgraph restore" in found.findings[0].hint


def test_a_log_that_lost_its_end_is_found(data, look):
    shutil.rmtree(data / "log")
    found = look()
    assert "the store" in damaged(found)
    assert any("and the log 0" in one.message for one in found.findings)


def test_a_store_that_is_behind_its_log_is_no_damage(data, look):
    log = Log.open(data / "log")
    label = Quad(PLACE, RDFS.label, Literal("x"), graphs.REFERENCE)
    log.append(entry(2, Change(additions=frozenset({label}))))
    log.close()
    found = look()
    assert found.is_sound
    assert "it is at commit 1 of 2" in found.findings[0].message


def test_a_commit_that_adds_what_is_there_is_told(data, look):
    log, store = Log.open(data / "log"), EmbeddedStore(data / "store")
    again = entry(2, Change(additions=frozenset({BY_RULE})))
    log.append(again)
    store.apply(again.change, sequence=2)
    log.close()
    store.close()
    found = look()
    assert found.is_sound
    assert "commit 2 adds again" in found.findings[0].message


def test_an_index_that_lacks_a_quad_is_found(look, monkeypatch):
    real = EmbeddedStore.look_up

    def forgetful(self, *pattern, **graph):
        found = list(real(self, *pattern, **graph))
        is_by_object = len(pattern) > 2 and pattern[2] and not pattern[3]
        return iter(found[1:] if is_by_object else found)

    monkeypatch.setattr(EmbeddedStore, "look_up", forgetful)
    found = look()
    assert damaged(found) == {"the indexes"}
    assert "by object" in found.findings[0].message


def test_a_graph_that_does_not_conform_is_found(data):
    result = Result(
        focus_node=PLACE,
        path=None,
        value=None,
        shape=expand("shape:Place"),
        component=SH.MinCountConstraintComponent,
        severity=Severity.VIOLATION,
        message="A place has a name.",
    )
    found = examine(
        Settings(data=data),
        lambda: held_to(lambda _triples, **_: (result,)),
        progress=silent,
    )
    assert damaged(found) == {"the shapes"}
    assert "1 violation" in found.findings[0].message


def test_a_pointer_to_no_checkpoint_is_found(data, look):
    shutil.rmtree(data / "checkpoints")
    assert damaged(look()) == {"the checkpoints"}


def test_what_nobody_needs_is_told_and_is_no_damage(data, look):
    checkpoints = data / "checkpoints"
    (checkpoints / "00000099").mkdir()
    (checkpoints / "00000098.lease").touch()
    found = look()
    assert found.is_sound
    names = {one.message.split()[2] for one in found.findings}
    assert names == {"00000099", "00000098.lease"}
    number, held = Generations(data).open()
    assert held.sequence == number
    assert not any(f"{number:08}" in one.message for one in look().findings)


def test_beside_a_server_what_it_published_is_looked_at(data, look):
    store = EmbeddedStore(data / "store")
    found = look()
    store.close()
    assert found.is_sound
    assert "held by another process" in found.findings[0].message
    assert LogReader.open(data / "log").last == 1


def test_without_a_store_the_published_state_is_looked_at(data, look):
    shutil.rmtree(data / "store")
    assert look().is_sound


def test_a_store_that_cannot_be_opened_is_found(data, look):
    (data / "store" / "CURRENT").write_text("nothing")
    found = look()
    assert damaged(found) == {"the store"}
    assert "made anew from the log" in found.findings[0].hint


def test_the_command_tells_what_is_damaged_and_ends_with_1(data, monkeypatch, capsys):
    monkeypatch.setenv("MILGRAPH_DATA", str(data))
    shutil.rmtree(data / "log")
    monkeypatch.setattr(sys, "argv", ["milgraph", "doctor"])
    with pytest.raises(SystemExit) as end:
        main()
    told = capsys.readouterr().out
    assert end.value.code == 1
    assert "the log: sound" in told
    assert "damaged: it has 1 commits, and the log 0" in told
