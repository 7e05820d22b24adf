"""Replacing: what a request of the Graph Store Protocol removes and adds."""

from collections.abc import Iterable

from milgraph.changes import Change
from milgraph.edits.drafts import MOST_QUADS, Draft, Skolem, quads_in
from milgraph.iris import skolemise
from milgraph.store import Snapshot
from milgraph.syntax import as_stored
from milgraph.terms import NamedNode, Quad, Triple

__all__ = ["change_of_graph"]


def change_of_graph(
    graph: NamedNode | None,
    triples: Iterable[Triple] | None,
    store: Snapshot,
    *,
    adding: bool = False,
    skolem: Skolem = skolemise,
    limit: int = MOST_QUADS,
) -> Change:
    """Return the change after which the graph holds the triples and no others.

    With `adding` it keeps what it holds as well. Without triples it holds nothing.
    `None` is the default graph. `skolem` gives each blank node an IRI.

    Raises:
        LimitError: it changes more quads than `limit`.
        QueryError: a triple is not accepted as data.
        PlacementError: nodes without a name cannot be told apart.
    """
    given = (Quad(t.subject, t.predicate, t.object) for t in triples or ())
    with Draft(store, limit=limit) as draft:
        # A node without a name that is there already has the name that it would get.
        wanted = skolem(as_stored(quads_in(graph, given)))
        if not adding:
            draft.change(draft.graph(graph) - wanted, ())
        draft.change((), wanted)
        return draft.result(skolem)
