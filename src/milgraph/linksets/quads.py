"""Quads: what a mapping set says in RDF, in the graph of its links."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from milgraph import graphs
from milgraph.linksets.rows import LINKING, NO_TERM_FOUND, Row, iri_of
from milgraph.linksets.rows import NOT as _NOT
from milgraph.linksets.slots import REFERENCES, URIS
from milgraph.linksets.tables import MappingSet, read_table
from milgraph.syntax import as_stored
from milgraph.terms import (
    DCTERMS,
    RDF,
    XSD,
    Literal,
    NamedNode,
    Namespace,
    Quad,
    Term,
)

__all__ = [
    "LINKING",
    "NOT",
    "NO_TERM_FOUND",
    "SSSOM",
    "VOID",
    "mapping_node",
    "quads_of",
    "read_linkset",
]

SSSOM = Namespace("https://w3id.org/sssom/")
VOID = Namespace("http://rdfs.org/ns/void#")
_DCAT = Namespace("http://www.w3.org/ns/dcat#")
_TYPE = RDF["type"]
# The modifier of a mapping that says that two things do not match.
NOT = Literal(_NOT)
# How VoID, Dublin Core and DCAT call what SSSOM says of a set.
_OF_A_LINKSET = {
    "mapping_set_title": DCTERMS.title,
    "mapping_set_description": DCTERMS.description,
    "mapping_set_version": _DCAT.version,
    "license": DCTERMS.license,
    "subject_source": VOID.subjectsTarget,
    "object_source": VOID.objectsTarget,
}
_WEB = ("http://", "https://")
_IN_ENGLISH = frozenset(("mapping_set_title", "mapping_set_description"))


def read_linkset(path: Path) -> frozenset[Quad]:
    """Return the links of an SSSOM/TSV table and what the table says of each.

    A row becomes a `sssom:Mapping`, and unless its predicate modifier is `Not` or its
    object `sssom:NoTermFound`, the triple that it stands for; the set becomes a
    `void:Linkset`.

    Raises:
        LinksetError: the table or a row of it is not what it must be.
    """
    return quads_of(read_table(path), path.name.removesuffix(".sssom.tsv"))


def quads_of(found: MappingSet, target: str) -> frozenset[Quad]:
    """Return the quads of the mapping set, in the graph of the links to the target."""
    graph = graphs.links(target)
    quads = set(_linkset(found, graph))
    for row in found.rows:
        quads.update(_mapping(row, found, graph))
    return as_stored(quads)


def mapping_node(graph: NamedNode, subject: NamedNode, value: NamedNode) -> NamedNode:
    """Return the name of the judgement of the pair.

    It stays the same wherever in the table its row stands.
    """
    pair = f"{subject.value} {value.value}".encode()
    return NamedNode(f"{graph.value}#{sha256(pair).hexdigest()[:16]}")


def _linkset(found: MappingSet, graph: NamedNode) -> Iterator[Quad]:
    yield Quad(graph, _TYPE, VOID.Linkset, graph)
    for slot, values in found.metadata.items():
        if slot == "mapping_set_id":
            continue
        for text in values:
            value = _value(slot, text, found)
            if slot in _IN_ENGLISH:
                value = Literal(text, language="en")
            yield Quad(graph, _OF_A_LINKSET.get(slot, SSSOM[slot]), value, graph)
    links = [row for row in found.rows if row.links(found.curies)]
    for row in links:
        predicate = iri_of(row["predicate_id"], found.curies)
        yield Quad(graph, VOID.linkPredicate, predicate, graph)
    yield Quad(
        graph, VOID.triples, Literal(str(len(links)), datatype=XSD.integer), graph
    )


def _mapping(row: Row, found: MappingSet, graph: NamedNode) -> Iterator[Quad]:
    subject, value = row.pair(found.curies)
    node = mapping_node(graph, subject, value)
    yield Quad(node, _TYPE, SSSOM.Mapping, graph)
    for slot, values in row.values.items():
        for text in values:
            yield Quad(node, SSSOM[slot], _value(slot, text, found), graph)
    if row.links(found.curies):
        yield Quad(subject, iri_of(row["predicate_id"], found.curies), value, graph)


def _value(slot: str, text: str, found: MappingSet) -> Term:
    if slot in URIS or (slot in REFERENCES and text.startswith(_WEB)):
        return NamedNode(text)
    if slot in REFERENCES:
        return iri_of(text, found.curies)
    if slot in ("confidence", "similarity_score"):
        return Literal(text, datatype=XSD.decimal)
    return Literal(text)
