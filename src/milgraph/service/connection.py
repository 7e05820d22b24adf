"""Connections: HTTP/1.1 with bounds on how long a client may let the server wait."""

import asyncio
import json
from http import HTTPStatus
from operator import itemgetter
from time import monotonic
from typing import cast

from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

__all__ = ["Connection", "State", "refusal"]

# A request has to begin, and its head to be there, within these seconds; its body may
# take longer by the time that so many bytes a second need, and never pause for longer.
_PATIENCE = 10.0
_SLOWEST = 1024
_LONGEST_PAUSE = 20.0
# An answer of which nothing is read for so long is not wanted.
_LONGEST_UNREAD = 60.0
# Longer ones are posted.
_LONGEST_HEAD = 128 * 1024
# When all connections are taken, those that only wait for longer than this make room.
_YOUNGEST_TO_CLOSE = 1.0


class State(ServerState):
    """What the connections of a server share, and how many there may be."""

    def __init__(self, most: int = 4096) -> None:
        super().__init__()
        self.most = most


def refusal(status: HTTPStatus, detail: str) -> bytes:
    """Return a whole answer that says why the connection ends (RFC 9457)."""
    told = {"title": status.phrase, "status": int(status), "detail": detail}
    body = json.dumps(told).encode()
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\n"
        "content-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


class Connection(HttpToolsProtocol):
    """A connection that ends when its client takes too long, or sends too much.

    `check` has to be called about once a second; per request, the bounds cost some
    assignments. Whoever answers requests by other means than the application says so by
    `is_answering`, and closes the transport afterwards where `is_ending`.
    """

    is_ending = False
    # Since when the client owes a part of a request; zero while it owes nothing.
    _owed_since = 0.0
    _is_in_head = True
    _received = 0
    _received_at = 0.0
    _unsent = 0
    _unsent_since = 0.0

    @property
    def is_answering(self) -> bool:
        """Whether a request was received whole, and its answer is not complete."""
        return self._pending is not None

    @property
    def _pending(self) -> RequestResponseCycle | None:
        """The request that the application answers; there is none before the first."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def idle_for(self, now: float) -> float:
        """Return for how long nothing was asked and nothing answered, as far as known."""
        if self.is_answering:
            return 0.0
        return now - self._owed_since if self._owed_since else _YOUNGEST_TO_CLOSE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn does
        """Begin to wait for a request, where there is room for another connection."""
        super().connection_made(transport)
        self._owed_since = monotonic()
        most = getattr(self.server_state, "most", 0)
        if most and len(self.connections) > most and not self._make_room():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many are connected")

    def _make_room(self) -> bool:
        """Close connections that only wait, and return whether there were any."""
        now = monotonic()
        waiting = [
            (seconds, one)
            for one in self.connections
            if isinstance(one, Connection)
            and (seconds := one.idle_for(now)) >= _YOUNGEST_TO_CLOSE
        ]
        waiting.sort(key=itemgetter(0), reverse=True)
        # The half that waits longest at once, since looking for them costs time.
        for _, one in waiting[: len(waiting) // 2 + 1]:
            self.connections.discard(one)
            one.transport.abort()
        return bool(waiting)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and refuse a head that does not end."""
        super().data_received(data)
        if self._is_unattended:
            # Bytes came that begin no request, and ended the wait for the next one.
            self._owed_since = monotonic()
            self._is_in_head = True
            self._received = 0
        if self._owed_since:
            now = monotonic()
            self._received += len(data)
            self._received_at = now
            if self._is_in_head and self._received > _LONGEST_HEAD:
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "the address and the headers are too long; POST the query",
                )

    @property
    def _is_unattended(self) -> bool:
        """Whether nothing would ever end the connection."""
        return (
            self.timeout_keep_alive_task is None
            and not self._owed_since
            and not self.is_answering
            and not self.transport.is_closing()
        )

    def on_message_begin(self) -> None:
        """Wait for the rest of the request from now on."""
        super().on_message_begin()
        self._owed_since = self._received_at = monotonic()
        self._is_in_head = True
        self._received = 0

    def on_headers_complete(self) -> None:
        """Wait for the body, if there is one."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for nothing."""
        self._owed_since = 0.0
        super().on_message_complete()

    def check(self, now: float) -> None:
        """End the connection where the client has let the server wait for too long."""
        if self._is_unread(now):
            self.transport.abort()
        if not self._owed_since or self.transport.is_closing():
            return
        if self.flow.read_paused or self._has_to_ask:
            # It is the application that lets the client wait.
            self._owed_since = self._received_at = now
            self._received = 0
            return
        waited = now - self._owed_since
        if self._is_in_head:
            is_late = waited > _PATIENCE
        else:
            is_late = (
                waited > _PATIENCE + self._received / _SLOWEST
                or now - self._received_at > _LONGEST_PAUSE
            )
        if is_late:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request took too long")

    @property
    def _has_to_ask(self) -> bool:
        """Whether the client waits to be told to go on (RFC 9110, section 10.1.1)."""
        pending = None if self._is_in_head else self._pending
        return pending is not None and pending.waiting_for_100_continue

    def _is_unread(self, now: float) -> bool:
        """Return whether nothing of an answer was read for too long."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return unsent > 0 and now - self._unsent_since > _LONGEST_UNREAD

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Say why, where that can be taken for nothing else, and close."""
        pending = self._pending
        is_clear = pending is None or not pending.response_started
        if is_clear and (self._received or status is not HTTPStatus.REQUEST_TIMEOUT):
            self.transport.write(refusal(status, detail))
        self._owed_since = 0.0
        self.transport.close()

    def shutdown(self) -> None:
        """Finish what is being answered, and close."""
        self.is_ending = True
        if not self.is_answering:
            self.transport.close()
        elif pending := self._pending:
            pending.keep_alive = False
