"""The server: the process around the application, and its end."""

import asyncio
import contextlib
import logging
import math
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from time import monotonic
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from milgraph.service.addresses import listen
from milgraph.service.connection import Connection, State
from milgraph.service.shares import Share

__all__ = ["LONGEST_END", "Service", "run"]

# How long requests that are being answered may take once the server is told to stop,
# and how long what it holds may take to be closed then.
_GRACE_SECONDS = 3.0
_CLOSING_SECONDS = 3.0
# How long the rest have to be told that there will be no answer.
_TELLING_SECONDS = 0.5
# After this a server that was told to stop has stopped, or is stuck.
LONGEST_END = _GRACE_SECONDS + _CLOSING_SECONDS + _TELLING_SECONDS + 1.0

# Longer than the proxies in front of a server keep theirs, so that none asks on a
# connection that is just being closed.
_KEEP_ALIVE_SECONDS = 65
_MOST_CONNECTIONS = 8192
# How long no connection is taken when no file can be opened.
_PAUSE_SECONDS = 1.0
# How long the next connection is left to processes that have fewer.
_TURN_SECONDS = 0.002
# Files that are open for other things than connections.
_OTHER_FILES = 256
# Ticks of Uvicorn, which are tenths of a second.
_TICKS_BETWEEN_CHECKS = 10


async def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is served, and what is awaited in the same loop.

    `started` is awaited before the first connection is taken. When the server is told to
    stop and answers have had their time, `stopping` is awaited for some seconds: whoever
    still waits for something is to be told then. `ended` is called when all is over.
    """

    app: ASGIApp
    started: Callable[[], Awaitable[None]] = _nothing
    stopping: Callable[[], Coroutine[Any, Any, None]] = _nothing
    protocol: type[Connection] = Connection
    ended: Callable[[], None] = lambda: None


class _Server(uvicorn.Server):
    """Uvicorn, telling when it answers, and ending clients that only hold on to it."""

    def __init__(
        self, config: uvicorn.Config, service: Service, announce: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self.server_state = State(_most_connections())
        self._service = service
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self._service.started()
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._announce()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_BETWEEN_CHECKS == 0:
            self._check_connections()
        return await super().on_tick(counter)

    def _check_connections(self) -> None:
        now = monotonic()
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.check(now)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Requests that are cut off now are not worth a traceback each.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        self._service.ended()

    async def _wait_tasks_to_complete(self) -> None:
        """Let answers be finished; then close what they need, so that the rest are told."""
        is_done = await _within(_GRACE_SECONDS, super()._wait_tasks_to_complete())
        await _within(_CLOSING_SECONDS, self._service.stopping())
        if not is_done:
            await _within(_TELLING_SECONDS, super()._wait_tasks_to_complete())
            if self.server_state.tasks:
                # Uvicorn cancels what is left.
                raise TimeoutError


async def _within(seconds: float, waited: Coroutine[Any, Any, None]) -> bool:
    """Return whether that was done within the seconds; if not, it is given up."""
    try:
        async with asyncio.timeout(seconds):
            await waited
    except TimeoutError:
        return False
    return True


class _SharingServer(_Server):
    """A server that takes one connection at a time, and leaves the next to others.

    Uvicorn's would take all that wait: of several processes that share a socket, the
    first to look would serve every client that stays connected, and the others none.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        service: Service,
        announce: Callable[[], None],
        share: Share,
    ) -> None:
        super().__init__(config, service, announce)
        self._share = share
        self._connecting: set[asyncio.Task[None]] = set()
        self._has_waited = False

    async def on_tick(self, counter: int) -> bool:
        self._share.tell(self._connections)
        return await super().on_tick(counter)

    @property
    def _connections(self) -> int:
        return len(self.server_state.connections) + len(self._connecting)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        for one in sockets or ():
            one.setblocking(False)
            self._take_from(one)

    def _take_from(self, bound: socket.socket) -> None:
        if not self.should_exit:
            asyncio.get_running_loop().add_reader(bound, self._take, bound)

    def _wait(self, bound: socket.socket, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(bound)
        loop.call_later(seconds, self._take_from, bound)

    def _take(self, bound: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        connections = self._connections
        self._share.tell(connections)
        # Once: if the others do not come, there is nobody but this process.
        self._has_waited = not self._has_waited and self._share.is_ahead(connections)
        if self._has_waited:
            self._wait(bound, _TURN_SECONDS)
            return
        try:
            taken, _ = bound.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:
            # No file is left: those that are connected have to leave first.
            self._wait(bound, _PAUSE_SECONDS)
            return
        taken.setblocking(False)
        task = loop.create_task(self._connect(taken))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, taken: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        # The client may have left already.
        with contextlib.suppress(OSError):
            await loop.connect_accepted_socket(self._protocol, taken)

    def _protocol(self) -> asyncio.Protocol:
        return self._service.protocol(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._share.leave()
        for one in sockets or ():
            asyncio.get_running_loop().remove_reader(one)
        await super().shutdown(sockets)


def run(
    service: Service,
    bound: socket.socket,
    *,
    announce: Callable[[], None],
    share: Share | None = None,
) -> None:
    """Serve until the process is told to stop; then finish what is being answered.

    `announce` is called when requests are answered. Where other processes
    listen on the same socket, this one takes no more than its share of connections.

    Raises:
        AddressError: another program took the port meanwhile.
        Exception: what `started` raises.
    """
    listen(bound)
    config = uvicorn.Config(
        service.app,
        loop="uvloop",
        http=service.protocol,
        # What clients do wrong is in their answers and in the access log.
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        # More than what it waits for is bounded by itself.
        timeout_graceful_shutdown=math.ceil(LONGEST_END),
    )
    server = (
        _Server(config, service, announce)
        if share is None
        else _SharingServer(config, service, announce, share)
    )

    def stop(_signal: int, _frame: object) -> None:
        server.should_exit = True

    # Uvicorn handles both while it runs, and raises them once more when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.run(sockets=[bound])


def _most_connections() -> int:
    """Return how many connections there may be, after allowing as many files as possible."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    allowed = min(most, 2 * _MOST_CONNECTIONS)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return max(16, min(_MOST_CONNECTIONS, allowed - _OTHER_FILES))
