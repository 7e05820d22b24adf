"""Stored queries on the command line: their list, their help and their options."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap

from milgraph.cli.rendering import plain, table
from milgraph.cli.session import Session
from milgraph.errors import ParameterError
from milgraph.queries import Catalogue, Parameter, StoredQuery

__all__ = ["describe", "list_queries", "parameters_of"]


def parameters_of(arguments: Sequence[str]) -> Mapping[str, str]:
    """Return the parameters that the rest of the command line gives.

    Raises:
        ParameterError: it is not made of options with a value each.

    >>> parameters_of(["--area", "place:black-sea", "--from=2023-03-01"])
    {'area': 'place:black-sea', 'from': '2023-03-01'}
    """
    found: dict[str, str] = {}
    waiting = list(arguments)
    while waiting:
        written = waiting.pop(0)
        if not written.startswith("--"):
            raise ParameterError(
                f"{written!r} is not an option",
                hint="Give each parameter by name: --area place:black-sea",
            )
        name, equals, value = written[2:].partition("=")
        if not equals:
            if not waiting:
                raise ParameterError(f"--{name} has no value")
            value = waiting.pop(0)
        found[name] = value
    return found


def list_queries(session: Session, catalogue: Catalogue, *, as_json: bool) -> None:
    """Print the stored queries, by folder."""
    if as_json:
        session.say_json([_summary(query) for query in catalogue])
        return
    ordered = sorted(catalogue, key=lambda query: (query.folder, query.name))
    width = max(len(query.name) for query in ordered)
    for folder, queries in groupby(ordered, key=lambda query: query.folder):
        session.say(f"{folder}")
        for query in queries:
            session.say(f"  {query.name.ljust(width)}  {plain(query.title)}")
        session.say()
    session.note("milgraph query NAME --help describes one.")


def _summary(query: StoredQuery) -> Mapping[str, object]:
    return {
        "name": query.name,
        "title": query.title,
        "description": query.description,
        "folder": query.folder,
        "tags": list(query.tags),
        "parameters": {
            name: {
                "type": parameter.kind,
                "label": parameter.label,
                "example": parameter.example,
                "range": parameter.range,
                "default": parameter.default,
            }
            for name, parameter in query.parameters.items()
        },
    }


def describe(query: StoredQuery, *, width: int) -> str:
    """Return what the query answers, its options and an example."""
    return "\n".join(_lines(query, width))


def _lines(query: StoredQuery, width: int) -> Iterator[str]:
    examples = query.examples().items()
    options = "".join(f" --{name} {value}" for name, value in examples)
    yield f"Usage: milgraph query {query.name} [OPTIONS]"
    yield ""
    yield f"  {plain(query.title)}"
    if query.description:
        yield ""
        yield from wrap(
            plain(query.description), width, initial_indent="  ", subsequent_indent="  "
        )
    if query.parameters:
        rows = [_row(parameter) for parameter in query.parameters.values()]
        yield ""
        yield "Parameters:"
        yield from (
            f"  {line}"
            for line in table(("option", "type", "what", "default"), rows).splitlines()
        )
    yield ""
    yield f"For example: milgraph query {query.name}{options}"


def _row(parameter: Parameter) -> tuple[str, str, str, str]:
    kind = parameter.range or parameter.kind
    default = "required" if parameter.default is None else parameter.default
    return f"--{parameter.name}", kind, plain(parameter.label), default
