"""Entailment: the triples that follow from others under OWL 2 RL, and why they do."""

from milgraph.entailment.closure import materialise
from milgraph.entailment.derivations import Derivation, derivations
from milgraph.entailment.explanation import MOST_STEPS, Explanation, explain
from milgraph.entailment.maintenance import dependents, further, update
from milgraph.entailment.rules import clashes

__all__ = [
    "MOST_STEPS",
    "Derivation",
    "Explanation",
    "clashes",
    "dependents",
    "derivations",
    "explain",
    "further",
    "materialise",
    "update",
]
