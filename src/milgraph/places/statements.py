"""Statements: a quad, and where its source says it."""

from dataclasses import dataclass

from milgraph.errors import Position
from milgraph.terms import Quad

__all__ = ["Statement"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A quad, and where its subject, its predicate and its object stand.

    `graph` is where its graph is opened, if that is said apart.
    """

    quad: Quad
    subject: Position
    predicate: Position
    value: Position
    graph: Position | None = None
