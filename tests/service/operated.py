"""A small application behind the real server, for tests of what is around one.

Run with a JSON object of settings; it prints its address when it is ready.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from milgraph.authors import Authors
from milgraph.errors import KnowledgeGraphError, SettingsError
from milgraph.service import connection, server, workers
from milgraph.service.access import RateLimit, Throttle
from milgraph.service.addresses import address_of, bind
from milgraph.service.journal import Journal
from milgraph.service.metrics import Gauges, Metrics, metrics_routes
from milgraph.service.observation import Observed, noted
from milgraph.service.problems import ProblemError, problem_of, respond
from milgraph.service.running import running_routes
from milgraph.service.siblings import Siblings
from milgraph.service.workers import Service, serve
from milgraph.settings import Settings


@dataclass(frozen=True)
class Question:
    text: str


@dataclass(frozen=True)
class Job:
    number: int
    question: Question
    task: asyncio.Task[None]
    client: str = "127.0.0.1"
    state: str = "evaluating"
    since: float = field(default_factory=time.monotonic)


class Readers:
    """Queries that only take time."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}

    async def answer(self, text: str, seconds: float) -> bool:
        task = asyncio.create_task(asyncio.sleep(seconds))
        job = Job(len(self.jobs) + 1, Question(text), task)
        self.jobs[job.number] = job
        try:
            await task
        except asyncio.CancelledError:
            return False
        finally:
            del self.jobs[job.number]
        return True

    def running(self) -> list[Job]:
        return list(self.jobs.values())

    def cancel(self, number: int, _: KnowledgeGraphError) -> bool:
        return number in self.jobs and self.jobs[number].task.cancel()

    def close(self) -> None:
        for job in self.jobs.values():
            job.task.cancel()


@dataclass(frozen=True)
class Holdings:
    settings: Settings
    is_plain: bool
    readers: Readers = field(default_factory=Readers)

    @property
    def authors(self) -> Authors:
        return Authors(self.settings)


def counted(holdings: Holdings, journal: Journal) -> Metrics:
    return Metrics(
        Gauges(
            generation=lambda: 7,
            readers=lambda: {"idle": 2, "busy": len(holdings.readers.jobs)},
            cache=lambda: {"entries": 3, "bytes": 4096, "hits": 5, "misses": 8},
            ended=lambda: {"time": 1},
            dropped=lambda: journal.dropped,
            pids=lambda: (os.getppid(),),
        )
    )


def asking(holdings: Holdings) -> Route:
    async def ask(request: Request) -> Response:
        known = noted(request.scope)
        known.query, known.form = request.query_params["query"], "json"
        known.generation, known.rows = 7, 2
        seconds = float(request.query_params.get("seconds", "0"))
        if not await holdings.readers.answer(known.query, seconds):
            known.outcome = "cancelled"
            return PlainTextResponse("cancelled", status_code=503)
        return PlainTextResponse("answer")

    return Route("/sparql", ask)


async def process(_: Request) -> Response:
    return PlainTextResponse(str(os.getpid()))


async def upload(request: Request) -> Response:
    await asyncio.sleep(float(request.query_params.get("after", "0")))
    return PlainTextResponse(str(len(await request.body())))


async def endless(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    return StreamingResponse(parts())


async def refused(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return PlainTextResponse(error.detail, error.status_code)
    problem = error.problem if isinstance(error, ProblemError) else problem_of(error)
    return respond(problem, request.headers.get("accept"))


def make(settings: Settings, siblings: Siblings | None, *, is_plain: bool) -> Service:
    holdings = Holdings(settings, is_plain)
    journal = Journal(settings)
    metrics = counted(holdings, journal)
    if siblings:
        siblings.answers["tally"] = metrics.tally
    app = Starlette(
        routes=[
            asking(holdings),
            Route("/process", process),
            Route("/upload", upload, methods=["POST"]),
            Route("/endless", endless),
            *metrics_routes(metrics, siblings),
            *running_routes(holdings, siblings),
        ],
        exception_handlers=dict.fromkeys(
            (ProblemError, KnowledgeGraphError, HTTPException), refused
        ),
    )
    if settings.rate_limit:
        app = Throttle(app, RateLimit(settings.rate_limit))

    async def started() -> None:
        if (settings.data / "broken").exists():
            raise SettingsError("there is something broken")
        journal.start()

    async def stopping() -> None:
        holdings.readers.close()

    observed = Observed(app, metrics, journal)
    return Service(observed, started, stopping, ended=journal.close)


def main() -> int:
    given = json.loads(sys.argv[1])
    is_plain = given.pop("plain", False)
    connection._PATIENCE = given.pop("patience", 10)
    workers._LONGEST_WAIT = given.pop("longest_wait", 10)
    most = given.pop("most", 4096)
    server._most_connections = lambda: most
    settings = Settings(**{**given, "data": Path(given["data"])})
    bound = bind(settings.host, 0)

    def announce() -> None:
        sys.stdout.write(f"ready at {address_of(bound)}\n")
        sys.stdout.flush()

    return serve(
        lambda siblings: make(settings, siblings, is_plain=is_plain),
        bound,
        workers=settings.workers,
        announce=announce,
    )


if __name__ == "__main__":
    sys.exit(main())
