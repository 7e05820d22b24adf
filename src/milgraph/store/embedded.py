"""The embedded store: Oxigraph on RocksDB, in this process."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from pyoxigraph import RdfFormat
from pyoxigraph import Store as Oxigraph

from milgraph import graphs
from milgraph.changes import Change, Lines
from milgraph.errors import QueryError, StoreError
from milgraph.store.complaints import query_error
from milgraph.store.interface import Solutions
from milgraph.store.views import RememberedView, StoredView
from milgraph.terms import (
    MIL,
    XSD,
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Resource,
    Term,
    Triple,
    Variable,
    prefixes,
)

__all__ = ["EmbeddedStore", "Snapshot"]

# A damaged block is told of as well, and is nobody's.
_HELD = re.compile(r"\block (?:hold|file)")
# From here on a change is made in less time, and in less memory, by bulk.
_LARGE = 8_000
_PIECE = 20_000


class Snapshot:
    """A state of the dataset that does not change while it is read."""

    def __init__(
        self,
        store: Oxigraph,
        *,
        keeping: object = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self._store = store
        self._triples = StoredView(store)
        self._keeping = keeping
        self._known = prefixes() if known is None else known

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        keeping: object = None,
        known: Mapping[str, str] | None = None,
    ) -> "Snapshot":
        """Return the state that a checkpoint holds; it refers to `keeping` while it lives.

        `known` are the prefixes that a query need not declare: ours, unless told.

        Raises:
            StoreError: there is no checkpoint that can be read at the path.
        """
        try:
            store = Oxigraph.read_only(str(path))
        except (OSError, RuntimeError) as error:
            raise StoreError(f"no checkpoint can be read at {path}: {error}") from error
        return cls(store, keeping=keeping, known=known)

    @classmethod
    def of(cls, quads: Iterable[Quad]) -> "Snapshot":
        """Return a state in memory."""
        store = Oxigraph()
        store.bulk_extend(quads)
        return cls(store)

    @property
    def sequence(self) -> int:
        """The number of the last commit; 0 where nothing was committed."""
        # A change that was not synced may have left the number before it as well.
        return max(
            (
                int(q.object.value)
                for q in self._numbers()
                if isinstance(q.object, Literal)
            ),
            default=0,
        )

    def _numbers(self) -> set[Quad]:
        pattern = (graphs.CHANGES, MIL.sequenceNumber, None, graphs.CHANGES)
        return set(self._store.quads_for_pattern(*pattern))

    def match(
        self,
        subject: Resource | None = None,
        predicate: NamedNode | None = None,
        value: Term | None = None,
        graph: NamedNode | None = None,
    ) -> Iterator[Quad]:
        """Return the quads of the named graphs that fit the pattern; `None` fits all."""
        for quad in self._store.quads_for_pattern(subject, predicate, value, graph):
            if quad.graph_name != DefaultGraph():
                yield quad

    def look_up(
        self,
        subject: Resource | None = None,
        predicate: NamedNode | None = None,
        value: Term | None = None,
        graph: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> Iterator[Quad]:
        """Return the quads that fit, the view's too, by the engine's index for that."""
        return self._store.quads_for_pattern(subject, predicate, value, graph)

    def __contains__(self, quad: Quad) -> bool:
        return quad in self._store

    @property
    def triples(self) -> StoredView:
        """The view, for look-ups."""
        return self._triples

    def remembered(self) -> RememberedView:
        """Return the view, for many look-ups while nothing changes."""
        return RememberedView(self._triples)

    def view(self) -> Iterator[Quad]:
        """Return the quads of the default graph."""
        return self._store.quads_for_pattern(None, None, None, DefaultGraph())

    def graphs(self) -> Iterable[NamedNode]:
        """Return the names of the named graphs."""
        return (
            name for name in self._store.named_graphs() if isinstance(name, NamedNode)
        )

    def query(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[NamedNode] = (),
        named_graphs: Sequence[NamedNode] | None = None,
        active_graph: NamedNode | None = None,
        base: str | None = None,
    ) -> Solutions:
        """Evaluate the query with the view as its default graph.

        Our prefixes are known without being declared. An `active_graph` stands in the
        place of the view, beside all named graphs, as the WITH of an update asks for.

        Raises:
            QueryError: the query is ill-formed or cannot be evaluated.
        """
        more = _dataset(default_graphs, named_graphs, active_graph)
        if bindings:
            more["substitutions"] = {Variable(n): v for n, v in bindings.items()}
        if base is not None:
            more["base_iri"] = base
        try:
            return self._evaluate(text, more)
        except SyntaxError as error:
            raise query_error(str(error), self._known) from error
        except (RuntimeError, ValueError, OSError) as error:
            raise QueryError(f"the query cannot be evaluated: {error}") from error

    def _evaluate(self, text: str, more: Mapping[str, Any]) -> Solutions:
        try:
            return self._store.query(text, **more)
        except SyntaxError:
            # To declare them all costs half as much again as a short query. Where a
            # prefix is missing inside an expression, the complaint does not say so.
            if not self._known:
                raise
            return self._store.query(text, prefixes=dict(self._known), **more)

    def close(self) -> None:
        """Let go of the files."""
        # The engine has no `close`; it lets go when nothing refers to it any more. Views
        # outlive their use in the traces of errors.
        self._triples.close()
        del self._store


_NOTHING = graphs.links("")  # A graph that no linkset can have, so it is always empty.


def _dataset(
    default_graphs: Sequence[NamedNode],
    named_graphs: Sequence[NamedNode] | None,
    active_graph: NamedNode | None,
) -> dict[str, Any]:
    """Return the dataset of a query as the engine takes it; its own, if none is named."""
    if default_graphs or named_graphs is not None:
        # An empty default graph must be asked for: no list means the store's own.
        return {
            "default_graph": list(default_graphs) or [_NOTHING],
            "named_graphs": list(named_graphs or ()),
        }
    return {} if active_graph is None else {"default_graph": [active_graph]}


class EmbeddedStore(Snapshot):
    """The dataset on disk; one process at a time may hold it."""

    def __init__(self, path: Path) -> None:
        """Open the store, or make it.

        Raises:
            StoreError: another process holds it, or the files cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            super().__init__(Oxigraph(str(path)))
        except (OSError, RuntimeError) as error:
            if _HELD.search(str(error)):
                raise StoreError(
                    f"the store {path} is held by another process",
                    hint="Wait until the other command has finished.",
                ) from error
            raise StoreError(f"the store {path} cannot be opened: {error}") from error
        self._copying = Lock()
        self._remembered = RememberedView(self._triples)
        # The quad that tells the number of the last commit, where it was set here.
        self._last: set[Quad] | None = None

    def apply(
        self,
        change: Change,
        *,
        sequence: int,
        sync: bool = True,
        lines: Lines | None = None,
    ) -> None:
        """Make the change and set the sequence number, both or neither, and sync them.

        Who has the `lines` of the change gives them. Without `sync` the change must
        stand in a log already, from which it can be made again: it is not synced, and a
        large one is made in pieces, the number last. To make it again from whatever is
        there then leads to the same state.
        """
        number = Literal(str(sequence), datatype=XSD.integer)
        now = Quad(graphs.CHANGES, MIL.sequenceNumber, number, graphs.CHANGES)
        before, self._last = (self._last or self._numbers()) - {now}, None
        size = len(change.removals) + len(change.additions)
        try:
            if not sync and size > _LARGE:
                # Nobody may copy the state between two pieces.
                with self._copying:
                    self._apply_in_pieces(change, lines)
                    self._update(before, {now})
            elif not sync and not change.removals:
                # In a fourth less of the time than by an update, whose text is parsed.
                with self._copying:
                    self._store.extend([*change.additions, now])
                    for quad in before:
                        self._store.remove(quad)
            else:
                self._update(change.removals | before, change.additions | {now})
            self._last = {now}
        finally:
            # To find out what a large change touches takes longer than to ask again.
            self._remembered.forget(None if size > _LARGE else _of_the_view(change))
        if sync:
            self._store.flush()

    def remembered(self) -> RememberedView:
        """Return the view, for many look-ups until the next change."""
        self._remembered.forget(())
        return self._remembered

    def _update(
        self, removals: AbstractSet[Quad], additions: AbstractSet[Quad]
    ) -> None:
        """Remove and add the quads in one transaction of the engine.

        One SPARQL Update is one transaction, which the engine does not sync by itself.
        """
        deletion = f"DELETE DATA {{ {_data(removals)} }} ;" if removals else ""
        self._store.update(f"{deletion}\nINSERT DATA {{ {_data(additions)} }}")

    def _apply_in_pieces(self, change: Change, lines: Lines | None) -> None:
        """Make the change by bulk, in half of the time and without holding it twice."""
        removals = iter(change.removals)
        while piece := tuple(islice(removals, _PIECE)):
            self._store.update(f"DELETE DATA {{ {_data(piece)} }}")
        if lines is None:
            self._store.bulk_extend(change.additions)
        else:
            # The engine holds Python's lock while it goes through quads, not while it
            # reads a text.
            self._store.bulk_load(
                lines.written_additions, format=RdfFormat.N_QUADS, lenient=True
            )

    def checkpoint(self, path: Path) -> None:
        """Put a copy of the committed state at the path, as hard links."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._copying:
            self._store.backup(str(path))


def _of_the_view(change: Change) -> list[Triple]:
    view = DefaultGraph()
    return [
        quad.triple
        for quads in (change.removals, change.additions)
        for quad in quads
        if quad.graph_name == view
    ]


def _data(quads: Iterable[Quad]) -> str:
    """Return the quads as the data block of an update."""
    named: dict[str, list[str]] = defaultdict(list)
    for quad in quads:
        graph = "" if quad.graph_name == DefaultGraph() else str(quad.graph_name)
        named[graph].append(f"{quad.subject} {quad.predicate} {quad.object} .")
    blocks = []
    for graph, lines in named.items():
        body = "\n".join(lines)
        blocks.append(f"GRAPH {graph} {{ {body} }}" if graph else body)
    return "\n".join(blocks)
