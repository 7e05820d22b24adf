"""Proposals: what somebody wants to change, as the change of named graphs that it is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain, islice

from milgraph import graphs
from milgraph.accounts import is_own_occurrence
from milgraph.articles import Article, read_article
from milgraph.changes import Change
from milgraph.dataset import AmendedGraphs
from milgraph.editorial import place_edit, require_target
from milgraph.errors import PlacementError, Position, UnknownArticleError
from milgraph.iris import ARTICLES, document_of, is_article, skolemise
from milgraph.ontology import Vocabulary
from milgraph.placing import place
from milgraph.store.interface import Readable
from milgraph.syntax import Source
from milgraph.terms import MIL, RDF, DefaultGraph, NamedNode, Quad, compact

__all__ = [
    "DEFINING_GRAPHS",
    "Desk",
    "Proposal",
    "is_by_rule",
    "is_submitted",
    "named_under_article",
    "require_claimed",
    "vocabulary_of",
]

# What a name in our namespaces means is said in these.
DEFINING_GRAPHS = (
    graphs.ONTOLOGY,
    graphs.REFERENCE,
    graphs.OCCURRENCES,
    *graphs.DATA_SETS,
)
_TYPE = RDF["type"]
_RECORDED = frozenset((MIL.Claim, MIL.Reading))
_STATED_IN, _ACCEPTED = MIL.statedIn, MIL.AcceptedGraph
# To find the nearest of more names would take seconds.
_MOST_COMPARED = 10_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of named graphs, placed: it touches what it may, and is marked.

    `articles` are those that it brings, in a new or another version; `retracted` those
    that it takes away.
    """

    change: Change
    articles: tuple[Article, ...] = ()
    retracted: tuple[NamedNode, ...] = ()

    @property
    def is_editorial(self) -> bool:
        """Whether it touches what is not of an article."""
        touched = {
            quad.graph_name
            for quad in chain(self.change.additions, self.change.removals)
        }
        return any(
            isinstance(name, NamedNode) and not name.value.startswith(ARTICLES)
            for name in touched
        )


def vocabulary_of(dataset: Readable) -> Vocabulary:
    """Return the names that the dataset's ontology and editorial graphs define."""
    return Vocabulary.of(
        q.triple for g in DEFINING_GRAPHS for q in dataset.match(graph=g)
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """Where submissions are read and placed against the dataset as it stands."""

    dataset: Readable
    vocabulary: Vocabulary

    def submission(
        self, sources: Iterable[Source], *, article: NamedNode | None = None
    ) -> Proposal:
        """Return the proposal of articles, each of which replaces its earlier version.

        With `article`, there is one source, and it is of that article.

        Raises:
            SourceError: a source is not RDF.
            PlacementError: it touches what is not its own, two are of one article, or
                nobody claims what it says.
        """
        read = [self.read(source) for source in sources]
        for one in read:
            require_claimed(one)
            if article is not None and one.iri != article:
                raise PlacementError(
                    f"the text is of {compact(one.iri)}, not of {compact(article)}",
                    position=_whole(one),
                    hint="Send it to its own address, or correct its @base.",
                )
        return self.replacing(read)

    def read(self, source: Source) -> Article:
        """Return the article of the source, placed.

        Raises:
            SourceError: the text is not RDF.
            PlacementError: it touches what is not its own.
        """
        return read_article(source, self.vocabulary)

    def knowing(self, quads: Iterable[Quad]) -> "Desk":
        """Return the desk that also knows what the quads of editorial graphs define."""
        described = {
            quad.subject
            for quad in quads
            if quad.predicate == _TYPE
            and quad.graph_name in DEFINING_GRAPHS
            and isinstance(quad.subject, NamedNode)
        }
        names = self.vocabulary.names | described
        return replace(self, vocabulary=replace(self.vocabulary, names=names))

    def after(self, change: Change) -> "Desk":
        """Return the desk once the change is made; it leaves the ontology as it is."""
        if any(quad.graph_name in DEFINING_GRAPHS for quad in change.removals):
            return replace(self, vocabulary=vocabulary_of(self.dataset))
        return self.knowing(change.additions)

    def replacing(
        self, articles: Iterable[Article], *, beside: Change | None = None
    ) -> Proposal:
        """Return the proposal by which the articles replace their earlier versions.

        `beside` changes editorial graphs in the same commit.

        Raises:
            PlacementError: two are of one article, or an editorial graph becomes what
                it may not be.
        """
        removals: set[Quad] = set()
        additions: set[Quad] = set()
        given: dict[NamedNode, Article] = {}
        for article in articles:
            if other := given.get(article.iri):
                raise PlacementError(
                    f"{compact(article.iri)} is described twice",
                    position=_whole(article),
                    hint=f"Keep one of them; the other is {_whole(other)}."
                    if _whole(other)
                    else None,
                )
            given[article.iri] = article
            present = self.present(article.iri)
            removals |= present - article.quads
            additions |= article.quads - present
        change = Change(frozenset(removals), frozenset(additions))
        proposal = Proposal(change, tuple(given.values()))
        if beside is None:
            return proposal
        return self._edited(proposal, beside, self.vocabulary)

    def retraction(self, article: NamedNode) -> Proposal:
        """Return the proposal that takes the article away.

        Raises:
            UnknownArticleError: there is none.
        """
        present = self.present(article) if is_article(article) else frozenset()
        if not present:
            raise UnknownArticleError(compact(article), near=self._near(article))
        return Proposal(Change(removals=present), retracted=(article,))

    def edit(self, change: Change, *, restoring: bool = False) -> Proposal:
        """Return the proposal of a change of any graphs, by whatever door it came.

        What it changes of an article is placed anew, as the article that it becomes.
        With `restoring` it brings back what was there before.

        Raises:
            PlacementError: it touches what nobody may, or becomes what cannot be placed.
        """
        of_articles: dict[NamedNode, tuple[set[Quad], set[Quad]]] = defaultdict(
            lambda: (set(), set())
        )
        of_editors: tuple[set[Quad], set[Quad]] = (set(), set())
        for index, quads in enumerate((change.removals, change.additions)):
            for quad in quads:
                name = require_target(quad.graph_name)
                if name.value.startswith(ARTICLES):
                    of_articles[document_of(name)][index].add(quad)
                else:
                    of_editors[index].add(quad)
        removals, additions = map(frozenset, of_editors)
        vocabulary = self.knowing(additions).vocabulary
        proposal = self._edited_articles(of_articles, vocabulary)
        change = Change(removals - additions, additions - removals)
        return self._edited(proposal, change, vocabulary, restoring=restoring)

    def present(self, article: NamedNode) -> frozenset[Quad]:
        """Return the article's quads as they are, without what rules added to them."""
        record = tuple(self.dataset.match(graph=article))
        names = {
            quad.subject
            for quad in record
            if quad.object in _RECORDED
            and quad.predicate == _TYPE
            and isinstance(quad.subject, NamedNode)
        }
        found = {quad for quad in record if not is_own_occurrence(quad.triple)}
        for name in names - {article}:
            found.update(self.dataset.match(graph=name))
        return frozenset(found)

    def _edited(
        self,
        proposal: Proposal,
        change: Change,
        vocabulary: Vocabulary,
        *,
        restoring: bool = False,
    ) -> Proposal:
        """Return the proposal that changes editorial graphs as well."""
        change = self._effective(change)
        if change.is_empty:
            return proposal
        named = AmendedGraphs(self.dataset, proposal.change.then(change))
        placed = place_edit(change, named, vocabulary, restoring=restoring)
        return replace(proposal, change=proposal.change.then(self._effective(placed)))

    def _effective(self, change: Change) -> Change:
        """Return what of the change is not done yet.

        What was done already must not be undone with the commit of the change.
        """
        return Change(
            frozenset(quad for quad in change.removals if quad in self.dataset),
            frozenset(quad for quad in change.additions if quad not in self.dataset),
        )

    def _near(self, article: NamedNode) -> tuple[str, ...]:
        """Return the names of articles that differ from it by little."""
        articles = (name for name in self.dataset.graphs() if is_article(name))
        known = [compact(name) for name in islice(articles, _MOST_COMPARED)]
        return tuple(get_close_matches(compact(article), known, cutoff=0.8))

    def _edited_articles(
        self,
        edits: dict[NamedNode, tuple[set[Quad], set[Quad]]],
        vocabulary: Vocabulary,
    ) -> Proposal:
        articles, gone = [], []
        removals: set[Quad] = set()
        for iri, (removed, added) in sorted(edits.items(), key=str):
            present = self.present(iri)
            wanted = {q for q in present - removed if not is_by_rule(q)} | added
            if not wanted:
                gone += [iri] if present else []
                removals |= present
                continue
            if not is_article(iri):
                raise PlacementError(
                    f"{iri.value} is not the name of an article",
                    hint="After article/ come lower-case letters, digits and single "
                    "hyphens, as in 2024-05-14-drill.",
                )
            articles.append(place(Article(iri, frozenset(wanted)), vocabulary))
        replaced = self.replacing(articles)
        change = replaced.change.then(Change(removals=frozenset(removals)))
        return Proposal(change, replaced.articles, tuple(gone))


def is_by_rule(quad: Quad) -> bool:
    """Return whether rules, and nobody who submits, put the quad into its graph."""
    name = quad.graph_name
    if is_own_occurrence(quad.triple):
        return isinstance(name, NamedNode) and name.value.startswith(ARTICLES)
    return quad.predicate == _STATED_IN or (
        quad.predicate == _TYPE and quad.object == _ACCEPTED
    )


def is_submitted(quad: Quad) -> bool:
    """Return whether somebody submitted the quad, so that no rule or commit made it."""
    name = quad.graph_name
    return name not in (DefaultGraph(), graphs.CHANGES) and not is_by_rule(quad)


def named_under_article(quads: frozenset[Quad]) -> frozenset[Quad]:
    """Return the quads with an IRI for each blank node, of the article if they are of one.

    Raises:
        PlacementError: two nodes cannot be told apart, or they are too many.
    """
    articles = {
        document_of(quad.graph_name)
        for quad in quads
        if isinstance(quad.graph_name, NamedNode)
        and quad.graph_name.value.startswith(ARTICLES)
    }
    return skolemise(quads, under=next(iter(articles)) if len(articles) == 1 else None)


def require_claimed(article: Article) -> None:
    """Promise that somebody claims what the article says.

    Raises:
        PlacementError: its facts are without a claim.
    """
    if article.is_anonymous:
        raise PlacementError(
            "nobody claims these facts, so they can be checked but not stored",
            position=_whole(article),
            hint="Write an article in TriG: its record, its segments and a block for "
            "each claim.",
        )


def _whole(article: Article) -> Position | None:
    return Position(article.source.name) if article.source else None
