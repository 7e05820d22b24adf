"""Following: an index that is kept beside a graph that others change."""

import time
from pathlib import Path
from threading import Lock

from milgraph.changes import Change
from milgraph.errors import KnowledgeGraphError
from milgraph.generations import Reader
from milgraph.history import LogReader
from milgraph.search.index import Hit, SearchIndex
from milgraph.search.named import touched
from milgraph.store import Snapshot

__all__ = ["Searching"]

# To follow more quads than these costs more than to begin anew.
_MOST_FOLLOWED = 50_000
# While it builds, whoever else runs in the process gets a turn.
_REST = 0.0002


class Searching:
    """Answers from the newest published state of the graph in a folder.

    The index is made when it is first asked for. After a commit only the names are read
    again that the commit touched, as the log tells; the whole is made anew where the
    log does not reach back, or where more was changed than following costs.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lock = Lock()
        self._reader: Reader | None = None
        self._log: LogReader | None = None
        self._index: SearchIndex | None = None
        self.built = 0  # how often the whole was made

    def search(
        self, text: str, *, limit: int = 20, kinds: frozenset[str] = frozenset()
    ) -> tuple[int, list[Hit]]:
        """Return the generation that was searched, and what the text may name there.

        Raises:
            ParameterError: the text is empty or too long, or the limit is out of range.
            StoreError: nothing was published yet.
        """
        with self._lock:
            index = self._current()
            return index.sequence, index.search(text, limit=limit, kinds=kinds)

    def _current(self) -> SearchIndex:
        self._reader = self._reader or Reader(self._data)
        snapshot = self._reader.snapshot()
        if self._index is None:
            self._index = self._made(snapshot)
        elif self._index.sequence != snapshot.sequence:
            self._index = self._followed(self._index, snapshot)
        return self._index

    def _made(self, snapshot: Snapshot) -> SearchIndex:
        self.built += 1
        return SearchIndex.of(snapshot, pause=lambda: time.sleep(_REST))

    def _followed(self, index: SearchIndex, snapshot: Snapshot) -> SearchIndex:
        changes = self._changes(index.sequence, snapshot.sequence)
        if changes is None or index.is_worn:
            return self._made(snapshot)
        index.follow(snapshot, touched(changes, snapshot.triples))
        return index

    def _changes(self, after: int, until: int) -> list[Change] | None:
        """Return what was committed in between, unless it is too much or not known."""
        try:
            if self._log is None:
                self._log = LogReader.open(self._data / "log")
            else:
                self._log.refresh()
            if until < after or after + 1 < self._log.first:
                return None
            numbers, quads = range(after + 1, until + 1), 0
            for number in numbers:
                told = self._log.summary(number)
                quads += told.added + told.removed
                if quads > _MOST_FOLLOWED:
                    return None
            return [self._log.entry(number).change for number in numbers]
        except KnowledgeGraphError:
            return None
