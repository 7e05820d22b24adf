"""Intake: records through the gate in batches, each of them accounted for."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from milgraph.changes import Change
from milgraph.errors import (
    ConformanceError,
    ConsistencyError,
    KnowledgeGraphError,
    Position,
    StoreError,
)
from milgraph.gate import Gate
from milgraph.history import Author
from milgraph.importers.records import Pool, Record
from milgraph.iris import document_of
from milgraph.placing import place
from milgraph.proposals import Proposal
from milgraph.records import Article
from milgraph.terms import MIL, Literal, NamedNode, Quad, Term, compact
from milgraph.validation import Report, Result

__all__ = ["Account", "Intake", "Refusal"]

_QUADS_IN_BATCH = 20_000
_RETRACTED_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was not stored, on which line it begins, and why."""

    name: str
    line: int
    error: KnowledgeGraphError


@dataclass(slots=True)
class Account:
    """What became of each record of a file, and of those that are gone from it."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    retracted: int = 0
    refused: list[Refusal] = field(default_factory=list)
    commits: list[int] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many records of the file are accounted for."""
        return self.imported + self.updated + self.unchanged + len(self.refused)

    @property
    def report(self) -> Report:
        """What the shapes say of what was stored; nothing of it is a violation."""
        return Report.of(self.results, graph_size=0)


@dataclass(frozen=True, slots=True)
class _Waiting:
    line: int
    article: Article
    is_new: bool


class Intake:
    """Records on their way, committed when they are enough.

    While the store takes one batch, which it does without Python's lock, the next is
    read and placed.
    """

    def __init__(
        self,
        gate: Gate,
        author: Author,
        pool: Pool,
        *,
        source: str,
        keep_going: bool = False,
    ) -> None:
        self.account = Account()
        self._gate = gate
        self._author = author
        self._pool = pool
        self._source = source
        self._keep_going = keep_going
        self._waiting: list[_Waiting] = []
        self._size = 0
        # The gate is not asked for its own, for which it would wait.
        self._desk = gate.desk

    def version_of(self, iri: NamedNode) -> frozenset[Quad]:
        """Return the digest and the release of the version that is there, if one is."""
        match = self._desk.dataset.match
        digest = tuple(match(iri, MIL.recordDigest, None, iri))
        # Most records are new, and what is not there takes long to look for.
        release = match(iri, MIL.inRelease, None, iri) if digest else ()
        return frozenset((*digest, *release))

    def is_there(self, iri: NamedNode, digest: str, before: frozenset[Quad]) -> bool:
        """Take notice of a record, and return whether it is there already as it is."""
        wanted = (
            Quad(iri, MIL.recordDigest, Literal(digest), iri),
            Quad(iri, MIL.inRelease, self._pool.release, iri),
        )
        if before != frozenset(wanted):
            return False
        self.account.unchanged += 1
        return True

    def take(self, line: int, record: Record, *, is_new: bool) -> None:
        """Take the record, in the place of its earlier version.

        Raises:
            KnowledgeGraphError: one of those that waited is refused.
        """
        article = Article(record.iri, record.quads)
        self._waiting.append(_Waiting(line, article, is_new))
        self._size += len(record.quads)
        if self._size >= _QUADS_IN_BATCH:
            self.flush()

    def flush(self) -> None:
        """Have what waits committed.

        Raises:
            KnowledgeGraphError: something of it is refused.
        """
        waiting, self._waiting, self._size = self._waiting, [], 0
        if not waiting:
            return
        shared = self._pool.take()
        self._desk = self._desk.knowing(shared.additions)
        self._commit(waiting, shared, self._placed(waiting))

    def retract(self, records: Iterable[NamedNode]) -> None:
        """Take away the records, which are gone from a release that is complete."""
        ordered = sorted(records, key=str)
        for start in range(0, len(ordered), _RETRACTED_AT_ONCE):
            together = ordered[start : start + _RETRACTED_AT_ONCE]
            desk = self._gate.desk
            gone = frozenset(q for iri in together for q in desk.present(iri))
            proposal = Proposal(Change(removals=gone), retracted=tuple(together))
            self._carry_out(proposal)
            self.account.retracted += len(together)

    def _placed(self, waiting: Iterable[_Waiting]) -> Sequence[Article] | None:
        """Return the articles as they are placed; none if one of them cannot be."""
        try:
            return [place(one.article, self._desk.vocabulary) for one in waiting]
        except KnowledgeGraphError:
            # Whose fault it is, the commit finds out in its turn.
            return None

    def _carry_out(self, proposal: Proposal) -> None:
        outcome = self._gate.commit(proposal, self._author, ahead=True)
        self.account.results += outcome.report.results
        if outcome.sequence:
            self.account.commits.append(outcome.sequence)

    def _commit(
        self,
        waiting: Collection[_Waiting],
        shared: Change,
        placed: Sequence[Article] | None = None,
    ) -> None:
        try:
            desk = self._gate.desk.knowing(shared.additions)
            if placed is None:
                placed = [place(one.article, desk.vocabulary) for one in waiting]
            self._carry_out(desk.replacing(placed, beside=shared))
        except StoreError:
            raise
        except KnowledgeGraphError as error:
            if not self._keep_going:
                raise self._located(error, waiting) from error
            self._narrow(list(waiting), shared, error)
            return
        new = sum(one.is_new for one in waiting)
        self.account.imported += new
        self.account.updated += len(waiting) - new

    def _narrow(
        self, waiting: list[_Waiting], shared: Change, error: KnowledgeGraphError
    ) -> None:
        """Find out which of the records is refused."""
        if not waiting:
            raise error
        if not shared.is_empty:
            # What they share is no fault of one of them.
            self._commit((), shared)
            self._commit(waiting, Change())
            return
        if len(waiting) == 1:
            (one,) = waiting
            name = compact(one.article.iri)
            self.account.refused.append(Refusal(name, one.line, error))
            return
        half = len(waiting) // 2
        self._commit(waiting[:half], shared)
        self._commit(waiting[half:], shared)

    def _located(
        self, error: KnowledgeGraphError, waiting: Iterable[_Waiting]
    ) -> KnowledgeGraphError:
        """Return the error with the line of the record that it is about, if it tells."""
        lines = {one.article.iri: one.line for one in waiting}
        node = _node_of(error)
        record = document_of(node) if isinstance(node, NamedNode) else None
        if error.position is None and record in lines:
            error.position = Position(self._source, lines[record])
        return error


def _node_of(error: KnowledgeGraphError) -> Term | None:
    node: Term | None = None
    if isinstance(error, ConformanceError) and error.report.results:
        node = error.report.results[0].focus_node
    elif isinstance(error, ConsistencyError):
        node = error.node
    return node
