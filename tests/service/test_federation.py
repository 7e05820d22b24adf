"""Federation: the join of our bombers with the service dates of Wikidata, and what happens
when the endpoint is off, slow, huge or lying.

The stand-in for Wikidata is a server of ours with a few made-up dates, which speaks the
SPARQL protocol; those that misbehave are sockets.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from milgraph.errors import QueryRefusedError, SettingsError
from milgraph.sparql import ENDPOINTS, Policy, Services, inspect

# Made up: that they are not the years of the real Wikidata shows where they come from.
DATES = """
@prefix wd: <http://www.wikidata.org/entity/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
wd:Q181815 wdt:P729 "1901-01-01T00:00:00Z"^^xsd:dateTime .
wd:Q174534 wdt:P729 "1902-02-02T00:00:00Z"^^xsd:dateTime .
wd:Q42 wdt:P729 "1903-03-03T00:00:00Z"^^xsd:dateTime .
"""
QUERY = "service-entry-of-bombers"
WIKIDATA = "https://query.wikidata.org/sparql"
RESULTS = "application/sparql-results+json"
EMPTY = json.dumps({"head": {"vars": ["item"]}, "results": {"bindings": []}}).encode()
JOINED = {
    ("platform/b-52", "Q174534", "1902"),
    ("platform/b-52h", "Q174534", "1902"),
    ("platform/tu-95", "Q181815", "1901"),
    ("platform/tu-95ms", "Q181815", "1901"),
}
Handler = Callable[[BaseHTTPRequestHandler], None]


def rows_of(results: str) -> set[tuple[str, str, str]]:
    bindings = json.loads(results)["results"]["bindings"]
    return {
        (
            row["bomber"]["value"].partition("/milgraph/")[2],
            row["item"]["value"].rpartition("/")[2],
            row["serviceEntry"]["value"][:4],
        )
        for row in bindings
    }


@pytest.fixture(scope="module")
def stand_in(start, tmp_path_factory) -> Iterator[str]:
    """A server that has what Wikidata would say, at its own address."""
    folder = tmp_path_factory.mktemp("wikidata")
    (folder / "dates.ttl").write_text(DATES, encoding="utf-8")
    with start(folder / "data", "--plain", str(folder / "dates.ttl")) as server:
        yield f"{server.address}/sparql"


@pytest.fixture(scope="module")
def joining(start, built, stand_in) -> Iterator[str]:
    """Our service, which asks the stand-in in the place of Wikidata."""
    with start(built, SERVICES=f"wikidata={stand_in}") as server:
        yield server.address


def asked(address: str, **parameters: str) -> httpx.Response:
    return httpx.get(
        f"{address}/queries/{QUERY}",
        params={"format": "json", **parameters},
        timeout=30,
    )


class TestTheJoin:
    def test_our_bombers_get_their_dates_from_there(self, joining):
        answer = asked(joining)
        assert answer.status_code == 200, answer.text
        assert rows_of(answer.text) == JOINED

    def test_it_is_answered_for_the_moment_only(self, joining):
        answer = asked(joining)
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers

    def test_people_see_it_as_a_page(self, joining):
        page = httpx.get(
            f"{joining}/queries/{QUERY}", headers={"Accept": "text/html"}, timeout=30
        )
        assert page.status_code == 200
        assert "1901-01-01" in page.text

    def test_the_endpoint_takes_such_a_query_too(self, joining):
        text = f"SELECT * {{ SERVICE <{WIKIDATA}> {{ ?item ?p ?when }} }}"
        answer = httpx.get(
            f"{joining}/sparql", params={"query": text, "format": "json"}, timeout=30
        )
        assert len(answer.json()["results"]["bindings"]) == 3

    def test_another_address_of_the_same_origin_is_not_called(self, joining):
        text = "SELECT * { SERVICE <https://query.wikidata.org/other> { ?s ?p ?o } }"
        answer = httpx.get(f"{joining}/sparql", params={"query": text}, timeout=30)
        assert answer.status_code == 400
        assert "not among the origins" in answer.text

    def test_the_stand_in_cannot_be_named_itself(self, joining, stand_in):
        text = f"SELECT * {{ SERVICE <{stand_in}> {{ ?s ?p ?o }} }}"
        answer = httpx.get(f"{joining}/sparql", params={"query": text}, timeout=30)
        assert answer.status_code == 403


class TestTheCommandLine:
    def run(
        self, built, services: str, **more: str
    ) -> subprocess.CompletedProcess[str]:
        told = {"MILGRAPH_DATA": str(built), "MILGRAPH_SERVICES": services, **more}
        return subprocess.run(
            [sys.executable, "-m", "milgraph", "query", QUERY, "--json"],
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_it_calls_as_the_service_does(self, built, stand_in):
        done = self.run(built, f"wikidata={stand_in}")
        assert done.returncode == 0, done.stderr
        assert rows_of(done.stdout) == JOINED

    def test_what_is_not_enabled_is_refused_with_what_enables_it(self, built):
        done = self.run(built, "")
        assert done.returncode == 2
        assert "MILGRAPH_SERVICES" in done.stderr
        assert "wikidata" in done.stderr

    def test_an_endpoint_that_is_off_is_told_in_a_sentence(self, built):
        done = self.run(built, "wikidata=http://127.0.0.1:9/sparql")
        assert done.returncode == 2
        assert "http://127.0.0.1:9 does not answer" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_name_that_is_not_known_is_told_with_the_nearest(self, built):
        done = self.run(built, "wikidat")
        assert done.returncode == 2
        assert "Did you mean wikidata?" in done.stderr


def test_nothing_is_enabled_unless_it_is_listed(http):
    answer = http.get(f"/queries/{QUERY}?format=json")
    assert answer.status_code == 403
    assert "MILGRAPH_SERVICES" in answer.json()["hint"]


def test_what_is_known_but_not_listed_is_told_by_name():
    text = f"SELECT * {{ SERVICE <{WIKIDATA}> {{ ?s ?p ?o }} }}"
    policy = Policy(services=Services.of(["dbpedia"]).origins)
    with pytest.raises(QueryRefusedError) as refused:
        inspect(text, policy)
    assert "MILGRAPH_SERVICES=wikidata enables it" in refused.value.hint


def test_every_known_endpoint_has_a_licence_and_an_origin_of_its_own():
    assert set(ENDPOINTS) == {"wikidata", "dbpedia"}
    assert all(known.licence for known in ENDPOINTS.values())
    assert len(Services.of(ENDPOINTS).origins) == len(ENDPOINTS)


@pytest.mark.parametrize("listed", ["wikidat", "ftp://example.org", "x=http://a/"])
def test_what_is_neither_known_nor_an_origin_is_no_service(listed):
    with pytest.raises(SettingsError):
        Services.of([listed])


class Behaving:
    """An endpoint that answers each POST as it is told to."""

    behave: Handler

    def __init__(self) -> None:
        told = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                # Whoever asks may have left before the answer.
                with suppress(OSError):
                    told.behave(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/sparql"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Behaving]:
    behaving = Behaving()
    serve = behaving.server.serve_forever
    thread = threading.Thread(target=serve, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield behaving
    finally:
        behaving.server.shutdown()
        behaving.server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def asking(start, built, endpoint) -> Iterator[str]:
    """Our service, which asks that endpoint, and waits for a second."""
    settings = {
        "SERVICES": f"wikidata={endpoint.address}",
        "SERVICE_TIME_LIMIT": "1",
        "SERVICE_SIZE_LIMIT": "1",
    }
    with start(built, **settings) as server:
        yield server.address


def send(handler: BaseHTTPRequestHandler, body: bytes, **headers: str) -> None:
    status = int(headers.pop("status", "200"))
    handler.send_response(status)
    given = {"Content_Type": RESULTS, "Content_Length": str(len(body)), **headers}
    for name, value in given.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)
    send(handler, EMPTY)


def huge(handler: BaseHTTPRequestHandler) -> None:
    send(handler, EMPTY[:-1] + b" " * (1024 * 1024) + b"}")


def a_page(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"<html>Welcome</html>", Content_Type="text/html")


def elsewhere(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"", status="302", Location="http://169.254.169.254/secrets")


def truncated(handler: BaseHTTPRequestHandler) -> None:
    send(handler, EMPTY[:30], Content_Length="5000")


def half_a_document(handler: BaseHTTPRequestHandler) -> None:
    send(handler, EMPTY[:30])


def busy(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"later", status="503", Retry_After="9")


def a_graph_of_its_own(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b'{"@context": {}}')


def too_deep(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"[" * 100_000)


MISBEHAVING = {
    slow: "did not answer within 1 s",
    huge: "sent more than 1,048,576 bytes",
    a_page: "answered with text/html",
    elsewhere: "redirects to http://169.254.169.254, which is not followed",
    truncated: "does not answer",
    half_a_document: "",
    busy: "answered 503",
    a_graph_of_its_own: "",
    too_deep: "",
}


@pytest.mark.parametrize("behave", MISBEHAVING, ids=lambda behave: behave.__name__)
def test_an_endpoint_that_misbehaves_is_told_and_not_believed(asking, endpoint, behave):
    endpoint.behave = behave
    answer = asked(asking)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert MISBEHAVING[behave] in answer.json()["detail"]
    # Whoever asks something else is answered as ever.
    assert httpx.get(f"{asking}/ready").status_code == 200


def test_silent_leaves_out_what_an_endpoint_does_not_say(asking, endpoint):
    endpoint.behave = busy
    text = (
        f"SELECT * {{ VALUES ?x {{ 1 }} SERVICE SILENT <{WIKIDATA}> {{ ?s ?p ?o }} }}"
    )
    answer = httpx.get(f"{asking}/sparql", params={"query": text, "format": "json"})
    assert answer.status_code == 200
    assert len(answer.json()["results"]["bindings"]) == 1
