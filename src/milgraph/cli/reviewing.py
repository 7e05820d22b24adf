"""Reviewing: proposals of links, decided on one by one in the terminal."""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from milgraph.cli.rendering import plain
from milgraph.cli.session import Session
from milgraph.errors import LinksetError
from milgraph.terms import NamedNode, compact

if TYPE_CHECKING:
    from milgraph.linking import Decision, Proposal

__all__ = ["ask"]


def ask(
    session: Session,
    proposals: "Sequence[Proposal]",
    decide: "Callable[[Decision], None]",
    author: str,
) -> None:
    """Ask for a decision on each proposal, until there is none left or nobody answers."""
    closed: set[str] = set()
    # Whoever has enough ends the input or presses Ctrl-C: what is decided is kept.
    with contextlib.suppress(typer.Abort, _Enough):
        for number, proposal in enumerate(proposals, 1):
            if proposal.ours.id in closed:
                continue
            session.say(f"\n{number} of {len(proposals)}: {_described(proposal)}")
            if _is_settled(session, proposal, decide, author):
                closed.add(proposal.ours.id)
    session.say("")


class _Enough(Exception):  # noqa: N818 - not an error
    """Whoever reviews wants to stop."""


def _is_settled(
    session: Session,
    proposal: "Proposal",
    decide: "Callable[[Decision], None]",
    author: str,
) -> bool:
    """Ask until the answer is a decision; return whether ours is done with."""
    from milgraph.linking import Verdict
    from milgraph.linking.decisions import decided

    answers = {"a": Verdict.ACCEPT, "r": Verdict.REJECT, "n": Verdict.NONE}
    question = "[a]ccept, [r]eject, [n]o such entity, [s]kip, [q]uit"
    while (answer := typer.prompt(question, default="s").strip().lower()[:1]) != "s":
        if answer == "q":
            raise _Enough
        if answer not in answers:
            continue
        default = proposal.reasons if answer == "a" else None
        evidence = typer.prompt("Why, and seen where", default=default)
        try:
            decide(decided(proposal, answers[answer], author=author, evidence=evidence))
        except LinksetError as error:
            session.say(str(error))
            continue
        return bool(answer != "r")
    return False


def _described(proposal: "Proposal") -> str:
    lines = [
        f"{plain(compact(NamedNode(proposal.ours.id)))} and {plain(proposal.theirs.label)}",
        f"  <{plain(proposal.theirs.id)}> {plain(proposal.theirs.description)}".rstrip(),
        f"  score {proposal.score:g}"
        + (", identified" if proposal.is_identified else ""),
        *(f"  {f.name} {f.value:.2f}: {plain(f.why)}" for f in proposal.features),
        f"  {compact(proposal.predicate)}: {plain(proposal.why)}",
    ]
    return "\n".join(lines)
