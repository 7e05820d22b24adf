"""The gate: the one way into the graph, for every kind of change."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from milgraph.amending import Amendment, amend
from milgraph.assessing import assessing
from milgraph.changes import Change
from milgraph.commits import PROGRAM, Outcome, entry_of
from milgraph.edits import change_of_graph, change_of_update
from milgraph.errors import (
    ConformanceError,
    ConsistencyError,
    ForbiddenError,
    PlacementError,
    Position,
    UndoError,
)
from milgraph.history import Author, Entry, Log, Role
from milgraph.proposals import (
    Desk,
    Proposal,
    named_under_article,
    vocabulary_of,
)
from milgraph.recovery import Follower, replay
from milgraph.releasing import DOOR, Release, release_of
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.staging import Progress
from milgraph.standards import Standards
from milgraph.store import EmbeddedStore, Snapshot
from milgraph.store.scratch import sweep
from milgraph.syntax import Source
from milgraph.terms import NamedNode, Triple
from milgraph.undoing import inverse_of, overtaken, refuse_overtaken
from milgraph.validation import Engine, Shapes, turbo_engine

__all__ = ["Gate"]

_STORE, _LOG = "store", "log"
# What a submission may entail: an author's chain of a few hundred steps is below it.
_MOST_ENTAILED = 250_000
_RELEASE = Author(PROGRAM, Role.ADMIN, DOOR)


def _silent(_step: str, _share: float) -> None:
    """Take no notice of progress."""


class Gate:
    """The dataset of a folder, held for writing.

    Every change is staged, entailed, validated, logged and applied, in this order, or
    leaves no trace. What is logged is there: on opening, the store is brought up to
    what the log says.
    """

    def __init__(
        self, folder: Path, store: EmbeddedStore, log: Log, standards: Standards
    ) -> None:
        self.standards = standards
        self._folder = folder
        self._store = store
        self._log = log
        self._follower = Follower(log, store)
        self._desk = Desk(store, vocabulary_of(store))

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        engine: Callable[[Shapes], Engine] = turbo_engine,
        progress: Progress = _silent,
        shipped: Shipped | None = None,
        standards: Callable[[], Standards] | None = None,
    ) -> Self:
        """Open the dataset, or make it, and bring it up to date with the shipped files.

        Whoever has the shipped files and the standards at hand gives them.

        Raises:
            StoreError: another process holds it, or store and log do not agree.
            KnowledgeGraphError: the shipped files do not fit what the graph holds.
        """
        shipped = shipped or Shipped(settings.resources, settings.alignments)
        store = EmbeddedStore(settings.data / _STORE)
        try:
            log = Log.open(settings.data / _LOG)
        except BaseException:
            store.close()
            raise
        try:
            sweep(settings.data)
            replay(log, store)
            held = standards or (lambda: _standards(settings, shipped, engine))
            gate = cls(settings.data, store, log, held())
            release = release_of(shipped, store, log, gate.standards, progress)
            if release is not None:
                progress("storing", 0.9)
                gate._take_release(release)
        except BaseException:
            log.close()
            store.close()
            raise
        return gate

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        return self._log.last

    @property
    def state(self) -> Snapshot:
        """The state after the last commit; StoreError if the store cannot take it."""
        self.settle()
        return self._store

    @property
    def desk(self) -> Desk:
        """Where submissions are read and placed, against that state."""
        self.settle()
        return self._desk

    def submit(
        self,
        *sources: Source,
        author: Author,
        article: NamedNode | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Commit the articles, each in the place of its earlier version; all or none.

        With `article` there is one source, which must be of it.

        Raises:
            SourceError: a source is not RDF.
            PlacementError: it touches what is not its own.
            ConsistencyError: with it, the graph would have no model.
            ConformanceError: the shapes refuse it.
        """
        proposal = self.desk.submission(sources, article=article)
        return self.commit(proposal, author, dry_run=dry_run)

    def retract(
        self, article: NamedNode, *, author: Author, dry_run: bool = False
    ) -> Outcome:
        """Take the article away, with all that follows from it alone.

        Raises:
            UnknownArticleError: there is none.
            ConformanceError: what stays would not conform.
        """
        return self.commit(self.desk.retraction(article), author, dry_run=dry_run)

    def edit(self, change: Change, *, author: Author, dry_run: bool = False) -> Outcome:
        """Commit a change of named graphs, each placed by the rules of its graph.

        Raises:
            PlacementError: it touches what nobody may touch by this way.
            ForbiddenError: the author's role does not reach so far.
            ConsistencyError, ConformanceError: as of a submission.
        """
        return self.commit(self.desk.edit(change), author, dry_run=dry_run)

    def update(
        self,
        text: str,
        *,
        author: Author,
        using_graphs: Sequence[NamedNode] = (),
        using_named: Sequence[NamedNode] | None = None,
        base: str | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Commit what the SPARQL Update would remove and add.

        Raises:
            QueryError: it is refused, ill-formed or cannot be evaluated.
            KnowledgeGraphError: as of an edit.
        """
        change = change_of_update(
            text,
            self.state,
            using_graphs=using_graphs,
            using_named=using_named,
            base=base,
            folder=self._folder,
            skolem=named_under_article,
        )
        return self.edit(change, author=author, dry_run=dry_run)

    def put(
        self,
        graph: NamedNode | None,
        quads: Iterable[Triple],
        *,
        author: Author,
        dry_run: bool = False,
    ) -> Outcome:
        """Make the triples the content of the graph; `None` is the default graph.

        Raises:
            KnowledgeGraphError: as of an edit; the default graph is refused.
        """
        change = change_of_graph(graph, quads, self.state, skolem=named_under_article)
        return self.edit(change, author=author, dry_run=dry_run)

    def post(
        self,
        graph: NamedNode | None,
        quads: Iterable[Triple],
        *,
        author: Author,
        dry_run: bool = False,
    ) -> Outcome:
        """Add the triples to the graph; `None` is the default graph.

        Raises:
            KnowledgeGraphError: as of an edit; the default graph is refused.
        """
        change = change_of_graph(
            graph, quads, self.state, adding=True, skolem=named_under_article
        )
        return self.edit(change, author=author, dry_run=dry_run)

    def delete(
        self, graph: NamedNode | None, *, author: Author, dry_run: bool = False
    ) -> Outcome:
        """Remove the graph; `None` is the default graph.

        Raises:
            KnowledgeGraphError: as of an edit; the default graph is refused.
        """
        change = change_of_graph(graph, None, self.state)
        return self.edit(change, author=author, dry_run=dry_run)

    def undo(self, number: int, *, author: Author, dry_run: bool = False) -> Outcome:
        """Commit the inverse of the commit.

        Raises:
            UnknownCommitError: there is no such commit.
            UndoError: a later commit stands on it, or it is a release.
            ConformanceError: what stays would not conform.
        """
        _require(author, Role.EDITOR, "undo a commit")
        entry = self._log.entry(number)
        if entry.door == DOOR:
            raise UndoError(
                f"commit {number} brought the shipped files in, and is not undone",
                hint="Start the version of the program that shipped the earlier files.",
            )
        change = inverse_of(entry)
        refuse_overtaken(number, change, self.state, self._log)
        try:
            proposal = self.desk.edit(change, restoring=True)
            return self.commit(proposal, author, dry_run=dry_run)
        except (ConformanceError, PlacementError) as error:
            raise overtaken(number, change, self._log) or error from error

    def commit(
        self,
        proposal: Proposal,
        author: Author,
        *,
        dry_run: bool = False,
        ahead: bool = False,
    ) -> Outcome:
        """Carry the proposal out, or leave no trace; with `dry_run` leave none anyway.

        With `ahead` it returns when the commit is logged, and so is made, while the
        store takes it; whoever asks for the state waits for that.

        Raises:
            ForbiddenError: the author's role does not reach so far.
            PlacementError: something new would follow of a shared thing.
            ConsistencyError: with it, the graph would have no model.
            ConformanceError: the shapes refuse it.
            StoreError: it cannot be written.
        """
        is_editorial = proposal.is_editorial
        if is_editorial:
            _require(author, Role.EDITOR, "change what is not of an article")
        self.settle()
        amendment = self._amended(proposal)
        with assessing(amendment, self.standards, proposal.articles) as assessment:
            # While an engine validates, which it may do without Python's lock.
            change = amendment.change
            is_written = not (dry_run or change.is_empty)
            entry = self._entry(change, proposal, author) if is_written else None
            report = assessment()
        if not report.conforms:
            raise ConformanceError(report)
        if entry is not None:
            self._follower.take(entry, ahead=ahead)
            # What editorial graphs still define without what is removed, it must tell.
            if not ahead or (is_editorial and proposal.change.removals):
                self.settle()
            if is_editorial:
                self._desk = self._desk.after(proposal.change)
        articles = (*(a.iri for a in proposal.articles), *proposal.retracted)
        return Outcome(entry.sequence if entry else None, change, report, articles)

    def settle(self) -> None:
        """Wait until the store has all that is logged; StoreError if it cannot take it."""
        if self._follower.settle():
            self._desk = Desk(self._store, vocabulary_of(self._store))

    def checkpoint(self, path: Path) -> None:
        """Put a copy of the committed state at the path, as hard links."""
        self.settle()
        self._store.checkpoint(path)

    def close(self) -> None:
        """Let go of the files."""
        self._follower.close()
        self._log.close()
        self._store.close()

    def _amended(self, proposal: Proposal) -> Amendment:
        try:
            return amend(
                self._store,
                proposal.change,
                self.standards.axioms,
                limit=_MOST_ENTAILED * max(1, len(proposal.articles)),
            )
        except ConsistencyError as error:
            error.position = _position(proposal, error)
            raise

    def _entry(self, change: Change, proposal: Proposal, author: Author) -> Entry:
        return entry_of(
            self.sequence + 1,
            change,
            author,
            proposal,
            not_before=self._log.summary(self.sequence).time if self.sequence else None,
            is_known=self._store.__contains__,
        )

    def _take_release(self, release: Release) -> None:
        entry = self._entry(release.change, Proposal(Change()), _RELEASE)
        # The marks are of the history, beside what it is told of a commit.
        change = entry.change.then(release.marks)
        self._follower.take(replace(entry, change=change, lines=None))
        self.settle()
        self._desk = Desk(self._store, vocabulary_of(self._store))


def _standards(
    settings: Settings, shipped: Shipped, engine: Callable[[Shapes], Engine]
) -> Standards:
    ontology = (quad.triple for quad in shipped.ontology)
    shapes = Shapes.shipped(settings.resources)
    return Standards.of(ontology, shapes, engine, folder=settings.data)


def _require(author: Author, role: Role, deed: str) -> None:
    if author.role < role:
        raise ForbiddenError(
            f"{author.name} is a {author.role.label}, and may not {deed}",
            hint=f"It takes the role of {role.label}.",
        )


def _position(proposal: Proposal, error: ConsistencyError) -> Position | None:
    for article in proposal.articles:
        if place := article.position_of(error.node):
            return place
    return None
