"""The command that finds things by their names."""

from typing import Annotated

import typer

from milgraph.cli.options import AsJson, Data
from milgraph.cli.rendering import plain, table
from milgraph.cli.session import session_of
from milgraph.terms import compact

__all__ = ["search"]


def search(
    context: typer.Context,
    text: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT...", help="A name, a designator, or a part of one."
        ),
    ],
    *,
    limit: Annotated[int, typer.Option(help="How many hits at most, 1 to 100.")] = 20,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="entity, activity, article or a class such as mil:Vessel; may be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Find entities, activities and articles by any name, in any script and spelling.

    Typing errors are allowed for. What has the whole name comes first, then what begins
    with it, has all its words, or is merely alike.

    For example: milgraph search Tu-95 MS
    """
    from milgraph.answers import short
    from milgraph.search import SearchIndex, kinds_of

    session = session_of(context)
    kinds = kinds_of(kind or ())
    with session.graph(data) as graph:
        snapshot = graph.ensure_current().snapshot()
    hits = SearchIndex.of(snapshot).search(" ".join(text), limit=limit, kinds=kinds)
    if as_json:
        session.say_json([hit.as_json() for hit in hits])
        return
    if not hits:
        session.note("Nothing has a name like that.")
        return
    rows = [
        (
            f"{hit.score:g}",
            plain(hit.label),
            plain(hit.name) if hit.name != hit.label else "",
            compact(hit.kind) if hit.kind else hit.group,
            short(hit.iri),
        )
        for hit in hits
    ]
    session.say(table(("points", "label", "also called", "kind", "name"), rows))
