"""States: the dataset as it was after a commit, folded from what the commits changed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from milgraph import graphs
from milgraph.errors import UnknownCommitError
from milgraph.history.entries import Entry
from milgraph.history.reading import LogReader
from milgraph.store.interface import Readable
from milgraph.terms import MIL, Quad

__all__ = [
    "dataset_at",
    "folded",
    "number_at",
    "without_note",
]


def folded(entries: Iterable[Entry]) -> set[Quad]:
    """Return what stands once the changes were made, one after the other."""
    standing: set[Quad] = set()
    for entry in entries:
        standing -= entry.change.removals
        standing |= entry.change.additions
    return standing


def dataset_at(
    log: LogReader, number: int, *, current: Readable | None = None
) -> set[Quad]:
    """Return all quads of the dataset as it was after the commit of that number.

    From the current state, where it is given and nearer, the later commits are taken
    back; else those up to the number are made anew. The store's own note of the last
    number is not part of it.

    Raises:
        UnknownCommitError: the log has no such commit.
        StoreError: a record of the log is damaged.
    """
    if not log.first <= number <= log.last:
        raise _unknown(log, f"there is no commit {number}")
    if current is None or not _is_nearer(log, number, current.sequence):
        return folded(log.entries(until=number))
    standing = set(without_note(current))
    for entry in log.newest(current.sequence - number, before=current.sequence + 1):
        standing -= entry.change.additions
        standing |= entry.change.removals
    return standing


def _is_nearer(log: LogReader, number: int, current: int) -> bool:
    """Return whether fewer commits lie between the number and the current state."""
    return number <= current <= log.last and current - number < number - log.first


def without_note(state: Readable) -> Iterator[Quad]:
    """Return all quads of the state but the store's own note of the last number."""
    for quad in state.match():
        if quad.predicate != MIL.sequenceNumber or quad.subject != graphs.CHANGES:
            yield quad
    yield from state.view()


def number_at(log: LogReader, written: str) -> int:
    """Return the number of the commit that is named by its number or by a time.

    A time is that of the last commit made by then; one without a time zone is UTC, and
    a day alone is its end.

    Raises:
        UnknownCommitError: there was no commit by then, or it is neither of the two.
    """
    if written.isdecimal():
        return int(written)
    number = log.number_at(_time(written, log))
    if not number:
        raise _unknown(log, f"there was no commit by {written}")
    return number


def _time(written: str, log: LogReader) -> datetime:
    try:
        time = datetime.fromisoformat(written)
    except ValueError as error:
        raise _unknown(
            log, f"{written!r} is neither the number of a commit nor a time"
        ) from error
    if len(written) == len("2024-05-14"):
        time = datetime.combine(time, datetime.max.time())
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _unknown(log: LogReader, message: str) -> UnknownCommitError:
    if not log.last:
        return UnknownCommitError(message, hint="Nothing was committed yet.")
    first, last = log.summary(log.first), log.summary(log.last)
    return UnknownCommitError(
        message,
        hint=f"Commits: {first.sequence} of {first.time:%Y-%m-%dT%H:%M:%SZ} to "
        f"{last.sequence} of {last.time:%Y-%m-%dT%H:%M:%SZ}.",
    )
