"""Statistics: how much a dataset holds."""

from collections import Counter
from dataclasses import dataclass
from typing import Self

from milgraph.dataset import NamedGraphs
from milgraph.graphs import is_linkset
from milgraph.store import Snapshot
from milgraph.terms import MIL, RDF, SKOS, NamedNode

__all__ = ["Statistics"]

_TYPE = RDF["type"]
_LINKS = frozenset((SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch))


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of one committed state.

    `asserted` and `entailed` are triples of the view: what its graphs say, and what
    follows from it. `claims_not_accepted` keep what they say in graphs of their own.
    """

    sequence: int
    asserted: int
    entailed: int
    graphs: int
    articles: int
    records: int
    segments: int
    claims: int
    claims_accepted: int
    readings: int
    activities: int
    occurrences: int
    judgements: int
    actors: int
    platforms: int
    places: int
    links: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """Return the counts of the state."""
        size, members = 0, Counter[object]()
        for quad in snapshot.view():
            size += 1
            if quad.predicate == _TYPE:
                members[quad.object] += 1
        named = NamedGraphs.of(snapshot.match())
        asserted = len(named.asserted())
        return cls(
            sequence=snapshot.sequence,
            asserted=asserted,
            entailed=size - asserted,
            graphs=len(named.triples),
            articles=members[MIL.Article],
            records=members[MIL.DataSetRecord],
            segments=members[MIL.Segment],
            claims=members[MIL.Claim],
            claims_accepted=len(_claims(snapshot) & named.accepted),
            readings=members[MIL.Reading],
            activities=members[MIL.Activity],
            occurrences=members[MIL.Occurrence],
            judgements=members[MIL.Judgement],
            actors=members[MIL.Actor],
            platforms=members[MIL.PlatformType],
            places=members[MIL.Place],
            links=sum(
                triple.predicate in _LINKS
                for name, triples in named.triples.items()
                if is_linkset(name)
                for triple in triples
            ),
        )

    @property
    def claims_not_accepted(self) -> int:
        """How many claims deny, ask or suppose, so that the view does not take them."""
        return self.claims - self.claims_accepted


def _claims(snapshot: Snapshot) -> frozenset[NamedNode]:
    quads = snapshot.match(None, _TYPE, MIL.Claim)
    return frozenset(q.subject for q in quads if isinstance(q.subject, NamedNode))
