"""Problems: what goes wrong, told over HTTP (RFC 9457), to machines and to people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from milgraph import errors
from milgraph.service.findings import Finding, findings_of
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.negotiation import HTML, Offer, preferred

__all__ = [
    "STATUSES",
    "Problem",
    "ProblemError",
    "problem_of",
    "problem_section",
    "refusal",
    "respond",
]

# The one place that knows both the errors and HTTP.
STATUSES: Mapping[type[errors.KnowledgeGraphError], tuple[HTTPStatus, str]] = (
    MappingProxyType(
        {
            errors.KnowledgeGraphError: (
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Something went wrong",
            ),
            errors.SourceError: (HTTPStatus.BAD_REQUEST, "Not readable as RDF"),
            errors.LinksetError: (HTTPStatus.BAD_REQUEST, "Not a linkset"),
            errors.ReviewError: (HTTPStatus.BAD_REQUEST, "Not a review"),
            errors.PlacementError: (
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "Touches what is not its own",
            ),
            errors.UnknownTermError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown term"),
            errors.UnknownGraphError: (
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "Unknown graph",
            ),
            errors.ConsistencyError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Inconsistent"),
            errors.ConformanceError: (
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "Does not conform to the shapes",
            ),
            errors.QueryError: (HTTPStatus.BAD_REQUEST, "Query not answered"),
            errors.QueryRefusedError: (HTTPStatus.FORBIDDEN, "Not allowed in a query"),
            errors.WithheldError: (HTTPStatus.FORBIDDEN, "May not be passed on"),
            errors.LimitError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Limit reached"),
            errors.ConflictError: (HTTPStatus.CONFLICT, "Update not possible"),
            errors.StaleError: (
                HTTPStatus.PRECONDITION_FAILED,
                "Not the state that was seen",
            ),
            errors.UndoError: (HTTPStatus.CONFLICT, "Cannot be undone"),
            errors.UnknownArticleError: (HTTPStatus.NOT_FOUND, "No such article"),
            errors.UnknownCommitError: (HTTPStatus.NOT_FOUND, "No such commit"),
            errors.BusyError: (HTTPStatus.SERVICE_UNAVAILABLE, "Too busy"),
            errors.UnauthorisedError: (HTTPStatus.UNAUTHORIZED, "Token needed"),
            errors.ForbiddenError: (HTTPStatus.FORBIDDEN, "Not allowed"),
            errors.ParameterError: (HTTPStatus.BAD_REQUEST, "Parameter not usable"),
            errors.UnknownFactError: (HTTPStatus.NOT_FOUND, "Not in the view"),
            errors.UnknownQueryError: (HTTPStatus.NOT_FOUND, "No such stored query"),
            errors.MissingLibraryError: (HTTPStatus.NOT_IMPLEMENTED, "Library missing"),
            errors.StoreError: (HTTPStatus.SERVICE_UNAVAILABLE, "Graph not available"),
            errors.AddressError: (
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Address not usable",
            ),
            errors.SettingsError: (
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Wrong setting",
            ),
            # Ours are not unsupported; a stranger's may be.
            errors.UnsupportedShapeError: (
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "Unsupported shape",
            ),
            errors.UnsupportedAxiomError: (
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Unsupported axiom",
            ),
        }
    )
)
_JSON = Offer("problem", "application/problem+json")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was not answered, and what to do about it.

    `kind` is for programs: `syntax`, `refused`, `parameter`, `conformance`,
    `consistency`, or `limit-` and what was used up: `time`, `memory`, `output`,
    `length`, `depth`, `size`, `engine`, `entailment`. `findings` are what the shapes
    complain of.
    """

    status: HTTPStatus
    title: str
    detail: str
    hint: str | None = None
    line: int | None = None
    column: int | None = None
    available: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    file: str | None = None
    json_path: str | None = None
    summary: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def members(self) -> dict[str, object]:
        """The members of the problem's JSON, without those that are not known."""
        listed = {
            "title": self.title,
            "kind": self.kind,
            "status": int(self.status),
            "detail": self.detail,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "jsonPath": self.json_path,
            "hint": self.hint,
            "available": list(self.available),
            "summary": self.summary,
            "findings": list(self.findings),
        }
        return {name: value for name, value in listed.items() if value}


class ProblemError(Exception):
    """A request that HTTP itself refuses: a method, a media type, a size."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def refusal(
    status: HTTPStatus,
    detail: str,
    *,
    hint: str | None = None,
    available: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemError:
    """Return the error of a request that HTTP refuses, titled as its status is."""
    problem = Problem(
        status,
        status.phrase,
        detail,
        hint,
        available=available,
        headers=headers or {},
    )
    return ProblemError(problem)


WAYS: Mapping[errors.Way, str] = MappingProxyType(
    {
        errors.Way.LIST_QUERIES: "GET /queries lists the stored queries.",
        errors.Way.LIST_ARTICLES: "GET /queries/articles lists them.",
        errors.Way.READ_GRAPH: "GET /export?scope={} sends it.",
        errors.Way.UNDO: "POST /history/N/undo makes a commit that undoes another.",
        errors.Way.ASK: "A query to /sparql finds it.",
    }
)

# Limits of what is sent, not of what is done with it.
_OF_THE_REQUEST = frozenset(("length", "size"))


def problem_of(error: errors.KnowledgeGraphError) -> Problem:
    """Return the problem that the error is over HTTP."""
    kind = next(kind for kind in type(error).__mro__ if kind in STATUSES)
    status, title = STATUSES[kind]
    place = error.position
    error.lead(WAYS)
    if isinstance(error, errors.LimitError) and error.limit in _OF_THE_REQUEST:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return Problem(
        status=status,
        title=title,
        detail=error.message,
        hint=error.hint,
        line=place.line if place else None,
        column=place.column if place else None,
        headers=_headers(error),
        kind=_kind(error),
        file=place.source if place and isinstance(error, _OF_A_TEXT) else None,
        json_path=place.path if place else None,
        **_reported(error),
    )


# Errors of a text that somebody sent, which may be one of several.
_OF_A_TEXT = (
    errors.SourceError,
    errors.PlacementError,
    errors.ConsistencyError,
    errors.UnsupportedShapeError,
)


def _reported(error: errors.KnowledgeGraphError) -> dict[str, Any]:
    if not isinstance(error, errors.ConformanceError):
        return {}
    return {"summary": error.report.summary, "findings": findings_of(error.report)}


def _headers(error: errors.KnowledgeGraphError) -> Mapping[str, str]:
    if isinstance(error, errors.BusyError):
        return {"Retry-After": str(error.seconds)}
    return {}


def _kind(error: errors.KnowledgeGraphError) -> str | None:
    """Return what programs tell problems apart by."""
    if isinstance(error, errors.LimitError):
        return f"limit-{error.limit}"
    for kind, name in _KINDS.items():
        if isinstance(error, kind):
            return name
    if isinstance(error, errors.QueryError) and error.position:
        return "syntax"
    return None


_KINDS = {
    errors.QueryRefusedError: "refused",
    errors.ParameterError: "parameter",
    errors.ConformanceError: "conformance",
    errors.ConsistencyError: "consistency",
}


def respond(problem: Problem, accept: str | None, *rest: Content) -> Response:
    """Return the problem as JSON, or as a page where a browser asks."""
    headers = {**problem.headers, "Vary": "Accept"}
    if preferred([_JSON, Offer("json", "application/json"), HTML], accept) == HTML:
        body = page(problem.title, problem_section(problem, level="h1"), *rest)
        return HTMLResponse(body, status_code=problem.status, headers=headers)
    return JSONResponse(
        problem.members,
        status_code=problem.status,
        headers=headers,
        media_type=_JSON.media_type,
    )


def problem_section(problem: Problem, *, level: str = "h2") -> Markup:
    """Return the problem as a part of a page."""
    place = ""
    if problem.line:
        column = f", column {problem.column}" if problem.column else ""
        place = f" (line {problem.line}{column})"
    available = problem.available and element(
        "p", "There is: ", ", ".join(problem.available), "."
    )
    return element(
        "section",
        element(level, problem.title),
        element("p", problem.detail, place, "."),
        element("p", problem.hint) if problem.hint else None,
        available or None,
        _listed(problem.findings),
        class_="problem",
        role="alert",
    )


def _listed(findings: tuple[Finding, ...]) -> Markup | None:
    if not findings:
        return None
    return element("ol", [element("li", _told(finding)) for finding in findings])


def _told(finding: Finding) -> str:
    line = f" (line {finding['line']})" if finding["line"] else ""
    return f"{finding['field']}{line}: {finding['message']}"
