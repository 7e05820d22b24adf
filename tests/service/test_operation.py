"""What is around every answer: who may end a query, what is counted and written down, and
how a server bears clients that hold on to it, several processes, and its end.

The application behind it is a small one, so that what it does is known.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from milgraph.errors import SettingsError
from milgraph.service.workers import require_one_worker

PROGRAM = Path(__file__).with_name("operated.py")
GUARDED = {"token": "sesame"}
BEARER = {"Authorization": "Bearer sesame"}
PAGE = {"Accept": "text/html"}


class Operated:
    """A server of the small application."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address
        # Each request on a connection of its own, since a connection has one worker.
        self.client = httpx.Client(
            base_url=address,
            timeout=30,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def get(self, path: str, **given: object) -> httpx.Response:
        return self.client.get(path, **given)

    def delete(self, path: str, **given: object) -> httpx.Response:
        return self.client.delete(path, **given)

    def post(self, path: str, **given: object) -> httpx.Response:
        return self.client.post(path, **given)

    def ask(self, query: str, seconds: float = 0) -> httpx.Response:
        return self.get("/sparql", params={"query": query, "seconds": seconds})

    def connect(self, content: bytes = b"") -> socket.socket:
        place = urlsplit(self.address)
        found = socket.create_connection((place.hostname, place.port), timeout=20)
        found.sendall(content)
        return found

    def stop(self) -> str:
        """End the server, and return what it told on standard error."""
        self.process.send_signal(signal.SIGTERM)
        _, told = self.process.communicate(timeout=20)
        return told

    def processes(self, number: int) -> set[int]:
        """Return the processes that answer, when so many were met."""
        met = set()
        deadline = time.monotonic() + 20
        while len(met) < number and time.monotonic() < deadline:
            # At once, so that one process is not quick enough for all of them.
            with ThreadPoolExecutor(8) as threads:
                asked = [threads.submit(self.get, "/process") for _ in range(16)]
                met |= {int(one.result().text) for one in asked}
        return met


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


Operate = Callable[..., AbstractContextManager[Operated]]


@pytest.fixture
def operate(tmp_path) -> Operate:
    @contextmanager
    def operated(**settings: object) -> Iterator[Operated]:
        given = json.dumps({"data": str(tmp_path), **settings})
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), given],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                told = process.stdout.readline()
                assert told, process.communicate()
                server = Operated(process, told.split()[-1])
                with server.client:
                    yield server
            finally:
                process.terminate()
                with contextlib.suppress(ValueError):
                    process.communicate(timeout=20)

    return operated


@contextmanager
def running(server: Operated, *queries: str) -> Iterator[list[httpx.Response]]:
    """Ask queries that take a minute, and wait until they run."""
    with ThreadPoolExecutor(len(queries)) as threads:
        asked = [threads.submit(server.ask, query, 60) for query in queries]
        wait_until(
            lambda: len(server.get("/running", headers=BEARER).json()) == len(queries)
        )
        answers: list[httpx.Response] = []
        yield answers
        answers += [one.result() for one in asked]


def samples(server: Operated) -> dict[tuple[str, ...], float]:
    """Return the metrics by name and labels, as Prometheus reads them."""
    response = server.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_metrics_say_what_happened(operate):
    with operate(**GUARDED) as server:
        for _ in range(3):
            server.ask("ASK {}")
        server.ask("ASK {}", 0.3)
        server.get("/nowhere")
        server.get("/made/up")
        found = samples(server)
        server.stop()
    assert found["milgraph_queries_total", "ok"] == 4
    assert found["milgraph_answer_bytes_total",] == 4 * len("answer")
    assert found["milgraph_http_requests_total", "/sparql", "200"] == 4
    assert found["milgraph_http_requests_total", "other", "404"] == 2
    assert found["milgraph_query_duration_seconds_bucket", "0.25"] == 3
    assert found["milgraph_query_duration_seconds_bucket", "+Inf"] == 4
    assert found["milgraph_query_duration_seconds_count",] == 4
    assert 0.3 <= found["milgraph_query_duration_seconds_sum",] < 1
    assert found["milgraph_generation",] == 7
    assert found["milgraph_readers", "idle"] == 2
    assert found["milgraph_readers_ended_total", "time"] == 1
    assert found["milgraph_cache_bytes",] == 4096
    assert found["milgraph_cache_lookups_total", "miss"] == 8
    assert found["process_resident_memory_bytes", "server"] > 1_000_000
    assert found["process_cpu_seconds_total", "reader"] > 0
    assert found["milgraph_processes", "reader"] == 1


def test_what_clients_make_up_does_not_become_metrics(operate):
    with operate() as server:
        for number in range(100):
            server.get(f"/{number}")
        assert sum(1 for name in samples(server) if "http" in name[0]) == 1


def test_every_request_is_in_the_access_log(operate, tmp_path):
    log = tmp_path / "access.log"
    with operate(access_log=str(log)) as server:
        server.ask("SELECT\n* {}")
        server.get("/nowhere", headers={"X-Forwarded-For": "made up, 203.0.113.9"})
        assert server.stop() == ""
    first, second = map(json.loads, log.read_text().splitlines())
    assert first["query"] == sha256(b"SELECT\n* {}").hexdigest()[:16]
    assert (first["form"], first["rows"], first["bytes"]) == ("json", 2, 6)
    assert (first["outcome"], first["generation"]) == ("ok", 7)
    assert (second["path"], second["status"]) == ("/nowhere", 404)
    assert (second["client"], second["outcome"]) == ("203.0.113.9", "refused")


def test_the_access_log_may_be_standard_error(operate):
    with operate(access_log="-") as server:
        server.get("/process")
        assert json.loads(server.stop())["path"] == "/process"


def test_the_access_log_is_begun_again_when_it_was_rotated(operate, tmp_path):
    log = tmp_path / "access.log"
    with operate(access_log=str(log), workers=2) as server:
        server.get("/process")
        wait_until(log.read_text)
        log.rename(tmp_path / "access.log.1")
        server.process.send_signal(signal.SIGHUP)
        wait_until(log.exists)
        server.get("/upload")
        server.stop()
    assert "/upload" in log.read_text()
    assert "/process" in (tmp_path / "access.log.1").read_text()


def test_a_slow_query_is_told_on_standard_error_without_a_log(operate):
    with operate(slow_query=0.2) as server:
        server.ask("ASK { ?quick ?p ?o }")
        server.ask("ASK {\n ?slow ?p ?o }", 0.3)
        (line,) = server.stop().splitlines()
    assert "slow query" in line
    assert line.endswith("ok, generation 7: ASK { ?slow ?p ?o }")


def test_a_client_that_asks_too_often_is_told_when_to_ask_again(operate):
    with operate(rate_limit=2) as server:
        with httpx.Client(base_url=server.address) as client:
            statuses = [client.get("/process").status_code for _ in range(6)]
            refused = client.get("/process")
            other = client.get("/process", headers={"X-Forwarded-For": "203.0.113.9"})
        assert statuses == [200] * 4 + [429] * 2
        assert refused.headers["Retry-After"] == "1"
        assert refused.json()["title"] == "Too Many Requests"
        assert other.status_code == 200


def test_running_queries_are_listed_to_whoever_has_the_token(operate):
    with operate(**GUARDED) as server:
        with running(server, "SELECT * {\n ?s ?p ?o }"):
            (listed,) = server.get("/running", headers=BEARER).json()
            server.delete("/running/1", headers=BEARER)
        assert listed.pop("seconds") < 10
        assert listed == {
            "number": 1,
            "address": "/running/1",
            "state": "evaluating",
            "client": "127.0.0.1",
            "query": "SELECT * { ?s ?p ?o }",
        }
        refused = server.get("/running")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        wrong = server.delete("/running/1", headers={"Authorization": "Bearer x"})
        assert wrong.status_code == 401


def test_a_running_query_is_cancelled_and_its_client_told(operate):
    with operate(**GUARDED) as server:
        with running(server, "ASK {}") as answers:
            assert server.delete("/running/1", headers=BEARER).status_code == 204
        assert [one.status_code for one in answers] == [503]
        assert samples(server)["milgraph_queries_total", "cancelled"] == 1
        for number in ("1", "99", "x", "1-1", "-1", "9" * 99):
            gone = server.delete(f"/running/{number}", headers=BEARER)
            assert gone.status_code == 404


def test_without_a_token_configured_nobody_lists_or_cancels(operate):
    with operate() as server:
        refused = server.get("/running")
        assert refused.status_code == 403
        assert "MILGRAPH_TOKEN" in refused.json()["hint"]
        assert server.delete("/running/1").status_code == 403
        assert server.post("/running").status_code == 403


def test_a_browser_lists_and_cancels_with_a_form(operate):
    with operate(**GUARDED) as server:
        with running(server, "ASK { ?s ?p '<b>' }") as answers:
            asked = server.get("/running", headers=PAGE)
            assert (asked.status_code, "ASK" in asked.text) == (401, False)
            wrong = server.post("/running", data={"token": "x", "cancel": "1"})
            assert (wrong.status_code, "ASK" in wrong.text) == (401, False)
            listed = server.post("/running", data={"token": "sesame"})
            assert "ASK { ?s ?p &#x27;&lt;b&gt;&#x27; }" in listed.text
            assert "sesame" not in listed.text
            done = server.post("/running", data={"token": "sesame", "cancel": "1"})
            assert "was cancelled" in done.text
        assert [one.status_code for one in answers] == [503]
        assert server.post("/running", content=b"x" * 5000).status_code == 413


def test_a_plain_server_on_loopback_needs_no_token_and_bears_no_other_site(operate):
    with operate(plain=True) as server:
        assert server.get("/running").json() == []
        assert "No query is running" in server.get("/running", headers=PAGE).text
        foreign = {"Origin": "https://evil.example"}
        refused = server.post("/running", headers=foreign)
        assert refused.status_code == 403


def body(client: socket.socket) -> bytes:
    """Return the short body of the next answer."""
    told = b""
    while not told.rpartition(b"\r\n\r\n")[2]:
        told += client.recv(4096)
    return told.rpartition(b"\r\n\r\n")[2]


SLOW = b"GET /process HTTP/1.1\r\nHost: x\r\nX-Header: "
POST = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"


def drip(client: socket.socket, seconds: float) -> float:
    """Send a byte now and then until the server has had enough; return after how long."""
    begun = time.monotonic()
    while time.monotonic() - begun < 20:
        try:
            client.sendall(b"x")
        except OSError:
            break
        time.sleep(seconds)
    return time.monotonic() - begun


def ended(client: socket.socket) -> tuple[float, bytes]:
    """Return after how long the server ended the connection, and what it said."""
    begun = time.monotonic()
    told = b""
    with contextlib.suppress(ConnectionError):
        while part := client.recv(65536):
            told += part
    return time.monotonic() - begun, told


def test_clients_that_keep_the_server_waiting_are_ended_and_others_served(operate):
    with operate(patience=2) as server, ThreadPoolExecutor() as threads:
        silent, half, stalled = (server.connect(c) for c in (b"", SLOW, POST))
        again = server.connect(b"GET /process HTTP/1.1\r\nHost: x\r\n\r\n")
        assert body(again).isdigit()
        again.sendall(b"\r\n")
        dripping, trickling = server.connect(SLOW), server.connect(POST)
        drips = [threads.submit(drip, one, 0.2) for one in (dripping, trickling)]
        waits = [threads.submit(ended, one) for one in (silent, again, half, stalled)]
        for _ in range(20):
            assert server.get("/process").status_code == 200
        silence, second, *refusals = (wait.result() for wait in waits)
        assert 1.5 < silence[0] < 8
        assert 1.5 < second[0] < 8
        assert silence[1] == b""
        for after, told in refusals:
            assert 1.5 < after < 8
            assert told.startswith(b"HTTP/1.1 408 ")
        assert all(one.result() < 8 for one in drips)
        for one in (silent, again, half, stalled, dripping, trickling):
            one.close()
        assert server.stop() == ""


def test_who_sends_slowly_but_enough_is_served_and_who_rests_is_kept(operate):
    with operate(patience=1) as server, server.connect() as client:
        sent = b"x" * 20_000
        head = (
            f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        client.sendall(head.encode())
        for begin in range(0, len(sent), 2000):
            client.sendall(sent[begin : begin + 2000])
            time.sleep(0.3)
        assert body(client) == b"20000"
        time.sleep(2.5)
        client.sendall(b"GET /process HTTP/1.1\r\nHost: x\r\n\r\n")
        assert body(client).isdigit()


def test_who_waits_to_be_told_to_go_on_is_not_late(operate):
    with operate(patience=1) as server, server.connect() as client:
        client.sendall(
            b"POST /upload?after=3 HTTP/1.1\r\nHost: x\r\n"
            b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        )
        assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"12345")
        assert body(client) == b"5"


def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(operate):
    with operate() as server, server.connect(SLOW) as client:
        with contextlib.suppress(ConnectionError):
            for _ in range(1000):
                client.sendall(b"x" * 65536)
        _, told = ended(client)
        assert told == b"" or told.startswith(b"HTTP/1.1 431 ")
        assert server.get("/process").status_code == 200
        assert samples(server)["process_resident_memory_bytes", "server"] < 200e6


def test_more_connections_than_there_may_be_push_out_those_that_only_wait(operate):
    with operate(most=20) as server:
        idle = [server.connect(SLOW) for _ in range(20)]
        time.sleep(1.2)
        for _ in range(5):
            assert server.get("/process").status_code == 200
        for one in idle:
            one.close()


def test_where_all_connections_are_busy_another_is_told_so(operate):
    with operate(most=3, **GUARDED) as server:
        asked = b"GET /sparql?query=ASK&seconds=5 HTTP/1.1\r\nHost: x\r\n\r\n"
        busy = [server.connect(asked) for _ in range(3)]
        time.sleep(0.3)
        with server.connect() as another:
            assert another.recv(4096).startswith(b"HTTP/1.1 503 ")
        assert all(one.recv(4096).startswith(b"HTTP/1.1 200 ") for one in busy)
        for one in busy:
            one.close()


def test_what_is_being_answered_is_finished_when_the_server_ends(operate):
    with operate() as server, ThreadPoolExecutor() as threads:
        idle = server.connect()
        half = server.connect(SLOW)
        asked = threads.submit(server.ask, "ASK {}", 1)
        time.sleep(0.4)
        begun = time.monotonic()
        assert server.stop() == ""
        assert time.monotonic() - begun < 3
        assert server.process.returncode == 0
        answer = asked.result()
        assert (answer.status_code, answer.text) == (200, "answer")
        for one in (idle, half):
            assert ended(one)[0] < 1
            one.close()


def test_what_does_not_finish_is_cut_and_never_ended_as_if_it_were_whole(operate):
    stream = b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"
    query = b"GET /sparql?query=ASK&seconds=60 HTTP/1.1\r\nHost: x\r\n\r\n"
    with (
        operate() as server,
        server.connect(stream) as read,
        server.connect(stream),
        server.connect(query) as asked,
        ThreadPoolExecutor() as threads,
    ):
        told = [threads.submit(ended, one) for one in (read, asked)]
        time.sleep(0.5)
        begun = time.monotonic()
        assert server.stop() == ""
        assert time.monotonic() - begun < 8
        part, nothing = (one.result()[1] for one in told)
    assert part.startswith(b"HTTP/1.1 200 ")
    assert not part.endswith(b"0\r\n\r\n")
    assert nothing.startswith(b"HTTP/1.1 503 ")


def test_several_workers_answer_at_one_address_and_end_together(operate):
    with operate(workers=3) as server:
        workers = server.processes(3)
        assert len(workers) == 3
        assert server.process.pid not in workers
        assert server.stop() == ""
        assert server.process.returncode == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_graph_that_one_process_writes_has_one_worker():
    require_one_worker(1)
    with pytest.raises(SettingsError, match="one worker"):
        require_one_worker(2)


def test_clients_that_stay_connected_are_shared_out_among_the_workers(operate):
    with operate(workers=2) as server, contextlib.ExitStack() as open_:
        clients = [open_.enter_context(server.connect()) for _ in range(24)]
        for one in clients:
            one.sendall(b"GET /process HTTP/1.1\r\nHost: x\r\n\r\n")
        answered = Counter(map(body, clients))
        assert sum(answered.values()) == 24
        assert min(answered.values()) >= 8


def test_a_worker_that_dies_is_started_again(operate):
    with operate(workers=2) as server:
        before = server.processes(2)
        os.kill(min(before), signal.SIGKILL)
        wait_until(lambda: len(server.processes(2) - before) == 1)
        told = server.stop()
        assert "ended by signal 9; it is started again" in told
        assert server.process.returncode == 0


def test_workers_that_keep_dying_end_the_server(tmp_path, operate):
    with operate(workers=2, longest_wait=0.1) as server:
        workers = server.processes(2)
        (tmp_path / "broken").touch()
        os.kill(min(workers), signal.SIGKILL)
        _, told = server.process.communicate(timeout=60)
        assert server.process.returncode == 1
        assert "too many have" in told
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_workers_that_cannot_start_are_not_announced(tmp_path, operate):
    (tmp_path / "broken").touch()
    with pytest.raises(AssertionError) as refused, operate(workers=2):
        pass
    assert "there is something broken" in str(refused.value)
    assert "could not be started" in str(refused.value)


def test_workers_do_not_outlive_their_parent(operate):
    with operate(workers=2) as server:
        workers = server.processes(2)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_workers_know_of_each_other_what_runs_and_what_was_counted(operate):
    queries = [f"ASK {{ {number} }}" for number in range(12)]
    with operate(workers=2, **GUARDED) as server:
        with running(server, *queries) as answers:
            listed = server.get("/running", headers=BEARER).json()
            assert {one["query"] for one in listed} == set(queries)
            addresses = [one["address"] for one in listed]
            assert len(set(addresses)) == 12
            assert {a.split("/")[2].split("-")[0] for a in addresses} <= {"0", "1"}
            for path in addresses:
                assert server.delete(path, headers=BEARER).status_code == 204
        assert [one.status_code for one in answers] == [503] * 12
        found = samples(server)
        cancelled = [
            value
            for (name, *labels), value in found.items()
            if name == "milgraph_queries_total" and "cancelled" in labels
        ]
        assert sum(cancelled) == 12
        assert {found["milgraph_generation", worker] for worker in "01"} == {7}
        for name in ("7-1", "1", "0-99"):
            gone = server.delete(f"/running/{name}", headers=BEARER)
            assert gone.status_code == 404


ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def test_the_graph_is_served_with_all_of_this(built, start, tmp_path, monkeypatch):
    log = tmp_path / "access.log"
    monkeypatch.setenv("MILGRAPH_ACCESS_LOG", str(log))
    monkeypatch.setenv("MILGRAPH_SLOW_QUERY", "0.2")
    monkeypatch.setenv("MILGRAPH_TOKEN", "sesame")
    with start(built, "--workers", "2") as served, ThreadPoolExecutor() as threads:
        server = Operated(served.process, served.address)
        half = server.connect(
            b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        assert half.recv(65536).startswith(b"HTTP/1.1 200 ")
        # The next request stops in the middle of its first line.
        half.sendall(b"GET /spar")
        waiting = threads.submit(ended, half)
        query = {"query": ENDLESS}
        asked = [
            threads.submit(server.client.get, "/sparql", params=query),
            threads.submit(server.client.post, "/sparql", data=query),
        ]

        def listed() -> list[dict[str, object]]:
            return server.get("/running", headers=BEARER).json()

        wait_until(lambda: len(listed()) == 2)
        time.sleep(0.3)
        for one in listed():
            assert one["query"] == ENDLESS
            assert server.delete(one["address"], headers=BEARER).status_code == 204
        for answer in (one.result() for one in asked):
            assert answer.status_code == 422
            assert "cancelled" in answer.json()["detail"]
        wait_until(lambda: not listed())
        found = samples(server)
        counted = {
            labels[0]: sum(
                value
                for (name, *others), value in found.items()
                if name == "milgraph_queries_total" and others[0] == labels[0]
            )
            for (name, *labels) in found
            if name == "milgraph_queries_total"
        }
        assert counted == {"ok": 1, "cancelled": 2}
        assert found["milgraph_processes", "reader", "0"] > 0
        assert waiting.result()[0] < 15
        half.close()
        server.client.close()
        told = server.stop()
    assert told.count("slow query") == 2
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    queries = [line for line in lines if "query" in line]
    assert Counter(q["outcome"] for q in queries) == {"ok": 1, "cancelled": 2}
    assert {q["query"] for q in queries if q["outcome"] == "cancelled"} == {
        sha256(ENDLESS.encode()).hexdigest()[:16]
    }
