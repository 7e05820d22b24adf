"""Writing needs the token, asking too often is refused, and neither tells more than it has to."""

import math
import time
from http import HTTPStatus
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from milgraph import authors
from milgraph.authors import Authors
from milgraph.errors import ForbiddenError
from milgraph.history import Author
from milgraph.service import access
from milgraph.service.access import (
    RateLimit,
    client_of,
    exposure_warning,
    too_many,
)
from milgraph.service.addresses import bind
from milgraph.service.problems import ProblemError
from milgraph.settings import Settings

TOKEN = "open-sesame"  # noqa: S105 - made up


def asked(*authorization: bytes, **others: str) -> HTTPConnection:
    given = {"host": "127.0.0.1:8765", **others}
    raw = [(b"authorization", value) for value in authorization]
    raw += [(n.replace("_", "-").encode(), v.encode()) for n, v in given.items()]
    return HTTPConnection({"type": "http", "headers": Headers(raw=raw).raw})


def with_token(token: str | None = TOKEN, host: str = "127.0.0.1") -> Settings:
    return Settings(data=Path("nowhere"), token=token, host=host)


def require_writer(request: HTTPConnection, settings: Settings, **more) -> Author:
    return access.require_writer(request, settings, Authors(settings), **more)


@pytest.mark.parametrize(
    "authorization",
    [b"Bearer open-sesame", b"bearer open-sesame", b"BEARER   open-sesame "],
)
def test_the_token_opens_the_graph_for_writing(authorization):
    require_writer(asked(authorization), with_token())


@pytest.mark.parametrize(
    "authorization",
    [
        (),
        (b"",),
        (b"Bearer",),
        (b"Bearer ",),
        (b"Bearer open-sesam",),
        (b"Bearer open-sesame!",),
        (b"Bearer open-sesame, Bearer open-sesame",),
        (b"Bearer open-sesame", b"Bearer open-sesame"),
        (b"Bearer open-sesame", b"Basic b3Blbi1zZXNhbWU="),
        (b"Basic open-sesame",),
        (b"open-sesame",),
        (b"Token open-sesame",),
        (b"Bearer \xff\xfe\x00",),
        ("Bearer öffne-dich".encode(),),
        (b"Bearer " + b"x" * 100_000,),
    ],
)
def test_anything_else_is_refused_with_a_challenge(authorization):
    with pytest.raises(ProblemError) as refused:
        require_writer(asked(*authorization), with_token())
    problem = refused.value.problem
    assert problem.status == HTTPStatus.UNAUTHORIZED
    assert problem.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in problem.hint
    assert TOKEN not in repr(problem)


def test_a_token_may_have_letters_of_any_language_and_the_line_end_of_its_file():
    settings = with_token("öffne-dich\n")
    require_writer(asked("Bearer öffne-dich".encode()), settings)


@pytest.mark.parametrize("token", [None, "", "  \n"])
def test_without_a_token_the_server_is_read_only_and_says_how_to_change_that(token):
    for authorization in ((), (b"Bearer ",), (b"Bearer",)):
        with pytest.raises(ForbiddenError) as refused:
            require_writer(asked(*authorization), with_token(token))
        assert "read-only" in refused.value.message
        assert "MILGRAPH_TOKEN" in refused.value.hint


def test_the_comparison_takes_as_long_whatever_is_right(monkeypatch):
    compared = []
    monkeypatch.setattr(
        authors.hmac, "compare_digest", lambda *both: compared.append(both) or False
    )
    for given in (b"Bearer o", b"Bearer open-sesamE", b"Bearer x" + b"y" * 1000):
        with pytest.raises(ProblemError):
            require_writer(asked(given), with_token())
    assert {len(digest) for both in compared for digest in both} == {32}
    assert len(compared) == 3


def test_programs_of_this_machine_write_to_a_plain_server_on_loopback():
    for host in ("127.0.0.1", "localhost", "::1", "127.8.9.10"):
        require_writer(asked(), with_token(None, host), is_plain=True)
    require_writer(
        asked(origin="http://127.0.0.1:8765", sec_fetch_site="same-origin"),
        with_token(None),
        is_plain=True,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104 - what is tested
def test_a_plain_server_that_others_reach_is_read_only_without_a_token(host):
    with pytest.raises(ForbiddenError, match="read-only"):
        require_writer(asked(), with_token(None, host), is_plain=True)
    require_writer(asked(b"Bearer open-sesame"), with_token(TOKEN, host), is_plain=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"host": "evil.example", "origin": "http://evil.example"},
        {"host": "evil.example"},
        {"host": "["},
        {"host": ""},
    ],
)
def test_a_page_of_another_site_does_not_write_to_a_plain_server(headers):
    with pytest.raises(ForbiddenError, match="this machine"):
        require_writer(asked(**headers), with_token(None), is_plain=True)


def clock(monkeypatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(access, "monotonic", lambda: now[0])
    return now


def test_a_client_may_ask_what_two_seconds_bring_at_once_and_then_waits(monkeypatch):
    now = clock(monkeypatch)
    limit = RateLimit(5)
    assert [limit.wait("192.0.2.1") for _ in range(10)] == [0] * 10
    assert limit.wait("192.0.2.1") == pytest.approx(0.2)
    assert limit.wait("192.0.2.1") == pytest.approx(0.2), "a refusal costs nothing"
    assert limit.wait("192.0.2.2") == 0, "another client has a bucket of its own"
    now[0] += 0.2
    assert limit.wait("192.0.2.1") == 0
    assert limit.wait("192.0.2.1") > 0
    now[0] += 1000
    assert [limit.wait("192.0.2.1") for _ in range(10)] == [0] * 10
    assert limit.wait("192.0.2.1") > 0


def test_less_than_one_request_a_second_still_lets_one_through(monkeypatch):
    now = clock(monkeypatch)
    limit = RateLimit(0.1)
    assert limit.wait("192.0.2.1") == 0
    assert limit.wait("192.0.2.1") == pytest.approx(10)
    now[0] += 10
    assert limit.wait("192.0.2.1") == 0


def test_many_clients_are_forgotten_before_they_fill_the_memory():
    limit = RateLimit(1, clients=100)
    for number in range(1000):
        limit.wait(f"10.0.{number // 256}.{number % 256}")
    assert len(limit) == 100


def test_who_asks_on_is_remembered_while_others_come_and_go():
    limit = RateLimit(0.001, clients=10)
    limit.wait("192.0.2.1")
    for number in range(100):
        limit.wait(f"10.0.0.{number}")
        assert limit.wait("192.0.2.1") > 0


def test_the_addresses_of_one_network_of_ipv6_are_one_client():
    limit = RateLimit(0.5)
    assert limit.wait("2001:db8:1:2::1") == 0
    assert limit.wait("2001:db8:1:2:ffff::9") > 0
    assert limit.wait("2001:db8:1:3::1") == 0
    assert limit.wait("192.0.2.1") == 0
    assert limit.wait("::ffff:192.0.2.1") > 0
    assert limit.wait("fe80::1%eth0") == 0
    assert limit.wait("not:an:address") == 0


def test_a_check_costs_microseconds_however_many_clients_there_are():
    limit = RateLimit(1)
    clients = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(50_000)]
    begun = time.process_time()
    for client in clients:
        limit.wait(client)
    assert (time.process_time() - begun) / len(clients) < 20e-6


def test_a_client_is_told_after_which_whole_seconds_to_ask_again():
    problem = too_many(0.01)
    assert (problem.status, problem.headers) == (429, {"Retry-After": "1"})
    assert too_many(3.2).headers["Retry-After"] == str(math.ceil(3.2))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::1", "made up, 2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "203.0.113.9, unknown", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9,", "127.0.0.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
    ],
)
def test_only_a_proxy_on_this_machine_says_who_asks(peer, forwarded, client):
    assert client_of(peer, forwarded) == client


def test_a_server_that_others_reach_comes_with_a_warning():
    with bind("127.0.0.1", 0) as bound:
        assert exposure_warning(bound, with_token()) is None
    with bind("0.0.0.0", 0) as bound:  # noqa: S104 - what is tested
        told = exposure_warning(bound, with_token())
        assert "can be reached from other machines" in told
        assert "TLS" in told
        assert "the token" in told
        assert TOKEN not in told
        assert "the token" not in exposure_warning(bound, with_token(None))
