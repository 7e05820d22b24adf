"""Commands that change the graph: one commit each, or none."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph.articles import require_named
from milgraph.cli.doors import Door, open_door
from milgraph.cli.inputs import STANDARD_INPUT, source_of
from milgraph.cli.options import AsJson, Data, DryRun, Form, Reason
from milgraph.cli.outcomes import clash_as_json, in_words, refusal_in_words
from milgraph.cli.session import Session, session_of
from milgraph.doors.told import Told
from milgraph.errors import ConformanceError, ConsistencyError
from milgraph.resources import Resources
from milgraph.terms import NamedNode, compact, expand

if TYPE_CHECKING:
    from milgraph.validation import Report, Shapes

__all__ = ["Task", "add", "carry_out", "retract", "undo"]


def add(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Articles; - reads standard input."),
    ],
    *,
    form: Form = None,
    dry_run: DryRun = False,
    reason: Reason = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Add articles, each in the place of its earlier version, as one commit.

    Nothing is stored unless all of them conform to the shapes. Where a server holds the
    graph, they go through its door, with the token of MILGRAPH_TOKEN.

    For example: milgraph add 2024-05-14-black-sea-drill.trig --reason "First report"
    """
    session = session_of(context)
    sources = [source_of(file, form) for file in files]
    if STANDARD_INPUT in files:
        require_named(sources[files.index(STANDARD_INPUT)])
    carry_out(
        Task(session, "add", reason, data, as_json=as_json, dry_run=dry_run),
        lambda door: door.submit(sources, dry_run=dry_run),
        subject=sources[0].name if len(sources) == 1 else "The commit",
    )


def retract(
    context: typer.Context,
    article: Annotated[
        str,
        typer.Argument(help="An article, by its slug, short name or IRI."),
    ],
    *,
    dry_run: DryRun = False,
    reason: Reason = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Take an article away, with all that follows from it alone.

    For example: milgraph retract 2024-05-14-black-sea-drill --reason "Withdrawn"
    """
    node = _article(article)
    carry_out(
        Task(
            session_of(context),
            "retract",
            reason,
            data,
            as_json=as_json,
            dry_run=dry_run,
        ),
        lambda door: door.retract(node, dry_run=dry_run),
        subject=f"The graph without {compact(node)}",
    )


def undo(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(metavar="N", help="The number of a commit.", min=1)
    ],
    *,
    dry_run: DryRun = False,
    reason: Reason = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Undo a commit, by a new commit of its inverse.

    It is refused where a later commit has changed the same again, or where what stays
    would not conform.

    For example: milgraph undo 12 --reason "Sent by mistake"
    """
    carry_out(
        Task(
            session_of(context), "undo", reason, data, as_json=as_json, dry_run=dry_run
        ),
        lambda door: door.undo(number, dry_run=dry_run),
        subject=f"The graph without commit {number}",
        undone=number,
    )


@dataclass(frozen=True, slots=True)
class Task:
    """A change to be made, and how its author wants to hear of it."""

    session: Session
    door: str
    reason: str
    data: Path | None
    as_json: bool
    dry_run: bool

    def name_of(self, shape: NamedNode) -> str:
        """Return what the shape is called."""
        return _shapes(self.session.settings(self.data).resources).name(shape)


def carry_out(
    task: Task, act: Callable[[Door], Told], *, subject: str, undone: int | None = None
) -> None:
    """Make the change and tell what became of it; end with 1 where the shapes refuse it."""
    session = task.session
    try:
        with open_door(session, task.data, task.door, task.reason) as door:
            told = act(door)
    except ConformanceError as error:
        _tell_refusal(task, error.report, subject)
        raise typer.Exit(1) from error
    except ConsistencyError as error:
        if task.as_json:
            session.say_json(clash_as_json(error))
            raise typer.Exit(1) from error
        raise
    if task.as_json:
        session.say_json(told.as_json(task.name_of))
        return
    session.say(
        in_words(
            told,
            name_of=task.name_of,
            width=session.width,
            dry_run=task.dry_run,
            undone=undone,
        )
    )


def _tell_refusal(task: Task, report: "Report", subject: str) -> None:
    if task.as_json:
        task.session.say_json(Told(None, report).as_json(task.name_of))
        return
    task.session.say(
        refusal_in_words(
            report, subject, name_of=task.name_of, width=task.session.width
        )
    )


@cache
def _shapes(resources: Resources) -> "Shapes":
    from milgraph.validation import Shapes

    return Shapes.shipped(resources)


def _article(name: str) -> NamedNode:
    """Return the article of that slug, short name or IRI.

    Raises:
        ParameterError: it is none of them.
    """
    return expand(name if ":" in name else f"article:{name}")
