"""Columns: what a table of activities has of each, in the order of its columns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from milgraph.export.activities import Activity, Labels
from milgraph.terms import NamedNode, compact

__all__ = ["COLUMNS", "Cell", "Column", "Kind"]

Cell: TypeAlias = str | int | datetime | list[str] | None


class Kind(Enum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "whole number"
    TIME = "time with zone"
    TEXTS = "list of texts"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, what that means, and how it is read off."""

    name: str
    kind: Kind
    meaning: str
    of: Callable[[Activity, Labels], Cell]


def _iris(nodes: Iterable[NamedNode]) -> list[str]:
    return [node.value for node in nodes]


def _labels(nodes: Iterable[NamedNode], labels: Labels) -> list[str]:
    return [labels.of(node) for node in nodes]


def _bound(activity: Activity, which: str) -> int | None:
    """Return the bound of the only group that has one."""
    counted = [g for g in activity.groups if g.number]
    return getattr(counted[0], which) if len(counted) == 1 else None


def _short(nodes: Iterable[NamedNode]) -> list[str]:
    return [compact(node) for node in nodes]


_TEXT, _TIME, _TEXTS, _NUMBER = Kind.TEXT, Kind.TIME, Kind.TEXTS, Kind.NUMBER

COLUMNS: tuple[Column, ...] = (
    Column("activity", _TEXT, "the IRI of the account", lambda a, _: a.iri.value),
    Column("label", _TEXT, "its name", lambda a, _: a.label),
    Column("classes", _TEXTS, "its most specific classes", lambda a, _: _short(a.classes)),
    Column("occurrences", _TEXTS, "what happened, of which it is an account", lambda a, _: _iris(a.occurrences)),
    Column("part_of", _TEXTS, "the activities that it is part of", lambda a, _: _iris(a.part_of)),
    Column("earliest_start", _TIME, "not begun before", lambda a, _: a.times.get("earliestStart")),
    Column("latest_start", _TIME, "begun by then", lambda a, _: a.times.get("latestStart")),
    Column("earliest_end", _TIME, "not ended before", lambda a, _: a.times.get("earliestEnd")),
    Column("latest_end", _TIME, "ended by then", lambda a, _: a.times.get("latestEnd")),
    Column("edtf", _TEXT, "the time as people write it (EDTF)", lambda a, _: a.edtf or None),
    Column("places", _TEXTS, "where, as IRIs", lambda a, _: _iris(p.iri for p in a.places)),
    Column("place_labels", _TEXTS, "where, by name", lambda a, _: [p.label for p in a.places]),
    Column("participants", _TEXTS, "who took part, as IRIs", lambda a, _: _iris(a.participants)),
    Column("participant_labels", _TEXTS, "who took part, by name", lambda a, n: _labels(a.participants, n)),
    Column("states", _TEXTS, "whose forces they are, as IRIs", lambda a, _: _iris(a.states)),
    Column("platform_types", _TEXTS, "with what, as IRIs", lambda a, _: _iris(a.platform_types)),
    Column("groups", _TEXTS, "each group in a line: who, of which type, in which role, how many", lambda a, _: [*map(str, a.groups)]),
    Column("count_at_least", _NUMBER, "the fewest that the only counted group can be", lambda a, _: _bound(a, "at_least")),
    Column("count_at_most", _NUMBER, "the most that the only counted group can be", lambda a, _: _bound(a, "at_most")),
    Column("claims", _TEXTS, "the claims that describe it, as IRIs", lambda a, _: _iris(a.claims)),
    Column("claimants", _TEXTS, "according to whom, as IRIs", lambda a, _: _iris(a.claimants)),
    Column("claimant_labels", _TEXTS, "according to whom, by name", lambda a, n: _labels(a.claimants, n)),
    Column("article", _TEXT, "the article or record that holds the claims", lambda a, _: a.article.value),
    Column("article_label", _TEXT, "its title", lambda a, n: n.of(a.article)),
    Column("publisher", _TEXT, "who published it", lambda a, n: a.publisher and n.of(a.publisher)),
    Column("published_earliest", _TIME, "not published before", lambda a, _: a.published.get("earliestStart")),
    Column("published_latest", _TIME, "published by then", lambda a, _: a.published.get("latestEnd")),
    Column("sources", _TEXTS, "where it was published", lambda a, _: [*a.sources]),
    Column("data_set", _TEXT, "the data set or release that it comes from", lambda a, _: a.licence.title or a.licence.source),
    Column("version", _TEXT, "its version", lambda a, _: a.licence.version or None),
    Column("licence", _TEXT, "its licence", lambda a, _: a.licence.licence or None),
    Column("citation", _TEXT, "how to cite it", lambda a, _: a.licence.citation or None),
)  # fmt: skip
