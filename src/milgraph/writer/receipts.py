"""Receipts: what became of a change, as whoever asked for it is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from milgraph import graphs
from milgraph.changes import Change
from milgraph.terms import DefaultGraph, Quad, Triple
from milgraph.writer.messages import Message
from milgraph.writer.values import packed, unpacked

if TYPE_CHECKING:
    from milgraph.validation import Report

__all__ = ["Receipt", "tag_of"]

_VIEW = DefaultGraph()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a change did, or would have done; without a commit it changed nothing.

    `existed` says whether what was written was there before; `fates` are those of the
    articles, each with its IRI.
    """

    commit: int | None = None
    existed: bool = False
    added: int = 0
    removed: int = 0
    entailed: int = 0
    no_longer_entailed: int = 0
    articles: tuple[str, ...] = ()
    fates: tuple[tuple[str, str], ...] = ()
    report: "Report | None" = None

    @classmethod
    def of(
        cls,
        change: Change,
        *,
        commit: int | None,
        existed: bool = False,
        articles: Iterable[str] = (),
        fates: Iterable[tuple[str, str]] = (),
        report: "Report | None" = None,
    ) -> Self:
        """Return the receipt of the change, which holds the view and the history too."""
        added, entailed = _counts(change.additions)
        removed, no_longer = _counts(change.removals)
        return cls(
            commit,
            existed,
            added=added,
            removed=removed,
            entailed=entailed,
            no_longer_entailed=no_longer,
            articles=tuple(articles),
            fates=tuple(fates),
            report=report,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed, nor would have."""
        return not (
            self.added or self.removed or self.entailed or self.no_longer_entailed
        )

    def encode(self) -> Message:
        """Return the receipt as JSON has it."""
        return {name: packed(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def decode(cls, message: Message) -> Self:
        """Return the receipt that was encoded."""
        return cls(**{name: unpacked(value) for name, value in message.items()})


def _counts(quads: Iterable[Quad]) -> tuple[int, int]:
    """Return how many are asserted, and how many stand in the view only."""
    asserted: set[Triple] = set()
    viewed: set[Triple] = set()
    number = 0
    for quad in quads:
        if quad.graph_name == _VIEW:
            viewed.add(quad.triple)
        elif quad.graph_name != graphs.CHANGES:
            asserted.add(quad.triple)
            number += 1
    return number, len(viewed - asserted)


def tag_of(quads: Iterable[Quad]) -> str:
    """Return what tells this state of an article from every other one."""
    lines = "\n".join(sorted(map(str, quads)))
    return sha256(lines.encode()).hexdigest()[:32]
