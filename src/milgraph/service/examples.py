"""Examples: the stored queries as RDF, so that editors and people can find them.

They follow the pattern of the SIB collection of SPARQL examples, which is that of SHACL:
an executable with a comment, its prefixes, its text, and the endpoint that it is for.
"""

import re
from collections.abc import Iterator

from milgraph.queries import StoredQuery
from milgraph.service.catalogue import about, text
from milgraph.service.holdings import Holdings
from milgraph.service.vocabularies import SCHEMA, SPEX
from milgraph.sparql import ENDPOINTS, Policy, Services, inspect
from milgraph.terms import (
    BASE,
    DCTERMS,
    RDF,
    RDFS,
    SH,
    XSD,
    Literal,
    NamedNode,
    Triple,
    prefixes,
)

__all__ = ["examples"]

_TYPE = RDF["type"]
_PREFIXES = NamedNode(BASE + "ontology/prefixes")
_DECLARED = re.compile(r"^PREFIX ([\w-]+):", re.MULTILINE)
# SHACL has no executable for DESCRIBE; the pattern's own vocabulary adds one.
_FORMS = {
    "SELECT": (SH.SPARQLSelectExecutable, SH.select),
    "CONSTRUCT": (SH.SPARQLConstructExecutable, SH.construct),
    "ASK": (SH.SPARQLAskExecutable, SH.ask),
    "DESCRIBE": (SPEX.SPARQLDescribeExecutable, SPEX.describe),
}
# An example is told of even where its endpoint is not enabled.
_ANY = Policy(services=Services.of(ENDPOINTS).origins)


def examples(holdings: Holdings, endpoint: str) -> list[Triple]:
    """Return each stored query as an executable (SHACL, section 5.1) for the endpoint.

    Checks of the ontology are left out: they are no questions about the data.
    """
    origin = endpoint.removesuffix("/sparql")
    shown = [query for query in holdings.catalogue if query.folder != "lint"]
    used = {name for query in shown for name in _DECLARED.findall(query.text)}
    found = [t for name in sorted(used) for t in _declaration(name)]
    for query in shown:
        found += _example(query, NamedNode(endpoint), origin)
    return found


def _example(query: StoredQuery, endpoint: NamedNode, origin: str) -> Iterator[Triple]:
    kind, property_ = _FORMS[inspect(query.text, _ANY).form or "SELECT"]
    node = NamedNode(f"{origin}/queries/{query.name}")
    yield from about(
        node,
        (_TYPE, SH.SPARQLExecutable),
        (_TYPE, kind),
        (RDFS.label, text(query.title)),
        (RDFS.comment, text(query.description)),
        (DCTERMS.identifier, Literal(query.name)),
        (SH.prefixes, _PREFIXES),
        (property_, Literal(query.sparql)),
        (SCHEMA.target, endpoint),
    )
    for tag in query.tags:
        yield Triple(node, SCHEMA.keywords, Literal(tag))


def _declaration(prefix: str) -> Iterator[Triple]:
    """Return the declaration of the prefix (SHACL, section 5.2.1)."""
    node = NamedNode(f"{_PREFIXES.value}#{prefix}")
    namespace = prefixes().get(prefix)
    if namespace:
        yield Triple(_PREFIXES, SH.declare, node)
        yield from about(
            node,
            (SH.prefix, Literal(prefix)),
            (SH.namespace, Literal(namespace, datatype=XSD.anyURI)),
        )
