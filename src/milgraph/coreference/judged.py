"""Judged: what the editors have decided already about which accounts are of one occurrence."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from milgraph import graphs
from milgraph.iris import ARTICLES, OCCURRENCES
from milgraph.store.interface import Readable
from milgraph.terms import MIL, RDF, NamedNode, Resource, Term, Triple
from milgraph.triples import TripleIndex

__all__ = ["VERDICT", "Judged"]

VERDICT = "https://w3id.org/milgraph/code/verdict/"
_SAME = NamedNode(VERDICT + "same")
_TYPE = RDF["type"]


@dataclass(frozen=True)
class Judged:
    """Accounts in groups of one occurrence, and the groups that were compared.

    A group is named after one of its accounts. An account that nobody judged is a group
    of its own, and is in none of these.
    """

    groups: dict[NamedNode, NamedNode]
    occurrences: dict[NamedNode, tuple[NamedNode, ...]]
    compared: dict[frozenset[NamedNode], NamedNode]
    triples: TripleIndex

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Self:
        """Return what the triples of the graph of occurrences say."""
        index = TripleIndex(triples)
        members = _members(index)
        found = list(_resolved(index, members))
        tied = _Groups()
        for accounts in members.values():
            for account in accounts:
                tied.join(accounts[0], account)
        for one, other, verdict, _ in found:
            if verdict == _SAME:
                tied.join(one, other)
        occurrences: dict[NamedNode, list[NamedNode]] = defaultdict(list)
        for occurrence in sorted(members, key=str):
            occurrences[tied.of(members[occurrence][0])].append(occurrence)
        return cls(
            {account: tied.of(account) for account in tied.above},
            {group: tuple(named) for group, named in occurrences.items()},
            {
                frozenset((tied.of(one), tied.of(other))): judgement
                for one, other, verdict, judgement in found
                if verdict != _SAME and tied.of(one) != tied.of(other)
            },
            index,
        )

    @classmethod
    def in_dataset(cls, dataset: Readable, *more: Triple) -> Self:
        """Return what the editors have decided by that state, and by more judgements."""
        quads = dataset.match(None, None, None, graphs.OCCURRENCES)
        return cls.of([*(quad.triple for quad in quads), *more])

    def group(self, account: NamedNode) -> NamedNode:
        """Return the group of the account."""
        return self.groups.get(account, account)

    def are_one(self, one: NamedNode, other: NamedNode) -> bool:
        """Return whether the two are judged to be of one occurrence."""
        return self.group(one) == self.group(other)

    def comparison(self, one: NamedNode, other: NamedNode) -> NamedNode | None:
        """Return the judgement that the two are not one, or that nothing decides it."""
        return self.compared.get(frozenset((self.group(one), self.group(other))))

    def occurrences_of(self, account: NamedNode) -> tuple[NamedNode, ...]:
        """Return the occurrences that editors have named and the account is judged of."""
        return self.occurrences.get(self.group(account), ())


class _Groups:
    """Accounts that are joined step by step; each group is named after its least."""

    def __init__(self) -> None:
        self.above: dict[NamedNode, NamedNode] = {}

    def of(self, account: NamedNode) -> NamedNode:
        at = account
        while (higher := self.above.get(at, at)) != at:
            at = higher
        return at

    def join(self, one: NamedNode, other: NamedNode) -> None:
        ends = sorted((self.of(one), self.of(other)), key=str)
        for node in (one, other, *ends):
            self.above.setdefault(node, node)
        self.above[ends[1]] = ends[0]


Found = tuple[NamedNode, NamedNode, Term, NamedNode]


def _members(index: TripleIndex) -> dict[NamedNode, list[NamedNode]]:
    """Return the accounts of each occurrence that an editor has named."""
    members: dict[NamedNode, list[NamedNode]] = defaultdict(list)
    for judgement in index.subjects(_TYPE, MIL.AccountJudgement):
        for account in _named(index.objects(judgement, MIL.judgedAccount)):
            for occurrence in _named(index.subjects(MIL.hasJudgement, judgement)):
                members[occurrence].append(account)
    return members


def _resolved(
    index: TripleIndex, members: dict[NamedNode, list[NamedNode]]
) -> Iterator[Found]:
    """Return what was compared, an account standing for each occurrence."""
    for kind, first, second in (
        (MIL.IdentityJudgement, MIL.firstOccurrence, MIL.secondOccurrence),
        (MIL.AccountComparison, MIL.firstAccount, MIL.secondAccount),
    ):
        for one, other, verdict, judgement in _compared(index, kind, first, second):
            for a in _accounts_of(one, members)[:1]:
                for b in _accounts_of(other, members)[:1]:
                    yield a, b, verdict, judgement


def _compared(
    index: TripleIndex, kind: NamedNode, first: NamedNode, second: NamedNode
) -> Iterator[Found]:
    for judgement in _named(index.subjects(_TYPE, kind)):
        for verdict in index.objects(judgement, MIL.verdict):
            for one in _named(index.objects(judgement, first)):
                for other in _named(index.objects(judgement, second)):
                    yield one, other, verdict, judgement


def _accounts_of(
    node: NamedNode, members: dict[NamedNode, list[NamedNode]]
) -> list[NamedNode]:
    """Return the accounts of the occurrence; an account is its own."""
    if node.value.startswith(ARTICLES):
        return [node]
    if node in members:
        return members[node]
    # An occurrence by rule is named after its only account.
    slug, dot, fragment = node.value.removeprefix(OCCURRENCES).partition(".")
    return [NamedNode(f"{ARTICLES}{slug}#{fragment}")] if dot else []


def _named(terms: Iterable[Term | Resource]) -> list[NamedNode]:
    return sorted((t for t in terms if isinstance(t, NamedNode)), key=str)
