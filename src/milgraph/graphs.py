"""Graphs: the names of the named graphs that are not articles or claims."""

from milgraph.terms import BASE, NamedNode

__all__ = ["CHANGES", "OCCURRENCES", "ONTOLOGY", "REFERENCE", "is_linkset", "links"]

_GRAPH = BASE + "graph/"
_LINKS = _GRAPH + "links/"

ONTOLOGY = NamedNode(_GRAPH + "ontology")
REFERENCE = NamedNode(_GRAPH + "reference")
OCCURRENCES = NamedNode(_GRAPH + "occurrences")
CHANGES = NamedNode(_GRAPH + "changes")


def links(target: str) -> NamedNode:
    """Return the graph of the links to an external data set.

    >>> links("wikidata").value
    'https://w3id.org/milgraph/graph/links/wikidata'
    """
    return NamedNode(_LINKS + target)


def is_linkset(graph: NamedNode) -> bool:
    """Return whether the graph holds links to an external data set."""
    return graph.value.startswith(_LINKS)
