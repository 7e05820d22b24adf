"""Publishing: what a server has committed becomes what is read beside it.

A server publishes a commit when it is next asked. Whoever reads the folder beside it
would not see what was acknowledged a moment ago, so that they ask it first.
"""

from pathlib import Path
from threading import Lock

from milgraph import doorplate
from milgraph.errors import KnowledgeGraphError
from milgraph.generations import Generations
from milgraph.history import LogReader

__all__ = ["Publishing"]

_SECONDS = 5.0


class Publishing:
    """Asks the server that holds a graph to publish, where it has not yet."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._generations = Generations(data)
        self._lock = Lock()
        self._log: LogReader | None = None

    @property
    def address(self) -> str | None:
        """The server that holds commits which nobody else can read yet, if one does."""
        address = doorplate.find(self._data)
        if address is None:
            return None
        try:
            return address if self._committed() > self._generations.current else None
        except KnowledgeGraphError:
            # A log that is damaged is for the doctor to look at.
            return None

    def _committed(self) -> int:
        """Return the number of the last commit of the log."""
        with self._lock:
            if self._log is None:
                self._log = LogReader.open(self._data / "log")
            else:
                self._log.refresh()
            return self._log.last

    def follow(self) -> None:
        """Wait until the server has published; where it does not answer, go on."""
        address = self.address
        if address is None:
            return
        import httpx

        try:
            httpx.get(
                f"{address}/sparql",
                params={"query": "ASK {}"},
                timeout=_SECONDS,
                trust_env=False,
            )
        except httpx.HTTPError:
            return
