"""Proposing: accounts that may be of one occurrence, the likeliest first, with reasons."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Self, TypeAlias

from milgraph.coreference.accounts import Account, name_of
from milgraph.coreference.candidates import Candidates
from milgraph.coreference.comparing import (
    Comparison,
    Reason,
    are_told_apart,
    compare,
)
from milgraph.coreference.gathering import Gathering
from milgraph.coreference.judged import Judged
from milgraph.coreference.kinds import Kinds
from milgraph.store.interface import Readable
from milgraph.terms import NamedNode

__all__ = ["LEAST", "Proposal", "Proposals", "as_json", "propose", "propose_among"]

# Below it hardly any of the pairs that the shipped judgements join is found.
LEAST = 45.0
_OTHERS_CANNOT = -15.0
_AT_ONCE = 1_000

# More than that nobody reviews at once; what is decided of them is not found again.
_MOST = 5_000

Progress = Callable[[str, float], None]
_Rank: TypeAlias = tuple[float, str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two groups of accounts that may be of one occurrence, by their likest two."""

    comparison: Comparison
    first_occurrences: tuple[NamedNode, ...] = ()
    second_occurrences: tuple[NamedNode, ...] = ()

    @property
    def score(self) -> float:
        """The points of all reasons, from 0 to 100."""
        return self.comparison.score

    @property
    def accounts(self) -> tuple[Account, Account]:
        """The two accounts that stand for the groups."""
        return self.comparison.first, self.comparison.second

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What speaks for it and against it."""
        return self.comparison.reasons

    def told(self, *, against: bool) -> str:
        """Return the reasons on that side in one line, with their points."""
        chosen = (r for r in self.reasons if (r.points < 0) == against)
        return "; ".join(f"{r.feature} {r.points:+g} ({r.why})" for r in chosen)


@dataclass(frozen=True, slots=True)
class Proposals:
    """The likeliest proposals, how many there are in all, and how they were looked for.

    `crowded` are the keys under which so many accounts lie that they were not compared.
    """

    found: tuple[Proposal, ...]
    total: int
    accounts: int
    pairs: int
    crowded: int

    def at_least(self, score: float) -> Self:
        """Return those with that score or a higher one."""
        kept = tuple(p for p in self.found if p.score >= score)
        if len(kept) == len(self.found):
            return self
        return replace(self, found=kept, total=len(kept))


def propose(
    dataset: Readable,
    *,
    least: float = LEAST,
    judged: Judged | None = None,
    progress: Progress = lambda _step, _share: None,
) -> Proposals:
    """Return what may be one in that state; what editors have compared is not asked again."""
    gathering = Gathering(dataset.triples)
    progress("reading accounts", 0.0)
    accounts = list(gathering.accounts(dataset))
    progress("comparing accounts", 0.2)
    known = Judged.in_dataset(dataset) if judged is None else judged
    return propose_among(
        accounts, gathering.kinds, known, least=least, progress=progress
    )


def propose_among(
    accounts: Sequence[Account],
    kinds: Kinds,
    judged: Judged,
    *,
    least: float = LEAST,
    progress: Progress = lambda _step, _share: None,
) -> Proposals:
    """Return what may be one among the accounts."""
    candidates = Candidates(accounts, kinds)
    best: dict[frozenset[NamedNode], _Rank] = {}
    pairs = 0
    for one, other in _reported(candidates.pairs(), progress, len(accounts)):
        pairs += 1
        groups = frozenset((judged.group(one.node), judged.group(other.node)))
        if len(groups) == 1 or groups in judged.compared:
            continue
        found = compare(one, other, kinds, least=least)
        if found is None or not found.is_grounded:
            continue
        rank = (-found.score, found.first.node.value, found.second.node.value)
        if groups not in best or rank < best[groups]:
            best[groups] = rank
    # The reasons of those that nobody reads are not kept.
    likeliest = nsmallest(_MOST, best.values())
    weighed = _weighed(likeliest, accounts, kinds, judged)
    kept = sorted((p for p in weighed if p.score >= least), key=_order)
    total = len(best) - len(likeliest) + len(kept)
    crowded = len(candidates.crowded)
    return Proposals(tuple(kept), total, len(accounts), pairs, crowded)


def _reported(
    pairs: Iterator[tuple[Account, Account]], progress: Progress, accounts: int
) -> Iterator[tuple[Account, Account]]:
    """Return the pairs; how many there will be is not known before."""
    for number, pair in enumerate(pairs):
        if number % _AT_ONCE == 0:
            progress(
                "comparing accounts", 0.2 + 0.8 * number / (number + 10 * accounts)
            )
        yield pair


def _weighed(
    ranks: Iterable[_Rank], accounts: Sequence[Account], kinds: Kinds, judged: Judged
) -> Iterator[Proposal]:
    """Return the proposals, each weighed by the other accounts of its groups."""
    members: dict[NamedNode, list[Account]] = defaultdict(list)
    for account in accounts:
        members[judged.group(account.node)].append(account)
    by_name = {account.node.value: account for account in accounts}
    for _, first, second in ranks:
        found = compare(by_name[first], by_name[second], kinds)
        assert found is not None  # noqa: S101 - it was found before
        ends = [judged.group(a.node) for a in (found.first, found.second)]
        pairs = [(a, b) for a in members[ends[0]] for b in members[ends[1]]]
        if any(are_told_apart(a, b) for a, b in pairs):
            continue
        cannot = sum(compare(a, b, kinds) is None for a, b in pairs)
        reasons = found.reasons
        if cannot:
            why = f"{cannot} of {len(pairs)} pairs of their accounts cannot be one"
            reasons = (*reasons, Reason("others", _OTHERS_CANNOT, (why,)))
        yield Proposal(
            Comparison(found.first, found.second, reasons),
            judged.occurrences_of(found.first.node),
            judged.occurrences_of(found.second.node),
        )


def _order(proposal: Proposal) -> _Rank:
    first, second = proposal.accounts
    return -proposal.score, first.node.value, second.node.value


def as_json(found: Proposals, *, limit: int | None = None) -> Mapping[str, object]:
    """Return the proposals for a program, with all reasons and their points."""
    return {
        "total": found.total,
        "accounts": found.accounts,
        "compared": found.pairs,
        "crowded": found.crowded,
        "proposals": [_as_json(proposal) for proposal in found.found[:limit]],
    }


def _as_json(proposal: Proposal) -> Mapping[str, object]:
    first, second = proposal.accounts
    return {
        "score": proposal.score,
        "first": _account_as_json(first, proposal.first_occurrences),
        "second": _account_as_json(second, proposal.second_occurrences),
        "reasons": [
            {"feature": r.feature, "points": r.points, "why": r.why}
            for r in proposal.reasons
        ],
    }


def _account_as_json(
    account: Account, occurrences: Sequence[NamedNode]
) -> Mapping[str, object]:
    return {
        "account": account.node.value,
        "label": account.label,
        "time": str(account.window),
        "classes": sorted(map(name_of, account.kinds)),
        "places": sorted(name_of(place.node) for place in account.places),
        "occurrences": [occurrence.value for occurrence in occurrences],
    }
