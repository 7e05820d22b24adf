"""Articles: a file of claims becomes the quads that its article may own."""

from collections.abc import Iterable
from pathlib import Path

from milgraph.errors import PlacementError, Position, SourceError
from milgraph.iris import (
    ARTICLES,
    article_named_after,
    document_of,
    is_article,
    skolemise,
)
from milgraph.ontology import Vocabulary
from milgraph.placing import RECORD_CLASSES, place
from milgraph.records import FACT, POSITIVE, Article, Status
from milgraph.syntax import Source, read
from milgraph.terms import MIL, RDF, DefaultGraph, NamedNode, Quad

__all__ = ["Article", "Status", "read_article", "require_named"]

_TYPE = RDF["type"]
# The name of no article.
_NOWHERE = NamedNode(ARTICLES + "%20")


def read_article(source: Source, vocabulary: Vocabulary) -> Article:
    """Return the article that the source describes, placed.

    Facts without a claim around them (a file in a format without graphs) are read as one
    claim of an article named after the file: they can be checked, and since nobody
    claims them, not stored (`Article.is_anonymous`). Relative names are under the
    article that the file is named after; or, where it says nothing of that one itself
    and names another, under that other: a text that is sent has no name of its own.

    Raises:
        SourceError: the text is not RDF.
        PlacementError: it touches what is not its own, or uses a name that nothing
            defines.
    """
    base = article_named_after(Path(source.name))
    quads = read(source, base=base)
    if meant := _meant_by(quads, base):
        base, quads = meant, read(source, base=meant)
    if not quads:
        raise SourceError("the file holds no facts", position=Position(source.name))
    anonymous = all(
        quad.graph_name == DefaultGraph() and quad.object not in RECORD_CLASSES
        for quad in quads
    )
    iri = base if anonymous else _article_of(quads, source)
    placed = (
        _as_one_claim(quads, iri) if anonymous else {_in_article(q, iri) for q in quads}
    )
    article = Article(
        iri,
        skolemise(placed, under=iri, position=Position(source.name)),
        source,
        is_anonymous=anonymous,
        base=base,
    )
    return place(article, vocabulary)


def require_named(source: Source) -> None:
    """Promise that a text without an address or a file of its own says whose it is.

    Raises:
        SourceError: the text is not RDF.
        PlacementError: it leaves the name of its article to where it lies.
    """
    quads = read(source, base=_NOWHERE)
    if _NOWHERE in _described(quads) and not _meant_by(quads, _NOWHERE):
        raise PlacementError(
            "the text does not say which article it is of",
            position=Position(source.name),
            hint=f"Give it an @base such as <{ARTICLES}2024-05-14-drill>, or send it to "
            "/articles/2024-05-14-drill.",
        )


def _meant_by(quads: Iterable[Quad], base: NamedNode) -> NamedNode | None:
    """Return the article whose record stands beside relative names, if it is another."""
    described = _described(quads)
    if base not in described:
        return None
    others, subjects = described - {base}, {quad.subject for quad in quads}
    recorded = [other for other in others & subjects if is_article(other)]
    is_of_one = len(others) == 1 and base not in subjects
    return recorded[0] if recorded and is_of_one else None


def _described(quads: Iterable[Quad]) -> set[NamedNode]:
    """Return the articles under whose names the quads say something."""
    terms = {term for quad in quads for term in (quad.subject, quad.graph_name)}
    return {
        document_of(term)
        for term in terms
        if isinstance(term, NamedNode) and term.value.startswith(ARTICLES)
    }


def _as_one_claim(quads: Iterable[Quad], iri: NamedNode) -> set[Quad]:
    """Return the facts in the graph of a claim of their own."""
    claim = NamedNode(iri.value + "#claim-1")
    record = (
        (iri, _TYPE, MIL.Article),
        (claim, _TYPE, MIL.Claim),
        (claim, MIL.inArticle, iri),
        (claim, MIL.polarity, POSITIVE),
        (claim, MIL.modality, FACT),
    )
    facts = {Quad(q.subject, q.predicate, q.object, claim) for q in quads}
    return facts | {
        Quad(subject, predicate, value, iri) for subject, predicate, value in record
    }


def _article_of(quads: Iterable[Quad], source: Source) -> NamedNode:
    """Return the article that the file is about: the one document its names are under."""
    found = sorted(document.value for document in _described(quads))
    if len(found) == 1:
        return _well_named(NamedNode(found[0]), source)
    if not found:
        raise PlacementError(
            "the file describes no article",
            position=Position(source.name),
            hint=f"Give it an @base such as <{ARTICLES}2024-05-14-drill> and name its "
            "nodes <#claim-1>, <#drill>.",
        )
    after_file = article_named_after(Path(source.name)).value in found
    raise PlacementError(
        f"the file describes {len(found)} articles: {', '.join(found)}",
        position=source.position_of(found[1]),
        hint="What begins with # is named after the file: name the file after its "
        "article, or give it an @base."
        if after_file
        else "Write one file for each article.",
    )


def _well_named(iri: NamedNode, source: Source) -> NamedNode:
    if not is_article(iri):
        raise PlacementError(
            f"{iri.value} is not the name of an article",
            position=source.position_of(iri.value),
            hint="After article/ come lower-case letters, digits and single hyphens, as "
            "in 2024-05-14-drill.",
        )
    return iri


def _in_article(quad: Quad, iri: NamedNode) -> Quad:
    """Return the quad in the article's graph, where it was in none."""
    if quad.graph_name == DefaultGraph():
        return Quad(quad.subject, quad.predicate, quad.object, iri)
    return quad
