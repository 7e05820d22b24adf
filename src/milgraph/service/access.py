"""Access: who may write, and how often anybody may ask."""

import math
import socket
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from ipaddress import ip_address
from time import monotonic
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from milgraph.authors import Authors, Known
from milgraph.errors import ForbiddenError, UnauthorisedError
from milgraph.history import Author, Role
from milgraph.service.addresses import address_of, is_loopback
from milgraph.service.problems import Problem, ProblemError, problem_of, respond
from milgraph.settings import Settings

__all__ = [
    "RateLimit",
    "Throttle",
    "client_of",
    "exposure_warning",
    "require_role",
    "require_token",
    "require_writer",
    "too_many",
]

_REALM = 'Bearer realm="milgraph"'
_HOW_TO_SET = "Set MILGRAPH_TOKEN to a long random text, and start the server again."
_HOW_TO_SEND = "Send the header: Authorization: Bearer TOKEN."
_LONGEST_REASON = 1000


def require_writer(
    request: HTTPConnection,
    settings: Settings,
    authors: Authors,
    *,
    role: Role = Role.ADMIN,
    door: str = "http",
    is_plain: bool = False,
) -> Author:
    """Return who asks, who may do what takes that role, and why it is asked.

    Without a token configured the server is read-only, but for a plain one on loopback:
    there programs on this machine may write, and pages of other sites may not.

    Raises:
        ProblemError: 401 with a challenge (RFC 6750, section 3): the token is missing
            or is nobody's.
        ForbiddenError: no token is configured, or theirs does not reach so far.
    """
    if not authors.is_empty:
        known = require_token(request.headers.getlist("authorization"), authors)
        require_role(known, role)
        return Author(known.name, known.role, door, _reason(request))
    if not is_plain:
        raise ForbiddenError("the server is read-only", hint=_HOW_TO_SET)
    if not _is_local(settings.host):
        raise ForbiddenError(
            "a server that others can reach is read-only without a token",
            hint=_HOW_TO_SET,
        )
    _require_same_site(request)
    return Author(_ANYBODY, Role.ADMIN, door, _reason(request))


_ANYBODY = "local"


def require_token(authorization: list[str], authors: Authors) -> Known:
    """Return whose token the values of the Authorization header are, and only it.

    Raises:
        ProblemError: 401 with a challenge (RFC 6750, section 3).
        ForbiddenError: no token is configured.
    """
    if authors.is_empty:
        raise ForbiddenError("no token is configured", hint=_HOW_TO_SET)
    if not authorization:
        raise _unauthorised("this needs a token of the server")
    if len(authorization) > 1:
        # Which of them a proxy would believe is not known.
        raise _unauthorised("there are several Authorization headers")
    scheme, _, given = authorization[0].strip().partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthorised("the Authorization header is not of the scheme Bearer")
    # A header is bytes; Starlette reads them as Latin-1 (RFC 9110, section 5.5).
    known = authors.of_token(given.strip().encode("latin-1", "replace"))
    if known is None:
        raise _unauthorised("the token is another one", error="invalid_token")
    return known


def require_role(known: Known, role: Role) -> None:
    """Promise that they may do what takes the role.

    Raises:
        ForbiddenError: they may not.
    """
    if known.role < role:
        raise ForbiddenError(
            f"{known.name} has the role of {known.role.label}, which does not reach "
            "so far",
            hint=f"This takes the role of {role.label}.",
        )


def _reason(request: HTTPConnection) -> str:
    """Return why the change is made, as the address or else a header says.

    It is shown in terminals too, so that nothing is in it which those would act on.
    """
    raw = request.scope.get("query_string", b"").decode("latin-1")
    header = request.headers.get("reason", "").encode("latin-1")
    told = parse_qs(raw).get("reason", [""])[-1] or header.decode("utf-8", "replace")
    line = " ".join(told.split())[:_LONGEST_REASON]
    return "".join(character for character in line if character.isprintable())


def _unauthorised(message: str, *, error: str = "") -> ProblemError:
    problem = problem_of(UnauthorisedError(message, hint=_HOW_TO_SEND))
    challenge = f'{_REALM}, error="{error}"' if error else _REALM
    return ProblemError(replace(problem, headers={"WWW-Authenticate": challenge}))


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _require_same_site(request: HTTPConnection) -> None:
    """Keep out pages of other sites that a browser on this machine shows.

    Their names may even resolve to this machine, so the name asked for is looked at too.
    """
    asked = request.headers.get("host", "")
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    is_own = origin is None or origin.partition("://")[2] == asked
    if not _is_local(_hostname(asked)) or not is_own or site == "cross-site":
        raise ForbiddenError(
            "without a token, only programs and pages of this machine may write",
            hint=_HOW_TO_SET,
        )


def _hostname(location: str) -> str:
    try:
        return urlsplit(f"//{location}").hostname or ""
    except ValueError:
        return ""


def exposure_warning(bound: socket.socket, settings: Settings) -> str | None:
    """Return what to warn of, where other machines can reach the server."""
    if is_loopback(bound):
        return None
    secret = " the token and" if settings.has_tokens else ""
    return (
        f"Warning: {address_of(bound)} can be reached from other machines, without "
        f"TLS: whoever is on the way reads{secret} every question and answer. Put a "
        "proxy that speaks TLS in front, and let the server listen on 127.0.0.1."
    )


def client_of(peer: str, forwarded: str | None = None) -> str:
    """Return who asks: the peer, or whom a proxy on this machine names last.

    Only the last address of X-Forwarded-For is of the proxy; the rest is hearsay.

    >>> client_of("127.0.0.1", "198.51.100.7, 203.0.113.9")
    '203.0.113.9'
    >>> client_of("192.0.2.1", "203.0.113.9")
    '192.0.2.1'
    """
    if not forwarded or not _is_local(peer):
        return peer
    named = forwarded.rpartition(",")[2].strip()
    try:
        return str(ip_address(named))
    except ValueError:
        return peer


class RateLimit:
    """A bucket of tokens for each client, as a time from which it is full again.

    It fills at `per_second`, and holds what two seconds bring, or one. At most `clients`
    are remembered; who asked longest ago is forgotten first.
    """

    def __init__(self, per_second: float, *, clients: int = 16384) -> None:
        self._interval = 1 / per_second
        self._ahead = self._interval * (max(1.0, 2 * per_second) - 1)
        self._clients = clients
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, client: str) -> float:
        """Return 0 and count the request, or the seconds after which to ask again."""
        if ":" in client:
            client = _network(client)
        now = monotonic()
        full_at = self._full_at
        at = full_at.get(client)
        if at is None:
            if len(full_at) >= self._clients:
                full_at.popitem(last=False)
            full_at[client] = now + self._interval
            return 0.0
        full_at.move_to_end(client)
        if at <= now:
            full_at[client] = now + self._interval
            return 0.0
        excess = at - now - self._ahead
        # An instant early is on time: the sum of intervals is not exact.
        if excess > _INSTANT:
            return excess
        full_at[client] = at + self._interval
        return 0.0


_INSTANT = 1e-9


def _network(client: str) -> str:
    """Return what one client has of IPv6: a network of 64 bits, not one address."""
    try:
        packed = socket.inet_pton(socket.AF_INET6, client.partition("%")[0])
    except (OSError, UnicodeError):
        return client
    if packed.startswith(_MAPPED):
        return socket.inet_ntoa(packed[len(_MAPPED) :])
    return packed[:8].hex()


# IPv4 as a socket of IPv6 names it (RFC 4291, section 2.5.5.2).
_MAPPED = bytes(10) + b"\xff\xff"


def too_many(seconds: float) -> Problem:
    """Return the problem of a client that asks too often (RFC 6585, section 4)."""
    status = HTTPStatus.TOO_MANY_REQUESTS
    whole = max(1, math.ceil(seconds))
    return Problem(
        status,
        status.phrase,
        "you ask more often than this server answers one client",
        hint=f"Try again in {whole} s.",
        headers={"Retry-After": str(whole)},
    )


# Whoever watches the server may ask as often as it needs.
_UNLIMITED = frozenset(("/health", "/ready"))


class Throttle:
    """Answers 429 to a client that asks more often than the limit, without the app."""

    def __init__(self, app: ASGIApp, limit: RateLimit) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in _UNLIMITED:
            await self._app(scope, receive, send)
            return
        headers = _named(scope)
        peer = scope["client"][0] if scope.get("client") else ""
        seconds = self._limit.wait(client_of(peer, headers.get("x-forwarded-for")))
        if not seconds:
            await self._app(scope, receive, send)
            return
        response = respond(too_many(seconds), headers.get("accept"))
        await response(scope, receive, send)


def _named(scope: Scope) -> Mapping[str, str]:
    """Return the headers that matter here; of several of one name, the last."""
    wanted = (b"x-forwarded-for", b"accept")
    return {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in wanted
    }
