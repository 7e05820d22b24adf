"""Linksets: SSSOM tables of links to external data sets, as values, files and quads."""

from milgraph.linksets.quads import (
    LINKING,
    NO_TERM_FOUND,
    NOT,
    SSSOM,
    VOID,
    mapping_node,
    quads_of,
    read_linkset,
)
from milgraph.linksets.rows import Row
from milgraph.linksets.tables import MappingSet, read_table

__all__ = [
    "LINKING",
    "NOT",
    "NO_TERM_FOUND",
    "SSSOM",
    "VOID",
    "MappingSet",
    "Row",
    "mapping_node",
    "quads_of",
    "read_linkset",
    "read_table",
]
