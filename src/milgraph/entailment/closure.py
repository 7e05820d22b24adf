"""Closure: triples with all that follows from them, found from the triples outwards."""

from collections import deque
from collections.abc import Collection, Iterable
from typing import Protocol

from milgraph.axioms import Axioms
from milgraph.entailment.rules import Rules
from milgraph.errors import LimitError
from milgraph.terms import Triple
from milgraph.triples import Overlay, TripleIndex, Triples

__all__ = ["Extensible", "excess", "extend", "materialise"]


class Extensible(Triples, Protocol):
    """Triples to which others can be added."""

    def add(self, triple: Triple) -> bool:
        """Add the triple; return whether it was new."""
        ...


def materialise(
    triples: Iterable[Triple],
    axioms: Axioms,
    *,
    below: Triples | None = None,
    limit: int | None = None,
) -> TripleIndex:
    """Return the triples with all that follows from them and from what lies below.

    What lies below is taken to be closed already; it is read, never changed, and not
    repeated in the result.

    Raises:
        LimitError: more than `limit` triples follow.
    """
    known = Overlay(below if below is not None else TripleIndex())
    extend(known, tuple(triples), Rules.of(axioms), limit=limit)
    return known.added


def extend(
    known: Extensible,
    triples: Collection[Triple],
    rules: Rules,
    *,
    limit: int | None = None,
) -> None:
    """Add the triples, and all that follows, to what is known and closed.

    Raises:
        LimitError: more than `limit` triples follow; some of them have been added.
    """
    most = float("inf") if limit is None else limit + len(triples)
    count = 0
    # First in, first out: what follows from the parts of a path is then known before
    # what follows from the path, and no path is put together twice.
    waiting = deque(triples)
    while waiting:
        triple = waiting.popleft()
        # Not known before its turn: it may have followed from others meanwhile, and
        # then all that it closes is there already.
        if not known.add(triple):
            continue
        count += 1
        waiting.extend(rules.others(triple, known))
        for closing in rules.closing(triple, known, known):
            if known.add(closing):
                count += 1
                if count > most:
                    break
                waiting.extend(rules.others(closing, known))
        if count > most:
            raise excess(limit or 0, "follow from")


def excess(limit: int, what: str) -> LimitError:
    """Return the error of a change with too many consequences."""
    return LimitError(
        f"more than {limit:,} triples {what} the change",
        limit="entailment",
        hint="Make it several changes; or look for a long chain or a ring of a transitive "
        "property, in which each member is tied to every other.",
    )
