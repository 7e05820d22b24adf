"""The clients that people use work as they come, on the shipped graph and on a plain one.

Each is asked for what it can: rows, a truth, a graph and, of a plain server, an update.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pandas as pd
import pytest
import rdflib
import sparql_dataframe
import SPARQLWrapper as wrapper  # noqa: N813 - a package, whose class has its name
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore

SEA = "https://w3id.org/milgraph/place/sea-of-japan"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
NAME = "日本海"
PATTERN = f"{{ <{SEA}> <{LABEL}> ?name FILTER(lang(?name) = 'ja') }}"
SELECT = f"SELECT ?name WHERE {PATTERN}"
ASK = f"ASK {PATTERN}"
CONSTRUCT = f"CONSTRUCT {{ <{SEA}> <{LABEL}> ?name }} WHERE {PATTERN}"
TRIPLE = (rdflib.URIRef(SEA), rdflib.URIRef(LABEL), rdflib.Literal(NAME, lang="ja"))
NOTE = "http://example.org/note"
CLIENTS = Path(__file__).with_name("clients")
COMUNICA = Path(__file__).parents[2] / ".suites" / "node"

Run = Callable[..., bytes]


@dataclass(frozen=True)
class Plain:
    """A plain server: where it takes queries and updates, and what it then holds."""

    endpoint: str

    def holds(self, text: str) -> bool:
        """Return whether a note with the text is there."""
        query = f"ASK {{ ?s <{NOTE}> {text} }}"
        found = httpx.get(self.endpoint, params={"query": query})
        return found.json()["boolean"] is True


def note(text: str) -> str:
    return f"INSERT DATA {{ <{SEA}> <{NOTE}> {text} }}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, start) -> Iterator[Plain]:
    folder = tmp_path_factory.mktemp("plain")
    file = folder / "names.ttl"
    file.write_text(f"<{SEA}> <{LABEL}> '{NAME}'@ja, 'Sea of Japan'@en .", "utf-8")
    with start(folder / "data", "--plain", str(file)) as server:
        yield Plain(f"{server.address}/sparql")


@pytest.fixture(params=["shipped", "plain"])
def endpoint(request: pytest.FixtureRequest) -> str:
    if request.param == "plain":
        return request.getfixturevalue("plain").endpoint
    return f"{request.getfixturevalue('served').address}/sparql"


def program(name: str) -> str:
    """Return where a program is; skip the test on a machine without it."""
    return shutil.which(name) or pytest.skip(f"{name} is not on this machine")


def run(*command: str, folder: Path | None = None) -> bytes:
    done = subprocess.run(
        command, capture_output=True, timeout=60, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


# It reads graphs with a class of rdflib that is on its way out.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
class TestSparqlWrapper:
    @pytest.fixture(params=["GET", "POST", "POST directly"])
    def client(
        self, request: pytest.FixtureRequest, endpoint: str
    ) -> wrapper.SPARQLWrapper:
        found = wrapper.SPARQLWrapper(endpoint)
        found.setMethod(request.param.split()[0])
        if request.param == "POST directly":
            found.setRequestMethod(wrapper.POSTDIRECTLY)
        return found

    def test_select(self, client: wrapper.SPARQLWrapper) -> None:
        client.setQuery(SELECT)
        client.setReturnFormat(wrapper.JSON)
        (row,) = client.queryAndConvert()["results"]["bindings"]
        assert row["name"] == {"type": "literal", "value": NAME, "xml:lang": "ja"}
        client.setReturnFormat(wrapper.XML)
        assert NAME in client.queryAndConvert().toxml()
        for form in (wrapper.CSV, wrapper.TSV):
            client.setReturnFormat(form)
            assert NAME in client.queryAndConvert().decode()

    def test_ask(self, client: wrapper.SPARQLWrapper) -> None:
        client.setQuery(ASK)
        client.setReturnFormat(wrapper.JSON)
        assert client.queryAndConvert()["boolean"] is True
        client.setReturnFormat(wrapper.XML)
        assert "true" in client.queryAndConvert().toxml()

    @pytest.mark.parametrize(
        "form",
        [wrapper.XML, wrapper.RDFXML, wrapper.TURTLE, wrapper.N3, wrapper.JSONLD],
    )
    def test_construct(self, client: wrapper.SPARQLWrapper, form: str) -> None:
        client.setQuery(CONSTRUCT)
        client.setReturnFormat(form)
        found = client.queryAndConvert()
        if not isinstance(found, rdflib.Graph):
            found = rdflib.Graph().parse(data=found, format="turtle")
        assert set(found) == {TRIPLE}

    @pytest.mark.parametrize("method", [wrapper.URLENCODED, wrapper.POSTDIRECTLY])
    def test_update(self, plain: Plain, method: str) -> None:
        client = wrapper.SPARQLWrapper(plain.endpoint)
        client.setMethod(wrapper.POST)
        client.setRequestMethod(method)
        client.setQuery(note(f"'wrapper {method}'"))
        client.query().response.close()
        assert plain.holds(f"'wrapper {method}'")


class TestRdflib:
    @pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
    @pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
    def test_select(self, endpoint: str, form: str, method: str) -> None:
        store = SPARQLStore(endpoint, returnFormat=form, method=method)
        ((name,),) = rdflib.Graph(store).query(SELECT)
        # CSV tells no languages.
        assert name == (rdflib.Literal(NAME) if form == "csv" else TRIPLE[2])

    @pytest.mark.parametrize("form", ["xml", "json"])
    @pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
    def test_ask(self, endpoint: str, form: str, method: str) -> None:
        store = SPARQLStore(endpoint, returnFormat=form, method=method)
        assert rdflib.Graph(store).query(ASK).askAnswer is True

    # With these the client asks for a table even where it wants a graph, and reads one.
    @pytest.mark.parametrize("form", ["xml", "json", "csv"])
    @pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
    def test_construct(self, endpoint: str, form: str, method: str) -> None:
        store = SPARQLStore(endpoint, returnFormat=form, method=method)
        assert set(rdflib.Graph(store).query(CONSTRUCT).graph) == {TRIPLE}

    def test_triples(self, endpoint: str) -> None:
        graph = rdflib.Graph(SPARQLStore(endpoint))
        assert TRIPLE in set(graph.triples((TRIPLE[0], TRIPLE[1], None)))

    def test_update(self, plain: Plain) -> None:
        both = (plain.endpoint, plain.endpoint)
        store = SPARQLUpdateStore(*both, context_aware=False)
        graph = rdflib.Graph(store)
        told = (TRIPLE[0], rdflib.URIRef(NOTE), rdflib.Literal("rdflib"))
        graph.add(told)
        assert plain.holds("'rdflib'")
        assert told in graph
        graph.remove(told)
        assert not plain.holds("'rdflib'")
        graph.update(note("'rdflib update'"))
        assert plain.holds("'rdflib update'")

    def test_update_of_a_named_graph(self, plain: Plain) -> None:
        store = SPARQLUpdateStore(plain.endpoint, plain.endpoint, context_aware=True)
        graph = rdflib.Dataset(store).graph(rdflib.URIRef("http://example.org/named"))
        told = (TRIPLE[0], rdflib.URIRef(NOTE), rdflib.Literal("named"))
        graph.add(told)
        query = f"ASK {{ GRAPH <http://example.org/named> {{ ?s <{NOTE}> 'named' }} }}"
        assert httpx.get(plain.endpoint, params={"query": query}).json()["boolean"]
        assert not plain.holds("'named'")


class TestPandas:
    """A data frame is a table, so the package refuses whatever is not a SELECT."""

    @pytest.mark.parametrize("post", [False, True])
    def test_select(self, endpoint: str, post: bool) -> None:
        frame = sparql_dataframe.get(endpoint, SELECT, post=post)
        assert isinstance(frame, pd.DataFrame)
        assert frame.to_dict("records") == [{"name": NAME}]

    @pytest.mark.parametrize("query", [ASK, CONSTRUCT, note("1")])
    def test_anything_else_is_not_sent(self, endpoint: str, query: str) -> None:
        with pytest.raises(sparql_dataframe.sparql_dataframe.QueryException):
            sparql_dataframe.get(endpoint, query)

    def test_select_without_a_package(self, endpoint: str) -> None:
        address = httpx.URL(endpoint, params={"query": SELECT})
        accept = {"Accept": "text/csv"}
        frame = pd.read_csv(str(address), storage_options=accept)
        assert frame.to_dict("records") == [{"name": NAME}]


class TestCurl:
    @pytest.fixture(params=[[], ["--http2"]], ids=["HTTP/1.1", "offers HTTP/2"])
    def curl(self, request: pytest.FixtureRequest) -> Run:
        """Run curl; with `--http2` it offers to go over to HTTP/2 without encryption."""
        path = program("curl")
        features = run(path, "--version").decode()
        if request.param and "HTTP2" not in features:
            pytest.skip("this curl has no HTTP/2")
        quietly = ["--silent", "--show-error", "--fail-with-body", "--max-time", "30"]
        return lambda *options: run(path, *quietly, *request.param, *options)

    @pytest.mark.parametrize(
        "way",
        [
            ["--get", "--data-urlencode", "query={}"],
            ["--data-urlencode", "query={}"],
            [
                "--header",
                "Content-Type: application/sparql-query",
                "--data-binary",
                "{}",
            ],
        ],
        ids=["get", "form", "direct"],
    )
    def test_query(self, curl: Run, endpoint: str, way: list[str]) -> None:
        def asked(query: str, accept: str) -> bytes:
            options = [each.replace("{}", query) for each in way]
            return curl(*options, "--header", f"Accept: {accept}", endpoint)

        assert asked(SELECT, "text/csv").decode() == f"name\r\n{NAME}\r\n"
        assert json.loads(asked(ASK, "application/sparql-results+json"))["boolean"]
        graph = rdflib.Graph().parse(data=asked(CONSTRUCT, "text/turtle"))
        assert set(graph) == {TRIPLE}

    def test_compressed(self, curl: Run, endpoint: str) -> None:
        found = curl(
            "--compressed", "--get", "--data-urlencode", f"query={ASK}", endpoint
        )
        assert json.loads(found)["boolean"]

    def test_update(self, curl: Run, plain: Plain, request) -> None:
        text = f"'curl {request.node.name}'"
        kind = "Content-Type: application/sparql-update"
        curl("--header", kind, "--data-binary", note(text), plain.endpoint)
        assert plain.holds(text)
        text = f"'form {request.node.name}'"
        curl("--data-urlencode", f"update={note(text)}", plain.endpoint)
        assert plain.holds(text)

    def test_graph_store(self, curl: Run, plain: Plain, tmp_path: Path) -> None:
        file = tmp_path / "told.ttl"
        file.write_text("<http://example.org/s> <http://example.org/p> 'sent' .")
        store = plain.endpoint.replace("/sparql", "/store?graph=http://example.org/g")
        curl("--header", "Content-Type: text/turtle", "--upload-file", str(file), store)
        assert b'"sent"' in curl("--header", "Accept: application/n-triples", store)
        curl("--request", "DELETE", store)


class TestJava:
    """The client of the platform, which offers to go over to HTTP/2."""

    @staticmethod
    def ask(endpoint: str, *requests: tuple[str, str, str]) -> list[bytes]:
        flat = [part for request in requests for part in request]
        lines = run(program("java"), str(CLIENTS / "Ask.java"), endpoint, *flat)
        answers = []
        for (_, accept, _), line in zip(requests, lines.splitlines(), strict=True):
            status, media_type, body = line.decode().split("\t")
            assert (status[0], media_type.partition(";")[0]) in {
                ("2", accept),
                ("2", "-"),
            }
            answers.append(base64.b64decode(body))
        return answers

    def test_query(self, endpoint: str) -> None:
        query = "application/sparql-query"
        rows, truth, graph = self.ask(
            endpoint,
            (query, "application/sparql-results+json", SELECT),
            (query, "application/sparql-results+json", ASK),
            (query, "text/turtle", CONSTRUCT),
        )
        assert json.loads(rows)["results"]["bindings"][0]["name"]["value"] == NAME
        assert json.loads(truth)["boolean"]
        assert set(rdflib.Graph().parse(data=graph)) == {TRIPLE}

    def test_update(self, plain: Plain) -> None:
        form = httpx.QueryParams({"update": note("'java form'")})
        self.ask(
            plain.endpoint,
            ("application/sparql-update", "*/*", note("'java'")),
            ("application/x-www-form-urlencoded", "*/*", str(form)),
        )
        assert plain.holds("'java'")
        assert plain.holds("'java form'")


class TestComunica:
    """The query engine of the web: it sends patterns, or whole queries, to an endpoint."""

    @pytest.fixture(params=["", "sparql@"], ids=["finds out", "is told"])
    def ask(self, request: pytest.FixtureRequest) -> Callable[..., list[object]]:
        node = program("node")
        if not (COMUNICA / "comunica.lock").is_file():
            assert "CI" not in os.environ, "Comunica was not fetched"
            pytest.skip("Comunica is not there: run python tests/suites/fetch.py")
        script = str(CLIENTS / "ask.cjs")

        def asked(endpoint: str, *requests: str) -> list[object]:
            source = f"{request.param}{endpoint}"
            told = run(node, script, source, *requests, folder=COMUNICA)
            return [json.loads(line) for line in told.splitlines()]

        return asked

    def test_query(self, ask: Callable[..., list[object]], endpoint: str) -> None:
        requests = ["rows", SELECT, "truth", ASK, "graph", CONSTRUCT]
        rows, truth, graph = ask(endpoint, *requests)
        assert rows == [{"name": NAME}]
        assert truth is True
        assert graph == [[SEA, LABEL, NAME]]

    def test_update(
        self, ask: Callable[..., list[object]], plain: Plain, request
    ) -> None:
        text = f"'{request.node.name}'"
        assert ask(plain.endpoint, "update", note(text)) == [None]
        assert plain.holds(text)
