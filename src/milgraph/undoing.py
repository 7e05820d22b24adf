"""Undoing: what takes a commit back, unless a later one stands on it."""

from collections.abc import Callable

from milgraph.changes import Change
from milgraph.errors import UndoError
from milgraph.history import Entry, LogReader
from milgraph.iris import document_of
from milgraph.proposals import is_submitted
from milgraph.staging import is_of_an_article
from milgraph.store.interface import Readable
from milgraph.terms import NamedNode

__all__ = ["inverse_of", "overtaken", "refuse_overtaken"]


def inverse_of(entry: Entry) -> Change:
    """Return what undoes the commit, of the quads that somebody submitted."""
    return Change(
        frozenset(filter(is_submitted, entry.change.removals)),
        frozenset(filter(is_submitted, entry.change.additions)),
    ).inverted()


def refuse_overtaken(
    number: int, change: Change, state: Readable, log: LogReader
) -> None:
    """Promise that no later commit has changed again what the change takes back.

    Raises:
        UndoError: one has.
    """
    missing = {q for q in change.removals if q not in state}
    present = {q for q in change.additions if q in state}
    if missing or present:
        later = _later(
            number,
            log,
            lambda done: bool(done.removals & missing or done.additions & present),
        )
        raise _overtaken(number, later)


def overtaken(number: int, change: Change, log: LogReader) -> UndoError | None:
    """Return the error of a later commit of the same articles, if there is one.

    It has only added to them, and what it added stands on what would be taken back.
    """
    articles = _articles(change)
    later = _later(number, log, lambda done: bool(_articles(done) & articles))
    return _overtaken(number, later) if later else None


def _later(
    number: int, log: LogReader, is_on_it: Callable[[Change], bool]
) -> int | None:
    entries = log.entries(after=number)
    return next((e.sequence for e in entries if is_on_it(e.change)), None)


def _overtaken(number: int, later: int | None) -> UndoError:
    return UndoError(
        f"commit {number} cannot be undone: commit {later} has changed what it did",
        hint=f"Undo commit {later} first, or submit the version that should hold.",
    )


def _articles(change: Change) -> set[NamedNode]:
    names = {quad.graph_name for quad in change.removals | change.additions}
    return {
        document_of(name)
        for name in names
        if isinstance(name, NamedNode) and is_of_an_article(name)
    }
