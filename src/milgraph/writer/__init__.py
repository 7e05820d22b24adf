"""The writer: the process that holds a store and changes it, one change at a time.

Beside it stands the checker: a process that says of facts what the writer would.
"""

from milgraph.writer.checker import Checker
from milgraph.writer.receipts import Receipt, tag_of
from milgraph.writer.uploads import Upload, spooled
from milgraph.writer.writer import GateWriter, PlainWriter, Seen, Writer

__all__ = [
    "Checker",
    "GateWriter",
    "PlainWriter",
    "Receipt",
    "Seen",
    "Upload",
    "Writer",
    "spooled",
    "tag_of",
]
