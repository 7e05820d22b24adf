"""The W3C suite of the SPARQL 1.1 Protocol: a test for each of its, by the same name.

W3C describes these in prose, as a request and what is to come of it; so does each test.
"""

from collections.abc import Callable

import httpx
import pytest
from w3c import manifests
from w3c.comparison import Table, answer
from w3c.systems import Endpoints, Served

manifests.require()
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
BOOLEANS = {"application/sparql-results+xml", "application/sparql-results+json"}
TABLES = BOOLEANS | {"text/tab-separated-values", "text/csv"}
# Of each graph that the suite asks for; it says of itself that it is a document.
DATA = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
ONE, TWO, THREE = (DATA.format(number) for number in (1, 2, 3))
PREFIXES = """
    PREFIX dc: <http://purl.org/dc/terms/>
    PREFIX foaf: <http://xmlns.com/foaf/0.1/>
"""
DOCUMENTS = "".join(
    f"GRAPH <{name}> {{ <{name}> a foaf:Document }}" for name in (ONE, TWO, THREE)
)
MADE = "http://example.org/protocol-update-dataset-test/"


class Endpoint:
    """Where queries and updates go, with the body and the media type as given."""

    def __init__(self, endpoints: Endpoints, client: httpx.Client) -> None:
        self._to, self._client = endpoints, client

    def query(self, *, accept: str = "*/*", **parts: object) -> httpx.Response:
        return self._sent(self._to.query, accept, **parts)

    def update(self, **parts: object) -> httpx.Response:
        return self._sent(self._to.update, "*/*", **parts)

    def _sent(
        self,
        to: str,
        accept: str,
        *,
        method: str = "POST",
        params: list[tuple[str, str]] | None = None,
        body: str | bytes | None = None,
        media_type: str | None = None,
    ) -> httpx.Response:
        headers = {"Accept": accept} | (
            {"Content-Type": media_type} if media_type else {}
        )
        return self._client.request(
            method, to, params=params, content=body, headers=headers
        )


@pytest.fixture
def endpoint(changed: Served, client: httpx.Client) -> Endpoint:
    found = Endpoint(changed.endpoints, client)
    text = f"{PREFIXES} DROP ALL ; INSERT DATA {{ {DOCUMENTS} }}"
    assert found.update(body=text, media_type=UPDATE).is_success
    return found


def says(response: httpx.Response) -> bool:
    """Return what the answer of an ASK is, in a media type that it may have."""
    assert response.is_success, response.text
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type in BOOLEANS
    found = answer(response.content, media_type)
    assert isinstance(found, bool)
    return found


def is_of(response: httpx.Response, media_types: set[str]) -> bool:
    sent = response.headers["Content-Type"].partition(";")[0]
    return response.is_success and sent in media_types


def test_every_test_of_the_suite_is_here() -> None:
    ours = {
        name.removeprefix("test_") for name in globals() if name.startswith("test_")
    }
    theirs = manifests.names("sparql11", "protocol")
    assert len(theirs) >= 34
    assert set(theirs) == ours - {"every_test_of_the_suite_is_here"}


def test_query_post_form(endpoint: Endpoint) -> None:
    assert says(endpoint.query(body="query=ASK%20%7B%7D", media_type=FORM))


def test_query_dataset_default_graphs_get(endpoint: Endpoint) -> None:
    query = f"ASK {{ <{ONE}> a ?type . <{TWO}> a ?type }}"
    graphs = [("default-graph-uri", ONE), ("default-graph-uri", TWO)]
    assert says(endpoint.query(method="GET", params=[("query", query), *graphs]))
    assert not says(endpoint.query(method="GET", params=[("query", query), graphs[0]]))


def test_query_dataset_default_graphs_post(endpoint: Endpoint) -> None:
    query = f"ASK {{ <{ONE}> ?p ?o . <{TWO}> ?p ?o }}"
    graphs = [("default-graph-uri", ONE), ("default-graph-uri", TWO)]
    assert says(endpoint.query(params=graphs, body=query, media_type=QUERY))


def test_query_dataset_named_graphs_post(endpoint: Endpoint) -> None:
    graphs = [("named-graph-uri", ONE), ("named-graph-uri", TWO)]
    query = "ASK { GRAPH ?g { ?s ?p ?o } }"
    assert says(endpoint.query(params=graphs, body=query, media_type=QUERY))
    third = f"ASK {{ GRAPH <{THREE}> {{ ?s ?p ?o }} }}"
    assert not says(endpoint.query(params=graphs, body=third, media_type=QUERY))


def test_query_dataset_named_graphs_get(endpoint: Endpoint) -> None:
    graphs = [("named-graph-uri", ONE), ("named-graph-uri", TWO)]
    query = ("query", "ASK { GRAPH ?g { ?s ?p ?o } }")
    assert says(endpoint.query(method="GET", params=[*graphs, query]))


def test_query_dataset_full(endpoint: Endpoint) -> None:
    params = [
        ("default-graph-uri", THREE),
        ("named-graph-uri", ONE),
        ("named-graph-uri", TWO),
    ]
    query = "SELECT ?g ?x ?s { ?x ?y ?o GRAPH ?g { ?s ?p ?o } }"
    found = endpoint.query(params=params, body=query, media_type=QUERY)
    assert is_of(found, TABLES)
    table = answer(found.content, found.headers["Content-Type"].partition(";")[0])
    assert isinstance(table, Table)
    rows = {tuple(row[v].value for v in ("g", "x", "s")) for row in table.rows}
    assert rows == {(ONE, THREE, ONE), (TWO, THREE, TWO)}


def test_query_multiple_dataset(endpoint: Endpoint) -> None:
    query = f"ASK FROM <{ONE}> {{ <{ONE}> ?p ?o }}"
    other = [("default-graph-uri", TWO)]
    assert not says(endpoint.query(params=other, body=query, media_type=QUERY))
    assert says(endpoint.query(body=query, media_type=QUERY))


def test_query_get(endpoint: Endpoint) -> None:
    assert says(endpoint.query(method="GET", params=[("query", "ASK {}")]))


def test_query_content_type_select(endpoint: Endpoint) -> None:
    query = "SELECT (1 AS ?value) {}"
    assert is_of(endpoint.query(body=query, media_type=QUERY), TABLES)


def test_query_content_type_ask(endpoint: Endpoint) -> None:
    assert is_of(endpoint.query(body="ASK {}", media_type=QUERY), BOOLEANS)


GRAPHS = {
    "application/rdf+xml",
    "application/rdf+json",
    "application/n-triples",
    "text/turtle",
}


def test_query_content_type_describe(endpoint: Endpoint) -> None:
    query = "DESCRIBE <http://example.org/>"
    assert is_of(endpoint.query(body=query, media_type=QUERY), GRAPHS)


def test_query_content_type_construct(endpoint: Endpoint) -> None:
    query = "CONSTRUCT { <s> <p> 1 } WHERE {}"
    assert is_of(endpoint.query(body=query, media_type=QUERY), GRAPHS)


def _marking(graphs: str, pattern: str) -> str:
    """Return an update that marks what it finds by a pattern in the graphs given it."""
    return f"""{PREFIXES} CLEAR ALL ;
        INSERT DATA {{ {graphs} }} ;
        INSERT {{ GRAPH <{MADE}> {{ ?s a dc:BibliographicResource }} }}
        WHERE {{ {pattern} }}"""


def _is_marked(endpoint: Endpoint, name: str) -> bool:
    marked = f"ASK {{ GRAPH <{MADE}> {{ <{name}> a dc:BibliographicResource }} }}"
    xml = "application/sparql-results+xml"
    return says(endpoint.query(accept=xml, body=PREFIXES + marked, media_type=QUERY))


def test_update_dataset_default_graph(endpoint: Endpoint) -> None:
    update = _marking(DOCUMENTS, "?s a foaf:Document")
    graphs = [("using-graph-uri", ONE)]
    assert endpoint.update(params=graphs, body=update, media_type=UPDATE).is_success
    marked = [_is_marked(endpoint, name) for name in (ONE, TWO, THREE)]
    assert marked == [True, False, False]


def test_update_dataset_default_graphs(endpoint: Endpoint) -> None:
    update = _marking(DOCUMENTS, "?s a foaf:Document")
    graphs = [("using-graph-uri", ONE), ("using-graph-uri", TWO)]
    assert endpoint.update(params=graphs, body=update, media_type=UPDATE).is_success
    marked = [_is_marked(endpoint, name) for name in (ONE, TWO, THREE)]
    assert marked == [True, True, False]


def test_update_dataset_named_graphs(endpoint: Endpoint) -> None:
    update = _marking(DOCUMENTS, "GRAPH ?g { ?s a foaf:Document }")
    graphs = [("using-named-graph-uri", ONE), ("using-named-graph-uri", TWO)]
    assert endpoint.update(params=graphs, body=update, media_type=UPDATE).is_success
    marked = [_is_marked(endpoint, name) for name in (ONE, TWO, THREE)]
    assert marked == [True, True, False]


def test_update_dataset_full(endpoint: Endpoint) -> None:
    update = f"""{PREFIXES} CLEAR ALL ;
        INSERT DATA {{ {DOCUMENTS} }} ;
        INSERT {{ GRAPH <{MADE}> {{ ?s <http://example.org/in> ?in }} }}
        WHERE {{
            {{ GRAPH ?g {{ ?s a foaf:Document }} BIND(?g AS ?in) }}
            UNION {{ ?s a foaf:Document . BIND("default" AS ?in) }}
        }}"""
    graphs = [("using-graph-uri", ONE), ("using-named-graph-uri", TWO)]
    assert endpoint.update(params=graphs, body=update, media_type=UPDATE).is_success
    query = f"""ASK {{
        GRAPH <{MADE}> {{
            <{ONE}> <http://example.org/in> "default" .
            <{TWO}> <http://example.org/in> <{TWO}> .
        }}
        FILTER NOT EXISTS {{ GRAPH <{MADE}> {{ <{THREE}> ?p ?o }} }}
    }}"""
    assert says(endpoint.query(body=query, media_type=QUERY))


def test_update_post_form(endpoint: Endpoint) -> None:
    assert endpoint.update(body="update=CLEAR%20ALL", media_type=FORM).is_success


def test_update_post_direct(endpoint: Endpoint) -> None:
    assert endpoint.update(body="CLEAR ALL", media_type=UPDATE).is_success


def test_update_base_uri(endpoint: Endpoint) -> None:
    graph = "http://example.org/protocol-base-test/"
    update = f"""CLEAR SILENT GRAPH <{graph}> ; INSERT DATA {{ GRAPH <{graph}> {{
        <http://example.org/s> <http://example.org/p> <test> }} }}"""
    assert endpoint.update(body=update, media_type=UPDATE).is_success
    query = f"""SELECT ?o WHERE {{ GRAPH <{graph}> {{
        <http://example.org/s> <http://example.org/p> ?o }} }}"""
    xml = "application/sparql-results+xml"
    found = endpoint.query(accept=xml, body=query, media_type=QUERY)
    table = answer(found.content, xml)
    assert isinstance(table, Table)
    (row,) = table.rows
    assert row["o"].value.startswith("http")
    assert row["o"].value.endswith("/test")


def test_query_post_direct(endpoint: Endpoint) -> None:
    assert says(endpoint.query(body="ASK {}", media_type=QUERY))


def test_bad_query_method(endpoint: Endpoint) -> None:
    assert endpoint.query(method="PUT", params=[("query", "ASK {}")]).is_client_error


def test_bad_multiple_queries(endpoint: Endpoint) -> None:
    two = [("query", "ASK {}"), ("query", "SELECT * {}")]
    assert endpoint.query(method="GET", params=two).is_client_error


def test_bad_query_wrong_media_type(endpoint: Endpoint) -> None:
    assert endpoint.query(body="ASK {}", media_type="text/plain").is_client_error


def test_bad_query_missing_form_type(endpoint: Endpoint) -> None:
    assert endpoint.query(body="query=ASK%20%7B%7D").is_client_error


def test_bad_query_missing_direct_type(endpoint: Endpoint) -> None:
    assert endpoint.query(body="ASK {}").is_client_error


def test_bad_query_non_utf8(endpoint: Endpoint) -> None:
    body = "ASK {}".encode("utf-16")
    wide = f"{QUERY}; charset=UTF-16"
    assert endpoint.query(body=body, media_type=wide).is_client_error
    assert endpoint.query(body=body, media_type=QUERY).is_client_error


def test_bad_query_syntax(endpoint: Endpoint) -> None:
    found = endpoint.query(method="GET", params=[("query", "ASK {")])
    assert found.status_code == 400


def _is_unchanged(endpoint: Endpoint) -> bool:
    query = f"ASK {{ GRAPH <{ONE}> {{ ?s ?p ?o }} }}"
    return says(endpoint.query(body=query, media_type=QUERY))


def _is_refused(endpoint: Endpoint, response: Callable[[], httpx.Response]) -> bool:
    return response().is_client_error and _is_unchanged(endpoint)


def test_bad_update_get(endpoint: Endpoint) -> None:
    clear = [("update", "CLEAR ALL")]
    assert _is_refused(endpoint, lambda: endpoint.update(method="GET", params=clear))


def test_bad_multiple_updates(endpoint: Endpoint) -> None:
    two = "update=CLEAR%20NAMED&update=CLEAR%20DEFAULT"
    assert _is_refused(endpoint, lambda: endpoint.update(body=two, media_type=FORM))


def test_bad_update_wrong_media_type(endpoint: Endpoint) -> None:
    text = {"body": "CLEAR NAMED", "media_type": "text/plain"}
    assert _is_refused(endpoint, lambda: endpoint.update(**text))


def test_bad_update_missing_form_type(endpoint: Endpoint) -> None:
    assert _is_refused(endpoint, lambda: endpoint.update(body="update=CLEAR%20NAMED"))


def test_bad_update_non_utf8(endpoint: Endpoint) -> None:
    body = "CLEAR NAMED".encode("utf-16")
    for wide in (f"{UPDATE}; charset=UTF-16", UPDATE):
        sent = {"body": body, "media_type": wide}
        assert _is_refused(endpoint, lambda sent=sent: endpoint.update(**sent))


def test_bad_update_syntax(endpoint: Endpoint) -> None:
    found = endpoint.update(body="update=CLEAR%20XYZ", media_type=FORM)
    assert found.status_code == 400


def test_bad_update_dataset_conflict(endpoint: Endpoint) -> None:
    update = f"""{PREFIXES} WITH <{ONE}>
        DELETE {{ ?s a foaf:Document }} WHERE {{ ?s a foaf:Document }}"""
    body = str(httpx.QueryParams({"using-named-graph-uri": ONE, "update": update}))
    assert _is_refused(endpoint, lambda: endpoint.update(body=body, media_type=FORM))
