"""Pages that list which accounts may be of one occurrence."""

from collections.abc import Sequence

from milgraph.coreference.accounts import Account
from milgraph.coreference.proposing import Proposal, Proposals
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.tables import cell
from milgraph.terms import NamedNode

__all__ = ["proposals_page"]


def proposals_page(found: Proposals, limit: int) -> str:
    """Return the proposals, the likeliest first, each with what speaks for and against."""
    el = element
    shown = found.found[:limit]
    told = (
        f"{len(shown):,} of {found.total:,} proposals, of {found.accounts:,} accounts."
    )
    return page(
        "One occurrence?",
        el("h1", "One occurrence?"),
        el(
            "p",
            "Accounts that may be of one occurrence. Nothing is merged: an editor decides, "
            "by ",
            el("code", "milgraph occurrences review"),
            " or by a judgement in the graph of occurrences.",
            class_="lead",
        ),
        el("p", told),
        [_section(proposal) for proposal in shown],
    )


def _section(proposal: Proposal) -> Markup:
    el = element
    first, second = proposal.accounts
    return el(
        "section",
        el("h2", f"{proposal.score:g}"),
        el(
            "ul",
            el("li", _account(first, proposal.first_occurrences)),
            el("li", _account(second, proposal.second_occurrences)),
        ),
        el(
            "ul",
            [
                el(
                    "li",
                    el("strong", f"{reason.points:+g}"),
                    f" {reason.feature}: {reason.why}",
                )
                for reason in proposal.reasons
            ],
        ),
    )


def _account(account: Account, occurrences: Sequence[NamedNode]) -> Content:
    named: list[Content] = [
        part for node in occurrences for part in (", of ", cell(node))
    ]
    label = f" {account.label}" if account.label else ""
    return [cell(account.node), f"{label}, {account.window}", named]
