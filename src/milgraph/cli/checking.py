"""Commands that check facts against the shapes, and segments against the text."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph.cli.inputs import name_of, source_of
from milgraph.cli.options import AsJson, Data, Form, ReportName
from milgraph.cli.outcomes import clash_as_json
from milgraph.cli.rendering import findings, findings_as_json, plain
from milgraph.cli.session import Session, session_of
from milgraph.errors import (
    ConsistencyError,
    KnowledgeGraphError,
    LimitError,
    PlacementError,
    SourceError,
)
from milgraph.findings import cause_as_json
from milgraph.syntax import FORMATS, Source
from milgraph.terms import NamedNode, compact, expand

if TYPE_CHECKING:
    from milgraph.knowledge_graph import KnowledgeGraph
    from milgraph.validation import Engine, Report, Shapes

__all__ = ["check", "verify_text"]

# Errors of one file, which leave the others to be checked.
_OF_A_FILE = (ConsistencyError, LimitError, PlacementError, SourceError)


@dataclass(frozen=True, slots=True)
class _Held:
    """What facts are held to: how they are checked, and what the shapes are called."""

    check: "Callable[[Source], Report]"
    name_of: "Callable[[NamedNode], str]"

    @classmethod
    def by(cls, graph: "KnowledgeGraph", shapes: str | None) -> "_Held":
        """Return the shapes of the file; without one, those of the graph."""
        if shapes is None:
            return cls(graph.check, graph.shapes.name)
        from milgraph.trials import try_by
        from milgraph.validation import own_shapes

        brought = own_shapes(Source.of(Path(shapes)))
        view = graph.ensure_current().snapshot().triples
        axioms = graph.shipped.axioms
        return cls(
            lambda facts: try_by(brought, facts, view=view, axioms=axioms), brought.name
        )


class _EngineName(StrEnum):
    TURBO = "turbo"
    PYSHACL = "pyshacl"


def check(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="New facts; - reads standard input."),
    ],
    *,
    form: Form = None,
    engine: Annotated[
        _EngineName,
        typer.Option(help="The validator: both find the same, turbo sooner."),
    ] = _EngineName.TURBO,
    shapes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Check by these shapes instead, by pyshacl.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        ReportName | None,
        typer.Option(
            help="The format: text, the SHACL validation report as RDF, or SARIF.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    as_turtle: Annotated[
        bool, typer.Option("--turtle", help="The same as --output turtle.")
    ] = False,
    as_sarif: Annotated[
        bool, typer.Option("--sarif", help="The same as --output sarif.")
    ] = False,
    data: Data = None,
) -> None:
    """Check new facts against the shapes, in the graph as it stands. Nothing is stored.

    Each finding says what is wrong, where, and how to mend it. A file with graphs is an
    article; the facts of one without are read as one claim. Of several files each is
    checked by itself.

    For example: milgraph check 2024-05-14-black-sea-drill.trig
    """
    wanted = _wanted(output, json=as_json, turtle=as_turtle, sarif=as_sarif)
    session = session_of(context)
    with session.graph(data, engine=_engine(engine)) as graph:
        held = _Held.by(graph, shapes)
        verdicts = [_verdict(held, file, form) for file in files]
    first, *others = verdicts
    if not others and first.error and not (wanted == "json" and first.is_clash):
        raise first.error
    if wanted == "text":
        _tell(session, verdicts, held)
    elif wanted == "json":
        told = [verdict.as_json(held) for verdict in verdicts]
        session.say_json(told if others else told[0])
    else:
        session.write(_written(_merged(verdicts), wanted, held))
        for verdict in verdicts:
            if verdict.error:
                session.note("\n".join(_lines(session, verdict, held)))
    raise typer.Exit(max(verdict.code for verdict in verdicts))


def _wanted(output: ReportName | None, **flags: bool) -> str:
    """Return the format that the options ask for.

    Raises:
        BadParameter: they ask for two.
    """
    asked = {name for name, is_set in flags.items() if is_set}
    if output is not None:
        asked.add(output.value)
    if len(asked) > 1:
        raise typer.BadParameter(f"choose one of {' and '.join(sorted(asked))}")
    return asked.pop() if asked else "text"


def _written(report: "Report", form: str, held: _Held) -> bytes:
    """Return the report as SHACL has it, or as SARIF."""
    from milgraph.export import serialise

    if form == "sarif":
        from milgraph.validation import sarif_of

        told = sarif_of(report, name_of=held.name_of)
        return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"
    return serialise(report.triples(), FORMATS[form])


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What was found in one file: a report, or why there is none."""

    name: str
    report: "Report | None" = None
    error: KnowledgeGraphError | None = None

    @property
    def is_clash(self) -> bool:
        """Whether the graph would have no model with it, which is a finding too."""
        return isinstance(self.error, ConsistencyError)

    @property
    def code(self) -> int:
        """The exit code of the program, if there were no other file."""
        if self.report is None:
            return 1 if self.is_clash else 2
        return 0 if self.report.conforms else 1

    def as_json(self, held: _Held) -> dict[str, object]:
        """Return what programs are told."""
        source: dict[str, object] = {"source": self.name}
        if isinstance(self.error, ConsistencyError):
            return source | clash_as_json(self.error)
        if self.report is None:
            return source | {"conforms": None, "error": str(self.error)}
        return source | {
            "conforms": self.report.conforms,
            "summary": self.report.summary,
            "findings": findings_as_json(self.report, name_of=held.name_of),
            "causes": [cause_as_json(c, held.name_of) for c in self.report.causes],
        }


def _engine(name: _EngineName) -> "Callable[[Shapes], Engine]":
    from milgraph.validation import pyshacl_engine, turbo_engine

    return pyshacl_engine if name is _EngineName.PYSHACL else turbo_engine


def _verdict(held: _Held, file: str, form: Form) -> _Verdict:
    try:
        source = source_of(file, form)
        return _Verdict(source.name, held.check(source))
    except _OF_A_FILE as error:
        return _Verdict(name_of(file), error=error)


def _merged(verdicts: "Sequence[_Verdict]") -> "Report":
    """Return all that was found as one report."""
    from milgraph.validation import Report

    reports = [verdict.report for verdict in verdicts if verdict.report]
    return Report.of(result for report in reports for result in report.results)


def _tell(session: Session, verdicts: "Sequence[_Verdict]", held: _Held) -> None:
    for index, verdict in enumerate(verdicts):
        if index:
            session.say()
        session.say("\n".join(_lines(session, verdict, held)))


def _lines(session: Session, verdict: _Verdict, held: _Held) -> Iterator[str]:
    report = verdict.report
    if report is None:
        yield from map(plain, str(verdict.error).splitlines())
        return
    word = "conforms" if report.conforms else "does not conform"
    yield f"{plain(verdict.name)} {word}: {report.summary}. Nothing was stored."
    if report.results:
        yield ""
        yield findings(report, name_of=held.name_of, width=session.width)


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
