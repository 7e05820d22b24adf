"""Proposals over HTTP: which accounts may be of one occurrence, to be read only."""

from itertools import islice
from threading import Lock

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from milgraph.coreference.proposing import LEAST, Proposals, as_json, propose
from milgraph.coreference.reviewing import write_table
from milgraph.errors import LimitError, ParameterError
from milgraph.generations import Reader
from milgraph.service.documents import PUBLIC, chosen_of
from milgraph.service.holdings import Holdings
from milgraph.service.negotiation import HTML, Offer
from milgraph.service.proposal_pages import proposals_page
from milgraph.terms import MIL, RDF

__all__ = ["proposal_routes"]

# To compare more would keep others waiting for seconds.
_MOST_ACCOUNTS = 2_000
_MOST_SHOWN = 200
_SHOWN = 50
_ANYTHING = "ASK {}"
_JSON = Offer("json", "application/json")
_TSV = Offer("tsv", "text/tab-separated-values")
_OFFERS = (_JSON, HTML, _TSV)


class _Proposing:
    """The proposals of the newest state, found once for each generation."""

    def __init__(self, holdings: Holdings) -> None:
        self._data = holdings.settings.data
        self._lock = Lock()
        self._reader: Reader | None = None
        self._found: tuple[int, Proposals] | None = None

    def found(self) -> Proposals:
        """Return what is proposed.

        Raises:
            LimitError: there are more accounts than are compared for a stranger.
        """
        with self._lock:
            self._reader = self._reader or Reader(self._data)
            snapshot = self._reader.snapshot()
            generation = self._reader.generation
            if self._found is None or self._found[0] != generation:
                accounts = snapshot.triples.subjects(RDF["type"], MIL.Activity)
                if any(True for _ in islice(accounts, _MOST_ACCOUNTS, None)):
                    raise LimitError(
                        f"there are more than {_MOST_ACCOUNTS:,} accounts to compare",
                        limit="size",
                        hint="`milgraph occurrences propose` compares any number.",
                    )
                self._found = generation, propose(snapshot)
            return self._found[1]


def proposal_routes(holdings: Holdings) -> list[Route]:
    """Return the route of the proposals; a dataset that is plain has no accounts."""
    if holdings.is_plain:
        return []
    proposing = _Proposing(holdings)
    # It takes its turn here, and not with the threads that others wait for.
    turns = CapacityLimiter(1)

    async def proposals(request: Request) -> Response:
        """List accounts that may be of one occurrence, with reasons for and against."""
        offer = chosen_of(request, _OFFERS)
        least = _number(request, "least", LEAST, (LEAST, 100.0))
        limit = int(_number(request, "limit", _SHOWN, (1, _MOST_SHOWN)))
        # A query waits until what was committed before it can be read.
        await holdings.ask(_ANYTHING)
        found = await to_thread.run_sync(proposing.found, limiter=turns)
        return _respond(found.at_least(least), offer, limit)

    return [Route("/occurrences/proposals", proposals, methods=["GET"])]


def _respond(found: Proposals, offer: Offer, limit: int) -> Response:
    headers = {**PUBLIC, "Cache-Control": "no-cache"}
    if offer == _JSON:
        return JSONResponse(as_json(found, limit=limit), headers=headers)
    if offer == HTML:
        body = proposals_page(found, limit)
    else:
        body = write_table(found.found[:limit])
    return Response(body, media_type=offer.media_type, headers=headers)


def _number(
    request: Request, name: str, default: float, bounds: tuple[float, float]
) -> float:
    """Return the number that the parameter gives.

    Raises:
        ParameterError: it is none, or out of bounds.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        found = float(text[:20])
    except ValueError:
        found = float("nan")
    low, high = bounds
    if not low <= found <= high:
        raise ParameterError(f"{name} is a number from {low:g} to {high:g}")
    return found
