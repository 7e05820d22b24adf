"""Records: an article as a value, its graphs and what it says of its own claims."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from milgraph.errors import PlacementError, Position
from milgraph.iris import document_of, fragment_of, skolem_names
from milgraph.places import Places, statements
from milgraph.syntax import Source, as_stored
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    BlankNode,
    DefaultGraph,
    Literal,
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
    is where they were read, for complaints, and `base` what its names are relative to.
    """

    iri: NamedNode
    quads: frozenset[Quad]
    source: Source | None = None
    is_anonymous: bool = False
    base: NamedNode | None = None

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
        self,
        node: Term,
        *,
        path: NamedNode | None = None,
        value: Term | None = None,
        within: NamedNode | None = None,
    ) -> Position | None:
        """Return where the source says that the node has the value for the path.

        Where it says no such thing: what it has for the path, or else the first place
        that describes or names the node. With `within`, places in the graph of that
        claim come first. Of a source whose parser tells no places the text is searched.
        """
        if self.source is None:
            return None
        graphs = (within, None) if within else (None,)
        found = self._places.find(node, path, value, graphs=graphs)
        return found or self._searched(node, within)

    def _searched(self, node: Term, within: NamedNode | None) -> Position | None:
        if self.source is None or not isinstance(node, NamedNode):
            return None
        local = fragment_of(node)
        names = (compact(node), f"<#{local}>" if local else "", node.value, local)
        block = fragment_of(within) if within else ""
        return self.source.position_of(*names, block=block)

    @cached_property
    def _places(self) -> Places:
        said = statements(self.source, base=self.base) if self.source else ()
        placed = self._as_placed(statement.quad for statement in said)
        # Of what is not in the article as it was read the place would be wrong.
        return Places(
            (quad, statement)
            for quad, statement in zip(placed, said, strict=False)
            if quad in self.quads
        )

    def _as_placed(self, quads: Iterable[Quad]) -> tuple[Quad, ...]:
        """Return the quads of the source, one by one, as they are in the article."""
        claim = (
            NamedNode(self.iri.value + "#claim-1") if self.is_anonymous else self.iri
        )
        given = [_stored(q, claim) for q in quads]
        try:
            names = skolem_names(frozenset(given), under=self.iri)
        except PlacementError:
            return ()
        return tuple(
            Quad(
                names[q.subject] if isinstance(q.subject, BlankNode) else q.subject,
                q.predicate,
                names[q.object] if isinstance(q.object, BlankNode) else q.object,
                q.graph_name,
            )
            for q in given
        )


def _stored(quad: Quad, graph: NamedNode) -> Quad:
    """Return the quad as `read` gives it, and in the graph if it is in none."""
    if isinstance(quad.object, Literal):
        (quad,) = as_stored([quad])
    name = graph if quad.graph_name == DefaultGraph() else quad.graph_name
    return Quad(quad.subject, quad.predicate, quad.object, name)
