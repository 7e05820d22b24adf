"""Archive: a backup is whole, stands for itself, and is the graph again when restored."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from milgraph.archive import backup, restore, verify
from milgraph.changes import Change
from milgraph.errors import StoreError
from milgraph.generations import Generations
from milgraph.history import Entry, Log, LogReader, index
from milgraph.history.states import folded, without_note
from milgraph.store import EmbeddedStore
from milgraph.terms import Literal, NamedNode, Quad

A, B, G = (NamedNode(f"http://example.org/{name}") for name in "abg")


class Graph:
    """A folder that is written as the gate writes it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.store = EmbeddedStore(data / "store")
        self.log = Log.open(data / "log")

    def commit(self, *, publish: bool = True) -> None:
        number = self.log.last + 1
        quads = frozenset(Quad(A, B, Literal(f"{number}.{n}"), G) for n in range(20))
        now = datetime.now(UTC)
        change = Change(additions=quads)
        entry = Entry(number, now, "alice", "editor", "add", "", change)
        self.log.append(entry)
        self.store.apply(change, sequence=number, sync=False)
        if publish:
            Generations(self.data).publish(self.store)

    def close(self) -> None:
        self.log.close()
        self.store.close()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Graph]:
    graph = Graph(tmp_path / "live")
    for _ in range(3):
        graph.commit()
    yield graph
    graph.close()


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def state(data: Path) -> tuple[int, set[Quad]]:
    number, snapshot = Generations(data).open()
    return number, set(without_note(snapshot))


def test_a_restored_backup_is_the_graph_that_was(live, tmp_path):
    made = backup(live.data, tmp_path / "backup")
    restored, aside = restore(tmp_path / "backup", tmp_path / "new")
    assert (restored, made.last, made.checkpoint, aside) == (made, 3, 3, None)
    assert state(tmp_path / "new") == state(live.data)
    log = LogReader.open(tmp_path / "new" / "log")
    assert list(log.entries()) == list(live.log.entries())


def test_what_is_committed_later_does_not_change_a_backup(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    before = content(tmp_path / "backup")
    for _ in range(5):
        live.commit()
    assert content(tmp_path / "backup") == before
    assert verify(tmp_path / "backup").last == 3
    assert content(tmp_path / "backup") == before


def test_what_is_committed_after_restoring_does_not_change_the_backup(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    before = content(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new")
    graph = Graph(tmp_path / "new")
    for _ in range(5):
        graph.commit()
    assert graph.log.last == 8
    graph.close()
    assert content(tmp_path / "backup") == before
    assert live.log.last == 3


def test_files_that_are_finished_are_linked_and_the_last_is_not(
    live, tmp_path, monkeypatch
):
    monkeypatch.setattr(index, "_LONGEST", 4000)
    for _ in range(40):
        live.commit(publish=False)
    Generations(live.data).publish(live.store)
    backup(live.data, tmp_path / "backup")
    links = {
        path.name: path.stat().st_nlink
        for path in sorted((tmp_path / "backup" / "log").iterdir())
    }
    *finished, last = links.values()
    assert len(finished) > 1
    assert set(finished) == {2}
    assert last == 1
    tables = list((tmp_path / "backup" / "store").glob("*.sst"))
    assert tables
    assert all(path.stat().st_nlink >= 2 for path in tables)


def test_commits_that_are_not_published_yet_are_in_the_backup(live, tmp_path):
    live.commit(publish=False)
    made = backup(live.data, tmp_path / "backup")
    assert (made.last, made.checkpoint) == (4, 3)
    restore(tmp_path / "backup", tmp_path / "new")
    assert LogReader.open(tmp_path / "new" / "log").last == 4


def test_backups_beside_a_writer_hold_whole_commits(live, tmp_path):
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            live.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backup(live.data, tmp_path / f"backup-{n}") for n in range(12)]
    finally:
        done.set()
        writer.join()
    assert made[-1].last > made[0].last
    for number, told in enumerate(made):
        folder = tmp_path / f"backup-{number}"
        assert verify(folder) == told
        assert [e.sequence for e in LogReader.open(folder / "log").entries()] == [
            *range(1, told.last + 1)
        ]


def test_a_backup_is_never_written_over_something(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    with pytest.raises(StoreError, match="not an empty folder"):
        backup(live.data, tmp_path / "backup")
    (tmp_path / "empty").mkdir()
    assert backup(live.data, tmp_path / "empty").last == 3


def test_without_a_graph_there_is_nothing_to_back_up(tmp_path):
    with pytest.raises(StoreError, match="no graph"):
        backup(tmp_path / "none", tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_graph_that_is_there_is_put_aside_only_where_that_is_wanted(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    live.commit()
    with pytest.raises(StoreError, match="holds a graph already"):
        restore(tmp_path / "backup", live.data)
    with pytest.raises(StoreError, match="held by another process"):
        restore(tmp_path / "backup", live.data, force=True)
    before = state(live.data)
    live.close()
    _, aside = restore(tmp_path / "backup", live.data, force=True)
    assert state(live.data)[0] == 3
    assert aside is not None
    assert state(aside) == before
    live.__init__(live.data)


def test_what_was_restored_to_before_and_broken_off_is_no_hindrance(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    (tmp_path / "new" / "restored" / "store").mkdir(parents=True)
    restore(tmp_path / "backup", tmp_path / "new")
    assert state(tmp_path / "new")[0] == 3


def test_a_plain_dataset_is_not_mixed_with_a_graph(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    (tmp_path / "new" / "plain").mkdir(parents=True)
    with pytest.raises(StoreError, match="plain dataset"):
        restore(tmp_path / "backup", tmp_path / "new")


@pytest.mark.parametrize("what", ["log", "table", "manifest", "missing", "other"])
def test_a_damaged_backup_is_not_restored(live, tmp_path, what):
    folder = tmp_path / "backup"
    backup(live.data, folder)
    if what == "log":
        (path,) = (folder / "log").glob("*.log")
        _flip(path, 150)
    elif what == "table":
        for path in (folder / "store").glob("*.sst"):
            # A copy, so that the damage is not that of the linked file as well.
            damaged = path.read_bytes()
            path.unlink()
            path.write_bytes(damaged)
            _flip(path, 10)
    elif what == "manifest":
        (folder / "backup.json").write_text("{}")
    elif what == "missing":
        next((folder / "log").glob("*.log")).unlink()
    else:
        told = json.loads((folder / "backup.json").read_text())
        (folder / "backup.json").write_text(json.dumps({**told, "checkpoint": 2}))
    with pytest.raises(StoreError):
        restore(folder, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x41
    path.write_bytes(content)


def test_a_backup_of_another_version_says_so(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    manifest = tmp_path / "backup" / "backup.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**told, "format": 99}))
    with pytest.raises(StoreError, match="another version"):
        verify(tmp_path / "backup")


def test_the_states_of_a_backup_follow_from_its_log(live, tmp_path):
    backup(live.data, tmp_path / "backup")
    log = LogReader.open(tmp_path / "backup" / "log")
    assert folded(log.entries()) == state(live.data)[1]
