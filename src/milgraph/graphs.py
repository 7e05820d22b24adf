"""Graphs: the names of the named graphs that are not articles or claims."""

from milgraph.terms import BASE, NamedNode

__all__ = [
    "CHANGES",
    "DATA_SETS",
    "EXPORT",
    "OCCURRENCES",
    "ONTOLOGY",
    "REFERENCE",
    "data_set",
    "is_data_set",
    "is_linkset",
    "links",
]

_GRAPH = BASE + "graph/"
_LINKS = _GRAPH + "links/"
_DATA_SETS = _GRAPH + "datasets/"

ONTOLOGY = NamedNode(_GRAPH + "ontology")
REFERENCE = NamedNode(_GRAPH + "reference")
OCCURRENCES = NamedNode(_GRAPH + "occurrences")
CHANGES = NamedNode(_GRAPH + "changes")
# What an export says of itself; no dataset takes it back.
EXPORT = NamedNode(_GRAPH + "export")


def links(target: str) -> NamedNode:
    """Return the graph of the links to an external data set.

    >>> links("wikidata").value
    'https://w3id.org/milgraph/graph/links/wikidata'
    """
    return NamedNode(_LINKS + target)


def is_linkset(graph: NamedNode) -> bool:
    """Return whether the graph holds links to an external data set."""
    return graph.value.startswith(_LINKS)


def data_set(name: str) -> NamedNode:
    """Return the graph of what the records of an external data set share.

    >>> data_set("gdelt").value
    'https://w3id.org/milgraph/graph/datasets/gdelt'
    """
    return NamedNode(_DATA_SETS + name)


# The data sets that there are importers for.
DATA_SETS = tuple(map(data_set, ("acled", "gdelt", "ucdp")))


def is_data_set(graph: NamedNode) -> bool:
    """Return whether the graph holds what the records of a data set share."""
    return graph in DATA_SETS
