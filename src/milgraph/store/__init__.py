"""Store: a dataset on disk, and the four things that a commit needs of it."""

from milgraph.store.embedded import EmbeddedStore, Snapshot
from milgraph.store.interface import Solutions, Store

__all__ = ["EmbeddedStore", "Snapshot", "Solutions", "Store"]
