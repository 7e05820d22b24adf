"""SPARQL 1.1 Protocol: what a request asks for, by either method and in any encoding."""

import binascii
import codecs
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from anyio import to_thread
from starlette.requests import Request

from milgraph.compression import ENCODINGS, decompressed
from milgraph.errors import LimitError
from milgraph.service.problems import refusal
from milgraph.service.room import Share
from milgraph.terms import NamedNode

__all__ = ["ALLOWED", "Asked", "is_update", "read_address", "read_request"]

ALLOWED = "GET, HEAD, OPTIONS, POST"
# The longest query that is inspected, each byte percent-encoded; and an update's data,
# which come as they are: to decode so long a form would hold up everybody else.
_MAXIMUM_QUERY = 3_000_000
_MAXIMUM_UPDATE = 48_000_000
_MAXIMUM_FIELDS = 1000
# To decode a body this long is left to a thread.
_LONG_BODY = 32 * 1024
_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_CHARSETS = frozenset(("", "utf-8", "utf8", "us-ascii", "ascii"))
_NO_ENCODING = frozenset(("", "identity"))
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query or an update, and the dataset it is about.

    `format` is the one that the address names, if any; `seconds` what the client allows.
    """

    query: str | None = None
    update: str | None = None
    default_graphs: tuple[NamedNode, ...] = ()
    named_graphs: tuple[NamedNode, ...] | None = None
    format: str | None = None
    seconds: float | None = None


def read_address(encoded: bytes) -> Asked:
    """Return what the query part of an address asks (section 2.1.1).

    Raises:
        ProblemError: it does not follow the protocol.
    """
    return _asked(_fields(encoded), by_post=False)


def is_update(request: Request) -> bool:
    """Return whether the body is an update, by its media type."""
    return request.method == "POST" and _content_type(request)[0] == _UPDATE


async def read_request(request: Request, share: Share) -> Asked:
    """Return what the request asks (SPARQL 1.1 Protocol, sections 2.1 and 2.2).

    Its body counts in the share.

    Raises:
        BusyError: there is no room for it at the moment.
        ProblemError: the request does not follow the protocol, or is not for us.
    """
    if request.method not in ALLOWED.split(", "):
        raise refusal(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"{request.method} is not a method of this address",
            headers={"Allow": ALLOWED},
        )
    if request.method in ("GET", "HEAD"):
        return read_address(request.scope["query_string"])
    kind, charset = _content_type(request)
    if kind not in (_FORM, _QUERY, _UPDATE):
        raise refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body of type {kind} is not read" if kind else "the body has no type",
            available=(_QUERY, _UPDATE, _FORM),
            headers={"Accept-Post": f"{_QUERY}, {_UPDATE}, {_FORM}"},
        )
    if charset not in _CHARSETS:
        raise refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a request in {charset} is not read",
            hint="Send it as UTF-8.",
        )
    address = _fields(request.scope["query_string"])
    if kind == _FORM:
        body = await _body(request, _MAXIMUM_QUERY, share)
        is_long = len(body) > _LONG_BODY
        fields = await to_thread.run_sync(_fields, body) if is_long else _fields(body)
        for name, values in address.items():
            fields.setdefault(name, []).extend(values)
        return _asked(fields, by_post=True)
    largest = _MAXIMUM_QUERY if kind == _QUERY else _MAXIMUM_UPDATE
    text = _decoded(await _body(request, largest, share))
    name = "query" if kind == _QUERY else "update"
    address.setdefault(name, []).append(text)
    return _asked(address, by_post=True)


def _asked(fields: Mapping[str, Sequence[str]], *, by_post: bool) -> Asked:
    queries, updates = fields.get("query", []), fields.get("update", [])
    if len(queries) + len(updates) > 1:
        raise refusal(HTTPStatus.BAD_REQUEST, "there is more than one query or update")
    if updates and not by_post:
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            "an update is not sent by GET",
            hint="POST it as application/sparql-update.",
        )
    prefix = "using" if updates else "default"
    default = fields.get(f"{prefix}-graph-uri", [])
    named = fields.get("using-named-graph-uri" if updates else "named-graph-uri")
    formats = fields.get("format") or fields.get("output") or []
    return Asked(
        query=queries[0] if queries else None,
        update=updates[0] if updates else None,
        default_graphs=_graphs(default),
        named_graphs=_graphs(named) if named else None,
        format=formats[-1] if formats else None,
        seconds=_seconds(fields.get("timeout", [])),
    )


def _seconds(given: Sequence[str]) -> float | None:
    """Return the time that the client allows; it can lower the limit, never raise it."""
    if not given or not given[-1]:
        return None
    try:
        seconds = float(given[-1])
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            f"timeout is {given[-1][:40]!r}, which is no number of seconds",
            hint="For example timeout=2.5.",
        )
    return seconds


def _graphs(iris: Sequence[str]) -> tuple[NamedNode, ...]:
    try:
        return tuple(NamedNode(iri) for iri in iris)
    except ValueError as error:
        raise refusal(
            HTTPStatus.BAD_REQUEST, f"a graph is not named by an IRI: {error}"
        ) from error


def _content_type(request: Request) -> tuple[str, str]:
    """Return the media type of the body and its charset, or nothing for either."""
    kind, *parameters = request.headers.get("content-type", "").lower().split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    charsets = [
        text.strip(' "') for name, _, text in pairs if name.strip() == "charset"
    ]
    return kind.strip(), charsets[0] if charsets else ""


async def _body(request: Request, largest: int, share: Share) -> bytes:
    """Return the body, decompressed, of which no more is read than can be needed."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        share.grow(len(body))
        if len(body) > largest:
            raise refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body is longer than {largest:,} bytes",
            )
    encoding = request.headers.get("content-encoding", "")
    if encoding.strip().lower() not in ENCODINGS:
        raise refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body in the encoding {encoding} is not read",
            available=tuple(sorted(ENCODINGS - {""})),
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    if encoding.strip().lower() in _NO_ENCODING:
        return bytes(body)

    def whole() -> bytes:
        return decompressed(bytes(body), encoding, limit=largest)

    try:
        # What a few bytes may swell to is held before it is known.
        share.grow(len(body) + largest)
        return await to_thread.run_sync(whole)
    except LimitError as error:
        raise refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error.message) from error


def _fields(encoded: bytes) -> dict[str, list[str]]:
    """Return the fields (application/x-www-form-urlencoded), each with all its values.

    A wrong byte is refused, not replaced: the query would be another one.
    """
    found: dict[str, list[str]] = {}
    parts = encoded.split(b"&", _MAXIMUM_FIELDS)
    if len(parts) > _MAXIMUM_FIELDS or _BROKEN_ESCAPE.search(encoded):
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            "the fields are not percent-encoded UTF-8",
            hint="With curl, use --data-urlencode 'query=...'.",
        )
    for part in parts:
        if part:
            name, _, value = part.partition(b"=")
            found.setdefault(_unquoted(name), []).append(_unquoted(value))
    return found


def _unquoted(encoded: bytes) -> str:
    if b"%" in encoded or b"+" in encoded:
        # Percent-encoding in the clothes of quoted-printable, for which there is a
        # decoder in C: twenty times faster than urllib's, for each request.
        quoted = encoded.replace(b"=", b"=3D").replace(b"%", b"=").replace(b"+", b" ")
        encoded = binascii.a2b_qp(quoted)
    return _decoded(encoded)


def _decoded(body: bytes) -> str:
    try:
        return body.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            f"byte {error.start} of a field is not UTF-8",
            hint="With curl, use --data-urlencode 'query=...'.",
        ) from error
