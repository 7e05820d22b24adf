"""Exchanges: one request by the express, and its answer as it arrives from a reader."""

from http import HTTPStatus
from time import monotonic
from typing import Protocol, cast

from starlette.responses import Response

from milgraph.errors import KnowledgeGraphError
from milgraph.readers import Job
from milgraph.service.answering import outcome_of
from milgraph.service.express import SHARED_HEAD, Express
from milgraph.service.plans import Plan
from milgraph.service.problems import problem_of, respond

__all__ = ["ANSWERED", "Exchange"]

# Bytes of an answer that a reader may make in memory at once the next time.
_SHORT = 16 * 1024


class _Transport(Protocol):
    def write(self, data: bytes) -> None: ...
    def writelines(self, lines: tuple[bytes, ...]) -> None: ...


class _Flow(Protocol):
    @property
    def write_paused(self) -> bool: ...


class _Connection(Protocol):
    """Where the request came from, and where its answer goes."""

    @property
    def transport(self) -> _Transport: ...
    @property
    def flow(self) -> _Flow: ...
    @property
    def peer(self) -> str: ...
    @property
    def date(self) -> bytes: ...
    def finished(self, exchange: "Exchange") -> None: ...
    def cut(self) -> None: ...


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

    def __init__(self, connection: _Connection, express: Express, plan: Plan) -> None:
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

    def begin(self, settled: int | None, if_none_match: bytes, accept: bytes) -> None:
        """Answer at once where the client has the answer, or ask a reader.

        `settled` is the generation of this moment, where it is known.
        """
        express, plan = self._express, self._plan
        self._accept = accept
        if settled is not None and if_none_match:
            if plan.matches(if_none_match.decode("latin-1"), settled):
                self._finish(304, self._head(b"304 Not Modified", settled, b""), b"")
                return
            if kept := express.answering.kept(plan, settled):
                self._answer(kept.body, settled, kept.rows)
                return
        try:
            self._job = express.answering.readers.submit(
                plan.question,
                self,
                client=self._connection.peer,
                settled=settled,
                message=plan.message,
            )
        except KnowledgeGraphError as error:
            self.failed(error)

    def whole(self, body: bytes, rows: int) -> None:
        """Send the whole answer."""
        generation = cast("Job", self._job).generation
        if len(body) < _SHORT:
            self._plan.expect_short()
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
            self.response_complete = True
            self._connection.cut()
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


ANSWERED = _Answered()


def _raw(response: Response) -> bytes:
    """Return the head of the response, but for the blank line at its end."""
    code = response.status_code
    status = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\n".encode()
    raw = b"".join(b"%s: %s\r\n" % pair for pair in response.raw_headers)
    return b"".join((status, SHARED_HEAD, raw))
