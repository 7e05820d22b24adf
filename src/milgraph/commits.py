"""Commits: what a commit says of itself, in the log and in the history of the graph."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from milgraph import graphs
from milgraph.changes import Change
from milgraph.history import Author, Entry
from milgraph.proposals import Proposal
from milgraph.terms import (
    BASE,
    DCTERMS,
    MIL,
    PROV,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Quad,
    Term,
)

if TYPE_CHECKING:
    # To import it takes half a second, which a server that only reads need not spend.
    from milgraph.validation import Report

__all__ = ["PROGRAM", "Outcome", "agent_of", "entry_of"]

_PROGRAM = NamedNode(BASE + "actor/milgraph")
PROGRAM = "milgraph"
_LABEL = RDFS.label


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a proposal.

    `sequence` is the number of the commit; there is none of a dry run, and none where
    everything was there already. `change` is of the named graphs and of the view.
    """

    sequence: int | None
    change: Change
    report: "Report"
    articles: tuple[NamedNode, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was to be changed."""
        return self.change.is_empty


def entry_of(
    sequence: int,
    change: Change,
    author: Author,
    proposal: Proposal,
    *,
    not_before: datetime | None = None,
    is_known: Callable[[Quad], bool] = lambda _: False,
) -> Entry:
    """Return the entry of the log: the change, and what the history says of it.

    Who is known already is not named again.
    """
    now = datetime.now(UTC)
    lines = change.lines
    entry = Entry(
        sequence=sequence,
        time=max(now, not_before) if not_before else now,
        agent=author.name,
        role=author.role.label,
        door=author.door,
        reason=author.reason,
        change=change,
        articles=tuple(sorted(a.value for a in _articles(proposal))),
        digest=lines.digest,
        lines=lines,
        counts=(len(change.removals), len(change.additions)),
    )
    told = [
        quad
        for quad in _told(entry, proposal)
        if quad.predicate != _LABEL or not is_known(quad)
    ]
    return entry.telling(frozenset(told))


def _articles(proposal: Proposal) -> Iterable[NamedNode]:
    yield from (article.iri for article in proposal.articles)
    yield from proposal.retracted


def _told(entry: Entry, proposal: Proposal) -> Iterable[Quad]:
    """Return the commit as a `prov:Activity` (PROV-O, section 3.1)."""
    commit = NamedNode(f"{graphs.CHANGES.value}#{entry.sequence}")
    ended = entry.time.isoformat(timespec="seconds").replace("+00:00", "Z")
    agent = agent_of(entry.agent)
    yield _quad(commit, RDF["type"], PROV.Activity)
    yield _quad(commit, MIL.sequenceNumber, _integer(entry.sequence))
    yield _quad(commit, PROV.endedAtTime, Literal(ended, datatype=XSD.dateTime))
    yield _quad(commit, PROV.wasAssociatedWith, agent)
    yield _quad(commit, MIL.door, Literal(entry.door))
    yield _quad(commit, MIL.additionCount, _integer(len(entry.change.additions)))
    yield _quad(commit, MIL.removalCount, _integer(len(entry.change.removals)))
    yield _quad(commit, MIL.changeDigest, Literal(entry.digest))
    if agent != _PROGRAM:
        yield _quad(agent, _LABEL, Literal(entry.agent))
    if entry.reason:
        yield _quad(commit, DCTERMS.description, Literal(entry.reason))
    for article in proposal.articles:
        yield _quad(article.iri, PROV.wasGeneratedBy, commit)
    for retracted in proposal.retracted:
        yield _quad(retracted, PROV.wasInvalidatedBy, commit)


def agent_of(name: str) -> NamedNode:
    """Return the IRI of the agent whom a commit names so."""
    if name == PROGRAM:
        return _PROGRAM
    return NamedNode(f"{graphs.CHANGES.value}#agent-{quote(name, safe='')}")


def _quad(subject: NamedNode, predicate: NamedNode, value: Term) -> Quad:
    return Quad(subject, predicate, value, graphs.CHANGES)


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=XSD.integer)
