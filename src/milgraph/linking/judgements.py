"""Judgements: what was decided of pairs, whether a table holds it or the graph."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from milgraph.linksets import NO_TERM_FOUND, NOT, SSSOM, MappingSet
from milgraph.store.interface import Readable
from milgraph.terms import NamedNode, Term

__all__ = ["Judgements"]

_NONE = NO_TERM_FOUND.value


@dataclass(frozen=True)
class Judgements:
    """The pairs that were judged, by their IRIs: those accepted and those refused."""

    accepted: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    refused: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def of_table(cls, table: MappingSet) -> Self:
        """Return the judgements of the rows."""
        pairs = [
            (one.value, two.value, row.is_rejection)
            for row in table.rows
            for one, two in (row.pair(table.curies),)
        ]
        return cls(
            frozenset((one, two) for one, two, is_refusal in pairs if not is_refusal),
            frozenset((one, two) for one, two, is_refusal in pairs if is_refusal),
        )

    @classmethod
    def of_graph(cls, dataset: Readable, graph: NamedNode) -> Self:
        """Return the judgements of the linkset's mappings."""
        mappings = {
            q.subject for q in dataset.match(None, SSSOM.object_id, None, graph)
        }
        accepted: set[tuple[str, str]] = set()
        refused: set[tuple[str, str]] = set()
        for node in mappings:
            said: dict[NamedNode, set[Term]] = defaultdict(set)
            for quad in dataset.match(node, None, None, graph):
                said[quad.predicate].add(quad.object)
            pairs = set(_pairs(said))
            (refused if NOT in said[SSSOM.predicate_modifier] else accepted).update(
                pairs
            )
        return cls(frozenset(accepted), frozenset(refused))

    def __or__(self, other: Self) -> Self:
        return type(self)(self.accepted | other.accepted, self.refused | other.refused)

    def __contains__(self, pair: tuple[str, str]) -> bool:
        return pair in self.accepted or pair in self.refused

    @cached_property
    def links(self) -> Mapping[str, frozenset[str]]:
        """To what each of our entities is linked."""
        found: dict[str, set[str]] = defaultdict(set)
        for one, two in self.accepted:
            if two != _NONE:
                found[one].add(two)
        return {one: frozenset(others) for one, others in found.items()}

    @property
    def without_counterpart(self) -> frozenset[str]:
        """Our entities of which somebody found that the other data set has none."""
        return frozenset(one for one, two in self.accepted if two == _NONE)


def _pairs(said: Mapping[NamedNode, set[Term]]) -> Iterator[tuple[str, str]]:
    for one in said.get(SSSOM.subject_id, ()):
        for two in said.get(SSSOM.object_id, ()):
            if isinstance(one, NamedNode) and isinstance(two, NamedNode):
                yield one.value, two.value
