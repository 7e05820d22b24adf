"""Names: what is the same name in other letters, spellings and designators."""

from milgraph.names.designators import Designator, designator, designators
from milgraph.names.folding import (
    designated,
    fold,
    identity,
    readable,
    spellings,
    transliterations,
)
from milgraph.names.likeness import likeness, misspelt, similarity
from milgraph.names.ships import PREFIXES, ship_prefix

__all__ = [
    "PREFIXES",
    "Designator",
    "designated",
    "designator",
    "designators",
    "fold",
    "identity",
    "likeness",
    "misspelt",
    "readable",
    "ship_prefix",
    "similarity",
    "spellings",
    "transliterations",
]
