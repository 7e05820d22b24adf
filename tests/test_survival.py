"""Killed at any moment: every acknowledged commit is there whole, and none in part."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from milgraph import graphs
from milgraph.articles import read_article
from milgraph.dataset import NamedGraphs, in_view
from milgraph.errors import StoreError
from milgraph.gate import Gate
from milgraph.history import Log, LogReader
from milgraph.iris import ARTICLES, document_of
from milgraph.proposals import vocabulary_of
from milgraph.resources import Resources
from milgraph.staging import materialise_view
from milgraph.store import EmbeddedStore
from milgraph.terms import MIL, RDFS, Literal, NamedNode, Quad

PROGRAM = Path(__file__).with_name("survival.py")
STORE, LOG = "store", "log"


@pytest.fixture(scope="module")
def survival() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PROGRAM.parent))
        import survival  # noqa: PLC0415 - the program lies beside this file

        yield survival
        sys.modules.pop("survival")


@pytest.fixture(scope="module")
def prepared(survival: ModuleType, small_world: Resources) -> Any:
    return survival.Prepared.of(small_world)


@pytest.fixture(scope="module")
def first(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph without articles, to be copied."""
    folder = tmp_path_factory.mktemp("first") / "graph"
    prepared.open(folder).close()
    return folder


def quads_of(gate: Gate) -> frozenset[Quad]:
    return frozenset(gate.state.match()) | frozenset(gate.state.view())


def told(quads: frozenset[Quad]) -> frozenset[Quad]:
    """Return the quads without the one that only the store has, its number."""
    number = (graphs.CHANGES, MIL.sequenceNumber)
    return frozenset(q for q in quads if (q.subject, q.predicate) != number)


def left_by(log: LogReader) -> frozenset[Quad]:
    """Return what the commits of the log lead to, one after the other."""
    found: set[Quad] = set()
    for entry in log.entries():
        found -= entry.change.removals
        found |= entry.change.additions
    return frozenset(found)


@dataclass
class Victim:
    """The program, whose children are killed one after the other."""

    process: subprocess.Popen[str]
    chance: Random
    acknowledged: dict[int, str] = field(default_factory=dict)
    last: int = 1
    replayed: int = 0

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def kill_one(self, deed: str) -> list[int]:
        """Let a child live for a moment; return the commits that it acknowledged."""
        assert self.process.stdin
        self.process.stdin.write(f"{self.chance.randrange(10**9)} {deed}\n")
        self.process.stdin.flush()
        child = int(self.line().removeprefix("child "))
        seen = []
        if self.chance.random() < 0.2:
            # While it opens the graph, and makes up for what was logged only.
            time.sleep(self.chance.uniform(0, 0.6))
        else:
            heard = self.chance.randrange(1, 6)
            seen += [self.heard(self.line()) for _ in range(heard)]
            time.sleep(self.chance.uniform(0, 0.06))
        os.kill(child, signal.SIGKILL)
        # What it had written before stays in the pipe.
        while (line := self.line()) != "dead":
            seen.append(self.heard(line))
        return seen

    def heard(self, line: str) -> int:
        number, _, digest = line.partition(" ")
        self.acknowledged[int(number)] = digest
        return int(number)


@contextmanager
def victim(resources: Resources, folder: Path, seed: int) -> Iterator[Victim]:
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(resources.root), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        one = Victim(process, Random(seed))  # noqa: S311 - a fixed choice, not a secret
        assert one.line() == "ready"
        yield one
        assert process.stdin
        process.stdin.close()


def survived(
    folder: Path, prepared: Any, survival: ModuleType, one: Victim, *, whole: bool
) -> None:
    """Look at what a child has left."""
    number = EmbeddedStore(folder / STORE)
    one.replayed += number.sequence < LogReader.open(folder / LOG).last
    number.close()
    gate = prepared.open(folder)
    try:
        log = LogReader.open(folder / LOG)
        assert gate.state.sequence == gate.sequence == log.last
        # One that was on its way may be there without having been acknowledged.
        assert log.last - max(one.last, *one.acknowledged, 0) in (0, 1)
        one.last = log.last
        for sequence, digest in one.acknowledged.items():
            assert digest == log.summary(sequence).digest
        quads = quads_of(gate)
        assert told(quads) == left_by(log)
        articles_are_whole(gate, quads, survival)
        if whole:
            named = NamedGraphs.of(
                q for q in quads if isinstance(q.graph_name, NamedNode)
            )
            view = materialise_view(named, prepared.standards.axioms)
            assert set(view.named) == set(named)
            assert frozenset(gate.state.view()) == frozenset(in_view(view.triples))
    finally:
        gate.close()


def articles_are_whole(
    gate: Gate, quads: frozenset[Quad], survival: ModuleType
) -> None:
    vocabulary = vocabulary_of(gate.state)
    for number in range(survival.ARTICLES_THERE):
        name = survival.name_of(number)
        present = {
            q
            for q in quads
            if isinstance(q.graph_name, NamedNode)
            and document_of(q.graph_name) == name
            and str(q.subject).startswith(f"<{ARTICLES}")
        }
        versions = [
            q.object.value
            for q in present
            if q.subject == name
            and q.predicate == RDFS.label
            and isinstance(q.object, Literal)
        ]
        assert bool(versions) == bool(present)
        if versions:
            (version,) = versions
            source = survival.article(number, int(version))
            assert present == read_article(source, vocabulary).quads


def kill_many(
    times: int,
    folder: Path,
    prepared: Any,
    survival: ModuleType,
    *,
    seed: int,
) -> Victim:
    with victim(prepared.resources, folder, seed) as one:
        for turn in range(times):
            # The log grows with each turn, and every turn reads it whole.
            one.kill_one(survival.DEEDS[turn % len(survival.DEEDS)])
            survived(folder, prepared, survival, one, whole=turn % 10 == 9)
        assert len(one.acknowledged) > times
        return one


def test_what_is_killed_at_any_moment_keeps_what_it_acknowledged(
    first: Path, prepared: Any, survival: ModuleType, tmp_path: Path
) -> None:
    folder = shutil.copytree(first, tmp_path / "graph")
    kill_many(20, folder, prepared, survival, seed=1)


@pytest.mark.long
def test_what_is_killed_very_often_keeps_what_it_acknowledged(
    first: Path, prepared: Any, survival: ModuleType, tmp_path: Path
) -> None:
    replayed = 0
    for seed in range(8):
        folder = shutil.copytree(first, tmp_path / f"graph-{seed}")
        replayed += kill_many(30, folder, prepared, survival, seed=seed).replayed
    # Some were killed between log and store.
    assert replayed


def test_a_load_that_was_killed_goes_on_where_it_was(
    first: Path, prepared: Any, survival: ModuleType, tmp_path: Path
) -> None:
    folder = shutil.copytree(first, tmp_path / "graph")
    with victim(prepared.resources, folder, seed=5) as one:
        one.kill_one("bulk")
    files = tmp_path / "articles"
    files.mkdir()
    for number in range(survival.ARTICLES_THERE):
        source = survival.article(number, 7)
        (files / source.name).write_bytes(source.content)
    gate = prepared.open(folder)
    try:
        found = survival.bulk.load(gate, [files], survival.AUTHOR)
        assert found.articles == survival.ARTICLES_THERE
        again = survival.bulk.load(gate, [files], survival.AUTHOR)
        assert (again.articles, again.unchanged) == (0, survival.ARTICLES_THERE)
        assert not again.commits
    finally:
        gate.close()


# A log that was cut


@dataclass(frozen=True)
class Last:
    """A graph before and after its last commit, and where that begins in its log."""

    before: Path
    after: Path
    start: int
    end: int
    number: int

    @property
    def segment(self) -> Path:
        (found,) = (self.after / LOG).glob("*.log")
        return found

    def cut(self, length: int, ending: bytes = b"") -> bytes:
        return self.segment.read_bytes()[:length] + ending


@pytest.fixture(scope="module")
def last(
    first: Path,
    prepared: Any,
    survival: ModuleType,
    tmp_path_factory: pytest.TempPathFactory,
) -> Last:
    folder = tmp_path_factory.mktemp("cut")
    before, after = folder / "before", folder / "after"
    shutil.copytree(first, before)
    gate = prepared.open(before)
    gate.submit(survival.article(0, 1), survival.article(1, 1), author=survival.AUTHOR)
    gate.close()
    shutil.copytree(before, after)
    Log.open(before / LOG).close()
    (segment,) = (before / LOG).glob("*.log")
    start = segment.stat().st_size
    gate = prepared.open(after)
    gate.submit(survival.article(0, 2), author=survival.AUTHOR)
    number = gate.sequence
    gate.close()
    Log.open(after / LOG).close()
    end = (after / LOG / segment.name).stat().st_size
    return Last(before, after, start, end, number)


def logs_of(last: Last, length: int) -> Iterator[bytes]:
    """Yield what may be left of a log of which so much is on disk."""
    yield last.cut(length)
    yield last.cut(length, bytes(last.end - length + 4096))
    yield last.cut(length, b"\xa5" * (last.end - length))


def numbers_left(last: Last, folder: Path, lengths: range) -> Iterator[int]:
    """Yield the last commit of each log that is cut at one of the lengths."""
    log = shutil.copytree(last.after / LOG, folder / LOG)
    segment = log / last.segment.name
    for length in lengths:
        for content in logs_of(last, length):
            segment.write_bytes(content)
            opened = Log.open(log)
            yield opened.last
            # What is left of the torn record is never taken for one again.
            assert segment.stat().st_size == last.start
            opened.close()


@pytest.mark.parametrize(
    "step", [pytest.param(1, marks=pytest.mark.long), pytest.param(37)]
)
def test_a_log_that_is_cut_anywhere_ends_with_the_commit_before(
    last: Last, tmp_path: Path, step: int
) -> None:
    lengths = range(last.start, last.end, step)
    assert len(lengths) > 20
    assert set(numbers_left(last, tmp_path, lengths)) == {last.number - 1}


def opened_with(last: Last, state: Path, content: bytes, folder: Path) -> Path:
    """Return a folder with the store of the state and the log."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(state, folder)
    for file in (folder / LOG).glob("*.log"):
        file.unlink()
    (folder / LOG / last.segment.name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "cuts", [pytest.param(400, marks=pytest.mark.long), pytest.param(6)]
)
def test_a_graph_whose_log_is_cut_is_as_before_the_commit(
    last: Last, prepared: Any, tmp_path: Path, cuts: int
) -> None:
    step = max(1, (last.end - last.start) // cuts)
    states = {}
    for name in ("before", "after"):
        folder = shutil.copytree(getattr(last, name), tmp_path / name)
        gate = prepared.open(folder)
        states[name] = quads_of(gate)
        gate.close()
    assert states["before"] != states["after"]
    for length in range(last.start, last.end, step):
        folder = opened_with(last, last.before, last.cut(length), tmp_path / "cut")
        gate = prepared.open(folder)
        assert quads_of(gate) == states["before"]
        assert gate.sequence == last.number - 1
        gate.close()
    # Whole, it is made up for.
    folder = opened_with(last, last.before, last.cut(last.end), tmp_path / "whole")
    gate = prepared.open(folder)
    assert quads_of(gate) == states["after"]
    gate.close()


def test_a_store_that_is_ahead_of_its_log_is_not_opened(
    last: Last, prepared: Any, tmp_path: Path
) -> None:
    # The log is on disk before the store is touched: no crash leads here.
    content = last.cut(last.end - 1)
    folder = opened_with(last, last.after, content, tmp_path / "ahead")
    with pytest.raises(StoreError, match="has 3 commits, and its log 2"):
        prepared.open(folder)


@pytest.mark.parametrize("pieces", [0, 1, 2, 5])
def test_what_was_applied_in_part_is_made_whole(
    last: Last, prepared: Any, tmp_path: Path, pieces: int
) -> None:
    """A large change is applied in pieces; the number of the commit comes last."""
    folder = shutil.copytree(last.before, tmp_path / "part")
    shutil.rmtree(folder / LOG)
    shutil.copytree(last.after / LOG, folder / LOG)
    change = LogReader.open(last.after / LOG).entry(last.number).change
    store = EmbeddedStore(folder / STORE)
    removals, additions = (
        sorted(change.removals, key=str),
        sorted(change.additions, key=str),
    )
    store._update(frozenset(removals[: pieces * 3]), frozenset(additions[: pieces * 7]))
    store.close()
    gate = prepared.open(folder)
    whole = prepared.open(shutil.copytree(last.after, tmp_path / "whole"))
    assert quads_of(gate) == quads_of(whole)
    gate.close()
    whole.close()
