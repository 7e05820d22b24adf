"""Assessing: what the shapes say of a change, before it is made."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

from milgraph.amending import Amendment
from milgraph.iris import document_of, is_article
from milgraph.records import Article
from milgraph.staging import WholeView, is_of_an_article, located
from milgraph.standards import Standards
from milgraph.suppositions import validate_suppositions
from milgraph.terms import NamedNode
from milgraph.validation import Report, Result, validate_nodes, validating_change

__all__ = ["assess", "assess_all", "assessing"]


def assess(
    amendment: Amendment, standards: Standards, articles: Iterable[Article] = ()
) -> Report:
    """Return what the shapes say of all that the change may have made right or wrong.

    The articles submitted are validated whole, and a finding about one has its place in
    the article's source.
    """
    with assessing(amendment, standards, articles) as assessment:
        return assessment()


@contextmanager
def assessing(
    amendment: Amendment, standards: Standards, articles: Iterable[Article] = ()
) -> Iterator[Callable[[], Report]]:
    """Begin to assess; what is given waits for what an engine still validates."""
    submitted = {article.iri: article for article in articles}
    with validating_change(
        standards.engine,
        standards.dependencies,
        amendment.transition,
        focus=_own_nodes(submitted.values()),
    ) as validating:
        supposing = _supposing(amendment, submitted)
        supposed = list(validate_suppositions(amendment.after, standards, supposing))

        def assessment() -> Report:
            found = validating.found()
            results = [located(result, amendment.after) for result in found.results]
            return Report.of(
                (_placed(result, submitted) for result in (*results, *supposed)),
                graph_size=found.size,
            )

        yield assessment


def assess_all(view: WholeView, standards: Standards) -> Report:
    """Return what the shapes say of the whole view, and of what it does not take."""
    nodes = frozenset(
        t.subject for t in view.triples if isinstance(t.subject, NamedNode)
    )
    found = validate_nodes(
        standards.engine, standards.dependencies, nodes, view.triples
    )
    results = [located(result, view) for result in found.results]
    articles = sorted(filter(is_article, view.named.triples), key=str)
    results += validate_suppositions(view, standards, articles)
    return Report.of(results, graph_size=len(view.triples))


def _own_nodes(articles: Iterable[Article]) -> set[NamedNode]:
    return {
        quad.subject
        for article in articles
        for quad in article.quads
        if isinstance(quad.subject, NamedNode)
    }


def _supposing(
    amendment: Amendment, submitted: Collection[NamedNode]
) -> Iterator[NamedNode]:
    """Return the articles that may suppose something else now than they did before."""
    losing = {quad.graph_name for quad in amendment.named.removals}
    names = chain(amendment.after.named.added, losing)
    touched = {document_of(name) for name in names if isinstance(name, NamedNode)}
    if not all(map(is_of_an_article, touched)):
        shared = {
            triple.subject
            for triple in amendment.added | amendment.removed
            if isinstance(triple.subject, NamedNode)
            and not is_of_an_article(triple.subject)
        }
        named = amendment.after.named
        touched |= {
            document_of(name)
            for node in shared
            for name in named.mentioning(node)
            if not named.is_accepted(name)
        }
    return (a for a in sorted({*touched, *submitted}, key=str) if is_of_an_article(a))


def _placed(result: Result, articles: Mapping[NamedNode, Article]) -> Result:
    node = result.focus_node
    article = articles.get(document_of(node)) if isinstance(node, NamedNode) else None
    if article is None:
        return result
    position = article.position_of(
        node, path=result.path, value=result.value, within=result.claim
    )
    return replace(result, position=position)
