"""The SPARQL endpoint: a raw ASGI application, since a typed route costs three times more."""

from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from milgraph.answers import Answer
from milgraph.errors import KnowledgeGraphError
from milgraph.service.acknowledging import acknowledged, is_dry_run, writer_for
from milgraph.service.answering import Answering, Streamed, outcome_of
from milgraph.service.descriptions import describe_endpoint
from milgraph.service.federation import Federation
from milgraph.service.forms import sparql_page
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.observation import noted
from milgraph.service.plans import Plan
from milgraph.service.problems import (
    Problem,
    ProblemError,
    problem_of,
    problem_section,
    respond,
)
from milgraph.service.protocol import ALLOWED, Asked, is_update, read_request
from milgraph.service.room import Room, Share

__all__ = ["SHARED_HEADERS", "Endpoint", "accepts_gzip"]

# Any page may read what is here: nothing depends on who asks (Fetch, section 3.3).
SHARED_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Row-Limit",
}
_PREFLIGHT = {
    "Allow": ALLOWED,
    "Access-Control-Allow-Methods": ALLOWED,
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
_DOOR = "sparql-update"
_MACHINE = Offer("machine", "application/sparql-results+json")
# To look through a text this long is left to a thread.
_LONG_TEXT = 8 * 1024
# Of what one query may use, this share is for requests that are being received.
_SHARE_FOR_REQUESTS = 2


class Endpoint:
    """SPARQL 1.1 Protocol, section 2, over the holdings."""

    def __init__(self, answering: Answering, federation: Federation) -> None:
        self._answering = answering
        self._holdings = answering.holdings
        self._federation = federation
        memory = answering.holdings.settings.limits.memory
        self._limiter = CapacityLimiter(1)
        self._room = Room(memory // _SHARE_FOR_REQUESTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with self._room.share() as share:
            await self._answer(scope, receive, send, share)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, share: Share
    ) -> None:
        request = Request(scope, receive)
        accept = request.headers.get("accept")
        asked = Asked()
        response: Response | Streamed
        try:
            if request.method == "OPTIONS":
                response = Response(status_code=204, headers=_PREFLIGHT)
            else:
                if is_update(request):
                    # Whoever may not write is told so before the data are read.
                    writer_for(request, self._holdings, door=_DOOR)
                asked = await read_request(request, share)
                response = await self._respond(request, asked, accept)
        except ProblemError as error:
            response = _refusal(error.problem, asked, accept)
        except KnowledgeGraphError as error:
            noted(scope).query = asked.query or asked.update
            noted(scope).outcome = outcome_of(error)
            response = _refusal(problem_of(error), asked, accept)
        response.headers.update(SHARED_HEADERS)
        await response(scope, receive, send)

    async def _respond(
        self, request: Request, asked: Asked, accept: str | None
    ) -> Response | Streamed:
        if asked.update is not None:
            return await self._updated(request, asked)
        if asked.query is None:
            return await self._described(request, asked, accept)
        plan = await self._planned(request, asked, accept)
        query = plan.question.text

        def page(answer: Answer) -> str:
            return sparql_page(query, answer=answer)

        if plan.services:
            return await self._federation.respond(plan, request, page)
        return await self._answering.respond(plan, request, page)

    async def _planned(
        self, request: Request, asked: Asked, accept: str | None
    ) -> Plan:
        def plan() -> Plan:
            return self._answering.planner.plan(
                asked,
                accept=accept,
                gzip=accepts_gzip(request.headers.get("accept-encoding")),
                base=_base(request),
            )

        if len(asked.query or "") <= _LONG_TEXT:
            return plan()
        # One at a time: each takes turns with all that this process does.
        return await to_thread.run_sync(plan, limiter=self._limiter)

    async def _described(
        self, request: Request, asked: Asked, accept: str | None
    ) -> Response:
        """Return the description of the service: what a bare GET asks for."""
        if request.method == "POST":
            raise ProblemError(_MISSING)
        if not asked.format and _prefers_page(accept):
            return HTMLResponse(sparql_page(), headers={"Vary": "Accept"})
        return await describe_endpoint(request, self._holdings)

    async def _updated(self, request: Request, asked: Asked) -> Response:
        writer, author = writer_for(request, self._holdings, door=_DOOR)
        dry_run = not self._holdings.is_plain and is_dry_run(request)
        receipt = await writer.update(
            asked.update or "",
            using_graphs=asked.default_graphs,
            using_named=asked.named_graphs,
            base=_base(request),
            author=author,
            dry_run=dry_run,
        )
        if self._holdings.is_plain:
            return Response(status_code=204)
        # The protocol leaves open what is said of an update that was made (2.2.4).
        return acknowledged(receipt, dry_run=dry_run)


def _base(request: Request) -> str:
    """Return what relative IRIs are relative to: the address of the endpoint."""
    return str(request.url.replace(query=""))


def accepts_gzip(header: str | None) -> bool:
    """Return whether the client reads gzip (RFC 9110, section 12.5.3)."""
    for element in (header or "").lower().split(","):
        name, _, parameters = element.strip().partition(";")
        if name in ("gzip", "x-gzip", "*"):
            _, _, quality = parameters.replace(" ", "").partition("q=")
            return quality not in ("0", "0.0", "0.00", "0.000")
    return False


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
