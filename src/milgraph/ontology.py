"""Ontology: the modules as quads, and their words as a list."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self

from milgraph import graphs
from milgraph.axioms import Axioms, closed
from milgraph.iris import skolemise
from milgraph.resources import Resources
from milgraph.syntax import Source, read
from milgraph.terms import (
    MIL,
    OWL,
    RDF,
    RDFS,
    SKOS,
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    Term,
    Triple,
    compact,
    is_ours,
)

__all__ = ["Axioms", "Vocabulary", "read_ontology"]

type_ = RDF["type"]
_ANNOTATING = frozenset(
    {OWL.AnnotationProperty, OWL.DatatypeProperty, OWL.ObjectProperty}
)


def read_ontology(
    resources: Resources, *, alignments: Iterable[str] = ()
) -> frozenset[Quad]:
    """Return the modules, the code schemes and the alignments, as quads of one graph.

    The alignments with PROV-O and GeoSPARQL are always there; `alignments` names others.
    """
    paths = [*resources.ontology, *(resources.alignment(name) for name in alignments)]
    quads: set[Quad] = set()
    for path in paths:
        quads |= skolemise(read(Source.of(path)))
    return frozenset(
        Quad(q.subject, q.predicate, q.object, graphs.ONTOLOGY) for q in quads
    )


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every name in our namespaces that is defined, and how each may be used."""

    names: frozenset[NamedNode]
    classes: frozenset[NamedNode]
    properties: frozenset[NamedNode]
    superclasses: Mapping[NamedNode, frozenset[NamedNode]]
    not_for_authors: Mapping[NamedNode, str]
    labels: Mapping[NamedNode, str]

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Self:
        """Return the names that the triples define: those that they give a type."""
        given = tuple(triples)
        usage: dict[NamedNode, str] = {}
        labels: dict[NamedNode, str] = {}
        kinds: dict[NamedNode, set[Term]] = defaultdict(set)
        for triple in given:
            subject = triple.subject
            if isinstance(subject, BlankNode | Triple) or not is_ours(subject):
                continue
            if triple.predicate == type_:
                kinds[subject].add(triple.object)
            elif triple.predicate == MIL.usage and isinstance(triple.object, Literal):
                usage[subject] = triple.object.value
            elif triple.predicate in (RDFS.label, SKOS.prefLabel) and (
                isinstance(triple.object, Literal) and triple.object.language == "en"
            ):
                labels[subject] = triple.object.value
        return cls(
            names=frozenset(kinds),
            classes=frozenset(n for n, found in kinds.items() if OWL.Class in found),
            properties=frozenset(
                n for n, found in kinds.items() if found & _ANNOTATING
            ),
            superclasses=closed(given, RDFS.subClassOf, OWL.equivalentClass),
            not_for_authors=usage,
            labels=labels,
        )

    def near(self, iri: NamedNode) -> tuple[str, ...]:
        """Return the CURIEs of up to three defined names that are spelled alike."""
        known = {compact(name): None for name in self.names}
        folded = {name.casefold(): name for name in known}
        found = get_close_matches(compact(iri).casefold(), folded, n=3, cutoff=0.75)
        return tuple(folded[name] for name in found)
