"""Echoes: what others say only because of what may not be passed on."""

from collections.abc import Callable, Iterable
from functools import cached_property

from milgraph.export.consequences import consequences
from milgraph.export.withholding import Withheld
from milgraph.iris import ARTICLES
from milgraph.store import Snapshot
from milgraph.terms import (
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Resource,
    Term,
    Triple,
)
from milgraph.triples import Outgoing, Triples

__all__ = ["Echoes", "Permitted"]

_VIEW = DefaultGraph()


class Echoes:
    """What follows from what is withheld, and what editors have taken over from it.

    Each is found when it is asked for first: the graph of an article needs neither.
    """

    def __init__(self, dataset: Snapshot, withheld: Withheld) -> None:
        self._dataset = dataset
        self.withheld = withheld

    def has(self, quad: Quad) -> bool:
        """Return whether the quad, which names nothing withheld, tells of it."""
        if isinstance(quad.object, Literal) and (told := self._texts.get(quad.subject)):
            text = quad.object.value.casefold()
            if any(one in text for one in told):
                return True
        return quad.graph_name == _VIEW and quad.triple in self._consequences

    @cached_property
    def _texts(self) -> dict[Resource, frozenset[str]]:
        return self.withheld.texts(self._dataset)

    @cached_property
    def _consequences(self) -> frozenset[Triple]:
        documents = self.withheld.documents
        graphs = [name for name in documents if not name.value.startswith(ARTICLES)]
        return consequences(self._dataset, graphs, self.withheld.holds)


class Permitted(Triples):
    """A view as those may have it to whom some of it may not be passed on."""

    def __init__(self, view: Triples, keeps: Callable[[Quad], bool]) -> None:
        self._view = view
        self._keeps = keeps

    def __contains__(self, triple: Triple) -> bool:
        return triple in self._view and self._has(*triple)

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate."""
        found = self._view.objects(subject, predicate)
        return [o for o in found if self._has(subject, predicate, o)]

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate."""
        found = self._view.subjects(predicate, value)
        return [s for s in found if self._has(s, predicate, value)]

    def outgoing(self, subject: Resource) -> Outgoing:
        """Return what the subject has, by predicate."""
        kept = {
            predicate: [o for o in values if self._has(subject, predicate, o)]
            for predicate, values in self._view.outgoing(subject).items()
        }
        return {predicate: values for predicate, values in kept.items() if values}

    def _has(self, subject: Resource, predicate: NamedNode, value: Term) -> bool:
        return self._keeps(Quad(subject, predicate, value))
