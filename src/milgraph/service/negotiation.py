"""Content negotiation: which representation a request prefers (RFC 9110, 12.5.1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["HTML", "Offer", "preferred"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A representation that could be sent: its name here and its media type."""

    name: str
    media_type: str


HTML = Offer("html", "text/html")
# Of a header that names more than any client prefers, the rest is not looked at: it
# would keep everybody else waiting.
_MOST_RANGES = 64


@dataclass(frozen=True, slots=True)
class _Range:
    """One element of an Accept header: a type, a family of types, or anything."""

    type: str
    subtype: str
    quality: float

    def matches(self, media_type: str) -> bool:
        kind, _, subtype = media_type.partition("/")
        return self.type in ("*", kind) and self.subtype in ("*", subtype)

    @property
    def precision(self) -> int:
        return (self.type != "*") + (self.subtype != "*")


def preferred(offers: Sequence[Offer], accept: str | None) -> Offer | None:
    """Return the offer that the header likes best, the first of several; or none.

    Without a header, or with one that names no type, the first offer is taken.

    >>> csv, json = Offer("csv", "text/csv"), Offer("json", "application/json")
    >>> preferred([csv, json], "text/*;q=0.4, application/json").name
    'json'
    >>> preferred([csv, json], "image/png") is None
    True
    """
    ranges = tuple(_ranges(accept or ""))
    if not ranges:
        return offers[0]
    liked = [(_quality(offer, ranges), offer) for offer in offers]
    best = max(quality for quality, _ in liked)
    return next((offer for quality, offer in liked if quality == best > 0), None)


def _quality(offer: Offer, ranges: Sequence[_Range]) -> float:
    """Return what the most precise range that matches says of the offer."""
    fitting = [one for one in ranges if one.matches(offer.media_type)]
    if not fitting:
        return 0
    precision = max(one.precision for one in fitting)
    return max(one.quality for one in fitting if one.precision == precision)


def _ranges(accept: str) -> Iterable[_Range]:
    for element in accept.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        media, *parameters = (part.strip().lower() for part in element.split(";"))
        kind, slash, subtype = media.partition("/")
        if slash and kind and subtype:
            yield _Range(kind, subtype, _weight(parameters))


def _weight(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, text = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(text)))
            except ValueError:
                return 0.0
    return 1.0
