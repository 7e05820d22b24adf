"""Scopes: which part of the dataset an export holds, and the articles and activities in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Self

from milgraph.errors import QueryError, UnknownGraphError
from milgraph.export.ordering import Progress
from milgraph.export.rights import Notice, Rights
from milgraph.graphs import CHANGES
from milgraph.iris import ARTICLES, OCCURRENCES, document_of, is_article
from milgraph.sparql import inspect
from milgraph.store import Snapshot
from milgraph.terms import MIL, RDF, NamedNode, Quad, Term, compact

__all__ = ["ALL", "VIEW", "Found", "Scope", "Selection", "find"]

_TYPE = RDF["type"]
# A query may name so many things whose articles and activities are exported.
_MOST_FOUND = 1_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a query names: articles whole, activities and claims by themselves."""

    articles: frozenset[NamedNode] = frozenset()
    nodes: frozenset[NamedNode] = frozenset()

    @property
    def all_articles(self) -> frozenset[NamedNode]:
        """The articles, and those of the activities and claims."""
        return self.articles | frozenset(map(document_of, self.nodes))


@dataclass(frozen=True, slots=True)
class Scope:
    """The whole dataset, the view, one graph, or what a query found."""

    name: str
    graph: NamedNode | None = None
    found: Found | None = None

    @classmethod
    def of_graph(cls, graph: NamedNode) -> Self:
        """Return the scope of one graph; an article comes with its claims."""
        return cls("graph", graph=graph)

    @classmethod
    def of_query(cls, found: Found) -> Self:
        """Return the scope of what a query found."""
        return cls("query", found=found)


ALL = Scope("all")
VIEW = Scope("view")


def find(
    dataset: Snapshot, text: str, bindings: Mapping[str, Term] | None = None
) -> Found:
    """Return the articles, activities and claims that the answer to the query names.

    An occurrence stands for its accounts. What else the rows hold is passed over.

    Raises:
        QueryError: the query is refused or ill-formed, asks for no solutions, or its
            rows name nothing of an article.
    """
    request = inspect(text)
    if request.form != "SELECT":
        raise QueryError(
            f"the scope is a {request.form or 'text without a form'}, not a SELECT",
            hint="Let it SELECT activities, claims, articles or occurrences.",
        )
    named: set[NamedNode] = set()
    rows = 0
    for row in _solutions(dataset, text, bindings):
        rows += 1
        named.update(t for t in row if isinstance(t, NamedNode) and _counts(t))
        if len(named) > _MOST_FOUND:
            raise QueryError(
                f"the scope names more than {_MOST_FOUND:,} things",
                hint="Narrow it, or export the whole dataset.",
            )
    if rows and not named:
        raise QueryError(
            "no row of the scope names an activity, a claim, an article or an occurrence",
            hint="Add the variable of the activity or the article to its SELECT.",
        )
    return _sorted_out(dataset, named)


def _solutions(
    dataset: Snapshot, text: str, bindings: Mapping[str, Term] | None
) -> Iterator[tuple[Term | None, ...]]:
    solutions: Any = dataset.query(text, bindings=bindings)
    try:
        for solution in solutions:
            yield tuple(solution)
    except (RuntimeError, ValueError, OSError) as error:
        raise QueryError(f"the scope cannot be evaluated: {error}") from error


def _counts(term: NamedNode) -> bool:
    return term.value.startswith((ARTICLES, OCCURRENCES))


def _sorted_out(dataset: Snapshot, named: Iterable[NamedNode]) -> Found:
    articles: set[NamedNode] = set()
    nodes: set[NamedNode] = set()
    for node in named:
        if node.value.startswith(OCCURRENCES):
            nodes |= set(_named(dataset.triples.objects(node, MIL.hasAccount)))
        elif is_article(node):
            articles.add(node)
        else:
            nodes.add(node)
    return Found(frozenset(articles), frozenset(nodes))


def _named(terms: Iterable[Term]) -> Iterator[NamedNode]:
    return (term for term in terms if isinstance(term, NamedNode))


class Selection:
    """The part of a dataset that an export holds."""

    def __init__(
        self,
        dataset: Snapshot,
        scope: Scope,
        rights: Rights,
        *,
        progress: Progress = lambda _: None,
    ) -> None:
        """Select; `progress` is told the share that is done.

        Raises:
            UnknownGraphError: the scope is a graph that the dataset does not have.
            WithheldError: it is one that may not be passed on.
        """
        self.dataset = dataset
        self.scope = scope
        self.rights = rights
        self.view = rights.permitted(dataset.triples)
        self.progress = progress
        self.graphs = self._graphs()
        documents = self._documents()
        self.articles = [name for name in documents if not rights.withholds(name)]
        self.withheld = len(documents) - len(self.articles)

    @property
    def notice(self) -> Notice:
        """What the export says of itself."""
        return self.rights.notice(withheld=self.withheld, holding=self.releases)

    @cached_property
    def releases(self) -> frozenset[NamedNode]:
        """The releases that what is selected is taken from."""
        known = self.rights.releases
        if self.scope.graph is None and self.scope.found is None:
            return frozenset(known)
        found = {
            release
            for graph in self.graphs
            for release in known
            if any(True for _ in self.dataset.match(release, graph=graph))
        }
        view = self.dataset.triples
        for article in self.articles:
            # A few releases have many records each, and are soon found.
            if len(found) == len(known):
                break
            found |= known.keys() & set(view.objects(article, MIL.inRelease))
        return frozenset(found)

    def keeps(self, quad: Quad) -> bool:
        """Return whether the quad may be in the export.

        The commits are not: they tell of this graph's history and not of the world, and
        two graphs that say the same would differ by them. The log holds them.
        """
        return quad.graph_name != CHANGES and self.rights.keeps(quad)

    def activities(self) -> Iterator[tuple[NamedNode, NamedNode]]:
        """Return each activity that the view describes, after its article, in order."""
        view = self.dataset.triples
        for article in self._told():
            about = set(_named(view.subjects(MIL.describedIn, article)))
            found = (
                node
                for node in about
                if MIL.Activity in view.objects(node, _TYPE) and self._is_chosen(node)
            )
            for activity in sorted(found, key=str):
                yield article, activity

    def claims(self) -> Iterator[tuple[NamedNode, NamedNode]]:
        """Return each claim after its article, in order."""
        view = self.dataset.triples
        for article in self._told():
            claims = set(_named(view.subjects(MIL.inArticle, article)))
            for claim in sorted(claims, key=str):
                if self._is_chosen(claim) or self._speaks_of_chosen(claim):
                    yield article, claim

    def graphs_of(self, article: NamedNode) -> list[NamedNode]:
        """Return the graph of the article, and those of its claims and readings."""
        view = self.dataset.triples
        claims = set(_named(view.subjects(MIL.inArticle, article)))
        readings = {
            reading
            for claim in claims
            for reading in _named(view.objects(claim, MIL.hasReading))
        }
        return sorted({article, *claims, *readings}, key=str)

    def _told(self) -> Iterator[NamedNode]:
        """Return the articles, telling how far it is."""
        for number, article in enumerate(self.articles):
            self.progress(number / len(self.articles))
            yield article

    def _is_chosen(self, node: NamedNode) -> bool:
        found = self.scope.found
        if found is None:
            return True
        return node in found.nodes or document_of(node) in found.articles

    def _speaks_of_chosen(self, claim: NamedNode) -> bool:
        found = self.scope.found
        if found is None or not found.nodes:
            return False
        about = self.dataset.triples.subjects(MIL.statedIn, claim)
        return not found.nodes.isdisjoint(_named(about))

    def _graphs(self) -> list[NamedNode]:
        """Return the named graphs of the scope of a graph.

        Raises:
            UnknownGraphError: there is no such graph.
            WithheldError: there is, and it may not be passed on.
        """
        name, withholds = self.scope.graph, self.rights.withholds
        if name is None:
            return []
        known = frozenset(self.dataset.graphs())
        chosen = {name, *(g for g in known if document_of(g) == name)} & known
        if chosen and all(map(withholds, chosen)):
            raise self.rights.refusal(self.dataset, name)
        if not chosen:
            shown = (compact(graph) for graph in known if not withholds(graph))
            near = get_close_matches(compact(name), shown, n=3)
            raise UnknownGraphError(
                f"there is no graph {compact(name)}",
                hint=f"Did you mean {' or '.join(near)}?" if near else None,
            )
        return sorted((g for g in chosen if not withholds(g)), key=str)

    def _documents(self) -> list[NamedNode]:
        """Return the articles and records of the scope, in order."""
        graph, found = self.scope.graph, self.scope.found
        if graph is not None:
            document = document_of(graph)
            return [document] if is_article(document) else []
        known = (name for name in self.dataset.graphs() if is_article(name))
        if found is not None:
            wanted = found.all_articles
            known = (name for name in known if name in wanted)
        return sorted(known, key=str)
