"""Doors: the way by which a command changes the graph, its own or that of a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from milgraph import doors
from milgraph.cli.session import Session
from milgraph.doors import Door

if TYPE_CHECKING:
    from milgraph.gate import Gate

__all__ = ["Door", "open_door"]


@contextmanager
def open_door(
    session: Session, data: Path | None, door: str, reason: str = ""
) -> Iterator[Door]:
    """Give the way into the graph: the server's, where one holds it, or the gate itself.

    Raises:
        StoreError: another process holds the graph, or a server does and there is no
            token for it.
    """

    @contextmanager
    def gate() -> "Iterator[Gate]":
        with session.graph(data) as graph, graph.gate() as opened:
            yield opened

    settings, author = session.settings(data), session.author(door, reason)
    with doors.open_door(settings, gate, author) as opened:
        yield opened
