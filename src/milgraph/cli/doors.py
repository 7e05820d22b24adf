"""Doors: the way by which a command changes the graph, its own or that of a server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from milgraph import doorplate
from milgraph.cli.outcomes import Told
from milgraph.cli.remote import ServerDoor
from milgraph.cli.session import Session
from milgraph.syntax import Source
from milgraph.terms import NamedNode

if TYPE_CHECKING:
    from milgraph.commits import Outcome
    from milgraph.gate import Gate
    from milgraph.history import Author

__all__ = ["Door", "open_door"]


class Door(Protocol):
    """A way into the graph; what is refused is raised, and leaves no trace."""

    def submit(self, sources: Sequence[Source], *, dry_run: bool) -> Told:
        """Commit the articles, all or none."""
        ...

    def retract(self, article: NamedNode, *, dry_run: bool) -> Told:
        """Take the article away."""
        ...

    def undo(self, number: int, *, dry_run: bool) -> Told:
        """Commit the inverse of the commit."""
        ...

    def update(self, text: str, *, dry_run: bool) -> Told:
        """Commit what the SPARQL Update would remove and add."""
        ...


@contextmanager
def open_door(
    session: Session, data: Path | None, door: str, reason: str = ""
) -> Iterator[Door]:
    """Give the way into the graph: the server's, where one holds it, or the gate itself.

    Raises:
        StoreError: another process holds the graph, or a server does and there is no
            token for it.
    """
    settings = session.settings(data)
    address = doorplate.find(settings.data)
    if address is not None:
        with ServerDoor.open(address, settings.token, reason) as server:
            yield server
        return
    with session.graph(data) as graph, graph.gate() as gate:
        yield _GateDoor(gate, session.author(door, reason))


class _GateDoor:
    """The gate of a graph that no other process holds."""

    def __init__(self, gate: "Gate", author: "Author") -> None:
        self._gate = gate
        self._author = author

    def submit(self, sources: Sequence[Source], *, dry_run: bool) -> Told:
        return self._told(
            self._gate.submit(*sources, author=self._author, dry_run=dry_run)
        )

    def retract(self, article: NamedNode, *, dry_run: bool) -> Told:
        return self._told(
            self._gate.retract(article, author=self._author, dry_run=dry_run)
        )

    def undo(self, number: int, *, dry_run: bool) -> Told:
        return self._told(self._gate.undo(number, author=self._author, dry_run=dry_run))

    def update(self, text: str, *, dry_run: bool) -> Told:
        return self._told(self._gate.update(text, author=self._author, dry_run=dry_run))

    def _told(self, outcome: "Outcome") -> Told:
        from milgraph.fates import fates_of
        from milgraph.writer.receipts import Receipt

        counts = Receipt.of(outcome.change, commit=outcome.sequence)
        fates = fates_of(outcome, self._gate.state)
        return Told(
            outcome.sequence,
            outcome.report,
            {article.value: str(fate) for article, fate in fates.items()},
            added=counts.added,
            removed=counts.removed,
            entailed=counts.entailed,
            no_longer_entailed=counts.no_longer_entailed,
        )
