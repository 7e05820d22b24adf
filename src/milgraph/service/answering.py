"""Answering: a plan becomes a response, from the cache or from a reader, whole or streamed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message, Receive, Scope, Send

from milgraph.answers import Answer
from milgraph.errors import BusyError, KnowledgeGraphError, LimitError
from milgraph.readers import Job
from milgraph.service.cache import AnswerCache, Cached
from milgraph.service.holdings import Holdings
from milgraph.service.observation import noted
from milgraph.service.plans import Plan, Planner
from milgraph.service.problems import problem_of
from milgraph.sparql import GRAPH_FORMS

__all__ = ["GZIP_MAGIC", "Answering", "Streamed", "outcome_of", "unless_left"]

# The forms whose answer no limit of rows cuts.
_WHOLE = GRAPH_FORMS | {"EXPORT"}
_VARY = "Accept, Accept-Encoding"
GZIP_MAGIC = b"\x1f\x8b"
# Pages are made in this process, whose time is everybody's; a long one in a thread.
_LONG_PAGE = 64 * 1024
_LARGEST_PAGE = 4 * 1024 * 1024
_TOO_LARGE_A_PAGE = LimitError(
    "the answer is too long for a page",
    limit="output",
    hint="Add format=csv or format=json to the address, or ask for fewer rows by LIMIT.",
)


def outcome_of(error: KnowledgeGraphError | None) -> str:
    """Return how a query ended, as logs and metrics name it."""
    if error is None:
        return "ok"
    if isinstance(error, LimitError):
        return error.limit
    named = {403: "refused", 503: "busy", 400: "syntax"}
    return named.get(problem_of(error).status, "error")


class Answering:
    """Everything that takes part in an answer, for whoever has a plan."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings
        self.readers = holdings.readers
        self.planner = Planner(holdings.settings)
        self.cache = AnswerCache(holdings.settings.cache)
        self._rows = holdings.settings.limits.rows

    def kept(self, plan: Plan, generation: int | None) -> Cached | None:
        """Return the answer from the cache, if the state is known and it is there."""
        if generation is None or plan.key is None:
            return None
        return self.cache.get(plan.key, generation)

    def keep(self, plan: Plan, generation: int, body: bytes, rows: int) -> None:
        """Let later requests have the answer."""
        if plan.key is not None:
            self.cache.put(plan.key, generation, Cached(body, rows))

    def headers(self, plan: Plan, generation: int, first: bytes) -> dict[str, str]:
        """Return what the head of the response says, whose body begins with `first`."""
        kind = plan.offer.media_type
        text = kind.startswith("text/")
        headers = {
            "content-type": f"{kind}; charset=utf-8" if text else kind,
            "vary": _VARY,
            "cache-control": "no-store" if plan.key is None else "no-cache",
        }
        if etag := plan.etag(generation):
            headers["etag"] = etag
        if first.startswith(GZIP_MAGIC):
            headers["content-encoding"] = "gzip"
        if self._rows is not None and plan.form not in _WHOLE:
            headers["row-limit"] = str(self._rows)
        return headers

    async def page(self, plan: Plan, written: Callable[[Answer], str]) -> Response:
        """Return the answer as a page for people.

        Raises:
            QueryError: the evaluation fails.
        """
        try:
            body = await self.readers.answer(plan.question, most=_LARGEST_PAGE)
        except LimitError as error:
            raise (_TOO_LARGE_A_PAGE if error.limit == "output" else error) from None

        def html() -> str:
            answer = Answer.of_results(body)
            if plan.form in GRAPH_FORMS:
                answer = replace(answer, is_table_of_triples=True)
            return written(answer)

        is_long = len(body) > _LONG_PAGE
        text = await to_thread.run_sync(html) if is_long else html()
        return HTMLResponse(text, headers={"Vary": _VARY})

    async def respond(
        self,
        plan: Plan,
        request: Request,
        written: Callable[[Answer], str],
    ) -> "Response | Streamed":
        """Return the answer as a response: a page that is written, or a stream.

        Raises:
            QueryError: the evaluation fails before the first bytes.
        """
        known = noted(request.scope)
        known.query, known.form = plan.question.text, plan.form
        try:
            if plan.is_page:
                response: Response | Streamed = await self.page(plan, written)
            else:
                streamed = Streamed(self, plan, request)
                await unless_left(request, streamed.begin, streamed.give_up)
                response = streamed
        except KnowledgeGraphError as error:
            known.outcome = outcome_of(error)
            raise
        known.outcome = "ok"
        return response


class Streamed:
    """An answer that is sent as it is evaluated.

    `begin` waits for the first bytes or the error, so that the status tells the truth.
    """

    def __init__(self, answering: Answering, plan: Plan, request: Request) -> None:
        self._answering = answering
        self._plan = plan
        self._if_none_match = request.headers.get("if-none-match")
        self._noted = noted(request.scope)
        self._client = request.client.host if request.client else ""
        self._arrived: asyncio.Queue[tuple[bytes, bool] | KnowledgeGraphError] = (
            asyncio.Queue()
        )
        self._job: Job | None = None
        self._first: tuple[bytes, bool] = b"", True
        self._rows = -1
        self._generation = 0
        self._status = HTTPStatus.OK
        self.headers: dict[str, str] = {}

    async def begin(self) -> None:
        """Wait until it is known that there is an answer.

        Raises:
            QueryError: there is none.
        """
        answering, plan = self._answering, self._plan
        settled = answering.readers.settled
        if settled is not None and plan.matches(self._if_none_match, settled):
            self._generation = settled
            self._status = HTTPStatus.NOT_MODIFIED
        elif found := answering.kept(plan, settled):
            self._generation = settled or 0
            self._first, self._rows = (found.body, True), found.rows
        else:
            self._job = answering.readers.submit(
                plan.question, self, client=self._client
            )
            await self._wait_for_first()
        first = self._first[0]
        self.headers |= answering.headers(plan, self._generation, first)

    async def _wait_for_first(self) -> None:
        first = await self._arrived.get()
        if isinstance(first, KnowledgeGraphError):
            raise first
        self._first = first
        if self._job is not None:
            self._generation = self._job.generation
        if first[1]:
            self._answering.keep(self._plan, self._generation, first[0], self._rows)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; a stream that must be cut is cut, never ended."""
        body, is_last = self._first
        if is_last and self._status != HTTPStatus.NOT_MODIFIED:
            self.headers["content-length"] = str(len(body))
        raw = [(n.encode(), v.encode("latin-1")) for n, v in self.headers.items()]
        status = int(self._status)
        start: Message = {"type": "http.response.start", "status": status}
        try:
            await send({**start, "headers": raw})
            await send(_body(body, more=not is_last))
            while not is_last:
                arrived = await self._arrived.get()
                if isinstance(arrived, KnowledgeGraphError):
                    self._noted.outcome = outcome_of(arrived)
                    await _cut(scope, receive)
                    return
                body, is_last = arrived
                await send(_body(body, more=not is_last))
                if self._job is not None and self._arrived.qsize() < _FEW:
                    self._answering.readers.resume(self._job)
        finally:
            # Where the client left, the work ends; where all was sent, it has ended.
            self.give_up()
            self._noted.rows = None if self._rows < 0 else self._rows
            self._noted.generation = self._generation

    def whole(self, body: bytes, rows: int) -> None:
        """Take the whole answer."""
        self._rows = rows
        self._arrived.put_nowait((body, True))

    def part(self, body: bytes) -> None:
        """Take the next part, and let the reader wait while nobody reads them."""
        self._arrived.put_nowait((body, False))
        if self._job is not None and self._arrived.qsize() >= _MANY:
            self._answering.readers.pause(self._job)

    def last(self, body: bytes, rows: int) -> None:
        """Take the last part."""
        self._rows = rows
        self._arrived.put_nowait((body, True))

    def failed(self, error: KnowledgeGraphError) -> None:
        """Take notice that there is no more."""
        self._arrived.put_nowait(error)

    def give_up(self) -> None:
        """End the work, if it still goes on: the client has left."""
        if self._job is not None and self._answering.readers.cancel(self._job.number):
            self._noted.outcome = "left"


# Parts that wait in this process for a slow client: a reader waits beyond the first
# number, and goes on below the second.
_MANY = 64
_FEW = 16


def _body(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _cut(scope: Scope, receive: Receive) -> None:
    """Break the connection off, so that no client takes what it has for the whole."""
    cut = scope.get("milgraph.cut")
    if cut is not None:
        cut()
        # The server learns of the end of the connection in its next turns.
        while (await receive())["type"] != "http.disconnect":
            pass


async def unless_left(
    request: Request,
    begin: Callable[[], Awaitable[object]],
    give_up: Callable[[], object],
) -> None:
    """Wait for the beginning of an answer, and end the work when the client leaves.

    Raises:
        BusyError: the client has left; nobody reads it.
    """
    beginning = asyncio.ensure_future(begin())
    try:
        await asyncio.wait([beginning], timeout=_BEFORE_LISTENING)
        if not beginning.done():
            listening = asyncio.ensure_future(_left(request))
            await asyncio.wait(
                [beginning, listening], return_when=asyncio.FIRST_COMPLETED
            )
            listening.cancel()
    finally:
        if not beginning.done():
            give_up()
            beginning.cancel()
    if beginning.cancelled() or not beginning.done():
        raise BusyError("the client has left")
    beginning.result()


# Most answers are there before it pays to look whether the client still is.
_BEFORE_LISTENING = 0.05


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
