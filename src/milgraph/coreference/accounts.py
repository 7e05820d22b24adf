"""Accounts as they are compared: when, where, who, of what kind, with what and how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from milgraph.iris import ARTICLES
from milgraph.terms import NamedNode, compact

__all__ = ["Account", "Count", "Place", "Side", "Window", "name_of"]

_DAY, _MINUTE = 86_400.0, 60.0
# When a day begins where it begins first, and ends where it ends last, in UTC.
_EARLIEST, _LATEST = 10 * 3_600.0, 12 * 3_600.0


def name_of(node: NamedNode) -> str:
    """Return the shortest name, of an article's node too, as `expand` takes it.

    >>> name_of(NamedNode(ARTICLES + "2024-05-14-drill#flight"))
    'article:2024-05-14-drill#flight'
    """
    if node.value.startswith(ARTICLES):
        return f"article:{node.value.removeprefix(ARTICLES)}"
    return compact(node)


@dataclass(frozen=True, slots=True)
class Window:
    """The time within which something took place, in seconds since 1970.

    `latest_start` and `earliest_end` bound the time in which it certainly went on.
    """

    start: float
    end: float
    latest_start: float | None = None
    earliest_end: float | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"ends at {self.end}, before its start at {self.start}")

    @property
    def days(self) -> float:
        """Its length in days."""
        return (self.end - self.start) / _DAY

    def __str__(self) -> str:
        if self.start % _DAY == _EARLIEST and self.end % _DAY >= _LATEST - _MINUTE:
            first = _told(self.start + _DAY - _EARLIEST, "%Y-%m-%d")
            last = _told(self.end - _LATEST, "%Y-%m-%d")
            return first if first == last else f"{first} to {last}"
        first, last = (_told(t, "%Y-%m-%dT%H:%MZ") for t in (self.start, self.end))
        return first if first == last else f"{first} to {last}"

    @property
    def day(self) -> str:
        """The first day on which it may have been."""
        return str(self)[: len("2024-05-14")]


def _told(seconds: float, form: str) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


@dataclass(frozen=True, slots=True)
class Side:
    """One who takes part: the actor, whom it belongs to, and whether it acts.

    `acts` is nothing where the role does not tell. `belongs` are the organisations that
    the actor is part of, and `states` its states.
    """

    actor: NamedNode
    states: frozenset[NamedNode] = frozenset()
    belongs: frozenset[NamedNode] = frozenset()
    acts: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place that an account states, with the larger ones, and where it lies.

    `is_broad` where it is a whole country, what politics draws, or a named area of which
    no more is known than a point. `blur` is how many kilometres off a point may be.
    """

    node: NamedNode
    areas: frozenset[NamedNode] = frozenset()
    geometry: str = ""
    is_broad: bool = False
    blur: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """The bounds of a number, and of what: a type, a side, or those killed."""

    of: NamedNode
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Account:
    """An activity as one voice of one article or record describes it.

    `is_restricted` where the terms of its data set forbid to pass it on.
    """

    node: NamedNode
    window: Window
    label: str = ""
    language: str = ""
    claims: frozenset[NamedNode] = frozenset()
    wholes: frozenset[NamedNode] = frozenset()
    kinds: frozenset[NamedNode] = frozenset()
    places: Sequence[Place] = ()
    sides: Sequence[Side] = ()
    equipment: frozenset[NamedNode] = frozenset()
    families: frozenset[NamedNode] = frozenset()
    counts: Sequence[Count] = ()
    codes: frozenset[NamedNode] = frozenset()
    data_sets: frozenset[NamedNode] = frozenset()
    is_restricted: bool = False

    @property
    def areas(self) -> frozenset[NamedNode]:
        """The places that it states, and all that they lie in."""
        return frozenset(area for place in self.places for area in place.areas)

    @property
    def parties(self) -> frozenset[NamedNode]:
        """The states that take part, and the actors that have none."""
        return frozenset(
            party for side in self.sides for party in side.states or (side.actor,)
        )
