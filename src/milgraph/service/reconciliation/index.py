"""The index: what the newest state offers, made once and kept until it is another."""

from pathlib import Path
from threading import Lock
from time import monotonic, thread_time

from milgraph import graphs
from milgraph.errors import KnowledgeGraphError
from milgraph.generations import Reader
from milgraph.history import LogReader
from milgraph.iris import ARTICLES
from milgraph.reconciliation import Collection
from milgraph.terms import NamedNode

__all__ = ["Index"]

# To look through more quads than these costs more than to begin anew.
_MOST_READ = 20_000
# An index that takes more of the processor than this, in seconds, is kept for a while.
_SLOW = 2.0
_KEPT = 10
_LONGEST_KEPT = 60.0


class Index:
    """The collection of the newest published state of the graph in a folder.

    It is made when it is first asked for, and anew after a commit that touched more than
    articles and occurrences: of those nothing is offered.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lock = Lock()
        self._reader: Reader | None = None
        self._log: LogReader | None = None
        self._collection: Collection | None = None
        self._generation = 0
        self._until = 0.0
        self.built = 0  # how often it was made

    def collection(self) -> Collection:
        """Return what the newest state offers.

        In a graph so large that the index takes seconds, it may lag by up to a minute.

        Raises:
            StoreError: nothing was published yet.
        """
        with self._lock:
            self._reader = self._reader or Reader(self._data)
            if self._collection is not None and monotonic() < self._until:
                return self._collection
            snapshot = self._reader.snapshot()
            newest = self._reader.generation
            if self._collection is None or self._is_touched(newest):
                begun = thread_time()
                self._collection = Collection.of(snapshot)
                self.built += 1
                spent = thread_time() - begun
                if spent > _SLOW:
                    self._until = monotonic() + min(_KEPT * spent, _LONGEST_KEPT)
            self._generation = newest
            return self._collection

    def _is_touched(self, newest: int) -> bool:
        """Return whether a commit since the last look changed what is offered."""
        if newest == self._generation:
            return False
        try:
            if self._log is None:
                self._log = LogReader.open(self._data / "log")
            else:
                self._log.refresh()
            return self._changed(self._log, newest)
        except KnowledgeGraphError:
            return True

    def _changed(self, log: LogReader, newest: int) -> bool:
        if newest < self._generation or self._generation + 1 < log.first:
            return True
        read = 0
        for number in range(self._generation + 1, newest + 1):
            told = log.summary(number)
            read += told.added + told.removed
            if read > _MOST_READ:
                return True
            change = log.entry(number).change
            if any(
                _is_offered(q.graph_name) for q in change.additions | change.removals
            ):
                return True
        return False


def _is_offered(graph: object) -> bool:
    """Return whether the graph says something of what names are matched to."""
    if not isinstance(graph, NamedNode) or graph in (
        graphs.OCCURRENCES,
        graphs.CHANGES,
    ):
        return False
    return not graph.value.startswith(ARTICLES)
