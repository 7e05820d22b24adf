"""Undoing over HTTP: a commit is taken back by another one, or it is said why not."""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from milgraph.history import Role
from milgraph.service.acknowledging import acknowledged, gate_for, is_dry_run
from milgraph.service.holdings import Holdings
from milgraph.service.problems import refusal

__all__ = ["undo_routes"]

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_DOOR = "undo"


def undo_routes(holdings: Holdings) -> list[Route]:
    """Return the route that undoes a commit; a plain dataset has no history."""
    if holdings.is_plain:
        return []

    async def undo(request: Request) -> Response:
        """Undo a commit by a new one, which is told."""
        gate, author = gate_for(request, holdings, role=Role.EDITOR, door=_DOOR)
        number = request.path_params["number"]
        if not _NUMBER.fullmatch(number):
            raise refusal(
                HTTPStatus.NOT_FOUND, f"{number[:40]!r} is not the number of a commit"
            )
        dry_run = is_dry_run(request)
        receipt = await gate.undo(int(number), author=author, dry_run=dry_run)
        return acknowledged(receipt, dry_run=dry_run)

    return [Route("/history/{number}/undo", undo, methods=["POST"])]
