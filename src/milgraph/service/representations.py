"""Representations: an answer in the format that the request prefers."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.responses import HTMLResponse, Response

from milgraph.answers import RESULT_FORMATS, Answer
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import Problem, ProblemError
from milgraph.syntax import FORMATS

__all__ = ["represent"]

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


def represent(
    answer: Answer,
    *,
    accept: str | None,
    named: str | None,
    page: Callable[[Answer], str],
) -> Response:
    """Return the answer in the format that is named, or else is preferred.

    It is written whole before the status is: a failure on the way is an error, never
    a shorter answer.

    Raises:
        ProblemError: there is no such format for such an answer.
        QueryError: the evaluation fails.
    """
    offer = _chosen(_GRAPH if answer.is_graph else _SOLUTIONS, accept, named)
    headers = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}
    if offer == HTML:
        return HTMLResponse(page(answer), headers=headers)
    body = answer.serialised(offer.name)
    return Response(body, media_type=offer.media_type, headers=headers)


def _chosen(offers: tuple[Offer, ...], accept: str | None, named: str | None) -> Offer:
    if named:
        found = next((offer for offer in offers if named == offer.name), None)
        names = tuple(dict.fromkeys(offer.name for offer in offers))
        if found is None:
            raise _refusal(f"there is no format {named} for this answer", names)
        return found
    found = preferred(offers, accept)
    if found is None:
        types = tuple(offer.media_type for offer in offers)
        raise _refusal(f"none of {accept} is a format of this answer", types)
    return found


def _refusal(detail: str, available: tuple[str, ...]) -> ProblemError:
    status = HTTPStatus.NOT_ACCEPTABLE
    return ProblemError(Problem(status, status.phrase, detail, available=available))
