"""Export: what the graph holds, in the formats of those who work with it elsewhere.

What is imported from here is what others need often; each format has a module.
"""

from milgraph.export.serialising import serialise

__all__ = ["serialise"]
