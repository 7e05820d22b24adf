"""Comparing: how well what a query gives for a property agrees with an entity."""

import re
from collections.abc import Iterable, Sequence

from milgraph.matching import Feature, Profile
from milgraph.names import identity, similarity
from milgraph.reconciliation.asking import Given
from milgraph.reconciliation.collection import Collection
from milgraph.reconciliation.features import PROPERTY
from milgraph.reconciliation.properties import Property
from milgraph.reconciliation.values import Value, full_iri

__all__ = ["agreement", "holders", "meant"]

# Names less alike than this are different names.
_ALIKE = 0.6
_DATE = re.compile(r"\d{4}")
_LONGEST = 300
# The value of a feature of which nothing is known.
_NEUTRAL = 0.5


def agreement(
    collection: Collection, found: Property, given: Sequence[Given], entity: str
) -> Feature | None:
    """Return how well the best of the values agree; none where the entity has none."""
    values = found.of(entity)
    if not values or not given:
        return None
    pairs = [(_alike(collection, found, g, v), g, v) for g in given for v in values]
    best, one, two = max(pairs, key=lambda pair: pair[0])
    told = two.name or two.text
    if best == 1:
        why = f"{found.name} is {told}"
    elif best == _NEUTRAL:
        why = (
            f"{found.name} is not compared with a text of {len(one.text):,} characters"
        )
    elif best == 0:
        why = f"{found.name} is {told}, not {_shown(collection, one)}"
    else:
        why = f"{found.name} is {told}, which is like {_shown(collection, one)}"
    return Feature(PROPERTY + found.id, round(best, 3), why)


def meant(
    collection: Collection, found: Property, given: Iterable[Given]
) -> tuple[Given, ...]:
    """Return the values, with what another service found as what it is here.

    Where it is not linked to anything here, its name is what there is to compare.
    """
    return tuple(_meant(collection, found, one) for one in given)


def _meant(collection: Collection, found: Property, given: Given) -> Given:
    if not given.is_entity or not found.of_kinds or collection.entity(given.text):
        return given
    linked = collection.linked.get(given.text)
    if linked:
        return Given(linked, is_entity=True)
    return Given(given.name) if given.name else given


def holders(
    collection: Collection, found: Property, given: Iterable[Given]
) -> set[str]:
    """Return the entities with such a value."""
    return {
        entity
        for one in given
        for text in {one.text, full_iri(one.text)}
        for entity in found.holders(text, collection.names_of)
    }


def _alike(
    collection: Collection, found: Property, given: Given, value: Value
) -> float:
    if value.kind in ("int", "float"):
        return float(_number(given.text) == _number(value.text))
    if value.kind == "date":
        # A year, a month, a day or the whole.
        return float(
            bool(_DATE.match(given.text)) and value.text.startswith(given.text)
        )
    if full_iri(given.text) in (value.text, value.iri):
        return 1.0
    if given.is_entity:
        return float(given.text == value.text)
    if found.identifies:
        return float(identity(given.text) == identity(value.text))
    return _likeness(given.text, _names(collection, value))


def _names(collection: Collection, value: Value) -> tuple[str, ...]:
    if value.kind == "id":
        return collection.names_of(value.text)
    return (value.text,)


def _likeness(given: str, names: Iterable[str]) -> float:
    if len(given) > _LONGEST:
        # What is like a long text takes long to find; only what is equal is known.
        is_same = any(given.split() == name.split() for name in names)
        return 1.0 if is_same else _NEUTRAL
    wanted = identity(given)
    best = 0.0
    for name in names:
        if wanted and wanted == identity(name):
            return 1.0
        best = max(best, min(similarity(given, name), 0.99))
    return best if best >= _ALIKE else 0.0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _shown(collection: Collection, given: Given) -> str:
    profile: Profile | None = collection.entity(given.text) if given.is_entity else None
    return profile.label if profile else given.text[:80]
