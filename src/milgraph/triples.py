"""Triples that can be looked up by any pattern: what rules read their premises from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Protocol, TypeAlias

from milgraph.terms import NamedNode, Resource, Term, Triple

__all__ = ["Difference", "Outgoing", "Overlay", "TripleIndex", "Triples"]

Outgoing: TypeAlias = Mapping[NamedNode, Sequence[Term]]
_NOTHING: Mapping[NamedNode, list[Term]] = MappingProxyType({})
_NOWHERE: Mapping[Term, list[Resource]] = MappingProxyType({})


class Triples(Protocol):
    """A set of triples with look-up from both ends of an edge."""

    def __contains__(self, triple: Triple) -> bool:
        """Return whether the triple is there."""
        ...

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate."""
        ...

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate."""
        ...

    def outgoing(self, subject: Resource) -> Outgoing:
        """Return what the subject has, by predicate; to be read at once, not changed."""
        ...

    def about(self, subject: Resource) -> Iterator[Triple]:
        """Return the triples of the subject."""
        for predicate, values in self.outgoing(subject).items():
            for value in values:
                yield Triple(subject, predicate, value)


class TripleIndex(Triples):
    """Triples in memory, indexed by subject and by predicate and object."""

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self.triples: set[Triple] = set()
        self._out: dict[Resource, dict[NamedNode, list[Term]]] = {}
        self._in: dict[NamedNode, dict[Term, list[Resource]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for triple in triples:
            self.add(triple)

    def __contains__(self, triple: Triple) -> bool:
        return triple in self.triples

    def __iter__(self) -> Iterator[Triple]:
        return iter(self.triples)

    def __len__(self) -> int:
        return len(self.triples)

    def add(self, triple: Triple) -> bool:
        """Add the triple; return whether it was new."""
        # Whether it is new shows in the size: to hash a triple costs as much as the rest.
        size = len(self.triples)
        self.triples.add(triple)
        if len(self.triples) == size:
            return False
        s, p, o = triple.subject, triple.predicate, triple.object
        out = self._out.get(s)
        if out is None:
            out = self._out[s] = defaultdict(list)
        out[p].append(o)
        self._in[p][o].append(s)
        return True

    def remove(self, triple: Triple) -> bool:
        """Take the triple out; return whether it was there."""
        if triple not in self.triples:
            return False
        self.triples.remove(triple)
        s, p, o = triple.subject, triple.predicate, triple.object
        self._out[s][p].remove(o)
        if not self._out[s][p]:
            del self._out[s][p]
        self._in[p][o].remove(s)
        if not self._out[s]:
            del self._out[s]
        if not self._in[p][o]:
            del self._in[p][o]
        return True

    def update(self, triples: Iterable[Triple]) -> None:
        """Add the triples."""
        for triple in triples:
            self.add(triple)

    def objects(self, subject: Resource, predicate: NamedNode) -> Sequence[Term]:
        """Return what the subject has for the predicate, as it is now."""
        out = self._out.get(subject)
        found = out.get(predicate) if out else None
        return tuple(found) if found else ()

    def subjects(self, predicate: NamedNode, value: Term) -> Sequence[Resource]:
        """Return what has the value for the predicate, as it is now."""
        having = self._in.get(predicate)
        found = having.get(value) if having else None
        return tuple(found) if found else ()

    def values(self, predicate: NamedNode) -> Mapping[Term, Sequence[Resource]]:
        """Return by each value of the predicate what has it; to be read at once."""
        return self._in.get(predicate, _NOWHERE)

    def nodes(self) -> Collection[Resource]:
        """Return the subjects."""
        return self._out.keys()

    def outgoing(self, subject: Resource) -> Outgoing:
        """Return what the subject has, by predicate."""
        return self._out.get(subject, _NOTHING)


class Overlay(Triples):
    """Triples on top of others that stay as they are."""

    def __init__(self, below: Triples) -> None:
        self.below = below
        self.added = TripleIndex()

    def __contains__(self, triple: Triple) -> bool:
        return triple in self.added or triple in self.below

    def add(self, triple: Triple) -> bool:
        """Add the triple; return whether it was new to both layers."""
        return triple not in self.below and self.added.add(triple)

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate in either layer."""
        return chain(
            self.added.objects(subject, predicate),
            self.below.objects(subject, predicate),
        )

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate in either layer."""
        return chain(
            self.added.subjects(predicate, value), self.below.subjects(predicate, value)
        )

    def outgoing(self, subject: Resource) -> Outgoing:
        """Return what the subject has in either layer, by predicate."""
        return _merged(self.added.outgoing(subject), self.below.outgoing(subject))


class Difference(Triples):
    """Triples as they are after some are taken out and others put in.

    What lies below stays as it is, and is not copied.
    """

    def __init__(self, below: Triples) -> None:
        self.below = below
        self.added = TripleIndex()
        self.removed: set[Triple] = set()
        # What is gone from each end, since a look-up must not build each triple anew.
        self._gone_out: dict[tuple[Resource, NamedNode], set[Term]] = {}
        self._gone_in: dict[tuple[NamedNode, Term], set[Resource]] = {}

    def __contains__(self, triple: Triple) -> bool:
        return triple in self.added or (
            triple not in self.removed and triple in self.below
        )

    def add(self, triple: Triple) -> bool:
        """Add the triple, or put it back; return whether it was new to the whole."""
        if self.removed and triple in self.removed:
            self.removed.remove(triple)
            s, p, o = triple.subject, triple.predicate, triple.object
            self._gone_out[s, p].remove(o)
            self._gone_in[p, o].remove(s)
            return True
        return triple not in self.below and self.added.add(triple)

    def remove(self, triple: Triple) -> bool:
        """Take the triple out; return whether it was there."""
        if self.added.remove(triple):
            return True
        if triple in self.removed or triple not in self.below:
            return False
        self.removed.add(triple)
        s, p, o = triple.subject, triple.predicate, triple.object
        self._gone_out.setdefault((s, p), set()).add(o)
        self._gone_in.setdefault((p, o), set()).add(s)
        return True

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate after the difference."""
        standing = self.below.objects(subject, predicate)
        if self.removed and (gone := self._gone_out.get((subject, predicate))):
            standing = [value for value in standing if value not in gone]
        added = self.added.objects(subject, predicate)
        return chain(added, standing) if added else standing

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate after the difference."""
        standing = self.below.subjects(predicate, value)
        if self.removed and (gone := self._gone_in.get((predicate, value))):
            standing = [subject for subject in standing if subject not in gone]
        added = self.added.subjects(predicate, value)
        return chain(added, standing) if added else standing

    def outgoing(self, subject: Resource) -> Outgoing:
        """Return what the subject has after the difference, by predicate."""
        standing, gone = self.below.outgoing(subject), self._gone_out
        if self.removed:
            standing = {
                predicate: left
                for predicate, values in standing.items()
                if (left := _without(values, gone.get((subject, predicate))))
            }
        return _merged(self.added.outgoing(subject), standing)


def _without(values: Sequence[Term], gone: set[Term] | None) -> Sequence[Term]:
    return [value for value in values if value not in gone] if gone else values


def _merged(one: Outgoing, other: Outgoing) -> Outgoing:
    if not (one and other):
        return one or other
    return {
        predicate: (*one.get(predicate, ()), *other.get(predicate, ()))
        for predicate in one.keys() | other.keys()
    }
