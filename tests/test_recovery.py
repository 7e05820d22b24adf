"""Recovery: what the store could not take, or has not taken yet, is lost to nobody."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from milgraph import graphs
from milgraph.bulk import load
from milgraph.changes import Change, Lines
from milgraph.errors import StoreError
from milgraph.gate import Gate
from milgraph.history import Author, Log, LogReader, Role
from milgraph.iris import ARTICLES
from milgraph.standards import Standards
from milgraph.store import EmbeddedStore
from milgraph.syntax import Source
from milgraph.terms import MIL, RDF, RDFS, Literal, NamedNode, Quad, expand

EDITOR = Author("ada", Role.EDITOR, "http", "because")
ONE = NamedNode(ARTICLES + "one")
Facts = Callable[[Gate], frozenset[Quad]]
Tell = Callable[..., Source]
BODY = """
    <#drill> mil:hasParticipation <#p> .
    <#p> mil:participant actor:north-air ; mil:role role:principal .
"""
RELABEL = f"""
    PREFIX one: <{ONE.value}#>
    DELETE DATA {{ GRAPH one:claim-1 {{ one:drill rdfs:label "A drill"@en }} }} ;
    INSERT DATA {{ GRAPH one:claim-1 {{ one:drill rdfs:label "One drill"@en }} }}"""


# A store that fails


class Failing(EmbeddedStore):
    """A store that does not take the next changes, as when the disk is full, or waits."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.failures = 0
        self.may_take = Event()
        self.may_take.set()

    def apply(
        self,
        change: Change,
        *,
        sequence: int,
        sync: bool = True,
        lines: Lines | None = None,
    ) -> None:
        assert self.may_take.wait(60)
        if self.failures:
            self.failures -= 1
            raise OSError("No space left on device")
        super().apply(change, sequence=sequence, sync=sync, lines=lines)


@contextmanager
def opened(data: Path, standards: Standards) -> Iterator[tuple[Gate, Failing]]:
    store = Failing(data / "store")
    with closing(Gate(data, store, Log.open(data / "log"), standards)) as gate:
        yield gate, store


@pytest.fixture
def failing(data: Path, small_standards: Standards) -> Iterator[tuple[Gate, Failing]]:
    with opened(data, small_standards) as pair:
        yield pair


def test_a_commit_that_the_store_takes_at_the_second_try_is_made_once(
    failing: tuple[Gate, Failing], tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    gate, store = failing
    last = gate.sequence
    store.failures = 1
    assert gate.submit(tell("one"), author=EDITOR).sequence == last + 1
    assert gate.desk.present(ONE)
    assert facts(gate) == recomputed(gate)
    assert gate.submit(tell("two"), author=EDITOR).sequence == last + 2


NEXT: dict[str, Callable[[Gate, Tell], object]] = {
    "another version": lambda gate, tell: gate.submit(tell("one"), author=EDITOR),
    "a retraction": lambda gate, _: gate.retract(ONE, author=EDITOR),
    "an update": lambda gate, _: gate.update(RELABEL, author=EDITOR),
    "an undo": lambda gate, _: gate.undo(gate.sequence, author=EDITOR),
    "nothing": lambda _gate, _tell: None,
}


@pytest.mark.parametrize("name", NEXT)
def test_a_commit_that_the_store_could_not_take_is_there_for_what_comes_next(
    tell: Tell,
    facts: Facts,
    recomputed: Facts,
    data: Path,
    small_standards: Standards,
    name: str,
) -> None:
    with opened(data, small_standards) as (gate, store):
        last = gate.sequence
        store.failures = 2
        with pytest.raises(StoreError, match="is in the log"):
            gate.submit(tell("one", BODY), author=EDITOR)
        store.failures = 2
        with pytest.raises(StoreError):
            gate.checkpoint(data / "checkpoints" / "x")
        with pytest.raises(StoreError):
            gate.submit(tell("two"), author=EDITOR)
        NEXT[name](gate, tell)
        assert gate.sequence == last + (1 if name == "nothing" else 2)
        assert facts(gate) == recomputed(gate)
        after, sequence = facts(gate), gate.sequence
    with opened(data, small_standards) as (again, _):
        assert (facts(again), again.sequence) == (after, sequence)
        assert again.state.sequence == sequence


def test_a_commit_that_the_store_never_took_is_there_at_the_next_opening(
    data: Path,
    small_standards: Standards,
    tell: Tell,
    open_gate: Callable[[Path], Gate],
) -> None:
    with opened(data, small_standards) as (gate, store):
        store.failures = 2
        with pytest.raises(StoreError):
            gate.submit(tell("one"), author=EDITOR)
        last = gate.sequence
    with closing(open_gate(data)) as again:
        assert again.sequence == again.state.sequence == last
        assert again.desk.present(ONE)


def test_what_an_edit_defined_is_known_though_the_store_could_not_take_it(
    failing: tuple[Gate, Failing], tell: Tell
) -> None:
    gate, store = failing
    gulf = "GRAPH graph:reference { place:gulf a mil:SeaArea ; rdfs:label 'Gulf'@en }"
    store.failures = 2
    with pytest.raises(StoreError):
        gate.update(f"INSERT DATA {{ {gulf} }}", author=EDITOR)
    source = tell("one", "<#drill> mil:originPlace place:gulf .")
    assert gate.submit(source, author=EDITOR).sequence == gate.sequence
    assert any(gate.state.match(expand("place:gulf"), RDF["type"]))


def test_a_disk_that_is_full_is_no_fault_of_an_article(
    data: Path,
    small_standards: Standards,
    tmp_path: Path,
    tell: Tell,
    open_gate: Callable[[Path], Gate],
) -> None:
    names = ("one", "three", "two")
    folder = tmp_path / "articles"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.trig").write_bytes(tell(name).content)
    with opened(data, small_standards) as (gate, store):

        def fill(_step: str, share: float) -> None:
            if share:
                store.failures = 100

        with pytest.raises(StoreError, match="is in the log"):
            load(gate, [folder], EDITOR, batch=1, keep_going=True, progress=fill)
        made = gate.sequence - 1
    assert 0 < made < len(names)
    with closing(open_gate(data)) as again:
        assert load(again, [folder], EDITOR, batch=1).unchanged == made
        for name in names:
            assert again.desk.present(NamedNode(ARTICLES + name))


# A commit that its caller does not wait for


def test_a_commit_made_ahead_is_logged_before_the_store_has_it(
    failing: tuple[Gate, Failing], tell: Tell, data: Path
) -> None:
    gate, store = failing
    proposal = gate.desk.submission([tell("one")])
    store.may_take.clear()
    outcome = gate.commit(proposal, EDITOR, ahead=True)
    assert outcome.sequence == LogReader.open(data / "log").last
    assert store.sequence < gate.sequence
    store.may_take.set()
    assert gate.state.sequence == gate.sequence
    assert gate.desk.present(ONE)


ASKING: dict[str, Callable[[Gate, Path], object]] = {
    "the state": lambda gate, _: gate.state.sequence,
    "the desk": lambda gate, _: gate.desk,
    "a copy": lambda gate, data: gate.checkpoint(data / "checkpoints" / "x"),
    "the end": lambda gate, _: gate.close(),
}


@pytest.mark.parametrize("name", ASKING)
def test_whoever_asks_for_the_state_waits_for_what_was_made_ahead(
    tell: Tell, data: Path, small_standards: Standards, name: str
) -> None:
    store = Failing(data / "store")
    with ExitStack() as stack:
        gate = Gate(data, store, Log.open(data / "log"), small_standards)
        if name != "the end":
            stack.callback(gate.close)
        proposal = gate.desk.submission([tell("one")])
        store.may_take.clear()
        gate.commit(proposal, EDITOR, ahead=True)
        waiting = Thread(target=ASKING[name], args=(gate, data))
        waiting.start()
        waiting.join(0.3)
        is_waiting = waiting.is_alive()
        store.may_take.set()
        waiting.join(60)
        assert is_waiting
        assert not waiting.is_alive()


def test_commits_made_ahead_of_each_other_lead_where_others_lead(
    failing: tuple[Gate, Failing], tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    gate, _ = failing
    for name in ("one", "two", "three"):
        gate.commit(gate.desk.submission([tell(name)]), EDITOR, ahead=True)
    gulf, label = expand("place:gulf"), Literal("Gulf", language="en")
    described = Change(
        additions=frozenset(
            {
                Quad(gulf, RDF["type"], MIL.SeaArea, graphs.REFERENCE),
                Quad(gulf, RDFS.label, label, graphs.REFERENCE),
            }
        )
    )
    for change in (described, described.inverted(), described):
        gate.commit(gate.desk.edit(change), EDITOR, ahead=True)
        assert (gulf in gate.desk.vocabulary.names) == bool(change.additions)
    gate.commit(gate.desk.retraction(ONE), EDITOR, ahead=True)
    assert facts(gate) == recomputed(gate)
    assert gate.state.sequence == gate.sequence


def test_what_was_made_ahead_and_failed_is_told_and_made_when_it_can_be(
    failing: tuple[Gate, Failing], tell: Tell, facts: Facts, recomputed: Facts
) -> None:
    gate, store = failing
    last = gate.sequence
    store.failures = 2
    gate.commit(gate.desk.submission([tell("one")]), EDITOR, ahead=True)
    with pytest.raises(StoreError, match="is in the log"):
        gate.settle()
    assert gate.submit(tell("two"), author=EDITOR).sequence == last + 2
    assert facts(gate) == recomputed(gate)
