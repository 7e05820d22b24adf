"""The command that takes in the records of other people's data sets."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph import doorplate
from milgraph.cli.building import refusal_as_json, tell_refusal
from milgraph.cli.options import AsJson, Data, Reason
from milgraph.cli.rendering import findings_as_json
from milgraph.cli.session import progress_bar, session_of
from milgraph.errors import StoreError

if TYPE_CHECKING:
    from milgraph.history import Author
    from milgraph.importers import Account
    from milgraph.knowledge_graph import KnowledgeGraph
    from milgraph.staging import Progress

__all__ = ["import_"]


class DataSetName(StrEnum):
    """The data sets that can be imported."""

    UCDP = "ucdp"
    GDELT = "gdelt"
    ACLED = "acled"


def import_(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    data_set: Annotated[
        DataSetName, typer.Argument(metavar="ucdp|gdelt|acled", help="Whose records.")
    ],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Tables of that data set.")
    ],
    *,
    release: Annotated[
        str,
        typer.Option(
            "--release",
            metavar="VERSION",
            help="The version of the data set, where the file does not tell.",
        ),
    ] = "",
    complete: Annotated[
        bool,
        typer.Option(
            "--complete",
            help="The file is the whole data set: retract records that it has no more.",
        ),
    ] = False,
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going", help="Leave out what is refused, and import the rest."
        ),
    ] = False,
    allow_older: Annotated[
        bool,
        typer.Option(
            "--allow-older",
            help="Go back to this release, where the graph has records of a newer one.",
        ),
    ] = False,
    reason: Reason = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Import the records of UCDP GED, GDELT 2.0 or ACLED, each with its claim.

    A file is examined whole first: of a damaged one nothing is imported, and the line
    is told. A record replaces its earlier version; one that is there as it is given is
    passed over, so that what was interrupted goes on when it is run again.

    For example: milgraph import ucdp GEDEvent_v23_1.csv --complete
    """
    from milgraph.knowledge_graph import KnowledgeGraph

    session = session_of(context)
    if complete and len(files) > 1:
        raise typer.BadParameter("a data set that is complete is one file")
    settings = session.settings(data)
    if address := doorplate.find(settings.data):
        raise StoreError(
            f"the server at {address} holds the graph, and imports are not sent to it",
            hint="Stop it, import, and start it again.",
        )
    task = _Task(
        data_set.value,
        tuple(files),
        release,
        session.author("import", reason),
        is_complete=complete,
        keep_going=keep_going,
        allow_older=allow_older,
    )
    with progress_bar() as progress:
        graph = KnowledgeGraph(settings, progress=progress)
        accounts = _carry_out(task, graph, progress)
    if as_json:
        session.say_json([_as_json(graph, *one) for one in accounts.items()])
    for path, account in () if as_json else accounts.items():
        session.say(f"{path}: {_in_words(account)}.")
        for refusal in account.refused:
            tell_refusal(session, refusal, graph)
    has_refused = any(account.refused for account in accounts.values())
    raise typer.Exit(1 if has_refused else 0)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be imported, and how."""

    data_set: str
    files: tuple[Path, ...]
    release: str
    author: "Author"
    is_complete: bool
    keep_going: bool
    allow_older: bool


def _carry_out(
    task: _Task, graph: "KnowledgeGraph", progress: "Progress"
) -> dict[Path, "Account"]:
    """Import the files once each of them is known to be whole."""
    from milgraph.importers import FORMATS, examine, import_records

    format_ = FORMATS[task.data_set]
    for path in task.files if len(task.files) > 1 else ():
        progress(f"examining {path.name}", 0.0)
        examine(path, format_)
    with graph.gate() as gate:
        accounts = {
            path: import_records(
                gate,
                format_,
                path,
                task.author,
                release=task.release,
                is_complete=task.is_complete,
                keep_going=task.keep_going,
                allow_older=task.allow_older,
                progress=progress,
            )
            for path in task.files
        }
    progress("done", 1.0)
    return accounts


def _in_words(account: "Account") -> str:
    counts = (
        (account.imported, "imported"),
        (account.updated, "updated"),
        (account.unchanged, "unchanged"),
        (account.retracted, "retracted"),
        (len(account.refused), "refused"),
    )
    told = ", ".join(f"{number:,} {what}" for number, what in counts if number)
    commits = len(account.commits)
    noun = "commit" if commits == 1 else "commits"
    return f"{account.records:,} records: {told or 'none'} ({commits:,} {noun})"


def _as_json(
    graph: "KnowledgeGraph", path: Path, account: "Account"
) -> dict[str, object]:
    return {
        "file": str(path),
        "records": account.records,
        "imported": account.imported,
        "updated": account.updated,
        "unchanged": account.unchanged,
        "retracted": account.retracted,
        "commits": account.commits,
        "findings": findings_as_json(account.report, name_of=graph.shapes.name),
        "refused": [
            {"line": one.line} | refusal_as_json(one, graph) for one in account.refused
        ],
    }
