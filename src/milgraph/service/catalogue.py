"""The catalogue: the dataset and its parts in VoID and DCAT, counted and licensed."""

from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import metadata
from pathlib import Path
from urllib.parse import urlencode

from milgraph.iris import ARTICLES
from milgraph.service.census import Census, Partition
from milgraph.service.holdings import Holdings
from milgraph.service.names import path_of
from milgraph.service.vocabularies import DCAT, FOAF, MEDIA_TYPES, VOID
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import (
    BASE,
    DCTERMS,
    RDF,
    XSD,
    BlankNode,
    Literal,
    NamedNode,
    Resource,
    Term,
    Triple,
)

__all__ = ["about", "catalogue", "dataset_of", "number", "statistics", "text", "void"]

_TYPE = RDF["type"]
_DATASET = NamedNode(BASE + "dataset")
_ARTICLES = NamedNode(BASE + "dataset#articles")
_GRAPHS = BASE + "graph/"
# What DATASET.ttl asserts as a minimum, and the census counts.
_COUNTED = frozenset((VOID.classPartition, VOID.triples))
_COPIED = (
    DCTERMS.title,
    DCTERMS.description,
    DCTERMS.license,
    DCTERMS.publisher,
    DCTERMS.creator,
    DCTERMS.issued,
    DCTERMS.language,
    DCAT.keyword,
)


def about(subject: Resource, *pairs: tuple[NamedNode, Term | None]) -> Iterator[Triple]:
    """Return the triples of the subject, without those that have no object."""
    for predicate, value in pairs:
        if value is not None:
            yield Triple(subject, predicate, value)


def number(value: int) -> Literal:
    """Return the number as a term."""
    return Literal(str(value), datatype=XSD.integer)


def text(value: str) -> Literal:
    """Return the English text as a term."""
    return Literal(value, language="en")


def dataset_of(holdings: Holdings, origin: str) -> NamedNode:
    """Return the name of the dataset: ours, or that of whoever serves one of theirs."""
    if holdings.is_plain:
        return NamedNode(origin + "/.well-known/void#dataset")
    return _DATASET


def void(holdings: Holdings, counts: Census, origin: str) -> list[Triple]:
    """Return the dataset in VoID, with the counts of the current generation."""
    dataset = dataset_of(holdings, origin)
    document = NamedNode(origin + "/.well-known/void")
    found = [
        *about(
            document,
            (_TYPE, VOID.DatasetDescription),
            (DCTERMS.title, text("Description of the dataset and its parts")),
            (FOAF.primaryTopic, dataset),
        ),
        *about(
            dataset,
            (_TYPE, VOID.Dataset),
            (VOID.sparqlEndpoint, NamedNode(origin + "/sparql")),
            (FOAF.homepage, NamedNode(origin + "/")),
        ),
        *statistics(dataset, counts),
        *_partitions(dataset, counts),
        *_vocabularies(dataset, counts),
        *_features(dataset),
        *(Triple(dataset, VOID.dataDump, dump) for dump, _ in _dumps(origin)),
    ]
    if holdings.is_plain:
        return found
    return [*found, *_asserted(holdings), *_parts(counts, origin)]


def catalogue(holdings: Holdings, counts: Census, origin: str) -> list[Triple]:
    """Return the catalogue in DCAT 3: datasets, their distributions, the service."""
    dataset = dataset_of(holdings, origin)
    whole = NamedNode(origin + "/catalog")
    service = NamedNode(origin + "/sparql#service")
    asserted = [] if holdings.is_plain else _asserted(holdings)
    shared = [t for t in asserted if t.subject == _DATASET and t.predicate in _COPIED]
    packaged = metadata("milgraph")
    found = [
        *about(
            whole,
            (_TYPE, DCAT.Catalog),
            (DCAT.dataset, dataset),
            (DCAT.service, service),
            (FOAF.homepage, NamedNode(origin + "/")),
            (DCTERMS.title, None if shared else text("Catalogue of this service")),
        ),
        *(Triple(whole, t.predicate, t.object) for t in shared),
        *about(
            service,
            (_TYPE, DCAT.DataService),
            (DCTERMS.title, text("SPARQL endpoint")),
            (DCAT.endpointURL, NamedNode(origin + "/sparql")),
            (DCAT.endpointDescription, NamedNode(origin + "/sparql")),
            (DCAT.endpointDescription, NamedNode(origin + "/openapi.json")),
            (DCAT.servesDataset, dataset),
            (DCTERMS.conformsTo, NamedNode(_PROTOCOL)),
        ),
        *about(
            dataset,
            (_TYPE, DCAT.Dataset),
            (DCAT.landingPage, NamedNode(origin + "/")),
            (DCAT.version, None if asserted == [] else Literal(packaged["version"])),
            (DCTERMS.title, text("Dataset of this service") if not shared else None),
        ),
        *asserted,
        *_distributions(dataset, _dumps(origin), service, _licence(asserted, dataset)),
    ]
    if not holdings.is_plain:
        found += _parts_of_catalogue(asserted, counts, whole, origin)
    return found


_PROTOCOL = "https://www.w3.org/TR/sparql11-protocol/"


def statistics(subject: NamedNode, counts: Census) -> Iterator[Triple]:
    """Return the counts of the default graph as those of the subject (VoID, section 4)."""
    for name, value in counts.size.items():
        yield Triple(subject, VOID[name], number(value))


def _partitions(dataset: NamedNode, counts: Census) -> Iterator[Triple]:
    """Return what is counted of each class and of each property (VoID, section 4.5)."""
    kinds = (("class", counts.classes), ("property", counts.properties))
    for kind, partitions in kinds:
        for one in partitions:
            yield from _partition(dataset, kind, one)


def _partition(dataset: NamedNode, kind: str, one: Partition) -> Iterator[Triple]:
    # A name instead of a blank node: two exports of one generation do not differ.
    digest = sha256(one.term.value.encode()).hexdigest()[:12]
    mark = "-" if "#" in dataset.value else "#"
    node = NamedNode(f"{dataset.value}{mark}{kind}-{digest}")
    yield Triple(dataset, VOID[f"{kind}Partition"], node)
    yield Triple(node, VOID[kind], one.term)
    for name, value in one.counts.items():
        yield Triple(node, VOID[name], number(value))


def _vocabularies(dataset: NamedNode, counts: Census) -> Iterator[Triple]:
    """Return the namespaces of the classes and properties that are used."""
    terms = (one.term.value for one in (*counts.classes, *counts.properties))
    spaces = {iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] for iri in terms}
    for space in sorted(filter(None, spaces)):
        yield Triple(dataset, VOID.vocabulary, NamedNode(space))


def _features(dataset: NamedNode) -> Iterator[Triple]:
    """Return the formats of RDF in which the dataset comes (VoID, section 3.4)."""
    for form in FORMATS.values():
        yield Triple(dataset, VOID.feature, _format_iri(form.name))


_W3C_FORMATS = {
    "turtle": "Turtle",
    "trig": "TriG",
    "ntriples": "N-Triples",
    "nquads": "N-Quads",
    "jsonld": "JSON-LD",
    "rdfxml": "RDF_XML",
}


def _format_iri(name: str) -> NamedNode:
    """Return the W3C's name of the format (Unique URIs for File Formats)."""
    return NamedNode(f"http://www.w3.org/ns/formats/{_W3C_FORMATS[name]}")


def _dumps(origin: str) -> list[tuple[NamedNode, str]]:
    """Return the addresses of the default graph in each format, and the format."""
    return [
        (
            NamedNode(f"{origin}/sparql?{urlencode({'query': _ALL, 'format': name})}"),
            name,
        )
        for name in FORMATS
    ]


_ALL = "CONSTRUCT WHERE { ?s ?p ?o }"


def _parts(counts: Census, origin: str) -> Iterator[Triple]:
    """Return the graphs of the dataset as its subsets, with what they hold."""
    for graph in _shared(counts):
        yield Triple(_DATASET, VOID.subset, graph)
        yield Triple(graph, _TYPE, VOID.Dataset)
        linking = counts.links.get(graph, ())
        is_linkset = graph.value.startswith(_GRAPHS + "links/")
        linked = sum(one.counts.get("triples", 0) for one in linking)
        # The triples of a linkset are its links (VoID, section 5).
        held = linked if is_linkset else counts.graphs[graph]
        yield Triple(graph, VOID.triples, number(held))
        if is_linkset:
            for one in linking:
                yield from _partition(graph, "property", one)
        for form in FORMATS.values():
            dump = NamedNode(f"{origin}{path_of(graph)}.{form.endings[0]}")
            yield Triple(graph, VOID.dataDump, dump)
    articles = {g: n for g, n in counts.graphs.items() if g.value.startswith(ARTICLES)}
    documents = sum("#" not in graph.value for graph in articles)
    yield from about(
        _ARTICLES,
        (VOID.triples, number(sum(articles.values()))),
        (VOID.documents, number(documents)),
    )


def _parts_of_catalogue(
    asserted: Iterable[Triple], counts: Census, whole: NamedNode, origin: str
) -> list[Triple]:
    """Return each shared graph as a dataset with distributions of its own."""
    titled = {t.subject for t in asserted if t.predicate == DCTERMS.title}
    found: list[Triple] = []
    for graph in _shared(counts):
        name = graph.value.removeprefix(_GRAPHS)
        files = [
            (NamedNode(f"{origin}{path_of(graph)}.{form.endings[0]}"), form.name)
            for form in FORMATS.values()
        ]
        licence = _licence(asserted, graph)
        found += about(
            graph,
            (_TYPE, DCAT.Dataset),
            (DCTERMS.isPartOf, _DATASET),
            (DCTERMS.license, licence),
            (DCTERMS.title, None if graph in titled else text(f"The graph {name}")),
        )
        found += _distributions(graph, files, None, licence)
        found.append(Triple(whole, DCAT.dataset, graph))
    return found


def _distributions(
    dataset: NamedNode,
    files: list[tuple[NamedNode, str]],
    service: NamedNode | None,
    licence: Term | None,
) -> Iterator[Triple]:
    """Return one distribution for each format."""
    mark = "-" if "#" in dataset.value else "#"
    for address, name in files:
        form = FORMATS[name]
        node = NamedNode(f"{dataset.value}{mark}as-{name}")
        yield Triple(dataset, DCAT.distribution, node)
        yield from about(
            node,
            (_TYPE, DCAT.Distribution),
            (DCTERMS.title, text(f"As {form.media_type}")),
            (DCAT.accessURL, address),
            (DCAT.downloadURL, address),
            (DCAT.mediaType, MEDIA_TYPES[form.media_type]),
            (DCTERMS["format"], _format_iri(name)),
            (DCTERMS.license, licence),
            (DCAT.accessService, service),
        )


def _licence(asserted: Iterable[Triple], dataset: NamedNode) -> Term | None:
    """Return the licence of the dataset, else of the whole that it is part of."""
    found = {t.subject: t.object for t in asserted if t.predicate == DCTERMS.license}
    return found.get(dataset) or found.get(_DATASET)


def _shared(counts: Census) -> list[NamedNode]:
    """Return the graphs that are of no article, in order."""
    return sorted((g for g in counts.graphs if g.value.startswith(_GRAPHS)), key=str)


def _asserted(holdings: Holdings) -> list[Triple]:
    """Return what `data/DATASET.ttl` says, without the counts that it asks for."""
    path = holdings.settings.resources.root / "data" / "DATASET.ttl"
    return list(_read(path))


@cache
def _read(path: Path) -> tuple[Triple, ...]:
    return tuple(
        quad.triple
        for quad in read(Source.of(path))
        if quad.predicate not in _COUNTED and not isinstance(quad.subject, BlankNode)
    )
