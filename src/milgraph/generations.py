"""Generations: the committed states on disk that readers open, and who still reads one."""

import fcntl
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

from milgraph.errors import StoreError
from milgraph.store import Snapshot
from milgraph.store.interface import Committed

__all__ = ["Generations", "Reader"]

_POINTER = "generation"
_ATTEMPTS = 10


class _Lease:
    """A shared lock on a file, held until nothing refers to it any more."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def __del__(self) -> None:
        os.close(self._descriptor)


class Generations:
    """The committed states that readers open: one folder each, and a pointer to the last.

    A reader holds a shared lock on its checkpoint for as long as it has it open, so
    that whoever publishes the next one can tell which folders nobody needs.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / "checkpoints"
        self._pointer = data / _POINTER
        self._pointer_name = str(self._pointer)

    @property
    def current(self) -> int:
        """The number of the last published generation; 0 before the first."""
        try:
            return int(self._pointer.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0

    def publish(self, store: Committed) -> int:
        """Make the committed state the one that readers open; return its number."""
        number = store.sequence
        path = self.path(number)
        # What a killed process left half made is nobody's: the pointer never named it.
        if path.exists() and self.current != number:
            shutil.rmtree(path)
        if not path.exists():
            store.checkpoint(path)
        fresh = self._pointer.with_suffix(".new")
        with fresh.open("w", encoding="ascii") as file:
            file.write(str(number))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._pointer)
        # Until the folder is on disk too, a power cut brings the old pointer back.
        _sync(self._pointer.parent)
        self._remove_unused(number)
        return number

    @property
    def stamp(self) -> tuple[int, int] | None:
        """What tells cheaply whether the pointer is still the same file as before."""
        try:
            found = os.stat(self._pointer_name)  # noqa: PTH116 - for each query; a Path costs more
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def open(self, *, known: Mapping[str, str] | None = None) -> tuple[int, Snapshot]:
        """Return the current generation, open; its checkpoint stays as long as it does.

        `known` are the prefixes that a query need not declare: ours, unless told.

        Raises:
            StoreError: nothing was published yet.
        """
        for _ in range(_ATTEMPTS):
            number = self.current
            if not number:
                break
            lease = _Lease(self._lease_path(number))
            # Between reading the pointer and taking the lock the next generation may
            # have been published and this one removed.
            if self.path(number).is_dir():
                path = self.path(number)
                return number, Snapshot.open(path, keeping=lease, known=known)
        raise StoreError(
            f"there is no graph in {self._folder.parent} yet",
            hint="`milgraph load` builds it.",
        )

    def unneeded(self) -> list[str]:
        """Return the files that neither the pointer nor a reader needs."""
        kept = {self.path(self.current).name}
        found = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            number = path.name.partition(".")[0]
            if number in kept or not number.isdecimal():
                continue
            lease = self._lease_path(int(number))
            if not lease.exists() or not _is_locked(lease):
                found.append(path.name)
        return found

    def path(self, number: int) -> Path:
        """Return where the checkpoint of that number lies, if there is one."""
        return self._folder / f"{number:08}"

    def _lease_path(self, number: int) -> Path:
        return self._folder / f"{number:08}.lease"

    def _remove_unused(self, current: int) -> None:
        for path in self._folder.iterdir():
            if not path.name.isdecimal() or path == self.path(current):
                continue
            lease = self._lease_path(int(path.name))
            with lease.open("ab") as file, suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
                lease.unlink()


def _is_locked(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """Answers from the newest committed state, and follows it as it moves on."""

    def __init__(self, data: Path) -> None:
        """Open the current generation.

        Raises:
            StoreError: nothing was published yet.
        """
        self._generations = Generations(data)
        self._lock = Lock()
        self.generation, self._snapshot = self._generations.open()

    def snapshot(self) -> Snapshot:
        """Return the state that holds every commit acknowledged before this call.

        Whoever reads from it keeps it until the last solution is read.
        """
        with self._lock:
            if self._generations.current != self.generation:
                self.generation, self._snapshot = self._generations.open()
            return self._snapshot
