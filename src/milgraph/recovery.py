"""Recovery: a store brought up to what its log says."""

from milgraph.errors import StoreError
from milgraph.history import LogReader
from milgraph.store import EmbeddedStore

__all__ = ["replay"]


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
