"""schema.org: activities as events, with the claims and the articles that report them.

For search engines and for those who know no other vocabulary. It is poorer than ours:
an event has one beginning and one end, so that ours are the bounds; and who took part
is what the event is about, since the vocabulary knows performers and attendees only.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from milgraph.export.activities import Activity, Labels, Place, activities_of
from milgraph.export.dumps import Writable
from milgraph.export.scopes import Selection
from milgraph.terms import DCTERMS, MIL, RDF, Literal, NamedNode

__all__ = ["write_schema_org"]

_CONTEXT = {"@vocab": "https://schema.org/"}
# The classes of ours for which the alignment names one of schema.org, the narrower first.
_ARTICLES = ((MIL.NewsReport, "NewsArticle"), (MIL.Article, "Article"))
_PLACES = ((MIL.SeaArea, "SeaBodyOfWater"),)
_ACTORS = (
    (MIL.MediaOrganization, "NewsMediaOrganization"),
    (MIL.State, "Country"),
    (MIL.GovernmentBody, "GovernmentOrganization"),
    (MIL.ArmedForces, "GovernmentOrganization"),
    (MIL.Organization, "Organization"),
)


def write_schema_org(selection: Selection, output: Writable) -> None:
    """Write the dataset and its parts as one JSON-LD document, an entity a line."""
    head = json.dumps({"@context": _CONTEXT})[:-1]
    output.write(f'{head}, "@graph": [\n'.encode())
    separator = b""
    for node in _nodes(selection):
        output.write(separator + json.dumps(node, ensure_ascii=False).encode())
        separator = b",\n"
    output.write(b"\n]}\n")
    output.flush()


def _nodes(selection: Selection) -> Iterator[dict[str, Any]]:
    """Return the dataset, then article by article what it reports, then what all share."""
    labels = Labels(selection)
    writing = _Writing(selection, labels)
    yield _dataset(selection)
    article: NamedNode | None = None
    claims: set[NamedNode] = set()
    for activity in activities_of(selection, labels):
        if activity.article != article:
            article, claims = activity.article, set()
            yield writing.article(activity)
        yield writing.event(activity)
        for claim in activity.claims:
            if claim not in claims:
                claims.add(claim)
                yield writing.claim(claim, activity)
    yield from writing.shared()


def _dataset(selection: Selection) -> dict[str, Any]:
    notice = selection.notice
    return {
        "@id": notice.own.source,
        "@type": "Dataset",
        "name": notice.own.title or notice.own.source,
        **_given("license", _reference(notice.own.licence)),
        **_given(
            "isBasedOn",
            [
                {
                    "@id": one.source,
                    "@type": "Dataset",
                    "name": one.title or one.source,
                    **_given("version", one.version),
                    **_given("license", _reference(one.licence)),
                    **_given("citation", one.citation),
                }
                for one in notice.releases
            ],
        ),
        **_given("description", notice.lacking),
    }


class _Writing:
    """Writes entities, and remembers those that several share until the end."""

    def __init__(self, selection: Selection, labels: Labels) -> None:
        self._view = selection.view
        self._labels = labels
        self._places: dict[NamedNode, Place] = {}
        self._actors: set[NamedNode] = set()

    def event(self, activity: Activity) -> dict[str, Any]:
        """Return the activity as an event, with the article as its source."""
        self._places |= {place.iri: place for place in activity.places}
        times = activity.times
        return {
            "@id": activity.iri.value,
            "@type": "Event",
            "name": activity.label,
            "additionalType": [kind.value for kind in activity.classes],
            **_given("startDate", _date(times, "earliestStart")),
            **_given("endDate", _date(times, "latestEnd")),
            **_given("location", _references(p.iri for p in activity.places)),
            **_given("about", self._all(activity.participants)),
            **_given("superEvent", _references(activity.part_of)),
            "subjectOf": [
                {"@id": activity.article.value},
                *_references(activity.claims),
            ],
        }

    def claim(self, claim: NamedNode, activity: Activity) -> dict[str, Any]:
        """Return the claim: who makes it, in which article, about which event."""
        said = self._view.outgoing(claim)
        claimants = [t for t in said.get(MIL.claimant, ()) if isinstance(t, NamedNode)]
        told = [
            t.value for t in said.get(DCTERMS.description, ()) if isinstance(t, Literal)
        ]
        return {
            "@id": claim.value,
            "@type": "Claim",
            **_given("name", min(told, default="")),
            **_given("author", self._all(sorted(claimants, key=str))),
            "appearance": {"@id": activity.article.value},
            "about": {"@id": activity.iri.value},
            **_given("license", _reference(activity.licence.licence)),
        }

    def article(self, activity: Activity) -> dict[str, Any]:
        """Return the article or record that the activity is taken from."""
        publisher = activity.publisher
        urls = [s for s in activity.sources if s.startswith(("http://", "https://"))]
        return {
            "@id": activity.article.value,
            "@type": self._kind(activity.article, _ARTICLES, "CreativeWork"),
            "name": self._labels.of(activity.article),
            **_given("url", urls),
            **_given("publisher", self._all([publisher] if publisher else [])),
            **_given("datePublished", _date(activity.published, "latestEnd")),
            **_given("isPartOf", _part_of(activity)),
        }

    def shared(self) -> Iterator[dict[str, Any]]:
        """Return the places and the actors that were named."""
        for iri in sorted(self._places, key=str):
            kind = self._kind(iri, _PLACES, "Place")
            yield {"@id": iri.value, "@type": kind, "name": self._places[iri].label}
        for iri in sorted(self._actors, key=str):
            kind = self._kind(iri, _ACTORS, "Organization")
            yield {"@id": iri.value, "@type": kind, "name": self._labels.of(iri)}

    def _all(self, actors: Iterable[NamedNode]) -> list[dict[str, str]]:
        known = list(actors)
        self._actors |= set(known)
        return _references(known)

    def _kind(
        self, node: NamedNode, known: Iterable[tuple[NamedNode, str]], other: str
    ) -> str:
        classes = set(self._view.objects(node, RDF["type"]))
        return next((name for ours, name in known if ours in classes), other)


def _part_of(activity: Activity) -> list[dict[str, str]]:
    return [{"@id": activity.licence.source}]


def _references(nodes: Iterable[NamedNode]) -> list[dict[str, str]]:
    return [{"@id": node.value} for node in nodes]


def _reference(text: str) -> object:
    return {"@id": text} if text.startswith(("http://", "https://")) else text


def _date(times: Any, name: str) -> str:
    return times[name].isoformat() if name in times else ""


def _given(name: str, value: object) -> dict[str, Any]:
    """Return the property, unless it has no value."""
    return {name: value} if value else {}
