"""The journal says what was asked, one line each, and never keeps a request waiting."""

import json
import os
import re
import time
from hashlib import sha256
from pathlib import Path

import pytest

from milgraph.errors import SettingsError
from milgraph.service import journal as module
from milgraph.service.journal import Entry, Journal, one_line
from milgraph.settings import Settings


def entry(**given: object) -> Entry:
    asked = {"client": "192.0.2.1", "method": "GET", "path": "/sparql"}
    return Entry(**{**asked, "status": 200, "seconds": 0.0125, "size": 42, **given})


def journal(path: Path | str | None, slow: float = 5.0) -> Journal:
    log = None if path is None else str(path)
    return Journal(Settings(data=Path("nowhere"), access_log=log, slow_query=slow))


def written(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture
def started(monkeypatch):
    """Journals that are started outside of a loop, and closed at the end."""
    made = []
    monkeypatch.setattr(Journal, "has_file", False)

    def start(path: Path | str | None, slow: float = 5.0) -> Journal:
        found = journal(path, slow)
        found.start()
        made.append(found)
        return found

    yield start
    for one in made:
        one.close()


def test_a_request_is_one_line_with_what_is_known_of_it(tmp_path, started):
    log = tmp_path / "access.log"
    kept = started(log)
    query = "SELECT ?s { ?s ?p 'ж' }"
    kept.enter(entry(query=query, form="json", rows=3, generation=9, outcome="cached"))
    kept.enter(entry(path="/health", size=20))
    kept.close()
    first, second = written(log)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {
        "client": "192.0.2.1",
        "method": "GET",
        "path": "/sparql",
        "status": 200,
        "query": sha256(query.encode()).hexdigest()[:16],
        "form": "json",
        "ms": 12.5,
        "rows": 3,
        "bytes": 42,
        "outcome": "cached",
        "generation": 9,
    }
    assert second.keys() == {
        *("time", "client", "method", "path", "status", "ms", "bytes", "outcome")
    }


def test_nothing_that_a_client_sends_makes_a_line_of_its_own(tmp_path, started):
    log = tmp_path / "access.log"
    kept = started(log)
    hostile = '/a"}\r\n{"status":200}\x1b[2J\u2028\u202e\x85\x00\udcff' + "x" * 9999
    kept.enter(entry(path=hostile, method="GET\n" * 100, client="\n", query="\ud800"))
    kept.close()
    content = log.read_bytes()
    assert content.count(b"\n") == 1
    assert all(0x20 <= byte < 0x7F for byte in content[:-1])
    (line,) = written(log)
    assert line["path"] == hostile[:2048]
    assert len(line["method"]) == 16


def test_the_log_is_appended_to_and_for_its_user_and_group_only(tmp_path, started):
    log = tmp_path / "access.log"
    log.write_text('{"before": true}\n')
    kept = started(log)
    kept.enter(entry())
    kept.close()
    assert len(written(log)) == 2
    new = tmp_path / "new.log"
    started(new).close()
    assert not new.stat().st_mode & 0o007


def test_a_log_that_cannot_be_opened_is_a_wrong_setting(tmp_path):
    with pytest.raises(SettingsError, match="cannot be opened") as refused:
        journal(tmp_path / "missing" / "access.log")
    assert "MILGRAPH_ACCESS_LOG" in refused.value.hint


def test_entries_are_written_soon_without_being_closed(tmp_path, started):
    log = tmp_path / "access.log"
    kept = started(log)
    kept.enter(entry())
    deadline = time.monotonic() + 10
    while not written(log) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(written(log)) == 1


def test_no_entry_is_lost_between_two_batches(tmp_path, started):
    log = tmp_path / "access.log"
    kept = started(log)
    for number in range(5000):
        kept.enter(entry(size=number))
        if number % 100 == 0:
            time.sleep(0.001)
    kept.close()
    assert [line["bytes"] for line in written(log)] == list(range(5000))


def test_a_log_that_was_moved_away_is_begun_again(tmp_path):
    log, old = tmp_path / "access.log", tmp_path / "access.log.1"
    kept = journal(log)
    kept.enter(entry(size=1))
    kept._write()
    log.rename(old)
    kept.enter(entry(size=2))
    kept._write()
    assert [line["bytes"] for line in written(old)] == [1, 2]
    kept.reopen()
    kept.enter(entry(size=3))
    kept._write()
    assert [line["bytes"] for line in written(old)] == [1, 2]
    assert [line["bytes"] for line in written(log)] == [3]


def test_a_log_that_cannot_be_begun_again_is_told_and_the_old_one_goes_on(
    tmp_path, capfd
):
    folder = tmp_path / "logs"
    folder.mkdir()
    kept = journal(folder / "access.log")
    moved = folder.rename(tmp_path / "moved")
    kept.reopen()
    kept.enter(entry(size=1))
    kept._write()
    assert "cannot be reopened" in capfd.readouterr().err
    assert [line["bytes"] for line in written(moved / "access.log")] == [1]


def test_what_a_disk_that_stands_still_costs_is_entries_and_they_are_counted(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "_MOST_ENTRIES", 10)
    log = tmp_path / "access.log"
    kept = journal(log)
    for _ in range(25):
        kept.enter(entry())
    assert (len(kept._waiting), kept.dropped) == (10, 15)
    kept._write()
    *lines, told = written(log)
    assert (len(lines), told["dropped"]) == (10, 15)
    kept.enter(entry())
    kept._write()
    assert len(written(log)) == 12, "it is told once"


def test_long_queries_that_wait_are_bounded_by_their_length(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHARACTERS", 1000)
    kept = journal(tmp_path / "access.log")
    for _ in range(10):
        kept.enter(entry(query="x" * 300))
    assert (len(kept._waiting), kept.dropped) == (3, 7)
    kept._write()
    kept.enter(entry(query="x" * 300))
    assert len(kept._waiting) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full of Linux")
def test_a_full_disk_is_counted_and_does_not_end_the_journal():
    kept = journal("/dev/full")
    for _ in range(3):
        kept.enter(entry())
    kept._write()
    assert kept.dropped == 3
    kept.enter(entry())
    kept._write()
    assert kept.dropped == 4


def test_a_reader_of_the_log_that_stands_still_does_not_keep_the_server(
    tmp_path, started
):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    kept = started(fifo)
    begun = time.monotonic()
    for _ in range(20_000):
        kept.enter(entry(path="/x" * 500))
    assert kept.dropped > 0
    kept.close(seconds=0.2)
    assert time.monotonic() - begun < 5
    os.close(end)


def test_without_a_log_only_slow_queries_are_told(capfd, started):
    kept = started(None, slow=1.0)
    assert not kept.wants(0.5)
    assert kept.wants(1.5)
    slow = "SELECT *\nWHERE { ?s ?p '\x1b[31m\u202e' }" + " " * 50 + "x" * 500
    kept.enter(entry(query="ASK {}", seconds=0.5))
    kept.enter(entry(query=slow, seconds=12.34, outcome="time", generation=4))
    kept.enter(entry(path="/upload", seconds=99))
    kept.close()
    (line,) = capfd.readouterr().err.splitlines()
    digest = sha256(slow.encode()).hexdigest()[:16]
    begin = f"milgraph: slow query {digest}: 12.3 s, time, generation 4: SELECT * WHERE"
    assert line.startswith(begin)
    assert line.isprintable()
    assert line.isascii()


def test_a_query_is_shortened_to_one_line():
    assert one_line("ASK  {\n\t?s\r\n?p ?o }") == "ASK { ?s ?p ?o }"
    assert len(one_line("x" * 1_000_000)) == 300
    assert one_line("abcdef", 5) == "ab..."
    assert one_line("a\x00b\u2028c\ud800") == "a\\x00b c\\ud800"
    assert one_line("Чёрное море") == "Чёрное море"


def test_an_entry_that_nobody_wants_costs_next_to_nothing():
    kept = journal(None)
    unwanted = entry(query="ASK {}", seconds=0.1)
    begun = time.process_time()
    for _ in range(10_000):
        kept.enter(unwanted)
    assert (time.process_time() - begun) / 10_000 < 10e-6
    assert kept._waiting == []
