"""Rules: what follows from new triples, with the other premises by look-up."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from milgraph.ontology import Axioms, Chain
from milgraph.terms import RDF, NamedNode, Resource, Term, Triple
from milgraph.triples import Overlay, TripleIndex, Triples

__all__ = ["Clash", "clashes", "materialise"]

_TYPE = RDF["type"]


def materialise(
    triples: Iterable[Triple], axioms: Axioms, *, below: Triples | None = None
) -> TripleIndex:
    """Return the triples with all that follows from them and from what lies below.

    What lies below is taken to be closed already; it is read, never changed, and not
    repeated in the result. The rules are those of OWL 2 RL that the axioms use:
    cax-sco, cax-eqc, prp-spo1, prp-eqp, prp-dom, prp-rng, prp-inv, prp-symp, prp-trp
    and prp-spo2 with chains of two and three.
    """
    known = Overlay(below if below is not None else TripleIndex())
    waiting: deque[Triple] = deque()
    for triple in triples:
        if known.add(triple):
            waiting.append(triple)
    while waiting:
        for entailed in _consequences(waiting.popleft(), axioms, known):
            if known.add(entailed):
                waiting.append(entailed)
    return known.added


def _consequences(triple: Triple, axioms: Axioms, known: Triples) -> Iterator[Triple]:
    """Return what one application of a rule derives with the triple as a premise."""
    subject, predicate, value = triple.subject, triple.predicate, triple.object
    if predicate == _TYPE:
        if isinstance(value, NamedNode):
            for above in axioms.superclasses.get(value, ()):
                yield Triple(subject, _TYPE, above)
        return
    for above in axioms.superproperties.get(predicate, ()):
        yield Triple(subject, above, value)
    for kind in axioms.domains.get(predicate, ()):
        yield Triple(subject, _TYPE, kind)
    # A literal cannot be a subject, so no rule that would make it one applies.
    if isinstance(value, NamedNode):
        yield from _edge_consequences(triple, value, axioms, known)
    yield from _chained(triple, axioms, known)


def _edge_consequences(
    triple: Triple, value: NamedNode, axioms: Axioms, known: Triples
) -> Iterator[Triple]:
    """Return what follows from an edge between two resources."""
    subject, predicate = triple.subject, triple.predicate
    for kind in axioms.ranges.get(predicate, ()):
        yield Triple(value, _TYPE, kind)
    for inverse in axioms.inverses.get(predicate, ()):
        yield Triple(value, inverse, subject)
    if predicate in axioms.symmetric:
        yield Triple(value, predicate, subject)
    if predicate in axioms.transitive:
        for before in known.subjects(predicate, subject):
            yield Triple(before, predicate, value)
        for after in known.objects(value, predicate):
            yield Triple(subject, predicate, after)


def _chained(triple: Triple, axioms: Axioms, known: Triples) -> Iterator[Triple]:
    """Return what the chains derive in which the triple is one of the steps."""
    for chain, position in axioms.chains.get(triple.predicate, ()):
        ends = tuple(_forward(triple.object, chain, position + 1, known))
        if ends:
            for start in _backward(triple.subject, chain, position, known):
                for end in ends:
                    yield Triple(start, chain.head, end)


def _forward(node: Term, chain: Chain, position: int, known: Triples) -> Iterator[Term]:
    if position == len(chain.steps):
        yield node
    elif isinstance(node, NamedNode):
        for after in known.objects(node, chain.steps[position]):
            yield from _forward(after, chain, position + 1, known)


def _backward(
    node: Resource, chain: Chain, position: int, known: Triples
) -> Iterator[Resource]:
    if position == 0:
        yield node
        return
    for before in known.subjects(chain.steps[position - 1], node):
        yield from _backward(before, chain, position - 1, known)


@dataclass(frozen=True, slots=True)
class Clash:
    """A node that is of two disjoint classes (cax-dw, cax-adc)."""

    node: Resource
    classes: tuple[NamedNode, NamedNode]


def clashes(
    triples: Iterable[Triple], axioms: Axioms, known: Triples
) -> Iterator[Clash]:
    """Return each node that the triples give a class disjoint from one that it has."""
    for triple in triples:
        if triple.predicate != _TYPE or not isinstance(triple.object, NamedNode):
            continue
        others = axioms.disjoint.get(triple.object, frozenset())
        for kind in known.objects(triple.subject, _TYPE):
            if kind in others and isinstance(kind, NamedNode):
                one, two = sorted((triple.object, kind), key=str)
                yield Clash(triple.subject, (one, two))
