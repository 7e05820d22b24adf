"""Reading: the profiles of the entities that a committed state of the graph describes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from milgraph import graphs
from milgraph.matching.profiles import Name, Profile
from milgraph.store.interface import Readable
from milgraph.terms import (
    BASE,
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
from milgraph.triples import Triples

__all__ = ["profile", "profiles"]

GEO = Namespace("http://www.opengis.net/ont/geosparql#")
type_ = RDF["type"]
_NAMING = BASE + "code/naming/"
# What a name of the scheme is to a matcher; any other is an alias.
_KINDS = {
    "abbreviation": "abbreviation",
    "hull-number": "designator",
    "iata-airport-code": "code",
    "icao-airport-code": "code",
    "iso-3166-1-alpha-2": "code",
    "iso-3166-1-alpha-3": "code",
    "manufacturer-designation": "designator",
    "nato-reporting-name": "nickname",
    "nickname": "nickname",
    "service-designation": "designator",
}
# Which scheme of identifiers a scheme of names is.
_SCHEMES = {
    "iata-airport-code": "iata-airport",
    "icao-airport-code": "icao-airport",
    "iso-3166-1-alpha-2": "iso",
    "iso-3166-1-alpha-3": "iso3",
}
# By what an external data set's IRIs begin, and how its identifiers are called.
_TARGETS = {
    "http://www.wikidata.org/entity/": "wikidata",
    "https://www.wikidata.org/entity/": "wikidata",
    "https://sws.geonames.org/": "geonames",
    "http://sws.geonames.org/": "geonames",
    "http://marineregions.org/mrgid/": "mrgid",
    "http://dbpedia.org/resource/": "dbpedia",
}
# Which ways lead from an entity to the state whose it is.
_TO_STATE = (MIL.ofState, MIL.operatedBy, MIL.administeredBy, MIL.zoneOf, MIL.borderOf)
_LANGUAGES = ("en", "")
_SUBJECTS = (BASE + "actor/", BASE + "place/", BASE + "platform/", BASE + "dispute/")


def profiles(dataset: Readable) -> Iterator[Profile]:
    """Return the profile of each entity that the reference data and data sets describe."""
    view = dataset.remembered()
    seen: set[str] = set()
    for graph in sorted(dataset.graphs(), key=_reference_first):
        if not _is_editorial(graph):
            continue
        for quad in dataset.match(None, type_, None, graph):
            subject = quad.subject
            if not isinstance(subject, NamedNode) or subject.value in seen:
                continue
            seen.add(subject.value)
            if quad.object != MIL.Alias and subject.value.startswith(_SUBJECTS):
                found = profile(view, subject)
                if found.names:
                    yield replace(found, is_borrowed=graph != graphs.REFERENCE)


def profile(view: Triples, entity: NamedNode) -> Profile:
    """Return what the view says of the entity."""
    aliases = list(_aliases(view, entity))
    names = dict.fromkeys((*_labels(view, entity), *(name for name, _ in aliases)))
    hulls = view.objects(entity, MIL.hullNumber)
    identifiers = {("hull", hull.value) for hull in hulls if isinstance(hull, Literal)}
    identifiers |= {
        (_SCHEMES[scheme], name.text) for name, scheme in aliases if scheme in _SCHEMES
    }
    return Profile(
        entity.value,
        tuple(names),
        frozenset(
            kind.value
            for kind in view.objects(entity, type_)
            if isinstance(kind, NamedNode) and kind in MIL
        ),
        frozenset(_countries(view, entity)),
        frozenset(identifiers | set(_links(view, entity))),
        _geometry(view, entity),
        _text(view.objects(entity, RDFS.comment))
        or _text(view.objects(entity, SKOS.note)),
    )


def _labels(view: Triples, entity: NamedNode) -> Iterable[Name]:
    """Return the labels, the English one first."""
    labels = [v for v in view.objects(entity, RDFS.label) if isinstance(v, Literal)]
    found = [Name(label.value, label.language or "") for label in labels]
    return sorted(
        found, key=lambda n: (n.language not in _LANGUAGES, n.language, n.text)
    )


def _aliases(view: Triples, entity: NamedNode) -> Iterator[tuple[Name, str]]:
    """Return the other names, each with its naming scheme."""
    for alias in sorted(view.subjects(MIL.aliasOf, entity), key=str):
        schemes = (
            s.value
            for s in view.objects(alias, MIL.namingScheme)
            if isinstance(s, NamedNode)
        )
        scheme = min((s.removeprefix(_NAMING) for s in schemes), default="")
        for text in view.objects(alias, MIL.aliasText):
            if isinstance(text, Literal):
                kind = _KINDS.get(scheme, "alias")
                yield Name(text.value, text.language or "", kind), scheme


def _countries(view: Triples, entity: NamedNode) -> Iterator[str]:
    """Return the codes of the states whose it is, as far as they have one."""
    near: set[Term] = {entity}
    for _ in range(2):
        near |= {
            found
            for one in near
            if isinstance(one, NamedNode)
            for way in _TO_STATE
            for found in view.objects(one, way)
        }
    for state in near:
        if isinstance(state, NamedNode):
            for name, scheme in _aliases(view, state):
                if scheme == "iso-3166-1-alpha-2":
                    yield name.text


def _links(view: Triples, entity: NamedNode) -> Iterator[tuple[str, str]]:
    for predicate in (SKOS.exactMatch, OWL.sameAs):
        for other in view.objects(entity, predicate):
            value = other.value if isinstance(other, NamedNode) else ""
            for start, scheme in _TARGETS.items():
                if value.startswith(start):
                    yield scheme, value.removeprefix(start).rstrip("/")


def _geometry(view: Triples, entity: NamedNode) -> str:
    """Return the WKT of the entity's geometry, the longest if there are several."""
    nodes = view.objects(entity, GEO.hasGeometry)
    texts = (
        value.value
        for node in nodes
        if isinstance(node, NamedNode)
        for value in view.objects(node, GEO.asWKT)
        if isinstance(value, Literal)
    )
    return max(texts, key=lambda text: (len(text), text), default="")


def _text(values: Iterable[Term]) -> str:
    texts = [v for v in values if isinstance(v, Literal)]
    texts.sort(key=lambda v: (v.language not in (None, *_LANGUAGES), v.value))
    return texts[0].value if texts else ""


def _reference_first(graph: NamedNode) -> tuple[bool, str]:
    return graph != graphs.REFERENCE, graph.value


def _is_editorial(graph: NamedNode) -> bool:
    return graph == graphs.REFERENCE or graph.value.startswith(BASE + "graph/datasets/")
