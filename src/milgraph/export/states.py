"""States: the dataset as it was after an earlier commit."""

from milgraph.generations import Reader
from milgraph.history import LogReader
from milgraph.history.states import dataset_at, number_at
from milgraph.store import Snapshot

__all__ = ["state_at"]


def state_at(reader: Reader, log: LogReader, written: str) -> Snapshot:
    """Return the dataset as it was after a commit, named by its number or by a time.

    Raises:
        UnknownCommitError: there was none by then.
        StoreError: a record of the log is damaged.
    """
    number = number_at(log, written)
    return Snapshot.of(dataset_at(log, number, current=reader.snapshot()))
