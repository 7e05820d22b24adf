"""The server: the process around the application, and its end."""

import logging
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from milgraph.service.addresses import listen

__all__ = ["run"]

# How long requests that are being answered may take once the server is told to stop.
_GRACE_SECONDS = 3


class _Server(uvicorn.Server):
    """Uvicorn, telling when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Requests that are cut off now are not worth a traceback each.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def run(app: FastAPI, bound: socket.socket, *, announce: Callable[[], None]) -> None:
    """Serve until the process is told to stop; then finish what is being answered.

    Raises:
        AddressError: another program took the port meanwhile.
    """
    listen(bound)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config, announce)

    def stop(_signal: int, _frame: object) -> None:
        server.should_exit = True

    # Uvicorn handles both while it runs, and raises them once more when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.run(sockets=[bound])
