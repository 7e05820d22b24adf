"""What the rest of milgraph asks of a store, whichever engine is behind it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples

from milgraph.changes import Change
from milgraph.terms import NamedNode, Quad, Resource, Term
from milgraph.triples import Triples

__all__ = ["Committed", "Readable", "Solutions", "Store"]

Solutions: TypeAlias = QueryBoolean | QuerySolutions | QueryTriples


class Readable(Protocol):
    """A committed state of the dataset."""

    @property
    def sequence(self) -> int:
        """The number of the last commit in this state; 0 where nothing was committed."""
        ...

    @property
    def triples(self) -> Triples:
        """The view, for look-ups."""
        ...

    def remembered(self) -> Triples:
        """Return the view, for many look-ups while nothing changes."""
        ...

    def __contains__(self, quad: Quad) -> bool:
        """Return whether the quad is there."""
        ...

    def match(
        self,
        subject: Resource | None = None,
        predicate: NamedNode | None = None,
        value: Term | None = None,
        graph: NamedNode | None = None,
    ) -> Iterator[Quad]:
        """Return the quads of the named graphs that fit the pattern; `None` fits all."""
        ...

    def graphs(self) -> Iterable[NamedNode]:
        """Return the names of the named graphs."""
        ...

    def view(self) -> Iterator[Quad]:
        """Return the quads of the default graph."""
        ...

    def query(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[NamedNode] = (),
        named_graphs: Sequence[NamedNode] | None = None,
        base: str | None = None,
    ) -> Solutions:
        """Evaluate the query with the view as its default graph.

        `default_graphs` and `named_graphs` replace the dataset, as the parameters of
        the SPARQL 1.1 Protocol (section 2.1.4) do.

        Raises:
            QueryError: the query is ill-formed or cannot be evaluated.
        """
        ...


class Committed(Protocol):
    """A dataset whose committed state can be copied for readers."""

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        ...

    def checkpoint(self, path: Path) -> None:
        """Put a copy of the committed state at the path, which must not exist."""
        ...


class Store(Readable, Protocol):
    """A dataset that one writer changes, one commit at a time."""

    def apply(self, change: Change, *, sequence: int, sync: bool = True) -> None:
        """Make the change and set the sequence number, both or neither, and sync them.

        Without `sync` the change must stand in a log already, from which it can be made
        again: it is not synced, and may be made in pieces, the number last.
        """
        ...

    def checkpoint(self, path: Path) -> None:
        """Put a copy of the committed state at the path, which must not exist."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
