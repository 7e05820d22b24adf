"""The shipped data: they conform, are where their names say, and do not get fewer."""

import pytest

from milgraph.articles import read_article
from milgraph.iris import ARTICLES, is_article
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.resources import Resources
from milgraph.shipped import Shipped
from milgraph.staging import materialise_view, validate_view
from milgraph.suppositions import suppositions, validate_suppositions
from milgraph.syntax import Source, read
from milgraph.terms import Literal, NamedNode

RESOURCES = Resources.shipped()
VOID = "http://rdfs.org/ns/void#"
ARTICLE_FILES = RESOURCES.articles


def test_the_suite_has_not_lost_its_articles():
    assert len(ARTICLE_FILES) >= 26


@pytest.mark.parametrize("path", ARTICLE_FILES, ids=lambda path: path.stem)
def test_a_file_is_named_after_its_article_and_lies_in_its_year(path, shipped: Shipped):
    article = read_article(Source.of(path), shipped.vocabulary)
    assert article.iri == NamedNode(ARTICLES + path.stem)
    assert path.parent.name == path.stem[:4]


def test_the_whole_shipped_data_set_conforms(shipped: Shipped, graph: KnowledgeGraph):
    view = materialise_view(shipped.named_graphs(lambda *_: None), shipped.axioms)
    articles = [name for name in view.named.triples if is_article(name)]
    supposed = validate_suppositions(view, graph.standards, articles)
    results = [*validate_view(view, graph.engine).results, *supposed]
    assert sum(len(suppositions(view.named, article)) for article in articles) >= 20
    assert {(r.severity.label, _local(r.shape)) for r in results} == {
        # The article tells Japan's reason without naming who in Japan gave it.
        ("warning", "Scramble-trigger"),
        # Four reports were found without the whole of their address.
        ("info", "Article-source"),
    }


def _local(iri: NamedNode) -> str:
    return iri.value.rpartition("#")[2]


def _minimums() -> list[tuple[NamedNode, int]]:
    quads = read(Source.of(RESOURCES.root / "data" / "DATASET.ttl"))
    classes = {
        q.subject: q.object for q in quads if q.predicate == NamedNode(VOID + "class")
    }
    return sorted(
        (
            (classes[q.subject], int(q.object.value))
            for q in quads
            if q.predicate == NamedNode(VOID + "entities")
            and isinstance(q.object, Literal)
        ),
        key=str,
    )


@pytest.mark.parametrize(
    ("kind", "least"), _minimums(), ids=lambda value: str(value).rpartition("#")[2][:-1]
)
def test_the_data_set_holds_what_it_says_it_holds_at_least(kind, least, rows):
    ((found,),) = rows(
        f"SELECT (COUNT(DISTINCT ?thing) AS ?found) WHERE {{ ?thing a {kind} }}"
    )
    assert int(found.value) >= least
