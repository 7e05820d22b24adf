"""SPARQL: what a request asks for, seen before any engine reads it."""

from milgraph.sparql.inspection import (
    MAXIMUM_DEPTH,
    MAXIMUM_LENGTH,
    MAXIMUM_TOKENS,
    inspect,
)
from milgraph.sparql.requests import GRAPH_FORMS, Called, Policy, Request, origin_of

__all__ = [
    "GRAPH_FORMS",
    "MAXIMUM_DEPTH",
    "MAXIMUM_LENGTH",
    "MAXIMUM_TOKENS",
    "Called",
    "Policy",
    "Request",
    "inspect",
    "origin_of",
]
