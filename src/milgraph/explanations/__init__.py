"""Explanations: why the view holds a fact, down to who says so and where in the text."""

from milgraph.explanations.facts import Explained, axioms_of, explain_fact
from milgraph.explanations.naming import fact_of
from milgraph.explanations.rendering import (
    explanation_as_json,
    explanation_as_text,
    explanation_as_triples,
)

__all__ = [
    "Explained",
    "axioms_of",
    "explain_fact",
    "explanation_as_json",
    "explanation_as_text",
    "explanation_as_triples",
    "fact_of",
]
