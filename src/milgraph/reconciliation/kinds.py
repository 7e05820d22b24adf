"""Kinds: the classes of the ontology that entities are of, as the types of the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from milgraph.matching import Profile
from milgraph.terms import MIL, RDFS, SKOS, Literal, NamedNode, compact
from milgraph.triples import Triples

__all__ = ["Kind", "kinds_of", "label_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A class with its label and definition, and the classes directly above it.

    `depth` is how many are above it in all; `members` how many entities are of it.
    """

    iri: str
    id: str
    name: str
    definition: str
    broader: tuple[str, ...]
    depth: int
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
    above = _above(view, iri, known)
    all_above, fresh = set(above), above
    while fresh:
        fresh = {up for one in fresh for up in _above(view, one, known)} - all_above
        all_above |= fresh
    return Kind(
        iri=iri,
        id=compact(node),
        name=label_of(view, node, RDFS.label) or iri.rpartition("#")[2],
        definition=label_of(view, node, SKOS.definition),
        broader=tuple(sorted(above)),
        depth=len(all_above),
        members=count,
    )


def _above(view: Triples, iri: str, known: Mapping[str, int]) -> set[str]:
    """Return the classes directly above."""
    terms = view.objects(NamedNode(iri), RDFS.subClassOf)
    found = {term.value for term in terms if isinstance(term, NamedNode)}
    return {one for one in found if one in known and one != iri}


def label_of(view: Triples, node: NamedNode, predicate: NamedNode) -> str:
    """Return the text in English, else the first one there is, else nothing."""
    texts = [t for t in view.objects(node, predicate) if isinstance(t, Literal)]
    texts.sort(key=lambda text: (text.language not in ("en", None), text.value))
    return texts[0].value if texts else ""
