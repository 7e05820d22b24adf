"""Commands: the graph from a terminal."""

from milgraph.cli.application import main

__all__ = ["main"]
