"""Interchange: the engine's terms as rdflib's, and back."""

import logging
from collections.abc import Iterable

import rdflib
from rdflib.plugins.parsers import ntriples

from milgraph.terms import BlankNode, Literal, NamedNode, Term, Triple

__all__ = ["graph_of", "term_from_rdflib", "term_to_rdflib"]

# It logs a traceback for each ill-formed number or date; the shapes report them.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)
# By default it reads a line anew for every 2 KB of it.
ntriples.bufsiz = 64 * 1024


def term_from_rdflib(term: rdflib.term.Node | None) -> Term:
    """Return rdflib's term as ours."""
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        kind = NamedNode(str(term.datatype)) if term.datatype else None
        return Literal(str(term), datatype=kind)
    return BlankNode(str(term))


def term_to_rdflib(term: Term) -> rdflib.term.Node:
    """Return our term as rdflib's."""
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, Literal):
        if term.language:
            return rdflib.Literal(term.value, lang=term.language)
        kind = rdflib.URIRef(term.datatype.value)
        # A lexical form is kept: written out, 1e1000000000 is a gigabyte of zeros.
        return rdflib.Literal(term.value, datatype=kind, normalize=False)
    return rdflib.BNode(str(term).removeprefix("_:"))


def graph_of(triples: Iterable[Triple]) -> rdflib.Graph:
    """Return the triples as an rdflib graph in memory."""
    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples:
        parts = (triple.subject, triple.predicate, triple.object)
        subject, predicate, value = map(term_to_rdflib, parts)
        graph.add((subject, predicate, value))
    return graph
