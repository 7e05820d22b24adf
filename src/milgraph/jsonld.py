"""JSON-LD: the context in which short names stand for the terms of the ontology."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from milgraph.ontology import read_ontology
from milgraph.resources import Resources
from milgraph.syntax import Source, read
from milgraph.terms import (
    MIL,
    OWL,
    RDF,
    RDFS,
    SH,
    SHAPE,
    XSD,
    NamedNode,
    Resource,
    Term,
    Triple,
    compact,
    prefixes,
)

__all__ = ["CONTEXT", "context_document", "context_file", "write_context"]

# The file in the folder of the ontology that holds the context.
CONTEXT = "context.jsonld"
_TYPE = RDF["type"]
_KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
_KEYWORDS = {
    "id": "@id",
    "type": "@type",
    "value": "@value",
    "language": "@language",
    # What a claim or a reading asserts is the named graph of its name.
    "asserts": "@graph",
}
# What an article is told of in its claims and segments, told in the article instead.
_INVERSE = {"claims": MIL.inArticle, "segments": MIL.inDocument}
# What a shape says that allows one datatype or another.
_OPEN = "@none"
# A value of JSON has these without being told.
_PLAIN = frozenset((XSD.string, RDF.langString))


@cache
def context_file(resources: Resources) -> bytes:
    """Return the context as it is shipped."""
    return (resources.root / "ontology" / CONTEXT).read_bytes()


def write_context(resources: Resources) -> bytes:
    """Return the file that holds the context of the ontology as it is."""
    context = context_document(resources)["@context"]
    lines = ",\n".join(f"  {_json(k)}: {_json(v)}" for k, v in context.items())
    return f'{{"@context": {{\n{lines}\n}}}}\n'.encode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def context_document(resources: Resources) -> dict[str, dict[str, object]]:
    """Return the context (JSON-LD 1.1, section 3.1): prefixes, and a name for each term.

    A term is named by its CURIE, and by its local name alone where that is no prefix:
    `modality` begins the name of a code, so the property is `mil:modality`. What a
    property takes follows from its range, and from the shapes where it has none. A name
    that is none of them is read as one of ours, so that placing refuses it: JSON-LD
    itself drops what it does not know, and nobody is told.

    An article's claims and segments stand inside of it as `claims` and `segments`, and
    what a claim or a reading asserts, which is a named graph, as `asserts`.
    """
    triples = [quad.triple for quad in read_ontology(resources)]
    shapes = _of_articles(
        [q.triple for p in resources.shapes for q in read(Source.of(p))]
    )
    coercions = _coercions([*triples, *shapes])
    defined = (
        t.subject for t in triples if t.predicate == _TYPE and t.object in _KINDS
    )
    shaped = (t.object for t in shapes if t.predicate == SH.path)
    # OWL has labels without a declaration.
    named: set[Term] = {RDFS.label, *defined, *shaped}
    terms: dict[str, object] = {}
    for term in sorted({*named, *coercions}, key=str):
        if isinstance(term, NamedNode):
            terms.update(_named(term, coercions.get(term)))
    head = {"@version": 1.1, "@vocab": MIL.iri, **_KEYWORDS}
    inverse = {
        name: {"@reverse": compact(term), "@type": "@id"}
        for name, term in _INVERSE.items()
    }
    return {"@context": {**head, **prefixes(), **terms, **inverse}}


def _of_articles(shapes: list[Triple]) -> list[Triple]:
    """Return the shapes without those of links, of which no article speaks."""
    linking = {
        t.object
        for t in shapes
        if t.predicate == SH.property and t.subject in (SHAPE.Mapping, SHAPE.Linkset)
    }
    return [t for t in shapes if t.subject not in linking]


def _named(term: NamedNode, coercion: str | None) -> Iterator[tuple[str, object]]:
    """Return the names of the term, with what they mean."""
    curie = compact(term)
    if ":" not in curie or curie == term.value:
        return
    definition = {"@id": curie, "@type": coercion} if coercion else curie
    if coercion:
        yield curie, definition
    local = curie.partition(":")[2]
    if local not in prefixes() and local not in _KEYWORDS:
        yield local, definition


def _coercions(triples: Iterable[Triple]) -> dict[NamedNode, str]:
    """Return what each property takes: an IRI, or a literal of one datatype."""
    graph: dict[Resource, dict[NamedNode, set[Term]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for t in triples:
        graph[t.subject][t.predicate].add(t.object)
    found: dict[NamedNode, set[str]] = defaultdict(set)
    for subject, said in graph.items():
        for property_ in _properties(subject, said):
            found[property_] |= set(_taken(said))
    for subject, said in graph.items():
        if OWL.ObjectProperty in said[_TYPE] and isinstance(subject, NamedNode):
            # A shape that allows members of several classes allows nodes all the same.
            found[subject].discard(_OPEN)
    # Where it may be one or another, the document has to say which it means.
    return {
        name: next(iter(kinds))
        for name, kinds in found.items()
        if len(kinds) == 1 and kinds != {_OPEN}
    }


def _properties(
    subject: Resource, said: dict[NamedNode, set[Term]]
) -> Iterator[NamedNode]:
    """Return the property that the subject is, or is a shape of."""
    if isinstance(subject, NamedNode) and said[_TYPE] & set(_KINDS[1:3]):
        yield subject
    for path in said[SH.path]:
        if isinstance(path, NamedNode):
            yield path


def _taken(said: dict[NamedNode, set[Term]]) -> Iterator[str]:
    if (
        OWL.ObjectProperty in said[_TYPE]
        or said[SH["class"]]
        or SH.IRI in said[SH.nodeKind]
    ):
        yield "@id"
    elif said[SH["or"]]:
        yield _OPEN
    for kind in (said[RDFS.range] | said[SH.datatype]) - _PLAIN:
        if isinstance(kind, NamedNode) and (kind in XSD or said[SH.datatype]):
            yield compact(kind)
