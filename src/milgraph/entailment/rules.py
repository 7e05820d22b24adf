"""Rules: what follows from a triple, with the other premises by look-up.

The rules are those of OWL 2 RL that the axioms use: cax-sco, cax-eqc, prp-spo1, prp-eqp,
prp-dom, prp-rng, prp-inv, prp-symp, prp-trp, prp-spo2 with chains of two and three,
cls-hv and cls-svf.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, Self

from milgraph.axioms import Axioms, Chain, Kind, Restriction
from milgraph.terms import OWL, RDF, NamedNode, Resource, Term, Triple
from milgraph.triples import TripleIndex, Triples

__all__ = ["Clash", "Rules", "SomeTriples", "clashes"]

_TYPE = RDF["type"]
_THING = OWL.Thing
_NONE: frozenset[NamedNode] = frozenset()


class SomeTriples(Protocol):
    """A set of triples, of which nothing is asked but whether it holds one."""

    def __contains__(self, triple: Triple, /) -> bool:
        """Return whether the triple is there."""
        ...


@dataclass(frozen=True, slots=True)
class _Plan:
    """What follows from the edges of one property."""

    superproperties: tuple[NamedNode, ...]
    domains: tuple[NamedNode, ...]
    ranges: tuple[NamedNode, ...]
    inverses: tuple[NamedNode, ...]
    chains: tuple[tuple[Chain, int], ...]
    restrictions: tuple[Restriction, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The axioms as what they let follow from one triple and those already known.

    Two rules close a relation in one step, cax-sco and prp-trp: `closing` has what they
    derive, and nothing more follows by them from what they derived. `others` has what
    all other rules derive.
    """

    axioms: Axioms
    _plans: dict[NamedNode, _Plan]
    _fillers: dict[NamedNode, tuple[Restriction, ...]]

    @classmethod
    def of(cls, axioms: Axioms) -> Self:
        """Return the rules of the axioms; those of the same axioms are made once."""
        return _rules_of(axioms)  # type: ignore[return-value]  # there is no other class

    def closing(
        self, triple: Triple, known: Triples, done: SomeTriples
    ) -> Iterator[Triple]:
        """Return what cax-sco and prp-trp derive with the triple as a premise.

        What is known is closed under both, but for the triple. Where an edge is `done`,
        all that it is a premise of with what is known is done as well.
        """
        subject, predicate, value = triple.subject, triple.predicate, triple.object
        if not isinstance(value, NamedNode):
            return
        if predicate == _TYPE:
            for above in self.axioms.superclasses.get(value, _NONE):
                yield Triple(subject, _TYPE, above)
        elif predicate in self.axioms.transitive:
            sources = [
                before
                for before in known.subjects(predicate, subject)
                if Triple(before, predicate, value) not in done
            ]
            targets = [
                after
                for after in known.objects(value, predicate)
                if Triple(subject, predicate, after) not in done
            ]
            for before in sources:
                yield Triple(before, predicate, value)
                for after in targets:
                    yield Triple(before, predicate, after)
            for after in targets:
                yield Triple(subject, predicate, after)

    def others(self, triple: Triple, known: Triples) -> Iterable[Triple]:
        """Return what one application of any other rule derives from the triple."""
        predicate = triple.predicate
        if predicate == _TYPE:
            return self._of_a_type(triple, known)
        plan = self._plans.get(predicate)
        return () if plan is None else _of_an_edge(triple, plan, known)

    def _of_a_type(self, triple: Triple, known: Triples) -> Iterator[Triple]:
        subject, kind = triple.subject, triple.object
        if not isinstance(kind, NamedNode):
            return
        for restriction in self.axioms.values.get(kind, ()):
            yield Triple(subject, restriction.property, restriction.filler)
        for restriction in self._fillers.get(kind, ()):
            for having in known.subjects(restriction.property, subject):
                yield from _met(having, restriction)


@lru_cache(maxsize=16)
def _rules_of(axioms: Axioms) -> Rules:
    names = {
        *axioms.superproperties, *axioms.domains, *axioms.ranges, *axioms.inverses,
        *axioms.symmetric, *axioms.transitive, *axioms.chains, *axioms.restrictions,
    }  # fmt: skip
    fillers: dict[NamedNode, list[Restriction]] = defaultdict(list)
    for listed in axioms.restrictions.values():
        for one in listed:
            if one.kind is Kind.SOME_VALUES_FROM and isinstance(one.filler, NamedNode):
                fillers[one.filler].append(one)
    return Rules(
        axioms,
        {name: _plan_of(name, axioms) for name in names},
        {kind: tuple(found) for kind, found in fillers.items()},
    )


def _plan_of(name: NamedNode, axioms: Axioms) -> _Plan:
    itself = {name} if name in axioms.symmetric else set()
    return _Plan(
        tuple(axioms.superproperties.get(name, ())),
        tuple(axioms.domains.get(name, ())),
        tuple(axioms.ranges.get(name, ())),
        tuple(axioms.inverses.get(name, _NONE) | itself),
        axioms.chains.get(name, ()),
        axioms.restrictions.get(name, ()),
    )


def _of_an_edge(triple: Triple, plan: _Plan, known: Triples) -> Iterator[Triple]:
    subject, value = triple.subject, triple.object
    for above in plan.superproperties:
        yield Triple(subject, above, value)
    for kind in plan.domains:
        yield Triple(subject, _TYPE, kind)
    # A literal cannot be a subject, so no rule that would make it one applies.
    if isinstance(value, NamedNode):
        for kind in plan.ranges:
            yield Triple(value, _TYPE, kind)
        for inverse in plan.inverses:
            yield Triple(value, inverse, subject)
    if plan.chains or plan.restrictions:
        yield from _joined(triple, plan, known)


def _joined(triple: Triple, plan: _Plan, known: Triples) -> Iterator[Triple]:
    """Return what the triple lets follow with others as further premises."""
    for chain, position in plan.chains:
        yield from _chained(triple, chain, position, known)
    for restriction in plan.restrictions:
        if _is_met(restriction, triple.object, known):
            yield from _met(triple.subject, restriction)


def _is_met(restriction: Restriction, value: Term, known: Triples) -> bool:
    """Return whether what has the value for the property is of the restriction."""
    filler = restriction.filler
    if restriction.kind is Kind.HAS_VALUE:
        return value == filler
    if filler == _THING:
        return True
    return isinstance(value, NamedNode) and Triple(value, _TYPE, filler) in known


def _met(subject: Resource, restriction: Restriction) -> Iterator[Triple]:
    """Return what follows of what is of the restriction."""
    for kind in restriction.classes:
        yield Triple(subject, _TYPE, kind)
    for one in restriction.above:
        yield Triple(subject, one.property, one.filler)


def _chained(
    triple: Triple, chain: Chain, position: int, known: Triples
) -> Iterator[Triple]:
    """Return what the chain derives with the triple as the step at the position."""
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


def clashes(given: TripleIndex, axioms: Axioms, known: Triples) -> Iterator[Clash]:
    """Return each node that is given a class disjoint from one that it has."""
    for kind, nodes in given.values(_TYPE).items():
        if not isinstance(kind, NamedNode) or kind not in axioms.disjoint:
            continue
        others = axioms.disjoint[kind]
        for node in nodes:
            for other in known.objects(node, _TYPE):
                if other in others and isinstance(other, NamedNode):
                    one, two = sorted((kind, other), key=str)
                    yield Clash(node, (one, two))
