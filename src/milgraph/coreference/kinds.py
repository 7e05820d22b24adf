"""Kinds of activity: which class is of which, and which can never be one happening."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import combinations
from typing import TypeAlias

from milgraph.terms import MIL, OWL, RDF, RDFS, NamedNode, Resource, Term
from milgraph.triples import Triples

__all__ = ["GENERAL", "Kinds", "Relation"]

Classes: TypeAlias = frozenset[NamedNode]

GENERAL = frozenset((MIL.Activity, MIL.MilitaryActivity))
# Single steps of a course of events, and words about it. Two different ones are two
# happenings, however near: the launch is not the hit, nor the take-off the return.
_STEPS = frozenset(
    (
        MIL.Escort,
        MIL.Shadowing,
        MIL.Detection,
        MIL.Identification,
        MIL.Scramble,
        MIL.Withdrawal,
        MIL.ReturnToBase,
        MIL.TakeOff,
        MIL.MissileLaunch,
        MIL.TargetHit,
        MIL.CommunicativeAct,
    )
)

# The meeting of two sides as a whole, which no move of one side is.
_WHOLES = frozenset((MIL.Encounter,))
_MOVES = _STEPS | {MIL.Approach, MIL.Flight, MIL.Patrol}


class Relation(StrEnum):
    """How the classes of two accounts relate; nothing can be of both where excluded."""

    EXCLUDED = "excluded"
    SAME = "same"
    NESTED = "nested"
    SIBLINGS = "siblings"
    STEP = "step"
    NEITHER = "neither"


class Kinds:
    """The classes of the ontology, each with those it is of, and what is disjoint."""

    def __init__(self, view: Triples) -> None:
        self._view = view
        self._above: dict[NamedNode, frozenset[NamedNode]] = {}
        self._relations: dict[tuple[Classes, Classes], Relation] = {}
        self._disjoint = frozenset(_disjoint(view))

    def above(self, kind: NamedNode) -> frozenset[NamedNode]:
        """Return the class and all that it is a subclass of."""
        found = self._above.get(kind)
        if found is None:
            found = self._above[kind] = frozenset(_closure(self._view, kind))
        return found

    def all_above(self, kinds: Iterable[NamedNode]) -> frozenset[NamedNode]:
        """Return the classes and all that they are subclasses of."""
        return frozenset(wider for kind in kinds for wider in self.above(kind))

    def narrowest(self, kinds: Iterable[NamedNode]) -> frozenset[NamedNode]:
        """Return the classes that no other of them is a subclass of."""
        given = frozenset(kinds)
        wider = {w for kind in given for w in self.above(kind) if w != kind}
        return given - wider

    def relation(self, some: Classes, others: Classes) -> Relation:
        """Return how the classes of one account relate to those of another."""
        found = self._relations.get((some, others))
        if found is None:
            found = self._relations[some, others] = self._related(some, others)
        return found

    def _related(self, some: Classes, others: Classes) -> Relation:
        if self._exclude(some, others):
            return Relation.EXCLUDED
        if (some & others) - GENERAL:
            return Relation.SAME
        one, other = self.all_above(some) - GENERAL, self.all_above(others) - GENERAL
        if some & other or others & one:
            return Relation.NESTED
        if one & other:
            return Relation.SIBLINGS
        if one and other and bool(one & _STEPS) != bool(other & _STEPS):
            return Relation.STEP
        return Relation.NEITHER

    def _exclude(self, some: Classes, others: Classes) -> bool:
        """Return whether no happening can be of both.

        They are disjoint, two different steps, or a whole and a move of one side.
        """
        one, other = self.all_above(some), self.all_above(others)
        if any((a, b) in self._disjoint for a in one for b in other):
            return True
        if _is_whole_and_move(one, other) or _is_whole_and_move(other, one):
            return True
        steps, other_steps = one & _STEPS, other & _STEPS
        return bool(steps and other_steps) and steps.isdisjoint(other_steps)


def _is_whole_and_move(one: frozenset[NamedNode], other: frozenset[NamedNode]) -> bool:
    return (
        bool(one & _WHOLES and other & _MOVES)
        and one.isdisjoint(_MOVES)
        and other.isdisjoint(_WHOLES)
    )


def _closure(view: Triples, kind: NamedNode) -> Iterator[NamedNode]:
    waiting, seen = [kind], {kind}
    while waiting:
        found = waiting.pop()
        yield found
        for wider in view.objects(found, RDFS.subClassOf):
            # What other vocabularies call an activity is wider than all of ours.
            if isinstance(wider, NamedNode) and wider in MIL and wider not in seen:
                seen.add(wider)
                waiting.append(wider)


def _disjoint(view: Triples) -> Iterator[tuple[Term, Term]]:
    """Return the pairs of classes that the ontology declares disjoint, both ways."""
    for node in view.subjects(RDF["type"], OWL.AllDisjointClasses):
        for members in view.objects(node, OWL.members):
            for one, other in combinations(_listed(view, members), 2):
                yield from ((one, other), (other, one))
    for one in tuple(view.subjects(RDF["type"], OWL.Class)):
        for other in view.objects(one, OWL.disjointWith):
            yield from ((one, other), (other, one))


def _listed(view: Triples, head: Term) -> Iterator[Term]:
    while isinstance(head, Resource) and head != RDF.nil:
        yield from view.objects(head, RDF.first)
        head = next(iter(view.objects(head, RDF.rest)), RDF.nil)
