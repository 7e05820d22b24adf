"""Checking: facts are held against the shapes, ours or the sender's; nothing is stored."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from milgraph.errors import ConsistencyError, KnowledgeGraphError
from milgraph.service.check_pages import FIELDS, check_page, report_section
from milgraph.service.findings import causes_of, findings_of
from milgraph.service.holdings import Holdings
from milgraph.service.markup import Content
from milgraph.service.multipart import Part
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import (
    Problem,
    ProblemError,
    problem_of,
    problem_section,
    refusal,
)
from milgraph.service.reports import REPORT_FORMATS, written_report
from milgraph.service.uploading import parts_of, upload_of, uploads_of
from milgraph.writer import Checker, Upload

if TYPE_CHECKING:
    from milgraph.validation import Report

__all__ = ["check_routes"]

_PATH = "/check"
_JSON = Offer("json", "application/json")
_OFFERS = (
    _JSON,
    HTML,
    *(Offer(name, media_type) for name, media_type in REPORT_FORMATS.items()),
)
# What is typed into the page is sent back with it.
_LONGEST_TYPED = 1_000_000
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}


def check_routes(holdings: Holdings) -> list[Route]:
    """Return the routes of the check; without a checker there are none."""
    if holdings.checker is None:
        return []
    checks = _Checks(holdings, holdings.checker)
    return [
        Route(_PATH, checks.shown, methods=["GET"]),
        Route(_PATH, checks.posted, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is to be checked, by which shapes if not ours, and how the answer is wanted.

    `typed` are the fields of the page, to be shown again.
    """

    offer: Offer
    facts: Upload | None = None
    shapes: Upload | None = None
    typed: dict[str, str] | None = None


class _Checks:
    """Checks of facts in the graph as it stands."""

    def __init__(self, holdings: Holdings, checker: Checker) -> None:
        self._holdings = holdings
        self._checker = checker

    async def shown(self, _: Request) -> Response:
        """Show the form into which facts are typed."""
        return HTMLResponse(check_page({}), headers=_HEADERS)

    async def posted(self, request: Request) -> Response:
        """Check facts against the shapes, and report; nothing is stored."""
        parts = await parts_of(request)
        typed = None if parts is None else _typed(parts)
        sent = _Sent(_chosen(request, typed), typed=typed)
        try:
            sent = await _read(request, sent, parts)
            report = await self._report(sent)
        except (KnowledgeGraphError, ProblemError) as error:
            return _refused(error, sent)
        return await _reported(report, sent)

    async def _report(self, sent: _Sent) -> "Report":
        if sent.facts is None:
            raise refusal(
                HTTPStatus.BAD_REQUEST,
                "there are no facts to check",
                hint="Send them as the body, or as the field facts of a form.",
            )
        writer = self._holdings.writer
        if writer is not None and not writer.is_published:
            # A check sees every commit that was acknowledged before it.
            await writer.publish()
        return await self._checker.check(sent.facts, sent.shapes)


async def _read(request: Request, sent: _Sent, parts: dict[str, Part] | None) -> _Sent:
    """Return what was sent, with the facts and the shapes among it."""
    if parts is None:
        (sole,) = await uploads_of(request, name="facts")
        return replace(sent, facts=sole)
    form = (sent.typed or {}).get("format", "")
    facts, shapes = (
        upload_of(parts[name], form=assumed)
        if name in parts and parts[name].content.strip()
        else None
        for name, assumed in (("facts", form or "trig"), ("shapes", "turtle"))
    )
    return replace(sent, facts=facts, shapes=shapes)


def _typed(parts: dict[str, Part]) -> dict[str, str]:
    """Return the fields of the page, as they were typed; a file is none."""
    return {
        name: parts[name].content[:_LONGEST_TYPED].decode("utf-8", "replace")
        for name in FIELDS
        if name in parts and not parts[name].name
    }


def _chosen(request: Request, typed: dict[str, str] | None) -> Offer:
    named = request.query_params.get("format") or (typed or {}).get("report")
    if named:
        found = next((o for o in _OFFERS if named in (o.name, o.media_type)), None)
    else:
        found = preferred(_OFFERS, request.headers.get("accept"))
    if found is None:
        raise refusal(
            HTTPStatus.NOT_ACCEPTABLE,
            "there is no such format of a report",
            available=tuple(offer.media_type for offer in _OFFERS),
        )
    return found


def _refused(error: KnowledgeGraphError | ProblemError, sent: _Sent) -> Response:
    """Return what keeps the facts from being checked; to people below their text."""
    if isinstance(error, ConsistencyError) and sent.offer == _JSON:
        return JSONResponse(_inconsistent(error), headers=_HEADERS)
    if sent.offer != HTML:
        raise error
    problem = error.problem if isinstance(error, ProblemError) else problem_of(error)
    body = check_page(sent.typed or {}, problem_section(problem))
    headers = {**_HEADERS, **problem.headers}
    return HTMLResponse(body, status_code=problem.status, headers=headers)


async def _reported(report: "Report", sent: _Sent) -> Response:
    if sent.offer == HTML:
        section: Content = report_section(report)
        return HTMLResponse(check_page(sent.typed or {}, section), headers=_HEADERS)
    if sent.offer == _JSON:
        told = {
            "conforms": report.conforms,
            "summary": report.summary,
            "causes": list(causes_of(report)),
            "findings": list(findings_of(report)),
        }
        return JSONResponse(told, headers=_HEADERS)
    body = await to_thread.run_sync(written_report, report, sent.offer.name)
    return Response(body, media_type=sent.offer.media_type, headers=_HEADERS)


def _inconsistent(error: ConsistencyError) -> dict[str, object]:
    """Return the report on facts with which the graph would have no model."""
    problem: Problem = problem_of(error)
    finding = {
        "severity": "violation",
        "message": problem.detail,
        "hint": problem.hint,
        "focusNode": getattr(error.node, "value", None),
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "jsonPath": problem.json_path,
    }
    told = {"conforms": False, "summary": "1 violation"}
    return {**told, "causes": [], "findings": [finding]}
