"""Entailment: the triples that follow from others under OWL 2 RL."""

from milgraph.entailment.rules import clashes, materialise

__all__ = ["clashes", "materialise"]
