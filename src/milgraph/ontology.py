"""Ontology: the modules as quads, their axioms as compiled rules, their words as a list."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self

from milgraph import graphs
from milgraph.errors import UnsupportedAxiomError
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
    show,
)

__all__ = ["Axioms", "Vocabulary", "read_ontology"]

type_ = RDF["type"]
_ANNOTATING = frozenset(
    {OWL.AnnotationProperty, OWL.DatatypeProperty, OWL.ObjectProperty}
)
# What the compiled rules do not cover must not stand in the ontology: it would promise
# an entailment that nothing computes.
_UNSUPPORTED = frozenset(
    OWL[name]
    for name in (
        "FunctionalProperty", "InverseFunctionalProperty", "AsymmetricProperty",
        "IrreflexiveProperty", "ReflexiveProperty", "hasKey", "sameAs", "differentFrom",
        "propertyDisjointWith", "AllDisjointProperties", "disjointUnionOf", "intersectionOf",
        "unionOf", "complementOf", "oneOf", "onProperty", "NegativePropertyAssertion",
    )
)  # fmt: skip


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
class Chain:
    """A property chain axiom: the steps, and the property that follows from them."""

    steps: tuple[NamedNode, ...]
    head: NamedNode


@dataclass(frozen=True, slots=True)
class Axioms:
    """The T-box as look-up tables (OWL 2 RL, tables 5 to 9, without what we exclude).

    `superclasses` and `superproperties` are closed and do not hold the term itself.
    """

    superclasses: Mapping[NamedNode, frozenset[NamedNode]]
    superproperties: Mapping[NamedNode, frozenset[NamedNode]]
    domains: Mapping[NamedNode, frozenset[NamedNode]]
    ranges: Mapping[NamedNode, frozenset[NamedNode]]
    inverses: Mapping[NamedNode, frozenset[NamedNode]]
    symmetric: frozenset[NamedNode]
    transitive: frozenset[NamedNode]
    chains: Mapping[NamedNode, tuple[tuple[Chain, int], ...]]
    disjoint: Mapping[NamedNode, frozenset[NamedNode]]

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Self:
        """Return the compiled axioms of an ontology.

        Raises:
            UnsupportedAxiomError: an axiom that the rules do not cover.
        """
        graph = _Graph(triples)
        graph.refuse(_UNSUPPORTED)
        inverses: dict[NamedNode, set[NamedNode]] = defaultdict(set)
        for one, other in graph.pairs(OWL.inverseOf):
            inverses[one].add(other)
            inverses[other].add(one)
        chains: dict[NamedNode, list[tuple[Chain, int]]] = defaultdict(list)
        for head, first in graph.edges(OWL.propertyChainAxiom):
            chain = Chain(tuple(graph.members(first)), head)
            if len(chain.steps) not in (2, 3):
                raise UnsupportedAxiomError(
                    f"the chain of {compact(head)} has {len(chain.steps)} steps, not 2 or 3"
                )
            for position, step in enumerate(chain.steps):
                chains[step].append((chain, position))
        return cls(
            superclasses=graph.closed(RDFS.subClassOf, OWL.equivalentClass),
            superproperties=graph.closed(RDFS.subPropertyOf, OWL.equivalentProperty),
            domains=graph.table(RDFS.domain),
            ranges=graph.table(RDFS.range),
            inverses={one: frozenset(others) for one, others in inverses.items()},
            symmetric=frozenset(graph.instances(OWL.SymmetricProperty)),
            transitive=frozenset(graph.instances(OWL.TransitiveProperty)),
            chains={step: tuple(found) for step, found in chains.items()},
            disjoint=graph.disjointness(),
        )


class _Graph:
    """The triples of an ontology, by predicate and by subject."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = tuple(triples)
        self._by_predicate: dict[NamedNode, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            self._by_predicate[triple.predicate].append(triple)

    def edges(self, predicate: NamedNode) -> Iterator[tuple[NamedNode, Term]]:
        for triple in self._by_predicate[predicate]:
            if isinstance(triple.subject, NamedNode):
                yield triple.subject, triple.object

    def pairs(self, predicate: NamedNode) -> Iterator[tuple[NamedNode, NamedNode]]:
        for subject, value in self.edges(predicate):
            if isinstance(value, NamedNode):
                yield subject, value

    def instances(self, kind: NamedNode) -> Iterator[NamedNode]:
        return (one for one, value in self.edges(type_) if value == kind)

    def table(self, predicate: NamedNode) -> dict[NamedNode, frozenset[NamedNode]]:
        found: dict[NamedNode, set[NamedNode]] = defaultdict(set)
        for one, other in self.pairs(predicate):
            found[one].add(other)
        return {one: frozenset(others) for one, others in found.items()}

    def closed(
        self, predicate: NamedNode, equivalence: NamedNode
    ) -> dict[NamedNode, frozenset[NamedNode]]:
        """Return what each term is below, over all steps, without itself."""
        direct: dict[NamedNode, set[NamedNode]] = defaultdict(set)
        for one, other in self.pairs(predicate):
            direct[one].add(other)
        for one, other in self.pairs(equivalence):
            direct[one].add(other)
            direct[other].add(one)
        found = {}
        for one in tuple(direct):
            reached: set[NamedNode] = set()
            waiting = [one]
            while waiting:
                fresh = direct.get(waiting.pop(), set()) - reached
                reached |= fresh
                waiting.extend(fresh)
            found[one] = frozenset(reached - {one})
        return found

    def members(self, head: Term) -> Iterator[NamedNode]:
        rest: Term = head
        while rest != RDF.nil:
            (first,) = (
                t.object for t in self._by_predicate[RDF.first] if t.subject == rest
            )
            (rest,) = (
                t.object for t in self._by_predicate[RDF.rest] if t.subject == rest
            )
            if not isinstance(first, NamedNode):
                raise UnsupportedAxiomError(f"a list of the ontology holds {first}")
            yield first

    def disjointness(self) -> dict[NamedNode, frozenset[NamedNode]]:
        found: dict[NamedNode, set[NamedNode]] = defaultdict(set)
        pairs = list(self.pairs(OWL.disjointWith))
        for _, head in self.edges(OWL.members):
            together = list(self.members(head))
            pairs += [(a, b) for a in together for b in together if a != b]
        for one, other in pairs:
            found[one].add(other)
            found[other].add(one)
        return {one: frozenset(others) for one, others in found.items()}

    def refuse(self, names: frozenset[NamedNode]) -> None:
        for triple in self.triples:
            for term in (triple.predicate, triple.object):
                if term in names:
                    raise UnsupportedAxiomError(
                        f"the rules do not cover {show(term)}, used of {triple.subject}"
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
        graph = _Graph(triples)
        usage: dict[NamedNode, str] = {}
        labels: dict[NamedNode, str] = {}
        kinds: dict[NamedNode, set[Term]] = defaultdict(set)
        for triple in graph.triples:
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
            superclasses=graph.closed(RDFS.subClassOf, OWL.equivalentClass),
            not_for_authors=usage,
            labels=labels,
        )

    def near(self, iri: NamedNode) -> tuple[str, ...]:
        """Return the CURIEs of up to three defined names that are spelled alike."""
        known = {compact(name): None for name in self.names}
        folded = {name.casefold(): name for name in known}
        found = get_close_matches(compact(iri).casefold(), folded, n=3, cutoff=0.75)
        return tuple(folded[name] for name in found)
