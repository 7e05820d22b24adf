"""Representations: the formats that an answer has, and which one a request prefers."""

from http import HTTPStatus

from milgraph.answers import RESULT_FORMATS
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import ProblemError, refusal
from milgraph.syntax import FORMATS

__all__ = ["chosen"]

_SOLUTIONS = (
    *(Offer(f.name, f.media_type) for f in RESULT_FORMATS.values()),
    HTML,
    *(
        Offer(f.name, kind)
        for f in RESULT_FORMATS.values()
        for kind in f.media_types[1:]
    ),
)
_GRAPH = (
    *(Offer(f.name, f.media_type) for f in FORMATS.values()),
    HTML,
    Offer("jsonld", "application/json"),
    Offer("rdfxml", "application/xml"),
    Offer("ntriples", "text/plain"),
)


def chosen(accept: str | None, named: str | None, *, is_graph: bool) -> Offer:
    """Return the format that is named, or else is preferred.

    A client that accepts formats of solutions only is given RDF for a graph: some ask
    for the same formats whatever the form of the query.

    Raises:
        ProblemError: there is no such format for such an answer.
    """
    offers = _GRAPH if is_graph else _SOLUTIONS
    if named:
        found = next((o for o in offers if named in (o.name, o.media_type)), None)
        # Some clients name a format by a word of their own, and its type in Accept.
        found = found or _named_by_type(offers, accept)
        names = tuple(dict.fromkeys(offer.name for offer in offers))
        if found is None:
            raise _unavailable(f"there is no format {named} for this answer", names)
        return found
    found = preferred(offers, accept)
    if found is None and is_graph and preferred(_SOLUTIONS, accept):
        return offers[0]
    if found is None:
        types = tuple(offer.media_type for offer in offers)
        raise _unavailable(f"none of {accept} is a format of this answer", types)
    return found


def _named_by_type(offers: tuple[Offer, ...], accept: str | None) -> Offer | None:
    if not accept or "*" in accept:
        return None
    return preferred([offer for offer in offers if offer != HTML], accept)


def _unavailable(detail: str, available: tuple[str, ...]) -> ProblemError:
    return refusal(HTTPStatus.NOT_ACCEPTABLE, detail, available=available)
