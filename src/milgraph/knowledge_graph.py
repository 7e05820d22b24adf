"""The knowledge graph of a folder: read at any time, and opened for writing when needed."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from milgraph import bulk, graphs
from milgraph.amending import amend
from milgraph.assessing import assess
from milgraph.commits import PROGRAM
from milgraph.errors import ConsistencyError, StoreError
from milgraph.gate import Gate
from milgraph.generations import Generations, Reader
from milgraph.history import Author, Role
from milgraph.iris import document_of
from milgraph.proposals import Desk, vocabulary_of
from milgraph.publishing import Publishing
from milgraph.records import Article
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.staging import Progress
from milgraph.standards import Standards
from milgraph.store import Snapshot
from milgraph.syntax import Source
from milgraph.terms import MIL, Literal, NamedNode
from milgraph.validation import Engine, Report, Result, Severity, Shapes, turbo_engine

__all__ = ["KnowledgeGraph"]

# A process that was killed has let go of the store by then.
_SECONDS_TO_LET_GO = 1.0
_PAUSE = 0.05


def _silent(_step: str, _share: float) -> None:
    """Take no notice of progress."""


def _unheard(_text: str) -> None:
    """Take no notice of what is told."""


class KnowledgeGraph:
    """The dataset of a folder: built from the shipped files, changed through its gate.

    Nothing is open until it is needed, and nothing stays locked between two calls.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        progress: Progress = _silent,
        told: Callable[[str], None] = _unheard,
        engine: Callable[[Shapes], Engine] = turbo_engine,
    ) -> None:
        """Take the graph of the settings; `told` hears what users ought to know."""
        self.settings = settings
        self.shipped = Shipped(settings.resources, settings.alignments)
        self._progress = progress
        self._told = told
        self._publishing = Publishing(settings.data)
        # The last commit that was waited for in vain: nobody waits for it twice.
        self._missed = 0
        self._make_engine = engine

    @cached_property
    def shapes(self) -> Shapes:
        """The shapes that every commit must satisfy."""
        return Shapes.shipped(self.settings.resources)

    @cached_property
    def engine(self) -> Engine:
        """The validator, with the shapes compiled."""
        return self._make_engine(self.shapes)

    @cached_property
    def standards(self) -> Standards:
        """What every change is held to."""
        ontology = (quad.triple for quad in self.shipped.ontology)
        return Standards.of(
            ontology, self.shapes, lambda _: self.engine, folder=self.settings.data
        )

    @property
    def is_current(self) -> bool:
        """Whether there is a graph, built from the files as they are now."""
        try:
            dataset = self.reader().snapshot()
        except StoreError:
            return False
        digests = dataset.match(graphs.CHANGES, MIL.shippedDigest, None, graphs.CHANGES)
        return [quad.object for quad in digests] == [Literal(self.shipped.digest)]

    def reader(self) -> Reader:
        """Return a reader of the newest published state.

        Raises:
            StoreError: there is no graph yet.
        """
        return Reader(self.settings.data)

    def ensure_current(self) -> Reader:
        """Return a reader, after building the graph where it is missing or out of date.

        It reads every commit that was acknowledged before.
        """
        if not self.is_current:
            self.load()
        else:
            self.follow()
        return self.reader()

    def follow(self) -> None:
        """Let readers see every commit that was acknowledged before this call.

        The server that holds the graph is asked to publish them; what a process that was
        killed has not published any more is published here. Where neither can be done,
        it is told which commit is the last that is read.
        """
        if self._publishing.follow() or self._publishing.committed == self._missed:
            return
        end = time.monotonic() + _SECONDS_TO_LET_GO
        while self._publishing.is_behind:
            try:
                with self.gate():
                    return
            except StoreError:
                if time.monotonic() > end:
                    break
            time.sleep(_PAUSE)
        if self._publishing.is_behind:
            self._missed = self._publishing.committed
            self._told(
                f"What is read is the state of commit {self._publishing.published}: "
                f"the process that holds the graph has not published those up to "
                f"{self._missed} yet."
            )

    @contextmanager
    def gate(self) -> Iterator[Gate]:
        """Give the gate, held by this process alone, and publish what it let in.

        Raises:
            StoreError: another process holds it.
        """
        gate = Gate.open(
            self.settings,
            standards=lambda: self.standards,
            progress=self._progress,
            shipped=self.shipped,
        )
        try:
            yield gate
        finally:
            try:
                Generations(self.settings.data).publish(gate)
            finally:
                gate.close()

    def load(self, articles: Iterable[Path] = ()) -> Report:
        """Bring the graph up to date with the shipped files, and the articles given.

        An article given replaces its earlier version; articles given before stay. A few
        articles are one commit, of which none is stored unless all conform; thousands are
        committed in batches.

        Raises:
            KnowledgeGraphError: a file cannot be read or placed, or the shapes refuse it.
        """
        author = Author(PROGRAM, Role.ADMIN, "load")
        with self.gate() as gate:
            loaded = bulk.load(gate, articles, author, progress=self._progress)
        self._progress("done", 1.0)
        return loaded.report

    def check(self, source: Source) -> Report:
        """Return what the shapes say of new facts in the graph as it stands.

        Nothing is stored. Facts of an article that is there already are taken to
        replace it.

        Raises:
            SourceError: the text is not RDF.
            PlacementError: it touches what is not its own.
            ConsistencyError: with it, the graph would have no model.
        """
        return self.check_on(self.ensure_current().snapshot(), source)

    def check_on(self, dataset: Snapshot, source: Source) -> Report:
        """Return what the shapes say of new facts in the state that is given.

        Raises:
            SourceError, PlacementError, ConsistencyError: as of a check.
        """
        desk = Desk(dataset, vocabulary_of(dataset))
        article = desk.read(source)
        proposal = desk.replacing([article])
        try:
            amendment = amend(dataset, proposal.change, self.standards.axioms)
        except ConsistencyError as error:
            error.position = article.position_of(error.node)
            raise
        report = assess(amendment, self.standards, [article])
        # The graph as it stands has no violation: where one is, the article causes it.
        own = (
            r
            if r.position
            else replace(r, position=article.position_of(r.focus_node, within=r.claim))
            for r in report.results
            if article.owns(r.focus_node)
            or (r.severity is Severity.VIOLATION and not _is_under(article, r))
        )
        return Report.of(own, graph_size=report.graph_size)


def _is_under(article: Article, result: Result) -> bool:
    node = result.focus_node
    return isinstance(node, NamedNode) and document_of(node) == article.iri
