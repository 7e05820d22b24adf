"""Drafts: a dataset as it would be after what was asked so far, and nothing stored."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from milgraph.changes import Change
from milgraph.errors import LimitError, QueryError
from milgraph.store import Snapshot
from milgraph.store.scratch import Scratch, scratch
from milgraph.syntax import problem_of
from milgraph.terms import NamedNode, Quad, Term

__all__ = ["MOST_QUADS", "Draft", "Skolem", "quads_in"]

# Gives each blank node of the quads an IRI.
Skolem = Callable[[frozenset[Quad]], frozenset[Quad]]
# A change is held in memory as a whole.
MOST_QUADS = 2_000_000


class Draft:
    """What the operations of one update have removed and added, on top of a store.

    In `_removed` is only what the store holds, in `_added` only what it does not.
    """

    def __init__(
        self, store: Snapshot, *, folder: Path | None = None, limit: int = MOST_QUADS
    ) -> None:
        self._store = store
        self._folder = folder
        self._limit = limit
        self._removed: set[Quad] = set()
        self._added: set[Quad] = set()
        self._exists: dict[NamedNode, bool] = {}
        self._copy: Scratch | None = None
        self._copying = ExitStack()
        # What the copy has not been told yet.
        self._untold: dict[Quad, bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._copy = None
        self._copying.close()

    def __contains__(self, quad: Quad) -> bool:
        return quad in self._added or (
            quad not in self._removed and quad in self._store
        )

    def graph(self, name: NamedNode | None) -> frozenset[Quad]:
        """Return the quads of the graph; `None` is the default graph."""
        held = self._store.match(graph=name) if name else self._store.view()
        added = (q for q in self._added if _graph_of(q) == name)
        return frozenset(chain((q for q in held if q not in self._removed), added))

    def names(self) -> frozenset[NamedNode]:
        """Return the names of the graphs that exist."""
        known = chain(self._store.graphs(), tuple(self._exists))
        return frozenset(name for name in known if self.exists(name))

    def exists(self, name: NamedNode) -> bool:
        """Return whether there is a graph of that name."""
        if name not in self._exists:
            return next(self._store.match(graph=name), None) is not None
        return self._exists[name]

    def create(self, name: NamedNode) -> None:
        """Let there be a graph of that name, empty if it is new."""
        self._exists[name] = True

    def drop(self, name: NamedNode | None) -> None:
        """Remove the graph, and with it the name; the default graph becomes empty."""
        self.change(self.graph(name), ())
        if name:
            self._exists[name] = False

    def change(self, removals: Iterable[Quad], additions: Iterable[Quad]) -> None:
        """Remove and then add; what is not there, or is there already, stays so.

        Raises:
            LimitError: the change as a whole is larger than one may be.
        """
        for quad in removals:
            self._remove(quad)
        for quad in additions:
            self._add(quad)

    def _remove(self, quad: Quad) -> None:
        if quad not in self:
            return
        if name := _graph_of(quad):
            # A graph that becomes empty is there until it is dropped.
            self._exists.setdefault(name, True)
        if quad in self._added:
            self._added.remove(quad)
        else:
            self._removed.add(quad)
        self._note(quad, is_there=False)

    def _add(self, quad: Quad) -> None:
        if name := _graph_of(quad):
            self._exists[name] = True
        if quad in self:
            return
        if quad in self._removed:
            self._removed.remove(quad)
        else:
            self._added.add(quad)
        self._note(quad, is_there=True)

    def _note(self, quad: Quad, *, is_there: bool) -> None:
        self._untold[quad] = is_there
        if len(self._added) + len(self._removed) > self._limit:
            raise LimitError(
                f"more than {self._limit:,} quads would be removed and added",
                limit="quads",
                hint="Change the graph in parts.",
            )

    def rows(
        self, text: str, *, graph: NamedNode | None = None, base: str | None = None
    ) -> Iterator[tuple[Term | None, ...]]:
        """Return the rows of a SELECT in the dataset as it is in the draft.

        `graph` is the default graph, where it is not the view. Before anything was
        changed the store itself is asked, and from then on a copy.

        Raises:
            QueryError: it cannot be evaluated.
        """
        found = self._current().query(text, active_graph=graph, base=base)
        for row in cast("Iterable[Iterable[Term | None]]", found):
            yield tuple(row)

    def _current(self) -> Snapshot:
        if self._copy is None:
            if not self._untold:
                return self._store
            made = scratch(self._store, self._folder)
            self._copy = self._copying.enter_context(made)
        removals = [q for q, is_there in self._untold.items() if not is_there]
        additions = [q for q, is_there in self._untold.items() if is_there]
        self._copy.change(removals, additions)
        self._untold.clear()
        return self._copy

    def result(self, skolem: Skolem) -> Change:
        """Return the change that leads from the store to the draft.

        Raises:
            QueryError: something would be added that is not accepted as data.
        """
        for quad in self._added:
            if problem := problem_of(quad):
                raise QueryError(
                    f"{problem}, which is not accepted: {quad.predicate} of {quad.subject}"
                )
        added = skolem(frozenset(self._added))
        # A node may get the name of one that is there, or that goes.
        removed = frozenset(self._removed - added)
        new = (q for q in added - self._removed if q not in self._store)
        return Change(removed, frozenset(new))


def _graph_of(quad: Quad) -> NamedNode | None:
    return quad.graph_name if isinstance(quad.graph_name, NamedNode) else None


def quads_in(name: NamedNode | None, quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield the quads' triples in the graph of that name."""
    for quad in quads:
        if name:
            yield Quad(quad.subject, quad.predicate, quad.object, name)
        else:
            yield Quad(quad.subject, quad.predicate, quad.object)
