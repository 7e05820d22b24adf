"""Archive: the graph and its log in a folder, made beside a running server, and put back.

A backup holds a checkpoint of the store and the log, which may go further: what it has
more is applied when the graph is opened. Files that nobody ever writes again are hard
links, so that a backup costs milliseconds and next to no space on the same file system.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from milgraph.errors import StoreError
from milgraph.generations import Generations
from milgraph.history import LogReader
from milgraph.history.log import hold
from milgraph.history.reading import link_or_copy
from milgraph.store import EmbeddedStore, Snapshot

__all__ = ["Backup", "backup", "restore", "verify"]

_FORMAT = 1
_MANIFEST, _STORE, _LOG = "backup.json", "store", "log"
# What makes a folder one that holds a graph, in the order in which it is taken away.
_GRAPH = ("generation", "checkpoints", _STORE, _LOG)
# The tables of the store; whatever else lies beside them, the engine may write to.
_NEVER_WRITTEN_AGAIN = ".sst"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself: its last commit, that of its checkpoint, and when."""

    last: int
    checkpoint: int
    made: str
    format: int = _FORMAT


def backup(data: Path, target: Path) -> Backup:
    """Put the graph of the folder, every commit made so far, into the target.

    The folder may be served and written meanwhile.

    Raises:
        StoreError: there is no graph, the target holds something, or cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreError(
            f"{target} is not an empty folder", hint="Give a folder that is not there."
        )
    # As long as the snapshot is open, nobody takes its checkpoint away.
    number, _pinned = Generations(data).open()
    log = LogReader.open(data / _LOG)
    if log.last < number:
        raise StoreError(
            f"the graph has {number} commits, and its log {log.last}",
            hint="`milgraph doctor` says more.",
        )
    made = datetime.now(UTC).isoformat(timespec="seconds")
    told = Backup(log.last, number, made)
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        _copy_store(Generations(data).path(number), part / _STORE)
        log.copy(part / _LOG)
        (part / _MANIFEST).write_text(json.dumps(asdict(told), indent=2), "utf-8")
        _sync(part)
        part.replace(target)
        _sync_one(target.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise StoreError(f"the backup cannot be written: {error}") from error
    return told


def _copy_store(checkpoint: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for path in checkpoint.iterdir():
        if path.suffix == _NEVER_WRITTEN_AGAIN:
            link_or_copy(path, target / path.name)
        else:
            shutil.copy2(path, target / path.name)


def verify(folder: Path) -> Backup:
    """Return what the backup says of itself, once it is certain that it is whole.

    Every record of the log and every quad of the checkpoint is read; both carry
    checksums. The log is what counts: a store can be made anew from it.

    Raises:
        StoreError: it is no backup, or something of it is damaged or missing.
    """
    try:
        told = Backup(**json.loads((folder / _MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{folder} holds no backup: {error}") from error
    if told.format != _FORMAT:
        raise StoreError(
            f"{folder} was made by another version of milgraph",
            hint="Restore it with the version that made it.",
        )
    log = LogReader.open(folder / _LOG)
    if log.last != told.last:
        raise _damaged(folder, f"its log ends with {log.last}, and not {told.last}")
    log.verify()
    store = Snapshot.open(folder / _STORE)
    try:
        for _ in store.look_up():
            pass
        sequence = store.sequence
    except (OSError, RuntimeError) as error:
        raise _damaged(folder, str(error)) from error
    if sequence != told.checkpoint:
        raise _damaged(folder, f"its store is of commit {sequence}")
    return told


def _damaged(folder: Path, why: str) -> StoreError:
    return StoreError(
        f"the backup {folder} is damaged: {why}", hint="Take another one."
    )


def restore(
    folder: Path, data: Path, *, force: bool = False
) -> tuple[Backup, Path | None]:
    """Make the backup the graph of the data folder; nothing of the two is shared after.

    With `force` a graph that is there is put aside, to the folder that is returned.

    Raises:
        StoreError: the backup is damaged, there is a graph already, or a process that
            writes it is running.
    """
    told = verify(folder)
    present = [data / name for name in _GRAPH if (data / name).exists()]
    if present and not force:
        raise StoreError(
            f"{data} holds a graph already",
            hint="Give another folder with --data, or --force to put that one aside.",
        )
    if (data / "plain").exists():
        raise StoreError(f"{data} holds a plain dataset", hint="Give another folder.")
    with _failing_as_one(data), _unwritten(data):
        fresh = data / "restored"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name in (_STORE, _LOG):
            shutil.copytree(folder / name, fresh / name)
        _sync(fresh)
        aside = _put_aside(data, present)
        # A log without its store is a graph, which is made anew from it; not the reverse.
        for name in (_LOG, _STORE):
            (fresh / name).replace(data / name)
        fresh.rmdir()
        _sync_one(data)
        _publish(data)
    return told, aside


def _put_aside(data: Path, present: list[Path]) -> Path | None:
    if not present:
        return None
    aside = data / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    aside.mkdir()
    for path in present:
        path.replace(aside / path.name)
    return aside


def _publish(data: Path) -> None:
    store = EmbeddedStore(data / _STORE)
    try:
        Generations(data).publish(store)
    finally:
        store.close()


@contextmanager
def _unwritten(data: Path) -> Iterator[None]:
    """See to it that nobody writes the graph that is there."""
    if not (data / _LOG).is_dir():
        yield
        return
    lock = hold(data / _LOG)
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _failing_as_one(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{data} cannot be written: {error}") from error


def _sync(folder: Path) -> None:
    """Have on disk what lies in the folder and under it; what is linked is there."""
    for path in (*folder.rglob("*"), folder):
        if path.is_dir() or path.stat().st_nlink == 1:
            _sync_one(path)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
