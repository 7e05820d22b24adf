"""Exports over HTTP: the graph or a part of it in every format, streamed by a reader.

What the licence of a data set does not let be passed on is left out, whoever asks.
"""

from collections.abc import Mapping
from http import HTTPStatus
from importlib.util import find_spec
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from milgraph.export.formats import EXPORTS
from milgraph.export.orders import Order
from milgraph.export.rights import own_licence
from milgraph.queries import StoredQuery
from milgraph.service.answering import Answering, Streamed
from milgraph.service.documents import link
from milgraph.service.endpoint import accepts_gzip
from milgraph.service.holdings import Holdings
from milgraph.service.licences import licences_of_all, licences_of_graph
from milgraph.service.markup import Content, element, page
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import ProblemError, refusal
from milgraph.terms import NamedNode, compact, expand

__all__ = ["export_routes"]

_PATH = "/export"
_SCOPE, _FORMAT = "scope", "format"
_EXISTS = "ASK { GRAPH ?graph {} }"
_SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Content-Disposition",
}
# The first is what a client gets that takes anything.
_FIRST = "trig"
_WORDS: Mapping[str, str] = {
    "trig": "TriG, with the graph of each claim",
    "nquads": "N-Quads, canonical: the same bytes for the same facts",
    "jsonld": "JSON-LD",
    "turtle": "Turtle, of the view or one graph",
    "ntriples": "N-Triples, of the view or one graph",
    "rdfxml": "RDF/XML, of the view or one graph",
    "rdf12": "RDF 1.2: each fact with a reifier that says who claims it",
    "nanopub": "Nanopublications, one a claim",
    "schema-org": "schema.org, as JSON-LD",
    "geojson": "GeoJSON: activities on the map",
    "csv": "CSV: one row an activity",
    "parquet": "Parquet: the same, with types",
}


def export_routes(answering: Answering) -> list[Route]:
    """Return the route of the exports."""

    async def export(request: Request) -> Response:
        """Send the graph, or the part of it that the scope names."""
        # What a stream is, Starlette asks only that it can be sent.
        return await _export(answering, request)  # type: ignore[return-value]

    return [Route(_PATH, export, methods=["GET"])]


async def _export(answering: Answering, request: Request) -> Response | Streamed:
    holdings = answering.holdings
    if holdings.is_plain:
        raise refusal(
            HTTPStatus.NOT_FOUND,
            "a plain dataset has no claims and no activities to export",
            hint="GET /store?graph=IRI, or /store?default.",
        )
    offer = _chosen(request)
    if offer == HTML:
        return HTMLResponse(_page(holdings), headers={"Vary": "Accept"})
    given = dict(request.query_params)
    given.pop(_FORMAT, None)
    scope = given.pop(_SCOPE, "") or "all"
    query = _query(holdings, scope)
    if query is None and given:
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            f"{min(given)} is no parameter of an export",
            hint=f"{_SCOPE}=NAME of a stored query takes its parameters.",
        )
    name = "query" if query else await _graph(holdings, scope)
    own = own_licence(holdings.settings.resources)
    gzip = accepts_gzip(request.headers.get("accept-encoding"))
    plan = answering.planner.export(
        Order(offer.name, name, own),
        offer,
        query=query.text if query else "",
        bindings=query.bindings(given) if query else None,
        gzip=gzip and offer.name != "parquet",
    )
    response = await answering.respond(plan, request, lambda _: "")
    ending = EXPORTS[offer.name].ending
    response.headers.update(
        {
            **_SHARED,
            "content-disposition": f'inline; filename="milgraph.{ending}"',
            "link": await _licences(holdings, name),
        }
    )
    return response


async def _licences(holdings: Holdings, name: str) -> str:
    """Return the links to our licence, and to those of the records that are sent.

    What a query finds is not known before it is sent: it may be of any data set.
    """
    if name in ("all", "view", "query"):
        found = await licences_of_all(holdings)
    else:
        found = await licences_of_graph(holdings, NamedNode(name))
    own = own_licence(holdings.settings.resources).licence
    addresses = dict.fromkeys(filter(None, (own, *found)))
    return ", ".join(link(address, "license") for address in addresses)


def _chosen(request: Request) -> Offer:
    """Return the format that is named, or else is preferred.

    Raises:
        ProblemError: it is none, or needs a library that is not installed.
    """
    named, accept = request.query_params.get(_FORMAT), request.headers.get("accept")
    known = {name: form for name, form in EXPORTS.items() if _can_write(name)}
    ordered = sorted(known, key=lambda name: name != _FIRST)
    offers = [Offer(name, known[name].media_type.partition(";")[0]) for name in ordered]
    if named:
        found = next((o for o in offers if named in (o.name, o.media_type)), None)
    else:
        found = preferred([*offers, HTML], accept)
    if found is None:
        raise refusal(
            HTTPStatus.NOT_ACCEPTABLE,
            f"{named or accept} is no format of an export",
            available=tuple(known),
        )
    return found if found == HTML else Offer(found.name, known[found.name].media_type)


def _can_write(name: str) -> bool:
    return name != "parquet" or find_spec("pyarrow") is not None


def _query(holdings: Holdings, scope: str) -> StoredQuery | None:
    """Return the stored query that the scope names; a name with a colon is a graph's.

    Raises:
        UnknownQueryError: there is none of that name.
    """
    if scope in ("all", "view") or ":" in scope:
        return None
    return holdings.stored(scope)


async def _graph(holdings: Holdings, scope: str) -> str:
    """Return the graph that the scope names, or `all` or `view`.

    Raises:
        ProblemError: there is no such graph.
    """
    if scope in ("all", "view"):
        return scope
    graph: NamedNode = expand(scope)
    if not (await holdings.ask(_EXISTS, bindings={"graph": graph})).holds:
        raise _missing(graph)
    return graph.value


def _missing(graph: NamedNode) -> ProblemError:
    return refusal(
        HTTPStatus.NOT_FOUND,
        f"there is no graph {compact(graph)}",
        hint="SELECT ?graph { GRAPH ?graph {} } at /sparql lists the graphs.",
    )


def _page(holdings: Holdings) -> str:
    """Return the page that says what can be exported, and how."""
    el = element
    own = own_licence(holdings.settings.resources)
    rows: list[Content] = []
    for name, words in _WORDS.items():
        if not _can_write(name):
            continue
        whole = "view" if name in ("turtle", "ntriples", "rdfxml") else "all"
        address = f"{_PATH}?{urlencode({_SCOPE: whole, _FORMAT: name})}"
        rows.append([el("dt", el("a", name, href=address)), el("dd", words)])
    example = f"{_PATH}?{urlencode(_EXAMPLE)}"
    return page(
        "Export",
        el("h1", "Export"),
        el("p", "All that the graph holds, in each format:"),
        el("dl", rows),
        el(
            "p",
            "A part of it by ",
            el("code", "scope="),
            ": ",
            el("code", "view"),
            ", a graph or an article by its name, or a stored query with its "
            "parameters, for what it finds: ",
            el("a", example, href=example),
            ".",
        ),
        el("p", "Licence: ", el("a", own.licence, href=own.licence), ".")
        if own.licence
        else None,
    )


_EXAMPLE = {
    _SCOPE: "bombers-over-an-area",
    "area": "place:sea-of-japan",
    _FORMAT: "csv",
}
