"""Formats: the data sets that there are importers for."""

from collections.abc import Callable, Mapping
from typing import Protocol

from milgraph.importers.records import Record
from milgraph.importers.tables import Table
from milgraph.terms import NamedNode

__all__ = ["Format"]


class Format(Protocol):
    """What becomes of the records of one data set."""

    table: Table

    def record(self, fields: list[str]) -> Record:
        """Return the record of the fields."""
        ...
