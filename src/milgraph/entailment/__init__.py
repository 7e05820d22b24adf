"""Entailment: the triples that follow from others under OWL 2 RL."""

from milgraph.entailment.rules import clashes, materialise
from milgraph.entailment.triples import Overlay, TripleIndex, Triples

__all__ = ["Overlay", "TripleIndex", "Triples", "clashes", "materialise"]
