"""Descriptions: what the service says of itself, for programs that find their way alone.

SPARQL 1.1 Service Description of the endpoint, VoID and DCAT of the dataset, the stored
queries as examples, the addresses as OpenAPI, and the JSON-LD context.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from hashlib import sha256
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from milgraph.jsonld import context_file
from milgraph.service.catalogue import (
    about,
    catalogue,
    dataset_of,
    number,
    statistics,
    text,
    void,
)
from milgraph.service.census import Census, census, census_if_soon
from milgraph.service.documents import (
    ENDINGS,
    Form,
    chosen,
    link,
    own_address,
    refusal,
    respond_document,
    send,
)
from milgraph.service.examples import examples
from milgraph.service.holdings import Holdings
from milgraph.service.negotiation import Offer
from milgraph.service.openapi import openapi_document, openapi_page
from milgraph.service.vocabularies import ENTAILMENT, FORMATS, PROFILE, SD, VOID
from milgraph.terms import BASE, DCTERMS, RDF, NamedNode, Triple

__all__ = [
    "EXTENSION_FUNCTIONS",
    "describe_endpoint",
    "description_routes",
    "respond_examples",
    "service_description",
]

_TYPE = RDF["type"]
_GEOF = "http://www.opengis.net/def/function/geosparql/"
# Those of the engine; a test asks for each.
EXTENSION_FUNCTIONS = tuple(
    _GEOF + name
    for name in (
        "asGeoJSON", "centroid", "convexHull", "dimension", "distance", "ehContains",
        "ehCoveredBy", "ehCovers", "ehDisjoint", "ehEquals", "ehInside", "ehMeet",
        "ehOverlap", "envelope", "getSRID", "isEmpty", "rcc8dc", "rcc8ec", "rcc8eq",
        "rcc8ntpp", "rcc8ntppi", "rcc8po", "rcc8tpp", "rcc8tppi", "sfContains",
        "sfCrosses", "sfDisjoint", "sfEquals", "sfIntersects", "sfOverlaps",
        "sfTouches", "sfWithin",
    )
)  # fmt: skip
_RESULTS = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV")  # fmt: skip
_GRAPHS = ("Turtle", "TriG", "N-Triples", "N-Quads", "JSON-LD", "RDF_XML")
# A dataset has a graph for each claim; nobody reads a list of a million.
_MOST_GRAPHS = 200
_JSON = Form(Offer("json", "application/json"))


async def service_description(holdings: Holdings, endpoint: str) -> list[Triple]:
    """Return what the endpoint can do (SPARQL 1.1 Service Description).

    The counts of its dataset are left out where taking them takes long.
    """
    counts = await census_if_soon(holdings)
    service = NamedNode(endpoint + "#service")
    dataset = dataset_of(holdings, endpoint.removesuffix("/sparql"))
    found = [
        *about(
            service,
            (_TYPE, SD.Service),
            (DCTERMS.title, text("SPARQL endpoint")),
            (SD.endpoint, NamedNode(endpoint)),
            (SD.supportedLanguage, SD.SPARQL11Query),
            (SD.supportedLanguage, SD.SPARQL11Update if holdings.writer else None),
            (SD.defaultDataset, dataset),
            (SD.feature, SD.BasicFederatedQuery if _federates(holdings) else None),
            *((SD.resultFormat, FORMATS[name]) for name in (*_RESULTS, *_GRAPHS)),
            *((SD.inputFormat, FORMATS[name]) for name in _loaded(holdings)),
        ),
        *_regime(holdings, service),
        *_dataset(holdings, counts, endpoint, dataset),
    ]
    for iri in EXTENSION_FUNCTIONS:
        found.append(Triple(service, SD.extensionFunction, NamedNode(iri)))
        found.append(Triple(NamedNode(iri), _TYPE, SD.Function))
    return found


def _federates(holdings: Holdings) -> bool:
    return bool(holdings.settings.services)


def _loaded(holdings: Holdings) -> tuple[str, ...]:
    """Return the formats that LOAD reads, where it may reach anything."""
    return _GRAPHS if holdings.writer and holdings.settings.load_from else ()


def _regime(holdings: Holdings, service: NamedNode) -> Iterator[Triple]:
    """Return what follows in the default graph: all that OWL 2 RL says does."""
    if holdings.is_plain:
        yield Triple(service, SD.defaultEntailmentRegime, ENTAILMENT.Simple)
        return
    yield from about(
        service,
        (SD.defaultEntailmentRegime, ENTAILMENT["OWL-RDF-Based"]),
        (SD.defaultSupportedEntailmentProfile, PROFILE.RL),
    )


def _dataset(
    holdings: Holdings, counts: Census, endpoint: str, dataset: NamedNode
) -> Iterator[Triple]:
    """Return the dataset: the default graph, and the named graphs that are listed."""
    default = NamedNode(endpoint + "#default-graph")
    yield from about(
        dataset,
        (_TYPE, SD.Dataset),
        (SD.defaultGraph, default),
    )
    yield from about(default, (_TYPE, SD.Graph), (_TYPE, VOID.Dataset))
    yield from statistics(default, counts)
    for graph in _listed(holdings, counts):
        digest = sha256(graph.value.encode()).hexdigest()[:12]
        node = NamedNode(f"{endpoint}#graph-{digest}")
        yield from about(
            dataset,
            (SD.namedGraph, node),
        )
        yield from about(
            node,
            (_TYPE, SD.NamedGraph),
            (SD.name, graph),
            (SD.graph, graph),
            # A named graph holds what is asserted, and nothing that follows.
            (SD.entailmentRegime, ENTAILMENT.Simple),
        )
        yield from about(
            graph, (_TYPE, SD.Graph), (VOID.triples, number(counts.graphs[graph]))
        )


def _listed(holdings: Holdings, counts: Census) -> list[NamedNode]:
    """Return the graphs to tell of: of ours, those that are of no article."""
    shared = [
        graph
        for graph in counts.graphs
        if holdings.is_plain or graph.value.startswith(BASE + "graph/")
    ]
    return sorted(shared, key=str)[:_MOST_GRAPHS]


async def describe_endpoint(request: Request, holdings: Holdings) -> Response:
    """Return the description of the endpoint in the format that is preferred."""
    endpoint = own_address(request, "/sparql")
    triples = await service_description(holdings, endpoint.value)
    return await _sent(request, holdings, triples)


async def respond_examples(request: Request, holdings: Holdings) -> Response:
    """Return the stored queries as RDF in the format that is preferred."""
    endpoint = own_address(request, "/sparql")
    return await _sent(request, holdings, examples(holdings, endpoint.value))


def description_routes(holdings: Holdings) -> list[Route]:
    """Return the routes of the descriptions; any dataset has those that can be counted."""
    routes = {**_of_dataset(holdings), **_of_addresses(holdings)}
    if not holdings.is_plain:
        routes |= _of_ours(holdings)
    return [Route(path, one, methods=["GET"]) for path, one in routes.items()]


_Endpoint = Callable[[Request], Awaitable[Response]]


def _of_dataset(holdings: Holdings) -> Mapping[str, _Endpoint]:
    async def dataset(request: Request) -> Response:
        """Describe the dataset in VoID: counts, partitions, links, licence."""
        return await _about_dataset(request, holdings, void)

    async def catalog(request: Request) -> Response:
        """Describe the dataset in DCAT 3: parts, distributions, the service."""
        return await _about_dataset(request, holdings, catalogue)

    paths = {"/.well-known/void": dataset, "/catalog": catalog}
    if holdings.is_plain:
        return paths
    return {**paths, "/dataset": dataset, "/dataset.{ending}": dataset}


def _of_addresses(holdings: Holdings) -> Mapping[str, _Endpoint]:
    async def openapi(request: Request) -> Response:
        """Describe every address in OpenAPI 3.1."""
        body = json.dumps(openapi_document(request.app, holdings))
        return send(request, body, _JSON, generation=holdings.generation)

    async def docs(request: Request) -> Response:
        """List every address with its parameters, for people."""
        form = chosen(request, ending="html")
        body = openapi_page(openapi_document(request.app, holdings))
        return send(request, body, form, generation=holdings.generation)

    return {"/openapi.json": openapi, "/docs": docs}


def _of_ours(holdings: Holdings) -> Mapping[str, _Endpoint]:
    async def sparql_examples(request: Request) -> Response:
        """List the stored queries as RDF."""
        return await respond_examples(request, holdings)

    async def context(request: Request) -> Response:
        """Return the JSON-LD context with the terms of the ontology."""
        return _context(request, holdings)

    return {
        "/.well-known/sparql-examples": sparql_examples,
        "/context.jsonld": context,
    }


async def _about_dataset(
    request: Request,
    holdings: Holdings,
    write: Callable[[Holdings, Census, str], list[Triple]],
) -> Response:
    origin = own_address(request).value.rstrip("/")
    triples = write(holdings, await census(holdings), origin)
    return await _sent(request, holdings, triples)


async def _sent(
    request: Request, holdings: Holdings, triples: list[Triple]
) -> Response:
    ending = request.path_params.get("ending", "")
    if ending and ending not in ENDINGS.values():
        raise refusal(HTTPStatus.NOT_FOUND, f"there is no dataset.{ending}")
    form = chosen(request, ending=ending, page=False)
    return await respond_document(
        request, set(triples), form, generation=holdings.generation
    )


def _context(request: Request, holdings: Holdings) -> Response:
    form = chosen(request, ending="jsonld")
    body = context_file(holdings.settings.resources)
    links = [link(BASE + "context.jsonld", "canonical")]
    return send(request, body, form, generation=holdings.generation, links=links)
