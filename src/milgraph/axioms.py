"""Axioms: what the ontology says follows from what, compiled to look-ups."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, count, permutations
from typing import Self

from milgraph.profile import members, require_covered
from milgraph.terms import OWL, RDF, RDFS, NamedNode, Term, Triple
from milgraph.triples import TripleIndex

__all__ = ["Axioms", "Chain", "Kind", "Restriction", "closed"]

type_ = RDF["type"]
_Table = Mapping[NamedNode, frozenset[NamedNode]]


@dataclass(frozen=True, slots=True)
class Chain:
    """A property chain axiom: the steps, the property that follows, and its triple."""

    steps: tuple[NamedNode, ...]
    head: NamedNode
    stated: Triple


class Kind(StrEnum):
    """What a restriction asks of a property: one value, or a value of one class."""

    HAS_VALUE = "hasValue"
    SOME_VALUES_FROM = "someValuesFrom"


@dataclass(frozen=True, slots=True)
class Restriction:
    """A class of what has some value for a property, and what follows from being of it.

    `classes` are the named classes above it; `above` are the restrictions to a value
    above it.
    """

    node: NamedNode
    kind: Kind
    property: NamedNode
    filler: Term
    classes: frozenset[NamedNode] = frozenset()
    above: tuple["Restriction", ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Axioms:
    """The T-box as look-up tables (OWL 2 RL, tables 5 to 9, without what we exclude).

    `superclasses` and `superproperties` are closed and do not hold the term itself, nor
    a restriction: `values` has those to a value, by the class below them. `implied` are
    the pairs of restrictions of which one is below the other by what they ask (scm-svf1,
    scm-svf2), each with the round in which that was found, by pairs of earlier ones.
    """

    superclasses: _Table
    superproperties: _Table
    domains: _Table
    ranges: _Table
    inverses: _Table
    symmetric: frozenset[NamedNode]
    transitive: frozenset[NamedNode]
    chains: Mapping[NamedNode, tuple[tuple[Chain, int], ...]]
    disjoint: _Table
    values: Mapping[NamedNode, tuple[Restriction, ...]]
    restrictions: Mapping[NamedNode, tuple[Restriction, ...]]
    implied: Mapping[tuple[Restriction, Restriction], int]
    stated: TripleIndex

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Self:
        """Return the compiled axioms of an ontology.

        Raises:
            UnsupportedAxiomError: an axiom that the rules do not cover.
        """
        stated = TripleIndex(triples)
        require_covered(stated)
        superproperties = closed(stated, RDFS.subPropertyOf, OWL.equivalentProperty)
        bare = _bare_restrictions(stated)
        implied, above = _implied(stated, bare, superproperties)
        restrictions = _restrictions(bare, above)
        return cls(
            superclasses={
                kind: found - restrictions.keys()
                for kind, found in above.items()
                if kind not in restrictions
            },
            superproperties=superproperties,
            domains=_table(_pairs(stated, RDFS.domain)),
            ranges=_table(_pairs(stated, RDFS.range)),
            inverses=_table(_both_ways(_pairs(stated, OWL.inverseOf))),
            symmetric=_instances(stated, OWL.SymmetricProperty),
            transitive=_instances(stated, OWL.TransitiveProperty),
            chains=_chains(stated),
            disjoint=_disjointness(stated),
            values={
                kind: found
                for kind, classes in above.items()
                if kind not in restrictions
                and (found := _to_a_value(classes, restrictions))
            },
            restrictions=_by_property(restrictions.values()),
            implied=implied,
            stated=stated,
        )


def closed(
    triples: Iterable[Triple],
    predicate: NamedNode,
    equivalence: NamedNode,
    *,
    beside: Iterable[tuple[NamedNode, NamedNode]] = (),
) -> dict[NamedNode, frozenset[NamedNode]]:
    """Return what each term is below, over all steps, without itself.

    `beside` are pairs of which the one is directly below the other.
    """
    graph = tuple(triples)
    direct = _table(
        [*_pairs(graph, predicate), *_both_ways(_pairs(graph, equivalence)), *beside]
    )
    found = {}
    for one in direct:
        reached: set[NamedNode] = set()
        waiting = [one]
        while waiting:
            fresh = direct.get(waiting.pop(), frozenset()) - reached
            reached |= fresh
            waiting.extend(fresh)
        found[one] = frozenset(reached - {one})
    return found


_Pairs = list[tuple[NamedNode, NamedNode]]


def _pairs(triples: Iterable[Triple], predicate: NamedNode) -> _Pairs:
    return [
        (t.subject, t.object)
        for t in triples
        if t.predicate == predicate
        and isinstance(t.subject, NamedNode)
        and isinstance(t.object, NamedNode)
    ]


def _both_ways(pairs: _Pairs) -> _Pairs:
    return [pair for one, other in pairs for pair in ((one, other), (other, one))]


def _table(pairs: _Pairs) -> dict[NamedNode, frozenset[NamedNode]]:
    found: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
    return {one: frozenset(others) for one, others in found.items()}


def _instances(stated: TripleIndex, kind: NamedNode) -> frozenset[NamedNode]:
    found = stated.subjects(type_, kind)
    return frozenset(one for one in found if isinstance(one, NamedNode))


def _chains(
    stated: TripleIndex,
) -> dict[NamedNode, tuple[tuple[Chain, int], ...]]:
    """Return the chains by each property that is a step of them, with its position."""
    found: dict[NamedNode, list[tuple[Chain, int]]] = defaultdict(list)
    for triple in stated:
        head = triple.subject
        if triple.predicate == OWL.propertyChainAxiom and isinstance(head, NamedNode):
            chain = Chain(members(stated, triple.object), head, triple)
            for position, step in enumerate(chain.steps):
                found[step].append((chain, position))
    return {step: tuple(chains) for step, chains in found.items()}


def _disjointness(stated: TripleIndex) -> dict[NamedNode, frozenset[NamedNode]]:
    pairs = _pairs(stated, OWL.disjointWith)
    for triple in stated:
        if triple.predicate == OWL.members:
            pairs += combinations(members(stated, triple.object), 2)
    return _table(_both_ways(pairs))


def _bare_restrictions(stated: TripleIndex) -> dict[NamedNode, Restriction]:
    """Return the restrictions by their nodes."""
    bare = {}
    for node in _instances(stated, OWL.Restriction):
        (of,) = stated.objects(node, OWL.onProperty)
        for kind in Kind:
            for filler in stated.objects(node, OWL[kind]):
                if isinstance(of, NamedNode):
                    bare[node] = Restriction(node, kind, of, filler)
    return bare


def _implied(
    stated: TripleIndex, bare: Mapping[NamedNode, Restriction], superproperties: _Table
) -> tuple[dict[tuple[Restriction, Restriction], int], _Table]:
    """Return which restrictions are below others, and with that what each class is below.

    To have some value of a class is to have one of a class above it (scm-svf1), and to
    have it for a property above the property (scm-svf2). From restrictions to a value the same follows
    by their values.
    """
    some = [one for one in bare.values() if one.kind is Kind.SOME_VALUES_FROM]
    found: dict[tuple[Restriction, Restriction], int] = {}
    for number in count():
        above = closed(
            stated,
            RDFS.subClassOf,
            OWL.equivalentClass,
            beside=[(one.node, other.node) for one, other in found],
        )
        fresh = [
            pair
            for pair in permutations(some, 2)
            if pair not in found and _is_below(*pair, above, superproperties)
        ]
        if not fresh:
            return found, above
        found |= dict.fromkeys(fresh, number)
    raise AssertionError  # There are no more pairs than found.


def _is_below(
    one: Restriction, other: Restriction, above: _Table, superproperties: _Table
) -> bool:
    if one.property == other.property:
        fillers = {OWL.Thing}
        if isinstance(one.filler, NamedNode):
            fillers |= above.get(one.filler, frozenset())
        return one.filler == other.filler or other.filler in fillers
    # That one asks for less in both ways follows too, but by no rule of OWL 2 RL.
    is_above = other.property in superproperties.get(one.property, ())
    return is_above and one.filler == other.filler


def _restrictions(
    bare: Mapping[NamedNode, Restriction], above: _Table
) -> dict[NamedNode, Restriction]:
    """Return the restrictions by their nodes, each with what is above it."""
    return {
        node: Restriction(
            node,
            one.kind,
            one.property,
            one.filler,
            above.get(node, frozenset()) - bare.keys(),
            _to_a_value(above.get(node, frozenset()), bare),
        )
        for node, one in bare.items()
    }


def _to_a_value(
    classes: Iterable[NamedNode], restrictions: Mapping[NamedNode, Restriction]
) -> tuple[Restriction, ...]:
    found = (restrictions[one] for one in classes if one in restrictions)
    return tuple(one for one in found if one.kind is Kind.HAS_VALUE)


def _by_property(
    restrictions: Iterable[Restriction],
) -> dict[NamedNode, tuple[Restriction, ...]]:
    """Return the restrictions from which anything follows, by their properties."""
    found: dict[NamedNode, list[Restriction]] = defaultdict(list)
    for one in restrictions:
        if one.classes or one.above:
            found[one.property].append(one)
    return {name: tuple(listed) for name, listed in found.items()}
