"""Amending: what a change of the named graphs does to the view, at a cost of its size."""

from collections.abc import Iterable
from dataclasses import dataclass

from milgraph.accounts import (
    may_have_own,
    names_of_own,
    own_occurrence,
    touched_accounts,
)
from milgraph.changes import Change
from milgraph.dataset import AmendedGraphs, graphs_of
from milgraph.entailment import dependents, derivations, further, materialise
from milgraph.iris import ARTICLES, document_of
from milgraph.ontology import Axioms
from milgraph.staging import (
    DESCRIBING,
    View,
    is_of_an_article,
    news_of_shared_thing,
    refuse_clashes,
)
from milgraph.store.interface import Readable
from milgraph.terms import MIL, RDF, NamedNode, Quad, Term, Triple
from milgraph.triples import Difference, Triples
from milgraph.validation import Transition

__all__ = ["Amendment", "amend"]

_TYPE, _ACCEPTED = RDF["type"], MIL.AcceptedGraph
_FURTHEST = 1000


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of the named graphs, and what follows from it.

    `named` holds what rules add to the graphs of articles as well; `added` and `removed`
    are the difference of the view.
    """

    named: Change
    before: Triples
    after: View[AmendedGraphs, Triples]
    added: frozenset[Triple]
    removed: frozenset[Triple]

    @property
    def transition(self) -> Transition:
        """What becomes of the view."""
        return Transition(self.before, self.after.triples, self.added, self.removed)

    @property
    def change(self) -> Change:
        """The change of the named graphs and of the view."""
        return self.named.beside(Change.of_view(self.removed, self.added))


def amend(
    dataset: Readable, change: Change, axioms: Axioms, *, limit: int | None = None
) -> Amendment:
    """Return what the change does to the dataset, which stays as it is.

    The change is of named graphs: it removes what is there and adds what is not. At most
    `limit` triples may follow from it.

    Raises:
        PlacementError: something new would follow of a shared thing.
        ConsistencyError: something would be of two disjoint classes.
        LimitError: more would follow from it.
    """
    named = AmendedGraphs(dataset, change)
    before = dataset.remembered()
    view = Difference(before)
    _follow(view, change, named, axioms, limit)
    _refuse_news_of_shared_things(view, change, named, axioms)
    own = _own_occurrences(view, named)
    if not own.is_empty:
        named = named.further(own)
        _follow(view, own, named, axioms, limit)
    # To copy a set asks nothing of its triples, which to go through them would.
    added, removed = frozenset(view.added.triples), frozenset(view.removed)
    refuse_clashes(view.added, axioms, view)
    return Amendment(named.change, before, View(named, view), added, removed)


def _follow(
    view: Difference,
    change: Change,
    named: AmendedGraphs,
    axioms: Axioms,
    limit: int | None,
) -> None:
    """Let the view become what it is when the graphs have become what `named` says."""
    lost, gained = _moved(change, named)
    further(
        view,
        removed=[triple for triple in lost if not named.asserts(triple)],
        added=gained,
        is_asserted=named.asserts,
        axioms=axioms,
        limit=limit,
    )


def _moved(change: Change, named: AmendedGraphs) -> tuple[set[Triple], set[Triple]]:
    """Return what graphs that the view took have lost, and those that it takes gained.

    A graph whose mark comes or goes is gained or lost whole.
    """
    before = AmendedGraphs(named.dataset)
    lost: set[Triple] = set()
    for quad in change.removals:
        if before.is_accepted(_name(quad)):
            lost.add(quad.triple)
        if marked := _marked(quad.triple):
            lost.update(before.graph(marked))
    return lost, _gained(change, named)


def _gained(change: Change, named: AmendedGraphs) -> set[Triple]:
    gained: set[Triple] = set()
    of_graphs = named.added if change is named.change else graphs_of(change.additions)
    for name, triples in of_graphs.items():
        if named.is_accepted(name):
            gained |= triples
        if document_of(name) == name:
            # Marks stand in the graph of their document.
            for marked in filter(None, map(_marked, triples)):
                gained.update(named.graph(marked))
    return gained


def _marked(triple: Triple) -> NamedNode | None:
    """Return the graph that is marked as one that the view takes, if one is."""
    if triple.object == _ACCEPTED and triple.predicate == _TYPE:
        return triple.subject if isinstance(triple.subject, NamedNode) else None
    return None


def _name(quad: Quad) -> NamedNode:
    name = quad.graph_name
    assert isinstance(name, NamedNode)  # noqa: S101 - a change of named graphs
    return name


def _own_occurrences(view: Difference, named: AmendedGraphs) -> Change:
    """Return what becomes of the own occurrences of the accounts that are touched."""
    present: set[Quad] = set()
    wanted: set[Quad] = set()
    for account in touched_accounts(view.added, view.removed):
        if may_have_own(account, view.below):
            for node in names_of_own(account):
                present.update(named.about(node, document_of(account)))
        wanted.update(own_occurrence(account, view))
    return Change.between(present, wanted)


def _refuse_news_of_shared_things(
    view: Difference, change: Change, named: AmendedGraphs, axioms: Axioms
) -> None:
    """Refuse what would follow from claims of a shared thing, beyond who points to it.

    While no shared graph changes, nothing new can follow from those alone. What shared
    graphs said and say no more may still follow from a claim, which must not decide it.
    """
    things = _Things(named)
    left = _unsaid(change, named, axioms)
    told = [t for t in left if t in view]
    for node in view.added.nodes():
        if not is_of_an_article(node):
            told += view.added.about(node)
    news = {
        triple
        for triple in told
        if not is_of_an_article(triple.subject)
        and not is_of_an_article(triple.object)
        and things.holds(triple.subject)
    }
    fresh = {t.subject for name in DESCRIBING for t in named.added.get(name, ())}
    news |= {
        triple
        for subject in fresh
        for triple in view.about(subject)
        if not is_of_an_article(triple.object)
    }
    if news and any(not is_of_an_article(_name(q)) for q in _quads(change)):
        news -= _shared(named, axioms)
    if news:
        triple = min(news, key=str)
        raise news_of_shared_thing(triple, _teller(triple, axioms, view))


def _unsaid(change: Change, named: AmendedGraphs, axioms: Axioms) -> set[Triple]:
    """Return what shared graphs say no more, with all that may have followed from it."""

    def is_shared(triple: Triple) -> bool:
        return any(
            named.is_accepted(name) and not is_of_an_article(name)
            for name in named.asserting(triple)
        )

    said = {q.triple for q in change.removals if not is_of_an_article(_name(q))}
    return dependents(said, named.dataset.triples, is_asserted=is_shared, axioms=axioms)


def _quads(change: Change) -> Iterable[Quad]:
    yield from change.additions
    yield from change.removals


class _Things:
    """Which nodes the shared graphs describe; what merely happened is none of them."""

    def __init__(self, named: AmendedGraphs) -> None:
        self._named = named
        self._known: dict[Term, bool] = {}

    def holds(self, node: Term) -> bool:
        if node not in self._known:
            self._known[node] = isinstance(node, NamedNode) and any(
                True for name in DESCRIBING for _ in self._named.about(node, name)
            )
        return self._known[node]


def _shared(named: AmendedGraphs, axioms: Axioms) -> set[Triple]:
    """Return what the shared graphs say, and what follows from them alone."""
    triples: set[Triple] = set()
    for name in named.names():
        if not name.value.startswith(ARTICLES) and named.is_accepted(name):
            triples.update(named.graph(name))
    return set(materialise(triples, axioms))


def _teller(news: Triple, axioms: Axioms, view: Triples) -> Term:
    """Return the node of an article from which the news follow."""
    waiting, seen = [news], {news}
    while waiting and len(seen) < _FURTHEST:
        for derivation in derivations(waiting.pop(0), axioms, view):
            for premise in derivation.premises:
                if is_of_an_article(premise.subject):
                    return premise.subject
                if premise not in seen:
                    seen.add(premise)
                    waiting.append(premise)
    return news.subject
