"""Comparing: what speaks for two accounts being of one occurrence, and what against.

The score is a sum of points, from 0 to 100: each reason gives or takes its own, whatever
the others say, so that more agreement never lowers it and more conflict never raises it.
What is not known gives nothing and takes nothing. Words of labels are never compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10

from milgraph.coreference.accounts import Account, Count, Side, Window, name_of
from milgraph.coreference.kinds import GENERAL, Kinds
from milgraph.coreference.whereabouts import place_points
from milgraph.terms import NamedNode

__all__ = ["MOST", "Comparison", "Reason", "are_told_apart", "compare"]

# What each reason can give at most; together 100.
MOST = {
    "time": 30.0,
    "place": 20.0,
    "dyad": 20.0,
    "type": 15.0,
    "equipment": 10.0,
    "numbers": 5.0,
}
_OTHER_DYAD, _OTHER_TYPE, _OTHER_EQUIPMENT, _CLASH_OF_NUMBERS = (
    -20.0,
    -10.0,
    -10.0,
    -10.0,
)
_MOST_CLASHES = 2
# A day whose zone is not known is 50 hours long.
_ONE_DAY = 50 / 24
_SAME_ORGANISATION, _SAME_STATE, _REVERSED = 0.9, 0.8, 0.3
_WITHIN, _SIBLINGS = 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for the two being one, or against it, with its points."""

    feature: str
    points: float
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison of two accounts found; the first has the lesser IRI."""

    first: Account
    second: Account
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> float:
        """The points of all reasons, from 0 to 100."""
        total = sum(reason.points for reason in self.reasons)
        return round(min(100.0, max(0.0, total)), 1)

    @property
    def is_grounded(self) -> bool:
        """Whether a place or a side agrees, so that it is not the time alone."""
        return any(
            r.points > 0 and r.feature in ("place", "dyad") for r in self.reasons
        )


def compare(one: Account, other: Account, kinds: Kinds) -> Comparison | None:
    """Return what speaks for and against; nothing where the two cannot be one.

    They cannot where they are the same, one is a part of the other or both are of one
    whole, one claim tells of both, their times do not meet, or their classes exclude
    each other.
    """
    first, second = sorted((one, other), key=lambda account: account.node.value)
    if are_told_apart(first, second) or kinds.exclude(first.kinds, second.kinds):
        return None
    time = _time(first.window, second.window)
    if time is None:
        return None
    return Comparison(first, second, (time, *_further(first, second, kinds)))


def _further(first: Account, second: Account, kinds: Kinds) -> Iterator[Reason]:
    yield from _place(first, second)
    yield from _dyad(first.sides, second.sides)
    yield _type(first, second, kinds)
    yield from _equipment(first, second)
    yield from _numbers(first.counts, second.counts)


def are_told_apart(one: Account, other: Account) -> bool:
    """Return whether the sources themselves make them two."""
    return (
        one.node == other.node
        or not one.claims.isdisjoint(other.claims)
        or one.node in other.wholes
        or other.node in one.wholes
        or not one.wholes.isdisjoint(other.wholes)
    )


def _time(one: Window, other: Window) -> Reason | None:
    overlap = min(one.end, other.end) - max(one.start, other.start)
    if overlap < 0:
        return None
    if _certainly_overlap(one, other):
        why = f"certain overlap: {one}; {other}"
        return Reason("time", MOST["time"], why)
    shorter = min(one.end - one.start, other.end - other.start)
    share = overlap / shorter if shorter else 1.0
    days = max(one.days, other.days)
    sharpness = 1 / (1 + log10(max(1.0, days / _ONE_DAY)))
    why = f"possible overlap of {share:.0%} of the shorter: {one}; {other}"
    return Reason("time", _points("time", share * sharpness), why)


def _certainly_overlap(one: Window, other: Window) -> bool:
    """Return whether there is a moment in which both certainly went on."""
    bounds = (
        one.latest_start,
        one.earliest_end,
        other.latest_start,
        other.earliest_end,
    )
    if None in bounds:
        return False
    starts, ends = bounds[0::2], bounds[1::2]
    return max(s for s in starts if s is not None) <= min(
        e for e in ends if e is not None
    )


def _points(feature: str, value: float) -> float:
    return round(MOST[feature] * value, 2)


def _place(first: Account, second: Account) -> Iterator[Reason]:
    found = place_points(first.places, second.places)
    if found is not None:
        value, why = found
        yield Reason("place", _points("place", value), why)


def _dyad(some: Sequence[Side], others: Sequence[Side]) -> Iterator[Reason]:
    if not some or not others:
        return
    covered = [max(_likeness(s, o) for o in others) for s in some]
    covering = [max(_likeness(s, o) for s in some) for o in others]
    value = (sum(covered) / len(covered) + sum(covering) / len(covering)) / 2
    told = f"{_named(some)}; {_named(others)}"
    if value == 0:
        yield Reason("dyad", _OTHER_DYAD, f"other actors: {told}")
        return
    # Half of the sides agreeing says nothing yet.
    points = _points("dyad", 2 * value - 1)
    kind = "the same sides" if value == 1 else f"{value:.0%} of the sides agree"
    yield Reason("dyad", points, f"{kind}: {told}")


def _likeness(one: Side, other: Side) -> float:
    """Return how far the two can be one side, from 0 to 1."""
    if one.actor == other.actor:
        alike = 1.0
    elif one.actor in other.belongs or other.actor in one.belongs:
        alike = _SAME_ORGANISATION
    elif (
        one.states & other.states
        or one.actor in other.states
        or other.actor in one.states
    ):
        alike = _SAME_STATE
    else:
        return 0.0
    opposed = None not in (one.acts, other.acts) and one.acts != other.acts
    return alike * _REVERSED if opposed else alike


def _named(sides: Sequence[Side]) -> str:
    acting = {True: "", None: "", False: "towards "}
    names = sorted(f"{acting[side.acts]}{name_of(side.actor)}" for side in sides)
    return ", ".join(names)


def _type(first: Account, second: Account, kinds: Kinds) -> Reason:
    some, others = first.kinds, second.kinds
    told = f"{_list(some)}; {_list(others)}"
    if shared := (some & others) - GENERAL:
        return Reason("type", MOST["type"], f"the same class: {_list(shared)}")
    one, other = kinds.all_above(some) - GENERAL, kinds.all_above(others) - GENERAL
    if some & other or others & one:
        return Reason("type", _points("type", _WITHIN), f"class and subclass: {told}")
    if shared := kinds.narrowest(one & other):
        why = f"both are {_list(shared)}: {told}"
        return Reason("type", _points("type", _SIBLINGS), why)
    if one and other and kinds.is_step(some) != kinds.is_step(others):
        return Reason("type", _OTHER_TYPE, f"a single step and something else: {told}")
    return Reason("type", 0.0, f"classes that neither agree nor clash: {told}")


def _list(nodes: frozenset[NamedNode]) -> str:
    return ", ".join(sorted(map(name_of, nodes)))


def _equipment(first: Account, second: Account) -> Iterator[Reason]:
    if not first.equipment or not second.equipment:
        return
    if shared := first.equipment & second.equipment:
        yield Reason("equipment", MOST["equipment"], f"the same: {_list(shared)}")
    elif shared := first.families & second.families:
        why = f"of one family: {_list(first.equipment)}; {_list(second.equipment)}"
        yield Reason("equipment", _points("equipment", _WITHIN), why)
    else:
        why = f"other types: {_list(first.equipment)}; {_list(second.equipment)}"
        yield Reason("equipment", _OTHER_EQUIPMENT, why)


def _numbers(some: Sequence[Count], others: Sequence[Count]) -> Iterator[Reason]:
    pairs = [(one, other) for one in some for other in others if one.of == other.of]
    clashes = [(a, b) for a, b in pairs if a.low > b.high or b.low > a.high]
    for one, other in clashes[:_MOST_CLASHES]:
        why = f"{name_of(one.of)}: {_bounds(one)} against {_bounds(other)}"
        yield Reason("numbers", _CLASH_OF_NUMBERS, why)
    agreeing = [one for one, other in pairs if one == other and one.low == one.high]
    if agreeing and not clashes:
        told = ", ".join(f"{name_of(c.of)}: {_bounds(c)}" for c in agreeing)
        yield Reason("numbers", MOST["numbers"], f"the same: {told}")


def _bounds(count: Count) -> str:
    low, high = f"{count.low:g}", f"{count.high:g}"
    if low == high:
        return low
    return f"at least {low}" if high == "inf" else f"{low} to {high}"
