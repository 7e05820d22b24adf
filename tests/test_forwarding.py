"""Forwarding: a SERVICE clause reaches what is listed, and nothing else on any machine.

The endpoints here are sockets of loopback that keep what reached them; what the DNS says
is given to the fetcher, so that a public name can be at any address.
"""

import asyncio
import gzip
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
import pytest

from milgraph.errors import (
    KnowledgeGraphError,
    LimitError,
    QueryError,
    QueryRefusedError,
    StoreError,
)
from milgraph.fetching import Fetcher, Origin
from milgraph.forwarding import Forwarder, ForwardingLimits

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
ONE = json.dumps(
    {
        "head": {"vars": ["s"]},
        "results": {"bindings": [{"s": {"type": "uri", "value": "http://x/1"}}]},
    }
).encode()
ONE_IN_XML = (
    b'<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#"><head>'
    b'<variable name="s"/></head><results><result><binding name="s"><uri>http://x/1</uri>'
    b"</binding></result></results></sparql>"
)
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


# Of a certificate for the name localhost, which nobody trusts; valid until 2126.
KEY = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEINPz+4+Pwfzjx/xmhhb5/gqCzSosiD0ca+RpJ5aVy2tPoAoGCCqGSM49
AwEHoUQDQgAESOd2LwU0wRbPQOj8iHlVNaxOUHZmhdMb6CSIRStXFVrCmWW0gyve
J58NL36bOIIr1QX1nE8KQ61P3J7uFXIxxQ==
-----END EC PRIVATE KEY-----
"""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUH3+bKQD3rtAyeYtKm6yMos7DED0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE0NDMyNVoYDzIxMjYxMDI5
MTQ0MzI1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARI53YvBTTBFs9A6PyIeVU1rE5QdmaF0xvoJIhFK1cVWsKZZbSDK94n
nw0vfps4givVBfWcTwpDrU/cnu4VcjHFo2kwZzAdBgNVHQ4EFgQUCH1rrB+R+qI7
Dy7EET6g7qh3Gk4wHwYDVR0jBBgwFoAUCH1rrB+R+qI7Dy7EET6g7qh3Gk4wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIgDzEUl/E7M+d0IcRRtPyScSVkoqBKqyEAhWOTRn059oICIQCvSNsaNpk+
6uJKktOJmyvCTXP2siDquKNTTJnF0VMI6w==
-----END CERTIFICATE-----
"""


@dataclass
class Endpoint:
    """A stand-in for another machine: its port, and the requests that reached it."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def iri(self) -> str:
        return f"{self.origin}/sparql"


def response(
    body: bytes = ONE,
    *,
    kind: str = JSON,
    status: str = "200 OK",
    length: int | None = None,
    **headers: str,
) -> bytes:
    lines = {"Content-Type": kind, "Content-Length": str(length or len(body))}
    lines |= {name.replace("_", "-"): text for name, text in headers.items()}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def answering(written: bytes) -> Behaviour:
    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(written)
        await writer.drain()

    return behave


async def silence(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a byte every twentieth of a second: each read succeeds, the whole never does."""
    writer.write(response(b"", length=10_000))
    for _ in range(200):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


@asynccontextmanager
async def endpoint(
    behave: Behaviour, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Endpoint]:
    connections: set[asyncio.Task[None]] = set()
    transports: list[asyncio.WriteTransport] = []

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connections.add(asyncio.current_task())
        transports.append(writer.transport)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            running.requests.append(await received(reader))
            behaving = asyncio.create_task(behave(writer))
            ended = asyncio.create_task(reader.read(1))
            try:
                await asyncio.wait(
                    (behaving, ended), return_when=asyncio.FIRST_COMPLETED
                )
                if ended.done():
                    running.left.set()
            finally:
                behaving.cancel()
                ended.cancel()
                await asyncio.gather(behaving, ended, return_exceptions=True)
                writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    running = Endpoint(server.sockets[0].getsockname()[1])
    try:
        yield running
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        for transport in transports:
            transport.abort()
        await asyncio.sleep(0)


async def received(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return head + await reader.readexactly(int(length[1]) if length else 0)


@asynccontextmanager
async def forwarding(
    *services: str, fetcher: Fetcher | None = None, **limits: float
) -> AsyncIterator[Forwarder]:
    given = ForwardingLimits(**{"seconds": 5.0, **limits})
    forwarder = Forwarder(frozenset(services), given, fetcher=fetcher)
    await forwarder.start()
    try:
        yield forwarder
    finally:
        await forwarder.close()


async def asked(address: str, *, silent: bool = False) -> list[str]:
    """Return what the engine finds at the address, in a thread as a reader would."""
    word = "SILENT " if silent else ""
    query = f"SELECT ?s {{ SERVICE {word}<{address}> {{ ?s ?p ?o }} }}"

    def evaluate() -> list[str] | str:
        # The engine's objects must end in the thread where they began: no traceback
        # may carry them out of it.
        try:
            return [str(row["s"]) for row in ox.Store().query(query)]
        except OSError as error:
            return str(error)

    found = await asyncio.to_thread(evaluate)
    if isinstance(found, str):
        raise OSError(found)
    return found


async def refused(behave: Behaviour, **limits: float) -> tuple[str, str]:
    """Return why a query about the endpoint fails, as forwarder and engine tell it."""
    async with (
        endpoint(behave) as remote,
        forwarding(remote.origin, **limits) as passage,
    ):
        (address,) = passage.register([remote.iri])
        with pytest.raises(OSError, match="502") as caught:
            await asked(address)
        silent = await asked(address, silent=True)
        assert silent == ["None"]
        return str(passage.failure(address)), str(caught.value)


def run(coroutine: Awaitable[object]) -> None:
    async def within() -> None:
        async with asyncio.timeout(30):
            await coroutine

    asyncio.run(within())


def told(behave: Behaviour, **limits: float) -> str:
    found: list[tuple[str, str]] = []

    async def ask() -> None:
        found.append(await refused(behave, **limits))

    run(ask())
    failure, raised = found[0]
    assert failure in raised
    return failure


# What is listed is reached


@pytest.mark.parametrize(
    "sent",
    [
        response(),
        response(kind="application/json; charset=utf-8"),
        response(ONE_IN_XML, kind=XML),
        response(ONE_IN_XML, kind="text/xml"),
        response(gzip.compress(ONE), Content_Encoding="gzip"),
        b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n\r\n%b" % (JSON.encode(), ONE),
    ],
)
def test_an_answer_in_any_of_the_formats_reaches_the_query(sent):
    async def ask() -> None:
        async with (
            endpoint(answering(sent)) as remote,
            forwarding(remote.origin) as passage,
        ):
            (address,) = passage.register([remote.iri])
            assert await asked(address) == ["<http://x/1>"]
            assert passage.failure(address) is None

    run(ask())


def test_the_endpoint_is_told_the_query_and_nothing_of_ours():
    async def ask() -> None:
        async with (
            endpoint(answering(response())) as remote,
            forwarding(remote.origin) as passage,
        ):
            iri = f"{remote.origin}/a/sparql?key=1"
            (address,) = passage.register([iri])
            await asked(address)
        head, _, query = remote.requests[0].partition(b"\r\n\r\n")
        assert head.startswith(b"POST /a/sparql?key=1 HTTP/1.1\r\n")
        assert query == b"SELECT * WHERE { ?s ?p ?o . }"
        names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
        assert names == {
            b"host", b"accept", b"accept-encoding", b"connection", b"user-agent",
            b"content-type", b"content-length",
        }  # fmt: skip
        assert address.encode() not in remote.requests[0]
        assert f"host: 127.0.0.1:{remote.port}".encode() in head.lower()

    run(ask())


def test_each_endpoint_of_a_query_has_its_own_address():
    async def ask() -> None:
        two = ONE.replace(b"x/1", b"x/2")
        async with (
            endpoint(answering(response())) as one,
            endpoint(answering(response(two))) as other,
            forwarding(one.origin, other.origin) as passage,
        ):
            addresses = passage.register([one.iri, other.iri])
            answers = [await asked(address) for address in addresses]
            assert answers == [["<http://x/1>"], ["<http://x/2>"]]

    run(ask())


# What fails is told


def test_a_redirect_is_not_followed_and_its_target_named():
    async def ask() -> None:
        async with endpoint(answering(response())) as canary:
            location = f"http://user@127.0.0.1:{canary.port}/admin"
            sent = response(b"", status="302 Found", Location=location)
            failure, _ = await refused(answering(sent))
            assert "not one of an endpoint" in failure
            for location, target in (
                (f"{canary.origin}/admin?drop=1", canary.origin),
                ("https://other.example/x", "https://other.example"),
                ("file:///etc/passwd", "not one of an endpoint"),
            ):
                sent = response(b"", status="307 Temporary Redirect", Location=location)
                failure, _ = await refused(answering(sent))
                assert f"redirects to {target}" in failure or target in failure
            assert canary.requests == []

    run(ask())


@pytest.mark.parametrize(
    ("sent", "told_of"),
    [
        (response(b"no", status="500 Internal Server Error"), "answered 500"),
        (response(b"no", status="401 Unauthorized"), "answered 401"),
        (response(kind="text/html"), "text/html"),
        (response(kind=""), "no media type"),
        (response(kind="text/csv"), "text/csv"),
        (response(length=10_000), "does not answer"),
        (response(ONE[:-5]), "breaks off"),
        (response(ONE_IN_XML[:-5], kind=XML), "ill-formed"),
        (response(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', kind=XML), "DOCTYPE"),
        (response(b"<a>" * 600, kind=XML), "nested more than 500"),
        (response(b'{"a":' * 600), "nested more than 500"),
        (response(Content_Encoding="gzip"), "not in the encoding"),
        (response(Content_Encoding="gzip, gzip"), "encoding"),
        (response(Content_Encoding="br"), "encoding"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer"),
        (b"", "does not answer"),
    ],
)
def test_what_is_no_answer_is_an_error_that_says_what_came(sent, told_of):
    assert told_of in told(answering(sent))


def test_an_answer_that_drips_ends_at_the_time_limit():
    assert "within 0.4 s" in told(drip, seconds=0.4)


def test_an_endpoint_that_is_silent_ends_at_the_time_limit():
    assert "within 0.3 s" in told(silence, seconds=0.3)


@pytest.mark.parametrize("size", [10_000, 40_000_000])
def test_a_bomb_ends_at_the_size_it_may_have_and_not_at_what_it_swells_to(size):
    sent = response(gzip.compress(b" " * size), Content_Encoding="gzip")
    assert "more than 5,000 bytes" in told(answering(sent), size=5000)


def test_an_answer_without_an_end_stops_at_the_size_it_may_have():
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n\r\n" % JSON.encode())
        while True:
            writer.write(b" " * 65536)
            await writer.drain()

    assert "more than 1,000,000 bytes" in told(flood, size=1_000_000)


def test_an_endpoint_that_is_not_there_is_named():
    async def ask() -> None:
        async with endpoint(silence) as gone:
            pass
        async with forwarding(gone.origin) as passage:
            (address,) = passage.register([gone.iri])
            with pytest.raises(OSError, match=f"{gone.port} does not answer"):
                await asked(address)

    run(ask())


# What is not listed is not reached


@dataclass
class Names:
    """What the DNS says, and what it was asked."""

    addresses: dict[str, Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        return self.addresses.get(host, ())


PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8",
    "198.18.0.1", "203.0.113.7", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "2001:0:1:2::3", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("before", [(), ("93.184.216.34",)])
def test_a_listed_name_that_is_at_a_private_address_is_refused(address, before):
    names = Names({"endpoint.example": (*before, address)})

    async def ask() -> None:
        with pytest.raises(QueryRefusedError, match="no public address"):
            await Fetcher(resolve=names).fetch(
                "http://endpoint.example/",
                frozenset(["http://endpoint.example"]),
                accept=JSON,
                limit=100,
            )

    run(ask())


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_looked_at():
    async def ask() -> None:
        async with endpoint(answering(response())) as canary:
            answers = iter([["127.0.0.1"], ["93.184.216.34"]])

            async def resolve(_: str, __: int) -> Sequence[str]:
                return next(answers)

            listed = frozenset([f"http://localhost:{canary.port}"])
            fetcher = Fetcher(resolve=resolve)
            fetched = await fetcher.fetch(
                f"http://LOCALHOST:{canary.port}/x", listed, accept=JSON, limit=1000
            )
            assert fetched == (ONE, JSON)
            assert f"localhost:{canary.port}".encode() in canary.requests[0]
            assert next(answers) == ["93.184.216.34"]

    run(ask())


def test_localhost_is_only_this_machine():
    names = Names({"localhost": ("10.0.0.1",)})

    async def ask() -> None:
        with pytest.raises(QueryRefusedError, match="no public address"):
            await Fetcher(resolve=names).fetch(
                "http://localhost/", frozenset(["http://localhost"]), accept="", limit=1
            )

    run(ask())


TRICKS = [
    "http://good.example@127.0.0.1:{port}/",
    "http://good.example:80@127.0.0.1:{port}/",
    "http://user:password@good.example/",
    "http://127.0.0.1:{port}\\@good.example/",
    "http://good.example\\@127.0.0.1:{port}/",
    "http://good.example%2f@127.0.0.1:{port}/",
    "http://good.example.127.0.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://good.example./",
    "http://good.example:8080/",
    "https://good.example/",
    "http://xgood.example/",
    "http://good.example.evil.example/",
    "http://good%2eexample/",
    "http://good.example:/",
    "http://good.example:99999999/",
    "http://go\u3002od.example/",
    "http://\u24d6ood.example/",
    "http:good.example/",
    "http:///good.example/",
    "//good.example/",
    "good.example",
    "",
    "file:///etc/passwd",
    "file://good.example/etc/passwd",
    "FILE:/etc/passwd",
    "ftp://good.example/",
    "gopher://good.example/",
    "unix:///run/x.sock",
    "data:text/plain,x",
    "http://good.example/a b",
    "http://good.example/\r\nX-Header: 1",
    " http://good.example/",
    "http://good.example\t/",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_what_only_looks_like_a_listed_origin_is_refused_and_not_looked_up(trick):
    names = Names({"good.example": ("127.0.0.1",)})

    async def ask() -> None:
        async with endpoint(answering(response())) as canary:
            with pytest.raises(QueryRefusedError) as caught:
                await Fetcher(resolve=names).fetch(
                    trick.format(port=canary.port),
                    frozenset(["http://good.example"]),
                    accept=JSON,
                    limit=1000,
                )
            assert "no public address" not in caught.value.message
            assert (canary.requests, names.asked) == ([], [])

    run(ask())


@pytest.mark.parametrize(
    ("iri", "origin"),
    [
        ("HTTP://Good.Example:80/sparql", "http://good.example"),
        ("https://good.example:443", "https://good.example"),
        ("https://good.example:8443?x=1", "https://good.example:8443"),
        ("http://[0:0::1]:80/", "http://[::1]"),
        ("http://good.example/a#b", "http://good.example"),
        ("http://192.0.2.1/", "http://192.0.2.1"),
    ],
)
def test_an_origin_has_one_spelling(iri, origin):
    assert str(Origin.of(iri)) == origin


def test_a_query_that_the_endpoint_list_does_not_cover_fails_and_says_so():
    async def ask() -> None:
        async with (
            endpoint(answering(response())) as canary,
            forwarding("https://good.example") as passage,
        ):
            (address,) = passage.register([canary.iri])
            with pytest.raises(OSError, match="not among the origins"):
                await asked(address)
            assert canary.requests == []

    run(ask())


def test_the_certificate_must_be_the_hosts_and_of_someone_trusted(tmp_path: Path):
    (tmp_path / "both.pem").write_text(KEY + CERTIFICATE)
    presented = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    presented.load_cert_chain(tmp_path / "both.pem")
    trusting = ssl.create_default_context(cadata=CERTIFICATE)

    async def outcome(host: str, fetcher: Fetcher) -> str:
        async with endpoint(answering(response()), tls=presented) as remote:
            origin = f"https://{host}:{remote.port}"
            try:
                await fetcher.fetch(
                    origin, frozenset([origin]), accept=JSON, limit=1000, seconds=5
                )
            except QueryError as error:
                assert remote.requests == []
                return error.message
            return "fetched"

    async def ask() -> None:
        names = Names({"localhost": ("127.0.0.1",)})
        trusted = Fetcher(resolve=names, tls=trusting)
        assert await outcome("localhost", trusted) == "fetched"
        assert "certificate" in await outcome("127.0.0.1", trusted)
        assert "certificate" in await outcome("localhost", Fetcher(resolve=names))

    run(ask())


# The forwarder itself


def test_nobody_without_the_secret_is_forwarded():
    async def ask() -> None:
        async with (
            endpoint(answering(response())) as canary,
            forwarding(canary.origin) as passage,
        ):
            (address,) = passage.register([canary.iri])
            root, _, _ = address.rpartition("/")
            other = root[:-1] + ("a" if root[-1] != "a" else "b")
            for wrong in (f"{other}/0", f"{root}/1", f"{root}/00001", f"{root}/"):
                with pytest.raises(OSError, match="returned by"):
                    await asked(wrong)
            assert await raw(address, "GET / HTTP/1.1\r\n\r\n") == "400"
            assert await raw(address, "x" * 40_000) == "400"
            assert canary.requests == []

    run(ask())


async def raw(address: str, text: str) -> str:
    port = int(address.split(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    status = (await reader.readline()).split()[1].decode()
    writer.close()
    return status


def test_a_query_that_is_released_is_forgotten_and_broken_off():
    async def ask() -> None:
        async with endpoint(silence) as remote, forwarding(remote.origin) as passage:
            addresses = passage.register([remote.iri])
            asking = asyncio.create_task(asked(addresses[0]))
            while not remote.requests:
                await asyncio.sleep(0.01)
            passage.release(addresses)
            with pytest.raises(OSError, match=r"\S"):
                await asking
            await remote.left.wait()
            assert passage.failure(addresses[0]) is None
            with pytest.raises(OSError, match="404"):
                await asked(addresses[0])

    run(ask())


def test_when_the_asking_process_ends_so_does_the_request_to_the_endpoint():
    async def ask() -> None:
        async with endpoint(silence) as remote, forwarding(remote.origin) as passage:
            (address,) = passage.register([remote.iri])
            path = "/" + address.split("/", 3)[3]
            port = int(address.split(":")[2].partition("/")[0])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            head = f"POST {path} HTTP/1.1\r\nContent-Type: application/sparql-query\r\n"
            writer.write(f"{head}Content-Length: 3\r\n\r\nASK".encode())
            while not remote.requests:
                await asyncio.sleep(0.01)
            writer.close()
            await remote.left.wait()

    run(ask())


def test_one_query_has_only_so_many_requests_at_once_and_in_all():
    async def ask() -> None:
        most = running = 0

        async def slow(writer: asyncio.StreamWriter) -> None:
            nonlocal most, running
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.1)
            running -= 1
            writer.write(response())
            await writer.drain()

        async with (
            endpoint(slow) as remote,
            forwarding(remote.origin, per_query=2, calls=6) as passage,
        ):
            (address,) = passage.register([remote.iri])
            answers = await asyncio.gather(*(asked(address) for _ in range(6)))
            assert (most, answers) == (2, [["<http://x/1>"]] * 6)
            with pytest.raises(OSError, match="more than 6 times"):
                await asked(address)

    run(ask())


def test_all_queries_together_have_only_so_many_requests_at_once():
    async def ask() -> None:
        async with (
            endpoint(silence) as remote,
            forwarding(remote.origin, in_all=2, seconds=0.5) as passage,
        ):
            addresses = [passage.register([remote.iri])[0] for _ in range(3)]
            asking = [asyncio.create_task(asked(address)) for address in addresses]
            await asyncio.sleep(0.3)
            assert len(remote.requests) == 2
            outcomes = await asyncio.gather(*asking, return_exceptions=True)
            assert all(isinstance(outcome, OSError) for outcome in outcomes)

    run(ask())


def test_a_forwarder_that_is_closed_forwards_nothing():
    async def ask() -> None:
        async with endpoint(silence) as remote, forwarding(remote.origin) as passage:
            (address,) = passage.register([remote.iri])
            asking = asyncio.create_task(asked(address))
            while not remote.requests:
                await asyncio.sleep(0.01)
            await passage.close()
            with pytest.raises(OSError, match=r"\S"):
                await asking
            with pytest.raises(StoreError):
                passage.register([remote.iri])

    run(ask())


# Fetching a document


def test_a_document_is_fetched_with_its_media_type():
    async def ask() -> None:
        sent = response(b"<a> <b> 1 .", kind="text/turtle; charset=utf-8")
        async with endpoint(answering(sent)) as remote:
            fetched = await Fetcher().fetch(
                f"{remote.origin}/data.ttl#part",
                frozenset([remote.origin]),
                accept="text/turtle",
                limit=100,
            )
            assert fetched == (b"<a> <b> 1 .", "text/turtle")
            assert remote.requests[0].startswith(b"GET /data.ttl HTTP/1.1\r\n")

    run(ask())


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (response(b"x" * 101), LimitError),
        (response(status="404 Not Found"), QueryError),
        (response(status="301 Moved", Location="http://127.0.0.1:9/"), QueryError),
    ],
)
def test_a_document_that_cannot_be_had_is_an_error(sent, error):
    async def ask() -> None:
        async with endpoint(answering(sent)) as remote:
            with pytest.raises(error) as caught:
                await Fetcher().fetch(
                    remote.iri, frozenset([remote.origin]), accept="*/*", limit=100
                )
            assert isinstance(caught.value, KnowledgeGraphError)

    run(ask())


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    async def ask() -> None:
        async with (
            endpoint(answering(response())) as remote,
            endpoint(answering(response())) as proxy,
        ):
            for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.origin)
            await Fetcher().fetch(
                remote.iri, frozenset([remote.origin]), accept="*/*", limit=1000
            )
            assert (len(remote.requests), proxy.requests) == (1, [])

    run(ask())
