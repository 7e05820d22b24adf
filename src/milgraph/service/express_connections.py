"""Express connections: queries by GET answered where HTTP is parsed."""

import re
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
_OK = b"HTTP/1.1 200 OK\r\n"


class ExpressConnection(Connection):
    """A connection that answers simple queries by itself."""

    express: Express
    _is_in_body = False
    _line = b""
    # What is being answered here; another request may wait behind it.
    _exchange: Exchange | None = None
    _date: ClassVar[tuple[object, bytes]] = None, b""

    def data_received(self, data: bytes) -> None:
        """Parse what came, as if it had offered no other protocol.

        The parser drops the body of a request that offers one, such as HTTP/2 by
        `Upgrade: h2c`, which Java's client and others send along; a server may ignore
        the offer (RFC 9110, section 7.8).
        """
        while data and not self._is_in_body and not self.transport.is_closing():
            head, data = self._next_head(self._line + data)
            if head:
                super().data_received(head)
        if data:
            super().data_received(data)

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
        settled = self.express.answering.readers.settled
        if (
            keep_alive
            and not if_none_match
            and (sent := self.express.known(plan, settled))
        ):
            self._send_known(plan, sent)
            return True
        exchange = Exchange(self, self.express, plan)
        exchange.keep_alive = keep_alive
        self._exchange = exchange
        self.cycle = cast("Any", exchange)
        exchange.begin(settled, if_none_match, accept)
        return True

    def _send_known(self, plan: Plan, sent: bytes) -> None:
        """Send an answer from the cache, for which there is nothing to wait."""
        self.cycle = cast("Any", ANSWERED)
        self.transport.write(b"".join((_OK, self.date, sent)))
        self.express.note(plan, self.peer, 200, 0.0, len(sent), "cached")
        self.on_response_complete()

    def _may_be_taken(self) -> bool:
        cycle = cast("Any", self.cycle)
        return (
            self.url.startswith(TARGET)
            and self.parser.get_method() == b"GET"
            and (cycle is None or cycle.response_complete)
            and self.express.limit is None
            and len(self.url) < LONGEST
            # What nobody reads must wait, which the application knows how to do.
            and not self.flow.write_paused
            and self.parser.get_http_version() == "1.1"
        )

    def finished(self, exchange: Exchange) -> None:
        """Go on to the next request, or close where there is to be none."""
        self._exchange = None
        if not exchange.keep_alive or self.is_ending:
            self.transport.close()
        self.on_response_complete()

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
