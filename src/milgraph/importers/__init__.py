"""Importers: the records of other people's event data sets, as articles of our own.

A file is read strictly and as a stream, and examined whole before anything is stored.
Each record becomes an article with one claim of its publisher; what records share (the
release with its terms, actors, places, codes) lies in a graph of its data set.
"""

from milgraph.importers.formats import FORMATS, Format
from milgraph.importers.importing import Examined, examine, import_records
from milgraph.importers.intake import Account, Intake, Refusal

__all__ = [
    "FORMATS",
    "Account",
    "Examined",
    "Format",
    "Intake",
    "Refusal",
    "examine",
    "import_records",
]
