"""Asking a live target: only where it is listed, once, and what it answers is kept as a file."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from milgraph.errors import KnowledgeGraphError, ParameterError
from milgraph.linking import target_of
from milgraph.linking.live import ENDPOINT, fetch
from milgraph.matching import Name, Profile

ANSWER = (
    Path(__file__).parents[1] / "samples" / "links" / "wikidata-results.json"
).read_bytes()
WIKIDATA = target_of("wikidata")
BASE = Profile("https://w3id.org/milgraph/place/x", (Name('A "base"', "en"),))


class Endpoint(HTTPServer):
    """A stand-in for the query service."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.media_type = "application/sparql-results+json"
        self.status = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked.append(self.rfile.read(length).decode())
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.media_type)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_answer_is_kept_and_read_as_a_copy(endpoint, tmp_path):
    path = tmp_path / "wikidata.json"
    listed = replace(WIKIDATA, origins=frozenset([endpoint.address]))
    fetch(listed, [BASE], path, endpoint=f"{endpoint.address}/sparql")
    (asked,) = endpoint.asked
    assert 'VALUES ?name { "A \\"base\\""@en }' in asked
    (item,) = WIKIDATA.read(path)
    assert item.label == "Andersen Air Force Base"
    with pytest.raises(ParameterError, match="there already"):
        fetch(listed, [BASE], path, endpoint=f"{endpoint.address}/sparql")


def test_nobody_is_asked_who_is_not_listed(endpoint, tmp_path):
    path = tmp_path / "wikidata.json"
    with pytest.raises(KnowledgeGraphError, match="not among the origins"):
        fetch(WIKIDATA, [BASE], path, endpoint=f"{endpoint.address}/sparql")
    assert not endpoint.asked
    assert not path.exists()
    assert WIKIDATA.origins == {"https://query.wikidata.org"}
    assert ENDPOINT.startswith("https://query.wikidata.org/")


@pytest.mark.parametrize(
    ("status", "media_type", "told"),
    [
        (200, "text/html", "answered text/html"),
        (302, "text/html", "redirects"),
        (500, "", "500"),
    ],
)
def test_what_is_no_answer_leaves_no_file(endpoint, tmp_path, status, media_type, told):
    endpoint.status, endpoint.media_type = status, media_type
    listed = replace(WIKIDATA, origins=frozenset([endpoint.address]))
    path = tmp_path / "wikidata.json"
    with pytest.raises(KnowledgeGraphError, match=told):
        fetch(listed, [BASE], path, endpoint=f"{endpoint.address}/sparql")
    assert not path.exists()
