"""Releases: the versions of data sets, and what every record of one says of itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from milgraph.importers.records import Pool, Said, code
from milgraph.terms import (
    BASE,
    DCTERMS,
    MIL,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Namespace,
    Quad,
)

__all__ = ["Release", "address", "claimed", "dated", "placed"]

_TYPE = RDF["type"]
_OWN = (
    (MIL.wording, code("wording", "narrated")),
    (MIL.modality, code("modality", "fact")),
    (MIL.polarity, code("polarity", "positive")),
)
# RFC 3987 allows more; an address with anything else in it is not worth the doubt.
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20\x7f]{1,2000}")
_DATE_TIME = XSD.dateTime
_GEO = Namespace("http://www.opengis.net/ont/geosparql#")
_WKT, _GEOMETRY = _GEO.wktLiteral, _GEO.Geometry
_HAS_GEOMETRY, _AS_WKT = _GEO.hasGeometry, _GEO.asWKT
# The zone of a day is not known, so it begins in the first and ends in the last there is.
_FIRST_ZONE, _LAST_ZONE = "+14:00", "-12:00"


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a data set, with its terms."""

    data_set: NamedNode
    claimant: NamedNode
    version: str
    title: str
    licence: NamedNode | Literal
    citation: str
    is_redistributable: bool

    @property
    def iri(self) -> NamedNode:
        """Its name."""
        return NamedNode(f"{self.data_set.value}-{self.version}")

    def said(self) -> Iterator[Said]:
        """Return what the graph of the data set says of it."""
        yield _TYPE, MIL.DataSetRelease
        yield RDFS.label, Literal(f"{self.title} {self.version}", language="en")
        yield MIL.ofDataSet, self.data_set
        yield MIL.releaseVersion, Literal(self.version)
        yield DCTERMS.publisher, self.claimant
        yield DCTERMS.license, self.licence
        yield DCTERMS.bibliographicCitation, Literal(self.citation, language="en")
        yield (
            MIL.redistributable,
            Literal(
                "true" if self.is_redistributable else "false", datatype=XSD.boolean
            ),
        )


def claimed(
    iri: NamedNode,
    claim: NamedNode,
    release: Release,
    identifier: str,
    digest: str,
    told: Literal,
) -> Iterator[Quad]:
    """Return the record and the one claim of it, which its publisher makes."""
    yield Quad(iri, _TYPE, MIL.DataSetRecord, iri)
    yield Quad(iri, MIL.inRelease, release.iri, iri)
    yield Quad(iri, MIL.recordIdentifier, Literal(identifier), iri)
    yield Quad(iri, MIL.recordDigest, Literal(digest), iri)
    yield Quad(claim, _TYPE, MIL.Claim, iri)
    yield Quad(claim, MIL.inArticle, iri, iri)
    yield Quad(claim, MIL.anchoredIn, iri, iri)
    yield Quad(claim, MIL.claimant, release.claimant, iri)
    yield Quad(claim, DCTERMS.description, told, iri)
    for predicate, value in _OWN:
        yield Quad(claim, predicate, value, iri)


def address(value: str) -> NamedNode | None:
    """Return the address as an IRI, unless it is none that one could follow."""
    if _ADDRESS.fullmatch(value) is None:
        return None
    try:
        return NamedNode(value)
    except ValueError:
        return None


def dated(
    event: NamedNode, first: str, last: str, precision: NamedNode, graph: NamedNode
) -> Iterable[Quad]:
    """Return the time of the event, from the beginning of one day to the end of another.

    Days are written as in 2023-03-21.
    """
    time = NamedNode(f"{event.value}-time")
    start, end, edtf = _bounds(first, last)
    return (
        Quad(event, MIL.hasTime, time, graph),
        Quad(time, MIL.earliestStart, start, graph),
        Quad(time, MIL.latestEnd, end, graph),
        Quad(time, MIL.edtf, edtf, graph),
        Quad(time, MIL.timePrecision, precision, graph),
    )


@lru_cache(maxsize=4096)
def _bounds(first: str, last: str) -> tuple[Literal, Literal, Literal]:
    return (
        Literal(f"{first}T00:00:00{_FIRST_ZONE}", datatype=_DATE_TIME),
        Literal(f"{last}T23:59:59{_LAST_ZONE}", datatype=_DATE_TIME),
        Literal(first if first == last else f"{first}/{last}"),
    )


def placed(pool: Pool, local: str, point: str, precision: NamedNode) -> Said:
    """Have the place of that name be drawn as a point, and return what ties the two."""
    geometry = NamedNode(f"{BASE}{local}-geometry")
    pool.describe(
        geometry,
        (
            (_TYPE, _GEOMETRY),
            (_AS_WKT, Literal(point, datatype=_WKT)),
            (MIL.geometryPrecision, precision),
            (DCTERMS.source, pool.release),
        ),
    )
    return _HAS_GEOMETRY, geometry
