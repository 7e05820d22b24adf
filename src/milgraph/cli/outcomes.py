"""Outcomes: what a change did to the graph, as whoever made it is told."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from milgraph.cli.rendering import findings, findings_as_json, plain
from milgraph.errors import ConsistencyError
from milgraph.terms import NamedNode, compact

if TYPE_CHECKING:
    from collections.abc import Callable

    from milgraph.validation import Report

__all__ = ["Told", "clash_as_json", "in_words", "refusal_in_words"]

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Told:
    """What a change did, or with a dry run would do.

    `commit` is its number; there is none where nothing changed, and none of a dry run.
    `fates` say what became of each article: new, replaced, unchanged or retracted.
    `entailed` counts what follows without being asserted.
    """

    commit: int | None
    report: "Report"
    fates: Mapping[str, str] = field(default_factory=dict)
    added: int = 0
    removed: int = 0
    entailed: int = 0
    no_longer_entailed: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change."""
        counts = (self.added, self.removed, self.entailed, self.no_longer_entailed)
        return not any(counts)

    def as_json(self, name_of: "Callable[[NamedNode], str]") -> dict[str, object]:
        """Return what programs are told."""
        return {
            "commit": self.commit,
            "changed": not self.is_empty,
            "articles": list(self.fates),
            "fates": dict(self.fates),
            "added": self.added,
            "removed": self.removed,
            "entailed": self.entailed,
            "noLongerEntailed": self.no_longer_entailed,
            "conforms": self.report.conforms,
            "summary": self.report.summary,
            "findings": findings_as_json(self.report, name_of=name_of),
        }


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
