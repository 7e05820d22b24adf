"""History: every commit as it was made, in a log that is only ever added to."""

from milgraph.history.authors import Author, Role
from milgraph.history.entries import Entry, Summary
from milgraph.history.log import Log
from milgraph.history.reading import LogReader

__all__ = ["Author", "Entry", "Log", "LogReader", "Role", "Summary"]
