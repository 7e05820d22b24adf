"""Commands that keep the graph: its history, backups, and whether it is sound."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph.cli.options import AsJson, Data
from milgraph.cli.rendering import plain, table
from milgraph.cli.session import Session, progress_bar, session_of
from milgraph.terms import DefaultGraph, NamedNode, Quad, Term, compact

if TYPE_CHECKING:
    from milgraph.examination import Finding
    from milgraph.history import Entry, LogReader, Summary

__all__ = ["backup", "doctor", "history", "restore"]

_AT_A_TIME = 20
_COLUMNS = ("commit", "when", "who", "door", "added", "removed", "articles", "why")


def history(
    context: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="[N]",
            help="A commit, to be shown with all that it changed.",
            show_default=False,
        ),
    ] = None,
    *,
    limit: Annotated[
        int, typer.Option(help="How many commits are listed.", min=1)
    ] = _AT_A_TIME,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List the commits, the newest first, or show what one of them changed.

    The counts and the change are of the named graphs and of the view.

    For example: milgraph history 3
    """
    session = session_of(context)
    log = _log(session, data)
    if number is not None:
        entry = log.entry(number)
        if as_json:
            session.say_json(_entry_as_json(entry))
        else:
            _show_entry(session, entry)
        return
    listed = list(log.summaries(limit))
    if as_json:
        session.say_json([_as_json(summary) for summary in listed])
        return
    if not listed:
        session.say("Nothing was committed yet.")
        return
    session.say(table(_COLUMNS, [_row(summary) for summary in listed]))
    if log.last - log.first >= len(listed):
        session.note(f"\n{len(listed)} of {log.last - log.first + 1:,} commits.")


def _log(session: Session, data: Path | None) -> "LogReader":
    from milgraph.history import LogReader

    return LogReader.open(session.settings(data).data / "log")


def _row(summary: "Summary") -> tuple[str, ...]:
    return (
        str(summary.sequence),
        _time(summary.time),
        plain(summary.agent),
        plain(summary.door),
        f"+{summary.added:,}",
        f"-{summary.removed:,}",
        _names(summary.articles),
        plain(summary.reason),
    )


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def _names(articles: Sequence[str]) -> str:
    """Return the first article by its short name, and how many more there are."""
    if not articles:
        return ""
    first = plain(compact(NamedNode(articles[0])))
    return first if len(articles) == 1 else f"{first} and {len(articles) - 1:,} more"


def _show_entry(session: Session, entry: "Entry") -> None:
    """Print who, when and why, then the change as a diff, graph by graph."""
    rows = [
        ("commit", str(entry.sequence)),
        ("when", _time(entry.time)),
        ("who", f"{plain(entry.agent)} ({entry.role})"),
        ("door", plain(entry.door)),
        ("why", plain(entry.reason)),
        *(("article", plain(compact(NamedNode(a)))) for a in entry.articles),
        ("digest", entry.digest),
    ]
    for name, value in rows:
        if value:
            session.say(f"{name:<8}{value}")
    proper = entry.proper
    lines = [(_graph(q), "-", _line(q)) for q in proper.removals]
    lines += [(_graph(q), "+", _line(q)) for q in proper.additions]
    graph = None
    for name, sign, line in sorted(lines, key=lambda one: (one[0], one[2], one[1])):
        if name != graph:
            session.say(f"\n{name}")
            graph = name
        session.say(f"{sign} {line}")


def _graph(quad: Quad) -> str:
    name = quad.graph_name
    return "the view" if name == DefaultGraph() else plain(_name(name))


def _line(quad: Quad) -> str:
    terms = (quad.subject, quad.predicate, quad.object)
    return plain(" ".join(map(_name, terms)))


def _name(term: Term | DefaultGraph) -> str:
    return compact(term) if isinstance(term, NamedNode) else str(term)


def _as_json(summary: "Summary") -> dict[str, object]:
    return {**asdict(summary), "time": _time(summary.time)}


def _entry_as_json(entry: "Entry") -> dict[str, object]:
    proper = entry.proper
    return {
        **_as_json(entry.summary),
        "removals": sorted(map(str, proper.removals)),
        "additions": sorted(map(str, proper.additions)),
    }


def backup(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")
    ],
    *,
    data: Data = None,
) -> None:
    """Copy the graph and its log to a folder, while it is served and written.

    On the same file system most of it are links, which take no space.

    For example: milgraph backup /backups/2024-05-14
    """
    from milgraph.archive import backup as back_up

    session = session_of(context)
    made = back_up(session.settings(data).data, folder)
    session.say(f"{folder}: {made.last:,} commits, the last of them included.")


def restore(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="What `milgraph backup` made.")
    ],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Put a graph that is there aside.")
    ] = False,
    data: Data = None,
) -> None:
    """Make a backup the graph, after reading all of it to see that it is whole.

    For example: milgraph restore /backups/2024-05-14 --data /srv/milgraph
    """
    from milgraph.archive import restore as put_back

    session = session_of(context)
    settings = session.settings(data)
    made, aside = put_back(folder, settings.data, force=force)
    if aside is not None:
        session.say(f"What was there lies in {aside}.")
    session.say(f"{settings.data}: {made.last:,} commits, as of {made.made}.")


def doctor(
    context: typer.Context, *, as_json: AsJson = False, data: Data = None
) -> None:
    """Look whether log, store, view, indexes and checkpoints are what they should be.

    Nothing is changed. It ends with 1 where something is damaged.

    For example: milgraph doctor --json
    """
    from milgraph.examination import examine
    from milgraph.knowledge_graph import KnowledgeGraph

    session = session_of(context)
    settings = session.settings(data)
    graph = KnowledgeGraph(settings)
    with progress_bar() as progress:
        found = examine(settings, lambda: graph.standards, progress=progress)
    if as_json:
        session.say_json({"sound": found.is_sound, **asdict(found)})
    else:
        for what in found.looked_at:
            own = [one for one in found.findings if one.area == what]
            session.say(f"{what}: {'' if own else 'sound'}".rstrip())
            for one in own:
                _tell(session, one)
    if not found.is_sound:
        raise typer.Exit(1)


def _tell(session: Session, finding: "Finding") -> None:
    kind = "damaged" if finding.is_damage else "note"
    session.say(f"  {kind}: {plain(finding.message)}")
    session.say(f"    {plain(finding.hint)}")
