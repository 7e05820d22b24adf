"""The W3C suite of the Graph Store Protocol: a test for each of its, by the same name.

W3C's tests follow one another; each of these makes what it starts from, so that any can
be run alone. A graph is named by its own address below the store (section 4.1) and by
the parameter `graph` (section 4.2): each test is run both ways.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from pyoxigraph import Dataset, RdfFormat, parse
from w3c import manifests
from w3c.comparison import canonical
from w3c.systems import Served

manifests.require()
TURTLE = "text/turtle"
IDS = re.compile(r"<h2 id='([^']*)'")
PREFIXES = """
    @prefix foaf: <http://xmlns.com/foaf/0.1/> .
    @prefix v: <http://www.w3.org/2006/vcard/ns#> .
"""
PERSON = "<http://example.org/person/1>"
CARD = "a foaf:Person ; foaf:businessCard [ a v:VCard ; v:fn"
JOHN = f'{PREFIXES} {PERSON} {CARD} "John Doe" ] .'
JANE = f'{PREFIXES} {PERSON} {CARD} "Jane Doe" ] .'
ALICE = f'{PREFIXES} [] a foaf:Person ; foaf:businessCard [ v:given-name "Alice" ] .'
NAMED = f'{PREFIXES} {PERSON} foaf:name "Jane Doe" .'


@dataclass(frozen=True)
class Graph:
    """A graph of the store, at the address by which it is asked for."""

    client: httpx.Client
    address: str

    def put(self, text: str, media_type: str = TURTLE) -> httpx.Response:
        return self.sent("PUT", text, media_type)

    def post(self, text: str, media_type: str = TURTLE) -> httpx.Response:
        return self.sent("POST", text, media_type)

    def sent(self, method: str, text: str, media_type: str) -> httpx.Response:
        headers = {"Content-Type": media_type}
        content = text.encode()
        return self.client.request(
            method, self.address, content=content, headers=headers
        )

    def get(self) -> httpx.Response:
        return self.client.get(self.address, headers={"Accept": TURTLE})

    def delete(self) -> httpx.Response:
        return self.client.delete(self.address)

    def holds(self, text: str) -> bool:
        """Return whether the graph is what the Turtle says, up to blank nodes."""
        found = self.get()
        assert found.status_code == 200, found.text
        assert found.headers["Content-Type"].partition(";")[0] == TURTLE
        return of(found.content) == of(text)


def of(text: str | bytes) -> Dataset:
    return canonical(
        parse(text, format=RdfFormat.TURTLE, base_iri="http://example.org/")
    )


@pytest.fixture(params=["direct", "indirect"])
def graph(
    request: pytest.FixtureRequest, changed: Served, client: httpx.Client
) -> Iterator[Graph]:
    """A graph that the store does not have."""
    at = "/person/1.ttl" if request.param == "direct" else "?graph=http://example.org/1"
    yield (found := Graph(client, f"{changed.endpoints.store}{at}"))
    found.delete()


@pytest.fixture
def default(changed: Served, client: httpx.Client) -> Graph:
    found = Graph(client, f"{changed.endpoints.store}?default")
    found.delete()
    return found


def test_every_test_of_the_suite_is_here() -> None:
    page = manifests.SUITES / "sparql11" / "http-rdf-update" / "tests.html"
    found = IDS.findall(page.read_text(encoding="utf-8"))
    theirs = {re.sub(r"\W+", "_", name) for name in found}
    assert len(theirs) >= 22
    ours = {
        name.removeprefix("test_") for name in globals() if name.startswith("test_")
    }
    assert theirs == ours - {"every_test_of_the_suite_is_here"}


def test_put__initial_state(graph: Graph) -> None:
    assert graph.put(JOHN).status_code == 201


def test_get_of_put__initial_state(graph: Graph) -> None:
    graph.put(JOHN)
    assert graph.holds(JOHN)


def test_put__graph_already_in_store(graph: Graph) -> None:
    graph.put(JOHN)
    assert graph.put(JANE).status_code in {200, 204}


def test_get_of_put__graph_already_in_store(graph: Graph) -> None:
    graph.put(JOHN)
    graph.put(JANE)
    assert graph.holds(JANE)


def test_put__default_graph(default: Graph) -> None:
    assert default.put(ALICE).status_code == 201


def test_get_of_put__default_graph(default: Graph) -> None:
    default.put(ALICE)
    assert default.holds(ALICE)


def test_put__mismatched_payload(graph: Graph) -> None:
    graph.put(JOHN)
    assert graph.put(JANE, "application/rdf+xml").status_code == 400
    assert graph.holds(JOHN)


def test_put__empty_graph(graph: Graph) -> None:
    # W3C says 200, and left the test out later: section 5.3 has 201 for a new graph.
    assert graph.put("").status_code in {200, 201}


def test_get_of_put__empty_graph(graph: Graph) -> None:
    graph.put("")
    assert graph.holds("")


def test_delete__existing_graph(graph: Graph) -> None:
    graph.put(JOHN)
    assert graph.delete().status_code in {200, 204}


def test_get_of_delete__existing_graph(graph: Graph) -> None:
    graph.put(JOHN)
    graph.delete()
    assert graph.get().status_code == 404


def test_delete__nonexistent_graph(graph: Graph) -> None:
    assert graph.delete().status_code == 404


def test_post__existing_graph(graph: Graph) -> None:
    graph.put(JANE)
    assert graph.post(NAMED).status_code in {200, 204}


def test_get_of_post__existing_graph(graph: Graph) -> None:
    graph.put(JANE)
    graph.post(NAMED)
    assert graph.holds(JANE + NAMED)


def _posted_in_parts(graph: Graph) -> httpx.Response:
    family = f'{PREFIXES} {PERSON} foaf:familyName "Doe" .'
    given = f'{PREFIXES} {PERSON} foaf:givenName "Jane" .'
    files = {
        "lastName.ttl": ("lastName.ttl", family, TURTLE),
        "firstName.ttl": ("firstName.ttl", given, TURTLE),
    }
    return graph.client.post(graph.address, files=files)


def test_post__multipart_formdata(graph: Graph) -> None:
    graph.put(JANE)
    assert _posted_in_parts(graph).status_code in {200, 204}


def test_get_of_post__multipart_formdata(graph: Graph) -> None:
    graph.put(JANE)
    _posted_in_parts(graph)
    names = f'{PERSON} foaf:familyName "Doe" ; foaf:givenName "Jane" .'
    assert graph.holds(f"{JANE} {names}")


@pytest.fixture
def created(changed: Served, client: httpx.Client) -> Iterator[Graph]:
    """A graph that the store was left to name, at the address that it told."""
    response = Graph(client, changed.endpoints.store).post(ALICE)
    assert response.status_code == 201, response.text
    address = httpx.URL(changed.endpoints.store).join(response.headers["Location"])
    yield (found := Graph(client, str(address)))
    found.delete()


def test_post__create__new_graph(created: Graph) -> None:
    assert created.get().status_code == 200


def test_get_of_post__create__new_graph(created: Graph) -> None:
    assert created.holds(ALICE)


def test_post__empty_graph_to_existing_graph(created: Graph) -> None:
    assert created.post("").status_code in {200, 204}


def test_get_of_post__after_noop(created: Graph) -> None:
    created.post("")
    assert created.holds(ALICE)


def test_head_on_an_existing_graph(graph: Graph) -> None:
    graph.put(JOHN)
    found = graph.client.head(graph.address, headers={"Accept": TURTLE})
    assert found.status_code == 200
    assert found.headers["Content-Type"].partition(";")[0] == TURTLE
    assert not found.content


def test_head_on_a_nonexisting_graph(graph: Graph) -> None:
    assert graph.client.head(graph.address).status_code == 404
