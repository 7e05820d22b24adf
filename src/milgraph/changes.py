"""Changes: what a commit removes and adds, one frozen value."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from milgraph.errors import PlacementError
from milgraph.terms import BlankNode, NamedNode, Quad

__all__ = ["Change"]


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
        total = sha256()
        for sign, quads in (("-", self.removals), ("+", self.additions)):
            lines = sorted(map(str, quads))
            total.update("".join(f"{sign}{line}\n" for line in lines).encode())
        return total.hexdigest()

    def then(self, later: "Change") -> Self:
        """Return the one change that does what this and the later one do."""
        return self._made(
            (self.removals - later.additions) | (later.removals - self.additions),
            (self.additions - later.removals) | (later.additions - self.removals),
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
