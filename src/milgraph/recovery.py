"""Recovery: a store that follows its log, and is brought up to what the log says."""

from concurrent.futures import Future, ThreadPoolExecutor, wait

from milgraph.errors import StoreError
from milgraph.history import Entry, Log, LogReader
from milgraph.store import EmbeddedStore

__all__ = ["Follower", "replay"]


class Follower:
    """A store that takes what is logged: at once, beside its caller, or when it can."""

    def __init__(self, log: Log, store: EmbeddedStore) -> None:
        self._log = log
        self._store = store
        self._is_behind = False
        self._beside = ThreadPoolExecutor(1, "applying")
        self._applying: Future[None] | None = None

    def take(self, entry: Entry, *, ahead: bool = False) -> None:
        """Log the entry and apply it; with `ahead`, return when it is logged.

        What the store does not take is left to `settle`.

        Raises:
            StoreError: it cannot be logged, or the store cannot take what was logged
                before; it is not made.
        """
        self.settle()
        self._log.append(entry)
        # From here on the commit is made: the log has it, and the store will.
        self._is_behind = True
        if ahead:
            self._applying = self._beside.submit(self._apply, entry)
        else:
            self._apply(entry)

    def settle(self) -> bool:
        """Wait until the store has all that is logged; return whether it had failed.

        Raises:
            StoreError: it cannot take what is logged.
        """
        if self._applying is not None:
            # Whoever breaks this off finds it still there.
            wait((self._applying,))
            applying, self._applying = self._applying, None
            applying.result()
        if not self._is_behind:
            return False
        replay(self._log, self._store)
        self._is_behind = False
        return True

    def close(self) -> None:
        """Wait for what is being applied; what failed is left to the next start."""
        self._beside.shutdown()

    def _apply(self, entry: Entry) -> None:
        try:
            self._store.apply(
                entry.change, sequence=entry.sequence, sync=False, lines=entry.lines
            )
        except (OSError, RuntimeError):
            return
        self._is_behind = False


def replay(log: LogReader, store: EmbeddedStore) -> None:
    """Apply to the store what was logged and not applied.

    Raises:
        StoreError: the store is ahead of its log, or a change cannot be applied.
    """
    if store.sequence > log.last:
        raise StoreError(
            f"the store has {store.sequence} commits, and its log {log.last}",
            hint="Restore a backup; `milgraph doctor` says more.",
        )
    for entry in log.entries(after=store.sequence):
        try:
            store.apply(entry.change, sequence=entry.sequence, sync=False)
        except (OSError, RuntimeError) as error:
            raise StoreError(
                f"commit {entry.sequence} is in the log, and the store cannot take it: "
                f"{error}",
                hint="Make room on the disk. The commit is made: the next command, or "
                "the next start, brings the store up to the log.",
            ) from error
