"""The command that serves the graph to clients of language models."""

import sys
from typing import Annotated

import typer

from milgraph.cli.options import Data
from milgraph.cli.session import session_of

__all__ = ["mcp"]


def mcp(
    context: typer.Context,
    *,
    read_only: Annotated[
        bool,
        typer.Option(
            "--read-only", help="Offer no tool that writes, whatever the token."
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Serve the graph to a language model's client, by the Model Context Protocol.

    It speaks on standard input and output, so that a client starts it. It is read-only
    without MILGRAPH_TOKEN; with it, there are tools to submit and retract articles.

    For example: milgraph mcp --data graph
    """
    session = session_of(context)
    given = {"token": ""} if read_only else {}
    settings = session.settings(data, **given)
    with session.graph(settings.data) as graph:
        if not graph.is_current:
            session.note(f"Building the graph in {settings.data} ...")
        graph.ensure_current()
    if sys.stdin.isatty():
        session.note(
            "milgraph mcp waits for a client on standard input; Ctrl+D ends it."
        )
    from milgraph.mcp.server import serve

    serve(settings)
