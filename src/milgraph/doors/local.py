"""The way into the graph of a folder: its gate, or the server that holds it."""

import getpass
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from milgraph import doorplate
from milgraph.changes import Change
from milgraph.doors.remote import ServerDoor
from milgraph.doors.told import Told
from milgraph.history import Author, Role
from milgraph.settings import Settings
from milgraph.syntax import Source
from milgraph.terms import NamedNode, Quad

if TYPE_CHECKING:
    from milgraph.commits import Outcome
    from milgraph.gate import Gate

__all__ = ["Door", "GateDoor", "login_author", "open_door"]


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

    def insert(self, quads: Collection[Quad], *, dry_run: bool) -> Told:
        """Add the quads to graphs that editors write."""
        ...


@contextmanager
def open_door(
    settings: Settings,
    gate: "Callable[[], AbstractContextManager[Gate]]",
    author: Author,
) -> Iterator[Door]:
    """Give the way into the graph: the server's, where one holds it, or the gate itself.

    Raises:
        StoreError: another process holds the graph, or a server does and there is no
            token for it.
    """
    address = doorplate.find(settings.data)
    if address is not None:
        with ServerDoor.open(address, settings.token, author.reason) as server:
            yield server
        return
    with gate() as opened:
        yield GateDoor(opened, author)


def login_author(door: str, reason: str = "") -> Author:
    """Return whoever runs the program, who is an admin of a graph of their own."""
    return Author(_login_name(), Role.ADMIN, door, reason)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # The system has no name for the number of the user, as in some containers.
        return f"user-{os.getuid()}"


class GateDoor:
    """The gate of a graph that no other process holds."""

    def __init__(self, gate: "Gate", author: Author) -> None:
        self._gate = gate
        self._author = author

    def submit(self, sources: Sequence[Source], *, dry_run: bool) -> Told:
        """Commit the articles, all or none."""
        return self._told(
            self._gate.submit(*sources, author=self._author, dry_run=dry_run)
        )

    def retract(self, article: NamedNode, *, dry_run: bool) -> Told:
        """Take the article away."""
        return self._told(
            self._gate.retract(article, author=self._author, dry_run=dry_run)
        )

    def undo(self, number: int, *, dry_run: bool) -> Told:
        """Commit the inverse of the commit."""
        return self._told(self._gate.undo(number, author=self._author, dry_run=dry_run))

    def insert(self, quads: Collection[Quad], *, dry_run: bool) -> Told:
        """Add the quads to graphs that editors write."""
        change = Change(additions=frozenset(quads))
        return self._told(self._gate.edit(change, author=self._author, dry_run=dry_run))

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
