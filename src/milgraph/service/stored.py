"""Stored queries over HTTP: the list, the form, and the answer in every format."""

from collections.abc import Mapping

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from milgraph.answers import Answer
from milgraph.errors import KnowledgeGraphError, ParameterError
from milgraph.queries import StoredQuery
from milgraph.service.forms import list_page, stored_page, stored_path
from milgraph.service.holdings import Holdings
from milgraph.service.markup import Content
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import problem_of, problem_section
from milgraph.service.representations import represent

__all__ = ["stored_routes"]

_JSON = Offer("json", "application/json")
_FORMAT = "format"


def stored_routes(holdings: Holdings, limiter: CapacityLimiter) -> list[Route]:
    """Return the routes of the stored queries."""

    async def listed(request: Request) -> Response:
        return _listed(holdings, request)

    async def answered(request: Request) -> Response:
        return await to_thread.run_sync(
            _answered, holdings, request, abandon_on_cancel=True, limiter=limiter
        )

    return [
        Route("/queries", listed, methods=["GET"]),
        Route("/queries/{name}", answered, methods=["GET"]),
    ]


def _listed(holdings: Holdings, request: Request) -> Response:
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


def _answered(holdings: Holdings, request: Request) -> Response:
    """Return the answer; to a browser with the form, which may come alone."""
    query = holdings.stored(request.path_params["name"])
    given = _given(request, query)
    wants_page = _page_is_wanted(request)

    def page(answer: Answer | None = None, problem: Content = None) -> str:
        return stored_page(
            query, given, members=holdings.members, answer=answer, problem=problem
        )

    if wants_page and _lacks(query, given) and not given:
        return HTMLResponse(page(), headers={"Vary": "Accept"})
    try:
        answer = holdings.ask_stored(query, given)
    except KnowledgeGraphError as error:
        if not wants_page:
            raise _for_http(error, query) from error
        problem = problem_of(error)
        body = page(problem=problem_section(problem))
        return HTMLResponse(body, status_code=problem.status)
    return represent(
        answer,
        accept=request.headers.get("accept"),
        named=request.query_params.get(_FORMAT),
        page=page,
    )


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
