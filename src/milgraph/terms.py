"""Terms: IRIs, literals, triples and quads, their namespaces and their short forms."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    Variable,
    parse,
)

from milgraph.errors import ParameterError
from milgraph.resources import Resources

__all__ = [
    "BASE",
    "DCTERMS",
    "MIL",
    "OWL",
    "PROV",
    "RDF",
    "RDFS",
    "SH",
    "SHAPE",
    "SKOS",
    "XSD",
    "BlankNode",
    "DefaultGraph",
    "Literal",
    "NamedNode",
    "Namespace",
    "Quad",
    "Resource",
    "Term",
    "Triple",
    "Variable",
    "compact",
    "expand",
    "is_ours",
    "prefixes",
    "show",
]

# The engine's terms allow a triple as a subject (RDF 1.2); ours never are.
Resource: TypeAlias = NamedNode | BlankNode | Triple
Term: TypeAlias = NamedNode | BlankNode | Literal | Triple

BASE = "https://w3id.org/milgraph/"
_LOCAL = re.compile(r"[\w](?:[\w.-]*[\w-])?")


class Namespace:
    """The IRIs that begin with one string, as attributes or items.

    >>> MIL.Exercise
    <NamedNode value=https://w3id.org/milgraph/ontology#Exercise>
    """

    def __init__(self, iri: str) -> None:
        self.iri = iri

    def __getitem__(self, local: str) -> NamedNode:
        return NamedNode(self.iri + local)

    def __getattr__(self, local: str) -> NamedNode:
        if local.startswith("__"):
            raise AttributeError(local)
        node = self[local]
        # Found as an attribute from now on: making a term costs more than to compare it.
        setattr(self, local, node)
        return node

    def __contains__(self, term: object) -> bool:
        return isinstance(term, NamedNode) and term.value.startswith(self.iri)


MIL = Namespace(BASE + "ontology#")
SHAPE = Namespace(BASE + "shapes#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
PROV = Namespace("http://www.w3.org/ns/prov#")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
SH = Namespace("http://www.w3.org/ns/shacl#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")


@cache
def prefixes() -> Mapping[str, str]:
    """Return the one prefix map, declared by `ontology/prefixes.ttl`.

    The declarations are those of SHACL, section 5.2.1.
    """
    declared: dict[Resource, dict[str, str]] = {}
    path = Resources.shipped().prefixes
    for quad in parse(path.read_bytes(), format=RdfFormat.TURTLE):
        if quad.predicate in (SH.prefix, SH.namespace):
            declared.setdefault(quad.subject, {})[quad.predicate.value] = (
                quad.object.value
            )
    pairs = (
        (entry[SH.prefix.value], entry[SH.namespace.value])
        for entry in declared.values()
    )
    return MappingProxyType(dict(sorted(pairs)))


@cache
def _by_length() -> tuple[tuple[str, str], ...]:
    """Return the prefixes, those of the longest namespaces first."""
    return tuple(sorted(prefixes().items(), key=lambda pair: -len(pair[1])))


def compact(iri: NamedNode) -> str:
    """Return the CURIE of the IRI, or the IRI itself where no prefix fits.

    >>> compact(MIL.Exercise)
    'mil:Exercise'
    """
    for prefix, namespace in _by_length():
        if iri.value.startswith(namespace):
            local = iri.value[len(namespace) :]
            if _LOCAL.fullmatch(local):
                return f"{prefix}:{local}"
    return iri.value


def expand(name: str) -> NamedNode:
    """Return the IRI that a CURIE, an IRI or an IRI in angle brackets names.

    A local name that Turtle would have to escape is taken as it stands, so that
    `article:2023-03-21-tu-95-sea-of-japan#claim-9` names the claim.

    Raises:
        ParameterError: the prefix is not known, or the text is not an IRI.

    >>> expand("place:black-sea").value
    'https://w3id.org/milgraph/place/black-sea'
    """
    text = name.removeprefix("<").removesuffix(">")
    prefix, colon, local = text.partition(":")
    if colon and prefix in prefixes():
        text = prefixes()[prefix] + local
    elif not (colon and re.match(r"https?|urn", prefix)):
        raise ParameterError(
            f"{name!r} is neither an IRI nor a name with a known prefix",
            hint=f"Known prefixes: {', '.join(prefixes())}.",
        )
    try:
        return NamedNode(text)
    except ValueError as error:
        raise ParameterError(f"{name!r} is not an IRI: {error}") from error


def show(term: Term) -> str:
    """Return the term as people read it: a CURIE, an IRI or the literal's text."""
    if isinstance(term, NamedNode):
        return compact(term)
    if isinstance(term, Literal):
        return term.value
    return str(term)


def is_ours(iri: NamedNode) -> bool:
    """Return whether the IRI lies in a namespace of milgraph."""
    return iri.value.startswith(BASE)
