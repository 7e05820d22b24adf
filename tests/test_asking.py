"""Asking: a program's query is inspected, limited, and answered with its state."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from milgraph.asking import Asker, Reply
from milgraph.errors import LimitError, QueryError, QueryRefusedError, StoreError
from milgraph.settings import Limits, Settings
from milgraph.terms import NamedNode

JAPAN = NamedNode("https://w3id.org/milgraph/actor/japan")
ANSWER = json.dumps(
    {
        "head": {"vars": ["when"]},
        "results": {"bindings": [{"when": {"type": "literal", "value": "1981"}}]},
    }
).encode()


def asked(
    settings: Settings, *questions: Callable[[Asker], Awaitable[Any]]
) -> list[Any]:
    """Return what the questions come to, put one after the other to one asker."""

    async def ask() -> list[Any]:
        asker = Asker(settings)
        try:
            await asker.start()
            return [await question(asker) for question in questions]
        finally:
            await asker.close()

    return asyncio.run(ask())


def test_a_reply_has_its_rows_its_form_and_its_commit(settings):
    text = (
        "SELECT ?a ?b { VALUES ?a { actor:japan } OPTIONAL { ?a mil:noSuchThing ?b } }"
    )
    (reply,) = asked(settings, lambda asker: asker.ask(text))
    assert reply == Reply("SELECT", ("a", "b"), ((JAPAN, None),), 1)
    assert reply.dicts == ({"a": JAPAN},)


def test_rows_are_cut_where_that_is_asked_and_a_graph_is_a_table_then(settings):
    table, graph, short = asked(
        settings,
        lambda asker: asker.ask("SELECT ?s { ?s ?p ?o }", rows=3),
        lambda asker: asker.ask("CONSTRUCT WHERE { ?s a mil:Claim }", rows=3),
        lambda asker: asker.ask("CONSTRUCT WHERE { ?s a mil:Claim }"),
    )
    assert (len(table.rows), table.is_cut) == (3, True)
    assert (len(graph.rows), graph.is_cut, graph.form) == (3, True, "CONSTRUCT")
    assert graph.columns == ("subject", "predicate", "object")
    assert (len(short.rows), short.is_cut) == (148, False)


def test_a_query_over_its_limit_leaves_the_others_alone(settings):
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

    async def ended(asker: Asker) -> str:
        with pytest.raises(LimitError) as raised:
            await asker.ask(endless, seconds=0.3)
        return raised.value.limit

    limit, reply = asked(settings, ended, lambda asker: asker.ask("ASK {}"))
    assert (limit, reply.form) == ("time", "ASK")


def test_a_large_answer_is_refused_whole(built):
    settings = Settings(data=built, limits=Limits(output=10_000))

    async def refused(asker: Asker) -> str:
        with pytest.raises(LimitError) as raised:
            await asker.ask("SELECT * { ?s ?p ?o }")
        return raised.value.limit

    assert asked(settings, refused) == ["output"]


def test_there_has_to_be_a_graph(tmp_path):
    with pytest.raises(StoreError, match="no graph"):
        asked(Settings(data=tmp_path / "nothing"))


class _Endpoint(BaseHTTPRequestHandler):
    """Answers every query with one row."""

    def do_POST(self) -> None:
        """Answer a query."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_service_reaches_what_is_listed_and_nothing_else(built: Path, endpoint: str):
    text = "SELECT ?when { SERVICE <%s/sparql> { ?s ?p ?when } }"

    async def refused(asker: Asker) -> bool:
        with pytest.raises(QueryRefusedError):
            await asker.ask(text % "http://localhost:1")
        with pytest.raises(QueryRefusedError):
            await asker.ask(text % "https://query.wikidata.org")
        return True

    listed = Settings(data=built, services=(endpoint,))
    reply, _ = asked(listed, lambda asker: asker.ask(text % endpoint), refused)
    assert [row[0].value for row in reply.rows] == ["1981"]


def test_an_endpoint_that_fails_is_told(built: Path):
    listed = Settings(data=built, services=("http://localhost:1",))

    async def failed(asker: Asker) -> str:
        with pytest.raises(QueryError) as raised:
            await asker.ask("ASK { SERVICE <http://localhost:1/> { ?s ?p ?o } }")
        return str(raised.value)

    (told,) = asked(listed, failed)
    assert "localhost:1" in told
