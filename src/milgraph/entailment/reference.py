"""The reference engine: owlrl, slow and complete, the oracle of the compiled rules."""

from collections.abc import Iterable

import rdflib

from milgraph.errors import ConsistencyError
from milgraph.interchange import graph_of, term_from_rdflib
from milgraph.terms import MIL, RDF, NamedNode, Triple

__all__ = ["is_promised", "materialise_with_owlrl"]

_TYPE = RDF["type"]
_ERROR = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")


def materialise_with_owlrl(triples: Iterable[Triple]) -> frozenset[Triple]:
    """Return the triples that owlrl's OWL 2 RL closure has about individuals.

    Only what the compiled rules promise is kept: subjects that are IRIs of the data, our
    properties, and our named classes. The rest of owlrl's closure is the ontology's own,
    literals as subjects, and `owl:Thing`.

    Raises:
        ConsistencyError: the triples have no model.
    """
    from owlrl import DeductiveClosure, OWLRL_Semantics  # noqa: PLC0415 - slow to import

    given = tuple(triples)
    graph = graph_of(given)
    DeductiveClosure(
        OWLRL_Semantics,
        rdfs_closure=False,
        axiomatic_triples=False,
        datatype_axioms=False,
    ).expand(graph)
    # It raises nothing; a contradiction is a triple of its own.
    for _, problem in graph.subject_objects(_ERROR):
        raise ConsistencyError(str(problem))
    individuals = {t.subject for t in given if isinstance(t.subject, NamedNode)}
    individuals |= {t.object for t in given if isinstance(t.object, NamedNode)}
    return frozenset(
        triple
        for s, p, o in graph
        if isinstance(s, rdflib.URIRef) and isinstance(p, rdflib.URIRef)
        for triple in (
            Triple(NamedNode(str(s)), NamedNode(str(p)), term_from_rdflib(o)),
        )
        if triple.subject in individuals and is_promised(triple)
    )


def is_promised(triple: Triple) -> bool:
    """Return whether the triple has one of our properties, or one of our classes."""
    return triple.predicate in MIL or (
        triple.predicate == _TYPE and triple.object in MIL
    )
