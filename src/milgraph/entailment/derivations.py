"""Derivations: the single steps by which a triple follows from others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from milgraph.axioms import Axioms, Chain, Kind, Restriction
from milgraph.terms import OWL, RDF, RDFS, NamedNode, Resource, Term, Triple
from milgraph.triples import Triples

__all__ = ["Derivation", "Step", "derivation", "derivations", "is_derivable", "steps"]

_TYPE = RDF["type"]
_Value = TypeVar("_Value")
_SUBCLASS, _SUBPROPERTY = RDFS.subClassOf, RDFS.subPropertyOf
_EQUIVALENCE = {
    _SUBCLASS: (OWL.equivalentClass, "cax-eqc"),
    _SUBPROPERTY: (OWL.equivalentProperty, "prp-eqp"),
}


@dataclass(frozen=True, slots=True)
class Derivation:
    """One application of a rule of OWL 2 RL: its name, its premises and its axioms."""

    rule: str
    premises: tuple[Triple, ...]
    axioms: tuple[Triple, ...]


def is_derivable(
    triple: Triple, axioms: Axioms, known: Triples, *, without_paths: bool = False
) -> bool:
    """Return whether one application of a rule derives the triple from what is known.

    `without_paths` leaves out prp-trp.
    """
    found = steps(triple, axioms, known, has_paths=not without_paths)
    return any(True for _ in found)


def derivations(triple: Triple, axioms: Axioms, known: Triples) -> Iterator[Derivation]:
    """Return each way in which one application of a rule derives the triple.

    The axioms are those that the ontology states: where a rule jumps over several
    steps of a hierarchy, they are the steps of a shortest path.
    """
    for step in steps(triple, axioms, known):
        yield derivation(step, axioms)


@dataclass(frozen=True, slots=True)
class Step:
    """A derivation whose grounds may jump over several stated axioms."""

    rule: str
    premises: tuple[Triple, ...]
    grounds: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class _Sources:
    """The axioms by what they let follow."""

    subproperties: Mapping[NamedNode, tuple[NamedNode, ...]]
    with_domain: Mapping[NamedNode, tuple[NamedNode, ...]]
    with_range: Mapping[NamedNode, tuple[NamedNode, ...]]
    chains: Mapping[NamedNode, tuple[Chain, ...]]
    to_class: Mapping[NamedNode, tuple[Restriction, ...]]
    to_value: Mapping[NamedNode, tuple[tuple[Restriction, Restriction], ...]]
    valued: Mapping[NamedNode, tuple[tuple[NamedNode, Restriction], ...]]


@lru_cache(maxsize=16)
def _sources_of(axioms: Axioms) -> _Sources:
    listed = [one for found in axioms.restrictions.values() for one in found]
    chains = {c for found in axioms.chains.values() for c, _ in found}
    return _Sources(
        _by_value(axioms.superproperties),
        _by_value(axioms.domains),
        _by_value(axioms.ranges),
        _grouped((chain.head, chain) for chain in chains),
        _grouped((kind, one) for one in listed for kind in one.classes),
        _grouped(
            (above.property, (one, above)) for one in listed for above in one.above
        ),
        _grouped(
            (one.property, (kind, one))
            for kind, found in axioms.values.items()
            for one in found
        ),
    )


def _by_value(
    table: Mapping[NamedNode, frozenset[NamedNode]],
) -> dict[NamedNode, tuple[NamedNode, ...]]:
    return _grouped((value, name) for name, values in table.items() for value in values)


def _grouped(
    pairs: Iterable[tuple[NamedNode, _Value]],
) -> dict[NamedNode, tuple[_Value, ...]]:
    found: dict[NamedNode, list[_Value]] = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def steps(
    triple: Triple, axioms: Axioms, known: Triples, *, has_paths: bool = True
) -> Iterator[Step]:
    """Return each step that derives the triple; without paths, not those of prp-trp."""
    if triple.predicate == _TYPE:
        yield from _to_type(triple, axioms, known)
        return
    yield from _to_edge(triple, axioms, known)
    if has_paths and triple.predicate in axioms.transitive:
        steps = (triple.predicate, triple.predicate)
        ground = Triple(triple.predicate, _TYPE, OWL.TransitiveProperty)
        for premises in _paths(triple.subject, steps, triple.object, known):
            yield Step("prp-trp", premises, (ground,))
    sources = _sources_of(axioms)
    for chain in sources.chains.get(triple.predicate, ()):
        for premises in _paths(triple.subject, chain.steps, triple.object, known):
            yield Step("prp-spo2", premises, (chain.stated,))
    yield from _to_value(triple, sources, known)


def _to_value(triple: Triple, sources: _Sources, known: Triples) -> Iterator[Step]:
    """Return the steps that derive the triple from a restriction to its value."""
    for kind, restriction in sources.valued.get(triple.predicate, ()):
        premise = Triple(triple.subject, _TYPE, kind)
        if restriction.filler == triple.object and premise in known:
            ground = Triple(kind, _SUBCLASS, restriction.node)
            yield Step("cls-hv1", (premise,), (ground, *_parts(restriction)))
    for one, above in sources.to_value.get(triple.predicate, ()):
        if above.filler == triple.object:
            grounds = (Triple(one.node, _SUBCLASS, above.node), *_parts(above))
            yield from _meeting(triple.subject, one, grounds, known)


def _to_type(triple: Triple, axioms: Axioms, known: Triples) -> Iterator[Step]:
    subject, kind = triple.subject, triple.object
    if not isinstance(kind, NamedNode):
        return
    for below in known.objects(subject, _TYPE):
        if not isinstance(below, NamedNode):
            continue
        if kind in axioms.superclasses.get(below, ()):
            ground = Triple(below, _SUBCLASS, kind)
            yield Step("cax-sco", (Triple(subject, _TYPE, below),), (ground,))
    sources = _sources_of(axioms)
    yield from _to_end(subject, kind, sources, known)
    for restriction in sources.to_class.get(kind, ()):
        grounds = (Triple(restriction.node, _SUBCLASS, kind),)
        yield from _meeting(subject, restriction, grounds, known)


def _to_end(
    node: Resource, kind: NamedNode, sources: _Sources, known: Triples
) -> Iterator[Step]:
    """Return the steps that make the node of the class as the end of an edge."""
    for name in sources.with_domain.get(kind, ()):
        for value in known.objects(node, name):
            ground = Triple(name, RDFS.domain, kind)
            yield Step("prp-dom", (Triple(node, name, value),), (ground,))
    for name in sources.with_range.get(kind, ()):
        for having in known.subjects(name, node):
            ground = Triple(name, RDFS.range, kind)
            yield Step("prp-rng", (Triple(having, name, node),), (ground,))


def _to_edge(triple: Triple, axioms: Axioms, known: Triples) -> Iterator[Step]:
    """Return the steps that derive the edge from one other, along it or against it."""
    subject, predicate, value = triple.subject, triple.predicate, triple.object
    for below in _sources_of(axioms).subproperties.get(predicate, ()):
        premise = Triple(subject, below, value)
        if premise in known:
            ground = Triple(below, _SUBPROPERTY, predicate)
            yield Step("prp-spo1", (premise,), (ground,))
    if not isinstance(value, NamedNode):
        return
    for inverse in axioms.inverses.get(predicate, ()):
        premise = Triple(value, inverse, subject)
        if premise in known:
            ground = Triple(predicate, OWL.inverseOf, inverse)
            yield Step("prp-inv", (premise,), (ground,))
    if predicate in axioms.symmetric:
        premise = Triple(value, predicate, subject)
        if premise in known:
            ground = Triple(predicate, _TYPE, OWL.SymmetricProperty)
            yield Step("prp-symp", (premise,), (ground,))


def _paths(
    start: Resource, steps: tuple[NamedNode, ...], end: Term, known: Triples
) -> Iterator[tuple[Triple, ...]]:
    """Return the paths of the steps from the start to the end."""
    first, *rest = steps
    if not rest:
        last = Triple(start, first, end)
        if last in known:
            yield (last,)
        return
    for middle in known.objects(start, first):
        if isinstance(middle, NamedNode):
            for path in _paths(middle, tuple(rest), end, known):
                yield (Triple(start, first, middle), *path)


def _meeting(
    subject: Resource,
    restriction: Restriction,
    grounds: tuple[Triple, ...],
    known: Triples,
) -> Iterator[Step]:
    """Return the steps by which the subject is of the restriction."""
    name, filler = restriction.property, restriction.filler
    grounds = (*_parts(restriction), *grounds)
    if restriction.kind is Kind.HAS_VALUE:
        premise = Triple(subject, name, filler)
        if premise in known:
            yield Step("cls-hv2", (premise,), grounds)
        return
    for value in known.objects(subject, name):
        edge = Triple(subject, name, value)
        if filler == OWL.Thing:
            yield Step("cls-svf2", (edge,), grounds)
        elif isinstance(value, NamedNode):
            kind = Triple(value, _TYPE, filler)
            if kind in known:
                yield Step("cls-svf1", (edge, kind), grounds)


def _parts(restriction: Restriction) -> tuple[Triple, Triple]:
    """Return the triples that make the restriction."""
    node = restriction.node
    return (
        Triple(node, OWL.onProperty, restriction.property),
        Triple(node, OWL[restriction.kind], restriction.filler),
    )


def derivation(step: Step, axioms: Axioms) -> Derivation:
    """Return the step as the rule and the stated axioms behind its grounds."""
    stated: list[Triple] = []
    for ground in step.grounds:
        stated += [t for t in _stated_of(ground, axioms) if t not in stated]
    return Derivation(_name(step, stated), step.premises, tuple(stated))


def _stated_of(ground: Triple, axioms: Axioms) -> list[Triple]:
    if ground in axioms.stated:
        return [ground]
    if ground.predicate == OWL.inverseOf:
        return [Triple(ground.object, OWL.inverseOf, ground.subject)]  # type: ignore[arg-type]  # a name
    return _climb(ground, axioms, before=len(axioms.implied))


def _climb(ground: Triple, axioms: Axioms, *, before: int) -> list[Triple]:
    """Return the stated steps of a shortest way up from the one term to the other.

    From restriction to restriction it leads only by pairs found in a round `before`.
    """
    if ground.subject == ground.object or ground in axioms.stated:
        return [] if ground.subject == ground.object else [ground]
    predicate, goal = ground.predicate, ground.object
    equivalence, _ = _EQUIVALENCE[predicate]
    ways: dict[Term, list[Triple]] = {ground.subject: []}
    waiting: list[Resource] = [ground.subject]
    for term in waiting:
        up = [
            Triple(term, predicate, o) for o in axioms.stated.objects(term, predicate)
        ]
        up += [
            Triple(term, equivalence, o)
            for o in axioms.stated.objects(term, equivalence)
        ]
        ends = [(t.object, [t]) for t in up]
        back = axioms.stated.subjects(equivalence, term)
        ends += [(s, [Triple(s, equivalence, term)]) for s in back]
        if predicate == _SUBCLASS:
            ends += _implying(term, axioms, before)
        for end, triples in sorted(ends, key=str):
            if end not in ways:
                ways[end] = [*ways[term], *triples]
                waiting.append(end)  # type: ignore[arg-type]  # a class or a property
    return ways[goal]


def _implying(
    term: Resource, axioms: Axioms, before: int
) -> Iterator[tuple[Term, list[Triple]]]:
    """Return the restrictions above the term by what they ask, with what says so."""
    for (one, other), number in axioms.implied.items():
        if one.node != term or number >= before:
            continue
        said = [*_parts(one), *_parts(other)]
        said += _climb(
            Triple(one.property, _SUBPROPERTY, other.property), axioms, before=number
        )
        if other.filler != OWL.Thing and isinstance(one.filler, NamedNode):
            below = Triple(one.filler, _SUBCLASS, other.filler)
            said += _climb(below, axioms, before=number)
        yield other.node, said


def _name(step: Step, stated: list[Triple]) -> str:
    """Return the name of the rule, as the direction of its one axiom makes it."""
    rule, first = step.rule, stated[0]
    if rule == "prp-inv":
        # prp-inv1 goes from the first property of the axiom to the second.
        return f"prp-inv{1 if step.premises[0].predicate == first.subject else 2}"
    if rule in ("cax-sco", "prp-spo1") and len(stated) == 1:
        equivalence, name = _EQUIVALENCE[step.grounds[0].predicate]
        if first.predicate == equivalence:
            return f"{name}{1 if step.grounds[0].subject == first.subject else 2}"
    return rule
