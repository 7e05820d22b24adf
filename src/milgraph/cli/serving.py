"""The command that serves a dataset over HTTP: the graph, or any other."""

import asyncio
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer

from milgraph import doorplate
from milgraph.cli.options import Data
from milgraph.cli.session import Session, session_of
from milgraph.errors import SettingsError
from milgraph.settings import Settings

if TYPE_CHECKING:
    from milgraph.store.documents import Document

__all__ = ["serve"]

_SEVERAL = (
    "Note: a graph is changed by one process, so that this server with several workers "
    "changes nothing; tokens are for /running only."
)
_FLAGSHIP = "bombers-over-an-area"
_COUNT = "SELECT (COUNT(*) AS ?triples) { ?s ?p ?o }"
# Files of whoever runs the server may take more than the updates of strangers.
_MEMORY_TO_LOAD = 1024 * 1024 * 1024


def serve(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE ...]",
            help="With --plain: RDF files to load first, packed by gzip or not.",
            show_default=False,
        ),
    ] = None,
    *,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="Serve any dataset, without view, shapes and ontology; it can be "
            "changed by SPARQL Update and at /store. Kept only where --data says.",
        ),
    ] = False,
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on [default: 127.0.0.1]."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="The port; 0 takes a free one [default: 8765].", min=0),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help="The token that writing needs. Others on this machine can see it; "
            "better set MILGRAPH_TOKEN, or MILGRAPH_TOKENS for a file of several.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="How many processes take requests [default: 1].", min=1),
    ] = None,
    data: Data = None,
) -> None:
    """Serve the graph over HTTP, after building it on the first start.

    For example: milgraph serve --port 8080
    """
    # What is imported stays; to look for garbage among it costs a tenth of the start.
    gc.disable()
    if files and not plain:
        raise typer.BadParameter("files are served with --plain only")
    session = session_of(context)
    given = {"host": host, "port": port, "token": token, "workers": workers}
    signal.signal(signal.SIGTERM, _end)
    with ExitStack() as stack:
        if plain and not _names_data(session, data):
            folder = tempfile.TemporaryDirectory(
                prefix="milgraph-", ignore_cleanup_errors=True
            )
            data = Path(stack.enter_context(folder))
        settings = session.settings(data, **given)
        status = (
            _serve_plain(session, settings, files or [])
            if plain
            else _serve_graph(session, settings)
        )
    sys.stdout.flush()
    # A thread that still waits for something would keep the process.
    os._exit(status)


def _serve_graph(session: Session, settings: Settings) -> int:
    """Serve the graph until told to stop; return the exit code."""
    # The port is taken before anything is built: to wait and then be refused is worse.
    from milgraph.service.access import exposure_warning
    from milgraph.service.addresses import address_of, bind

    is_held = _is_held(session, settings)
    bound = bind(settings.host, settings.port)
    with session.graph(settings.data) as graph:
        if not graph.is_current:
            session.note(f"Building the graph in {settings.data} ...")
        graph.ensure_current()
    from milgraph.service.making import make_service
    from milgraph.service.workers import serve as serve_by
    from milgraph.writer import GateWriter

    if warning := exposure_warning(bound, settings):
        session.note(warning)
    gc.freeze()
    gc.enable()
    with ExitStack() as stack:

        def announce() -> None:
            if is_held:
                stack.enter_context(doorplate.hung(settings.data, address_of(bound)))
            _announce(session, address_of(bound))

        return serve_by(
            lambda siblings: make_service(
                settings,
                siblings,
                writer=GateWriter(settings) if is_held else None,
            ),
            bound,
            workers=settings.workers,
            announce=announce,
        )


def _is_held(session: Session, settings: Settings) -> bool:
    """Return whether the server holds the graph, so that it can be changed.

    Raises:
        SettingsError: it is not a graph of ours, or the tokens cannot be read.
    """
    from milgraph.authors import Authors

    if (settings.data / "plain").exists():
        raise SettingsError(
            f"{settings.data} holds a plain dataset",
            hint="Serve it with --plain, or give another folder with --data.",
        )
    # A file of tokens that is wrong is told before anything is built.
    Authors(settings)
    if settings.has_tokens and settings.workers > 1:
        session.note(_SEVERAL)
        return False
    return settings.has_tokens


def _serve_plain(session: Session, settings: Settings, files: Sequence[Path]) -> int:
    """Serve any dataset until told to stop; return the exit code."""
    from milgraph.service.access import exposure_warning
    from milgraph.service.addresses import address_of, bind
    from milgraph.service.making import make_service
    from milgraph.service.workers import require_one_worker
    from milgraph.service.workers import serve as serve_by
    from milgraph.store.documents import Document
    from milgraph.writer import PlainWriter

    require_one_worker(settings.workers)
    if (settings.data / "store").exists():
        raise SettingsError(
            f"{settings.data} holds a graph that is not plain",
            hint="Serve it without --plain, or give another folder with --data.",
        )
    documents = [Document.of(path) for path in files]
    bound = bind(settings.host, settings.port)
    if documents:
        asyncio.run(_load(session, settings, documents))
    if warning := exposure_warning(bound, settings):
        session.note(warning)
    gc.freeze()
    gc.enable()
    return serve_by(
        lambda siblings: make_service(settings, siblings, writer=PlainWriter(settings)),
        bound,
        workers=1,
        announce=lambda: _announce_plain(session, address_of(bound)),
    )


async def _load(
    session: Session, settings: Settings, documents: Sequence["Document"]
) -> None:
    """Add the files to the dataset, one after the other."""
    from milgraph.writer import PlainWriter, Upload

    memory = max(settings.limits.memory, _MEMORY_TO_LOAD)
    limits = replace(settings.limits, memory=memory)
    writer = PlainWriter(replace(settings, limits=limits))
    await writer.start()
    try:
        for document in documents:
            session.note(f"Loading {document.name} ...")
            await writer.load(Upload.to_load(document))
    finally:
        await writer.close()


def _names_data(session: Session, data: Path | None) -> bool:
    """Return whether somebody said where the dataset lies."""
    return bool(data or session.data or os.environ.get("MILGRAPH_DATA"))


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


def _announce_plain(session: Session, address: str) -> None:
    """Print the address and three things to try."""
    asked = urlencode({"query": _COUNT, "format": "csv"})
    session.say(f"milgraph is ready at {address}/ (Ctrl-C stops it). Try:")
    session.say(f"  curl '{address}/sparql?{asked}'")
    session.say(
        f"  curl -T FILE.ttl -H 'Content-Type: text/turtle' '{address}/store?default'"
    )
    session.say(f"  {address}/sparql")
    sys.stdout.flush()
