"""Maintenance: a closed view kept closed while triples come and go (delete and rederive).

After Gupta, Mumick and Subrahmanian, "Maintaining Views Incrementally" (1993): all that
could have followed from what goes is taken out, what follows from the rest is put back.
"""

from collections import deque
from collections.abc import Callable, Iterable

from milgraph.axioms import Axioms
from milgraph.entailment.closure import excess, extend
from milgraph.entailment.restoration import restore
from milgraph.entailment.rules import Rules
from milgraph.terms import Triple
from milgraph.triples import Difference, Triples

__all__ = ["dependents", "further", "update"]


def update(
    below: Triples,
    *,
    removed: Iterable[Triple],
    added: Iterable[Triple],
    is_asserted: Callable[[Triple], bool],
    axioms: Axioms,
    limit: int | None = None,
) -> Difference:
    """Return the view after the change of what is asserted; what lies below stays.

    What lies below is closed, and holds what is removed. `is_asserted` tells of the
    state after the change. The cost follows what the change entails.

    Raises:
        LimitError: more than `limit` triples follow from what is removed, or more than
            that from what is added.
    """
    view = Difference(below)
    further(
        view,
        removed=removed,
        added=added,
        is_asserted=is_asserted,
        axioms=axioms,
        limit=limit,
    )
    return view


def further(
    view: Difference,
    *,
    removed: Iterable[Triple],
    added: Iterable[Triple],
    is_asserted: Callable[[Triple], bool],
    axioms: Axioms,
    limit: int | None = None,
) -> None:
    """Change the view, which is closed, as `update` changes what lies below.

    Raises:
        LimitError: as of `update`.
    """
    rules = Rules.of(axioms)
    gone, stays = _overdeleted(removed, view, is_asserted, rules, limit)
    for triple in gone:
        view.remove(triple)
    bridges = (t for t in stays if t.predicate in axioms.transitive)
    restore(gone, view, rules, bridges=bridges)
    extend(view, tuple(added), rules, limit=limit)


def dependents(
    removed: Iterable[Triple],
    below: Triples,
    *,
    is_asserted: Callable[[Triple], bool],
    axioms: Axioms,
) -> set[Triple]:
    """Return the triples with all that may follow from them, but what is asserted.

    What follows from the rest as well is among them.
    """
    return _overdeleted(removed, below, is_asserted, Rules.of(axioms), None)[0]


def _overdeleted(
    removed: Iterable[Triple],
    below: Triples,
    is_asserted: Callable[[Triple], bool],
    rules: Rules,
    limit: int | None,
) -> tuple[set[Triple], set[Triple]]:
    """Return what is removed with all that has a derivation from it, and what stays.

    What stays has such a derivation too, and is asserted.
    """
    gone: set[Triple] = set()
    stays: set[Triple] = set()

    def goes(triple: Triple) -> bool:
        if triple in gone or triple in stays:
            return False
        (stays if is_asserted(triple) else gone).add(triple)
        return triple in gone

    waiting = deque(t for t in removed if t in below and goes(t))
    most = float("inf") if limit is None else limit + len(waiting)
    while waiting:
        triple = waiting.popleft()
        waiting.extend(filter(goes, rules.others(triple, below)))
        for closing in filter(goes, rules.closing(triple, below, gone)):
            waiting.extend(filter(goes, rules.others(closing, below)))
            if len(gone) > most:
                break
        if len(gone) > most:
            raise excess(limit or 0, "followed from what is removed by")
    return gone, stays
