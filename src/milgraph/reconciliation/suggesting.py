"""Suggesting: what somebody may mean who has begun to type."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from milgraph.matching import Name, Profile
from milgraph.names import fold
from milgraph.reconciliation.collection import Collection
from milgraph.reconciliation.values import full_iri, local_id

__all__ = ["Suggestion", "suggest"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entity, a type or a property; of an entity, `kinds` are the IRIs of its types."""

    id: str
    name: str
    description: str
    kinds: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()


def suggest(
    collection: Collection,
    kind: str,
    prefix: str,
    *,
    types: frozenset[str] = frozenset(),
) -> Iterator[Suggestion]:
    """Return what of that kind begins so: `entity`, `type` or `property`, best first.

    Entities only of these types, where some are given. An identifier finds its own.
    """
    if kind == "entity":
        return _entities(collection, prefix, types)
    listed = _types(collection) if kind == "type" else _properties(collection)
    return _beginning(listed, prefix)


def _entities(
    collection: Collection, prefix: str, types: frozenset[str]
) -> Iterator[Suggestion]:
    for entity in _found(collection, prefix):
        profile = collection.profiles[entity]
        if not types or types & profile.kinds:
            yield _entity(collection, profile)


def _found(collection: Collection, prefix: str) -> Iterable[str]:
    own = collection.entity(prefix) if prefix else None
    linked = collection.linked.get(prefix)
    if own is not None or linked:
        return [own.id if own is not None else str(linked)]
    if not fold(prefix):
        return sorted(collection.profiles)
    found = list(collection.names.find(prefix))
    if found:
        return found
    # Nothing begins so: perhaps it is written otherwise.
    wanted = Profile(id="", names=(Name(prefix),))
    return [c.profile.id for c in collection.matcher.candidates(wanted, limit=10)]


def _entity(collection: Collection, profile: Profile) -> Suggestion:
    kinds = tuple(kind.iri for kind in collection.types_of(profile))
    told = collection.description(profile)
    return Suggestion(local_id(profile.id), profile.label, told, kinds)


def _types(collection: Collection) -> Iterator[Suggestion]:
    kinds = sorted(collection.kinds.values(), key=lambda kind: (-kind.members, kind.id))
    for kind in kinds:
        yield Suggestion(kind.id, kind.name, kind.definition, broader=kind.broader)


def _properties(collection: Collection) -> Iterator[Suggestion]:
    offered = collection.properties.values()
    for found in sorted(offered, key=lambda one: (-len(one.values), one.id)):
        yield Suggestion(found.id, found.name, found.definition)


def _beginning(listed: Iterable[Suggestion], prefix: str) -> Iterator[Suggestion]:
    """Return those with a word that begins so, whole names first; the order is kept."""
    start = fold(prefix)
    iri = full_iri(prefix) if prefix else ""
    ranked = []
    for place, one in enumerate(listed):
        name = fold(one.name)
        if prefix and (one.id == prefix or full_iri(one.id) == iri):
            ranked.append((0, place, one))
        elif name.startswith(start):
            ranked.append((1 if name == start else 2, place, one))
        elif f" {start}" in f" {name}" or fold(one.id.partition(":")[2]).startswith(
            start
        ):
            ranked.append((3, place, one))
    ranked.sort(key=lambda entry: entry[:2])
    return (one for _, _, one in ranked)
