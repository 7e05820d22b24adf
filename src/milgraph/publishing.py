"""Publishing: what a server has committed becomes what is read beside it.

A server publishes a commit when it is next asked. Whoever reads the folder beside it
would not see what was acknowledged a moment ago, so that they ask it first.
"""

import time
from pathlib import Path
from threading import Lock

from milgraph import doorplate
from milgraph.errors import KnowledgeGraphError
from milgraph.generations import Generations
from milgraph.history import LogReader

__all__ = ["Publishing"]

_SECONDS = 5.0
# A server that has no room for a question has it soon.
_PAUSE = 0.05


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
        return doorplate.find(self._data) if self.is_behind else None

    @property
    def published(self) -> int:
        """The number of the last commit that can be read."""
        return self._generations.current

    @property
    def is_behind(self) -> bool:
        """Whether there are commits that cannot be read yet."""
        return self.committed > self.published

    @property
    def committed(self) -> int:
        """The number of the last commit of the log, as far as that can be read."""
        try:
            with self._lock:
                if self._log is None:
                    self._log = LogReader.open(self._data / "log")
                else:
                    self._log.refresh()
                return self._log.last
        except KnowledgeGraphError:
            # A log that is damaged is for the doctor to look at.
            return 0

    def follow(self) -> bool:
        """Wait until every commit of this moment can be read; return whether it can.

        Nothing is waited for where no server holds the graph, or it does not answer.
        """
        wanted, end = self.committed, time.monotonic() + _SECONDS
        while self.published < wanted:
            address, left = doorplate.find(self._data), end - time.monotonic()
            if address is None or left <= 0 or not _is_asked(address, left):
                return self.published >= wanted
            if self.published < wanted:
                time.sleep(_PAUSE)
        return True


def _is_asked(address: str, seconds: float) -> bool:
    """Ask the server something, before which it publishes; return whether it answers."""
    import httpx  # noqa: PLC0415 - slow to import, and seldom needed

    try:
        httpx.get(
            f"{address}/sparql",
            params={"query": "ASK {}"},
            timeout=seconds,
            trust_env=False,
        )
    except httpx.HTTPError:
        return False
    return True
