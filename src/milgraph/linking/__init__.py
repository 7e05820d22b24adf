"""Linking: which entity of another data set is which of ours, proposed and then decided."""

from milgraph.linking.decisions import Decision, Decisions, Verdict
from milgraph.linking.judgements import Judgements
from milgraph.linking.proposals import Proposal, propose
from milgraph.linking.reviews import read_review, review_text
from milgraph.linking.targets import Target, target_of

__all__ = [
    "Decision",
    "Decisions",
    "Judgements",
    "Proposal",
    "Target",
    "Verdict",
    "propose",
    "read_review",
    "review_text",
    "target_of",
]
