"""Stored queries over HTTP: the list, the form, and the answer in every format."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from milgraph.answers import Answer
from milgraph.errors import KnowledgeGraphError, ParameterError
from milgraph.queries import StoredQuery
from milgraph.service.answering import Answering, Streamed
from milgraph.service.descriptions import respond_examples
from milgraph.service.endpoint import accepts_gzip
from milgraph.service.federation import Federation
from milgraph.service.forms import list_page, stored_page, stored_path
from milgraph.service.holdings import Holdings
from milgraph.service.markup import Content
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import problem_of, problem_section
from milgraph.service.protocol import Asked
from milgraph.syntax import FORMATS

__all__ = ["stored_routes"]

_JSON = Offer("json", "application/json")
_FORMAT = "format"


def stored_routes(answering: Answering, federation: Federation) -> list[Route]:
    """Return the routes of the stored queries."""
    holdings = answering.holdings

    async def listed(request: Request) -> Response:
        return await _listed(holdings, request)

    async def answered(request: Request) -> Response:
        # What a stream is, Starlette asks only that it can be sent.
        return await _answered(answering, federation, request)  # type: ignore[return-value]

    return [
        Route("/queries", listed, methods=["GET"]),
        Route("/queries/{name}", answered, methods=["GET"]),
    ]


async def _listed(holdings: Holdings, request: Request) -> Response:
    accept, named = request.headers.get("accept"), request.query_params.get(_FORMAT)
    offers = [_JSON, HTML, *(Offer(f.name, f.media_type) for f in FORMATS.values())]
    found = preferred(offers, accept)
    if (named or (found and found.name)) in FORMATS:
        return await respond_examples(request, holdings)
    if _page_is_wanted(request):
        return HTMLResponse(list_page(holdings.catalogue), headers={"Vary": "Accept"})
    listed = [_summary(query) for query in holdings.catalogue]
    return JSONResponse(listed, headers={"Vary": "Accept"})


def _summary(query: StoredQuery) -> dict[str, object]:
    """Return what the header of the query says, and where it is answered."""
    return {
        "name": query.name,
        "address": stored_path(query),
        "title": query.title,
        "description": query.description,
        "folder": query.folder,
        "tags": list(query.tags),
        "parameters": [
            {
                "name": p.name,
                "type": p.kind,
                "label": p.label,
                "example": p.example,
                "range": p.range,
                "default": p.default,
            }
            for p in query.parameters.values()
        ],
    }


async def _answered(
    answering: Answering, federation: Federation, request: Request
) -> Response | Streamed:
    """Return the answer; to a browser with the form, which may come alone."""
    holdings = answering.holdings
    query = holdings.stored(request.path_params["name"])
    given = _given(request, query)
    wants_page = _page_is_wanted(request)
    members = {}
    if wants_page:
        ranges = {p.range for p in query.parameters.values() if p.range}
        members = {kind: await holdings.members(kind) for kind in sorted(ranges)}

    def page(answer: Answer | None = None, problem: Content = None) -> str:
        return stored_page(
            query, given, members=members, answer=answer, problem=problem
        )

    if wants_page and _lacks(query, given) and not given:
        return HTMLResponse(page(), headers={"Vary": "Accept"})
    try:
        plan = answering.planner.plan(
            Asked(query.text, format=request.query_params.get(_FORMAT)),
            accept=request.headers.get("accept"),
            gzip=accepts_gzip(request.headers.get("accept-encoding")),
            bindings=query.bindings(given),
        )
        if plan.services:
            return await federation.respond(plan, request, page)
        return await answering.respond(plan, request, page)
    except KnowledgeGraphError as error:
        if not wants_page:
            raise _for_http(error, query) from error
        problem = problem_of(error)
        body = page(problem=problem_section(problem))
        return HTMLResponse(body, status_code=problem.status)


def _given(request: Request, query: StoredQuery) -> Mapping[str, str]:
    """Return the parameters; a field that was left blank was not given."""
    return {
        name: value
        for name, value in request.query_params.items()
        if name != _FORMAT and (value or name not in query.parameters)
    }


def _lacks(query: StoredQuery, given: Mapping[str, str]) -> bool:
    parameters = query.parameters.values()
    return any(p.default is None and p.name not in given for p in parameters)


def _for_http(error: KnowledgeGraphError, query: StoredQuery) -> KnowledgeGraphError:
    """Return the error with a hint for an address instead of a command line."""
    if isinstance(error, ParameterError) and error.hint:
        examples = "&".join(
            f"{name}={value}" for name, value in query.examples().items()
        )
        error.hint = f"For example: {stored_path(query)}?{examples}"
    return error


def _page_is_wanted(request: Request) -> bool:
    named = request.query_params.get(_FORMAT)
    if named:
        return named == HTML.name
    return preferred([_JSON, HTML], request.headers.get("accept")) == HTML
