"""Forwarding: SERVICE clauses reach listed endpoints through one address on loopback.

The engine follows redirects, has no limits and looks at no address. So the process that
evaluates a query can reach this forwarder and nothing else, and the query names it in
the place of each endpoint: `http://127.0.0.1:PORT/SECRET/N`.
"""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Self

from milgraph.errors import KnowledgeGraphError, QueryError, StoreError
from milgraph.fetching import Call, Fetcher
from milgraph.hazards import check_json, check_xml
from milgraph.settings import Settings

__all__ = ["Forwarder", "ForwardingLimits"]

_ACCEPT = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
_QUERY = "application/sparql-query"
_JSON = "application/sparql-results+json"
_XML = "application/sparql-results+xml"
_ANSWERS = {
    _JSON: _JSON,
    "application/json": _JSON,
    _XML: _XML,
    "application/xml": _XML,
    "text/xml": _XML,
}
_LONGEST_HEAD = 16 * 1024
_LONGEST_BODY = 1024 * 1024
_SECONDS_FOR_REQUEST = 10.0
_THREADS = 2
_REQUEST = re.compile(
    rb"POST /(?P<secret>[\w-]{20,100})/(?P<number>[0-9]{1,4}) HTTP/1\.[01]\r\n"
)
_LENGTH = re.compile(
    rb"^content-length:[ \t]*([0-9]{1,8})[ \t]*\r$", re.IGNORECASE | re.MULTILINE
)
_TYPE = re.compile(
    rb"^content-type:[ \t]*application/sparql-query\b", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class ForwardingLimits:
    """What SERVICE clauses may use.

    `seconds` and `size` (bytes) of one answer; requests at once of one query and
    of all; `calls` of one query, which may call an endpoint for each of its rows.
    """

    seconds: float = 20.0
    size: int = 16 * 1024 * 1024
    per_query: int = 4
    in_all: int = 16
    calls: int = 100

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the limits with those of the settings."""
        return cls(settings.service_time_limit, settings.service_size_limit)


@dataclass(slots=True)
class _Registration:
    """The endpoints that one query may call, and how that has gone so far."""

    endpoints: Sequence[str]
    at_once: asyncio.Semaphore
    calls: int = 0
    failure: str | None = None
    tasks: set[asyncio.Task[bytes]] = field(default_factory=set)


class Forwarder:
    """What stands between the queries and the endpoints they call."""

    def __init__(
        self,
        services: frozenset[str],
        limits: ForwardingLimits | None = None,
        *,
        fetcher: Fetcher | None = None,
    ) -> None:
        self._services = services
        self._limits = limits or ForwardingLimits()
        self._fetcher = fetcher or Fetcher()
        self._registered: dict[str, _Registration] = {}
        self._at_once = asyncio.Semaphore(self._limits.in_all)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="forwarder")

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", 0, limit=_LONGEST_HEAD
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and break off what is under way."""
        if self._server is None:
            return
        self._server.close()
        for secret in tuple(self._registered):
            self._drop(secret)
        connections = tuple(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        # The sockets are closed by the next turn of the loop.
        await asyncio.sleep(0)
        await self._server.wait_closed()
        self._server = None
        self._threads.shutdown(wait=False)

    def register(self, endpoints: Sequence[str]) -> tuple[str, ...]:
        """Return the address to call in the place of each endpoint, for one query.

        Raises:
            StoreError: the forwarder is not running.
        """
        if self._server is None:
            raise StoreError("other endpoints cannot be called: nothing forwards")
        secret = token_urlsafe(32)
        self._registered[secret] = _Registration(
            tuple(endpoints), asyncio.Semaphore(self._limits.per_query)
        )
        root = f"http://127.0.0.1:{self._port}/{secret}"
        return tuple(f"{root}/{number}" for number in range(len(endpoints)))

    def failure(self, address: str) -> str | None:
        """Return why the last call that failed did, by any address of the query.

        Of a query that is no longer registered nothing is known.
        """
        registration = self._registered.get(_secret(address))
        return registration.failure if registration else None

    def release(self, addresses: Sequence[str]) -> None:
        """Forget the query, and break off what it still waits for."""
        for secret in {_secret(address) for address in addresses}:
            self._drop(secret)

    def _drop(self, secret: str) -> None:
        if registration := self._registered.pop(secret, None):
            for task in registration.tasks:
                task.cancel()

    def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                writer.write(await self._response(reader))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _response(self, reader: asyncio.StreamReader) -> bytes:
        """Return the response to the request; it is one for each connection."""
        try:
            async with asyncio.timeout(_SECONDS_FOR_REQUEST):
                request = await _read(reader)
        except (
            TimeoutError,
            ValueError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            return _written(HTTPStatus.BAD_REQUEST, "text/plain", b"not a query")
        secret, number, query = request
        registration = self._registered.get(secret)
        if registration is None or number >= len(registration.endpoints):
            return _written(HTTPStatus.NOT_FOUND, "text/plain", b"no such query")
        answering = asyncio.create_task(self._answer(registration, number, query))
        registration.tasks.add(answering)
        # The engine sends nothing more; when it is killed, its connection ends.
        leaving = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait(
                (answering, leaving), return_when=asyncio.FIRST_COMPLETED
            )
            if not answering.done():
                answering.cancel()
            return await answering
        finally:
            answering.cancel()
            leaving.cancel()
            registration.tasks.discard(answering)

    async def _answer(
        self, registration: _Registration, number: int, query: bytes
    ) -> bytes:
        """Return what the endpoint answers, or why it does not, as a response."""
        try:
            content, kind = await self._ask(registration, number, query)
        except KnowledgeGraphError as error:
            registration.failure = " ".join(filter(None, (error.message, error.hint)))
            text = registration.failure.encode()
            return _written(HTTPStatus.BAD_GATEWAY, "text/plain", text)
        return _written(HTTPStatus.OK, kind, content)

    async def _ask(
        self, registration: _Registration, number: int, query: bytes
    ) -> tuple[bytes, str]:
        limits = self._limits
        registration.calls += 1
        if registration.calls > limits.calls:
            raise QueryError(
                f"the query calls other endpoints more than {limits.calls} times",
                hint="Put the SERVICE clause into a group of its own, before what it joins.",
            )
        endpoint = registration.endpoints[number]
        call = Call(endpoint, _ACCEPT, limits.size, limits.seconds, query, _QUERY)
        async with registration.at_once, self._at_once:
            content, media_type = await self._fetcher.send(call, self._services)
            kind = _ANSWERS.get(media_type)
            if kind is None:
                raise QueryError(
                    f"<{endpoint}> answered with {media_type[:80] or 'no media type'}, "
                    f"not {_JSON}"
                )
            # A thread, so that no other query waits while a long answer is read; its
            # own, since those of the loop may all be waiting for queries.
            check = check_json if kind == _JSON else check_xml
            await asyncio.get_running_loop().run_in_executor(
                self._threads, check, content, f"the answer of <{endpoint}>"
            )
        return content, kind


async def _read(reader: asyncio.StreamReader) -> tuple[str, int, bytes]:
    """Return the secret, the number of the endpoint and the query of a request.

    Raises:
        ValueError: the request is not one that the engine sends.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    found, length = _REQUEST.match(head), _LENGTH.search(head)
    if not found or not length or not _TYPE.search(head):
        raise ValueError(head[:100])
    size = int(length[1])
    if size > _LONGEST_BODY:
        raise ValueError(size)
    query = await reader.readexactly(size)
    return found["secret"].decode(), int(found["number"]), query


def _written(status: HTTPStatus, kind: str, content: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\n"
        f"Content-Type: {kind}\r\n"
        f"Content-Length: {len(content)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + content


def _secret(address: str) -> str:
    return address.rpartition("/")[0].rpartition("/")[2]
