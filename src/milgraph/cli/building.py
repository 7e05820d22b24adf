"""Commands that build the graph and tell what it holds."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from milgraph import doorplate
from milgraph.cli.options import AsJson, Data
from milgraph.cli.rendering import findings, findings_as_json, plain, table
from milgraph.cli.session import Session, progress_bar, session_of
from milgraph.errors import ConformanceError, KnowledgeGraphError, StoreError

if TYPE_CHECKING:
    from milgraph.bulk import Loaded
    from milgraph.knowledge_graph import KnowledgeGraph
    from milgraph.staging import Progress
    from milgraph.validation import Report

__all__ = ["load", "refusal_as_json", "stats", "tell_refusal"]

_NOUNS = {
    "sequence": "commits",
    "asserted": "triples asserted",
    "entailed": "triples entailed",
    "records": "records of data sets",
    "claims_accepted": "claims accepted",
}


class Refused(Protocol):
    """What was left out, and why."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def error(self) -> KnowledgeGraphError:
        """Why it was left out."""
        ...


def load(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|FOLDER", help="Articles to add, or dumps of many."
        ),
    ] = None,
    *,
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going", help="Leave out what is refused, and load the rest."
        ),
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Build the graph from the shipped files, or bring it up to date.

    Articles given are added, or replace their earlier version: a few in one commit,
    thousands in batches. What was interrupted goes on when it is run again. A dump is a
    file of many graphs; its default graph is computed anew.

    For example: milgraph load 2024-05-14-black-sea-drill.trig
    """
    from milgraph.knowledge_graph import KnowledgeGraph

    session, given = session_of(context), tuple(paths or ())
    settings = session.settings(data)
    address = doorplate.find(settings.data)
    with progress_bar() as progress:
        graph = KnowledgeGraph(settings, progress=progress)
        try:
            if address is None:
                loaded = _load(session, graph, given, progress, keep_going=keep_going)
            else:
                loaded = _send(graph, address, given, progress, keep_going=keep_going)
        except ConformanceError as error:
            _tell(session, error.report, graph)
            raise
    if as_json:
        session.say_json(_as_json(graph, loaded, is_here=address is None))
    elif address is None:
        _say(session, graph, loaded)
    elif given:
        session.say(f"{address}: {_deeds(loaded)}.")
    else:
        session.say(f"{address}: the graph is up to date.")
    for refusal in loaded.refused:
        tell_refusal(session, refusal, graph)
    raise typer.Exit(1 if loaded.refused else 0)


def _load(
    session: Session,
    graph: "KnowledgeGraph",
    paths: Sequence[Path],
    progress: "Progress",
    *,
    keep_going: bool,
) -> "Loaded":
    from milgraph import bulk

    with graph.gate() as gate:
        loaded = bulk.load(
            gate,
            paths,
            session.author("load"),
            progress=progress,
            keep_going=keep_going,
        )
    progress("done", 1.0)
    return loaded


def _send(
    graph: "KnowledgeGraph",
    address: str,
    paths: Sequence[Path],
    progress: "Progress",
    *,
    keep_going: bool,
) -> "Loaded":
    """Load through the door of the server that holds the graph."""
    from milgraph.bulk import Loaded
    from milgraph.cli.sending import send
    from milgraph.doors import ServerDoor

    if not paths:
        if graph.is_current:
            return Loaded()
        raise StoreError(
            f"the server at {address} runs with other files than are shipped now",
            hint="Start it anew: it brings the graph up to date.",
        )
    with ServerDoor.open(address, graph.settings.token) as door:
        return send(door, paths, progress=progress, keep_going=keep_going)


def _as_json(
    graph: "KnowledgeGraph", loaded: "Loaded", *, is_here: bool
) -> dict[str, object]:
    from milgraph.statistics import Statistics

    told: dict[str, object] = {
        "findings": loaded.report.summary,
        "loaded": loaded.articles,
        "unchanged": loaded.unchanged,
        "commits": loaded.commits,
        "refused": [refusal_as_json(one, graph) for one in loaded.refused],
    }
    # A server publishes what it has committed when it is asked.
    return asdict(Statistics.of(graph.reader().snapshot())) | told if is_here else told


def refusal_as_json(refusal: "Refused", graph: "KnowledgeGraph") -> dict[str, object]:
    """Return why something was left out, for programs."""
    error = refusal.error
    report = error.report if isinstance(error, ConformanceError) else None
    return {
        "name": refusal.name,
        "message": str(error),
        "findings": findings_as_json(report, name_of=graph.shapes.name)
        if report
        else [],
    }


def _say(session: Session, graph: "KnowledgeGraph", loaded: "Loaded") -> None:
    from milgraph.statistics import Statistics

    counts = Statistics.of(graph.reader().snapshot())
    if loaded.unchanged or loaded.refused or len(loaded.commits) > 1:
        session.say(f"{_deeds(loaded)}.")
    session.say(
        f"{graph.settings.data}: {counts.articles} articles with {counts.claims} claims, "
        f"{counts.asserted:,} triples asserted and {counts.entailed:,} entailed "
        f"(commit {counts.sequence})."
    )
    if loaded.results:
        session.say(f"Nothing stands in the way: {loaded.report.summary}.")


def _deeds(loaded: "Loaded") -> str:
    """Return what became of the articles in words."""
    counts = [
        (loaded.articles, "stored"),
        (loaded.unchanged, "unchanged"),
        (len(loaded.refused), "refused"),
    ]
    told = ", ".join(f"{number:,} {what}" for number, what in counts if number)
    commits = len(loaded.commits)
    noun = "commit" if commits == 1 else "commits"
    return f"articles: {told or 'none'} ({commits:,} {noun})"


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


def tell_refusal(session: Session, refusal: "Refused", graph: "KnowledgeGraph") -> None:
    """Print why something was left out."""
    session.note(f"\n{plain(refusal.name)} was left out: {_reason(refusal.error)}")
    if isinstance(refusal.error, ConformanceError):
        _tell(session, refusal.error.report, graph)


def _reason(error: Exception) -> str:
    return "\n".join(map(plain, str(error).splitlines()))


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
