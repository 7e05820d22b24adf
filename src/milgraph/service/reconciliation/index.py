"""The index: what the newest state offers, made once and kept until it is another."""

from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep, thread_time

from milgraph import graphs
from milgraph.errors import KnowledgeGraphError
from milgraph.generations import Reader
from milgraph.history import LogReader
from milgraph.iris import ARTICLES
from milgraph.reconciliation import Collection
from milgraph.store.interface import Readable
from milgraph.terms import NamedNode

__all__ = ["Index"]

# To look through more quads than these costs more than to begin anew.
_MOST_READ = 20_000
# An index that takes more of the processor than this, in seconds, is made aside, and
# not again before ten times as long has passed.
_SLOW = 2.0
_REST_FOR = 10
_LONGEST_REST = 60.0
# While it is made, whoever else runs in the process gets a turn.
_PAUSE = 0.0005


class Index:
    """The collection of the newest published state of the graph in a folder.

    It is made when it is first asked for, and anew after a commit that touched more than
    articles and occurrences: of those nothing is offered. Where that is `slow`, the one
    before is used until the new one is there.
    """

    def __init__(self, data: Path, *, slow: float = _SLOW) -> None:
        self._data = data
        self._slow = slow
        self._lock = Lock()
        self._reader: Reader | None = None
        self._log: LogReader | None = None
        self._collection: Collection | None = None
        self._seen = 0
        self._is_stale = False
        self._is_making = False
        self._cost = 0.0
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
            snapshot = self._reader.snapshot()
            newest = self._reader.generation
            if self._collection is None:
                return self._replaced(snapshot, newest)
            self._is_stale = self._is_stale or self._is_touched(newest)
            self._seen = newest
            if self._is_stale and self._cost <= self._slow:
                return self._replaced(snapshot, newest)
            if self._is_stale and not self._is_making and monotonic() >= self._until:
                self._is_making, self._is_stale = True, False
                Thread(target=self._remake, args=(snapshot,), daemon=True).start()
            return self._collection

    def _replaced(self, snapshot: Readable, generation: int) -> Collection:
        found, self._cost = _made(snapshot)
        self._collection, self._seen, self._is_stale = found, generation, False
        self.built += 1
        return found

    def _remake(self, snapshot: Readable) -> None:
        """Make it anew aside; where that fails, whoever asks next is told why."""
        try:
            found, cost = _made(snapshot)
        except KnowledgeGraphError:
            with self._lock:
                self._is_making, self._is_stale, self._cost = False, True, 0.0
            return
        with self._lock:
            self._collection, self._cost, self._is_making = found, cost, False
            self._until = monotonic() + min(_REST_FOR * cost, _LONGEST_REST)
            self.built += 1

    def _is_touched(self, newest: int) -> bool:
        """Return whether a commit since the last look changed what is offered."""
        if newest == self._seen:
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
        if newest < self._seen or self._seen + 1 < log.first:
            return True
        read = 0
        for number in range(self._seen + 1, newest + 1):
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


def _made(snapshot: Readable) -> tuple[Collection, float]:
    """Return the collection of the state, and the seconds that it took the processor."""
    begun = thread_time()
    found = Collection.of(snapshot, pause=lambda: sleep(_PAUSE))
    return found, thread_time() - begun
