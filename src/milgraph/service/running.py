"""What runs: the list of the queries that are being answered, and their end."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from time import monotonic
from types import MappingProxyType
from typing import Protocol, TypedDict
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from milgraph.authors import Authors
from milgraph.errors import KnowledgeGraphError, LimitError
from milgraph.history import Role
from milgraph.service.access import require_role, require_token, require_writer
from milgraph.service.journal import one_line
from milgraph.service.markup import Content, element, page
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import Problem, ProblemError
from milgraph.service.siblings import Siblings
from milgraph.settings import Settings

__all__ = ["running_routes"]

_JSON = Offer("json", "application/json")
_PATH = "/running"
_LONGEST_FORM = 4096
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}


class Told(TypedDict):
    """One running query, as it is listed."""

    number: int
    address: str
    seconds: float
    state: str
    client: str
    query: str


class _Question(Protocol):
    @property
    def text(self) -> str: ...


class _Job(Protocol):
    @property
    def client(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def question(self) -> _Question: ...
    @property
    def since(self) -> float: ...
    @property
    def state(self) -> object: ...


class _Readers(Protocol):
    def running(self) -> Iterable[_Job]: ...
    def cancel(self, number: int, error: KnowledgeGraphError, /) -> bool: ...


class _Holdings(Protocol):
    @property
    def settings(self) -> Settings: ...
    @property
    def authors(self) -> Authors: ...
    @property
    def is_plain(self) -> bool: ...
    @property
    def readers(self) -> _Readers: ...


def running_routes(
    holdings: _Holdings, siblings: Siblings | None = None
) -> list[Route]:
    """Return the routes that list the running queries and end one of them.

    All of them need what a change of the graph needs: a query tells what somebody
    looks for. The siblings are asked for theirs.
    """
    running = _Running(holdings, siblings)
    return [
        Route(_PATH, running.listed, methods=["GET"]),
        Route(_PATH, running.posted, methods=["POST"]),
        Route(f"{_PATH}/{{name}}", running.deleted, methods=["DELETE"]),
    ]


class _Running:
    """The queries that are being answered, by this server process and its siblings."""

    def __init__(self, holdings: _Holdings, siblings: Siblings | None) -> None:
        self._holdings = holdings
        self._siblings = siblings
        if siblings:
            siblings.answers["running"] = self._own
            siblings.answers["cancel"] = self._own_cancelled

    async def listed(self, request: Request) -> Response:
        """Answer with the list; to a browser without the token, with the form for it."""
        wants_page = preferred([_JSON, HTML], request.headers.get("accept")) == HTML
        try:
            self._authorise(request)
        except ProblemError as error:
            if not wants_page:
                raise
            return _page(
                None, status=error.problem.status, headers=error.problem.headers
            )
        found = await self._all()
        if wants_page:
            return _page(found, asks_token=not self._holdings.authors.is_empty)
        return JSONResponse(found, headers=_HEADERS)

    async def posted(self, request: Request) -> Response:
        """Answer the form of the page, which carries the token itself."""
        fields = await _form(request)
        asks_token = not self._holdings.authors.is_empty
        if asks_token:
            token = fields.get("token", "")
            try:
                known = require_token([f"Bearer {token}"], self._holdings.authors)
                require_role(known, Role.ADMIN)
            except ProblemError as error:
                status, told = error.problem.status, error.problem.detail
                return _page(None, told, status=status, headers=error.problem.headers)
        else:
            self._authorise(request)
        told = ""
        if name := fields.get("cancel"):
            ended = await self._cancelled(name)
            told = f"query {name} {'was cancelled' if ended else 'had ended already'}"
        return _page(await self._all(), told, asks_token=asks_token)

    async def deleted(self, request: Request) -> Response:
        """Cancel one query; the one who asked it is told so."""
        self._authorise(request)
        name = request.path_params["name"]
        if not await self._cancelled(name):
            raise ProblemError(
                Problem(
                    HTTPStatus.NOT_FOUND,
                    "No such query",
                    f"no query {one_line(name, 40)} is running",
                    hint=f"GET {_PATH} lists those that are.",
                )
            )
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _authorise(self, request: Request) -> None:
        holdings = self._holdings
        require_writer(
            request, holdings.settings, holdings.authors, is_plain=holdings.is_plain
        )

    async def _all(self) -> list[Told]:
        """Return the running queries of all workers, the longest first."""
        found = self._own()
        if self._siblings:
            others = (await self._siblings.ask("running")).values()
            found += [one for listed in others for one in listed]
        return sorted(found, key=lambda one: -one["seconds"])

    def _own(self) -> list[Told]:
        return [self._told(job) for job in self._holdings.readers.running()]

    def _told(self, job: _Job) -> Told:
        # Workers count for themselves, so that the worker is part of the name.
        worker = f"{self._siblings.own}-" if self._siblings else ""
        return Told(
            number=job.number,
            address=f"{_PATH}/{worker}{job.number}",
            seconds=round(monotonic() - job.since, 3),
            state=str(job.state),
            client=job.client,
            query=one_line(job.question.text),
        )

    async def _cancelled(self, name: str) -> bool:
        """Cancel the query of that name, and return whether it ran."""
        worker, _, number = name.rpartition("-")
        if not (_is_number(number) and (_is_number(worker) or not worker)):
            return False
        siblings = self._siblings
        if worker and siblings and int(worker) != siblings.own:
            return bool(await siblings.ask_one(int(worker), "cancel", int(number)))
        # A number alone is of no worker in particular, where there are several.
        if bool(worker) != bool(siblings):
            return False
        return self._own_cancelled(int(number))

    def _own_cancelled(self, number: int) -> bool:
        error = LimitError(
            "whoever runs this server cancelled the query",
            limit="cancelled",
            hint="Ask for less at once, or ask them why.",
        )
        return self._holdings.readers.cancel(number, error)


_MOST_DIGITS = 18


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a small form, the last of each name."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise ProblemError(Problem(status, status.phrase, "the form is too long"))
    try:
        fields = parse_qs(bytes(body).decode("ascii"), max_num_fields=8)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def _page(
    found: list[Told] | None,
    told: str = "",
    *,
    asks_token: bool = True,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> HTMLResponse:
    """Return the page with the list, or with the form alone."""
    el = element
    token = el(
        "p",
        el("label", "Token ", for_="token"),
        el(
            "input",
            id="token",
            name="token",
            type="password",
            autocomplete="current-password",
            required=True,
        ),
        " ",
        el("button", "List the running queries", type="submit"),
    )
    body = page(
        "Running queries",
        el("h1", "Running queries"),
        el("p", told[:1].upper() + told[1:], ".", role="status") if told else None,
        el(
            "form",
            token if asks_token else None,
            _table(found) if found else None,
            action=_PATH,
            method="post",
        ),
        el("p", "No query is running.") if found == [] else None,
    )
    return HTMLResponse(body, status_code=status, headers={**_HEADERS, **headers})


def _table(found: list[Told]) -> Content:
    el = element
    rows = []
    for one in found:
        name = one["address"].rpartition("/")[2]
        button = el("button", "Cancel", type="submit", name="cancel", value=name)
        told = (f"{one['seconds']:.1f}", one["state"], one["client"], one["query"])
        rows.append(el("tr", *[el("td", text) for text in told], el("td", button)))
    names = ("Seconds", "State", "Client", "Query", "")
    head = el("tr", [el("th", name, scope="col") for name in names])
    table = el("table", el("thead", head), el("tbody", rows))
    return el("div", table, class_="scroll", role="region", tabindex="0")
