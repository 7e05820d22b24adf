"""Express: queries by GET answered at the HTTP protocol, before any framework runs.

A framework costs more than a short query does. Only what is simple is answered here: a
GET of `/sparql` with a query that was read before, or can be read at once. Everything
else goes the whole way, and the two give the same answers.
"""

import re
from collections import OrderedDict
from http import HTTPStatus
from time import monotonic
from typing import Any, ClassVar, cast

from starlette.responses import Response

from milgraph.errors import KnowledgeGraphError
from milgraph.readers import Job
from milgraph.service.access import RateLimit, client_of
from milgraph.service.answering import Answering, outcome_of
from milgraph.service.connection import Connection
from milgraph.service.endpoint import SHARED_HEADERS, accepts_gzip
from milgraph.service.journal import Entry, Journal
from milgraph.service.metrics import Metrics
from milgraph.service.plans import Plan, has_relative_iri
from milgraph.service.problems import ProblemError, problem_of, respond
from milgraph.service.protocol import read_address
from milgraph.service.safeguards import HEADERS

__all__ = ["Express", "express_connection"]

_TARGET = b"/sparql?"
_ROUTE = "/sparql"
# Plans of requests that were seen before: their number, and the longest address.
_PLANS_KEPT = 8192
_LONGEST = 8192
# What would have to be looked at more closely than is done here.
_UNUSUAL = frozenset(
    (b"expect", b"authorization", b"transfer-encoding", b"x-forwarded-for")
)
_HEAD = "".join(
    f"{name.lower()}: {value}\r\n" for name, value in (HEADERS | SHARED_HEADERS).items()
).encode("latin-1")
_UPGRADE = re.compile(rb"(?<=\n)upgrade(?=[ \t]*:)", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"
# As long as the name that it takes the place of.
_IGNORED = b"x-offer"
_LONGEST_LINE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_OK = b"HTTP/1.1 200 OK\r\n"


class Express:
    """What the connections of one server share: plans, counters, limits."""

    def __init__(
        self,
        answering: Answering,
        *,
        metrics: Metrics,
        journal: Journal,
        limit: RateLimit | None,
    ) -> None:
        self.answering = answering
        self.metrics = metrics
        self.journal = journal
        self.limit = limit
        self._plans: OrderedDict[tuple[bytes, bytes, bytes], Plan | None] = (
            OrderedDict()
        )
        self._heads: dict[tuple[str, int, bool], bytes] = {}

    def plan(self, target: bytes, accept: bytes, encoding: bytes) -> Plan | None:
        """Return the plan of the request, if it is one to be answered here."""
        key = target, accept, encoding
        try:
            return self._plans[key]
        except KeyError:
            plan = self._made(target, accept, encoding)
        if len(target) + len(accept) + len(encoding) < _LONGEST:
            self._plans[key] = plan
            if len(self._plans) > _PLANS_KEPT:
                self._plans.popitem(last=False)
        return plan

    def head(self, plan: Plan, generation: int, first: bytes) -> bytes:
        """Return the headers of an answer that begins with `first`."""
        key = plan.tag, generation, first[:2] == _GZIP_MAGIC
        found = self._heads.get(key)
        if found is None:
            told = self.answering.headers(plan, generation, first)
            lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            if len(self._heads) >= _PLANS_KEPT:
                self._heads.clear()
            found = self._heads[key] = _HEAD + lines.encode("latin-1")
        return found

    def known(self, plan: Plan) -> bytes | None:
        """Return the answer from the cache as it is sent, but for its first lines."""
        settled = self.answering.readers.settled
        kept = self.answering.kept(plan, settled)
        if kept is None or settled is None:
            return None
        if kept.sent is None:
            head = self.head(plan, settled, kept.body)
            kept.sent = b"%scontent-length: %d\r\n\r\n%s" % (
                head,
                len(kept.body),
                kept.body,
            )
        return kept.sent

    def note(  # noqa: PLR0913 - an entry has so many members
        self,
        plan: Plan,
        peer: str,
        status: int,
        seconds: float,
        size: int,
        outcome: str,
        *,
        rows: int = -1,
    ) -> None:
        """Count the query, and tell the journal where it is kept."""
        self.metrics.request(_ROUTE, status)
        self.metrics.query(outcome, seconds, size)
        if self.journal.wants(seconds):
            self.journal.enter(
                Entry(
                    client=client_of(peer),
                    method="GET",
                    path=_ROUTE,
                    status=status,
                    seconds=seconds,
                    size=size,
                    outcome=outcome,
                    query=plan.question.text,
                    form=plan.form,
                    rows=None if rows < 0 else rows,
                    generation=self.answering.readers.generation,
                )
            )

    def _made(self, target: bytes, accept: bytes, encoding: bytes) -> Plan | None:
        try:
            asked = read_address(target[len(_TARGET) :])
            if asked.query is None:
                return None
            plan = self.answering.planner.plan(
                asked,
                accept=accept.decode("latin-1") or None,
                gzip=accepts_gzip(encoding.decode("latin-1")),
            )
        except (KnowledgeGraphError, ProblemError):
            # What is wrong is told by the endpoint, which says it to people as well.
            return None
        if plan.is_page or plan.services or has_relative_iri(plan.question.text):
            return None
        return plan


class Exchange:
    """One request and its answer; to the server it looks like a cycle of its own."""

    __slots__ = (
        "_accept",
        "_connection",
        "_express",
        "_has_begun",
        "_job",
        "_plan",
        "_since",
        "_size",
        "disconnected",
        "keep_alive",
        "message_event",
        "more_body",
        "response_complete",
        "response_started",
    )

    def __init__(
        self, connection: "ExpressConnection", express: Express, plan: Plan
    ) -> None:
        self._connection = connection
        self._express = express
        self._plan = plan
        self._accept: bytes = b""
        self._job: Job | None = None
        self._since = monotonic()
        self._size = 0
        self._has_begun = False
        self.keep_alive = True
        self.disconnected = False
        self.more_body = False
        self.response_started = False
        self.response_complete = False
        self.message_event = _SILENT

    def begin(self, if_none_match: bytes, accept: bytes) -> None:
        """Answer at once where the answer is known, or ask a reader."""
        express, plan = self._express, self._plan
        answering = express.answering
        self._accept = accept
        settled = answering.readers.settled
        if settled is not None and plan.key is not None:
            if if_none_match and plan.matches(if_none_match.decode("latin-1"), settled):
                self._finish(304, self._head(b"304 Not Modified", settled, b""), b"")
                return
            if kept := answering.kept(plan, settled):
                self._answer(kept.body, settled, kept.rows)
                return
        try:
            self._job = answering.readers.submit(
                plan.question, self, client=self._connection.peer
            )
        except KnowledgeGraphError as error:
            self.failed(error)

    def whole(self, body: bytes, rows: int) -> None:
        """Send the whole answer."""
        generation = cast("Job", self._job).generation
        self._express.answering.keep(self._plan, generation, body, rows)
        self._answer(body, generation, rows)

    def part(self, body: bytes) -> None:
        """Send a part; the reader waits while the client does not read."""
        if self.disconnected:
            return
        transport = self._connection.transport
        if not self._has_begun:
            self._has_begun = self.response_started = True
            generation = cast("Job", self._job).generation
            head = self._head(b"200 OK", generation, body)
            transport.write(head + b"transfer-encoding: chunked\r\n\r\n")
        self._size += len(body)
        transport.writelines((b"%x\r\n" % len(body), body, b"\r\n"))
        if self._connection.flow.write_paused:
            self._express.answering.readers.pause(cast("Job", self._job))

    def last(self, body: bytes, rows: int) -> None:
        """Send the last part, and with it that it is the last."""
        if body:
            self.part(body)
        self._finish(200, b"0\r\n\r\n", b"", rows=rows)

    def failed(self, error: KnowledgeGraphError) -> None:
        """Send the problem; if something was sent already, break the connection off."""
        outcome = outcome_of(error)
        if self._has_begun:
            self._connection.transport.abort()
            self._note(200, outcome, -1)
            return
        response = respond(problem_of(error), self._accept.decode("latin-1") or None)
        body = bytes(response.body)
        self._finish(response.status_code, _raw(response), body, outcome=outcome)

    def resumed(self) -> None:
        """Go on: the client reads again."""
        if self._job is not None:
            self._express.answering.readers.resume(self._job)

    def left(self) -> None:
        """End the work: the client has left."""
        self.disconnected = True
        if self._job is not None and not self.response_complete:
            self._express.answering.readers.cancel(self._job.number)
            self._note(499, "left", -1)

    def _answer(self, body: bytes, generation: int, rows: int) -> None:
        head = self._head(b"200 OK", generation, body)
        head += b"content-length: %d\r\n" % len(body)
        self._finish(200, head, body, rows=rows)

    def _head(self, status: bytes, generation: int, first: bytes) -> bytes:
        head = self._express.head(self._plan, generation, first)
        return b"".join((b"HTTP/1.1 ", status, b"\r\n", self._connection.date, head))

    def _finish(
        self,
        status: int,
        head: bytes,
        body: bytes,
        *,
        rows: int = -1,
        outcome: str = "ok",
    ) -> None:
        self.response_started = self.response_complete = True
        self._size += len(body)
        if not self.disconnected:
            end = b"" if self._has_begun else b"\r\n"
            if not self.keep_alive and not self._has_begun:
                end = b"connection: close\r\n\r\n"
            self._connection.transport.write(b"".join((head, end, body)))
        self._note(status, outcome, rows)
        self._connection.finished(self)

    def _note(self, status: int, outcome: str, rows: int) -> None:
        seconds = monotonic() - self._since
        peer = self._connection.peer
        self._express.note(
            self._plan, peer, status, seconds, self._size, outcome, rows=rows
        )


class _Silent:
    """What the server sets when a part of a request arrives; nobody waits for it."""

    def set(self) -> None:
        """Do nothing."""


_SILENT = _Silent()


class _Answered:
    """The cycle of a request that was answered when it was read."""

    response_complete = True
    response_started = True
    disconnected = False
    keep_alive = True
    message_event = _SILENT


_ANSWERED: Any = _Answered()


def _raw(response: Response) -> bytes:
    """Return the head of the response, but for the blank line at its end."""
    code = response.status_code
    status = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\n".encode()
    raw = b"".join(b"%s: %s\r\n" % pair for pair in response.raw_headers)
    return b"".join((status, _HEAD, raw))


class ExpressConnection(Connection):
    """A connection that answers simple queries by itself."""

    express: Express
    _is_in_body = False
    _line = b""
    _date: ClassVar[tuple[object, bytes]] = None, b""

    def data_received(self, data: bytes) -> None:
        """Parse what came, as if it had offered no other protocol.

        The parser drops the body of a request that offers one, such as HTTP/2 by
        `Upgrade: h2c`, which Java's client and others send along; a server may ignore
        the offer (RFC 9110, section 7.8).
        """
        if not self._is_in_body:
            data = self._without_offer(self._line + data)
        super().data_received(data)

    def _without_offer(self, data: bytes) -> bytes:
        """Return the lines of the head that are complete, keeping back the last one."""
        end = data.find(_END_OF_HEAD)
        self._line = b""
        if end < 0:
            end = data.rfind(b"\n") + 1
            if len(data) - end < _LONGEST_LINE:
                data, self._line = data[:end], data[end:]
            end = len(data)
        head = data[:end]
        if b"pgrade" not in head and b"PGRADE" not in head:
            return data
        return _UPGRADE.sub(_IGNORED, head) + data[end:]

    @property
    def peer(self) -> str:
        """The address of the client."""
        return self.client[0] if self.client else ""

    @property
    def date(self) -> bytes:
        """The header that tells the time, made once a second by the server."""
        # Made anew by the server once a second.
        headers = self.server_state.default_headers
        made_from, date = ExpressConnection._date
        if made_from is not headers:
            date = b"".join(b"%s: %s\r\n" % pair for pair in headers)
            ExpressConnection._date = headers, date
        return date

    def on_headers_complete(self) -> None:
        """Answer here what can be answered here."""
        self._is_in_body = True
        if not self._is_taken():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect another head."""
        self._is_in_body = False
        super().on_message_complete()

    def _is_taken(self) -> bool:
        """Return whether the request is answered here; then its answer has begun."""
        if not self._may_be_taken():
            return False
        seen = {b"accept": b"", b"accept-encoding": b"", b"if-none-match": b""}
        for name, value in self.headers:
            if name in seen:
                seen[name] = b", ".join((seen[name], value)) if seen[name] else value
            elif name in _UNUSUAL or (name == b"content-length" and value != b"0"):
                return False
        accept = seen[b"accept"]
        plan = self.express.plan(self.url, accept, seen[b"accept-encoding"])
        if plan is None:
            return False
        self._is_in_head = False
        self._owed_since = 0.0
        keep_alive = self.parser.should_keep_alive() and not self.is_ending
        if_none_match = seen[b"if-none-match"]
        if keep_alive and not if_none_match and (sent := self.express.known(plan)):
            self._send_known(plan, sent)
            return True
        exchange = Exchange(self, self.express, plan)
        exchange.keep_alive = keep_alive
        self.cycle = cast("Any", exchange)
        exchange.begin(if_none_match, accept)
        return True

    def _send_known(self, plan: Plan, sent: bytes) -> None:
        """Send an answer from the cache, for which there is nothing to wait."""
        self.cycle = _ANSWERED
        self.transport.write(b"".join((_OK, self.date, sent)))
        self.express.note(plan, self.peer, 200, 0.0, len(sent), "cached")
        self.on_response_complete()

    def _may_be_taken(self) -> bool:
        cycle = cast("Any", self.cycle)
        return (
            self.url.startswith(_TARGET)
            and self.parser.get_method() == b"GET"
            and (cycle is None or cycle.response_complete)
            and self.express.limit is None
            and self.parser.get_http_version() == "1.1"
        )

    def finished(self, exchange: Exchange) -> None:
        """Go on to the next request, or close where there is to be none."""
        if not exchange.keep_alive or self.is_ending:
            self.transport.close()
        self.on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the work for a client that has left."""
        exchange = cast("Any", self.cycle)
        super().connection_lost(exc)
        if isinstance(exchange, Exchange):
            exchange.left()

    def resume_writing(self) -> None:
        """Let the reader go on, once the client has read."""
        super().resume_writing()
        exchange = cast("Any", self.cycle)
        if isinstance(exchange, Exchange):
            exchange.resumed()


def express_connection(express: Express) -> type[Connection]:
    """Return the connections of a server that answers by the express."""
    return type("BoundConnection", (ExpressConnection,), {"express": express})
