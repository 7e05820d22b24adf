"""Properties: what is told of entities, as columns that a spreadsheet can take.

Nothing is listed by hand where the graph can tell: what the ontology defines and
entities have is offered under its label, each naming scheme that an alias belongs to,
and each data set that there are links to.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from milgraph import graphs
from milgraph.matching import Profile
from milgraph.names import identity
from milgraph.reconciliation.kinds import label_of
from milgraph.reconciliation.values import Value, of_literal, short_name
from milgraph.store.interface import Readable
from milgraph.terms import (
    DCTERMS,
    MIL,
    OWL,
    RDF,
    RDFS,
    SKOS,
    Literal,
    NamedNode,
    Term,
    is_ours,
)
from milgraph.triples import Outgoing, Triples

__all__ = ["BETWEEN_PAUSES", "COORDINATES", "WKT", "Property", "properties_of"]

_TYPE = RDF["type"]
COORDINATES = "coordinates"
WKT = "geo:asWKT"
# Of vocabularies that are not ours, and whose labels the graph does not hold.
_SHARED: Mapping[str, tuple[str, str]] = {
    RDFS.label.value: ("name", "What it is called, in each language."),
    SKOS.note.value: ("note", "What is to be known of it."),
    RDFS.comment.value: ("comment", "What it is, in a sentence."),
    DCTERMS.source.value: ("source", "Where what we say of it is from."),
}
_CLASS = ("class", "The most special classes that it is of.")
_ALIAS = ("alias", "Every other name of it, of whatever scheme.")
# How those write themselves whose linksets have no other title.
_TARGETS = {
    "dbpedia": "DBpedia",
    "geonames": "GeoNames",
    "marine-regions": "Marine Regions",
    "natural-earth": "Natural Earth",
    "wikidata": "Wikidata",
}
# So many entities are read without a rest, where rests are wanted.
BETWEEN_PAUSES = 20
_LEVELS = {SKOS.exactMatch: "exact", SKOS.closeMatch: "close", SKOS.broadMatch: "broad"}


Names: TypeAlias = Callable[[str], Iterable[str]]


@dataclass(slots=True)
class Property:
    """What is told of some entities, with all that is told, by entity.

    Of one that `identifies`, an equal value says which entity is meant.
    """

    id: str
    name: str
    definition: str
    identifies: bool = False
    # The classes of every value, where all values are entities.
    of_kinds: frozenset[str] = frozenset()
    values: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))
    # Of how many entities of a class it tells something.
    kinds: Counter[str] = field(default_factory=Counter)

    _holders: dict[str, set[str]] | None = None

    def of(self, entity: str) -> list[Value]:
        """Return what the entity has, in a stable order."""
        return self.values.get(entity, [])

    def holders(self, text: str, names: Names) -> set[str]:
        """Return the entities with a value that is that text, name or IRI.

        `names` says how an entity that is a value is called.
        """
        if self._holders is None:
            found: dict[str, set[str]] = defaultdict(set)
            for entity, values in self.values.items():
                for value in values:
                    for key in _keys(value, names):
                        found[key].add(entity)
            self._holders = dict(found)
        return self._holders.get(text, set()) | self._holders.get(_key(text), set())


def properties_of(
    dataset: Readable,
    profiles: Mapping[str, Profile],
    *,
    pause: Callable[[], None] = lambda: None,
) -> Mapping[str, Property]:
    """Return what is told of the entities, by the identifiers of the properties."""
    gathering = _Gathering(dataset.triples, profiles)
    for number, entity in enumerate(profiles):
        gathering.read(entity)
        if number % BETWEEN_PAUSES == 0:
            pause()
    for graph in sorted(filter(graphs.is_linkset, dataset.graphs()), key=str):
        gathering.read_links(dataset, graph)
    return gathering.finished()


class _Gathering:
    """The properties as they are found, entity by entity."""

    def __init__(self, view: Triples, profiles: Mapping[str, Profile]) -> None:
        self._view = view
        self._profiles = profiles
        self._found: dict[str, Property] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._above: dict[str, frozenset[str]] = {}
        self._defined = {
            subject
            for kind in (OWL.ObjectProperty, OWL.DatatypeProperty)
            for subject in view.subjects(_TYPE, kind)
        }

    def finished(self) -> Mapping[str, Property]:
        unsure: set[str] = set()
        for found in self._found.values():
            for entity, values in found.values.items():
                values.sort(key=_order)
                known = self._profiles[entity]
                found.kinds.update(known.kinds)
                own = {value for _, value in known.identifiers}
                sure = [v.text in own for v in values if v.level in ("", "exact")]
                unsure.update([found.id] * (not all(sure)))
                found.identifies |= any(sure)
            found.of_kinds = self._shared(found)
        for name in unsure:
            self._found[name].identifies = False
        return dict(sorted(self._found.items()))

    def _shared(self, found: Property) -> frozenset[str]:
        """Return the classes that all values are of."""
        shared: frozenset[str] | None = None
        for value in (value for values in found.values.values() for value in values):
            if value.kind != "id":
                return frozenset()
            kinds = self._profiles[value.text].kinds
            shared = kinds if shared is None else shared & kinds
        return shared or frozenset()

    def _text(self, term: str, predicate: NamedNode) -> str:
        """Return what a term of the ontology is called, or how it is defined."""
        key = term, predicate.value
        if key not in self._texts:
            self._texts[key] = label_of(self._view, NamedNode(term), predicate)
        return self._texts[key]

    def read(self, entity: str) -> None:
        told = self._view.outgoing(NamedNode(entity))
        for predicate, terms in told.items():
            if predicate.value in _SHARED:
                name, why = _SHARED[predicate.value]
                self._add(short_name(predicate.value), name, why, entity, terms)
            elif predicate in MIL and predicate in self._defined:
                self._read_ours(entity, predicate, terms)
        self._read_classes(entity)
        self._read_aliases(entity, told)
        self._read_geometry(entity)

    def _read_ours(
        self, entity: str, predicate: NamedNode, terms: Iterable[Term]
    ) -> None:
        if predicate == MIL.hasAlias:
            return
        name = self._text(predicate.value, RDFS.label)
        why = self._text(predicate.value, SKOS.definition)
        self._add(short_name(predicate.value), name, why, entity, terms)

    def _read_classes(self, entity: str) -> None:
        """Tell the classes of ours that no other class of the entity is below."""
        kinds = {k for k in self._profiles[entity].kinds if k.startswith(MIL.iri)}
        above = frozenset[str]().union(*map(self._directly_above, kinds))
        for kind in kinds - above:
            label = self._text(kind, RDFS.label)
            found = self._property("rdf:type", *_CLASS)
            found.values[entity].append(Value(label or short_name(kind), iri=kind))

    def _directly_above(self, kind: str) -> frozenset[str]:
        if kind not in self._above:
            terms = self._view.objects(NamedNode(kind), RDFS.subClassOf)
            named = {term.value for term in terms if isinstance(term, NamedNode)}
            self._above[kind] = frozenset(named - {kind})
        return self._above[kind]

    def _read_aliases(self, entity: str, told: Outgoing) -> None:
        for alias in told.get(MIL.hasAlias, ()):
            if not isinstance(alias, NamedNode):
                continue
            texts = list(self._view.objects(alias, MIL.aliasText))
            self._add("mil:hasAlias", *_ALIAS, entity, texts)
            for scheme in self._view.objects(alias, MIL.namingScheme):
                if isinstance(scheme, NamedNode):
                    name = self._text(scheme.value, SKOS.prefLabel)
                    why = self._text(scheme.value, SKOS.definition)
                    self._add(short_name(scheme.value), name, why, entity, texts)

    def _read_geometry(self, entity: str) -> None:
        text = self._profiles[entity].geometry
        if not text:
            return
        why = "Its outline or point in WKT, longitude before latitude."
        self._property(WKT, "geometry", why).values[entity].append(Value(text))
        from milgraph.geometry import GeometryError, parse  # noqa: PLC0415 - slow to import

        try:
            inside = parse(text).representative_point()
        except GeometryError:
            return
        why = "A point in it, as latitude, longitude in degrees; for finding it only."
        east = (inside.x + 180) % 360 - 180
        told = Value(f"{inside.y:.5f}, {east:.5f}")
        self._property(COORDINATES, "coordinates", why).values[entity].append(told)

    def read_links(self, dataset: Readable, graph: NamedNode) -> None:
        """Take the links of a linkset as identifiers in another data set."""
        target = graph.value.rpartition("/")[2]
        title = label_of(self._view, graph, DCTERMS.title)
        name = f"{_TARGETS.get(target) or title or target} id"
        why = "What the data set calls it, where an editor found that it is the same."
        for predicate, level in _LEVELS.items():
            for quad in dataset.match(predicate=predicate, graph=graph):
                subject, other = quad.subject, quad.object
                if not isinstance(subject, NamedNode) or not isinstance(
                    other, NamedNode
                ):
                    continue
                if subject.value in self._profiles:
                    found = self._property(f"links:{target}", name, why)
                    told = Value(_last(other.value), level=level, iri=other.value)
                    found.values[subject.value].append(told)

    def _add(
        self, id_: str, name: str, why: str, entity: str, terms: Iterable[Term]
    ) -> None:
        values = [value for term in terms if (value := self._value(term))]
        if values:
            found = self._property(id_, name, why)
            known = set(found.values[entity])
            found.values[entity] += [v for v in values if v not in known]

    def _property(self, id_: str, name: str, why: str) -> Property:
        if id_ not in self._found:
            self._found[id_] = Property(id_, name or id_, why)
        return self._found[id_]

    def _value(self, term: Term) -> Value | None:
        """Return what a cell can hold of the term; a node without a name it cannot."""
        if isinstance(term, Literal):
            return of_literal(term)
        if not isinstance(term, NamedNode):
            return None
        if profile := self._profiles.get(term.value):
            return Value(term.value, "id", name=profile.label)
        label = label_of(self._view, term, SKOS.prefLabel) or label_of(
            self._view, term, RDFS.label
        )
        if not label and is_ours(term):
            return None
        return Value(label or term.value, iri=term.value)


def _order(value: Value) -> tuple[bool, str, str, str]:
    """Return by what values are put in order: English first, then by language."""
    is_foreign = value.language not in ("", "en")
    return is_foreign, value.language, value.level, value.name or value.text


def _last(iri: str) -> str:
    """Return the identifier at the end of an IRI.

    >>> _last("https://sws.geonames.org/630673/")
    '630673'
    """
    return iri.rstrip("/").rpartition("/")[2].rpartition("#")[2]


def _keys(value: Value, names: Names) -> Iterator[str]:
    """Return by what the value is found again."""
    if value.kind == "id":
        yield value.text
        yield from map(_key, names(value.text))
        return
    if value.iri:
        yield value.iri
    yield _key(value.text)


def _key(text: str) -> str:
    """Return the same for spellings of one name; it cannot be taken for an IRI."""
    try:
        return f"={float(text)}"
    except ValueError:
        return f"={identity(text)}"
