"""Proposing: one run of the command that links, and what is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from milgraph.cli.rendering import plain, table
from milgraph.cli.session import Session
from milgraph.terms import NamedNode, compact

if TYPE_CHECKING:
    from milgraph.linking import Decision, Decisions, Judgements, Proposal, Target
    from milgraph.linksets import Row
    from milgraph.matching import Profile

__all__ = ["Run", "as_json", "counted", "tell"]


@dataclass
class Run:
    """What one run of the command works on, and what was decided in it or before."""

    session: Session
    target: "Target"
    decisions: "Decisions"
    ours: "dict[str, Profile]"
    held: "Judgements"  # by the graph
    author: str
    has_head: bool
    rows: "list[Row]" = field(default_factory=list)
    known: int = 0

    @property
    def judged(self) -> "Judgements":
        """What is judged already, by the graph or the table."""
        from milgraph.linking import Judgements

        return self.held | Judgements.of_table(self.decisions.table)

    def decide(self, *decisions: "Decision") -> None:
        """Take the decisions into the table."""
        self.rows += self.decisions.add(decisions)


def counted(number: int, noun: str) -> str:
    """Return the noun with its number.

    >>> counted(2, "decision")
    '2 decisions'
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tell(run: Run, proposals: "Sequence[Proposal]", *, is_shown: bool) -> None:
    """Tell people what is proposed, and what was decided."""
    if is_shown and proposals:
        run.session.say(_rows(proposals))
        run.session.say("")
    if is_shown:
        run.session.say(
            f"{counted(len(proposals), 'proposal')}. Nothing is linked without a decision."
        )
    if run.rows:
        run.session.say(
            f"{counted(len(run.rows), 'decision')} in {run.decisions.path.name}."
        )
    if run.known:
        all_ = "" if run.rows else "; nothing is new"
        were = "was" if run.known == 1 else "were"
        run.session.say(f"{counted(run.known, 'decision')} {were} known already{all_}.")


def _rows(proposals: "Sequence[Proposal]") -> str:
    return table(
        ("entity", "candidate", "score", "identified", "link"),
        [
            (
                compact(NamedNode(p.ours.id)),
                plain(p.theirs.label),
                f"{p.score:g}",
                "yes" if p.is_identified else "no",
                compact(p.predicate),
            )
            for p in proposals
        ],
    )


def as_json(run: Run, proposals: "Sequence[Proposal]") -> dict[str, object]:
    """Return what programs are told."""
    return {
        "target": run.target.name,
        "table": str(run.decisions.path),
        "proposals": [
            {
                "subject": p.ours.id,
                "subjectLabel": p.ours.label,
                "object": p.theirs.id,
                "objectLabel": p.theirs.label,
                "score": p.score,
                "identified": p.is_identified,
                "predicate": compact(p.predicate),
                "why": p.why,
                "features": [
                    {"name": f.name, "value": f.value, "why": f.why} for f in p.features
                ],
            }
            for p in proposals
        ],
        "decided": [{slot: row.cell(slot) for slot in row.values} for row in run.rows],
        "known": run.known,
    }
