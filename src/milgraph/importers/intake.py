"""Intake: the records of a file through the gate, in batches, each accounted for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from milgraph.bulk import collecting_seldom
from milgraph.changes import Change
from milgraph.errors import KnowledgeGraphError, PlacementError, Position, StoreError
from milgraph.gate import Gate
from milgraph.history import Author
from milgraph.importers.formats import Format
from milgraph.importers.records import Pool, Record
from milgraph.placing import place
from milgraph.proposals import Proposal
from milgraph.records import Article
from milgraph.staging import Progress
from milgraph.terms import MIL, Literal, NamedNode, Quad, compact
from milgraph.validation import Report, Result

__all__ = ["Account", "Refusal", "Intake"]

_QUADS_IN_BATCH = 20_000
_RECORDS_IN_RETRACTION = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was not stored, and why."""

    name: str
    line: int
    error: KnowledgeGraphError


@dataclass(slots=True)
class Account:
    """What became of each record of a file."""

    records: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    retracted: int = 0
    commits: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

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
    """Records on their way, committed when they are enough."""

    def __init__(
        self, gate: Gate, author: Author, pool: Pool, *, keep_going: bool
    ) -> None:
        self.account = Account()
        self._gate = gate
        self._author = author
        self._pool = pool
        self._keep_going = keep_going
        self._waiting: list[_Waiting] = []
        self._size = 0

    def take(self, line: int, record: Record) -> None:
        """Take the record, unless it is there already as it is."""
        self.account.records += 1
        before = self._before(record.iri)
        if before is not None and before == self._version(record):
            self.account.unchanged += 1
            return
        desk = self._gate.desk
        article = Article(record.iri, record.quads)
        self._waiting.append(_Waiting(line, article, before is None))
        self._size += len(article.quads)
        if self._size >= _QUADS_IN_BATCH:
            self.flush()

    def _before(self, iri: NamedNode) -> frozenset[Quad] | None:
        """Return the digest and the release of the version that is there, if one is."""
        match = self._gate.desk.dataset.match
        found = (
            *match(iri, MIL.recordDigest, None, iri),
            *match(iri, MIL.inRelease, None, iri),
        )
        return frozenset(found) if found else None

    def _version(self, record: Record) -> frozenset[Quad]:
        return frozenset(
            (
                Quad(
                    record.iri, MIL.recordDigest, Literal(record.digest), record.iri
                ),
                Quad(record.iri, MIL.inRelease, self._pool.release, record.iri),
            )
        )

    def flush(self) -> None:
        """Commit what waits."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting:
            self._commit(waiting, self._pool.take())

    def _commit(self, waiting: list[_Waiting], shared: Change) -> None:
        try:
            desk = self._gate.desk.knowing(shared.additions)
            articles = [place(one.article, desk.vocabulary) for one in waiting]
            proposal = desk.replacing(articles, beside=shared)
            outcome = self._gate.commit(proposal, self._author)
        except StoreError:
            raise
        except KnowledgeGraphError as error:
            self._narrow(waiting, shared, error)
            return
        new = sum(one.is_new for one in waiting)
        self.account.imported += new
        self.account.updated += len(waiting) - new
        self.account.results += outcome.report.results
        if outcome.sequence:
            self.account.commits.append(outcome.sequence)

    def _narrow(
        self, waiting: list[_Waiting], shared: Change, error: KnowledgeGraphError
    ) -> None:
        """Find out which of the records is refused."""
        if not self._keep_going or not waiting:
            raise error
        if not shared.is_empty:
            # What they share is no fault of one of them.
            self._commit([], shared)
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
