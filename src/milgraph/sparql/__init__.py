"""SPARQL: what a request asks for, seen before any engine reads it."""

from milgraph.sparql.inspection import (
    MAXIMUM_DEPTH,
    MAXIMUM_LENGTH,
    MAXIMUM_TOKENS,
    inspect,
)
from milgraph.sparql.requests import GRAPH_FORMS, Called, Policy, Request, origin_of
from milgraph.sparql.services import ENDPOINTS, Services

__all__ = [
    "ENDPOINTS",
    "GRAPH_FORMS",
    "MAXIMUM_DEPTH",
    "MAXIMUM_LENGTH",
    "MAXIMUM_TOKENS",
    "Called",
    "Policy",
    "Request",
    "Services",
    "inspect",
    "origin_of",
]
