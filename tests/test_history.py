"""History: every state that there was follows from what the commits changed."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milgraph import graphs
from milgraph.changes import Change
from milgraph.cli import main
from milgraph.errors import UnknownCommitError
from milgraph.history import Entry, Log, LogReader
from milgraph.history.states import dataset_at, folded, number_at, without_note
from milgraph.store import EmbeddedStore
from milgraph.terms import DefaultGraph, Literal, NamedNode, Quad

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
NAMES = [NamedNode(f"http://example.org/{name}") for name in "abc"]
POOL = [
    Quad(subject, NAMES[0], value, graph)
    for subject in NAMES
    for value in (NAMES[1], Literal("one"))
    for graph in (NAMES[2], DefaultGraph(), graphs.CHANGES)
]


def entry(number: int, change: Change) -> Entry:
    time = NOON + timedelta(hours=number)
    return Entry(number, time, "alice", "contributor", "add", "because", change)


@given(
    states=st.lists(st.frozensets(st.sampled_from(POOL)), min_size=1, max_size=12),
    at=st.data(),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_each_state_is_as_it_was_when_it_was_recorded(tmp_path_factory, states, at):
    folder = tmp_path_factory.mktemp("states")
    log, store = Log.open(folder / "log"), EmbeddedStore(folder / "store")
    before: frozenset[Quad] = frozenset()
    for number, after in enumerate(states, 1):
        one = entry(number, Change.between(before, after))
        log.append(one)
        store.apply(one.change, sequence=number, sync=False)
        before = after
    number = at.draw(st.integers(1, len(states)))
    expected = set(states[number - 1])
    assert dataset_at(log, number) == expected
    # From the other end, where the store is nearer.
    assert dataset_at(log, number, current=store) == expected
    assert set(without_note(store)) == folded(log.entries()) == set(states[-1])
    log.close()
    store.close()


@pytest.fixture
def log(tmp_path: Path) -> LogReader:
    written = Log.open(tmp_path / "log")
    for number in range(1, 4):
        quad = Quad(NAMES[0], NAMES[1], Literal(str(number)), NAMES[2])
        written.append(entry(number, Change(additions=frozenset({quad}))))
    written.close()
    return LogReader.open(tmp_path / "log")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("2", 2),
        ("2024-05-14T14:00:00Z", 2),
        ("2024-05-14T14:59", 2),
        ("2024-05-14T17:30+02:00", 3),
        ("2024-05-14", 3),
        ("2031-01-01", 3),
    ],
)
def test_a_state_is_named_by_a_number_or_by_a_time(log, written, number):
    assert number_at(log, written) == number


@pytest.mark.parametrize("written", ["2024-05-14T12:59Z", "2024-05-13", "noon", "-1"])
def test_a_time_before_the_first_commit_has_no_state(log, written):
    with pytest.raises(UnknownCommitError) as refused:
        number_at(log, written)
    assert "1 of 2024-05-14T13:00:00Z to 3 of" in refused.value.hint


@pytest.mark.parametrize("number", [0, 4])
def test_a_commit_that_is_not_there_has_no_state(log, number):
    with pytest.raises(UnknownCommitError):
        dataset_at(log, number)


def test_without_any_commit_there_is_no_state(tmp_path):
    with pytest.raises(UnknownCommitError, match="no commit 1"):
        dataset_at(LogReader.open(tmp_path), 1)


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(log, monkeypatch, capsys) -> Run:
    """Run a command on the folder with the three commits."""

    def ran(*arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("MILGRAPH_DATA", str(log.folder.parent))
        monkeypatch.setattr(sys, "argv", ["milgraph", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out + told.err

    return ran


def test_the_history_is_listed_newest_first(run):
    code, told = run("history", "--limit", "2")
    head, third, second, _, more = told.splitlines()
    assert (code, head.split()[:3]) == (0, ["commit", "when", "who"])
    assert third.split()[:4] == ["3", "2024-05-14T15:00:00Z", "alice", "add"]
    assert second.startswith("2 ")
    assert more == "2 of 3 commits."


def test_a_commit_is_shown_as_a_diff(run):
    code, told = run("history", "2")
    assert code == 0
    assert "who     alice (contributor)" in told
    assert (
        '\nhttp://example.org/c\n+ http://example.org/a http://example.org/b "2"'
        in (told)
    )


def test_the_history_is_there_for_programs(run, log):
    _, told = run("history", "--json")
    assert [commit["sequence"] for commit in json.loads(told)] == [3, 2, 1]
    _, told = run("history", "1", "--json")
    shown = json.loads(told)
    assert shown["additions"] == [str(q) for q in log.entry(1).change.additions]
    assert (shown["digest"], shown["removals"]) == (log.entry(1).digest, [])


def test_a_commit_that_is_not_there_is_wrong_usage(run):
    code, told = run("history", "4")
    assert code == 2
    assert "there is no commit 4" in told


def test_an_empty_history_says_so(run, tmp_path):
    for path in (tmp_path / "log").iterdir():
        path.unlink()
    assert run("history") == (0, "Nothing was committed yet.\n")
