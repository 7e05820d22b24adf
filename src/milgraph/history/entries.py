"""Entries: one commit each, all that it removed and added and who answers for it."""

import json
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from milgraph import graphs
from milgraph.changes import Change, Lines
from milgraph.errors import StoreError
from milgraph.syntax import read_lines
from milgraph.terms import Quad

__all__ = ["Entry", "Summary"]

# What is shorter is not worth packing: half of a block of the disk.
_WORTH_PACKING = 2048
_FASTEST = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """What can be said of a commit without its quads.

    `removed` and `added` count them, and `digest` is the SHA-256 of the change, all of
    them without what the commit says of itself in `graph:changes`.
    """

    sequence: int
    time: datetime
    agent: str
    role: str
    door: str
    reason: str
    articles: tuple[str, ...]
    removed: int
    added: int
    digest: str

    @classmethod
    def decode(cls, line: bytes) -> Self:
        """Return the summary that the first line of an entry holds.

        Raises:
            StoreError: it is no such line.
        """
        return cls._of(_head(line))

    @classmethod
    def _of(cls, head: dict[str, Any]) -> Self:
        try:
            return cls(
                sequence=head["sequence"],
                time=datetime.fromisoformat(head["time"]),
                agent=head["agent"],
                role=head["role"],
                door=head["door"],
                reason=head["reason"],
                articles=tuple(head["articles"]),
                removed=head["removed"],
                added=head["added"],
                digest=head["digest"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"an entry of the log cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit: when, who, in which role, through which door, why, and the change.

    `change` holds all quads that the commit removed and added, spelled as the store
    spells them: of named graphs, of the view and of `graph:changes`. So the states of
    the dataset follow from the entries alone, without a rule. `digest` is the SHA-256
    of the change without `graph:changes`.
    """

    sequence: int
    time: datetime
    agent: str
    role: str
    door: str
    reason: str
    change: Change
    articles: tuple[str, ...] = ()
    digest: str = ""
    # The lines of the change, and how many quads it removes and adds without
    # `graph:changes`, where whoever made the entry had them.
    lines: Lines | None = field(default=None, compare=False, repr=False)
    counts: tuple[int, int] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.sequence < 1:
            raise ValueError(f"{self.sequence} is not the number of a commit")
        if self.time.tzinfo is None:
            raise ValueError(f"{self.time} is not a time of one time zone")
        object.__setattr__(self, "time", self.time.astimezone(UTC))
        # It costs as much as all the rest, so that who knows it gives it.
        object.__setattr__(self, "digest", self.digest or self.proper.digest)

    def telling(self, quads: frozenset[Quad]) -> Self:
        """Return the entry that also adds these quads of `graph:changes`."""
        lines = self.lines.adding(quads) if self.lines else None
        change = self.change.beside(Change(additions=quads))
        return replace(self, change=change, lines=lines)

    @property
    def proper(self) -> Change:
        """The change without what the commit says of itself in `graph:changes`."""
        return self.change.without(graphs.CHANGES)

    @property
    def summary(self) -> Summary:
        """What can be said of the commit without its quads."""
        removed, added = self.counts or (
            _proper_count(self.change.removals),
            _proper_count(self.change.additions),
        )
        return Summary(
            self.sequence,
            self.time,
            self.agent,
            self.role,
            self.door,
            self.reason,
            self.articles,
            removed=removed,
            added=added,
            digest=self.digest,
        )

    def encode(self) -> bytes:
        """Return the entry as bytes: a line of JSON, then N-Quads, packed where large."""
        summary = self.summary
        lines = self.lines or self.change.lines
        # In order they pack well, too.
        removals = lines.written_removals
        quads = removals + lines.written_additions
        is_packed = len(quads) > _WORTH_PACKING
        head = {
            "sequence": self.sequence,
            "time": self.time.isoformat(),
            "agent": self.agent,
            "role": self.role,
            "door": self.door,
            "reason": self.reason,
            "articles": self.articles,
            "removed": summary.removed,
            "added": summary.added,
            "digest": summary.digest,
            "split": len(removals),
            "packed": is_packed,
        }
        line = json.dumps(head, separators=(",", ":")).encode()
        return line + b"\n" + (zlib.compress(quads, _FASTEST) if is_packed else quads)

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """Return the entry of the bytes, its terms exactly as they were encoded.

        Raises:
            StoreError: they are no entry.
        """
        line, _, written = content.partition(b"\n")
        head = _head(line)
        told = Summary.decode(line)
        try:
            quads = zlib.decompress(written) if head["packed"] else written
            split = head["split"]
            removals = frozenset(read_lines(quads[:split]))
            additions = frozenset(read_lines(quads[split:]))
        except (KeyError, TypeError, ValueError, SyntaxError, zlib.error) as error:
            raise StoreError(
                f"entry {told.sequence} of the log cannot be read: {error}"
            ) from error
        return cls(
            told.sequence,
            told.time,
            told.agent,
            told.role,
            told.door,
            told.reason,
            Change(removals, additions),
            told.articles,
            told.digest,
        )


def _head(line: bytes) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError as error:
        raise StoreError(f"an entry of the log cannot be read: {error}") from error
    if not isinstance(head, dict):
        raise StoreError("an entry of the log does not begin with its head")
    return head


def _proper_count(quads: frozenset[Quad]) -> int:
    return sum(q.graph_name != graphs.CHANGES for q in quads)
