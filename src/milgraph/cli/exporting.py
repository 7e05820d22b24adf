"""The command that writes the graph, or a part of it, in the formats of others."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph.cli.asking import find_query
from milgraph.cli.options import Data, ExportName
from milgraph.cli.session import Session, progress_bar, session_of
from milgraph.errors import ParameterError, StoreError
from milgraph.queries import Catalogue
from milgraph.terms import expand

if TYPE_CHECKING:
    from milgraph.export.dumps import Writable
    from milgraph.export.scopes import Scope
    from milgraph.store import Snapshot

__all__ = ["export"]

_BINARY = frozenset((ExportName.PARQUET,))


def export(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    graph_name: Annotated[
        str,
        typer.Argument(
            metavar="[GRAPH|view|all]",
            help="A graph by its IRI or short name, the view, or the whole dataset.",
        ),
    ] = "all",
    *,
    scope: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE|-",
            help="Only what a query finds: a stored one, a file with SPARQL, or -.",
            show_default=False,
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A parameter of the stored query; may be repeated.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[ExportName, typer.Option(help="The format.")] = ExportName.TRIG,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write to the file, which is there whole or as it was before.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="N|TIME",
            help="Write it as it was after that commit, or at that time.",
            show_default=False,
        ),
    ] = None,
    include_restricted: Annotated[
        bool,
        typer.Option(
            "--include-restricted",
            help="Also what the licence of its data set does not let be passed on.",
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Write the dataset, the view, one graph, or what a query finds.

    An article is written with the graphs of its claims where the format has graphs. In
    the whole dataset the default graph is the view. A query finds the articles, claims,
    activities and occurrences that its rows name.

    With --at it is the graph as it was: --at 12, or --at 2024-05-14T12:00Z.

    For example: milgraph export --scope bombers-over-an-area --output csv --to flights.csv
    """
    from milgraph.export.formats import write_export
    from milgraph.export.rights import Rights, own_licence
    from milgraph.export.scopes import Selection

    if scope and graph_name != "all":
        raise typer.BadParameter("name a graph or give a --scope, not both")
    if param and not scope:
        raise typer.BadParameter("--param is of a query: name it by --scope")
    session = session_of(context)
    with _destination(to, is_binary=output in _BINARY) as file:
        dataset, now = _datasets(session, data, at)
        chosen = _scope(session, dataset, graph_name, scope, param or ())
        own = own_licence(session.settings(data).resources)
        rights = Rights.of(dataset, own, restricted=include_restricted, now=now)
        with progress_bar() as show:
            told: Callable[[float], None] = lambda share: show("Exporting", share)  # noqa: E731 - the bar's name with it
            selection = Selection(dataset, chosen, rights, progress=told)
            write_export(selection, output.value, file)
    if selection.notice.lacking:
        session.note(selection.notice.lacking)


def _datasets(
    session: Session, data: Path | None, at: str | None
) -> "tuple[Snapshot, Snapshot]":
    """Return the state that is asked for, and the last."""
    from milgraph.export.states import state_at
    from milgraph.history import LogReader

    with session.graph(data) as graph:
        reader = graph.ensure_current()
        now = reader.snapshot()
        if at is None:
            return now, now
        log = LogReader.open(graph.settings.data / "log")
        return state_at(reader, log, at), now


def _scope(
    session: Session,
    dataset: "Snapshot",
    graph_name: str,
    query: str | None,
    given: Sequence[str],
) -> "Scope":
    from milgraph.export.scopes import ALL, VIEW, Scope, find

    if query is not None:
        catalogue = Catalogue.of(session.settings().resources.queries)
        stored = find_query(query, catalogue)
        bindings = stored.bindings(_parameters(given))
        return Scope.of_query(find(dataset, stored.text, bindings))
    if graph_name in ("all", "view"):
        return ALL if graph_name == "all" else VIEW
    return Scope.of_graph(expand(graph_name))


def _parameters(given: Sequence[str]) -> Mapping[str, str]:
    """Return the parameters by name.

    Raises:
        ParameterError: one is not a name and a value.
    """
    found = {}
    for written in given:
        name, equals, value = written.partition("=")
        if not equals or not name:
            raise ParameterError(
                f"{written!r} is not a parameter with its value",
                hint="For example: --param area=place:black-sea",
            )
        found[name.removeprefix("--")] = value
    return found


@contextmanager
def _destination(path: Path | None, *, is_binary: bool) -> "Iterator[Writable]":
    """Give what is written to: standard output, or a file that becomes whole at the end.

    Raises:
        StoreError: the file cannot be written.
    """
    if path is None:
        if is_binary and sys.stdout.isatty():
            raise typer.BadParameter(
                "this format is not for a terminal: give --to FILE"
            )
        sys.stdout.flush()
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Whoever read the output has seen enough, and nothing can be flushed to it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None
        return
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o666 & ~_umask())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="Nothing of it was changed.",
        ) from error


def _umask() -> int:
    """Return which permissions new files lack; it can be read by setting it only."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
