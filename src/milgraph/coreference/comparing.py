"""Comparing: what speaks for two accounts being of one occurrence, and what against.

The score is a sum of points, from 0 to 100: each reason gives or takes its own, whatever
the others say, so that more agreement never lowers it and more conflict never raises it.
What is not known gives nothing and takes nothing. Words of labels are never compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log10

from milgraph.coreference.accounts import Account, Count, Side, Window, name_of
from milgraph.coreference.kinds import Kinds, Relation
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
_TWO_RECORDS, _OTHER_CODE = -15.0, -10.0
_MOST_CLASHES = 2
# The first two digits of a CAMEO code are what kind of event it is.
_ROOT = 2
# A day whose zone is not known is 50 hours long.
_ONE_DAY = 50 / 24
_SECONDS = 86_400.0
_SAME_ORGANISATION, _SAME_STATE, _REVERSED = 0.9, 0.8, 0.3
_WITHIN, _SIBLINGS = 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for the two being one, or against it, with its points.

    `told` are the words and the terms of the sentence, put together only when read.
    """

    feature: str
    points: float
    told: tuple[object, ...]

    @property
    def why(self) -> str:
        """The sentence, with the values that were compared."""
        return "".join(map(_in_words, self.told))


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


def compare(
    one: Account, other: Account, kinds: Kinds, *, least: float = 0.0
) -> Comparison | None:
    """Return what speaks for and against; nothing where the two cannot be one.

    Nothing either where their score is less than `least`.

    They cannot where they are the same, one is a part of the other or both are of one
    whole, one claim tells of both, their times do not meet, or their classes exclude
    each other.
    """
    relation = kinds.relation(one.kinds, other.kinds)
    if relation is Relation.EXCLUDED or are_told_apart(one, other):
        return None
    first, second = (one, other) if one.node.value < other.node.value else (other, one)
    reasons = _first_reasons(first, second, relation)
    if reasons is None:
        return None
    sure = sum(reason.points for reason in reasons)
    if sure + MOST["equipment"] + MOST["numbers"] < least:
        return None
    reasons += _equipment(first, second)
    reasons += _numbers(first.counts, second.counts)
    reasons += _records(first, second)
    found = Comparison(first, second, tuple(reasons))
    return found if found.score >= least else None


def _first_reasons(
    first: Account, second: Account, relation: Relation
) -> list[Reason] | None:
    """Return what decides most; nothing where the times do not meet."""
    time = _time(first.window, second.window)
    if time is None:
        return None
    reasons = [time]
    reasons += _place(first, second)
    reasons += _dyad(first.sides, second.sides)
    reasons.append(_type(first, second, relation))
    return reasons


def _in_words(part: object) -> str:
    if isinstance(part, NamedNode):
        return name_of(part)
    if isinstance(part, Side):
        return f"{'towards ' if part.acts is False else ''}{name_of(part.actor)}"
    if isinstance(part, Count):
        return _bounds(part)
    if isinstance(part, frozenset | tuple):
        return ", ".join(sorted(map(_in_words, part)))
    return str(part)


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
        return Reason("time", MOST["time"], ("certain overlap: ", one, "; ", other))
    shorter = min(one.end - one.start, other.end - other.start)
    share = overlap / shorter if shorter else 1.0
    days = max(one.end - one.start, other.end - other.start) / _SECONDS
    sharpness = 1 / (1 + log10(max(1.0, days / _ONE_DAY)))
    told = (f"possible overlap of {share:.0%} of the shorter: ", one, "; ", other)
    return Reason("time", _points("time", share * sharpness), told)


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
        value, told = found
        yield Reason("place", _points("place", value), told)


def _dyad(some: Sequence[Side], others: Sequence[Side]) -> Iterator[Reason]:
    if not some or not others:
        return
    covered = [max(_likeness(s, o) for o in others) for s in some]
    covering = [max(_likeness(s, o) for s in some) for o in others]
    value = (sum(covered) / len(covered) + sum(covering) / len(covering)) / 2
    told = (tuple(some), "; ", tuple(others))
    if value == 0:
        yield Reason("dyad", _OTHER_DYAD, ("other actors: ", *told))
        return
    # Half of the sides agreeing says nothing yet.
    points = _points("dyad", 2 * value - 1)
    kind = "the same sides" if value == 1 else f"{value:.0%} of the sides agree"
    yield Reason("dyad", points, (kind, ": ", *told))


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


_TYPES = {
    Relation.SAME: (MOST["type"], "the same class"),
    Relation.NESTED: (MOST["type"] * _WITHIN, "class and subclass"),
    Relation.SIBLINGS: (MOST["type"] * _SIBLINGS, "of one class above both"),
    Relation.STEP: (_OTHER_TYPE, "a single step and something else"),
    Relation.NEITHER: (0.0, "classes that neither agree nor clash"),
}


def _type(first: Account, second: Account, relation: Relation) -> Reason:
    points, words = _TYPES[relation]
    return Reason("type", points, (words, ": ", first.kinds, "; ", second.kinds))


def _equipment(first: Account, second: Account) -> Iterator[Reason]:
    if not first.equipment or not second.equipment:
        return
    if shared := first.equipment & second.equipment:
        yield Reason("equipment", MOST["equipment"], ("the same: ", shared))
        return
    told = (first.equipment, "; ", second.equipment)
    if not first.families.isdisjoint(second.families):
        points = _points("equipment", _WITHIN)
        yield Reason("equipment", points, ("of one family: ", *told))
    else:
        yield Reason("equipment", _OTHER_EQUIPMENT, ("other types: ", *told))


def _numbers(some: Sequence[Count], others: Sequence[Count]) -> Iterator[Reason]:
    pairs = [(one, other) for one in some for other in others if one.of == other.of]
    clashes = [(a, b) for a, b in pairs if a.low > b.high or b.low > a.high]
    for one, other in clashes[:_MOST_CLASHES]:
        told = (one.of, ": ", one, " against ", other)
        yield Reason("numbers", _CLASH_OF_NUMBERS, told)
    agreeing = [one for one, other in pairs if one == other and one.low == one.high > 0]
    if agreeing and not clashes:
        of = frozenset(count.of for count in agreeing)
        yield Reason("numbers", MOST["numbers"], ("the same number: ", of))


def _records(first: Account, second: Account) -> Iterator[Reason]:
    """Return what data sets say themselves: their codes, and that they have two records."""
    if shared := first.data_sets & second.data_sets:
        told = ("two records of one data set, which keeps them apart: ", shared)
        yield Reason("records", _TWO_RECORDS, told)
    for one in sorted(first.codes, key=str):
        rivals = frozenset(c for c in second.codes if _root(c)[0] == _root(one)[0])
        if rivals and all(_root(c) != _root(one) for c in rivals):
            told = ("other codes of one scheme: ", frozenset((one, *rivals)))
            yield Reason("code", _OTHER_CODE, told)


@lru_cache(maxsize=4_096)
def _root(code: NamedNode) -> tuple[str, str]:
    """Return the scheme of the code, and the class of codes that it belongs to."""
    scheme, _, notation = code.value.rpartition("/")
    return scheme, notation[:_ROOT] if notation.isdigit() else notation


def _bounds(count: Count) -> str:
    low, high = f"{count.low:g}", f"{count.high:g}"
    if low == high:
        return low
    return f"at least {low}" if high == "inf" else f"{low} to {high}"
