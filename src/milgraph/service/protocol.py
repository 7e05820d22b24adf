"""SPARQL 1.1 Protocol: what a request asks for, by either method and in any encoding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request

from milgraph.service.problems import Problem, ProblemError
from milgraph.terms import NamedNode

__all__ = ["ALLOWED", "Asked", "read_request"]

ALLOWED = "GET, HEAD, OPTIONS, POST"
# More than the longest query that is read, percent-encoded.
_MAXIMUM_BODY = 1024 * 1024
_MAXIMUM_FIELDS = 1000
_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, the dataset it is about, and the format that the address names, if any."""

    query: str | None
    default_graphs: tuple[NamedNode, ...] = ()
    named_graphs: tuple[NamedNode, ...] | None = None
    format: str | None = None


async def read_request(request: Request) -> Asked:
    """Return what the request asks (SPARQL 1.1 Protocol, section 2.1).

    Raises:
        ProblemError: the request does not follow the protocol, or is not for us.
    """
    if request.method not in ALLOWED.split(", "):
        raise _problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"{request.method} is not a method of this address",
            headers={"Allow": ALLOWED},
        )
    address = _fields(request.scope["query_string"])
    if request.method in ("GET", "HEAD"):
        return _asked(address)
    kind, charset = _content_type(request)
    if kind == _FORM:
        return _asked(_fields(await _body(request)))
    if kind == _QUERY:
        if charset not in ("", "utf-8", "utf8", "us-ascii"):
            raise _problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"a query in {charset} is not read",
                hint="Send it as UTF-8.",
            )
        return _asked(address, query=_decoded(await _body(request)))
    if kind == _UPDATE:
        raise _problem(
            HTTPStatus.FORBIDDEN, "updates are not accepted: the graph is read-only"
        )
    raise _problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"a body of type {kind} is not read" if kind else "the body has no type",
        available=(_QUERY, _FORM),
        headers={"Accept-Post": f"{_QUERY}, {_FORM}"},
    )


def _asked(fields: Mapping[str, Sequence[str]], *, query: str | None = None) -> Asked:
    if "update" in fields:
        raise _problem(
            HTTPStatus.FORBIDDEN, "updates are not accepted: the graph is read-only"
        )
    queries = [query] if query is not None else fields.get("query", [])
    if len(queries) > 1:
        raise _problem(HTTPStatus.BAD_REQUEST, "there is more than one query")
    formats = fields.get("format", [])
    named = fields.get("named-graph-uri")
    return Asked(
        query=queries[0] if queries else None,
        default_graphs=_graphs(fields.get("default-graph-uri", [])),
        named_graphs=_graphs(named) if named else None,
        format=formats[-1] if formats else None,
    )


def _graphs(iris: Sequence[str]) -> tuple[NamedNode, ...]:
    try:
        return tuple(NamedNode(iri) for iri in iris)
    except ValueError as error:
        raise _problem(
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


async def _body(request: Request) -> bytes:
    """Return the body, of which no more is read than a query can need."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAXIMUM_BODY:
            raise _problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body is longer than {_MAXIMUM_BODY:,} bytes",
            )
    return bytes(body)


def _fields(encoded: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(
            encoded.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAXIMUM_FIELDS,
        )
    except ValueError as error:
        # A wrong byte is refused, not replaced: the query would be another one.
        raise _problem(
            HTTPStatus.BAD_REQUEST,
            "the fields are not percent-encoded UTF-8",
            hint="With curl, use --data-urlencode 'query=...'.",
        ) from error


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _problem(
            HTTPStatus.BAD_REQUEST, f"byte {error.start} of the query is not UTF-8"
        ) from error


def _problem(
    status: HTTPStatus,
    detail: str,
    *,
    hint: str | None = None,
    available: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemError:
    return ProblemError(
        Problem(
            status, status.phrase, detail, hint, None, None, available, headers or {}
        )
    )
