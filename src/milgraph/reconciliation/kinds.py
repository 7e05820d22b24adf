"""Kinds: the classes of the ontology that entities are of, as the types of the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from milgraph.matching import Profile
from milgraph.terms import MIL, RDFS, SKOS, Literal, NamedNode, compact
from milgraph.triples import Triples

__all__ = ["Kind", "kinds_of", "label_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A class with its label and definition, and the classes directly above it."""

    iri: str
    id: str
    name: str
    definition: str
    broader: tuple[str, ...]
    members: int


def kinds_of(view: Triples, profiles: Iterable[Profile]) -> Mapping[str, Kind]:
    """Return the classes of ours that the entities are of, by their IRIs."""
    members: dict[str, int] = {}
    for profile in profiles:
        for iri in profile.kinds:
            members[iri] = members.get(iri, 0) + 1
    ours = {iri: count for iri, count in members.items() if iri.startswith(MIL.iri)}
    return {iri: _kind(view, iri, count, ours) for iri, count in sorted(ours.items())}


def _kind(view: Triples, iri: str, count: int, known: Mapping[str, int]) -> Kind:
    node = NamedNode(iri)
    above = {
        term.value
        for term in view.objects(node, RDFS.subClassOf)
        if isinstance(term, NamedNode) and term.value in known and term != node
    }
    return Kind(
        iri=iri,
        id=compact(node),
        name=label_of(view, node, RDFS.label) or iri.rpartition("#")[2],
        definition=label_of(view, node, SKOS.definition),
        broader=tuple(sorted(above)),
        members=count,
    )


def label_of(view: Triples, node: NamedNode, predicate: NamedNode) -> str:
    """Return the text in English, else the first one there is, else nothing."""
    texts = [t for t in view.objects(node, predicate) if isinstance(t, Literal)]
    texts.sort(key=lambda text: (text.language not in ("en", None), text.value))
    return texts[0].value if texts else ""
