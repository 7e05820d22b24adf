"""Generations: a reader sees every commit before its question, and keeps what it has open."""

import subprocess
import sys
from pathlib import Path

import pytest

from milgraph.changes import Change
from milgraph.errors import StoreError
from milgraph.generations import Generations, Reader
from milgraph.store import EmbeddedStore, Snapshot
from milgraph.terms import Literal, NamedNode, Quad

A, B, G = (NamedNode(f"http://example.org/{name}") for name in "abg")


def commit(data: Path, number: int) -> None:
    """Replace the one fact by the number, and publish."""
    store = EmbeddedStore(data / "store")
    before = frozenset(store.match(A))
    store.apply(Change(before, frozenset({fact(number)})), sequence=number)
    Generations(data).publish(store)
    store.close()


def fact(number: int) -> Quad:
    return Quad(A, B, Literal(str(number)), G)


def facts(dataset: Snapshot) -> set[Quad]:
    return set(dataset.match(A))


def checkpoints(data: Path) -> set[str]:
    return {path.name for path in (data / "checkpoints").iterdir()}


def test_before_the_first_commit_there_is_nothing_to_read(tmp_path):
    assert Generations(tmp_path).current == 0
    with pytest.raises(StoreError, match="there is no graph") as caught:
        Reader(tmp_path)
    assert "milgraph load" in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_every_commit_that_was_made_before_it_asks(tmp_path):
    commit(tmp_path, 1)
    reader = Reader(tmp_path)
    for number in (2, 3):
        commit(tmp_path, number)
        assert facts(reader.snapshot()) == {fact(number)}
        assert reader.generation == number


def test_a_state_that_is_being_read_stays_as_it_was_until_it_is_let_go(tmp_path):
    commit(tmp_path, 1)
    reader = Reader(tmp_path)
    held = reader.snapshot()
    rows = iter(held.match())
    commit(tmp_path, 2)
    commit(tmp_path, 3)
    assert facts(reader.snapshot()) == {fact(3)}
    assert facts(held) == {fact(1)}
    assert "00000001" in checkpoints(tmp_path)
    assert fact(1) in set(rows)
    del held, rows
    commit(tmp_path, 4)
    assert checkpoints(tmp_path) - {"00000003", "00000003.lease"} <= {
        "00000004",
        "00000004.lease",
    }


def test_what_nobody_reads_is_removed(tmp_path):
    for number in range(1, 6):
        commit(tmp_path, number)
    assert checkpoints(tmp_path) == {"00000005"}


def test_publishing_a_state_again_changes_nothing(tmp_path):
    commit(tmp_path, 1)
    store = EmbeddedStore(tmp_path / "store")
    assert Generations(tmp_path).publish(store) == 1
    store.close()
    assert checkpoints(tmp_path) == {"00000001"}


def test_what_a_killed_publisher_left_is_not_taken_for_a_checkpoint(tmp_path):
    commit(tmp_path, 1)
    left = tmp_path / "checkpoints" / "00000002"
    left.mkdir()
    (left / "half").write_text("a checkpoint")
    (tmp_path / "checkpoints" / "notes").write_text("not ours")
    commit(tmp_path, 2)
    assert facts(Reader(tmp_path).snapshot()) == {fact(2)}
    commit(tmp_path, 3)
    assert checkpoints(tmp_path) == {"00000003", "notes"}


def test_a_pointer_to_a_checkpoint_that_is_gone_is_an_error_and_no_endless_wait(
    tmp_path,
):
    commit(tmp_path, 1)
    (tmp_path / "generation").write_text("7")
    with pytest.raises(StoreError, match="there is no graph"):
        Reader(tmp_path)


HOLD = """
import sys; from pathlib import Path; from milgraph.generations import Reader
held = Reader(Path(sys.argv[1])).snapshot()
print("open", flush=True)
sys.stdin.readline()
print(len(list(held.match())), flush=True)
"""


def test_a_reader_in_another_process_keeps_its_state_too(tmp_path):
    commit(tmp_path, 1)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "open\n"
        commit(tmp_path, 2)
        commit(tmp_path, 3)
        assert "00000001" in checkpoints(tmp_path)
        assert "00000002" not in checkpoints(tmp_path)
        other.stdin.write("go on\n")
        other.stdin.flush()
        assert int(other.stdout.readline()) == 2  # The fact and the sequence number.
    commit(tmp_path, 4)
    assert checkpoints(tmp_path) == {"00000004"}


READ_ALWAYS = """
import sys; from pathlib import Path; from milgraph.generations import Reader
from milgraph.terms import NamedNode
reader = Reader(Path(sys.argv[1])); seen = 0
print("open", flush=True)
while seen < int(sys.argv[2]):
    (quad,) = reader.snapshot().match(NamedNode("http://example.org/a"))
    number = int(quad.object.value)
    assert number >= seen, (number, seen)
    seen = number
print("done", flush=True)
"""


def test_readers_in_other_processes_follow_a_writer_and_never_see_less(tmp_path):
    commit(tmp_path, 1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READ_ALWAYS, str(tmp_path), "25"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [reader.stdout.readline() for reader in readers] == ["open\n"] * 2
    for number in range(2, 26):
        commit(tmp_path, number)
    assert [reader.communicate(timeout=60)[0] for reader in readers] == ["done\n"] * 2
    commit(tmp_path, 26)
    assert checkpoints(tmp_path) == {"00000026"}
