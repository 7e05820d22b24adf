"""Restoration: what follows from the rest of a view from which too much was taken out."""

from collections import deque
from collections.abc import Iterable, Iterator

from milgraph.entailment.derivations import is_derivable
from milgraph.entailment.rules import Rules
from milgraph.terms import NamedNode, Resource, Term, Triple
from milgraph.triples import Difference

__all__ = ["restore"]


def restore(
    gone: Iterable[Triple],
    view: Difference,
    rules: Rules,
    *,
    bridges: Iterable[Triple] = (),
) -> None:
    """Put back into the view what is gone and still follows.

    Bridges are edges of transitive properties that stayed, while what leads over them
    is gone.
    """
    restoration = _Restoration(view, rules)
    for bridge in bridges:
        restoration.close(bridge)
    for triple in restoration.in_order(gone):
        if triple not in view and restoration.follows(triple):
            restoration.put_back(triple)


class _Relation:
    """A transitive property in a view: what is before each node, and what after it."""

    def __init__(self, view: Difference, name: NamedNode) -> None:
        self._view = view
        self._name = name
        self._after: dict[Resource, set[Term]] = {}
        self._before: dict[Term, set[Resource]] = {}

    def after(self, node: Resource) -> set[Term]:
        """Return what the node leads to."""
        found = self._after.get(node)
        if found is None:
            found = self._after[node] = set(self._view.objects(node, self._name))
        return found

    def before(self, node: Term) -> set[Resource]:
        """Return what leads to the node."""
        found = self._before.get(node)
        if found is None:
            found = self._before[node] = set(self._view.subjects(self._name, node))
        return found

    def note(self, edge: Triple) -> None:
        """Take notice of an edge that the view was given."""
        if edge.subject in self._after:
            self._after[edge.subject].add(edge.object)
        if edge.object in self._before:
            self._before[edge.object].add(edge.subject)

    def is_path(self, start: Resource, end: Term) -> bool:
        """Return whether two edges lead from the start to the end."""
        return not self.after(start).isdisjoint(self.before(end))

    def weight(self, edge: Triple) -> int:
        """Return how many paths could lead over the edge."""
        return (len(self.before(edge.subject)) + 1) * (len(self.after(edge.object)) + 1)  # type: ignore[arg-type]  # the end of an edge of a property with resources as values

    def over(self, edge: Triple) -> Iterator[Triple]:
        """Return the edges that are missing between what the edge ties together."""
        targets = self.after(edge.object) | {edge.object}  # type: ignore[arg-type]  # as above
        for start in self.before(edge.subject) | {edge.subject}:
            for end in targets - self.after(start):
                yield Triple(start, self._name, end)


class _Restoration:
    """A view that is being restored; its transitive properties are remembered."""

    def __init__(self, view: Difference, rules: Rules) -> None:
        self._view = view
        self._rules = rules
        self._relations = {
            name: _Relation(view, name) for name in rules.axioms.transitive
        }

    def in_order(self, gone: Iterable[Triple]) -> list[Triple]:
        """Return the triples, those last that may be put back with others before them."""
        return sorted(gone, key=self._weight)

    def follows(self, triple: Triple) -> bool:
        """Return whether one application of a rule derives the triple from the view."""
        relation = self._relation(triple)
        if relation and relation.is_path(triple.subject, triple.object):
            return True
        axioms = self._rules.axioms
        return is_derivable(triple, axioms, self._view, without_paths=True)

    def put_back(self, triple: Triple) -> None:
        """Put the triple back, with all that follows from it and the view."""
        self._extend(deque([triple]))

    def close(self, edge: Triple) -> None:
        """Put back what leads over the edge, which is in the view."""
        self._extend(deque(self._closed(edge)))

    def _extend(self, waiting: deque[Triple]) -> None:
        while waiting:
            triple = waiting.popleft()
            if self._add(triple):
                waiting.extend(self._rules.others(triple, self._view))
                waiting.extend(self._closed(triple))

    def _closed(self, triple: Triple) -> Iterator[Triple]:
        """Add what the triple closes; return what follows from that by other rules."""
        for closing in self._closing(triple):
            if self._add(closing):
                yield from tuple(self._rules.others(closing, self._view))

    def _add(self, triple: Triple) -> bool:
        if not self._view.add(triple):
            return False
        relation = self._relation(triple)
        if relation:
            relation.note(triple)
        return True

    def _closing(self, triple: Triple) -> Iterator[Triple]:
        # The view is not closed, so nothing is passed over as done.
        relation = self._relation(triple)
        if relation:
            return relation.over(triple)
        return self._rules.closing(triple, self._view, ())

    def _relation(self, triple: Triple) -> _Relation | None:
        if isinstance(triple.object, NamedNode):
            return self._relations.get(triple.predicate)
        return None

    def _weight(self, triple: Triple) -> int:
        relation = self._relation(triple)
        # A path is put together from edges that may be put back for other reasons.
        return -relation.weight(triple) if relation else -(2**63)
