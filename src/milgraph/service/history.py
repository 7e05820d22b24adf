"""History over HTTP: who changed what, when and why, for people and for machines."""

from collections.abc import Iterator
from http import HTTPStatus
from threading import Lock

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from milgraph import graphs
from milgraph.commits import agent_of
from milgraph.errors import LimitError, UnknownCommitError
from milgraph.history import Entry, LogReader, Summary
from milgraph.service.documents import (
    PUBLIC,
    Form,
    chosen_of,
    link,
    refusal,
    respond_document,
)
from milgraph.service.history_pages import MOST_QUADS, commit_page, history_page
from milgraph.service.holdings import Holdings
from milgraph.service.negotiation import HTML, Offer
from milgraph.syntax import FORMATS
from milgraph.terms import (
    DCTERMS,
    MIL,
    PROV,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Triple,
)

__all__ = ["history_routes"]

_PAGE = 50
_LONGEST_NUMBER = 15
# To take a larger change apart would keep memory and others waiting for seconds.
_MOST_SENT = 250_000
_JSON = Offer("json", "application/json")
_PATCH = Offer("patch", "application/rdf-patch")
_RDF = tuple(Offer(form.name, form.media_type) for form in FORMATS.values())
_LISTED = (_JSON, HTML, *_RDF)
_SINGLE = (_JSON, HTML, _PATCH, *_RDF)


class _History:
    """The log, read by one request at a time, each as it is then."""

    def __init__(self, holdings: Holdings) -> None:
        self._folder = holdings.settings.data / "log"
        self._lock = Lock()
        self._log: LogReader | None = None

    def listed(self, before: int | None) -> tuple[Summary, ...]:
        """Return a page of commits before that number, and one more if there is one."""
        with self._lock:
            return tuple(self._read().summaries(_PAGE + 1, before=before))

    def entry(self, number: int) -> Entry:
        """Return the commit.

        Raises:
            UnknownCommitError: there is none of that number.
            LimitError: it changed more than is sent.
        """
        with self._lock:
            log = self._read()
            told = log.summary(number)
            if told.added + told.removed > _MOST_SENT:
                raise LimitError(
                    f"commit {number} changed more than {_MOST_SENT:,} statements",
                    limit="size",
                    hint=f"`milgraph history {number}` prints them.",
                )
            return log.entry(number)

    def _read(self) -> LogReader:
        if self._log is None:
            self._log = LogReader.open(self._folder)
        else:
            self._log.refresh()
        return self._log


def history_routes(holdings: Holdings) -> list[Route]:
    """Return the routes of the history; a dataset that is plain has none."""
    if holdings.is_plain:
        return []
    log = _History(holdings)

    async def listed(request: Request) -> Response:
        """List the commits, the newest first."""
        return await _respond_list(log, request)

    async def single(request: Request) -> Response:
        """Show what one commit changed, who made it and why."""
        return await _respond_one(log, request)

    return [
        Route("/history", listed, methods=["GET"]),
        Route("/history/{number:int}", single, methods=["GET"]),
    ]


async def _respond_list(log: _History, request: Request) -> Response:
    offer = chosen_of(request, _LISTED)
    found = await to_thread.run_sync(log.listed, _before(request))
    shown, more = found[:_PAGE], found[_PAGE:]
    older = f"/history?before={shown[-1].sequence}" if more else None
    links = [link(older, "next")] if older else []
    if offer.name in FORMATS:
        told = {triple for summary in shown for triple in _triples(summary)}
        generation = shown[0].sequence if shown else 0
        return await respond_document(
            request, told, Form(offer), generation=generation, links=links
        )
    headers = {**PUBLIC, **({"Link": ", ".join(links)} if links else {})}
    if offer == HTML:
        page = history_page(shown, older=older)
        return Response(page, media_type=HTML.media_type, headers=headers)
    commits = [_as_json(summary) for summary in shown]
    return JSONResponse({"commits": commits, "next": older}, headers=headers)


async def _respond_one(log: _History, request: Request) -> Response:
    offer = chosen_of(request, _SINGLE)
    number = request.path_params["number"]
    try:
        entry = await to_thread.run_sync(log.entry, number)
    except UnknownCommitError as error:
        raise refusal(HTTPStatus.NOT_FOUND, error.message, hint=error.hint) from error
    if offer.name in FORMATS:
        return await respond_document(
            request, _told(entry), Form(offer), generation=number
        )
    body, kind = await to_thread.run_sync(_written, entry, offer)
    # A commit never changes; only restoring a backup could make it another one.
    headers = {**PUBLIC, "Cache-Control": "no-cache"}
    return Response(body, media_type=kind, headers=headers)


def _written(entry: Entry, offer: Offer) -> tuple[str | bytes, str]:
    """Return the commit with its change in the format, and the media type of it."""
    if offer == HTML:
        return commit_page(entry), HTML.media_type
    if offer == _PATCH:
        return "".join(_patch(entry)), _PATCH.media_type
    told = _as_json(entry.summary)
    proper = entry.proper
    removals, additions = (
        sorted(map(str, quads)) for quads in (proper.removals, proper.additions)
    )
    told |= {
        "removals": removals[:MOST_QUADS],
        "additions": additions[:MOST_QUADS],
        "whole": f"/history/{entry.sequence}?format=patch",
    }
    return bytes(JSONResponse(told).body), _JSON.media_type


def _patch(entry: Entry) -> Iterator[str]:
    """Yield the whole change as RDF Patch: what is deleted, then what is added."""
    yield "TX .\n"
    for letter, quads in (("D", entry.change.removals), ("A", entry.change.additions)):
        for line in sorted(map(str, quads)):
            yield f"{letter} {line} .\n"
    yield "TC .\n"


def _as_json(summary: Summary) -> dict[str, object]:
    return {
        "commit": summary.sequence,
        "address": f"/history/{summary.sequence}",
        "time": _time(summary),
        "agent": summary.agent,
        "role": summary.role,
        "door": summary.door,
        "reason": summary.reason,
        "articles": list(summary.articles),
        "added": summary.added,
        "removed": summary.removed,
        "digest": summary.digest,
    }


def _time(summary: Summary) -> str:
    return f"{summary.time:%Y-%m-%dT%H:%M:%SZ}"


def _triples(summary: Summary) -> Iterator[Triple]:
    """Return the commit as a `prov:Activity` (PROV-O, section 3.1)."""
    commit = NamedNode(f"{graphs.CHANGES.value}#{summary.sequence}")
    agent = agent_of(summary.agent)
    yield Triple(commit, RDF["type"], PROV.Activity)
    yield Triple(commit, MIL.sequenceNumber, _integer(summary.sequence))
    time = Literal(_time(summary), datatype=XSD.dateTime)
    yield Triple(commit, PROV.endedAtTime, time)
    yield Triple(commit, PROV.wasAssociatedWith, agent)
    yield Triple(agent, RDFS.label, Literal(summary.agent))
    yield Triple(commit, MIL.door, Literal(summary.door))
    yield Triple(commit, MIL.additionCount, _integer(summary.added))
    yield Triple(commit, MIL.removalCount, _integer(summary.removed))
    yield Triple(commit, MIL.changeDigest, Literal(summary.digest))
    if summary.reason:
        yield Triple(commit, DCTERMS.description, Literal(summary.reason))


def _told(entry: Entry) -> set[Triple]:
    """Return what the commit says of itself in the graph."""
    additions = entry.change.additions
    return {q.triple for q in additions if q.graph_name == graphs.CHANGES}


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=XSD.integer)


def _before(request: Request) -> int | None:
    """Return the commit before which the page begins.

    Raises:
        ProblemError: 400, where it is no number.
    """
    text = request.query_params.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER):
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            f"before {text!r} is not the number of a commit",
            hint="Follow the Link header with rel=next.",
        )
    return int(text)
