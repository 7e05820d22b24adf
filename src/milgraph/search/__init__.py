"""Search: what a name, or something like it, may be the name of."""

from milgraph.search.following import Searching
from milgraph.search.index import LONGEST, MOST, Hit, SearchIndex, kinds_of
from milgraph.search.named import Group

__all__ = ["LONGEST", "MOST", "Group", "Hit", "SearchIndex", "Searching", "kinds_of"]
