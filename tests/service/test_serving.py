"""A server tells when it is ready and what to try, stays beside a commit, and ends at once."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from operator import truediv
from resource import RUSAGE_CHILDREN, getrusage
from urllib.parse import urlencode

import httpx
import pytest

from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.settings import Settings

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


LIBRARIES = "fastapi, uvicorn, rdflib, pyoxigraph"


@contextmanager
def spent(times: list[float]) -> Iterator[None]:
    """Adds the processor time of the processes that began and ended here, in seconds."""
    before = getrusage(RUSAGE_CHILDREN)
    yield
    after = getrusage(RUSAGE_CHILDREN)
    times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def test_the_first_lines_name_the_address_and_three_things_to_try(served):
    first, *tries = served.told.splitlines()
    assert served.address in first
    assert len(tries) == 3
    for line in tries:
        address = next(word.strip("'") for word in line.split() if "http" in word)
        assert httpx.get(address).status_code == 200


def test_it_listens_on_loopback_unless_told_otherwise(served):
    assert served.address.startswith("http://127.0.0.1:")


def test_health_is_about_the_process_and_ready_about_the_graph(http):
    assert http.get("/health").json() == {"status": "alive"}
    assert http.get("/ready").json() == {"status": "ready"}


def test_a_built_graph_is_served_for_little_more_than_importing_the_libraries(
    built, start, tmp_path, monkeypatch
):
    # In processor time, of which a machine with other work to do needs up to twice as much for
    # the same: so each start is held against the imports right after it, and one of three
    # has to be what it should. What the first start compiled is there for the next.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    starts, imports = [], []
    for _ in range(4):
        with spent(starts), start(built) as server:
            assert httpx.get(f"{server.address}/ready").status_code == 200
            server.process.terminate()
            server.process.wait(timeout=10)
        with spent(imports):
            subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    assert min(map(truediv, starts[1:], imports[1:])) < 3


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to_with_0_and_without_a_traceback(built, start, end):
    with start(built) as server:
        server.process.send_signal(end)
        _, err = server.process.communicate(timeout=10)
        assert server.process.returncode == 0
        assert err == ""


def test_an_endless_query_keeps_nobody_waiting_and_nothing_alive(built, start):
    with start(built) as server, ThreadPoolExecutor() as threads:
        parameters = {"query": ENDLESS}
        endless = threads.submit(
            httpx.get, f"{server.address}/sparql", params=parameters, timeout=30
        )
        time.sleep(0.5)
        begun = time.perf_counter()
        assert httpx.get(f"{server.address}/ready").status_code == 200
        assert time.perf_counter() - begun < 2
        server.process.send_signal(signal.SIGTERM)
        _, err = server.process.communicate(timeout=10)
        assert server.process.returncode == 0
        assert "Traceback" not in err
        assert endless.result().is_server_error


def test_another_address_than_loopback_comes_with_a_warning(built, start):
    with start(built, "--host", "0.0.0.0") as server:  # noqa: S104 - what is tested
        server.process.send_signal(signal.SIGTERM)
        _, err = server.process.communicate(timeout=10)
        assert "can be reached from other machines" in err


def test_a_commit_made_beside_the_server_is_seen_by_the_next_query(
    tmp_path, start, drill
):
    settings = Settings(data=tmp_path / "graph")
    KnowledgeGraph(settings).load()
    article = tmp_path / "2024-05-14-drill.trig"
    article.write_bytes(drill().content)
    query = {"query": "ASK { article:2024-05-14-drill a mil:Article }"}
    with start(settings.data) as server:
        address = f"{server.address}/sparql"
        assert httpx.get(address, params=query).json()["boolean"] is False
        KnowledgeGraph(settings).load([article])
        assert httpx.get(address, params=query).json()["boolean"] is True


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_must_be_cut_breaks_the_connection(
    built, start, monkeypatch, version, method
):
    """Whichever way the request took; an older client knows the end by it alone."""
    monkeypatch.setenv("MILGRAPH_OUTPUT_LIMIT", "1")
    query = urlencode({"query": "SELECT * { ?a ?b ?c . ?d ?e ?f }", "format": "csv"})
    body = query if method == "POST" else ""
    request = (
        f"{method} /sparql{'' if body else '?' + query} HTTP/{version}\r\nHost: a\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    with start(built) as server:
        host, _, port = server.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(request.encode())
            received = connection.recv(1024)
            assert b" 200 OK" in received
            with pytest.raises(ConnectionResetError):
                read_to_the_end(connection)


def read_to_the_end(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass
