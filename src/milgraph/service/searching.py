"""Search over HTTP: names, or something like them, for people and for machines."""

import json
import re

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from milgraph.errors import BusyError, ParameterError
from milgraph.search import MOST, Hit, Searching, kinds_of
from milgraph.service.documents import Form, chosen_of, send
from milgraph.service.holdings import Holdings
from milgraph.service.negotiation import HTML, Offer
from milgraph.service.search_pages import search_page

__all__ = ["search_routes"]

_JSON = Offer("json", "application/json")
_OFFERS = (_JSON, HTML)
_LIMIT = 20
_NUMBER = re.compile(r"[0-9]{1,4}")
# So many may wait while the index is made; a search takes milliseconds after that.
_WAITING = 100
_MOST_KINDS = 20


def search_routes(holdings: Holdings) -> list[Route]:
    """Return the route of the search; a dataset that is plain has none."""
    if holdings.is_plain:
        return []
    searching = Searching(holdings.settings.data)
    # It takes its turn here, and not with the threads that others wait for.
    turns = CapacityLimiter(1)

    async def search(request: Request) -> Response:
        """Find entities, activities and articles by their names."""
        offer = chosen_of(request, _OFFERS)
        text = request.query_params.get("q", "")
        if offer == HTML and not text.strip():
            body = search_page("", None)
            return send(request, body, Form(offer), generation=holdings.generation)
        limit, kinds = _asked(request)
        if turns.statistics().tasks_waiting >= _WAITING:
            raise BusyError("too many searches are waiting")
        await holdings.settle()
        # A page says whether there are more; of a hundred hits there may always be.
        most = min(limit + 1, MOST) if offer == HTML and limit else limit
        generation, hits = await to_thread.run_sync(
            lambda: searching.search(text, limit=most, kinds=kinds), limiter=turns
        )
        if offer == HTML:
            is_cut = len(hits) > limit or len(hits) == MOST
            body = search_page(text, hits[:limit], is_cut=is_cut)
        else:
            body = _as_json(text, generation, hits)
        return send(request, body, Form(offer), generation=generation)

    return [Route("/search", search, methods=["GET"])]


def _asked(request: Request) -> tuple[int, frozenset[str]]:
    """Return how many hits of which kinds are asked for.

    Raises:
        ParameterError: it is no number, or no kind.
    """
    given = request.query_params.get("limit", str(_LIMIT))
    if not _NUMBER.fullmatch(given):
        raise ParameterError(
            f"the limit {given[:40]!r} is not a number from 1 to {MOST}"
        )
    names = [name for name in request.query_params.getlist("kind") if name]
    if len(names) > _MOST_KINDS:
        raise ParameterError(f"{len(names)} kinds are more than {_MOST_KINDS}")
    return int(given), kinds_of(names)


def _as_json(text: str, generation: int, hits: list[Hit]) -> str:
    told = {
        "query": text,
        "generation": generation,
        "hits": [hit.as_json() for hit in hits],
    }
    return json.dumps(told, ensure_ascii=False)
