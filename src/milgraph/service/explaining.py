"""Explaining over HTTP: why the graph holds a fact, for people and for machines."""

from threading import Lock

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from milgraph.errors import ParameterError
from milgraph.explanations import (
    Explained,
    axioms_of,
    explain_fact,
    explanation_as_json,
    explanation_as_text,
    explanation_as_triples,
    fact_of,
)
from milgraph.generations import Reader
from milgraph.ontology import Axioms
from milgraph.service.documents import PUBLIC, Form, chosen_of, respond_document
from milgraph.service.explanation_pages import explanation_page, question_page
from milgraph.service.holdings import Holdings
from milgraph.service.negotiation import HTML, Offer
from milgraph.syntax import FORMATS
from milgraph.terms import Triple

__all__ = ["explain_routes"]

_NAMES = ("subject", "predicate", "object")
# Steps that are looked at for a stranger: a fraction of a second.
_MOST_STEPS = 20_000
_LONGEST = 4_000
_JSON = Offer("json", "application/json")
_TEXT = Offer("text", "text/plain")
_OFFERS = (
    _JSON,
    HTML,
    _TEXT,
    *(Offer(form.name, form.media_type) for form in FORMATS.values()),
)


class _Explaining:
    """Derivations in the newest state, one at a time."""

    def __init__(self, holdings: Holdings) -> None:
        self._data = holdings.settings.data
        self._lock = Lock()
        self._reader: Reader | None = None
        self._axioms: tuple[int, Axioms] | None = None

    def explained(self, fact: Triple) -> tuple[int, Explained]:
        """Return the generation that was asked, and why it holds the fact.

        Raises:
            UnknownFactError: it does not hold it.
            LimitError: no derivation was found with the steps that one may take.
        """
        with self._lock:
            self._reader = self._reader or Reader(self._data)
            snapshot = self._reader.snapshot()
            generation = self._reader.generation
            if self._axioms is None or self._axioms[0] != generation:
                self._axioms = generation, axioms_of(snapshot)
            found = explain_fact(snapshot, self._axioms[1], fact, limit=_MOST_STEPS)
            return generation, found


def explain_routes(holdings: Holdings) -> list[Route]:
    """Return the route of explanations; a dataset that is plain has no view to explain."""
    if holdings.is_plain:
        return []
    explaining = _Explaining(holdings)
    # It takes its turn here, and not with the threads that others wait for.
    turns = CapacityLimiter(1)

    async def explain(request: Request) -> Response:
        """Say why the graph holds a fact."""
        offer = chosen_of(request, _OFFERS)
        given = [request.query_params.get(name, "").strip() for name in _NAMES]
        if offer == HTML and not any(given):
            return Response(question_page(), media_type=HTML.media_type, headers=PUBLIC)
        fact = _fact(given)
        await holdings.settle()
        generation, found = await to_thread.run_sync(
            explaining.explained, fact, limiter=turns
        )
        return await _respond(request, found, offer, generation)

    return [Route("/explain", explain, methods=["GET"])]


async def _respond(
    request: Request, found: Explained, offer: Offer, generation: int
) -> Response:
    if offer.name in FORMATS:
        triples = explanation_as_triples(found)
        return await respond_document(
            request, triples, Form(offer), generation=generation
        )
    headers = {**PUBLIC, "Cache-Control": "no-cache"}
    if offer == _JSON:
        return JSONResponse(explanation_as_json(found), headers=headers)
    body = explanation_page(found) if offer == HTML else explanation_as_text(found)
    return Response(body, media_type=offer.media_type, headers=headers)


def _fact(given: list[str]) -> Triple:
    """Return the fact that the parameters name.

    Raises:
        ParameterError: one is missing, too long, or names nothing.
    """
    for name, text in zip(_NAMES, given, strict=True):
        if not text:
            raise ParameterError(
                f"{name} is missing",
                hint="/explain?subject=...&predicate=...&object=... with IRIs, short "
                'names, and for a literal "text"@en, 7 or "..."^^xsd:dateTime.',
            )
        if len(text) > _LONGEST:
            raise ParameterError(f"{name} is longer than {_LONGEST:,} characters")
    return fact_of(*given)
