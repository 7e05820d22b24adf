"""The application: the doors over HTTP, put together."""

from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from milgraph.errors import KnowledgeGraphError
from milgraph.generations import Reader
from milgraph.queries import Catalogue
from milgraph.service.endpoint import Endpoint
from milgraph.service.holdings import Holdings
from milgraph.service.home import home_page
from milgraph.service.problems import Problem, ProblemError, problem_of, respond
from milgraph.service.safeguards import Safeguards
from milgraph.service.stored import stored_routes
from milgraph.settings import Settings

__all__ = ["create_app"]

# Queries at a time; the pages and the checks have threads of their own, so that they
# are answered beside long queries.
_QUERIES_AT_A_TIME = 16
_STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def create_app(reader: Reader, settings: Settings) -> FastAPI:
    """Return the application that answers from the reader's graph."""
    holdings = Holdings(reader, Catalogue.of(settings.resources.queries))
    limiter = CapacityLimiter(_QUERIES_AT_A_TIME)
    app = FastAPI(
        title="milgraph",
        version=version("milgraph"),
        # The pages of FastAPI load their scripts from other people's servers.
        docs_url=None,
        redoc_url=None,
    )
    app.router.routes += [
        Route("/sparql", Endpoint(holdings, limiter)),
        *stored_routes(holdings, limiter),
        *_pages(holdings),
    ]
    _add_checks(app, holdings)
    _add_problems(app)
    app.add_middleware(Safeguards)
    return app


def _pages(holdings: Holdings) -> list[Route]:
    async def home(_: Request) -> Response:
        return HTMLResponse(await to_thread.run_sync(home_page, holdings))

    async def style(_: Request) -> Response:
        headers = {"Cache-Control": "max-age=3600"}
        return Response(_STYLE, media_type="text/css", headers=headers)

    return [
        Route("/", home, methods=["GET"]),
        Route("/style.css", style, methods=["GET"]),
    ]


def _add_checks(app: FastAPI, holdings: Holdings) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        """Tell that the process lives; the graph is not asked."""
        return {"status": "alive"}

    @app.get("/ready", response_model=None)
    def ready() -> Response:
        """Tell whether queries are answered, by asking one."""
        if not holdings.is_ready:
            raise ProblemError(_NOT_READY)
        return JSONResponse({"status": "ready"})


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
