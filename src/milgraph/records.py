"""Records: an article as a value, its graphs and what it says of its own claims."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from milgraph.errors import Position
from milgraph.iris import document_of, fragment_of
from milgraph.syntax import Source
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    NamedNode,
    Quad,
    Resource,
    Term,
    Triple,
    compact,
)

__all__ = ["FACT", "NEGATIVE", "POSITIVE", "Article", "Status"]

_TYPE = RDF["type"]
POSITIVE = NamedNode(BASE + "code/polarity/positive")
NEGATIVE = NamedNode(BASE + "code/polarity/negative")
FACT = NamedNode(BASE + "code/modality/fact")
_ACCEPTED_MODALITIES = frozenset((FACT, NamedNode(BASE + "code/modality/habit")))


@dataclass(frozen=True, slots=True)
class Status:
    """Which graphs of an article the view takes, and which it does not."""

    accepted: frozenset[NamedNode]
    suppositions: frozenset[NamedNode]


@dataclass(frozen=True)
class Article:
    """An article's quads, placed: all under it, with what placing adds.

    `quads` hold the article's graph and the graphs of its claims and readings. `source`
    is where they were read, for complaints.
    """

    iri: NamedNode
    quads: frozenset[Quad]
    source: Source | None = None
    is_anonymous: bool = False

    @cached_property
    def graphs(self) -> Mapping[NamedNode, frozenset[Triple]]:
        """The triples of each graph of the article."""
        found: dict[NamedNode, set[Triple]] = defaultdict(set)
        for quad in self.quads:
            if isinstance(quad.graph_name, NamedNode):
                found[quad.graph_name].add(quad.triple)
        return {name: frozenset(triples) for name, triples in found.items()}

    @cached_property
    def record(self) -> frozenset[Triple]:
        """What the article's own graph says: its record, segments and claim metadata."""
        return self.graphs.get(self.iri, frozenset())

    @cached_property
    def _values(self) -> Mapping[Resource, Mapping[NamedNode, set[Term]]]:
        found: dict[Resource, dict[NamedNode, set[Term]]] = {}
        for triple in self.record:
            said = found.setdefault(triple.subject, defaultdict(set))
            said[triple.predicate].add(triple.object)
        return found

    @cached_property
    def _members(self) -> Mapping[Term, frozenset[NamedNode]]:
        found: dict[Term, set[NamedNode]] = defaultdict(set)
        for triple in self.record:
            if triple.predicate == _TYPE and isinstance(triple.subject, NamedNode):
                found[triple.object].add(triple.subject)
        return {kind: frozenset(nodes) for kind, nodes in found.items()}

    def of_class(self, kind: NamedNode) -> frozenset[NamedNode]:
        """Return the nodes that the record gives the class."""
        return self._members.get(kind, frozenset())

    def named(self, subject: NamedNode, predicate: NamedNode) -> frozenset[NamedNode]:
        """Return the IRIs that the record gives the subject."""
        values = self.values(subject, predicate)
        return frozenset(value for value in values if isinstance(value, NamedNode))

    def values(self, subject: Resource, predicate: NamedNode) -> frozenset[Term]:
        """Return what the record says of the subject."""
        return frozenset(self._values.get(subject, {}).get(predicate, ()))

    def told_of(self, subject: Resource) -> frozenset[Term]:
        """Return all that the record says of the subject, over any predicate."""
        return frozenset().union(*self._values.get(subject, {}).values())

    @cached_property
    def claim_of(self) -> Mapping[NamedNode, NamedNode]:
        """The claim of each graph: of a claim itself, of a reading the one that has it."""
        claims = self.of_class(MIL.Claim)
        readings = self.of_class(MIL.Reading) - claims
        found = {claim: claim for claim in claims}
        for claim in sorted(claims, key=str):
            had = self.named(claim, MIL.hasReading)
            had |= self.named(claim, MIL.preferredReading)
            found |= dict.fromkeys(had & readings, claim)
        return found

    @cached_property
    def status(self) -> Status:
        """Which graphs the view takes (accepted claims, preferred readings)."""
        taken = {self.iri}
        refused = set()
        for graph in self.graphs.keys() - {self.iri}:
            claim = self.claim_of.get(graph)
            is_chosen = graph == claim or (
                claim is not None and graph in self.named(claim, MIL.preferredReading)
            )
            if claim is not None and is_chosen and self._is_accepted(claim):
                taken.add(graph)
            else:
                refused.add(graph)
        return Status(frozenset(taken), frozenset(refused))

    def _is_accepted(self, claim: NamedNode) -> bool:
        modalities = self.values(claim, MIL.modality)
        return self.values(claim, MIL.polarity) == {POSITIVE} and (
            len(modalities) == 1 and modalities <= _ACCEPTED_MODALITIES
        )

    def owns(self, node: Term) -> bool:
        """Return whether the node is of the article, and was written by its author."""
        if not isinstance(node, NamedNode) or document_of(node) != self.iri:
            return False
        # The record around anonymous facts is ours: nobody is asked to mend it.
        return not (self.is_anonymous and node in (self.iri, *self.of_class(MIL.Claim)))

    def position_of(
        self, node: Term, *, within: NamedNode | None = None
    ) -> Position | None:
        """Return where the file names the node, as far as a search of the text can tell.

        With `within`, the place is the first in the block of that claim, if it has one.
        """
        if self.source is None or not isinstance(node, NamedNode):
            return None
        local = fragment_of(node)
        names = (compact(node), f"<#{local}>" if local else "", node.value, local)
        block = fragment_of(within) if within else ""
        return self.source.position_of(*names, block=block)
