"""Told: what a change did to the graph, as whoever made it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from milgraph.findings import finding_as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from milgraph.terms import NamedNode
    from milgraph.validation import Report

__all__ = ["Told"]


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
            "findings": [finding_as_json(r, name_of) for r in self.report.results],
        }
