"""Licences: under which terms what is sent may be used, where they are not our own."""

from dataclasses import dataclass

from milgraph.iris import document_of
from milgraph.service.holdings import Holdings
from milgraph.terms import NamedNode, Term

__all__ = ["Terms", "licences_of_all", "licences_of_graph", "terms_of"]

_OF_ENTITY = """\
SELECT ?entity ?release ?licence WHERE {
  ?entity mil:inRelease|dcterms:source ?release .
  ?release mil:ofDataSet ?dataSet ; dcterms:license ?licence .
} ORDER BY ?release ?licence"""
_OF_ALL = """\
SELECT DISTINCT ?licence WHERE {
  ?release mil:redistributable true ; dcterms:license ?licence .
  FILTER EXISTS { ?record mil:inRelease ?release }
} ORDER BY ?licence"""
_OF_GRAPH = """\
SELECT DISTINCT ?graph ?licence WHERE {
  { ?graph mil:inRelease ?release } UNION { GRAPH ?graph { ?release mil:ofDataSet ?dataSet } }
  ?release dcterms:license ?licence .
} ORDER BY ?licence"""


@dataclass(frozen=True, slots=True)
class Terms:
    """The licence of a release that something is taken from."""

    release: NamedNode
    licence: Term


async def terms_of(holdings: Holdings, entity: NamedNode) -> tuple[Terms, ...]:
    """Return the terms of the releases that the record or the thing is taken from."""
    answer = await holdings.ask(_OF_ENTITY, bindings={"entity": entity})
    return tuple(
        Terms(release, licence)
        for _, release, licence in answer.rows()
        if isinstance(release, NamedNode) and licence is not None
    )


async def licences_of_all(holdings: Holdings) -> tuple[str, ...]:
    """Return the licences of the data sets whose records may be passed on."""
    answer = await holdings.ask(_OF_ALL)
    return tuple(
        found.value for (found,) in answer.rows() if isinstance(found, NamedNode)
    )


async def licences_of_graph(holdings: Holdings, graph: NamedNode) -> tuple[str, ...]:
    """Return the licences of what is in the graph, or in the record that it is of."""
    answer = await holdings.ask(_OF_GRAPH, bindings={"graph": document_of(graph)})
    return tuple(
        found.value for _, found in answer.rows() if isinstance(found, NamedNode)
    )
