"""Observation: every request of the application is counted, and entered in the journal."""

from dataclasses import dataclass
from time import perf_counter

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from milgraph.service.access import client_of
from milgraph.service.journal import Entry, Journal
from milgraph.service.metrics import Metrics

__all__ = ["Noted", "Observed", "noted"]

_KEY = "milgraph.noted"
# What is counted by route has a bound, whatever clients ask for.
_FIRST_ERROR = 400
_FAILED = 500
_MOST_ROUTES = 64
_ROUTES = ("/", "/sparql", "/store", "/queries", "/running", "/metrics")
_OTHER = "other"


@dataclass(slots=True)
class Noted:
    """What the application knows of a request and the middleware around it does not."""

    query: str | None = None
    outcome: str | None = None
    form: str | None = None
    rows: int | None = None
    generation: int | None = None


def noted(scope: Scope) -> Noted:
    """Return where to note what is known of the request.

    >>> noted({"type": "http"}).query = "ASK {}"  # not observed: kept by nobody
    """
    found = scope.get(_KEY)
    return found if isinstance(found, Noted) else Noted()


class Observed:
    """Counts requests and the queries in them, and writes them down.

    It goes around the whole application, so that it sees what becomes of its errors.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, journal: Journal) -> None:
        self._app = app
        self._metrics = metrics
        self._journal = journal
        self._routes = set(_ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        known = scope[_KEY] = Noted()
        status = size = 0
        is_whole = False

        async def counted(message: Message) -> None:
            nonlocal status, size, is_whole
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except ClientDisconnect:
            # Nobody is there to be told, and nothing is wrong with the application.
            known.outcome = known.outcome or "left"
        except Exception:
            # Whoever is around this answers so, if nothing was answered.
            status = status or _FAILED
            raise
        finally:
            seconds = perf_counter() - begun
            if known.outcome is None:
                known.outcome = _outcome(status, is_whole=is_whole)
            self._note(scope, known, status, seconds, size)

    def _note(
        self, scope: Scope, known: Noted, status: int, seconds: float, size: int
    ) -> None:
        self._metrics.request(self._route(scope["path"], status), status)
        outcome = known.outcome or ""
        if known.query is not None:
            self._metrics.query(outcome, seconds, size)
        if not self._journal.wants(seconds):
            return
        self._journal.enter(
            Entry(
                client=_client(scope),
                method=scope["method"],
                path=scope["path"],
                status=status,
                seconds=seconds,
                size=size,
                outcome=outcome,
                query=known.query,
                form=known.form,
                rows=known.rows,
                generation=known.generation,
            )
        )

    def _route(self, path: str, status: int) -> str:
        """Return the first part of the path, if something is found there."""
        route = f"/{path[1:].partition('/')[0]}"
        if route in self._routes:
            return route
        is_found = 0 < status < _FIRST_ERROR
        if not is_found or len(self._routes) >= _MOST_ROUTES or " " in route:
            return _OTHER
        self._routes.add(route)
        return route


def _outcome(status: int, *, is_whole: bool) -> str:
    """Return how a request ended, of which the application said nothing."""
    if status >= _FAILED or not status:
        return "failed"
    if not is_whole:
        return "left"
    return "ok" if status < _FIRST_ERROR else "refused"


def _client(scope: Scope) -> str:
    peer = scope["client"][0] if scope.get("client") else ""
    forwarded = [v for n, v in scope["headers"] if n == b"x-forwarded-for"]
    return client_of(peer, forwarded[-1].decode("latin-1") if forwarded else None)
