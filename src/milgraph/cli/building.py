"""Commands that build the graph and tell what it holds."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph.cli.options import AsJson, Data
from milgraph.cli.rendering import findings, table
from milgraph.cli.session import Session, session_of
from milgraph.errors import ConformanceError

if TYPE_CHECKING:
    from milgraph.knowledge_graph import KnowledgeGraph
    from milgraph.validation import Report

__all__ = ["load", "stats"]

_NOUNS = {
    "sequence": "commits",
    "asserted": "triples asserted",
    "entailed": "triples entailed",
    "claims_accepted": "claims accepted",
}


def load(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Articles to add, in TriG."),
    ] = None,
    *,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Build the graph from the shipped files, or bring it up to date.

    Articles given are added, or replace their earlier version. All is one commit:
    nothing is stored unless the whole conforms to the shapes.

    For example: milgraph load 2024-05-14-black-sea-drill.trig
    """
    session = session_of(context)
    with session.graph(data) as graph:
        try:
            report = graph.load(files or ())
        except ConformanceError as error:
            _tell(session, error.report, graph)
            raise
    from milgraph.statistics import Statistics

    counts = Statistics.of(graph.reader().snapshot())
    if as_json:
        session.say_json(asdict(counts) | {"findings": report.summary})
        return
    session.say(
        f"{graph.settings.data}: {counts.articles} articles with {counts.claims} claims, "
        f"{counts.asserted:,} triples asserted and {counts.entailed:,} entailed "
        f"(commit {counts.sequence})."
    )
    if report.results:
        session.say(f"Nothing stands in the way: {report.summary}.")


def _tell(session: Session, report: "Report", graph: "KnowledgeGraph") -> None:
    """Print what stands in the way of the commit."""
    violations = [r for r in report.results if r.severity.label == "violation"]
    told = findings(
        replace(report, results=tuple(violations)),
        name_of=graph.shapes.name,
        width=session.width,
        is_local=False,
    )
    session.note(f"{told}\n")


def stats(
    context: typer.Context, *, as_json: AsJson = False, data: Data = None
) -> None:
    """Tell how much the graph holds.

    For example: milgraph stats --json
    """
    from milgraph.queries import Catalogue
    from milgraph.statistics import Statistics

    session = session_of(context)
    with session.graph(data) as graph:
        snapshot = graph.ensure_current().snapshot()
    counts = asdict(Statistics.of(snapshot))
    counts["queries"] = len(Catalogue.of(graph.settings.resources.queries))
    if as_json:
        session.say_json(counts)
        return
    rows = [
        (_NOUNS.get(name, name.replace("_", " ")), f"{number:,}")
        for name, number in counts.items()
    ]
    width = max(len(number) for _, number in rows)
    session.say(table(("what", "how many"), [(w, n.rjust(width)) for w, n in rows]))
