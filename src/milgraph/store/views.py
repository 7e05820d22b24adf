"""Views: the default graph of a store as triples that can be looked up from both ends."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pyoxigraph import Store as Oxigraph

from milgraph.iris import has_few_neighbours
from milgraph.terms import DefaultGraph, NamedNode, Quad, Resource, Term, Triple
from milgraph.triples import Outgoing, Triples

__all__ = ["RememberedView", "StoredView"]

_VIEW = DefaultGraph()
# Triples, and look-ups that find none; a few hundred bytes each.
_MOST_KEPT = 100_000


class StoredView(Triples):
    """The view of a store, read by its indexes; nothing of it is copied."""

    __slots__ = ("_store",)

    def __init__(self, store: Oxigraph) -> None:
        self._store = store

    def close(self) -> None:
        """Let go of the store."""
        del self._store

    def __contains__(self, triple: Triple) -> bool:
        return Quad(triple.subject, triple.predicate, triple.object) in self._store

    def __iter__(self) -> Iterator[Triple]:
        for quad in self._store.quads_for_pattern(None, None, None, _VIEW):
            yield quad.triple

    def objects(self, subject: Resource, predicate: NamedNode) -> Sequence[Term]:
        """Return what the subject has for the predicate."""
        found = self._store.quads_for_pattern(subject, predicate, None, _VIEW)
        return [quad.object for quad in found]

    def subjects(self, predicate: NamedNode, value: Term) -> Sequence[Resource]:
        """Return what has the value for the predicate."""
        found = self._store.quads_for_pattern(None, predicate, value, _VIEW)
        return [quad.subject for quad in found]

    def outgoing(self, subject: Resource) -> dict[NamedNode, list[Term]]:
        """Return what the subject has, by predicate."""
        found: dict[NamedNode, list[Term]] = {}
        for quad in self._store.quads_for_pattern(subject, None, None, _VIEW):
            found.setdefault(quad.predicate, []).append(quad.object)
        return found

    def incoming(self, value: Term) -> dict[NamedNode, list[Resource]]:
        """Return what has the value, by predicate."""
        found: dict[NamedNode, list[Resource]] = {}
        for quad in self._store.quads_for_pattern(None, None, value, _VIEW):
            found.setdefault(quad.predicate, []).append(quad.subject)
        return found


class RememberedView(Triples):
    """The view of a store, of which nothing is asked for twice until it changes.

    To stage a change asks for a few nodes again and again. Of a node of an article, or
    an occurrence, which have few neighbours, all are read at once, and forgotten after
    the change. Of another, what is asked for is read, and kept until a change touches it.
    """

    def __init__(self, view: StoredView) -> None:
        self._view = view
        self._objects: dict[tuple[Resource, NamedNode], Sequence[Term]] = {}
        self._subjects: dict[tuple[NamedNode, Term], Sequence[Resource]] = {}
        self._shared_out: dict[Resource, Outgoing] = {}
        self._is_known: dict[Triple, bool] = {}
        # Of nodes with few neighbours, and of no others.
        self._out: dict[Resource, Mapping[NamedNode, list[Term]]] = {}
        self._in: dict[Term, Mapping[NamedNode, list[Resource]]] = {}
        self._kept = 0

    def __contains__(self, triple: Triple) -> bool:
        subject = triple.subject
        out = self._out.get(subject)
        if out is None and has_few_neighbours(subject):
            out = self._outgoing(subject)
        if out is not None:
            return bool(out) and triple.object in out.get(triple.predicate, ())
        found = self._is_known.get(triple)
        if found is None:
            found = self._is_known[triple] = triple in self._view
            self._kept += 1
        return found

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate."""
        out = self._out.get(subject)
        if out is None and has_few_neighbours(subject):
            out = self._outgoing(subject)
        if out is not None:
            return out.get(predicate, ()) if out else ()
        key = (subject, predicate)
        found = self._objects.get(key)
        if found is None:
            found = self._objects[key] = self._view.objects(subject, predicate)
            self._kept += 1 + len(found)
        return found

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate."""
        into = self._in.get(value)
        if into is None and has_few_neighbours(value):
            into = self._incoming(value)
        if into is not None:
            return into.get(predicate, ()) if into else ()
        key = (predicate, value)
        found = self._subjects.get(key)
        if found is None:
            found = self._subjects[key] = self._view.subjects(predicate, value)
            self._kept += 1 + len(found)
        return found

    def outgoing(self, subject: Resource) -> Outgoing:
        """Return what the subject has, by predicate."""
        out = self._out.get(subject)
        if out is None and has_few_neighbours(subject):
            out = self._outgoing(subject)
        if out is not None:
            return out
        found = self._shared_out.get(subject)
        if found is None:
            found = self._shared_out[subject] = self._view.outgoing(subject)
            self._kept += 1 + sum(map(len, found.values()))
        return found

    def forget(self, triples: Collection[Triple] | None) -> None:
        """Ask anew for what the triples touch, or for all: they come or go."""
        self._out.clear()
        self._in.clear()
        if triples is None or self._kept + len(triples) > _MOST_KEPT:
            for kept in (
                self._objects,
                self._subjects,
                self._shared_out,
                self._is_known,
            ):
                kept.clear()
            self._kept = 0
            return
        for triple in triples:
            s, p, o = triple.subject, triple.predicate, triple.object
            self._subjects.pop((p, o), None)
            if not has_few_neighbours(s):
                self._objects.pop((s, p), None)
                self._shared_out.pop(s, None)
                self._is_known.pop(triple, None)

    def _outgoing(self, node: Resource) -> Mapping[NamedNode, list[Term]]:
        found = self._out[node] = self._view.outgoing(node)
        return found

    def _incoming(self, node: Term) -> Mapping[NamedNode, list[Resource]]:
        found = self._in[node] = self._view.incoming(node)
        return found
