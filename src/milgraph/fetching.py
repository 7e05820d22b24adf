"""Fetching: what another machine sends, from listed origins only, within bounds.

What a query names is a stranger's choice, and this machine can reach what the stranger
cannot. So an origin is listed or refused, its addresses are looked at and then kept, no
redirect is followed, and nothing of the environment (proxies, .netrc) is used.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Self

import httpx

from milgraph.compression import ENCODINGS, Decompressor
from milgraph.errors import (
    KnowledgeGraphError,
    LimitError,
    QueryError,
    QueryRefusedError,
    SourceError,
)

__all__ = ["Call", "Fetcher", "Origin", "Resolver"]

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_PORTS = {"http": 80, "https": 443}
# Strict, so that nobody who reads the IRI finds another host in it than we do: no user,
# no backslash, no percent sign in the host, no dot at its end.
_IRI = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>[/?][^\s\\#]*)?(?:\#[^\s\\]*)?",
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
# A host that ends so is read as an IPv4 address by some, in octal or as one number.
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
_LOCALHOST = "localhost"
_GLOBAL_IPV6 = IPv6Network("2000::/3")
# Protocol assignments, and the relay of 6to4: special by RFC 6890, not for the library.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_NAT64 = IPv6Network("64:ff9b::/96")
_REDIRECTS = range(300, 400)
_SUCCESSES = range(200, 300)


@dataclass(frozen=True, slots=True)
class Origin:
    """A scheme, a host and a port (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, iri: str) -> Self:
        """Return the origin of the IRI.

        Raises:
            QueryRefusedError: it is not of http or https, or its host can be misread.
        """
        found = _IRI.fullmatch(iri)
        host = found and _host(found["host"].lower())
        if not found or not host:
            raise QueryRefusedError(
                f"<{iri[:200]}> is not the address of an endpoint",
                hint="Write http or https, the plain name of a host, and no user.",
            )
        scheme = found["scheme"].lower()
        port = int(found["port"]) if found["port"] else _PORTS[scheme]
        return cls(scheme, host, port)

    @property
    def authority(self) -> str:
        """The host, and the port unless it is the usual one, as in a `Host` header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def _host(written: str) -> str | None:
    """Return the host in its one spelling, or nothing if it can be read in several."""
    try:
        if written.startswith("["):
            return str(IPv6Address(written[1:-1]))
        if _NUMBER.fullmatch(written.rpartition(".")[2]):
            return str(IPv4Address(written))
    except ValueError:
        return None
    return None if ".." in written else written


@dataclass(frozen=True, slots=True)
class Call:
    """One request to another machine: `limit` in bytes once it is taken apart.

    With a body it is a POST.
    """

    iri: str
    accept: str
    limit: int
    seconds: float = 30.0
    body: bytes | None = None
    media_type: str = ""


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    )
    return [str(address[0]) for *_, address in found]


@lru_cache(maxsize=1)
def _public_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class Fetcher:
    """What sends requests to listed origins, and to no other place."""

    def __init__(
        self, *, resolve: Resolver = _resolve, tls: ssl.SSLContext | None = None
    ) -> None:
        self._resolve = resolve
        self._tls = tls or _public_authorities()

    async def fetch(
        self,
        iri: str,
        allowed: frozenset[str],
        *,
        accept: str,
        limit: int,
        seconds: float = 30.0,
    ) -> tuple[bytes, str]:
        """Return the document at the IRI and its media type.

        Raises:
            QueryRefusedError: its origin is not one of the allowed, or is not where the
                public internet is.
            LimitError: it is longer than the limit, or takes more than the seconds.
            QueryError: the other machine does not send it.
        """
        return await self.send(Call(iri, accept, limit, seconds), allowed)

    async def send(self, call: Call, allowed: frozenset[str]) -> tuple[bytes, str]:
        """Return what the call is answered with, and its media type.

        Raises:
            KnowledgeGraphError: as `fetch` does.
        """
        origin = Origin.of(call.iri)
        if origin not in {Origin.of(listed) for listed in allowed}:
            raise QueryRefusedError(
                f"{origin} is not among the origins that may be called",
                hint="Whoever runs this service lists them.",
            )
        try:
            async with asyncio.timeout(call.seconds):
                return await self._send(call, origin)
        except TimeoutError as error:
            raise LimitError(
                f"{origin} did not answer within {call.seconds:g} s",
                limit="seconds",
                hint="Ask it for less.",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
            raise QueryError(f"{origin} does not answer: {_reason(error)}") from error

    async def _send(self, call: Call, origin: Origin) -> tuple[bytes, str]:
        unreachable: Exception | None = None
        for address in await self._addresses(origin):
            try:
                return await self._send_to(address, call, origin)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                unreachable = error
        raise unreachable or QueryError(f"{origin} has no address")

    async def _addresses(self, origin: Origin) -> Sequence[str]:
        """Return where the host is, once every answer of the DNS may be called."""
        literal = _literal(origin.host)
        if literal:
            return [str(literal)]
        try:
            found = await self._resolve(origin.host, origin.port)
        except OSError as error:
            raise QueryError(f"{origin} has no address: {_reason(error)}") from error
        for text in found:
            address = ip_address(text)
            allowed = (
                address.is_loopback if origin.host == _LOCALHOST else is_global(address)
            )
            if not allowed:
                raise QueryRefusedError(
                    f"{origin.host} is at {address}, which is no public address",
                    hint="List the address itself if it may be called.",
                )
        return found

    async def _send_to(
        self, address: str, call: Call, origin: Origin
    ) -> tuple[bytes, str]:
        """Send the request to the address that was looked at, and to no later one."""
        found = _IRI.fullmatch(call.iri)
        path = (found and found["path"]) or "/"
        where = f"[{address}]" if ":" in address else address
        headers = {
            "Host": origin.authority,
            "Accept": call.accept,
            "Accept-Encoding": "gzip",
            "User-Agent": "milgraph",
            **({"Content-Type": call.media_type} if call.media_type else {}),
        }
        async with (
            httpx.AsyncClient(
                verify=self._tls,
                trust_env=False,
                follow_redirects=False,
                timeout=call.seconds,
            ) as client,
            client.stream(
                "GET" if call.body is None else "POST",
                f"{origin.scheme}://{where}:{origin.port}{path}",
                headers=headers,
                content=call.body,
                # The certificate is the host's, not the address's.
                extensions={"sni_hostname": origin.host},
            ) as response,
        ):
            _refuse_failure(response, origin)
            return await _content(response, call, origin), _media_type(response)


def is_global(address: IPv4Address | IPv6Address) -> bool:
    """Return whether the address is one of the public internet, however it is written."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_global(inner)
        if address not in _GLOBAL_IPV6 or address.sixtofour or address.teredo:
            return False
    elif any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refuse_failure(response: httpx.Response, origin: Origin) -> None:
    status = response.status_code
    if status in _REDIRECTS:
        target = response.headers.get("location", "")
        raise QueryError(
            f"{origin} redirects to {_target(target, origin)}, which is not followed",
            hint="Call the address that it redirects to, if that origin is listed.",
        )
    if status not in _SUCCESSES:
        raise QueryError(f"{origin} answered {status} {response.reason_phrase}".strip())


def _target(location: str, origin: Origin) -> str:
    """Return the origin of the target, without what else a stranger wrote there."""
    try:
        return str(Origin.of(str(httpx.URL(str(origin)).join(location))))
    except (KnowledgeGraphError, httpx.InvalidURL, ValueError):
        return "an address that is not one of an endpoint"


async def _content(response: httpx.Response, call: Call, origin: Origin) -> bytes:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise QueryError(f"{origin} answered in the encoding {encoding[:50]!r}")
    # Not by httpx: it would swell a few bytes to gigabytes before we could count.
    inner = Decompressor(encoding, limit=call.limit)
    content = bytearray()
    try:
        async for chunk in response.aiter_raw():
            for piece in inner.feed(chunk):
                content += piece
        inner.end()
    except LimitError as error:
        raise LimitError(
            f"{origin} sent more than {call.limit:,} bytes",
            limit="size",
            hint="Ask it for less.",
        ) from error
    except SourceError as error:
        raise QueryError(f"{origin}: {error.message}") from error
    return bytes(content)


def _media_type(response: httpx.Response) -> str:
    return (
        str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
    )


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
