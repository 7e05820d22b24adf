"""IRIs: how articles, claims and nodes without a name get theirs."""

import re
from pathlib import Path

from milgraph.terms import BASE, NamedNode

__all__ = ["ARTICLES", "SKOLEM", "article_named_after", "document_of", "fragment_of"]

ARTICLES = BASE + "article/"
# RDF 1.1 Concepts, section 3.5: a name for a blank node that can be told from other
# names, and made a blank node again by whoever wants one.
SKOLEM = BASE + ".well-known/genid/"
_OTHER = re.compile(r"[^a-z0-9]+")


def document_of(iri: NamedNode) -> NamedNode:
    """Return the IRI without its fragment.

    >>> document_of(NamedNode("https://w3id.org/milgraph/article/x#claim-1")).value
    'https://w3id.org/milgraph/article/x'
    """
    return NamedNode(iri.value.partition("#")[0])


def fragment_of(iri: NamedNode) -> str:
    """Return what follows the `#`, or nothing."""
    return iri.value.partition("#")[2]


def article_named_after(path: Path) -> NamedNode:
    """Return the IRI of the article that a file is named after.

    >>> article_named_after(Path("2024-05-14 Drill.trig")).value
    'https://w3id.org/milgraph/article/2024-05-14-drill'
    """
    slug = _OTHER.sub("-", path.name.partition(".")[0].lower()).strip("-")
    return NamedNode(ARTICLES + (slug or "unnamed"))
