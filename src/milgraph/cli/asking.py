"""The command that asks the graph."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph.cli.inputs import STANDARD_INPUT, name_of, read_utf8
from milgraph.cli.options import AsJson, Data, OutputName
from milgraph.cli.rendering import table_of_terms
from milgraph.cli.session import Session, session_of
from milgraph.cli.stored import describe, list_queries, parameters_of
from milgraph.errors import Position, QueryError
from milgraph.queries import Catalogue, StoredQuery
from milgraph.sparql import MAXIMUM_LENGTH, Policy, Services, inspect
from milgraph.terms import Term, show

if TYPE_CHECKING:
    from milgraph.answers import Answer

__all__ = ["find_query", "query"]

# A character of UTF-8 has at most four bytes.
_MAXIMUM_BYTES = 4 * MAXIMUM_LENGTH


def query(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|FILE|-]",
            help="A stored query, a file with SPARQL, or - for standard input.",
            show_default=False,
        ),
    ] = None,
    *,
    output: Annotated[
        OutputName | None,
        typer.Option(
            help="The format; a table by default, Turtle for a graph.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
    wants_help: Annotated[
        bool, typer.Option("--help", help="Show this message, or describe NAME.")
    ] = False,
) -> None:
    """Ask a stored query, a file or standard input; without a name, list what is stored.

    The parameters of a stored query are options; `milgraph query NAME --help` describes
    them. They follow the name.

    For example: milgraph query bombers-over-an-area --area place:black-sea
    """
    session = session_of(context)
    if name is None and wants_help:
        session.say(context.get_help())
        return
    catalogue = Catalogue.of(session.settings(data).resources.queries)
    if name is None:
        _refuse_rest(context.args)
        list_queries(session, catalogue, as_json=as_json)
        return
    found = find_query(name, catalogue)
    if wants_help:
        session.say(describe(found, width=session.width))
        return
    bindings = found.bindings(parameters_of(context.args))
    answer = _ask(session, found, bindings, data)
    _print(session, answer, output or ("json" if as_json else None), bindings)


def _refuse_rest(rest: Sequence[str]) -> None:
    if rest:
        raise typer.BadParameter(f"which query is {rest[0]} meant for?")


def find_query(name: str, catalogue: Catalogue) -> StoredQuery:
    """Return the stored query of that name, or the query in the file or the input.

    Raises:
        UnknownQueryError: there is neither.
    """
    if name in catalogue.queries:
        return catalogue.queries[name]
    path = Path(name)
    if name != STANDARD_INPUT and not path.is_file():
        if path.suffix or path.is_dir():
            # Reading it says what is wrong with it.
            read_utf8(name, limit=_MAXIMUM_BYTES)
        return catalogue.get(name)
    text = read_utf8(name, limit=_MAXIMUM_BYTES)
    if name != STANDARD_INPUT and text.startswith("#+"):
        return StoredQuery.of(path)
    called = name_of(name)
    return StoredQuery(called, Path(called), text, title=called, description="")


def _ask(
    session: Session,
    query: StoredQuery,
    bindings: Mapping[str, Term],
    data: Path | None,
) -> "Answer":
    from milgraph.answers import evaluate

    with session.graph(data) as graph:
        snapshot = graph.ensure_current().snapshot()
    try:
        services = Services.of(graph.settings.services)
        request = inspect(query.text, Policy(services=services.origins))
        if request.services:
            # What sends requests is loaded only where some are sent.
            from milgraph.calling import evaluate_calling

            return evaluate_calling(graph.settings, request, bindings)
        return evaluate(snapshot, request, bindings=bindings)
    except QueryError as error:
        if error.position:
            place = error.position
            error.position = Position(str(query.path), place.line, place.column)
        raise


def _print(
    session: Session,
    answer: "Answer",
    output: str | None,
    bindings: Mapping[str, Term],
) -> None:
    """Print the answer, and its size beside it.

    A table leaves out the parameters, which are the same in every row.
    """
    if output == "json" and answer.is_graph:
        output = "jsonld"
    output = output or ("turtle" if answer.is_graph else "table")
    if output != "table":
        session.write(answer.serialised(output))
        return
    if answer.is_boolean:
        session.say("yes" if answer.holds else "no")
        return
    shown = [i for i, name in enumerate(answer.columns) if name not in bindings]
    rows = [tuple(row[i] for i in shown) for row in answer.rows()]
    session.say(table_of_terms([answer.columns[i] for i in shown], rows))
    noun = "triple" if answer.is_graph else "solution"
    given = ", ".join(f"{name} {show(value)}" for name, value in bindings.items())
    size = f"{len(rows):,} {noun}{'' if len(rows) == 1 else 's'}"
    session.note(f"\n{size}{' for ' if given else ''}{given}")
