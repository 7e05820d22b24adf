"""Views: the default graph of a store as triples that can be looked up from both ends."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Store as Oxigraph

from milgraph.iris import ARTICLES
from milgraph.terms import DefaultGraph, NamedNode, Quad, Resource, Term, Triple

__all__ = ["RememberedView", "StoredView"]

_VIEW = DefaultGraph()


class StoredView:
    """The view of a store, read by its indexes; nothing of it is copied."""

    __slots__ = ("_store",)

    def __init__(self, store: Oxigraph) -> None:
        self._store = store

    def close(self) -> None:
        """Let go of the store."""
        del self._store

    def __contains__(self, triple: Triple) -> bool:
        return (
            Quad(triple.subject, triple.predicate, triple.object, _VIEW) in self._store
        )

    def __iter__(self) -> Iterator[Triple]:
        for quad in self._store.quads_for_pattern(None, None, None, _VIEW):
            yield quad.triple

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate."""
        found = self._store.quads_for_pattern(subject, predicate, None, _VIEW)
        return [quad.object for quad in found]

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate."""
        found = self._store.quads_for_pattern(None, predicate, value, _VIEW)
        return [quad.subject for quad in found]

    def about(self, subject: Resource) -> Iterable[Triple]:
        """Return the triples of the subject."""
        found = self._store.quads_for_pattern(subject, None, None, _VIEW)
        return [quad.triple for quad in found]

    def into(self, value: Term) -> Iterable[Triple]:
        """Return the triples with that object."""
        found = self._store.quads_for_pattern(None, None, value, _VIEW)
        return [quad.triple for quad in found]


class RememberedView:
    """The view of a store that does not change meanwhile; nothing is asked for twice.

    To stage a change asks for a few nodes again and again. Of an article's node, which
    has few neighbours, all are read at once; of another, only what is asked for.
    """

    def __init__(self, view: StoredView) -> None:
        self._view = view
        self._objects: dict[tuple[Resource, NamedNode], Iterable[Term]] = {}
        self._subjects: dict[tuple[NamedNode, Term], Iterable[Resource]] = {}
        self._out: dict[Resource, dict[NamedNode, list[Term]]] = {}
        self._in: dict[Term, dict[NamedNode, list[Resource]]] = {}
        self._is_known: dict[Triple, bool] = {}

    def __contains__(self, triple: Triple) -> bool:
        subject = triple.subject
        if _has_few(subject):
            return triple.object in self._outgoing(subject).get(triple.predicate, ())
        found = self._is_known.get(triple)
        if found is None:
            found = self._is_known[triple] = triple in self._view
        return found

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate."""
        if _has_few(subject):
            return self._outgoing(subject).get(predicate, ())
        key = (subject, predicate)
        found = self._objects.get(key)
        if found is None:
            found = self._objects[key] = self._view.objects(subject, predicate)
        return found

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate."""
        if _has_few(value):
            return self._incoming(value).get(predicate, ())
        key = (predicate, value)
        found = self._subjects.get(key)
        if found is None:
            found = self._subjects[key] = self._view.subjects(predicate, value)
        return found

    def about(self, subject: Resource) -> Iterable[Triple]:
        """Return the triples of the subject."""
        if not _has_few(subject):
            return self._view.about(subject)
        return [
            Triple(subject, predicate, value)
            for predicate, values in self._outgoing(subject).items()
            for value in values
        ]

    def _outgoing(self, node: Resource) -> Mapping[NamedNode, list[Term]]:
        found = self._out.get(node)
        if found is None:
            found = self._out[node] = defaultdict(list)
            for triple in self._view.about(node):
                found[triple.predicate].append(triple.object)
        return found

    def _incoming(self, node: Term) -> Mapping[NamedNode, list[Resource]]:
        found = self._in.get(node)
        if found is None:
            found = self._in[node] = defaultdict(list)
            for triple in self._view.into(node):
                found[triple.predicate].append(triple.subject)
        return found


def _has_few(node: Term) -> bool:
    return type(node) is NamedNode and node.value.startswith(ARTICLES)
