"""The knowledge graph: the one place where the dataset is built, checked and changed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from milgraph import graphs
from milgraph.articles import Article, read_article
from milgraph.changes import Change
from milgraph.dataset import NamedGraphs, in_view
from milgraph.errors import (
    ConformanceError,
    ConsistencyError,
    PlacementError,
    Position,
    StoreError,
)
from milgraph.generations import Generations, Reader
from milgraph.iris import document_of
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.staging import Progress, View, materialise_view, validate_view
from milgraph.store import EmbeddedStore
from milgraph.suppositions import validate_suppositions
from milgraph.syntax import Source
from milgraph.terms import BASE, MIL, PROV, RDF, XSD, Literal, NamedNode, Quad
from milgraph.validation import Engine, Report, Result, Severity, Shapes, turbo_engine

__all__ = ["KnowledgeGraph"]

_TYPE = RDF["type"]
_STORE = "store"
_AGENT = NamedNode(BASE + "actor/milgraph")


def _silent(_step: str, _share: float) -> None:
    """Take no notice of progress."""


class KnowledgeGraph:
    """The dataset of a folder: built from the shipped files, changed one commit at a time.

    Nothing is open until it is needed, and nothing stays locked between two calls.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        progress: Progress = _silent,
        engine: Callable[[Shapes], Engine] = turbo_engine,
    ) -> None:
        self.settings = settings
        self.shipped = Shipped(settings.resources, settings.alignments)
        self._progress = progress
        self._make_engine = engine

    @cached_property
    def shapes(self) -> Shapes:
        """The shapes that every commit must satisfy."""
        return Shapes.shipped(self.settings.resources)

    @cached_property
    def engine(self) -> Engine:
        """The validator, with the shapes compiled."""
        return self._make_engine(self.shapes)

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
        """Return a reader of the newest committed state.

        Raises:
            StoreError: there is no graph yet.
        """
        return Reader(self.settings.data)

    def ensure_current(self) -> Reader:
        """Return a reader, after building the graph where it is missing or out of date."""
        if not self.is_current:
            self.load()
        return self.reader()

    def load(self, articles: Iterable[Path] = ()) -> Report:
        """Bring the graph up to date with the shipped files, and the articles given.

        An article given replaces its earlier version; articles given before stay. All
        is one commit: nothing is stored unless the whole conforms.

        Raises:
            KnowledgeGraphError: a file cannot be read or placed, or the shapes refuse it.
        """
        given = [self._storable(path) for path in articles]
        shipped = self.shipped.named_graphs(self._progress)
        store = EmbeddedStore(self.settings.data / _STORE)
        try:
            before = frozenset(store.match())
            commits = {q for q in before if q.graph_name == graphs.CHANGES}
            kept = {q.subject for q in commits if q.predicate == PROV.wasGeneratedBy}
            named = _with_kept(shipped, before, kept)
            for article in given:
                named = named.replacing(_graphs_of(article.iri, named), article.quads)
            view, report = self._staged(named)
            self._progress("storing", 0.9)
            change = _between(before, store, view)
            history = self._history(change, commits, store.sequence + 1, given)
            if not change.is_empty or not history.is_empty:
                whole = Change(
                    change.removals | history.removals,
                    change.additions | history.additions,
                )
                store.apply(whole, sequence=store.sequence + 1)
            Generations(self.settings.data).publish(store)
        finally:
            store.close()
        self._progress("done", 1.0)
        return report

    def check(self, source: Source) -> Report:
        """Return what the shapes say of new facts in the graph as it stands.

        Nothing is stored. Facts of an article that is there already are taken to
        replace it.

        Raises:
            SourceError: the text is not RDF.
            PlacementError: it touches what is not its own.
            ConsistencyError: with it, the graph would have no model.
        """
        article = read_article(source, self.shipped.vocabulary)
        current = NamedGraphs.of(self.ensure_current().snapshot().match())
        named = current.replacing(_graphs_of(article.iri, current), article.quads)
        try:
            view = materialise_view(named, self.shipped.axioms)
        except ConsistencyError as error:
            error.position = article.position_of(error.node)
            raise
        supposed = validate_suppositions(
            view,
            self.shipped.axioms,
            self.shapes,
            self.engine,
            names=article.status.suppositions,
        )
        found = [*validate_view(view, self.engine).results, *supposed]
        # The graph as it stands has no violation: where one is, the article causes it.
        own = (
            r
            for r in found
            if article.owns(r.focus_node)
            or (r.severity is Severity.VIOLATION and not _is_under(article, r))
        )
        located = (
            replace(r, position=article.position_of(r.focus_node, within=r.claim))
            for r in own
        )
        return Report.of(located, graph_size=len(view.triples))

    def _storable(self, path: Path) -> Article:
        article = self.shipped.article(path)
        if article.is_anonymous:
            raise PlacementError(
                "nobody claims these facts, so they can be checked but not stored",
                position=Position(str(path)),
                hint="Write an article in TriG: its record, its segments and a block for "
                "each claim.",
            )
        return article

    def _staged(self, named: NamedGraphs) -> tuple[View, Report]:
        """Return the view of the graphs and its report, which has no violation."""
        self._progress("materialising what follows", 0.0)
        view = materialise_view(named, self.shipped.axioms)
        self._progress("validating the view", 0.3)
        report = validate_view(view, self.engine)
        self._progress("validating what is denied or supposed", 0.5)
        supposed = validate_suppositions(
            view, self.shipped.axioms, self.shapes, self.engine
        )
        report = Report.of([*report.results, *supposed], graph_size=report.graph_size)
        if not report.conforms:
            raise ConformanceError(report)
        return view, report

    def _history(
        self,
        change: Change,
        before: set[Quad],
        sequence: int,
        given: Iterable[Article],
    ) -> Change:
        """Return what the commit adds to the history, and the digest that it replaces."""
        commit = NamedNode(f"{graphs.CHANGES.value}#{sequence}")
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        digest = _in_history(
            graphs.CHANGES, MIL.shippedDigest, Literal(self.shipped.digest)
        )
        stale = {q for q in before if q.predicate == MIL.shippedDigest} - {digest}
        if change.is_empty and digest in before and not stale:
            return Change()
        record = {
            _in_history(commit, _TYPE, PROV.Activity),
            _in_history(commit, MIL.sequenceNumber, _integer(sequence)),
            _in_history(commit, PROV.endedAtTime, Literal(now, datatype=XSD.dateTime)),
            _in_history(commit, PROV.wasAssociatedWith, _AGENT),
            _in_history(commit, MIL.additionCount, _integer(len(change.additions))),
            _in_history(commit, MIL.removalCount, _integer(len(change.removals))),
            _in_history(commit, MIL.changeDigest, Literal(change.digest)),
            digest,
        }
        record |= {_in_history(a.iri, PROV.wasGeneratedBy, commit) for a in given}
        return Change(frozenset(stale), frozenset(record) - before)


def _with_kept(
    shipped: NamedGraphs, before: frozenset[Quad], kept: Iterable[object]
) -> NamedGraphs:
    """Return the shipped graphs with the articles that were added to them by others."""
    added = frozenset(kept)
    quads = {
        q
        for q in before
        if isinstance(q.graph_name, NamedNode) and document_of(q.graph_name) in added
    }
    names = {q.graph_name for q in quads if isinstance(q.graph_name, NamedNode)}
    replaced = {n for n in shipped.triples if document_of(n) in added}
    return shipped.replacing(names | replaced, quads)


def _between(before: frozenset[Quad], store: EmbeddedStore, view: View) -> Change:
    """Return the change from the store's state to the view, history left alone."""
    standing = {q for q in before if q.graph_name != graphs.CHANGES} | set(store.view())
    return Change.between(standing, set(view.named) | set(in_view(view.triples)))


def _is_under(article: Article, result: Result) -> bool:
    node = result.focus_node
    return isinstance(node, NamedNode) and document_of(node) == article.iri


def _graphs_of(article: NamedNode, named: NamedGraphs) -> frozenset[NamedNode]:
    return frozenset(name for name in named.triples if document_of(name) == article)


def _in_history(
    subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal
) -> Quad:
    return Quad(subject, predicate, value, graphs.CHANGES)


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=XSD.integer)
