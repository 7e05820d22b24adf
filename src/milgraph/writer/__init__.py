"""The writer: the process that holds a plain store and changes it, one update at a time."""

from milgraph.writer.queue import Writer
from milgraph.writer.uploads import Upload, spooled

__all__ = ["Upload", "Writer", "spooled"]
