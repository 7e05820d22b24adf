"""The graph store: graphs read and written whole over HTTP.

SPARQL 1.1 Graph Store HTTP Protocol. A graph is named by the address (section 4.1), or
by `?graph=` and `?default` (section 4.2).
"""

from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import parse_qs
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from milgraph.answers import Answer
from milgraph.errors import KnowledgeGraphError
from milgraph.history import Author
from milgraph.service.acknowledging import acknowledged, is_dry_run, writer_for
from milgraph.service.answering import Answering, Streamed
from milgraph.service.endpoint import accepts_gzip
from milgraph.service.negotiation import Offer, preferred
from milgraph.service.problems import ProblemError, problem_of, refusal, respond
from milgraph.service.protocol import Asked
from milgraph.service.uploading import uploads_of
from milgraph.syntax import FORMATS
from milgraph.terms import BASE, NamedNode
from milgraph.writer import Receipt, Writer

__all__ = ["GraphStore", "graph_store_routes"]

_PATH = "/store"
_DOOR = "graph-store"
_ALLOWED = "DELETE, GET, HEAD, OPTIONS, POST, PUT"
_WRITING = frozenset(("DELETE", "POST", "PUT"))
_OFFERS = (
    *(Offer(form.name, form.media_type) for form in FORMATS.values()),
    Offer("jsonld", "application/json"),
    Offer("rdfxml", "application/xml"),
    Offer("ntriples", "text/plain"),
)
_CONTENT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_EXISTS = "ASK { GRAPH ?graph {} }"
_SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Location",
}
_PREFLIGHT = {
    "Allow": _ALLOWED,
    "Access-Control-Allow-Methods": _ALLOWED,
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


def graph_store_routes(answering: Answering) -> list[Route]:
    """Return the routes of the graph store, and of the graphs that lie below it."""
    store = GraphStore(answering)
    return [Route(_PATH, store), Route(f"{_PATH}/{{path:path}}", store)]


@dataclass(frozen=True, slots=True)
class _Target:
    """What a request is about: a graph, or the store itself.

    `graph` is nothing for the default graph; `base` is what is sent is relative to.
    """

    graph: NamedNode | None
    base: str
    is_store: bool = False
    format: str | None = None


class GraphStore:
    """The graphs of the holdings, which can be written where there is a writer."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._holdings = answering.holdings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        accept = request.headers.get("accept")
        response: Response | Streamed
        try:
            response = await self._respond(request)
        except ProblemError as error:
            response = respond(error.problem, accept)
        except KnowledgeGraphError as error:
            response = respond(problem_of(error), accept)
        response.headers.update(_SHARED)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response | Streamed:
        method = request.method
        if method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)
        if method not in _ALLOWED.split(", "):
            raise refusal(
                HTTPStatus.METHOD_NOT_ALLOWED,
                f"{method} is not a method of this address",
                headers={"Allow": _ALLOWED},
            )
        if method not in _WRITING:
            return await self._read(request, self._target(request))
        writer, author = writer_for(request, self._holdings, door=_DOOR)
        target = self._target(request)
        if target.is_store and method != "POST":
            raise refusal(
                HTTPStatus.BAD_REQUEST,
                f"{method} needs a graph",
                hint="Name it: ?graph=IRI, or ?default.",
            )
        return await self._write(request, target, writer, author)

    async def _write(
        self, request: Request, target: _Target, writer: Writer, author: Author
    ) -> Response:
        """Change the graph; add to the store itself as a graph with a new name (5.5)."""
        method = request.method
        dry_run = not self._holdings.is_plain and is_dry_run(request)
        if target.is_store:
            target = self._new(request)
        if method == "DELETE":
            receipt = await writer.delete(target.graph, author=author, dry_run=dry_run)
            if not receipt.existed:
                raise _missing(target)
            return _written(receipt, dry_run=dry_run)
        uploads = await uploads_of(request, base=target.base)
        change = writer.put if method == "PUT" else writer.post
        receipt = await change(target.graph, *uploads, author=author, dry_run=dry_run)
        location = target.base if method == "POST" else None
        return _written(receipt, dry_run=dry_run, location=location)

    def _new(self, request: Request) -> _Target:
        if not self._holdings.is_plain:
            raise refusal(
                HTTPStatus.BAD_REQUEST,
                "a graph here has a name with a meaning, and none is made up for it",
                hint="POST articles to /articles, or name the graph: ?graph=IRI.",
            )
        return _Target(*_named(f"{_own_address(request)}/{uuid4()}"))

    async def _read(self, request: Request, target: _Target) -> Response | Streamed:
        if target.is_store:
            raise refusal(
                HTTPStatus.BAD_REQUEST,
                "the address names no graph",
                hint=f"GET {_PATH}?graph=IRI, or {_PATH}?default.",
            )
        offer = _chosen(request.headers.get("accept"), target.format)
        graph = target.graph
        bound = {"graph": graph} if graph else None
        if graph and not (await self._holdings.ask(_EXISTS, bindings=bound)).holds:
            raise _missing(target)
        asked = Asked(
            _CONTENT, default_graphs=(graph,) if graph else (), format=offer.name
        )
        plan = self._answering.planner.plan(
            asked,
            accept=None,
            gzip=accepts_gzip(request.headers.get("accept-encoding")),
        )
        # The format may have been asked for by another name than its own.
        plan = replace(plan, offer=offer)
        return await self._answering.respond(plan, request, _unwritten)

    def _target(self, request: Request) -> _Target:
        """Return what the request is about.

        Raises:
            ProblemError: it names no graph, or more than one.
        """
        fields = _fields(request.scope["query_string"])
        graphs, formats = fields.get("graph", []), fields.get("format", [])
        form = formats[-1] if formats else None
        if len(graphs) + ("default" in fields) > 1:
            raise refusal(
                HTTPStatus.BAD_REQUEST, "the address names more than one graph"
            )
        if graphs:
            return _Target(*_named(graphs[0]), format=form)
        own = _own_address(request)
        if "default" in fields:
            return _Target(None, own, format=form)
        path = request.scope["path"].removeprefix(_PATH).removeprefix("/")
        if not path:
            return _Target(None, own, is_store=True, format=form)
        if not self._holdings.is_plain:
            # Our names do not begin with the address of this server.
            return _Target(*_named(BASE + path), format=form)
        raw = request.scope.get("raw_path") or request.scope["path"].encode()
        local = raw.decode("latin-1").partition("?")[0].removeprefix(_PATH)
        return _Target(*_named(own + local), format=form)


def _own_address(request: Request) -> str:
    """Return the address of the graph store, as the client wrote it."""
    url = request.url
    return f"{url.scheme}://{url.netloc}{_PATH}"


def _named(iri: str) -> tuple[NamedNode, str]:
    try:
        return NamedNode(iri), iri
    except ValueError as error:
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            f"a graph is not named by an absolute IRI: {error}",
        ) from error


def _fields(encoded: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(
            encoded.decode("ascii"), keep_blank_values=True, errors="strict"
        )
    except ValueError as error:
        raise refusal(
            HTTPStatus.BAD_REQUEST, "the address is not percent-encoded UTF-8"
        ) from error


def _chosen(accept: str | None, named: str | None) -> Offer:
    if named:
        found = next((o for o in _OFFERS if named in (o.name, o.media_type)), None)
        available = tuple(FORMATS)
    else:
        found = preferred(_OFFERS, accept)
        available = tuple(offer.media_type for offer in _OFFERS)
    if found is None:
        raise refusal(
            HTTPStatus.NOT_ACCEPTABLE,
            f"{named or accept} is no format of a graph",
            available=available,
        )
    return found


def _unwritten(_: Answer) -> str:
    """Stand for the page of an answer: no offer is one."""
    return ""


def _written(
    receipt: Receipt, *, dry_run: bool, location: str | None = None
) -> Response:
    if dry_run:
        return acknowledged(receipt, dry_run=True)
    if receipt.existed:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers = {"Location": location} if location else {}
    return Response(status_code=HTTPStatus.CREATED, headers=headers)


def _missing(target: _Target) -> ProblemError:
    return refusal(
        HTTPStatus.NOT_FOUND,
        f"there is no graph {target.base}",
        hint="SELECT ?graph { GRAPH ?graph {} } at /sparql lists the graphs.",
    )
