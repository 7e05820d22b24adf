"""Statements: any RDF file, as the profiles of what it names."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from milgraph.matching import Name, Profile
from milgraph.syntax import Source, read
from milgraph.terms import (
    MIL,
    OWL,
    RDF,
    RDFS,
    SKOS,
    Literal,
    NamedNode,
    Namespace,
    Term,
)

__all__ = ["read_statements"]

_SCHEMA = "https://schema.org/"
_GEO = Namespace("http://www.opengis.net/ont/geosparql#")
_WGS = Namespace("http://www.w3.org/2003/01/geo/wgs84_pos#")
_LABELS = (
    RDFS.label,
    SKOS.prefLabel,
    NamedNode(_SCHEMA + "name"),
    NamedNode("http://xmlns.com/foaf/0.1/name"),
)
_ALIASES = (SKOS.altLabel, NamedNode(_SCHEMA + "alternateName"))
_SAME = (OWL.sameAs, SKOS.exactMatch)
_SCHEMES = {
    "http://www.wikidata.org/entity/": "wikidata",
    "https://sws.geonames.org/": "geonames",
    "http://marineregions.org/mrgid/": "mrgid",
    "http://dbpedia.org/resource/": "dbpedia",
}
_Said = Mapping[Term, list[Term]]


def read_statements(path: Path, *, namespace: str = "") -> Iterator[Profile]:
    """Yield the profile of each subject in the namespace that has a name.

    Raises:
        SourceError: the file is not RDF, or is larger than one text may be.
    """
    about: dict[str, dict[Term, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for quad in read(Source.of(path)):
        if isinstance(quad.subject, NamedNode):
            about[quad.subject.value][quad.predicate].append(quad.object)
    for iri in sorted(about):
        if iri.startswith(namespace):
            profile = _profile(iri, about[iri], about)
            if profile.names:
                yield profile


def _profile(iri: str, said: _Said, about: Mapping[str, _Said]) -> Profile:
    kinds = (
        kind.value
        for kind in said.get(RDF["type"], ())
        if isinstance(kind, NamedNode) and kind in MIL
    )
    known = {
        (scheme, iri.removeprefix(start))
        for start, scheme in _SCHEMES.items()
        if iri.startswith(start)
    }
    for predicate in _SAME:
        for value in said.get(predicate, ()):
            for start, scheme in _SCHEMES.items():
                if isinstance(value, NamedNode) and value.value.startswith(start):
                    known.add((scheme, value.value.removeprefix(start)))
    return Profile(
        iri,
        tuple(dict.fromkeys(_names(said))),
        kinds=frozenset(kinds),
        identifiers=frozenset((scheme, value.rstrip("/")) for scheme, value in known),
        geometry=_geometry(said, about),
        description=next(_texts(said, RDFS.comment), ("", ""))[0],
    )


def _names(said: _Said) -> Iterator[Name]:
    for predicates, kind in ((_LABELS, "label"), (_ALIASES, "alias")):
        found = {pair for p in predicates for pair in _texts(said, p)}
        for text, language in sorted(found, key=lambda p: (p[1] not in ("en", ""), p)):
            yield Name(text, language, kind)


def _texts(said: _Said, predicate: NamedNode) -> Iterator[tuple[str, str]]:
    for value in said.get(predicate, ()):
        if isinstance(value, Literal) and value.value.strip():
            yield value.value.strip(), value.language or ""


def _geometry(said: _Said, about: Mapping[str, _Said]) -> str:
    nodes = [said]
    nodes += [
        about.get(node.value, {})
        for node in said.get(_GEO.hasGeometry, ())
        if isinstance(node, NamedNode)
    ]
    for node in nodes:
        for text, _ in sorted(_texts(node, _GEO.asWKT)):
            return text
    latitude, longitude = (
        next(_texts(said, _WGS[n]), ("", "")) for n in ("lat", "long")
    )
    return (
        f"POINT ({longitude[0]} {latitude[0]})" if latitude[0] and longitude[0] else ""
    )
