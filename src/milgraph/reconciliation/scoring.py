"""Scoring: the candidates of a query, with the properties that it gives."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf
from time import monotonic

from milgraph.errors import LimitError
from milgraph.matching import Candidate, Feature, Name, Profile
from milgraph.reconciliation.asking import Given, ReconciliationQuery, placed
from milgraph.reconciliation.collection import Collection
from milgraph.reconciliation.comparing import agreement, holders, meant
from milgraph.reconciliation.features import GAIN, LOSS
from milgraph.reconciliation.kinds import Kind
from milgraph.reconciliation.properties import COORDINATES, WKT, Property
from milgraph.terms import MIL

__all__ = ["answer"]

# Longer than any name; who sends a text is not asking for an entity.
_LONGEST_NAME = 300
# More corners than a query needs cost more than they tell.
_LONGEST_WKT = 10_000
_COMPARED = 60
_NEUTRAL = 0.5
# Below this a property does not agree, and nothing is matched without a person.
_AGREES = 0.85
_STATE = "mil:ofState"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query whose types and properties have been found in the collection."""

    query: ReconciliationQuery
    kinds: tuple[Kind, ...]
    is_of_nothing: bool
    properties: tuple[tuple[Property, tuple[Given, ...]], ...]
    is_unheld: bool
    until: float

    def go_on(self) -> None:
        """Promise that there is time left.

        Raises:
            LimitError: there is none.
        """
        if monotonic() > self.until:
            raise LimitError(
                "the queries take longer than is allowed",
                limit="time",
                hint="Send fewer queries at a time, with fewer properties.",
            )

    def admits(self, profile: Profile) -> bool:
        """Return whether the entity is of the types, where they are demanded."""
        if not self.query.types or self.query.strictness == "should":
            return True
        wanted = {kind.iri for kind in self.kinds}
        if self.query.strictness == "all":
            return not self.is_of_nothing and wanted <= profile.kinds
        return bool(wanted & profile.kinds)


def answer(
    collection: Collection, query: ReconciliationQuery, *, until: float = inf
) -> list[Candidate]:
    """Return the candidates, the best first; at most one of them is a match.

    Raises:
        LimitError: the clock (`time.monotonic`) goes past `until`.
        ParameterError: a type or a property is defined nowhere; it says where it stands.
    """
    asked = _found(collection, query, until)
    if len(query.query) > _LONGEST_NAME:
        return []
    own = _by_identifier(collection, query.query)
    if own is not None:
        matches = [_identified(collection, asked, own)] if asked.admits(own) else []
    elif query.query:
        matches = _by_name(collection, asked)
    else:
        matches = _by_properties(collection, asked)
    matches.sort(key=lambda one: (-one.score, not one.is_match, one.profile.id))
    # Clients take only the first for a match; what others outdo is none.
    return [
        replace(one, is_match=one.is_match and place == 0)
        for place, one in enumerate(matches[: query.limit])
    ]


def _found(collection: Collection, query: ReconciliationQuery, until: float) -> _Asked:
    with placed(f"{query.path}.type"):
        kinds = [collection.kind(name) for name in query.types]
    pairs = []
    for number, (name, given) in enumerate(query.properties):
        with placed(f"{query.path}.properties[{number}].pid"):
            pairs.append((collection.property(name), given))
    return _Asked(
        query,
        tuple(kind for kind in kinds if kind is not None),
        is_of_nothing=None in kinds,
        properties=tuple(
            (found, meant(collection, found, given))
            for found, given in pairs
            if found and given
        ),
        is_unheld=any(found is None for found, _ in pairs),
        until=until,
    )


def _by_identifier(collection: Collection, text: str) -> Profile | None:
    if not text:
        return None
    linked = collection.linked.get(text)
    return collection.entity(text) or (collection.profiles[linked] if linked else None)


def _identified(collection: Collection, asked: _Asked, own: Profile) -> Candidate:
    told = (
        Feature("identifier", 1.0, f"{asked.query.query} names it"),
        *_told(collection, asked, own.id),
    )
    is_sure = _is_of_type(asked, own) and not _clashes(told[1:], asked)
    return Candidate(own, 100.0, told, is_sure)


def _is_of_type(asked: _Asked, profile: Profile) -> bool:
    """Return whether the entity is of a type that is asked for, where one is."""
    if not asked.query.types:
        return True
    return any(kind.iri in profile.kinds for kind in asked.kinds)


def _by_name(collection: Collection, asked: _Asked) -> list[Candidate]:
    wanted = _wanted(collection, asked)
    kinds = frozenset[str]()
    if asked.query.types and asked.query.strictness != "should":
        kinds = frozenset(kind.iri for kind in asked.kinds)
        if not kinds:
            return []
    found = collection.matcher.candidates(wanted, limit=_COMPARED, kinds=kinds)
    matches = []
    for one in found:
        if asked.admits(one.profile):
            told = _told(collection, asked, one.profile.id, of_state=not wanted.country)
            points = one.score + sum(map(_points, told))
            is_sure = one.is_match and _is_of_type(asked, one.profile)
            matches.append(
                Candidate(
                    one.profile,
                    round(min(max(points, 0.0), 100.0), 1),
                    (
                        *(
                            _plain(f, collection, asked, one.profile)
                            for f in one.features
                        ),
                        *told,
                    ),
                    is_sure and not _clashes(told, asked),
                )
            )
    return matches


def _plain(
    feature: Feature, collection: Collection, asked: _Asked, profile: Profile
) -> Feature:
    """Return the feature; of a type it says what was asked for and what the entity is."""
    if feature.name != "type" or not asked.kinds:
        return feature
    wanted = " or ".join(kind.name for kind in asked.kinds)
    own = collection.types_of(profile)
    why = (
        f"it is of the type {own[0].name if own else 'nothing'}; {wanted} is asked for"
    )
    return replace(feature, why=why)


def _wanted(collection: Collection, asked: _Asked) -> Profile:
    """Return what the query tells of the entity, for the matcher."""
    kinds: set[str] = set()
    if len(asked.kinds) == 1:
        kinds = _closure(collection, asked.kinds[0])
    wanted = Profile(
        id="",
        names=(Name(asked.query.query),),
        kinds=frozenset(kinds),
    )
    for found, given in asked.properties:
        if found.id == _STATE:
            countries = _countries(collection, asked, given)
            wanted = replace(wanted, country=wanted.country | countries)
        elif found.id in (COORDINATES, WKT):
            wanted = replace(wanted, geometry=_geometry(found.id, given))
        elif found.identifies:
            same = _identifiers(collection, found, given)
            wanted = replace(wanted, identifiers=wanted.identifiers | same)
    return wanted


def _closure(collection: Collection, kind: Kind) -> set[str]:
    found, fresh = {kind.iri}, [kind]
    while fresh:
        above = {iri for one in fresh for iri in one.broader} - found
        found |= above
        fresh = [collection.kinds[iri] for iri in above]
    return found


def _countries(
    collection: Collection, asked: _Asked, given: Iterable[Given]
) -> frozenset[str]:
    """Return the codes of the states that are surely meant."""
    found: frozenset[str] = frozenset()
    state = frozenset((MIL.State.value,))
    for one in given:
        asked.go_on()
        profile = collection.entity(one.text)
        if profile is None and not one.is_entity:
            wanted = Profile(id="", names=(Name(one.text),), kinds=state)
            likely = collection.matcher.candidates(wanted, limit=5, kinds=state)
            profile = next((c.profile for c in likely if c.is_match), None)
        if profile is not None:
            found |= profile.country
    return found


def _geometry(id_: str, given: Iterable[Given]) -> str:
    """Return the place that is given as WKT; what is none is compared as it stands."""
    for one in given:
        if id_ == WKT and len(one.text) <= _LONGEST_WKT:
            return one.text
        latitude, _, longitude = one.text.partition(",")
        try:
            return f"POINT ({float(longitude):.6f} {float(latitude):.6f})"
        except ValueError:
            continue
    return ""


def _identifiers(
    collection: Collection, found: Property, given: tuple[Given, ...]
) -> frozenset[tuple[str, str]]:
    """Return the identifiers that the values are, as the profiles have them."""
    same = set()
    for entity in holders(collection, found, given):
        told = {value.text for value in found.of(entity)}
        same |= {i for i in collection.profiles[entity].identifiers if i[1] in told}
    return frozenset(same)


def _told(
    collection: Collection, asked: _Asked, entity: str, *, of_state: bool = True
) -> tuple[Feature, ...]:
    """Return how well the candidate agrees with each property that the query gives.

    Raises:
        LimitError: the time is over.
    """
    asked.go_on()
    told = (
        agreement(collection, found, given, entity)
        for found, given in asked.properties
        if found.id not in (COORDINATES, WKT) and (of_state or found.id != _STATE)
    )
    # Of a property that is given twice, the better value counts.
    best: dict[str, Feature] = {}
    for feature in told:
        if feature and feature.value >= best.get(feature.name, feature).value:
            best[feature.name] = feature
    return tuple(best.values())


def _points(feature: Feature) -> float:
    """Return what the agreement with a property adds, or takes."""
    way = 2 * (feature.value - _NEUTRAL)
    return way * (GAIN if way > 0 else LOSS)


def _clashes(told: Iterable[Feature], asked: _Asked) -> bool:
    return asked.is_unheld or any(feature.value < _AGREES for feature in told)


def _by_properties(collection: Collection, asked: _Asked) -> list[Candidate]:
    """Return the entities that have what is given, where no name is looked for."""
    likely: set[str] = set()
    certain: set[str] = set()
    for found, given in asked.properties:
        held = holders(collection, found, given)
        likely |= held
        if found.identifies:
            certain |= held
    matches = []
    for entity in likely:
        profile = collection.profiles[entity]
        told = _told(collection, asked, entity)
        share = sum(f.value for f in told) / len(asked.query.properties)
        is_sure = certain == {entity} and not _clashes(told, asked)
        if asked.admits(profile):
            matches.append(Candidate(profile, round(100 * share, 1), told, is_sure))
    return matches
