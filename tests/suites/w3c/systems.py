"""Systems: what the cases are put to, a server over HTTP or the engine in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import httpx
from pyoxigraph import (
    Dataset,
    DefaultGraph,
    Quad,
    QueryResultsFormat,
    QueryTriples,
    RdfFormat,
    Store,
)

from w3c.comparison import TABLES, Table, answer, canonical, quads
from w3c.manifests import Holding

# Everything in one answer, so that a blank node of two graphs is one node.
EVERYTHING = "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
_MALFORMED = 400


class RefusedError(Exception):
    """A request that a system did not carry out, and whether for its grammar."""

    def __init__(self, told: str, *, is_malformed: bool) -> None:
        super().__init__(told)
        self.is_malformed = is_malformed


class System(Protocol):
    """What holds a dataset, answers queries about it and updates it."""

    def hold(self, holding: Holding) -> None: ...

    def ask(self, query: str, accept: str) -> bytes: ...

    def update(self, text: str) -> None: ...

    def held(self) -> Dataset: ...


@dataclass(frozen=True)
class Endpoints:
    """Where a server takes queries, updates and graphs."""

    query: str
    update: str
    store: str

    @classmethod
    def of(cls, address: str) -> "Endpoints":
        return cls(f"{address}/sparql", f"{address}/sparql", f"{address}/store")


@dataclass
class Served:
    """A server, asked over HTTP; it is sent a dataset only where it holds another."""

    endpoints: Endpoints
    client: httpx.Client
    holding: Holding | None = None

    def hold(self, holding: Holding) -> None:
        if holding != self.holding:
            self.update(as_update(quads(holding), holding))
            self.holding = holding

    def ask(self, query: str, accept: str) -> bytes:
        return self._post(self.endpoints.query, query, "query", accept)

    def update(self, text: str) -> None:
        self.holding = None
        self._post(self.endpoints.update, text, "update")

    def held(self) -> Dataset:
        media_type, _ = TABLES[".srj"]
        return _dataset(self.ask(EVERYTHING, media_type))

    def _post(self, to: str, text: str, kind: str, accept: str = "*/*") -> bytes:
        media_type = f"application/sparql-{kind}"
        headers = {"Content-Type": media_type, "Accept": accept}
        response = self.client.post(to, content=text.encode(), headers=headers)
        if not response.is_success:
            told = f"{response.status_code}: {response.text}"
            raise RefusedError(told, is_malformed=_is_malformed(response))
        if response.content:
            sent = response.headers["Content-Type"].partition(";")[0]
            assert accept in {"*/*", sent}, f"{accept} was asked for, {sent} came"
        return response.content


def _is_malformed(response: httpx.Response) -> bool:
    """Return whether a request was refused for its grammar.

    A query that the grammar allows may still call a function that nobody knows; that is
    400 as well, and our problems say which of the two it is.
    """
    if response.status_code != _MALFORMED:
        return False
    if response.headers["Content-Type"] != "application/problem+json":
        return True
    return bool(response.json().get("kind") == "syntax")


@dataclass
class Engine:
    """The engine itself, in this process: what no server on it can do better."""

    store: Store = field(default_factory=Store)

    def hold(self, holding: Holding) -> None:
        self.store = Store()
        self.store.extend(quads(holding))

    def ask(self, query: str, accept: str) -> bytes:
        try:
            results = self.store.query(query, base_iri=_BASE)
            if isinstance(results, QueryTriples):
                return results.serialize(format=RdfFormat.N_TRIPLES)
            return results.serialize(format=_FORMATS.get(accept, _ANY))
        except (SyntaxError, ValueError, OSError, RuntimeError) as error:
            malformed = isinstance(error, SyntaxError)
            raise RefusedError(str(error), is_malformed=malformed) from error

    def update(self, text: str) -> None:
        try:
            self.store.update(text, base_iri=_BASE)
        except (SyntaxError, ValueError, OSError, RuntimeError) as error:
            malformed = isinstance(error, SyntaxError)
            raise RefusedError(str(error), is_malformed=malformed) from error

    def held(self) -> Dataset:
        media_type, _ = TABLES[".srj"]
        return _dataset(self.ask(EVERYTHING, media_type))


# As a server would: syntax cases leave relative what they name.
_BASE = "http://localhost/sparql"
_ANY = QueryResultsFormat.JSON
_FORMATS = dict(TABLES.values()) | {"text/csv": QueryResultsFormat.CSV}


def as_update(found: list[Quad], holding: Holding) -> str:
    """Return the update that leaves a store with these quads and no others."""
    blocks = []
    for quad in found:
        triple = f"{quad.subject} {quad.predicate} {quad.object} ."
        name = quad.graph_name
        in_default = isinstance(name, DefaultGraph)
        blocks.append(triple if in_default else f"GRAPH {name} {{ {triple} }}")
    made = [f"CREATE SILENT GRAPH <{iri}>" for iri, _ in holding.named]
    data = "INSERT DATA {\n" + "\n".join(blocks) + "\n}"
    return " ;\n".join(["DROP ALL", *made, data])


def _dataset(body: bytes) -> Dataset:
    found = answer(body, ".srj")
    assert isinstance(found, Table)
    return canonical(
        Quad(row["s"], row["p"], row["o"], row.get("g", DefaultGraph()))
        for row in found.rows
    )


@contextmanager
def services() -> Iterator["Services"]:
    """Serve other endpoints on a free port of the loopback address, and stop them."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        served = Services(server)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Services:
    """Endpoints that a SERVICE clause can call, by the IRIs that the cases give them."""

    server: ThreadingHTTPServer

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def offer(self, files: tuple[tuple[str, Path], ...]) -> None:
        """Answer from these files, and from no others, at the paths of their IRIs."""
        stores = {}
        for iri, file in files:
            stores[self._path(iri)] = store = Store()
            store.extend(quads(Holding((file,))))
        _Answering.stores = stores

    def moved(self, text: str) -> str:
        """Return a text in which what the cases call example.org is served here."""
        for host in _HOSTS:
            text = text.replace(f"http://{host}/sparql", self.origin + f"/{host}")
        return text

    def _path(self, iri: str) -> str:
        return urlsplit(self.moved(iri)).path


_HOSTS = ("example.org", "example1.org", "example2.org", "invalid.endpoint.org")


class _Answering(BaseHTTPRequestHandler):
    stores: dict[str, Store] = {}  # noqa: RUF012 - one server of a run, set by its tests

    def do_GET(self) -> None:
        self._answer(parse_qs(urlsplit(self.path).query).get("query", [""])[0])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.headers["Content-Type"].startswith("application/x-www-form"):
            body = parse_qs(body)["query"][0]
        self._answer(body)

    def _answer(self, query: str) -> None:
        store = self.stores.get(urlsplit(self.path).path)
        if store is None:
            self.send_error(404)
            return
        media_type, form = TABLES[".srj"]
        body = store.query(query).serialize(format=form)
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
