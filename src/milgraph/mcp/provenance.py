"""Provenance: who states what an answer names, and where it can be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from milgraph.asking import Asker, Reply
from milgraph.errors import BusyError, LimitError, QueryError
from milgraph.iris import document_of, is_article
from milgraph.mcp.marking import json_of, name_of
from milgraph.terms import NamedNode, Term, Triple, is_ours

__all__ = ["DATASET", "LICENCE", "Sources", "nodes_of", "sources_of"]

DATASET = "https://w3id.org/milgraph/dataset"
LICENCE = (
    "Facts: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/. The texts of the "
    "articles are not part of the dataset; a source with a licence of its own says so."
)
_MOST_NODES = 150
_MOST_ARTICLES = 20
_MOST_CLAIMS = 12
_MOST_STATED = 2_000

_STATED = """
SELECT DISTINCT ?node ?article ?claim ?accepted
WHERE {
  VALUES ?node { %s }
  { ?node mil:statedIn ?claim }
  UNION { ?node a mil:Claim . BIND (?node AS ?claim) }
  UNION { ?node mil:hasAccount/mil:statedIn ?claim }
  ?claim mil:inArticle ?article .
  BIND (EXISTS { ?claim a mil:AcceptedGraph } AS ?accepted)
}
ORDER BY ?article ?claim ?node
"""
# A record of a data set is of a release, which has the licence and what to cite.
_ARTICLES = """
SELECT DISTINCT ?article ?title ?publisher ?published ?source ?licence ?cite ?redistributable
WHERE {
  VALUES ?article { %s }
  OPTIONAL { ?article rdfs:label ?title }
  OPTIONAL { ?article dcterms:publisher ?publisher }
  OPTIONAL { ?article mil:publishedOn/mil:edtf ?published }
  OPTIONAL { ?article dcterms:source ?source }
  OPTIONAL { ?article dcterms:license|mil:inRelease/dcterms:license ?licence }
  OPTIONAL { ?article mil:inRelease/dcterms:bibliographicCitation ?cite }
  OPTIONAL { ?article mil:inRelease/mil:redistributable ?redistributable }
}
ORDER BY ?article
"""
_TOLD = (
    "title",
    "publisher",
    "published",
    "source",
    "licence",
    "cite",
    "redistributable",
)
_EDITORIAL = """
SELECT DISTINCT ?node ?graph
WHERE {
  VALUES ?node { %s }
  GRAPH ?graph { ?node a ?class }
}
ORDER BY ?graph ?node
"""


@dataclass(frozen=True, slots=True)
class Sources:
    """The articles with the claims that state what an answer names, and editors' graphs.

    `complete` is false where there are more than are told.
    """

    articles: list[dict[str, Any]] = field(default_factory=list)
    editorial: dict[str, list[str]] = field(default_factory=dict)
    complete: bool = True


def nodes_of(rows: Iterable[Iterable[Term | None]]) -> tuple[NamedNode, ...]:
    """Return our entities that the rows name, each once, in the order of the rows."""
    found: dict[NamedNode, None] = {}
    for row in rows:
        for term in row:
            found.update(dict.fromkeys(_named(term)))
    return tuple(found)


def _named(term: Term | None) -> Iterator[NamedNode]:
    if isinstance(term, NamedNode) and is_ours(term):
        yield term
    elif isinstance(term, Triple):
        for part in (term.subject, term.predicate, term.object):
            yield from _named(part)


async def sources_of(asker: Asker, nodes: tuple[NamedNode, ...]) -> Sources:
    """Return who states what is known of the nodes.

    An answer does not fail for that its sources take too long to be found: then they
    are not complete.
    """
    asked = nodes[:_MOST_NODES]
    if not asked:
        return Sources()
    try:
        return await _found(asker, asked, is_whole=len(asked) == len(nodes))
    except (BusyError, LimitError, QueryError):
        return Sources(complete=False)


async def _found(
    asker: Asker, nodes: tuple[NamedNode, ...], *, is_whole: bool
) -> Sources:
    stated = await _asked(asker, _STATED, nodes)
    claims: dict[NamedNode, dict[NamedNode, dict[str, Any]]] = {}
    for node in nodes:
        if is_article(document_of(node)):
            claims.setdefault(document_of(node), {})
    for subject, article, claim, accepted in stated.rows:
        if not isinstance(article, NamedNode) or not isinstance(claim, NamedNode):
            continue
        told = claims.setdefault(article, {}).setdefault(
            claim, {"claim": name_of(claim), "accepted": json_of(accepted), "of": []}
        )
        told["of"].append(_name(subject))
    others = tuple(node for node in nodes if not is_article(document_of(node)))
    editorial: dict[str, list[str]] = {}
    if others:
        for entity, graph in (await _asked(asker, _EDITORIAL, others)).rows:
            editorial.setdefault(_name(graph), []).append(_name(entity))
    named = tuple(claims)[:_MOST_ARTICLES]
    articles = await _articles(asker, {name: claims[name] for name in named})
    is_all = is_whole and not stated.is_cut and len(named) == len(claims)
    return Sources(articles, editorial, is_all)


def _name(term: Term | None) -> str:
    return name_of(term) if isinstance(term, NamedNode) else ""


async def _articles(
    asker: Asker, claims: dict[NamedNode, dict[NamedNode, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return each article, as its record tells of it, with its claims."""
    found: dict[NamedNode, dict[str, Any]] = {}
    for row in (await _asked(asker, _ARTICLES, tuple(claims))).dicts if claims else ():
        article = row["article"]
        if article in found or not isinstance(article, NamedNode):
            continue
        told: dict[str, Any] = {"article": name_of(article)}
        for name in _TOLD:
            if name in row:
                told[name] = json_of(row[name])
        own = list(claims[article].values())
        told["claims"] = own[:_MOST_CLAIMS]
        if len(own) > _MOST_CLAIMS:
            told["more_claims"] = len(own) - _MOST_CLAIMS
        found[article] = told
    return list(found.values())


async def _asked(asker: Asker, text: str, nodes: tuple[NamedNode, ...]) -> Reply:
    return await asker.ask(text % " ".join(map(str, nodes)), rows=_MOST_STATED)
