"""The command that serves the graph over HTTP."""

import gc
import os
import signal
import sys
from typing import Annotated
from urllib.parse import urlencode

import typer

from milgraph.cli.options import Data
from milgraph.cli.session import Session, session_of

__all__ = ["serve"]

_FLAGSHIP = "bombers-over-an-area"


def serve(
    context: typer.Context,
    *,
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on [default: 127.0.0.1]."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="The port; 0 takes a free one [default: 8765].", min=0),
    ] = None,
    data: Data = None,
) -> None:
    """Serve the graph over HTTP, after building it on the first start.

    For example: milgraph serve --port 8080
    """
    # What is imported stays; to look for garbage among it costs a tenth of the start.
    gc.disable()
    # The port is taken before anything is built: to wait and then be refused is worse.
    from milgraph.service.addresses import address_of, bind, is_loopback

    session = session_of(context)
    settings = session.settings(data, host=host, port=port)
    bound = bind(settings.host, settings.port)
    signal.signal(signal.SIGTERM, _end)
    with session.graph(data) as graph:
        if not graph.is_current:
            session.note(f"Building the graph in {settings.data} ...")
        reader = graph.ensure_current()
    from milgraph.service.app import create_app
    from milgraph.service.server import run

    if not is_loopback(bound):
        session.note(
            "Warning: this address can be reached from other machines, and whoever "
            "reaches it may ask anything."
        )
    app = create_app(reader, settings)
    gc.freeze()
    gc.enable()
    run(app, bound, announce=lambda: _announce(session, address_of(bound)))
    sys.stdout.flush()
    # A query that still runs cannot be cancelled, and its thread would keep the process.
    os._exit(0)


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _announce(session: Session, address: str) -> None:
    """Print the address and three things to try."""
    asked = urlencode({"format": "csv"})
    session.say(f"milgraph is ready at {address}/ (Ctrl-C stops it). Try:")
    session.say(f"  curl '{address}/queries/{_FLAGSHIP}?{asked}'")
    session.say(f"  {address}/queries")
    session.say(f"  {address}/")
    sys.stdout.flush()
