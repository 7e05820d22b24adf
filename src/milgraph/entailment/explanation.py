"""Explanation: a smallest derivation of a triple, as a tree of rules and premises."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from milgraph.axioms import Axioms
from milgraph.entailment.derivations import Derivation, Step, derivation, steps
from milgraph.errors import LimitError, UnknownFactError
from milgraph.terms import Triple, show
from milgraph.triples import Triples

__all__ = ["MOST_STEPS", "Explanation", "explain"]

# About a second of looking.
MOST_STEPS = 100_000
# Nobody reads a longer derivation, and the search goes as deep as that.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Explanation:
    """A triple that is asserted, or the derivation of one that is not."""

    triple: Triple
    derivation: Derivation | None = None
    premises: tuple["Explanation", ...] = ()

    @property
    def is_asserted(self) -> bool:
        """Whether the triple needs no derivation."""
        return self.derivation is None

    @property
    def steps(self) -> int:
        """How many rules are applied, one in two places counted twice."""
        return (not self.is_asserted) + sum(one.steps for one in self.premises)

    def leaves(self) -> Iterator[Triple]:
        """Return the asserted triples on which it stands, in order, each once."""
        return iter(dict.fromkeys(self._leaves()))

    def _leaves(self) -> Iterator[Triple]:
        if self.is_asserted:
            yield self.triple
        for premise in self.premises:
            yield from premise._leaves()  # noqa: SLF001 - of the same class


def explain(
    triple: Triple,
    axioms: Axioms,
    known: Triples,
    is_asserted: Callable[[Triple], bool],
    *,
    limit: int = MOST_STEPS,
) -> Explanation:
    """Return a derivation of the triple with the fewest applications of rules.

    Raises:
        UnknownFactError: nothing asserts it, and no rule derives it from what is known.
        LimitError: none was found within `limit` steps looked at, or it is too long.
    """
    search = _Search(axioms, known, is_asserted, limit)
    most = 1
    while search.cost(triple, most) is None:
        # What is known by now to be too little need not be tried.
        most = search.least(triple)
        if most == _NEVER:
            said = (triple.subject, triple.predicate, triple.object)
            raise UnknownFactError(
                f"nothing asserts {' '.join(map(show, said))}, and no rule derives it"
            )
        if most > _LONGEST:
            raise _given_up(f"of {_LONGEST} rules or fewer")
    return search.tree(triple)


def _given_up(within: str) -> LimitError:
    return LimitError(
        f"no derivation was found {within}",
        limit="entailment",
        hint="It follows in many ways, or over a long chain. Ask about a fact nearer to "
        "what is asserted.",
    )


_NEVER = 2**62


class _Search:
    """A search for derivations of growing cost, which never looks again where it knows.

    For each triple it keeps the least cost that is not excluded yet, and the step that
    reaches it once one does. Deepening by cost looks at no more of a large graph than
    the smallest derivation needs.
    """

    def __init__(
        self,
        axioms: Axioms,
        known: Triples,
        is_asserted: Callable[[Triple], bool],
        limit: int,
    ) -> None:
        self._axioms = axioms
        self._known = known
        self._is_asserted = is_asserted
        self._limit = limit
        self._looked = 0
        self._least: dict[Triple, int] = {}
        self._best: dict[Triple, Step] = {}
        self._steps: dict[Triple, tuple[Step, ...]] = {}

    def least(self, triple: Triple) -> int:
        """Return what the triple costs at least; nothing, where it is asserted."""
        found = self._least.get(triple)
        if found is None:
            found = self._least[triple] = 0 if self._is_asserted(triple) else 1
        return found

    def cost(self, triple: Triple, most: int) -> int | None:
        """Return the least cost of the triple, unless it is more than `most`."""
        least = self.least(triple)
        if least > most:
            return None
        if least == 0 or triple in self._best:
            return least
        found: int | None = None
        for step in self._steps_to(triple):
            cost = self._cost_of(step, most if found is None else found - 1)
            if cost is not None:
                found, self._best[triple] = cost, step
        if found is None:
            bounds = map(self._least_of, self._steps_to(triple))
            self._least[triple] = min(bounds, default=_NEVER)
        else:
            self._least[triple] = found
        return found

    def _cost_of(self, step: Step, most: int) -> int | None:
        """Return the least cost of the step with its premises, unless it is more."""
        self._look()
        total = self._least_of(step)
        for premise in step.premises:
            least = self.least(premise)
            cost = self.cost(premise, least + most - total)
            if cost is None:
                return None
            total += cost - least
        return total if total <= most else None

    def _least_of(self, step: Step) -> int:
        return min(_NEVER, 1 + sum(map(self.least, step.premises)))

    def _steps_to(self, triple: Triple) -> tuple[Step, ...]:
        """Return the steps that derive the triple; one, if none can be smaller."""
        found = self._steps.get(triple)
        if found is None:
            found = self._steps[triple] = self._listed(triple)
        return found

    def _listed(self, triple: Triple) -> tuple[Step, ...]:
        listed = []
        for step in steps(triple, self._axioms, self._known):
            self._look()
            if self._least_of(step) == 1:
                return (step,)
            if self._is_forward(step):
                listed.append(step)
        return tuple(listed)

    def _is_forward(self, step: Step) -> bool:
        """Return whether the step is no path, or one whose first part is a single edge.

        Any path can be put together edge by edge from its end, in as many steps.
        """
        first = step.premises[0]
        if step.rule != "prp-trp" or self._is_asserted(first):
            return True
        edges = steps(first, self._axioms, self._known, has_paths=False)
        return any(True for _ in edges)

    def _look(self) -> None:
        self._looked += 1
        if self._looked > self._limit:
            raise _given_up(f"within {self._limit:,} steps")

    def tree(self, triple: Triple) -> Explanation:
        """Return the derivation whose cost was found."""
        step = self._best.get(triple)
        if step is None:
            return Explanation(triple)
        return Explanation(
            triple,
            derivation(step, self._axioms),
            tuple(self.tree(premise) for premise in step.premises),
        )
