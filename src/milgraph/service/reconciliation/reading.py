"""Reading: the fields of a request, from its address or from the form that it sends."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.requests import Request

from milgraph.errors import ParameterError
from milgraph.service.problems import refusal
from milgraph.service.room import Share

__all__ = ["fields_of", "identifier_of", "number_of"]

_FORM = "application/x-www-form-urlencoded"
# Fifty queries with all their properties are far less.
_LONGEST = 1_000_000
_MOST_FIELDS = 50
_LONGEST_ID = 2_000


async def fields_of(request: Request, share: Share) -> Mapping[str, str]:
    """Return the fields of the address, and of the form that a POST sends.

    Raises:
        BusyError: there is no room for it at the moment.
        ProblemError: the body is no form (415) or too long (413).
        ParameterError: the fields are not percent-encoded UTF-8.
    """
    told = _fields(request.scope["query_string"])
    if request.method != "POST":
        return told
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body of type {kind[:80] or 'unknown'} is not read",
            hint="Send the JSON as the field queries or extend of a form.",
            available=(_FORM,),
            headers={"Accept-Post": _FORM},
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        share.grow(len(body))
        if len(body) > _LONGEST:
            raise refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body is longer than {_LONGEST:,} bytes",
                hint="Send fewer queries at a time.",
            )
    return {**told, **_fields(bytes(body))}


def _fields(encoded: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise ParameterError(
            "the fields are not percent-encoded UTF-8, or there are too many",
            hint="With curl, use --data-urlencode 'queries={...}'.",
        ) from error
    return dict(pairs)


def identifier_of(request: Request, *, example: str = "actor/japan") -> str:
    """Return the identifier that is asked about, such as the example.

    Raises:
        ParameterError: there is none, or it cannot be one.
    """
    given = request.query_params.get("id", "").strip()
    if not given or len(given) > _LONGEST_ID:
        raise ParameterError(
            "id is missing" if not given else "id is too long to be an identifier",
            hint=f"As in ?id={example}.",
        )
    return given


def number_of(request: Request, name: str, *, default: int, most: int) -> int:
    """Return the number of the field, which is no more than the most there is.

    Raises:
        ParameterError: it is no number from 0 upwards.
    """
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()):
        raise ParameterError(f"{name} is not a number from 0 upwards")
    return min(int(text[:9]) if len(text) < 10 else most, most)  # noqa: PLR2004
