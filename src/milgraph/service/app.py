"""The application: the doors over HTTP, put together."""

from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from milgraph.errors import KnowledgeGraphError
from milgraph.service.access import RateLimit, Throttle
from milgraph.service.answering import Answering
from milgraph.service.articles import article_routes
from milgraph.service.checking import check_routes
from milgraph.service.descriptions import description_routes
from milgraph.service.endpoint import Endpoint
from milgraph.service.entities import entity_routes
from milgraph.service.explaining import explain_routes
from milgraph.service.exporting import export_routes
from milgraph.service.federation import Federation
from milgraph.service.graph_store import graph_store_routes
from milgraph.service.history import history_routes
from milgraph.service.holdings import Holdings
from milgraph.service.home import home_page
from milgraph.service.journal import Journal
from milgraph.service.metrics import Metrics, metrics_routes
from milgraph.service.observation import Observed
from milgraph.service.problems import Problem, ProblemError, problem_of, respond
from milgraph.service.proposing import proposal_routes
from milgraph.service.reconciliation import reconcile_routes
from milgraph.service.running import running_routes
from milgraph.service.safeguards import Safeguards
from milgraph.service.searching import search_routes
from milgraph.service.siblings import Siblings
from milgraph.service.stored import stored_routes
from milgraph.service.undoing import undo_routes

__all__ = ["create_app"]

_STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def create_app(
    answering: Answering,
    federation: Federation,
    *,
    metrics: Metrics,
    journal: Journal,
    siblings: Siblings | None = None,
    limit: RateLimit | None = None,
) -> Observed:
    """Return the application that answers from the graph."""
    holdings = answering.holdings
    app = FastAPI(
        title="milgraph",
        version=version("milgraph"),
        # The pages of FastAPI load their scripts from other people's servers.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.router.routes += [
        Route("/sparql", Endpoint(answering, federation)),
        *stored_routes(answering, federation),
        *export_routes(answering),
        *_pages(holdings),
        *_checks(holdings),
        *graph_store_routes(answering),
        *article_routes(holdings),
        *check_routes(holdings),
        *undo_routes(holdings),
        *metrics_routes(metrics, siblings),
        *running_routes(holdings, siblings),
        *history_routes(holdings),
        *explain_routes(holdings),
        *proposal_routes(holdings),
        *reconcile_routes(holdings),
        *search_routes(holdings),
        *description_routes(holdings),
        *entity_routes(holdings),
    ]
    _add_problems(app)
    app.add_middleware(Safeguards)
    if limit is not None:
        app.add_middleware(Throttle, limit=limit)
    # Outside of all, so that it sees what the framework answers by itself.
    return Observed(app, metrics, journal)


def _pages(holdings: Holdings) -> list[Route]:
    async def home(_: Request) -> Response:
        """Show what is here and what to try."""
        return HTMLResponse(await home_page(holdings))

    async def style(_: Request) -> Response:
        """Give the pages their looks."""
        headers = {"Cache-Control": "max-age=3600"}
        return Response(_STYLE, media_type="text/css", headers=headers)

    return [
        Route("/", home, methods=["GET"]),
        Route("/style.css", style, methods=["GET"]),
    ]


def _checks(holdings: Holdings) -> list[Route]:
    async def health(_: Request) -> Response:
        """Tell that the process lives; the graph is not asked."""
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        """Tell whether queries are answered, by asking one."""
        if not await holdings.is_ready():
            raise ProblemError(_NOT_READY)
        return JSONResponse({"status": "ready"})

    return [
        Route("/health", health, methods=["GET"]),
        Route("/ready", ready, methods=["GET"]),
    ]


_NOT_READY = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE, "Not ready", "the graph holds nothing yet"
)


def _add_problems(app: FastAPI) -> None:
    """Make every error a problem that says what to do."""

    @app.exception_handler(KnowledgeGraphError)
    async def ours(request: Request, error: KnowledgeGraphError) -> Response:
        return respond(problem_of(error), request.headers.get("accept"))

    @app.exception_handler(ProblemError)
    async def protocol(request: Request, error: ProblemError) -> Response:
        return respond(error.problem, request.headers.get("accept"))

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        missing = status == HTTPStatus.NOT_FOUND
        problem = Problem(
            status,
            status.phrase,
            f"there is nothing at {request.url.path}" if missing else error.detail,
            hint="/ says what is here." if missing else None,
            headers=error.headers or {},
        )
        return respond(problem, request.headers.get("accept"))

    @app.exception_handler(Exception)
    async def unexpected(request: Request, _: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        problem = Problem(status, status.phrase, "milgraph failed; its log says why")
        return respond(problem, request.headers.get("accept"))
