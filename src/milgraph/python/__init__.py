"""The graph from Python: rdflib's graphs and terms, typed rows, and data frames."""

from milgraph.python.knowledge_graph import KnowledgeGraph
from milgraph.python.outcomes import Explanation, Outcome
from milgraph.python.tables import Row, Table
from milgraph.python.values import Text, Value

__all__ = [
    "Explanation",
    "KnowledgeGraph",
    "Outcome",
    "Row",
    "Table",
    "Text",
    "Value",
]
