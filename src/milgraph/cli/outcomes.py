"""Outcomes: what a change did to the graph, as whoever made it is told."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from milgraph.cli.rendering import findings, plain
from milgraph.doors.told import Told
from milgraph.errors import ConsistencyError
from milgraph.terms import NamedNode, compact

if TYPE_CHECKING:
    from collections.abc import Callable

    from milgraph.validation import Report

__all__ = ["clash_as_json", "in_words", "refusal_in_words"]

_MOST_NAMED = 10


def in_words(
    told: Told,
    *,
    name_of: "Callable[[NamedNode], str]",
    width: int,
    dry_run: bool = False,
    undone: int | None = None,
) -> str:
    """Return what people are told; `undone` is the commit that is undone, if one is."""
    lines = [_head(told, undone), *_articles(told.fates, dry_run=dry_run)]
    if dry_run:
        lines.append("Nothing was stored.")
    if told.report.results:
        lines.append(f"Nothing stands in the way: {told.report.summary}.")
        lines += ["", _findings(told.report, name_of, width)]
    return "\n".join(lines)


def _head(told: Told, undone: int | None) -> str:
    if told.is_empty:
        return "Nothing is to be changed."
    if told.commit is not None:
        deed = "" if undone is None else f" undoes commit {undone}"
        return f"Commit {told.commit}{deed}: {_counts(told)}."
    deed = "To be committed" if undone is None else f"Commit {undone} would be undone"
    return f"{deed}: {_counts(told)}."


def _counts(told: Told) -> str:
    """Return how many triples came and went.

    A triple counts as asserted once for each graph that asserts it.
    """
    counts = (
        (told.added, "asserted"),
        (told.removed, "taken back"),
        (told.entailed, "more entailed"),
        (told.no_longer_entailed, "no longer entailed"),
    )
    first, *rest = [(number, what) for number, what in counts if number]
    noun = "triple" if first[0] == 1 else "triples"
    told_first = f"{first[0]:,} {noun} {first[1]}"
    return ", ".join([told_first, *(f"{number:,} {what}" for number, what in rest)])


def _articles(fates: Mapping[str, str], *, dry_run: bool) -> Iterator[str]:
    verb = "would be" if dry_run else "is"
    if len(fates) <= _MOST_NAMED:
        for article, fate in fates.items():
            said = f"is {fate}" if fate == "unchanged" else f"{verb} {fate}"
            yield f"  {plain(compact(NamedNode(article)))} {said}."
        return
    counted = Counter(fates.values()).most_common()
    yield f"  {len(fates):,} articles: {', '.join(f'{n:,} {f}' for f, n in counted)}."


def refusal_in_words(
    report: "Report",
    subject: str,
    *,
    name_of: "Callable[[NamedNode], str]",
    width: int,
) -> str:
    """Return why the shapes refuse the subject: what is wrong, where, and how to mend it."""
    verdict = (
        f"{plain(subject)} does not conform: {report.summary}. Nothing was stored."
    )
    violations = [r for r in report.results if r.severity.label == "violation"]
    told = replace(report, results=tuple(violations))
    return f"{verdict}\n\n{_findings(told, name_of, width)}"


def clash_as_json(error: ConsistencyError) -> dict[str, object]:
    """Return what programs are told of facts with which the graph would have no model."""
    place = error.position
    finding = {
        "severity": "violation",
        "message": error.message,
        "hint": error.hint,
        "file": place.source if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "jsonPath": place.path if place else None,
    }
    return {"conforms": False, "summary": "1 violation", "findings": [finding]}


def _findings(
    report: "Report", name_of: "Callable[[NamedNode], str]", width: int
) -> str:
    # Where no place is told, nothing but the full name says of which article it is.
    is_local = all(result.position for result in report.results)
    return findings(report, name_of=name_of, width=width, is_local=is_local)
