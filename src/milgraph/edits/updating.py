"""Updating: what a SPARQL Update would remove and add, without carrying it out.

The engine is asked for the solutions of each operation, and what they would remove and
add is worked out (SPARQL 1.1 Update, sections 3.1 and 3.2). A graph exists while it
holds a quad, so that a Change says all there is to say.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from milgraph.changes import Change
from milgraph.edits.drafts import MOST_QUADS, Draft, Skolem, quads_in
from milgraph.edits.templates import Row, Template
from milgraph.errors import ConflictError, KnowledgeGraphError, QueryError
from milgraph.iris import skolemise
from milgraph.sparql import Policy, inspect
from milgraph.sparql.operations import (
    DEFAULT,
    Data,
    Management,
    Modification,
    Operation,
    Update,
    operations_of,
)
from milgraph.store import Snapshot
from milgraph.store.scratch import Grammar
from milgraph.syntax import as_stored
from milgraph.terms import NamedNode, Quad, compact, prefixes

__all__ = ["change_of_update"]


def change_of_update(  # noqa: PLR0913 - the protocol gives an update four parameters
    text: str,
    store: Snapshot,
    *,
    using_graphs: Sequence[NamedNode] = (),
    using_named: Sequence[NamedNode] | None = None,
    base: str | None = None,
    folder: Path | None = None,
    skolem: Skolem = skolemise,
    limit: int = MOST_QUADS,
) -> Change:
    """Return what the update would remove and add; the store stays as it is.

    Our prefixes are known without being declared. What is not there is not removed, and
    what is there is not added. A later operation sees what earlier ones did, in named
    graphs and the default graph as they were changed by the text; the default graph is
    not computed anew in between. For that a copy is made in the folder, which has to be
    on the store's disk, and removed; without a folder it is made in memory.

    `using_graphs` and `using_named` are the dataset of its patterns (SPARQL 1.1
    Protocol, section 2.2.3). `skolem` gives each blank node that would be added an IRI.

    Raises:
        QueryError: it is ill-formed, with line and column, or cannot be evaluated.
        QueryRefusedError: it would call another machine.
        LimitError: it changes more quads than `limit`.
        ConflictError: a graph is there that it makes, or is not there that it needs.
        PlacementError: nodes without a name cannot be told apart.
    """
    inspect(text, Policy(updates=True))
    update = operations_of(text)
    grammar = Grammar(update.prologue, known=prefixes(), base=base)
    grammar.check(update.rest, update.start)
    given = "".join(f"FROM {graph} " for graph in using_graphs)
    given += "".join(f"FROM NAMED {graph} " for graph in using_named or ())
    with Draft(store, folder=folder, limit=limit) as draft:
        carrying = _Carrying(draft, grammar, update.prologue, base=base, dataset=given)
        for operation in update.operations():
            with _told_where(update, operation):
                carrying.out(operation)
        return draft.result(skolem)


@contextmanager
def _told_where(update: Update, operation: Operation) -> Iterator[None]:
    """Give what an operation cannot do the place where it stands in the text."""
    try:
        yield
    except KnowledgeGraphError as error:
        error.position = update.position(operation)
        raise


class _Carrying:
    """The operations of one update, made in a draft one after the other."""

    def __init__(
        self,
        draft: Draft,
        grammar: Grammar,
        prologue: str,
        *,
        base: str | None,
        dataset: str,
    ) -> None:
        self._draft = draft
        self._grammar = grammar
        self._prologue = prologue
        self._base = base
        self._dataset = dataset

    def out(self, operation: Operation) -> None:
        """Make what the operation changes."""
        if isinstance(operation, Data):
            self._take_data(operation)
        elif isinstance(operation, Modification):
            self._modify(operation)
        elif operation.source:
            self._transfer(operation)
        else:
            self._manage(operation)

    def _take_data(self, operation: Data) -> None:
        quads = self._grammar.data(operation.block)
        if operation.is_insertion:
            self._draft.change((), quads)
        else:
            self._draft.change(quads, ())

    def _modify(self, operation: Modification) -> None:
        graph = self._graph(operation.graph) if operation.graph else None
        deletion = Template.of(operation.deletion, self._grammar, graph)
        insertion = Template.of(operation.insertion, self._grammar, graph)
        removals: set[Quad] = set()
        additions: set[Quad] = set()
        # All that goes and comes follows from the dataset as it was before.
        for row in self._rows(operation, graph, deletion, insertion):
            removals |= deletion.filled(row)
            additions |= insertion.filled(row)
        self._draft.change(as_stored(removals), as_stored(additions))

    def _rows(
        self,
        operation: Modification,
        graph: NamedNode | None,
        deletion: Template,
        insertion: Template,
    ) -> Iterator[Row]:
        dataset = operation.dataset
        if self._dataset:
            if dataset or graph:
                raise QueryError(
                    "the update has WITH or USING, and the request names graphs as well",
                    hint="Say in one place which graphs the update is about.",
                )
            dataset = self._dataset
        named = {*deletion.names.values(), *insertion.names.values()}
        # A row counts as often as it comes only where each makes nodes of its own.
        distinct = "" if insertion.has_new_nodes else "DISTINCT "
        # A variable without a value takes the place of none.
        names = sorted(named) or ["none"]
        columns = " ".join(f"?{name}" for name in names)
        text = f"{self._prologue}SELECT {distinct}{columns} {dataset}WHERE {operation.pattern}"
        # USING takes the place of WITH (SPARQL 1.1 Update, section 3.1.3).
        active = None if dataset else graph
        for row in self._draft.rows(text, graph=active, base=self._base):
            pairs = zip(names, row, strict=True)
            yield {name: value for name, value in pairs if value is not None}

    def _manage(self, operation: Management) -> None:
        for graph in self._targets(operation):
            if operation.kind == "CREATE" and graph:
                self._draft.create(graph)
            elif operation.kind == "DROP":
                self._draft.drop(graph)
            else:
                self._draft.change(self._draft.graph(graph), ())

    def _targets(self, operation: Management) -> Sequence[NamedNode | None]:
        """Return the graphs that the operation is about; `None` is the default graph."""
        if operation.target in ("ALL", "NAMED"):
            named = sorted(self._draft.names(), key=str)
            return [*named, None] if operation.target == "ALL" else named
        graph = self._graph(operation.target)
        if graph and self._draft.exists(graph) == (operation.kind == "CREATE"):
            self._conflict(operation, graph)
            return ()
        return [graph]

    def _transfer(self, operation: Management) -> None:
        source = self._graph(operation.source or DEFAULT)
        target = self._graph(operation.target)
        if source == target:
            return
        if source and not self._draft.exists(source):
            self._conflict(operation, source)
        quads = self._draft.graph(source)
        if operation.kind != "ADD":
            self._draft.drop(target)
        self._draft.change((), quads_in(target, quads))
        if operation.kind == "MOVE":
            self._draft.drop(source)

    def _conflict(self, operation: Management, graph: NamedNode) -> None:
        if operation.is_silent:
            return
        problem = "exists already" if operation.kind == "CREATE" else "does not exist"
        raise ConflictError(
            f"the graph {compact(graph)} {problem}",
            hint=f"Write {operation.kind} SILENT where that does not matter.",
        )

    def _graph(self, written: str) -> NamedNode | None:
        """Return the graph that the text names; `None` is the default graph."""
        if written == DEFAULT:
            return None
        (quad,) = self._grammar.data(f"{{ {written} a {written} }}")
        return quad.subject if isinstance(quad.subject, NamedNode) else None
