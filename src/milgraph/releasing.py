"""Releasing: what the shipped files say now, merged into what the graph has become."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from milgraph import graphs
from milgraph.accounts import is_own_occurrence
from milgraph.amending import amend
from milgraph.articles import Article
from milgraph.assessing import assess, assess_all
from milgraph.changes import Change
from milgraph.dataset import NamedGraphs, in_view, marker_of
from milgraph.errors import ConformanceError, KnowledgeGraphError, StoreError
from milgraph.history import LogReader
from milgraph.iris import ARTICLES, document_of
from milgraph.linksets import LINKING, VOID
from milgraph.ontology import Vocabulary
from milgraph.placing import place
from milgraph.proposals import DEFINING_GRAPHS, is_by_rule
from milgraph.shipped import Shipped
from milgraph.staging import Progress, materialise_view
from milgraph.standards import Standards
from milgraph.store.interface import Readable
from milgraph.terms import MIL, XSD, Literal, NamedNode, Quad, compact
from milgraph.validation import Report

__all__ = ["DOOR", "Release", "release_of", "released"]

DOOR = "release"


@dataclass(frozen=True, slots=True)
class Release:
    """What a new version of the shipped files does to the graph.

    `marks` is what the history says of the files, and said of those before.
    """

    change: Change
    marks: Change
    report: Report


def release_of(
    shipped: Shipped,
    store: Readable,
    log: LogReader,
    standards: Standards,
    progress: Progress,
) -> Release | None:
    """Return what the shipped files change, or nothing if they are the same as before.

    Where the ontology or the shapes are others, all is entailed and validated anew.

    Raises:
        KnowledgeGraphError: the files cannot be read, or do not fit what is there.
    """
    marks = _marks(store, shipped)
    if marks.is_empty:
        return None
    files = frozenset(shipped.named_graphs(progress))
    present = frozenset(q for q in store.match() if q.graph_name != graphs.CHANGES)
    change = _merged(files, released(log), present)
    _require_placed((present - change.removals) | change.additions, files)
    if present and not _needs_all(change, marks):
        amendment = amend(store, change, standards.axioms)
        change, report = amendment.change, assess(amendment, standards)
    else:
        named = NamedGraphs.of((present - change.removals) | change.additions)
        before = present | frozenset(store.view())
        change, report = _whole(named, before, standards, progress)
    if not report.conforms:
        raise ConformanceError(report)
    return Release(change, marks, report)


def _whole(
    named: NamedGraphs,
    before: frozenset[Quad],
    standards: Standards,
    progress: Progress,
) -> tuple[Change, Report]:
    """Return the change to the named graphs and their view, computed anew, and validated."""
    progress("materialising what follows", 0.0)
    view = materialise_view(named, standards.axioms)
    progress("validating the view", 0.3)
    report = assess_all(view, standards)
    change = Change.between(before, {*view.named, *in_view(view.triples)})
    return change, report


def _marks(store: Readable, shipped: Shipped) -> Change:
    """Return what the history must say of the files, and what it said before."""
    digests = {
        MIL.shippedDigest: shipped.digest,
        MIL.shapesDigest: shipped.resources.shapes_digest,
    }
    before = {
        quad
        for predicate in digests
        for quad in store.match(graphs.CHANGES, predicate, None, graphs.CHANGES)
    }
    after = {
        Quad(graphs.CHANGES, predicate, Literal(digest), graphs.CHANGES)
        for predicate, digest in digests.items()
    }
    return Change.between(before, after)


def _needs_all(change: Change, marks: Change) -> bool:
    """Return whether rules or shapes are others, so that all must be held to them."""
    return any(
        quad.graph_name == graphs.ONTOLOGY
        for quad in change.removals | change.additions
    ) or any(quad.predicate == MIL.shapesDigest for quad in marks.additions)


def released(log: LogReader) -> frozenset[Quad]:
    """Return what the shipped files said when they were last applied."""
    quads: set[Quad] = set()
    for number in range(log.first, log.last + 1):
        if log.summary(number).door == DOOR:
            change = log.entry(number).change
            quads -= change.removals
            quads |= {q for q in change.additions if _is_shipped(q)}
    return frozenset(quads)


def _merged(
    shipped: frozenset[Quad], before: frozenset[Quad], present: frozenset[Quad]
) -> Change:
    """Return the change that brings new versions of the shipped files in.

    `before` is what the files said at the last release. What others changed since then
    stays: an article that is no longer the shipped one whole, a quad of an editorial
    graph that was added or taken away.
    """
    wanted = Change.between(before, shipped)
    theirs = _changed_articles(before, present, wanted)
    change = Change(
        frozenset(q for q in wanted.removals & present if _article(q) not in theirs),
        frozenset(q for q in wanted.additions - present if _article(q) not in theirs),
    )
    change = change.then(_heads_of_linksets(change, shipped, present))
    return change.then(_marks_of_graphs(change, present))


def _heads_of_linksets(
    change: Change, shipped: frozenset[Quad], present: frozenset[Quad]
) -> Change:
    """Return what becomes of what linksets say of themselves.

    The files say it, but for the links, to which editors may have added their own.
    """
    touched = {
        q.graph_name
        for q in change.removals | change.additions
        if isinstance(q.graph_name, NamedNode) and graphs.is_linkset(q.graph_name)
    }
    after = (present - change.removals) | change.additions
    then = {q for q in after if q.graph_name in touched and _is_of_its_graph(q)}
    now = {q for q in shipped if q.graph_name in touched and _is_of_its_graph(q)}
    kinds = [(q.graph_name, q.predicate) for q in after if q.predicate in LINKING]
    found = {q for q in now if q.predicate not in (VOID.triples, VOID.linkPredicate)}
    for graph in {q.graph_name for q in now if isinstance(q.graph_name, NamedNode)}:
        held = [kind for name, kind in kinds if name == graph]
        number = Literal(str(len(held)), datatype=XSD.integer)
        found.add(Quad(graph, VOID.triples, number, graph))
        found |= {Quad(graph, VOID.linkPredicate, kind, graph) for kind in held}
    return Change.between(then, found)


def _is_of_its_graph(quad: Quad) -> bool:
    return quad.subject == quad.graph_name and quad.object != MIL.AcceptedGraph


def _marks_of_graphs(change: Change, present: frozenset[Quad]) -> Change:
    """Return what becomes of the marks: of an editorial graph others may keep a part."""
    names = {
        q.graph_name for q in change.removals | change.additions if not _article(q)
    }
    marks = {marker_of(name) for name in names if isinstance(name, NamedNode)}
    after = (present - change.removals) | change.additions
    holding = {q.graph_name for q in after - marks if q.graph_name in names}
    wanted = {mark for mark in marks if mark.graph_name in holding}
    return Change.between(after & marks, wanted)


def _changed_articles(
    before: frozenset[Quad], present: frozenset[Quad], wanted: Change
) -> set[NamedNode]:
    """Return the articles of the change that are not as the last release left them."""
    touched = {_article(q) for q in wanted.removals | wanted.additions} - {None}
    then, now = _by_article(before, touched), _by_article(present, touched)
    return {a for a in touched if a is not None and then[a] != now[a]}


def _by_article(
    quads: Iterable[Quad], articles: set[NamedNode | None]
) -> dict[NamedNode | None, set[Quad]]:
    found: dict[NamedNode | None, set[Quad]] = defaultdict(set)
    for quad in quads:
        article = _article(quad)
        if article in articles and not is_by_rule(quad):
            found[article].add(quad)
    return found


def _article(quad: Quad) -> NamedNode | None:
    name = quad.graph_name
    if isinstance(name, NamedNode) and name.value.startswith(ARTICLES):
        return document_of(name)
    return None


def _is_shipped(quad: Quad) -> bool:
    """Return whether a file says it: not the history, the view, or an own occurrence."""
    name = quad.graph_name
    if not isinstance(name, NamedNode) or name == graphs.CHANGES:
        return False
    return not (_article(quad) and is_own_occurrence(quad.triple))


def _require_placed(after: frozenset[Quad], shipped: frozenset[Quad]) -> None:
    """Promise that articles which did not travel with the program fit the new words.

    Raises:
        StoreError: one does not.
    """
    vocabulary = Vocabulary.of(
        q.triple for q in after if q.graph_name in DEFINING_GRAPHS
    )
    names = {_article(quad) for quad in after - shipped if not is_by_rule(quad)}
    articles = _by_article(after, names)
    for article in sorted(names - {None}, key=str):
        assert article is not None  # noqa: S101 - for the type checker
        try:
            place(Article(article, frozenset(articles[article])), vocabulary)
        except KnowledgeGraphError as error:
            raise StoreError(
                f"{compact(article)} does not fit the new version: {error.message}",
                hint="Start the earlier version, and retract or correct the article.",
            ) from error
