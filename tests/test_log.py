"""The log: what was acknowledged is there, whole, or the log says that it is not."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milgraph import graphs
from milgraph.changes import Change
from milgraph.errors import StoreError, UnknownCommitError
from milgraph.history import Author, Entry, Log, LogReader, Role, Summary, index
from milgraph.history.records import Header
from milgraph.terms import (
    MIL,
    XSD,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Triple,
)

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
A, B, G = (NamedNode(f"http://example.org/{name}") for name in "abg")


def entry(number: int, text: str = "fact", *, size: int = 1) -> Entry:
    quads = (Quad(A, B, Literal(f"{text} {number}.{n}"), G) for n in range(size))
    return Entry(
        number,
        NOON + timedelta(minutes=number),
        "alice",
        "contributor",
        "add",
        f"reason {number}",
        Change(additions=frozenset(quads)),
        ("http://example.org/g",),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def written(folder: Path) -> Iterator[Log]:
    opened = Log.open(folder)
    yield opened
    opened.close()


def filled(folder: Path, *entries: Entry) -> Path:
    """Write the entries, close the log and return its only file."""
    opened = Log.open(folder)
    for one in entries:
        opened.append(one)
    opened.close()
    # Without the zeros that wait for the next record.
    Log.open(folder).close()
    (path,) = folder.glob("*.log")
    return path


def test_what_was_appended_is_read_again_in_order(folder, written):
    entries = [entry(number) for number in range(1, 6)]
    for one in entries:
        written.append(one)
    assert list(written.entries()) == entries
    assert list(LogReader.open(folder).entries()) == entries
    assert (written.first, written.last) == (1, 5)


def test_a_log_that_is_opened_again_goes_on_where_it_ended(folder):
    filled(folder, entry(1), entry(2))
    filled(folder, entry(3))
    assert [one.sequence for one in LogReader.open(folder).entries()] == [1, 2, 3]


def test_entries_are_found_by_number_by_time_and_backwards(written):
    for number in range(1, 6):
        written.append(entry(number))
    assert written.entry(4) == entry(4)
    assert [e.sequence for e in written.entries(2, until=4)] == [3, 4]
    assert [e.sequence for e in written.newest(2)] == [5, 4]
    assert [e.sequence for e in written.newest(9, before=3)] == [2, 1]
    assert written.entry_at(NOON + timedelta(minutes=3, seconds=59)) == entry(3)
    assert written.entry_at(NOON) is None


def test_what_is_said_of_a_commit_is_known_without_its_quads(written):
    own = Quad(graphs.CHANGES, B, A, graphs.CHANGES)
    change = Change(entry(1).change.additions, frozenset({own}))
    told = Entry(1, NOON, "bob", "editor", "undo", "it was wrong", change)
    written.append(told)
    assert list(written.summaries(5)) == [told.summary]
    assert told.summary == Summary(
        1, NOON, "bob", "editor", "undo", "it was wrong", (), 1, 0, told.digest
    )
    assert told.digest == Change(removals=change.removals).digest


def test_a_commit_that_is_not_there_is_an_error_that_says_which_are(written):
    with pytest.raises(UnknownCommitError, match="none yet"):
        written.entry(1)
    written.append(entry(1))
    with pytest.raises(UnknownCommitError, match="1 to 1"):
        written.entry(2)


def test_a_log_may_begin_with_the_commit_that_a_store_is_at(folder):
    filled(folder, entry(7), entry(8))
    reader = LogReader.open(folder)
    assert (reader.first, reader.last) == (7, 8)
    assert [one.sequence for one in reader.entries()] == [7, 8]
    with pytest.raises(UnknownCommitError):
        reader.entry(6)


def test_a_number_that_does_not_follow_is_refused(written):
    written.append(entry(1))
    for number in (1, 3):
        with pytest.raises(StoreError, match="does not follow 1"):
            written.append(entry(number))


def test_a_clock_that_goes_back_does_not_hide_a_commit(written):
    written.append(entry(5))
    early = Entry(6, NOON, "alice", "editor", "add", "", entry(6).change)
    written.append(early)
    assert written.entry_at(NOON + timedelta(minutes=5)) == early


@pytest.mark.usefixtures("written")
def test_a_second_process_cannot_write(folder):
    with pytest.raises(StoreError, match="held by another process"):
        Log.open(folder)
    program = (
        "import sys; from pathlib import Path; from milgraph.history import Log\n"
        "Log.open(Path(sys.argv[1]))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "held by another process" in other.stderr


def test_a_reader_follows_a_writer(folder, written):
    reader = LogReader.open(folder)
    assert reader.last == 0
    for number in (1, 2):
        written.append(entry(number))
        reader.refresh()
        assert list(reader.newest(1)) == [entry(number)]


def test_a_reader_follows_a_log_that_was_put_in_the_place_of_another(folder):
    filled(folder, entry(1), entry(2))
    reader = LogReader.open(folder)
    folder.rename(folder.with_name("aside"))
    reader.refresh()
    assert reader.last == 0
    filled(folder, entry(1, "other"))
    reader.refresh()
    assert list(reader.entries()) == [entry(1, "other")]


def test_a_log_of_several_files_is_one_log(folder, monkeypatch):
    monkeypatch.setattr(index, "_LONGEST", 2000)
    entries = [entry(number, size=number % 7 + 1) for number in range(1, 40)]
    opened = Log.open(folder)
    reader = LogReader.open(folder)
    for one in entries:
        opened.append(one)
        reader.refresh()
        assert reader.entry(one.sequence) == one
    opened.close()
    assert len(list(folder.glob("*.log"))) > 3
    assert list(LogReader.open(folder).entries()) == entries
    again = Log.open(folder)
    again.append(entry(40))
    again.close()
    assert LogReader.open(folder).last == 40


def test_a_file_that_is_missing_in_the_middle_is_noticed(folder, monkeypatch):
    monkeypatch.setattr(index, "_LONGEST", 1)
    opened = Log.open(folder)
    for number in range(1, 5):
        opened.append(entry(number))
    opened.close()
    for path in sorted(folder.glob("*.log"))[:-1]:
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(StoreError, match=r"record \d cannot be read"):
            Log.open(folder)
        path.write_bytes(content)
    assert LogReader.open(folder).last == 4


def test_a_torn_tail_is_dropped_wherever_it_is_cut(folder, tmp_path):
    path = filled(folder, entry(1), entry(2))
    kept = path.stat().st_size
    content = filled(folder, entry(3)).read_bytes()
    copy = tmp_path / "copy" / path.name
    copy.parent.mkdir()
    for cut in range(kept, len(content)):
        for tail in (b"", bytes(64), bytes(len(content) - cut)):
            copy.write_bytes(content[:cut] + tail)
            reader = LogReader.open(copy.parent)
            # What is cut may be zeros that the record ends in.
            whole = (content[:cut] + tail)[: len(content)] == content
            assert reader.last == (3 if whole else 2), cut
    # Each byte of the tail for itself may be what the disk did not get to write.
    for place in range(kept, len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x41
        copy.write_bytes(damaged)
        opened = Log.open(copy.parent)
        assert opened.last == 2
        opened.append(entry(3, "again"))
        opened.close()
        assert list(LogReader.open(copy.parent).entries()) == [
            entry(1),
            entry(2),
            entry(3, "again"),
        ]


def test_damage_before_a_later_record_is_an_error_that_says_where(folder):
    first, second = entry(1), entry(2)
    path = filled(folder, first, second, entry(3))
    content = path.read_bytes()
    start = Header.SIZE + len(first.encode())
    end = start + Header.SIZE + len(second.encode())
    for place in range(start, end):
        damaged = bytearray(content)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="record 2") as refused:
            list(LogReader.open(folder).entries())
        assert "restore" in refused.value.hint
        if place < start + Header.SIZE:
            with pytest.raises(StoreError, match="record 2"):
                Log.open(folder)


def test_a_block_of_zeros_in_the_middle_is_damage_and_no_end(folder):
    path = filled(folder, entry(1), entry(2), entry(3))
    content = bytearray(path.read_bytes())
    start = Header.SIZE + len(entry(1).encode())
    content[start : start + Header.SIZE] = bytes(Header.SIZE)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="record 2"):
        Log.open(folder)


def test_a_record_of_another_log_is_not_taken_for_ours(folder, tmp_path):
    path = filled(folder, entry(1), entry(2), entry(3))
    other = filled(tmp_path / "other", entry(1, "lies"), entry(2), entry(3))
    cut = Header.SIZE + len(entry(1).encode())
    other_cut = Header.SIZE + len(entry(1, "lies").encode())
    path.write_bytes(path.read_bytes()[:cut] + other.read_bytes()[other_cut:])
    with pytest.raises(StoreError, match="record 2"):
        Log.open(folder)


def test_an_entry_that_holds_a_record_is_still_one_entry(folder):
    inner = filled(folder, entry(1)).read_bytes().decode("latin-1")
    quad = Quad(A, B, Literal(inner), G)
    outer = Entry(
        2, NOON, "eve", "admin", "add", inner, Change(additions=frozenset({quad}))
    )
    filled(folder, outer)
    assert list(LogReader.open(folder).entries()) == [entry(1), outer]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a call of the system fail, after so many that succeed."""

    def fail(name: str, *, code: int, after: int = 0) -> None:
        real, calls = getattr(os, name), iter(range(10**9))

        def called(*arguments: object) -> object:
            if next(calls) >= after:
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        monkeypatch.setattr(os, name, called)

    return fail


@pytest.mark.parametrize("after", [0, 1])
def test_a_full_disk_leaves_the_log_as_it_was(
    folder, written, failing, monkeypatch, after
):
    written.append(entry(1))
    with monkeypatch.context():
        failing("pwrite", code=errno.ENOSPC, after=after)
        with pytest.raises(StoreError, match="No space left"):
            written.append(entry(2))
        monkeypatch.undo()
    assert LogReader.open(folder).last == 1
    written.append(entry(2, "again"))
    assert list(LogReader.open(folder).entries()) == [entry(1), entry(2, "again")]


def test_after_a_failed_sync_nothing_is_written_until_the_log_is_opened_again(
    folder, failing, monkeypatch
):
    filled(folder, entry(1))
    opened = Log.open(folder)
    with monkeypatch.context():
        failing("fdatasync", code=errno.EIO)
        with pytest.raises(StoreError, match="Input/output error"):
            opened.append(entry(2))
        monkeypatch.undo()
    with pytest.raises(StoreError, match="opened again"):
        opened.append(entry(2))
    opened.close()
    filled(folder, entry(2, "again"))
    assert LogReader.open(folder).entry(2) == entry(2, "again")


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_log import entry
from milgraph.errors import StoreError
from milgraph.history import Log
log = Log.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
done = refused = 0
for number in range(1, 400):
    try:
        log.append(entry(log.last + 1, size=number % 30 + 1))
        done += 1
    except StoreError:
        refused += 1
print(done, refused)
"""


def test_a_file_that_may_not_grow_loses_no_commit_that_was_made(folder):
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    done, refused = map(int, ran.stdout.split())
    assert done > 20
    assert refused > 20
    numbers = [one.sequence for one in LogReader.open(folder).entries()]
    assert numbers == list(range(1, done + 1))


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_log import entry
from milgraph.history import Log
log = Log.open(Path(sys.argv[1]))
while True:
    log.append(entry(log.last + 1, size=log.last % 40 + 1))
    print(log.last, flush=True)
"""


def test_a_process_that_is_killed_has_lost_nothing_that_it_told_of(folder):
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            told = [process.stdout.readline() for _ in range(7)]
            process.kill()
            told += process.stdout.readlines()
        acknowledged = max(int(line) for line in told if line.endswith("\n"))
        reader = LogReader.open(folder)
        numbers = [one.sequence for one in reader.entries()]
        assert numbers == list(range(1, reader.last + 1))
        assert reader.last >= acknowledged


# Every text that can be stored: surrogates alone cannot be UTF-8.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
iris = st.sampled_from(
    [A, B, G, MIL.Exercise, NamedNode("http://münchen.example/ü?é=%20#ü")]
)
literals = st.one_of(
    texts.map(Literal),
    st.builds(
        lambda text, tag: Literal(text, language=tag),
        texts,
        st.sampled_from(["en", "en-gb", "zh-hans", "ar"]),
    ),
    texts.map(lambda text: Literal(text, datatype=XSD.integer)),
    texts.map(lambda text: Literal(text, datatype=A)),
)
triples = st.builds(Triple, iris, iris, st.one_of(iris, literals))
quads = st.builds(
    Quad,
    iris,
    iris,
    st.one_of(iris, literals, triples),
    st.one_of(iris, st.just(DefaultGraph()), st.just(graphs.CHANGES)),
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    removals = draw(st.frozensets(quads, max_size=40))
    additions = draw(st.frozensets(quads, max_size=40))
    return Change(removals - additions, additions - removals)


@given(
    change=changes(),
    agent=st.text(max_size=20),
    reason=st.text(max_size=200),
    time=st.datetimes(timezones=st.timezones()),
)
def test_every_entry_comes_back_as_it_was(change, agent, reason, time):
    told = Entry(3, time, agent, "admin", "http", reason, change, ("a", "b"))
    again = Entry.decode(told.encode())
    assert again == told
    assert again.encode() == told.encode()
    assert Summary.decode(told.encode().partition(b"\n")[0]) == told.summary


def test_a_large_entry_is_packed():
    large = entry(1, size=2000)
    assert len(large.encode()) * 5 < sum(len(str(q)) for q in large.change.additions)
    assert Entry.decode(large.encode()) == large


@pytest.mark.parametrize("content", [b"", b"[]\n", b"{}\n", b'{"sequence": 1}\n<a'])
def test_what_is_no_entry_is_refused(content):
    with pytest.raises(StoreError, match="log"):
        Entry.decode(content)


def test_roles_are_ordered_and_found_by_name():
    assert Role.CONTRIBUTOR < Role.EDITOR < Role.ADMIN
    assert [Role.of(role.label) for role in Role] == list(Role)
    with pytest.raises(ValueError, match="contributor, editor, admin"):
        Role.of("owner")
    with pytest.raises(ValueError, match="name"):
        Author("", Role.ADMIN, "add")


@pytest.mark.parametrize(
    ("number", "time"),
    [(0, NOON), (1, datetime(2024, 5, 14))],  # noqa: DTZ001
)
def test_an_entry_has_a_number_and_a_time_that_all_read_alike(number, time):
    with pytest.raises(ValueError, match="is not"):
        Entry(number, time, "alice", "editor", "add", "", Change())
