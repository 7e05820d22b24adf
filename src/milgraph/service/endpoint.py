"""The SPARQL endpoint: a raw ASGI application, since a typed route costs three times more."""

from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from milgraph.errors import KnowledgeGraphError
from milgraph.service.forms import sparql_page
from milgraph.service.holdings import Holdings
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import (
    Problem,
    ProblemError,
    problem_of,
    problem_section,
    respond,
)
from milgraph.service.protocol import ALLOWED, Asked, read_request
from milgraph.service.representations import represent

__all__ = ["Endpoint"]

_SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": ALLOWED,
    "Access-Control-Allow-Headers": "Accept, Content-Type",
}
_MACHINE = Offer("machine", "application/sparql-results+json")


class Endpoint:
    """SPARQL 1.1 Protocol, section 2.1, over the holdings."""

    def __init__(self, holdings: Holdings, limiter: CapacityLimiter) -> None:
        self._holdings = holdings
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        accept = request.headers.get("accept")
        asked = Asked(None)
        try:
            if request.method == "OPTIONS":
                response = Response(status_code=204, headers={"Allow": ALLOWED})
            else:
                asked = await read_request(request)
                response = await self._respond(asked, accept)
        except ProblemError as error:
            response = _refusal(error.problem, asked, accept)
        except KnowledgeGraphError as error:
            response = _refusal(problem_of(error), asked, accept)
        response.headers.update(_SHARED)
        await response(scope, receive, send)

    async def _respond(self, asked: Asked, accept: str | None) -> Response:
        if asked.query is None and _prefers_page(accept):
            return HTMLResponse(sparql_page(), headers={"Vary": "Accept"})
        return await to_thread.run_sync(
            self._answered,
            asked,
            accept,
            abandon_on_cancel=True,
            limiter=self._limiter,
        )

    def _answered(self, asked: Asked, accept: str | None) -> Response:
        if asked.query is None:
            raise ProblemError(_MISSING)
        query = asked.query
        answer = self._holdings.ask(
            query, default_graphs=asked.default_graphs, named_graphs=asked.named_graphs
        )
        return represent(
            answer,
            accept=accept,
            named=asked.format,
            page=lambda found: sparql_page(query, answer=found),
        )


_MISSING = Problem(
    HTTPStatus.BAD_REQUEST,
    "There is no query",
    "the request has no parameter named query",
    hint="GET /sparql?query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D, or POST it as "
    "application/sparql-query.",
)


def _prefers_page(accept: str | None) -> bool:
    return preferred([_MACHINE, HTML], accept) == HTML


def _refusal(problem: Problem, asked: Asked, accept: str | None) -> Response:
    """Return the problem; to a browser together with the form and the query."""
    if asked.query is not None and not asked.format and _prefers_page(accept):
        body = sparql_page(asked.query, problem=problem_section(problem))
        headers = {**problem.headers, "Vary": "Accept"}
        return HTMLResponse(body, status_code=problem.status, headers=headers)
    return respond(problem, accept)
