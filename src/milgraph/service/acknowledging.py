"""Acknowledging: who may change the graph by which door, and what they are told of it."""

from http import HTTPStatus

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse

from milgraph.errors import ForbiddenError
from milgraph.history import Author, Role
from milgraph.service.access import require_writer
from milgraph.service.findings import findings_of
from milgraph.service.holdings import Holdings
from milgraph.writer import GateWriter, Receipt, Writer

__all__ = ["acknowledged", "gate_for", "is_dry_run", "writer_for"]

_NEVER = frozenset(("0", "false", "no"))


def gate_for(
    request: Request, holdings: Holdings, *, role: Role, door: str
) -> tuple[GateWriter, Author]:
    """Return the gate, and who asks for a change that takes the role.

    Raises:
        ProblemError: 401 with a challenge, without a token that is somebody's.
        ForbiddenError: the server is read-only, or their role does not reach so far.
    """
    author = require_writer(
        request, holdings.settings, holdings.authors, role=role, door=door
    )
    if holdings.gate is None:
        raise _not_held()
    return holdings.gate, author


def writer_for(
    request: HTTPConnection, holdings: Holdings, *, door: str
) -> tuple[Writer, Author]:
    """Return who changes any graphs here, of either kind of dataset, and who asks for it.

    Raises:
        ProblemError: 401, where that takes a token that is not given.
        ForbiddenError: nobody may, or not they.
    """
    author = require_writer(
        request,
        holdings.settings,
        holdings.authors,
        role=Role.EDITOR,
        door=door,
        is_plain=holdings.is_plain,
    )
    if holdings.writer is None:
        raise _not_held()
    return holdings.writer, author


def _not_held() -> ForbiddenError:
    """Return the error of a server that changes nothing, although it knows tokens."""
    return ForbiddenError(
        "this server has several workers, and changes nothing",
        hint="A graph is changed by one process: start the server with one worker.",
    )


def is_dry_run(request: Request) -> bool:
    """Return whether the address asks what would become of the change, and no more."""
    told = request.query_params.get("dry-run")
    return told is not None and told.lower() not in _NEVER


def acknowledged(
    receipt: Receipt,
    *,
    dry_run: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
    location: str | None = None,
) -> JSONResponse:
    """Return the response that tells what became of a change, or would."""
    report = receipt.report
    told = {
        "commit": receipt.commit,
        "changed": not receipt.is_empty,
        "dryRun": dry_run,
        "articles": list(receipt.articles),
        "fates": dict(receipt.fates),
        "added": receipt.added,
        "removed": receipt.removed,
        "entailed": receipt.entailed,
        "noLongerEntailed": receipt.no_longer_entailed,
        "conforms": True,
        "summary": report.summary if report else "no findings",
        "findings": list(findings_of(report)) if report else [],
    }
    headers = {"Cache-Control": "no-store"}
    if location:
        headers["Location"] = location
    return JSONResponse(told, status_code=status, headers=headers)
