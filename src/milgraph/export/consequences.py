"""Consequences: what of the view stands on nothing but what may not be passed on.

Everything in a withheld record, and in the graph of its data set, is of nodes whose names
are withheld. What follows from it is withheld by its names too, unless a rule leaves them
out: a place that is not shared may lie between an activity and a country.
"""

from collections.abc import Callable, Iterable, Iterator

from milgraph.axioms import Axioms
from milgraph.dataset import marker_of
from milgraph.entailment import dependents
from milgraph.entailment.derivations import is_derivable, steps
from milgraph.entailment.rules import Rules
from milgraph.graphs import ONTOLOGY
from milgraph.iris import ARTICLES, document_of
from milgraph.store import Snapshot
from milgraph.terms import (
    RDF,
    DefaultGraph,
    NamedNode,
    Resource,
    Term,
    Triple,
)
from milgraph.triples import Outgoing, Triples

__all__ = ["consequences"]

_TYPE = RDF["type"]
_VIEW = DefaultGraph()
Withholds = Callable[[object], bool]


def consequences(
    dataset: Snapshot, graphs: Iterable[NamedNode], withholds: Withholds
) -> frozenset[Triple]:
    """Return what the view has of others and would not have without what is withheld.

    `graphs` are the withheld graphs that describe what records share.
    """
    known = _Known(dataset, withholds)
    stated = (q.triple for graph in graphs for q in dataset.match(graph=graph))
    seeds = {
        triple
        for triple in (*stated, *known.over_the_border())
        if not known.names_withheld(triple) and not known.is_plain(triple)
    }
    if not seeds:
        return frozenset()
    gone = dependents(
        seeds,
        dataset.triples,
        is_asserted=known.is_asserted,
        axioms=known.rules.axioms,
    )
    rest = _Rest(known, gone)
    while back := {t for t in gone if is_derivable(t, known.rules.axioms, rest)}:
        gone -= back
    return frozenset(gone)


class _Known:
    """The view of a dataset, and what of it may be passed on by what is asserted."""

    def __init__(self, dataset: Snapshot, withholds: Withholds) -> None:
        self.view = dataset.triples
        self.rules = Rules.of(
            Axioms.of(q.triple for q in dataset.match(graph=ONTOLOGY))
        )
        self._dataset = dataset
        self._withholds = withholds

    def names_withheld(self, triple: Triple) -> bool:
        """Return whether one of its ends may not be named."""
        return self._withholds(triple.subject) or self._withholds(triple.object)

    def is_asserted(self, triple: Triple) -> bool:
        """Return whether a graph that may be passed on, and the view takes, asserts it."""
        found = self._dataset.match(triple.subject, triple.predicate, triple.object)
        return any(
            isinstance(q.graph_name, NamedNode)
            and not self._withholds(q.graph_name)
            and self._is_accepted(q.graph_name)
            for q in found
        )

    def is_plain(self, triple: Triple) -> bool:
        """Return whether it is asserted, or follows in one step from what is."""
        return self.is_asserted(triple) or any(
            all(map(self.is_asserted, step.premises))
            for step in steps(triple, self.rules.axioms, self.view)
        )

    def over_the_border(self) -> Iterator[Triple]:
        """Return what follows from edges between what is withheld and what is not."""
        axioms = self.rules.axioms
        passing = {
            name
            for name, found in axioms.chains.items()
            if any(position < len(chain.steps) - 1 for chain, position in found)
        }
        for name in passing | axioms.transitive | axioms.restrictions.keys():
            for edge in self._edges(name):
                if self._withholds(edge.object) and not self._withholds(edge.subject):
                    yield from self.rules.others(edge, self.view)
                    yield from self.rules.closing(edge, self.view, ())
        for name, kinds in axioms.ranges.items():
            edges = self._edges(name)
            ends = {edge.object for edge in edges if self._withholds(edge.subject)}
            for end in ends:
                if isinstance(end, NamedNode):
                    yield from (Triple(end, _TYPE, kind) for kind in kinds)

    def _edges(self, name: NamedNode) -> Iterator[Triple]:
        return (q.triple for q in self._dataset.look_up(None, name, None, _VIEW))

    def _is_accepted(self, graph: NamedNode) -> bool:
        if not graph.value.startswith(ARTICLES) or document_of(graph) == graph:
            return True
        return marker_of(graph) in self._dataset


class _Rest(Triples):
    """The view without what is gone, and without what names the withheld by itself."""

    def __init__(self, known: _Known, gone: set[Triple]) -> None:
        self._known = known
        self._gone = gone

    def __contains__(self, triple: Triple) -> bool:
        return triple in self._known.view and self._stands(triple)

    def objects(self, subject: Resource, predicate: NamedNode) -> Iterable[Term]:
        """Return what the subject has for the predicate."""
        found = self._known.view.objects(subject, predicate)
        return [o for o in found if self._stands(Triple(subject, predicate, o))]

    def subjects(self, predicate: NamedNode, value: Term) -> Iterable[Resource]:
        """Return what has the value for the predicate."""
        found = self._known.view.subjects(predicate, value)
        return [s for s in found if self._stands(Triple(s, predicate, value))]

    def outgoing(self, subject: Resource) -> Outgoing:
        """Return what the subject has, by predicate."""
        found = self._known.view.outgoing(subject)
        return {
            predicate: [
                o for o in values if self._stands(Triple(subject, predicate, o))
            ]
            for predicate, values in found.items()
        }

    def _stands(self, triple: Triple) -> bool:
        if triple in self._gone:
            return False
        known = self._known
        return not known.names_withheld(triple) or known.is_plain(triple)
