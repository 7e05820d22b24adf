"""Reconciliation: names from elsewhere are matched to what the graph knows.

What the Entity Reconciliation API 0.2 asks of a service, without HTTP: `Collection` is
what one committed state offers, `read_batch` and `read_extension` read what a client
asks of it, and `answer`, `extend` and `suggest` answer.
"""

from milgraph.reconciliation.asking import (
    MAXIMUM_QUERIES,
    Batch,
    Extension,
    ReconciliationQuery,
    read_batch,
    read_extension,
    read_query,
)
from milgraph.reconciliation.collection import Collection
from milgraph.reconciliation.extending import SETTINGS, extend, proposed
from milgraph.reconciliation.features import FEATURES, Explained, explained
from milgraph.reconciliation.kinds import Kind
from milgraph.reconciliation.properties import Property
from milgraph.reconciliation.scoring import answer
from milgraph.reconciliation.suggesting import Suggestion, suggest
from milgraph.reconciliation.values import Value, local_id

__all__ = [
    "FEATURES",
    "MAXIMUM_QUERIES",
    "SETTINGS",
    "Batch",
    "Collection",
    "Explained",
    "Extension",
    "Kind",
    "Property",
    "ReconciliationQuery",
    "Suggestion",
    "Value",
    "answer",
    "explained",
    "extend",
    "local_id",
    "proposed",
    "read_batch",
    "read_extension",
    "read_query",
    "suggest",
]
