"""Commands that check facts against the shapes, and segments against the text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph.cli.inputs import STANDARD_INPUT, name_of, read_bytes
from milgraph.cli.options import AsJson, Data, RdfFormatName
from milgraph.cli.rendering import findings, findings_as_json, plain
from milgraph.cli.session import Session, session_of
from milgraph.errors import ConsistencyError
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Source
from milgraph.terms import compact, expand

if TYPE_CHECKING:
    from milgraph.knowledge_graph import KnowledgeGraph
    from milgraph.validation import Report

__all__ = ["check", "verify_text"]


def check(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="New facts; - reads standard input.")],
    *,
    form: Annotated[
        RdfFormatName | None,
        typer.Option(
            "--format",
            help="The format, where the file's name does not tell; TriG by default.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    as_turtle: Annotated[
        bool, typer.Option("--turtle", help="Print the SHACL validation report.")
    ] = False,
    data: Data = None,
) -> None:
    """Check new facts against the shapes, in the graph as it stands. Nothing is stored.

    Each finding says what is wrong, where, and how to mend it. A file with graphs is an
    article; the facts of one without are read as one claim.

    For example: milgraph check 2024-05-14-black-sea-drill.trig
    """
    if as_json and as_turtle:
        raise typer.BadParameter("choose one of --json and --turtle")
    session = session_of(context)
    source = _source(file, form)
    with session.graph(data) as graph:
        try:
            report = graph.check(source)
        except ConsistencyError as error:
            if as_json:
                session.say_json(_inconsistent(source, error))
                raise typer.Exit(1) from error
            raise
    if as_turtle:
        session.say(report.to_rdflib().serialize(format="turtle"))
    elif as_json:
        session.say_json(_as_json(source, report, graph))
    else:
        _tell(session, source, report, graph)
    raise typer.Exit(0 if report.conforms else 1)


def _source(file: str, form: RdfFormatName | None) -> Source:
    """Return what is to be checked; the option goes before the file's ending."""
    if form is None and file != STANDARD_INPUT:
        return Source.of(Path(file))
    content = read_bytes(file, limit=MAXIMUM_SIZE)
    return Source(name_of(file), content, FORMATS[form or "trig"])


def _tell(
    session: Session, source: Source, report: "Report", graph: "KnowledgeGraph"
) -> None:
    verdict = "conforms" if report.conforms else "does not conform"
    session.say(
        f"{plain(source.name)} {verdict}: {report.summary}. Nothing was stored."
    )
    if report.results:
        told = findings(report, name_of=graph.shapes.name, width=session.width)
        session.say(f"\n{told}")


def _as_json(
    source: Source, report: "Report", graph: "KnowledgeGraph"
) -> dict[str, object]:
    return {
        "source": source.name,
        "conforms": report.conforms,
        "summary": report.summary,
        "findings": findings_as_json(report, name_of=graph.shapes.name),
    }


def _inconsistent(source: Source, error: ConsistencyError) -> dict[str, object]:
    """Return the findings of facts with which the graph would have no model."""
    finding = {"severity": "violation", "message": error.message, "hint": error.hint}
    return {
        "source": source.name,
        "conforms": False,
        "summary": "1 violation",
        "findings": [finding],
    }


def verify_text(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The text of an article, as UTF-8.")],
    *,
    article: Annotated[
        str | None,
        typer.Option(
            metavar="IRI",
            help="The article, where its digest or the file's name does not tell.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Prove that every segment of an article still fits its text.

    Offsets count Unicode code points of the text exactly as it is; digests are of the
    UTF-8 bytes of each segment.

    For example: milgraph verify-text article.txt
    """
    from milgraph.texts import (
        article_of_text,
        read_text,
        verify_text,
    )

    session = session_of(context)
    text = read_text(file)
    with session.graph(data) as graph:
        snapshot = graph.ensure_current().snapshot()
    node = expand(article) if article else article_of_text(snapshot, text, file)
    report = verify_text(snapshot, node, text)
    if as_json:
        session.say_json(
            {
                "article": report.article.value,
                "segments": report.segments,
                "fits": report.fits,
                "misfits": [
                    {"node": m.node.value, "problem": m.problem, "hint": m.hint}
                    for m in report.misfits
                ],
            }
        )
    elif report.fits:
        session.say(f"{compact(node)}: all {report.segments} segments fit {file}.")
    else:
        for misfit in report.misfits:
            session.say(
                f"{misfit.node.value.removeprefix(node.value) or compact(node)}: {misfit.problem}."
            )
            if misfit.hint:
                session.say(f"  {misfit.hint}")
        wrong = len({m.node for m in report.misfits} - {node})
        session.say(
            f"{compact(node)}: {wrong} of {report.segments} segments do not fit."
        )
    raise typer.Exit(0 if report.fits else 1)
