"""Decisions: what a person found about two accounts, and the judgements that say so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

from milgraph.coreference.accounts import Account, name_of
from milgraph.coreference.gathering import Gathering
from milgraph.coreference.judged import VERDICT, Judged
from milgraph.coreference.standing import Standing
from milgraph.errors import Position, ReviewError
from milgraph.iris import ARTICLES, OCCURRENCES, fragment_of
from milgraph.store.interface import Readable
from milgraph.terms import (
    MIL,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Term,
    Triple,
)
from milgraph.triples import Triples

__all__ = ["Decided", "Decision", "Verdict", "judgements_of", "require_author"]

_TYPE = RDF["type"]
_DIGITS = 12


class Verdict(StrEnum):
    """What a person can decide of two accounts."""

    SAME = "same"
    DIFFERENT = "different"
    POSSIBLY = "possibly-same"


@dataclass(frozen=True, slots=True)
class Decision:
    """That two accounts are of one occurrence, or not; by whom, how sure and why."""

    first: NamedNode
    second: NamedNode
    verdict: Verdict
    confidence: Decimal
    reason: str
    judged_by: NamedNode
    position: Position | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise ReviewError(
                f"a confidence is from 0 to 1, and not {self.confidence}",
                position=self.position,
            )
        if not self.reason.strip():
            raise ReviewError("a decision without a reason", position=self.position)
        if self.first == self.second:
            raise ReviewError(
                f"{name_of(self.first)} is compared with itself", position=self.position
            )


@dataclass(frozen=True, slots=True)
class Decided:
    """The judgements to be added, and how many decisions changed nothing."""

    triples: tuple[Triple, ...]
    joined: int = 0
    parted: int = 0
    possible: int = 0
    unchanged: int = 0


def judgements_of(
    decisions: Sequence[Decision], dataset: Readable, *more: Triple
) -> Decided:
    """Return the judgements that the decisions make in that state of the graph.

    `more` are judgements that the graph does not hold yet.

    Raises:
        ReviewError: one is about what is no account or by nobody that the graph knows,
            or it contradicts another of them or what editors have judged before.
    """
    view = dataset.remembered()
    account = Gathering(view).account
    judged = Judged.in_dataset(dataset, *more)
    for decision in decisions:
        _require_accounts(decision, account)
        require_author(decision.judged_by, view, position=decision.position)
        _refuse_overruling(decision, judged)
    desk = _Desk(judged, account)
    same = [d for d in decisions if d.verdict is Verdict.SAME]
    joined = sum([desk.join(decision) for decision in same])
    apart = [d for d in decisions if d.verdict is not Verdict.SAME]
    written = [decision.verdict for decision in apart if desk.part(decision)]
    parted, possible = written.count(Verdict.DIFFERENT), written.count(Verdict.POSSIBLY)
    unchanged = len(decisions) - joined - len(written)
    return Decided(tuple(desk.triples), joined, parted, possible, unchanged)


def _require_accounts(
    decision: Decision, account: Callable[[NamedNode], Account | None]
) -> None:
    for node in (decision.first, decision.second):
        if account(node) is None:
            raise ReviewError(
                f"{name_of(node)} is no account that the graph holds",
                position=decision.position,
                hint="Propose anew: its article may have been retracted or renamed.",
            )


def require_author(
    judged_by: NamedNode, view: Triples, *, position: Position | None = None
) -> None:
    """Look whether it is somebody in whose name decisions can be made.

    Raises:
        ReviewError: it is no actor of the view.
    """
    if Triple(judged_by, _TYPE, MIL.Actor) not in view:
        raise ReviewError(
            f"{name_of(judged_by)} is no actor that the graph knows",
            position=position,
            hint="Such as actor:milgraph-editors.",
        )


def _refuse_overruling(decision: Decision, judged: Judged) -> None:
    first, second = decision.first, decision.second
    if decision.verdict is Verdict.SAME:
        before = judged.comparison(first, second)
        if before is not None:
            raise ReviewError(
                f"{name_of(before)} has judged the two before, and not as the same",
                position=decision.position,
                hint="Take that judgement away first, if it was wrong.",
            )
    elif judged.are_one(first, second):
        raise ReviewError(
            f"{name_of(first)} and {name_of(second)} are judged to be of one occurrence",
            position=decision.position,
            hint="Take that judgement away first, if it was wrong.",
        )


class _Desk:
    """Judgements as they are written, one decision after the other."""

    def __init__(
        self, judged: Judged, account: Callable[[NamedNode], Account | None]
    ) -> None:
        self.triples: list[Triple] = []
        self._account = account
        self._judged = judged
        self._standing = Standing(judged)
        self._minted: set[NamedNode] = set()

    def join(self, decision: Decision) -> bool:
        """Put the two into one occurrence; return whether that changed anything."""
        first, second = decision.first, decision.second
        standing = self._standing
        if standing.are_one(first, second):
            return False
        if standing.are_apart(first, second):
            _refuse_contradiction(decision)
        here, there = standing.occurrences_of(first), standing.occurrences_of(second)
        if here and there:
            self.triples += _identity(decision, here[0], there[0])
            standing.join(first, second, here[0])
            return True
        occurrence = (here or there)[0] if here or there else self._mint(decision)
        for node, known in ((first, here), (second, there)):
            if not known:
                self.triples += self._account_judgement(decision, node, occurrence)
        standing.join(first, second, occurrence)
        return True

    def part(self, decision: Decision) -> bool:
        """Write that the two are not one; return whether that was new."""
        first, second = decision.first, decision.second
        standing = self._standing
        if standing.are_one(first, second):
            _refuse_contradiction(decision)
        if standing.are_apart(first, second):
            return False
        here, there = standing.occurrences_of(first), standing.occurrences_of(second)
        if here and there:
            self.triples += _identity(decision, here[0], there[0])
        else:
            self.triples += _comparison(decision)
        standing.part(first, second)
        return True

    def _is_taken(self, node: NamedNode) -> bool:
        return node in self._minted or bool(self._judged.triples.outgoing(node))

    def _mint(self, decision: Decision) -> NamedNode:
        """Make an occurrence named after the day and the account, and write its label.

        They are those of an account that may be passed on, where one of the two may: the
        occurrence may be as well, and what it is called would tell of the other.
        """
        account = min(
            (a for n in (decision.first, decision.second) if (a := self._account(n))),
            key=lambda a: (a.is_restricted, a.window.days, a.node.value),
        )
        day = account.window.day
        slug = fragment_of(account.node).replace(".", "-") or "happening"
        stem = f"{OCCURRENCES}{day}-{slug}"
        occurrence, number = NamedNode(stem), 1
        while self._is_taken(occurrence):
            number += 1
            occurrence = NamedNode(f"{stem}-{number}")
        made = [Triple(occurrence, _TYPE, MIL.Occurrence)]
        if account.label:
            label = Literal(account.label, language=account.language or "en")
            made.append(Triple(occurrence, RDFS.label, label))
        self.triples += made
        self._minted.add(occurrence)
        return occurrence

    def _account_judgement(
        self, decision: Decision, account: NamedNode, occurrence: NamedNode
    ) -> Iterator[Triple]:
        number = 1
        while self._is_taken(
            judgement := NamedNode(f"{occurrence.value}-judgement-{number}")
        ):
            number += 1
        self._minted.add(judgement)
        yield Triple(occurrence, MIL.hasJudgement, judgement)
        yield Triple(judgement, _TYPE, MIL.AccountJudgement)
        yield Triple(judgement, MIL.judgedAccount, account)
        yield from _signed(judgement, decision)


def _identity(decision: Decision, one: NamedNode, other: NamedNode) -> Iterator[Triple]:
    ends = (MIL.firstOccurrence, MIL.secondOccurrence)
    return _between(decision, MIL.IdentityJudgement, ends, (one, other))


def _comparison(decision: Decision) -> Iterator[Triple]:
    ends = (MIL.firstAccount, MIL.secondAccount)
    accounts = (decision.first, decision.second)
    return _between(decision, MIL.AccountComparison, ends, accounts)


def _between(
    decision: Decision,
    kind: NamedNode,
    ends: tuple[NamedNode, NamedNode],
    nodes: tuple[NamedNode, NamedNode],
) -> Iterator[Triple]:
    one, other = sorted(nodes, key=str)
    digest = sha256(f"{one.value} {other.value}".encode()).hexdigest()[:_DIGITS]
    word = "comparison" if one.value.startswith(ARTICLES) else "identity"
    node = NamedNode(f"{OCCURRENCES}{word}-{digest}")
    yield Triple(node, _TYPE, kind)
    yield Triple(node, ends[0], one)
    yield Triple(node, ends[1], other)
    yield Triple(node, MIL.verdict, NamedNode(VERDICT + decision.verdict))
    yield from _signed(node, decision)


def _signed(node: NamedNode, decision: Decision) -> Iterator[Triple]:
    """Return how sure the editor is, why, and who it is."""
    said: tuple[tuple[NamedNode, Term], ...] = (
        (MIL.confidence, Literal(f"{decision.confidence:f}", datatype=XSD.decimal)),
        (MIL.reason, Literal(decision.reason.strip(), language="en")),
        (MIL.judgedBy, decision.judged_by),
    )
    for predicate, value in said:
        yield Triple(node, predicate, value)


def _refuse_contradiction(decision: Decision) -> None:
    raise ReviewError(
        f"{name_of(decision.first)} and {name_of(decision.second)} are {decision.verdict} "
        "by this decision, and not so by others of the same review",
        position=decision.position,
        hint="Correct one of them; nothing was written.",
    )
