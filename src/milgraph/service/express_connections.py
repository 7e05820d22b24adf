"""Express connections: queries by GET answered where HTTP is parsed."""

import os
import re
import socket
import struct
from time import monotonic
from typing import Any, ClassVar, cast

from milgraph.service.connection import Connection
from milgraph.service.exchanges import ANSWERED, Exchange
from milgraph.service.express import LONGEST, TARGET, Express
from milgraph.service.plans import Plan

__all__ = ["ExpressConnection", "express_connection"]

# What would have to be looked at more closely than is done here.
_UNUSUAL = frozenset(
    (b"expect", b"authorization", b"transfer-encoding", b"x-forwarded-for")
)
_UPGRADE = re.compile(rb"(?<=\n)upgrade(?=[ \t]*:)", re.IGNORECASE)
_END_OF_LINE = b"\r\n"
_END_OF_HEAD = b"\r\n\r\n"
# As long as the name that it takes the place of.
_IGNORED = b"x-offer"
_LONGEST_LINE = 64 * 1024
# Linger on close for no time (`man 7 socket`): what is unsent is dropped, with a reset.
_RESET = struct.pack("ii", 1, 0)
# Requests of one connection behind the one that is being answered. To take in some
# thousands, which fit into what is received at once, would keep everybody waiting.
_MOST_WAITING = 128
_OK = b"HTTP/1.1 200 OK\r\n"
_GET = b"GET " + TARGET
_LINE = re.compile(rb"GET (/sparql\?[!-~]+) HTTP/1\.1")
# The headers of one request to their end, and nothing of the request behind it.
_HEADERS = re.compile(rb"(?:[^\r\n]+\r\n)+\r\n")


class ExpressConnection(Connection):
    """A connection that answers simple queries by itself."""

    express: Express
    _is_in_request = False
    _is_in_body = False
    _line = b""
    # All but the first line of a request that came whole, while it is parsed.
    _block: bytes | None = None
    _answered_at = 0.0
    # What is being answered here; another request may wait behind it.
    _exchange: Exchange | None = None
    _date: ClassVar[tuple[object, bytes]] = None, b""

    def data_received(self, data: bytes) -> None:
        """Parse what came, as if it had offered no other protocol.

        The parser drops the body of a request that offers one, such as HTTP/2 by
        `Upgrade: h2c`, which Java's client and others send along; a server may ignore
        the offer (RFC 9110, section 7.8).
        """
        if self._is_known(data):
            return
        while data and not self._is_in_body and not self.transport.is_closing():
            head, data = self._next_head(self._line + data)
            if head:
                super().data_received(head)
            elif not self._owed_since:
                # The parser has seen nothing of it, but the clock must run.
                self._owed_since = monotonic()
                self._is_in_head = True
        if data:
            super().data_received(data)

    def _is_known(self, data: bytes) -> bool:
        """Return whether the request differs in its address only from one parsed before.

        A client sends the same headers each time, and what they mean is known then.
        """
        self._block = None
        if not data.startswith(_GET) or self._line or self._is_in_request:
            return False
        line, _, block = data.partition(_END_OF_LINE)
        known = self.express.blocks.get(block)
        if known is None:
            self._block = block if _HEADERS.fullmatch(block) else None
            return False
        accept, encoding = known
        found = _LINE.fullmatch(line)
        if found is None or not self._may_be_taken(found[1]) or self.is_ending:
            return False
        plan = self.express.plan(found[1], accept, encoding)
        if plan is None:
            return False
        self._begin(plan, accept)
        return True

    def _next_head(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the next head without the offer, and what comes after it.

        Of a head that is not complete, the last line is kept back until it is.
        """
        # The lines before the blank one may have come, and been parsed, earlier.
        if data.startswith(_END_OF_LINE):
            end = len(_END_OF_LINE)
        elif (end := data.find(_END_OF_HEAD)) >= 0:
            end += len(_END_OF_HEAD)
        self._line = b""
        if end >= 0:
            head, rest = data[:end], data[end:]
        else:
            end = data.rfind(b"\n") + 1
            if len(data) - end < _LONGEST_LINE:
                self._line, data = data[end:], data[:end]
            head, rest = data, b""
        if b"upgrade" in head.lower():
            head = _UPGRADE.sub(_IGNORED, head)
        return head, rest

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

    def on_message_begin(self) -> None:
        """Take what comes for a part of this request."""
        self._is_in_request = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Answer here what can be answered here."""
        self._is_in_body = True
        if not self._is_taken():
            # Whoever must cut an answer short breaks the connection off.
            self.scope["milgraph.cut"] = self.cut  # type: ignore[typeddict-unknown-key]  # an extension of ours
            super().on_headers_complete()
            if len(self.pipeline) > _MOST_WAITING:
                self.transport.abort()

    def on_message_complete(self) -> None:
        """Expect another head."""
        self._is_in_request = self._is_in_body = False
        super().on_message_complete()

    def _is_taken(self) -> bool:
        """Return whether the request is answered here; then its answer has begun."""
        if (
            self.parser.get_method() != b"GET"
            or self.parser.get_http_version() != "1.1"
        ):
            return False
        if not self.url.startswith(TARGET) or not self._may_be_taken(self.url):
            return False
        seen = {b"accept": b"", b"accept-encoding": b"", b"if-none-match": b""}
        for name, value in self.headers:
            if name in seen:
                seen[name] = b", ".join((seen[name], value)) if seen[name] else value
            elif name in _UNUSUAL or (name == b"content-length" and value != b"0"):
                return False
        accept, encoding, if_none_match = seen.values()
        plan = self.express.plan(self.url, accept, encoding)
        if plan is None:
            return False
        keep_alive = self.parser.should_keep_alive() and not self.is_ending
        if self._block is not None and keep_alive and not if_none_match:
            self.express.remember(self._block, accept, encoding)
        self._begin(plan, accept, if_none_match=if_none_match, keep_alive=keep_alive)
        return True

    def _may_be_taken(self, target: bytes) -> bool:
        cycle = cast("Any", self.cycle)
        return (
            (cycle is None or cycle.response_complete)
            and self.express.limit is None
            and len(target) < LONGEST
            # What nobody reads must wait, which the application knows how to do.
            and not self.flow.write_paused
        )

    def _begin(
        self,
        plan: Plan,
        accept: bytes,
        *,
        if_none_match: bytes = b"",
        keep_alive: bool = True,
    ) -> None:
        """Begin to answer: from the cache at once, or by a reader."""
        self._is_in_head = False
        self._owed_since = 0.0
        settled = self.express.answering.readers.settled
        if keep_alive and not if_none_match:
            sent = self.express.known(plan, settled)
            if sent is not None:
                self.cycle = cast("Any", ANSWERED)
                self.transport.write(b"".join((_OK, self.date, sent)))
                self.express.note(plan, self.peer, 200, 0.0, len(sent), "cached")
                self._complete()
                return
        exchange = Exchange(self, self.express, plan)
        exchange.keep_alive = keep_alive
        self._exchange = exchange
        self.cycle = cast("Any", exchange)
        exchange.begin(settled, if_none_match, accept)

    def cut(self) -> None:
        """Break the connection off, so that what was sent is not taken for the whole.

        It is reset: to a client of HTTP/1.0 an orderly close is the end of the answer.
        """
        descriptor = self.transport.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(descriptor)) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def finished(self, exchange: Exchange) -> None:
        """Go on to the next request, or close where there is to be none."""
        self._exchange = None
        if not exchange.keep_alive or self.is_ending:
            self.transport.close()
        self._complete()

    def _complete(self) -> None:
        """Wait for the next request; the clock for that is set once, not for each."""
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None or self.pipeline:
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, unless something was answered meanwhile."""
        idle = self.loop.time() - self._answered_at
        if self.is_answering or idle < self.timeout_keep_alive - 1:
            rest = max(1.0, self.timeout_keep_alive - idle)
            self.timeout_keep_alive_task = self.loop.call_later(
                rest, self.timeout_keep_alive_handler
            )
            return
        super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the work for a client that has left."""
        super().connection_lost(exc)
        if self._exchange is not None:
            self._exchange.left()

    def resume_writing(self) -> None:
        """Let the reader go on, once the client has read."""
        super().resume_writing()
        if self._exchange is not None:
            self._exchange.resumed()


def express_connection(express: Express) -> type[Connection]:
    """Return the connections of a server that answers by the express."""
    return type("BoundConnection", (ExpressConnection,), {"express": express})
