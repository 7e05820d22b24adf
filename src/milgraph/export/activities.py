"""Activities: each as one flat value, who did what, when, where and according to whom.

An account is what the view has of it: what is denied, asked or supposed is no activity
here. What a claim leaves open is empty.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from milgraph.export.rights import Licence
from milgraph.export.scopes import Selection
from milgraph.terms import (
    DCTERMS,
    MIL,
    RDF,
    RDFS,
    Literal,
    NamedNode,
    Namespace,
    Resource,
    Term,
    compact,
)
from milgraph.triples import Outgoing

__all__ = ["Activity", "Group", "Labels", "Place", "activities_of"]

_TYPE = RDF["type"]
_GEO = Namespace("http://www.opengis.net/ont/geosparql#")
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an activity took place, with the outline that the graph has of it."""

    iri: NamedNode
    label: str
    outline: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Who took part in one role with one type of platform, and how many they were."""

    participants: tuple[str, ...]
    role: str = ""
    platform_types: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None

    def __str__(self) -> str:
        """Return it in a line: who, of which type, in which role, how many."""
        return " ".join(
            filter(
                None, (*self.participants, *self.platform_types, self.role, self.number)
            )
        )

    @property
    def number(self) -> str:
        """How many they were, in the notation of intervals."""
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            return ""
        if low == high:
            return str(low)
        return f"{'' if low is None else low}..{'' if high is None else high}"


@dataclass(frozen=True, slots=True)
class Activity:
    """One account of an activity, with what is known of its source."""

    iri: NamedNode
    article: NamedNode
    label: str
    classes: tuple[NamedNode, ...]
    times: Mapping[str, datetime]
    edtf: str
    places: tuple[Place, ...]
    participants: tuple[NamedNode, ...]
    states: tuple[NamedNode, ...]
    platform_types: tuple[NamedNode, ...]
    groups: tuple[Group, ...]
    part_of: tuple[NamedNode, ...]
    occurrences: tuple[NamedNode, ...]
    claims: tuple[NamedNode, ...]
    claimants: tuple[NamedNode, ...]
    publisher: NamedNode | None
    published: Mapping[str, datetime]
    sources: tuple[str, ...]
    licence: Licence = field(repr=False)


class Labels:
    """The names of entities for people, each looked up once."""

    def __init__(self, selection: Selection) -> None:
        self._view = selection.view
        self.of = lru_cache(_KEPT)(self._of)

    def _of(self, node: Resource) -> str:
        """Return the English label, or else another, or else the short name."""
        found = [
            term
            for term in self._view.objects(node, RDFS.label)
            if isinstance(term, Literal)
        ]
        found.sort(
            key=lambda term: (term.language != "en", term.language or "", term.value)
        )
        if found:
            return found[0].value
        return compact(node) if isinstance(node, NamedNode) else str(node)


def activities_of(selection: Selection, labels: Labels) -> Iterator[Activity]:
    """Return the activities that are selected, article by article, in order."""
    reading = _Reading(selection, labels)
    for article, activity in selection.activities():
        yield reading.activity(article, activity)


class _Reading:
    """Looks an activity up; what many share is looked up once."""

    def __init__(self, selection: Selection, labels: Labels) -> None:
        self._selection = selection
        self._view = selection.view
        self._labels = labels
        self._place = lru_cache(_KEPT)(self._looked_up_place)
        self._above = lru_cache(_KEPT)(self._classes_above)
        self._article: NamedNode | None = None
        self._record: Outgoing = {}
        self._licence = selection.rights.own

    def activity(self, article: NamedNode, iri: NamedNode) -> Activity:
        """Return the activity of the article."""
        if article != self._article:
            self._article = article
            self._record = self._view.outgoing(article)
            dataset = self._selection.dataset
            self._licence = self._selection.rights.of_article(dataset, article)
        said = self._view.outgoing(iri)
        claims = self._accepted(_named(said, MIL.statedIn))
        times, edtf = self._times(said.get(MIL.hasTime, ()))
        return Activity(
            iri,
            article,
            self._labels.of(iri),
            self._kinds(_named(said, _TYPE)),
            times,
            edtf,
            tuple(map(self._place, _named(said, MIL.hasPlace))),
            _named(said, MIL.involves),
            _named(said, MIL.involvesState),
            self._stated_types(said),
            self._groups(said),
            _named(said, MIL.partOf),
            _named(said, MIL.accountOf),
            claims,
            self._each(claims, MIL.claimant),
            next(iter(_named(self._record, DCTERMS.publisher)), None),
            self._times(self._record.get(MIL.publishedOn, ()))[0],
            tuple(sorted(map(_text, self._record.get(DCTERMS.source, ())))),
            self._licence,
        )

    def _accepted(self, claims: tuple[NamedNode, ...]) -> tuple[NamedNode, ...]:
        """Return the claims that hold it true: another may deny or suppose it."""
        return tuple(
            claim
            for claim in claims
            if MIL.AcceptedGraph in self._view.objects(claim, _TYPE)
        )

    def _times(self, nodes: Iterable[Term]) -> tuple[dict[str, datetime], str]:
        """Return the bounds of a time extent that are stated, and its EDTF."""
        found: dict[str, datetime] = {}
        edtf = ""
        for node in nodes:
            if not isinstance(node, NamedNode):
                continue
            said = self._view.outgoing(node)
            for name in ("earliestStart", "latestStart", "earliestEnd", "latestEnd"):
                for value in said.get(MIL[name], ()):
                    if moment := _moment(value):
                        found[name] = moment
            edtf = next((_text(t) for t in said.get(MIL.edtf, ())), edtf)
        return found, edtf

    def _kinds(self, classes: tuple[NamedNode, ...]) -> tuple[NamedNode, ...]:
        """Return the classes of ours without those that follow from another."""
        ours = [kind for kind in classes if kind in MIL]
        above = {other for kind in ours for other in self._above(kind)}
        return tuple(kind for kind in ours if kind not in above)

    def _classes_above(self, kind: NamedNode) -> frozenset[NamedNode]:
        found: set[NamedNode] = set()
        waiting = [kind]
        while waiting:
            for other in self._view.objects(waiting.pop(), RDFS.subClassOf):
                if (
                    isinstance(other, NamedNode)
                    and other != kind
                    and other not in found
                ):
                    found.add(other)
                    waiting.append(other)
        return frozenset(found)

    def _looked_up_place(self, iri: NamedNode) -> Place:
        outlines = [
            _text(outline)
            for geometry in self._view.objects(iri, _GEO.hasGeometry)
            if isinstance(geometry, NamedNode)
            for outline in self._view.objects(geometry, _GEO.asWKT)
        ]
        return Place(iri, self._labels.of(iri), min(outlines, default=""))

    def _stated_types(self, said: Outgoing) -> tuple[NamedNode, ...]:
        """Return the types of platforms that participations name, not their families."""
        parts = self._participations(said)
        return tuple(
            sorted({t for p in parts for t in _named(p, MIL.platformType)}, key=str)
        )

    def _participations(self, said: Outgoing) -> list[Outgoing]:
        """Return what is said of each participation, and of each component of one."""
        found: list[Outgoing] = []
        for node in _named(said, MIL.hasParticipation):
            whole = self._view.outgoing(node)
            found.append(whole)
            for component in _named(whole, MIL.hasComponent):
                part = dict(self._view.outgoing(component))
                for shared in (MIL.participant, MIL.role):
                    part.setdefault(shared, whole.get(shared, []))
                found.append(part)
        return found

    def _groups(self, said: Outgoing) -> tuple[Group, ...]:
        groups = [
            Group(
                tuple(map(compact, _named(part, MIL.participant))),
                next((compact(role) for role in _named(part, MIL.role)), ""),
                tuple(map(compact, _named(part, MIL.platformType))),
                *self._bounds(part),
            )
            for part in self._participations(said)
        ]
        return tuple(sorted(groups, key=str))

    def _bounds(self, part: Outgoing) -> tuple[int | None, int | None]:
        """Return the highest lower and the lowest upper bound of the count."""
        low: list[int] = []
        high: list[int] = []
        for node in _named(part, MIL.count):
            said = self._view.outgoing(node)
            low += _whole(said.get(MIL.atLeast, ()))
            high += _whole(said.get(MIL.atMost, ()))
        return max(low, default=None), min(high, default=None)

    def _each(
        self, nodes: Iterable[NamedNode], predicate: NamedNode
    ) -> tuple[NamedNode, ...]:
        found = {o for node in nodes for o in self._view.objects(node, predicate)}
        return tuple(sorted((o for o in found if isinstance(o, NamedNode)), key=str))


def _named(said: Outgoing, predicate: NamedNode) -> tuple[NamedNode, ...]:
    """Return the values that have names, in order."""
    found = {term for term in said.get(predicate, ()) if isinstance(term, NamedNode)}
    return tuple(sorted(found, key=str))


def _text(term: Term) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else str(term)


def _moment(term: Term) -> datetime | None:
    """Return the time with its zone; none where Python has no such year."""
    try:
        moment = datetime.fromisoformat(_text(term))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _whole(terms: Iterable[Term]) -> Iterator[int]:
    """Return the numbers that are whole ones."""
    for term in terms:
        try:
            number = Decimal(_text(term))
        except InvalidOperation:
            continue
        if not number.is_finite() or abs(number) >= _TOO_LARGE:
            continue
        if number == int(number):
            yield int(number)


# What a column of 64 bits can hold.
_TOO_LARGE = 2**63
