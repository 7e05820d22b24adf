"""Changes: what a commit removes and adds, one frozen value."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Self

from milgraph.errors import PlacementError
from milgraph.terms import BlankNode, NamedNode, Quad, Triple

__all__ = ["Change", "Lines"]


@dataclass(frozen=True, slots=True)
class Change:
    """Quads to remove and quads to add; nothing is in both."""

    removals: frozenset[Quad] = frozenset()
    additions: frozenset[Quad] = frozenset()

    def __post_init__(self) -> None:
        if not self.removals.isdisjoint(self.additions):
            both = self.removals & self.additions
            raise PlacementError(f"a change removes and adds {next(iter(both))}")
        for quads in (self.removals, self.additions):
            for quad in quads:
                # A blank node cannot be named again, so what holds one could never be
                # removed; placing gives each node an IRI.
                if (
                    type(quad.subject) is BlankNode
                    or type(quad.object) is BlankNode
                    or type(quad.graph_name) is BlankNode
                ):
                    raise PlacementError(
                        f"a change holds a node without a name: {quad}"
                    )

    @classmethod
    def between(cls, before: AbstractSet[Quad], after: AbstractSet[Quad]) -> Self:
        """Return the change that leads from one dataset to another."""
        return cls(frozenset(before - after), frozenset(after - before))

    @property
    def is_empty(self) -> bool:
        """Whether the change changes nothing."""
        return not self.removals and not self.additions

    @property
    def digest(self) -> str:
        """The SHA-256 of the sorted N-Quads of the change, removals first."""
        return self.lines.digest

    @property
    def lines(self) -> "Lines":
        """The change as lines; to make them costs more than all that is done with them."""
        return Lines(sorted(map(str, self.removals)), sorted(map(str, self.additions)))

    def then(self, later: "Change") -> Self:
        """Return the one change that does what this and the later one do."""
        return self._made(
            (self.removals - later.additions) | (later.removals - self.additions),
            (self.additions - later.removals) | (later.additions - self.removals),
        )

    def beside(self, other: "Change") -> Self:
        """Return the one change that does both, which are of different graphs."""
        return self._made(
            self.removals | other.removals, self.additions | other.additions
        )

    @classmethod
    def of_view(cls, removed: Iterable[Triple], added: Iterable[Triple]) -> Self:
        """Return the change of the default graph, whose triples follow from named ones."""
        # The graph is left out, since the engine takes two microseconds to read its name.
        return cls._made(
            frozenset([Quad(t.subject, t.predicate, t.object) for t in removed]),
            frozenset([Quad(t.subject, t.predicate, t.object) for t in added]),
        )

    def without(self, graph: NamedNode) -> Self:
        """Return the change of the other graphs."""
        return self._made(
            frozenset(q for q in self.removals if q.graph_name != graph),
            frozenset(q for q in self.additions if q.graph_name != graph),
        )

    def inverted(self) -> Self:
        """Return the change that undoes this one."""
        return self._made(self.additions, self.removals)

    @classmethod
    def _made(cls, removals: frozenset[Quad], additions: frozenset[Quad]) -> Self:
        """Return the change, whose quads come from changes and were checked there."""
        made = object.__new__(cls)
        object.__setattr__(made, "removals", removals)
        object.__setattr__(made, "additions", additions)
        return made


@dataclass(frozen=True)
class Lines:
    """A change as N-Quads without their full stops, in order."""

    removals: list[str]
    additions: list[str]

    @property
    def digest(self) -> str:
        """The SHA-256 of the lines, each after its sign, removals first."""
        total = sha256()
        for sign, lines in (("-", self.removals), ("+", self.additions)):
            total.update(_written(lines, before=sign))
        return total.hexdigest()

    @cached_property
    def written_removals(self) -> bytes:
        """The removals as N-Quads."""
        return _written(self.removals, after=" .")

    @cached_property
    def written_additions(self) -> bytes:
        """The additions as N-Quads, which are made once for the log and the store."""
        return _written(self.additions, after=" .")

    def adding(self, quads: Iterable[Quad]) -> "Lines":
        """Return the lines of the change that adds these quads as well."""
        return Lines(self.removals, sorted([*self.additions, *map(str, quads)]))


def _written(lines: Collection[str], *, before: str = "", after: str = "") -> bytes:
    # To join is a third of the work of making each line anew.
    joined = f"{after}\n{before}".join(lines)
    return f"{before}{joined}{after}\n".encode() if lines else b""
