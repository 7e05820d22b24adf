"""Gathering: the accounts of a dataset, read from the view by look-ups."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from milgraph.coreference.accounts import Account, Count, Place, Side, Window
from milgraph.coreference.kinds import Kinds
from milgraph.iris import ARTICLES
from milgraph.store.interface import Readable
from milgraph.terms import MIL, RDF, RDFS, XSD, Literal, NamedNode, Namespace, Term
from milgraph.triples import Outgoing, Triples

__all__ = ["Gathering"]

_GEO = Namespace("http://www.opengis.net/ont/geosparql#")
_ROLE = "https://w3id.org/milgraph/code/role/"
_PASSIVE = frozenset(
    NamedNode(_ROLE + name)
    for name in ("escorted", "intercepted", "detected", "target")
)
_PRECISION = "https://w3id.org/milgraph/code/precision/"
_AREAS = frozenset(
    NamedNode(_PRECISION + name) for name in ("named-area", "part-of-area", "vague")
)
# How many kilometres a point may be off.
_BLUR_NEAR, _BLUR_AREA = 25.0, 100.0
_BLUR = {
    NamedNode(_PRECISION + "exact"): 5.0,
    NamedNode(_PRECISION + "near"): _BLUR_NEAR,
}
_BROAD = frozenset((MIL.Territory, MIL.StrategicRegion))
# What an activity is done to: whoever takes part in that is the other side.
_TOWARDS = (MIL.interceptedActivity, MIL.protestAgainst)
_TO_ACTOR = (MIL.addressedTo,)
_AT_ONCE = 1_000
_KILLED = (MIL.deaths, MIL.civilianDeaths, MIL.unattributedDeaths)
_UNBOUNDED = float("inf")
_NO = Literal("false", datatype=XSD.boolean)


class Gathering:
    """Reads accounts; what many share, such as places and actors, is read once."""

    def __init__(self, view: Triples) -> None:
        self.kinds = Kinds(view)
        self._view = view
        self._places: dict[tuple[NamedNode, bool], Place] = {}
        self._releases: dict[NamedNode, frozenset[NamedNode]] = {}
        self._closed: dict[NamedNode, bool] = {}
        self._actors: dict[NamedNode, Side] = {}
        self._families: dict[NamedNode, frozenset[NamedNode]] = {}

    def accounts(self, dataset: Readable) -> Iterator[Account]:
        """Return the accounts that the view of the dataset holds, of articles and records."""
        nodes = dataset.triples.subjects(RDF["type"], MIL.Activity)
        for number, node in enumerate(nodes):
            if number % _AT_ONCE == 0:
                # What was looked up for one account is of no use for the next thousand.
                self._view = dataset.remembered()
            if isinstance(node, NamedNode) and node.value.startswith(ARTICLES):
                account = self.account(node)
                if account is not None:
                    yield account

    def account(self, node: NamedNode) -> Account | None:
        """Return the account; nothing where no claim states it, or it has no time."""
        said = self._view.outgoing(node)
        window = self._window(said.get(MIL.hasTime, ()))
        claims = said.get(MIL.statedIn, ())
        if window is None or not claims:
            return None
        label = next((v for v in said.get(RDFS.label, ()) if type(v) is Literal), None)
        groups = list(self._participations(node))
        equipment = frozenset(self._equipment(node, groups))
        return Account(
            node,
            window,
            label=label.value if label else "",
            language=(label.language or "") if label else "",
            claims=_named(claims),
            wholes=frozenset(self._reached(node, MIL.partOf)),
            kinds=self._kinds(said.get(RDF["type"], ())),
            places=tuple(self._where(said)),
            sides=tuple(self._sides(node, groups)),
            equipment=equipment,
            families=frozenset(f for e in equipment for f in self._family(e)),
            counts=tuple(self._counts(node, groups)),
            codes=_named(said.get(MIL.eventCode, ())),
            data_sets=frozenset(self._data_sets(said.get(MIL.describedIn, ()))),
            is_restricted=self._is_restricted(said.get(MIL.describedIn, ())),
        )

    def _kinds(self, types: Iterable[Term]) -> frozenset[NamedNode]:
        """Return the narrowest classes that are classes of activities."""
        named = (t for t in types if isinstance(t, NamedNode))
        activities = (t for t in named if MIL.Activity in self.kinds.above(t))
        return self.kinds.narrowest(activities)

    def _window(self, extents: Iterable[Term]) -> Window | None:
        for extent in _named(extents):
            bounds = (
                MIL.earliestStart,
                MIL.latestEnd,
                MIL.latestStart,
                MIL.earliestEnd,
            )
            start, end, *inner = (self._moment(extent, name) for name in bounds)
            if start is not None and end is not None and start <= end:
                return Window(start, end, *inner)
        return None

    def _moment(self, extent: NamedNode, name: NamedNode) -> float | None:
        for value in self._view.objects(extent, name):
            try:
                return datetime.fromisoformat(
                    str(getattr(value, "value", ""))
                ).timestamp()
            except (ValueError, OverflowError, OSError):
                # A year that Python's calendar does not have: the account has no time.
                return None
        return None

    def _participations(self, node: NamedNode) -> Iterator[NamedNode]:
        """Return the participations and their components."""
        for group in _named(self._view.objects(node, MIL.hasParticipation)):
            yield group
            yield from _named(self._view.objects(group, MIL.hasComponent))

    def _where(self, said: Outgoing) -> Iterator[Place]:
        """Return the places, as precisely as the account states them."""
        precisions = _named(said.get(MIL.placePrecision, ()))
        is_area = not precisions.isdisjoint(_AREAS)
        for node in _named(said.get(MIL.hasPlace, ())):
            key = node, is_area
            if key not in self._places:
                self._places[key] = self._place(node, is_area=is_area)
            yield self._places[key]

    def _place(self, node: NamedNode, *, is_area: bool) -> Place:
        kinds = _named(self._view.objects(node, RDF["type"]))
        areas = frozenset((node, *self._reached(node, MIL.withinPlace)))
        geometry, blur = self._geometry(node)
        is_point = is_area and geometry.lstrip().upper().startswith("POINT")
        is_broad = is_point or not kinds.isdisjoint(_BROAD)
        return Place(node, areas, geometry, is_broad, _BLUR_AREA if is_area else blur)

    def _geometry(self, node: NamedNode) -> tuple[str, float]:
        """Return where the place lies, and how many kilometres that may be off."""
        for geometry in _named(self._view.objects(node, _GEO.hasGeometry)):
            precisions = _named(self._view.objects(geometry, MIL.geometryPrecision))
            blur = max(
                (_BLUR.get(p, _BLUR_AREA) for p in precisions), default=_BLUR_NEAR
            )
            for text in self._view.objects(geometry, _GEO.asWKT):
                return str(getattr(text, "value", "")), blur
        return "", 0.0

    def _data_sets(self, records: Iterable[Term]) -> Iterator[NamedNode]:
        for record in _named(records):
            for release in _named(self._view.objects(record, MIL.inRelease)):
                if release not in self._releases:
                    of = _named(self._view.objects(release, MIL.ofDataSet))
                    self._releases[release] = of or frozenset((release,))
                yield from self._releases[release]

    def _is_restricted(self, records: Iterable[Term]) -> bool:
        """Return whether the terms of a data set forbid to pass on what one tells."""
        for record in _named(records):
            for release in _named(self._view.objects(record, MIL.inRelease)):
                if release not in self._closed:
                    may = self._view.objects(release, MIL.redistributable)
                    self._closed[release] = _NO in may
                if self._closed[release]:
                    return True
        return False

    def _sides(self, node: NamedNode, groups: Iterable[NamedNode]) -> Iterator[Side]:
        seen = set()
        sides = [*self._taking_part(groups), *self._towards(node)]
        for done in _named(self._view.objects(node, MIL.hitBy)):
            sides += self._taking_part(self._participations(done))
        for side in sides:
            if side not in seen:
                seen.add(side)
                yield side

    def _taking_part(self, groups: Iterable[NamedNode]) -> Iterator[Side]:
        for group in groups:
            roles = _named(self._view.objects(group, MIL.role))
            acts = roles.isdisjoint(_PASSIVE) if roles else None
            for actor in _named(self._view.objects(group, MIL.participant)):
                yield self._side(actor, acts)

    def _towards(self, node: NamedNode) -> Iterator[Side]:
        """Return those to whom it is done."""
        for name in _TOWARDS:
            for other in _named(self._view.objects(node, name)):
                for side in self._taking_part(self._participations(other)):
                    yield self._side(side.actor, False)
        for name in _TO_ACTOR:
            for actor in _named(self._view.objects(node, name)):
                yield self._side(actor, False)

    def _side(self, actor: NamedNode, acts: bool | None) -> Side:
        known = self._actors.get(actor)
        if known is None:
            above = (MIL.partOfOrganization, MIL.operatedBy)
            known = self._actors[actor] = Side(
                actor,
                _named(self._view.objects(actor, MIL.ofState)),
                frozenset(self._reached(actor, *above)),
            )
        return Side(known.actor, known.states, known.belongs, acts)

    def _equipment(
        self, node: NamedNode, groups: Iterable[NamedNode]
    ) -> Iterator[NamedNode]:
        """Return the types as they are stated, and the weapons."""
        for group in groups:
            yield from _named(self._view.objects(group, MIL.platformType))
        yield from _named(self._view.objects(node, MIL.weapon))
        for launch in _named(self._view.objects(node, MIL.hitBy)):
            yield from _named(self._view.objects(launch, MIL.weapon))

    def _family(self, kind: NamedNode) -> frozenset[NamedNode]:
        found = self._families.get(kind)
        if found is None:
            found = frozenset((kind, *self._reached(kind, MIL.variantOf)))
            self._families[kind] = found
        return found

    def _counts(self, node: NamedNode, groups: Iterable[NamedNode]) -> Iterator[Count]:
        for name in _KILLED:
            for quantity in _named(self._view.objects(node, name)):
                yield self._count(name, quantity)
        for group in groups:
            types = _named(self._view.objects(group, MIL.platformType))
            of = types or self._states_of(group)
            for quantity in _named(self._view.objects(group, MIL.count)):
                if len(of) == 1:
                    yield self._count(next(iter(of)), quantity)

    def _states_of(self, group: NamedNode) -> frozenset[NamedNode]:
        actors = _named(self._view.objects(group, MIL.participant))
        return frozenset(s for actor in actors for s in self._side(actor, None).states)

    def _count(self, of: NamedNode, quantity: NamedNode) -> Count:
        low = max(self._numbers(quantity, MIL.atLeast), default=0.0)
        high = min(self._numbers(quantity, MIL.atMost), default=_UNBOUNDED)
        return Count(of, low, high)

    def _numbers(self, quantity: NamedNode, bound: NamedNode) -> Iterator[float]:
        for value in self._view.objects(quantity, bound):
            try:
                yield float(Decimal(str(getattr(value, "value", ""))))
            except InvalidOperation:
                continue

    def _reached(self, node: NamedNode, *names: NamedNode) -> Iterator[NamedNode]:
        """Return what the node reaches by the properties, without itself."""
        waiting, seen = [node], {node}
        while waiting:
            at = waiting.pop()
            for name in names:
                for found in _named(self._view.objects(at, name)) - seen:
                    seen.add(found)
                    waiting.append(found)
                    yield found


def _named(terms: Iterable[Term]) -> frozenset[NamedNode]:
    return frozenset(term for term in terms if isinstance(term, NamedNode))
