"""Sending: answers that a page of any origin may read, as JSON or as JSONP.

JSONP is optional in the API 0.2, and kept for clients that know nothing else. It gives
nothing away: what is here is public, and nothing depends on who asks. The name of the
function is held to a narrow form, the comment in front keeps the answer from being
taken for another kind of file, and no page of ours runs scripts.
"""

import json
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from milgraph.errors import KnowledgeGraphError, ParameterError
from milgraph.service.problems import ProblemError, problem_of, refusal, respond

__all__ = ["METHODS", "OPEN", "Door", "opened", "sent"]

METHODS = ("GET", "POST", "OPTIONS")
# Any page may read what is here: nothing depends on who asks (Fetch, section 3.3).
OPEN = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    **OPEN,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type",
    "Access-Control-Max-Age": "86400",
}
_FUNCTION = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
_LONGEST_FUNCTION = 100
Door: TypeAlias = Callable[[Request], Awaitable[Response]]


def sent(request: Request, told: Any) -> Response:
    """Return the answer as JSON, or handed to the function that `callback` names.

    Raises:
        ParameterError: that cannot be the name of a function.
    """
    # All but ASCII is escaped: some line breaks of JSON end a line of a script.
    text = json.dumps(told)
    function = request.query_params.get("callback")
    headers = {**OPEN, "Cache-Control": "no-cache"}
    if not function or request.method == "POST":
        return Response(text, media_type="application/json", headers=headers)
    if len(function) > _LONGEST_FUNCTION or not _FUNCTION.fullmatch(function):
        raise ParameterError(
            "callback is not the name of a function",
            hint="Letters, digits, _ and $, with dots between, as in app.answered.",
        )
    body = f"/**/{function}({text});"
    return Response(body, media_type="application/javascript", headers=headers)


def opened(door: Door, *, methods: tuple[str, ...] = ("GET", "OPTIONS")) -> Door:
    """Return the door with its errors readable from everywhere too, and a preflight."""
    allowed = ", ".join(methods)

    async def answered(request: Request) -> Response:
        accept = request.headers.get("accept")
        try:
            if request.method == "OPTIONS":
                told = {**_PREFLIGHT, "Access-Control-Allow-Methods": allowed}
                return Response(status_code=204, headers={**told, "Allow": allowed})
            if request.method not in methods:
                raise refusal(
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    f"{request.method} is not a method of this address",
                    headers={"Allow": allowed},
                )
            return await door(request)
        except ProblemError as error:
            response = respond(error.problem, accept)
        except KnowledgeGraphError as error:
            response = respond(problem_of(error), accept)
        response.headers.update(OPEN)
        return response

    answered.__doc__ = door.__doc__
    return answered
