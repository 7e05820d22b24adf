"""Readers: processes that answer from the checkpoint of the current generation."""

from milgraph.readers.freshness import Commits
from milgraph.readers.pool import Readers
from milgraph.readers.questions import Job, Question, Receiver, encode_question

__all__ = ["Commits", "Job", "Question", "Readers", "Receiver", "encode_question"]
