"""Readers: local copies of other data sets, as profiles; each streams or is bounded."""

from milgraph.linking.readers.features import read_features
from milgraph.linking.readers.forms import require_form
from milgraph.linking.readers.geonames import read_geonames
from milgraph.linking.readers.statements import read_statements
from milgraph.linking.readers.wikidata import read_wikidata

__all__ = [
    "read_features",
    "read_geonames",
    "read_statements",
    "read_wikidata",
    "require_form",
]
