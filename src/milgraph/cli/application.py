"""The program: its commands, and what becomes of an error."""

import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from milgraph.cli.asking import query
from milgraph.cli.building import load, stats
from milgraph.cli.changing import add, retract, undo
from milgraph.cli.checking import check, verify_text
from milgraph.cli.explaining import explain
from milgraph.cli.exporting import export
from milgraph.cli.importing import import_
from milgraph.cli.keeping import backup, doctor, history, restore
from milgraph.cli.linking import link
from milgraph.cli.occurrences import occurrences
from milgraph.cli.options import Data
from milgraph.cli.rendering import plain
from milgraph.cli.searching import search
from milgraph.cli.serving import serve
from milgraph.cli.session import Session
from milgraph.cli.talking import mcp
from milgraph.cli.usage import Commands
from milgraph.errors import (
    AddressError,
    ConformanceError,
    ConsistencyError,
    ForbiddenError,
    KnowledgeGraphError,
    StoreError,
    UnauthorisedError,
    UndoError,
    UnknownFactError,
)

__all__ = ["app", "main"]

_FINDINGS, _USAGE, _ENVIRONMENT = 1, 2, 3
_EXIT_CODES: dict[type[KnowledgeGraphError], int] = {
    KnowledgeGraphError: _USAGE,
    ConformanceError: _FINDINGS,
    ConsistencyError: _FINDINGS,
    UndoError: _FINDINGS,
    UnknownFactError: _FINDINGS,
    StoreError: _ENVIRONMENT,
    UnauthorisedError: _ENVIRONMENT,
    ForbiddenError: _ENVIRONMENT,
    AddressError: _ENVIRONMENT,
}
_DEBUG = "--debug"

app = typer.Typer(
    name="milgraph",
    cls=Commands,
    help="A knowledge graph of military activities in which every fact has a source."
    "\n\nExit codes: 0 fine, 1 findings, 2 wrong usage or unreadable input, "
    "3 environment.",
    epilog="For example: milgraph serve",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve)
app.command("load")(load)
app.command("check")(check)
app.command("add")(add)
app.command("retract")(retract)
app.command("undo")(undo)
app.command("import")(import_)
# The parameters of a stored query are options, which only the query can describe.
app.command(
    "query",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(query)
app.command("search")(search)
app.command("explain")(explain)
app.command("stats")(stats)
app.command("export")(export)
app.command("link")(link)
app.command("verify-text")(verify_text)
app.command("history")(history)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("doctor")(doctor)
app.add_typer(occurrences)
app.command("mcp")(mcp)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"milgraph {version('milgraph')}")
        raise typer.Exit


@app.callback()
def _begin(
    context: typer.Context,
    *,
    data: Data = None,
    debug: Annotated[
        bool, typer.Option(_DEBUG, help="Show the traceback of an error.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    context.obj = Session(data, debug)


def main() -> NoReturn:
    """Run the command of the command line; end the process with its exit code."""
    arguments = [argument for argument in sys.argv[1:] if argument != _DEBUG]
    debug = len(arguments) < len(sys.argv[1:])
    sys.exit(_code_of(arguments, debug=debug))


def _code_of(arguments: list[str], *, debug: bool) -> int:
    try:
        app(arguments, prog_name="milgraph")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except BrokenPipeError:
        # Whoever read the output has seen enough, and nothing can be flushed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - nobody is left who could catch it
        if debug:
            traceback.print_exception(error)
        typer.echo(f"milgraph: {_sentence(error)}", err=True)
        return _exit_code(error)
    return 0


def _sentence(error: Exception) -> str:
    if isinstance(error, KnowledgeGraphError | OSError):
        return "\n".join(map(plain, str(error).splitlines()))
    return f"failed unexpectedly: {error!r}\n  {_DEBUG} shows where."


def _exit_code(error: Exception) -> int:
    kinds = type(error).__mro__
    return next((_EXIT_CODES[k] for k in kinds if k in _EXIT_CODES), _ENVIRONMENT)
