"""Dependencies: which nodes a change may make conform or not, and what decides it.

That validating these nodes by their context says what validating the whole graph says
rests on two facts: a shape reads of a focus node only what its walks lead to, and a walk
that leads to a changed triple can be walked back.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from milgraph.terms import RDF, Literal, NamedNode, Resource, Term, Triple
from milgraph.triples import Outgoing, Triples
from milgraph.validation.kept import keep, kept
from milgraph.validation.looking import Looking, Target, lookings
from milgraph.validation.shapes import Shapes
from milgraph.validation.steps import Step, Walk, reversed_walk

__all__ = ["Dependencies", "Transition"]

Beyond = TypeVar("Beyond")
_TYPE = RDF["type"]
_MOST_JOINS = 1_000


@dataclass(frozen=True, slots=True)
class Transition:
    """A view before and after a change, closed both times, and how the two differ."""

    before: Triples
    after: Triples
    added: Collection[Triple]
    removed: Collection[Triple]


@dataclass(frozen=True)
class Dependencies:
    """What shapes read of a focus node, compiled to be walked in either direction."""

    looking: tuple[Looking, ...]

    @classmethod
    def of(cls, shapes: Shapes, *, file: Path | None = None) -> "Dependencies":
        """Return the dependencies of the shapes, each of which is local.

        With a file, they are kept in it, and taken from it while the shapes are the same.

        Raises:
            UnsupportedShapeError: a shape looks further than a change can be followed.
        """
        if file and shapes.digest and (looking := kept(file, shapes.digest)):
            return cls(looking)
        looking = tuple(lookings(shapes.graph))
        if file and shapes.digest:
            keep(file, shapes.digest, looking)
        return cls(looking)

    def affected(
        self, transition: Transition, *, known: Iterable[NamedNode] = ()
    ) -> frozenset[NamedNode]:
        """Return the focus nodes whose results may differ between the two states.

        Those that are `known` to be looked at are among them, at no cost.
        """
        old, new = _State(transition.before), _State(transition.after)
        found = set(known)
        for triples, state in ((transition.removed, old), (transition.added, new)):
            for start, back in self._ways(triples, found):
                for node, goal in state.walked(start, back):
                    if node not in found and (
                        new.is_of(node, goal) or old.is_of(node, goal)
                    ):
                        found.add(node)
        return frozenset(found)

    def context(self, focus: Iterable[NamedNode], view: Triples) -> set[Triple]:
        """Return all that the shapes can read of the focus nodes."""
        reading = _Reading(view)
        for node in focus:
            reading.read(node, self._ahead_of(frozenset(self._targets(node, reading))))
        return reading.found

    def _ways(
        self, triples: Iterable[Triple], known: Container[Term]
    ) -> Iterable[tuple[Term, "_Back"]]:
        """Return where to walk back from, each once, with all ways from there as one."""
        ways: dict[Term, dict[int, _Back]] = defaultdict(dict)
        for triple in triples:
            for start, back in self._starts(triple):
                if back.leads_on or start not in known:
                    ways[start][id(back)] = back
        return [(start, self._joined(backs)) for start, backs in ways.items()]

    def _joined(self, backs: Mapping[int, "_Back"]) -> "_Back":
        """Return the ways as one; nodes of which the same is told have the same."""
        if len(backs) == 1:
            return next(iter(backs.values()))
        key = frozenset(backs)
        joined = self._joins.get(key)
        if joined is None:
            if len(self._joins) >= _MOST_JOINS:
                self._joins.clear()
            joined = self._joins[key] = _Back()
            for back in backs.values():
                joined.include(back)
        return joined

    @cached_property
    def _joins(self) -> dict[frozenset[int], "_Back"]:
        return {}

    def _starts(self, triple: Triple) -> Iterator[tuple[Term, "_Back"]]:
        """Return the ends of the triple to walk back from, each with the ways."""
        backs = self._backs.get(triple.predicate)
        if backs is None:
            return
        if backs.from_subject is not None:
            yield triple.subject, backs.from_subject
        if backs.from_subject_of:
            back = backs.from_subject_of.get(triple.object)
            if back is not None:
                yield triple.subject, back
        if backs.from_object is not None:
            yield triple.object, backs.from_object

    def _targets(self, node: NamedNode, reading: "_Reading") -> Iterator[Target]:
        """Return the targets that the node is of."""
        outgoing = reading.outgoing(node)
        for kind in outgoing.get(_TYPE, ()):
            if (target := self._classes.get(kind)) is not None:
                yield target
        for target in self._others:
            if target.kind == "subjects":
                is_of = target.term in outgoing
            elif target.kind == "objects":
                is_of = any(reading.view.subjects(target.term, node))
            else:
                is_of = target.term == node
            if is_of:
                yield target

    def _ahead_of(self, targets: frozenset[Target]) -> "_Ahead":
        """Return the steps that shapes take from a node that is of all the targets."""
        ahead = self._aheads.get(targets)
        if ahead is None:
            ahead = self._aheads[targets] = _Ahead()
            for looking in self.looking:
                if looking.targets & targets:
                    for walk in looking.walks:
                        ahead.add(walk)
        return ahead

    @cached_property
    def _aheads(self) -> dict[frozenset[Target], "_Ahead"]:
        return {}

    @cached_property
    def _classes(self) -> Mapping[Term, Target]:
        return {t.term: t for t in self._all_targets if t.kind == "class"}

    @cached_property
    def _others(self) -> tuple[Target, ...]:
        return tuple(t for t in self._all_targets if t.kind != "class")

    @cached_property
    def _all_targets(self) -> frozenset[Target]:
        return frozenset().union(*(looking.targets for looking in self.looking))

    @cached_property
    def _backs(self) -> Mapping[NamedNode, "_Backs"]:
        """By predicate, the ways back from where a shape takes a step over it."""
        backs: dict[NamedNode, _Backs] = defaultdict(_Backs)
        for looking in self.looking:
            for walk in looking.walks:
                for place, step in enumerate(walk):
                    back = backs[step.predicate].at(step)
                    back.add(reversed_walk(walk[:place]), looking.targets)
        return dict(backs)


@dataclass(slots=True)
class _Ahead:
    """The steps that shapes take from a node, as a tree."""

    forward: dict[NamedNode, "_Ahead"] = field(default_factory=dict)
    backward: dict[NamedNode, "_Ahead"] = field(default_factory=dict)
    valued: dict[NamedNode, set[Term]] = field(default_factory=dict)
    # Whether there is a step to take.
    leads_on: bool = False

    def add(self, walk: Walk) -> None:
        """Add the steps of the walk."""
        ahead = self
        for step in walk:
            ahead.leads_on = True
            if step.value is not None:
                ahead.valued.setdefault(step.predicate, set()).add(step.value)
            else:
                steps = ahead.backward if step.is_backward else ahead.forward
                ahead = steps.setdefault(step.predicate, _Ahead())


@dataclass(slots=True)
class _Goal:
    """What a node should be for a way back to end there."""

    classes: set[Term] = field(default_factory=set)
    others: set[Target] = field(default_factory=set)

    def add(self, targets: Iterable[Target]) -> None:
        """Let the way end at focus nodes of the targets, too."""
        for target in targets:
            if target.kind == "class":
                self.classes.add(target.term)
            else:
                self.others.add(target)


@dataclass(slots=True)
class _Back:
    """The steps back from a node to focus nodes, as a tree."""

    forward: dict[NamedNode, "_Back"] = field(default_factory=dict)
    backward: dict[NamedNode, "_Back"] = field(default_factory=dict)
    goal: _Goal | None = None

    @property
    def leads_on(self) -> bool:
        """Whether there is a step to take."""
        return bool(self.forward or self.backward)

    def add(self, walk: Walk, targets: Iterable[Target]) -> None:
        """Add a way back to focus nodes of the targets."""
        back = self
        for step in walk:
            steps = back.backward if step.is_backward else back.forward
            back = steps.setdefault(step.predicate, _Back())
        back.goal = back.goal or _Goal()
        back.goal.add(targets)

    def include(self, other: "_Back") -> None:
        """Add the other ways, too."""
        for own, others in (
            (self.forward, other.forward),
            (self.backward, other.backward),
        ):
            for predicate, beyond in others.items():
                own.setdefault(predicate, _Back()).include(beyond)
        if other.goal is not None:
            self.goal = self.goal or _Goal()
            self.goal.classes |= other.goal.classes
            self.goal.others |= other.goal.others


@dataclass(slots=True)
class _Backs:
    """The ways back from the triples of a predicate, by where shapes met them."""

    from_subject: _Back | None = None
    from_subject_of: dict[Term, _Back] = field(default_factory=dict)
    from_object: _Back | None = None

    def at(self, step: Step) -> _Back:
        """Return the ways back from before the step."""
        if step.value is not None:
            return self.from_subject_of.setdefault(step.value, _Back())
        if step.is_backward:
            self.from_object = self.from_object or _Back()
            return self.from_object
        self.from_subject = self.from_subject or _Back()
        return self.from_subject


class _Reading:
    """The triples met on walks ahead; what a node has is looked up once."""

    def __init__(self, view: Triples) -> None:
        self.view = view
        self.found: set[Triple] = set()
        self._outgoing: dict[Term, Outgoing] = {}
        self._read: set[tuple[Term, int]] = set()

    def outgoing(self, node: Resource) -> Outgoing:
        """Return what the node has, by predicate."""
        outgoing = self._outgoing.get(node)
        if outgoing is None:
            outgoing = self._outgoing[node] = self.view.outgoing(node)
        return outgoing

    def read(self, node: Term, ahead: _Ahead) -> None:
        """Walk ahead from the node."""
        way = node, id(ahead)
        if way in self._read:
            return
        self._read.add(way)
        if not isinstance(node, Literal) and (ahead.forward or ahead.valued):
            self._read_forward(node, ahead)
        for predicate, beyond in ahead.backward.items():
            for before in self.view.subjects(predicate, node):
                self.found.add(Triple(before, predicate, node))
                self.read(before, beyond)

    def _read_forward(self, node: Resource, ahead: _Ahead) -> None:
        found, outgoing = self.found, self.outgoing(node)
        for predicate, beyond in _common(ahead.forward, outgoing):
            leads_on = beyond.leads_on
            for value in outgoing[predicate]:
                found.add(Triple(node, predicate, value))
                if leads_on:
                    self.read(value, beyond)
        for predicate, wanted in _common(ahead.valued, outgoing):
            for value in wanted.intersection(outgoing[predicate]):
                found.add(Triple(node, predicate, value))


def _common(
    steps: Mapping[NamedNode, Beyond], outgoing: Outgoing
) -> Iterable[tuple[NamedNode, Beyond]]:
    """Return the steps that can be taken; which are fewer is gone through."""
    if len(steps) <= len(outgoing):
        return [step for step in steps.items() if step[0] in outgoing]
    return [(name, steps[name]) for name in outgoing if name in steps]


class _State:
    """A view, with what was looked up in it on the way back."""

    def __init__(self, view: Triples) -> None:
        self._view = view
        self._subjects: dict[tuple[NamedNode, Term], tuple[Resource, ...]] = {}
        self._objects: dict[tuple[NamedNode, Term], tuple[Term, ...]] = {}

    def walked(self, node: Term, back: _Back) -> Iterator[tuple[NamedNode, _Goal]]:
        """Return the nodes to which the ways back lead, with what they should be."""
        waiting = [(node, back)]
        while waiting:
            node, back = waiting.pop()
            if back.goal is not None and isinstance(node, NamedNode):
                yield node, back.goal
            for predicate, beyond in back.backward.items():
                before = self._subjects_of(predicate, node)
                waiting += [(subject, beyond) for subject in before]
            for predicate, beyond in back.forward.items():
                after = self._objects_of(predicate, node)
                waiting += [(value, beyond) for value in after]

    def is_of(self, node: NamedNode, goal: _Goal) -> bool:
        """Return whether the node is a focus node of one of the targets."""
        if goal.classes and not goal.classes.isdisjoint(self._objects_of(_TYPE, node)):
            return True
        for target in goal.others:
            if target.kind == "subjects":
                is_target = bool(self._objects_of(target.term, node))
            elif target.kind == "objects":
                is_target = bool(self._subjects_of(target.term, node))
            else:
                is_target = target.term == node
            if is_target:
                return True
        return False

    def _subjects_of(self, predicate: NamedNode, node: Term) -> tuple[Resource, ...]:
        found = self._subjects.get((predicate, node))
        if found is None:
            found = tuple(self._view.subjects(predicate, node))
            self._subjects[predicate, node] = found
        return found

    def _objects_of(self, predicate: NamedNode, node: Term) -> tuple[Term, ...]:
        found = self._objects.get((predicate, node))
        if found is None:
            found = ()
            if not isinstance(node, Literal):
                found = tuple(self._view.objects(node, predicate))
            self._objects[predicate, node] = found
        return found
