"""Edits: what an update or a request for one graph removes and adds, as a Change."""

from milgraph.edits.drafts import MOST_QUADS, Skolem
from milgraph.edits.replacing import change_of_graph
from milgraph.edits.updating import change_of_update

__all__ = ["MOST_QUADS", "Skolem", "change_of_graph", "change_of_update"]
