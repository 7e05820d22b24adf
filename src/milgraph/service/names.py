"""Names: which path of the service an IRI of ours has, and which IRI a path stands for."""

from functools import cache
from urllib.parse import quote

from milgraph.iris import SKOLEM, document_of, fragment_of
from milgraph.service.documents import ENDINGS
from milgraph.terms import BASE, NamedNode, is_ours, prefixes

__all__ = ["iri_at", "is_document", "path_of", "places", "without_ending"]

_DATASET = "dataset"
# What is named there is a document: it is sent as it is. Anything else is a thing, of
# which a document is sent (Cool URIs for the Semantic Web, section 4.3).
_DOCUMENTS = frozenset(("article", _DATASET, "graph", "ontology", "shapes"))
_PLAIN = "/:@!$&'()*+,;=~"


@cache
def places() -> tuple[str, ...]:
    """Return the first parts of the paths at which our names lie, from the prefix map.

    >>> "actor" in places()
    True
    """
    spaces = {iri for iri in prefixes().values() if iri.startswith(BASE)}
    firsts = {iri.removeprefix(BASE).partition("#")[0] for iri in spaces}
    skolem = SKOLEM.removeprefix(BASE).rstrip("/")
    return tuple(sorted({f.partition("/")[0] for f in firsts} | {skolem, _DATASET}))


def iri_at(path: str) -> NamedNode | None:
    """Return the IRI that the path stands for, if it can be one.

    >>> iri_at("/actor/japan").value
    'https://w3id.org/milgraph/actor/japan'
    """
    try:
        return NamedNode(BASE + path.removeprefix("/"))
    except ValueError:
        return None


def path_of(iri: NamedNode) -> str | None:
    """Return the path at which the service answers for the IRI, if it does.

    >>> path_of(NamedNode("https://w3id.org/milgraph/article/x#claim-1"))
    '/article/x#claim-1'
    """
    local = document_of(iri).value.removeprefix(BASE)
    if not is_ours(iri) or not any(_lies_at(local, place) for place in places()):
        return None
    fragment = fragment_of(iri)
    path = "/" + quote(local, safe=_PLAIN)
    return f"{path}#{quote(fragment, safe=_PLAIN)}" if fragment else path


def _lies_at(local: str, place: str) -> bool:
    return local == place or local.startswith(place + "/")


def is_document(iri: NamedNode) -> bool:
    """Return whether the IRI names a document, which is sent under its own name."""
    return iri.value.removeprefix(BASE).partition("/")[0] in _DOCUMENTS


def without_ending(path: str) -> tuple[str, str]:
    """Return the path without the ending that names a representation, and the ending.

    >>> without_ending("/actor/japan.ttl"), without_ending("/ontology/0.1.0")
    (('/actor/japan', 'ttl'), ('/ontology/0.1.0', ''))
    """
    name, dot, ending = path.rpartition(".")
    if dot and ending in ENDINGS.values() and not name.endswith("/"):
        return name, ending
    return path, ""
