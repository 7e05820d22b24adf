"""The graph store: graphs are read in both modes, and written where the dataset is plain."""

import gzip
from collections.abc import Iterator

import httpx
import pytest

from milgraph.syntax import FORMATS, MAXIMUM_SIZE

TURTLE = {"Content-Type": "text/turtle"}
SHIPS = {"graph": "http://example.org/ships"}
DEFAULT = {"default": ""}
NTRIPLES = {"Accept": "application/n-triples"}
SHIP = '<http://example.org/ship> <http://example.org/name> "Aurora" .\n'
BOAT = '<http://example.org/boat> <http://example.org/name> "Pinta" .\n'


@pytest.fixture(scope="module")
def plain(start, tmp_path_factory) -> Iterator[httpx.Client]:
    with (
        start(tmp_path_factory.mktemp("plain"), "--plain") as server,
        httpx.Client(base_url=server.address, timeout=60) as client,
    ):
        yield client


@pytest.fixture
def store(plain: httpx.Client) -> httpx.Client:
    """A store in which nothing is."""
    plain.post("/sparql", data={"update": "DROP ALL"}).raise_for_status()
    return plain


def content(client: httpx.Client, params: dict[str, str]) -> set[str]:
    answer = client.get("/store", params=params, headers=NTRIPLES)
    assert answer.status_code == 200, answer.text
    return set(answer.text.splitlines(keepends=True))


def test_a_graph_that_is_put_is_read_back(store):
    assert store.get("/store", params=SHIPS).status_code == 404
    put = store.put("/store", params=SHIPS, content=SHIP, headers=TURTLE)
    assert put.status_code == 201
    assert content(store, SHIPS) == {SHIP}
    put = store.put("/store", params=SHIPS, content=BOAT, headers=TURTLE)
    assert put.status_code == 204
    assert content(store, SHIPS) == {BOAT}


def test_an_empty_graph_that_is_put_exists(store):
    put = store.put("/store", params=SHIPS, content="", headers=TURTLE)
    assert put.status_code == 201
    assert content(store, SHIPS) == set()


def test_a_graph_grows_by_what_is_posted_to_it(store):
    statuses = [
        store.post("/store", params=SHIPS, content=text, headers=TURTLE).status_code
        for text in (SHIP, BOAT)
    ]
    assert statuses == [201, 204]
    assert content(store, SHIPS) == {SHIP, BOAT}


def test_the_default_graph_is_new_while_it_is_empty(store):
    written = [
        store.request(method, "/store", params=DEFAULT, content=text, headers=TURTLE)
        for method, text in (
            ("PUT", SHIP),
            ("POST", BOAT),
            ("PUT", BOAT),
            ("POST", SHIP),
        )
    ]
    assert [answer.status_code for answer in written] == [201, 204, 204, 204]
    assert content(store, DEFAULT) == {SHIP, BOAT}
    assert store.delete("/store", params=DEFAULT).status_code == 204
    assert content(store, DEFAULT) == set()


def test_a_graph_that_is_deleted_is_gone(store):
    store.put("/store", params=SHIPS, content=SHIP, headers=TURTLE)
    assert store.delete("/store", params=SHIPS).status_code == 204
    assert store.get("/store", params=SHIPS).status_code == 404
    assert store.delete("/store", params=SHIPS).status_code == 404


def test_the_address_of_a_graph_is_its_name(store):
    path = "/store/fleet/north%20sea.ttl"
    assert store.put(path, content="<> a <#Fleet> .", headers=TURTLE).status_code == 201
    name = f"{store.base_url}{path}".replace("//store", "/store")
    (triple,) = store.get(path, headers=NTRIPLES).text.splitlines()
    assert triple.startswith(f"<{name}> ")
    assert triple.endswith(f" <{name}#Fleet> .")
    asked = store.get("/store", params={"graph": name}, headers=NTRIPLES)
    assert asked.text.splitlines() == [triple]


def test_what_is_posted_to_the_store_gets_a_name_of_its_own(store):
    posted = store.post("/store", content="<> a <#Fleet> .", headers=TURTLE)
    assert posted.status_code == 201
    location = posted.headers["Location"]
    assert location.startswith(f"{store.base_url}")
    read = store.get(location, headers=NTRIPLES)
    assert read.status_code == 200
    assert read.text.startswith(f"<{location}> ")


def test_the_files_of_a_form_become_one_graph(store):
    files = [
        ("file", ("ship.ttl", SHIP, "text/turtle")),
        ("file", ("boat.nt", BOAT, "application/octet-stream")),
    ]
    assert store.post("/store", params=SHIPS, files=files).status_code == 201
    assert content(store, SHIPS) == {SHIP, BOAT}


def test_one_bad_file_of_a_form_keeps_all_of_it_out(store):
    files = [
        ("file", ("ship.ttl", SHIP, "text/turtle")),
        ("file", ("boat.ttl", "<a> <b>\n zz .", "text/turtle")),
    ]
    refused = store.post("/store", params=SHIPS, files=files)
    assert refused.status_code == 400
    assert refused.json()["line"] == 2
    assert store.get("/store", params=SHIPS).status_code == 404


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_graph_is_sent_and_read_in_every_format(store, name):
    form = FORMATS[name]
    store.put("/store", params=SHIPS, content=SHIP, headers=TURTLE)
    read = store.get("/store", params=SHIPS, headers={"Accept": form.media_type})
    assert read.headers["Content-Type"].split(";")[0] == form.media_type
    assert "Accept" in read.headers["Vary"]
    put = store.put(
        "/store",
        params={"graph": "http://example.org/copy"},
        content=read.content,
        headers={"Content-Type": form.media_type},
    )
    assert put.status_code == 201
    assert content(store, {"graph": "http://example.org/copy"}) == {SHIP}


def test_head_tells_what_get_would_send(store):
    store.put("/store", params=SHIPS, content=SHIP, headers=TURTLE)
    head = store.head("/store", params=SHIPS, headers=NTRIPLES)
    assert head.status_code == 200
    assert head.headers["Content-Type"].startswith("application/n-triples")
    assert int(head.headers["Content-Length"]) == len(SHIP)
    assert head.content == b""
    assert store.head("/store", params={"graph": "urn:none"}).status_code == 404


def test_a_graph_that_has_not_changed_is_not_sent_again(store):
    store.put("/store", params=SHIPS, content=SHIP, headers=TURTLE)
    tag = store.get("/store", params=SHIPS).headers["ETag"]
    known = {"If-None-Match": f'"other", {tag}'}
    again = store.get("/store", params=SHIPS, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert (
        store.get("/store", params=SHIPS, headers=known | NTRIPLES).status_code == 200
    )
    store.post("/store", params=SHIPS, content=BOAT, headers=TURTLE)
    changed = store.get("/store", params=SHIPS, headers=known)
    assert changed.status_code == 200
    assert "Pinta" in changed.text


def test_ill_formed_rdf_is_refused_with_its_place_and_changes_nothing(store):
    store.put("/store", params=SHIPS, content=SHIP, headers=TURTLE)
    refused = store.put(
        "/store", params=SHIPS, content="<a> <b>\n  zz .", headers=TURTLE
    )
    assert refused.status_code == 400
    told = refused.json()
    assert (told["line"], told["column"]) == (2, 3)
    assert content(store, SHIPS) == {SHIP}


@pytest.mark.parametrize(
    ("method", "params", "headers", "body", "status"),
    [
        ("PUT", SHIPS, {"Content-Type": "text/csv"}, b"a", 415),
        ("PUT", SHIPS, {"Content-Type": "text/turtle; charset=utf-16"}, b"a", 415),
        ("PUT", SHIPS, {**TURTLE, "Content-Encoding": "br"}, b"a", 415),
        ("PUT", SHIPS, {**TURTLE, "Content-Encoding": "gzip"}, b"a", 400),
        ("PUT", SHIPS, {"Content-Type": "multipart/form-data"}, b"a", 400),
        ("PUT", SHIPS, {"Content-Type": "application/trig"}, b"<a:g> {<a:> <a:> 1}", 400),
        ("PUT", SHIPS, {"Content-Type": "application/rdf+xml"}, b"<!DOCTYPE x>", 400),
        ("PUT", SHIPS, TURTLE, b"<a:> <a:> \"\xff\" .", 400),
        ("PUT", {"graph": "relative"}, TURTLE, b"", 400),
        ("PUT", {"graph": ["urn:a", "urn:b"]}, TURTLE, b"", 400),
        ("PUT", {"graph": "urn:a", "default": ""}, TURTLE, b"", 400),
        ("PUT", {}, TURTLE, b"", 400),
        ("DELETE", {}, {}, b"", 400),
        ("GET", {}, {}, b"", 400),
        ("GET", DEFAULT, {"Accept": "image/png"}, b"", 406),
        ("GET", {**DEFAULT, "format": "png"}, {}, b"", 406),
        ("PATCH", SHIPS, TURTLE, b"", 405),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_as_a_problem(
    store, method, params, headers, body, status
):
    answer = store.request(
        method, "/store", params=params, headers=headers, content=body
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    if status == 405:
        assert "PUT" in answer.headers["Allow"]
    assert store.get("/store", params=SHIPS).status_code == 404


def test_a_body_may_be_compressed_but_not_swell_without_end(store):
    packed = {**TURTLE, "Content-Encoding": "gzip"}
    put = store.put(
        "/store", params=SHIPS, content=gzip.compress(SHIP.encode()), headers=packed
    )
    assert put.status_code == 201
    assert content(store, SHIPS) == {SHIP}
    bomb = gzip.compress(b" " * (MAXIMUM_SIZE + 1))
    refused = store.put("/store", params=SHIPS, content=bomb, headers=packed)
    assert refused.status_code == 413
    assert content(store, SHIPS) == {SHIP}


def test_a_browser_may_be_told_what_it_can_do(store):
    asked = store.options("/store", params=SHIPS)
    assert asked.status_code == 204
    assert "PUT" in asked.headers["Access-Control-Allow-Methods"]


def test_a_claim_of_an_article_is_a_graph_that_can_be_read(http):
    claim = "article/2023-03-21-tu-95-sea-of-japan#claim-1"
    direct = http.get(f"/store/{claim.replace('#', '%23')}", headers=NTRIPLES)
    assert direct.status_code == 200
    assert direct.text
    named = {"graph": f"https://w3id.org/milgraph/{claim}"}
    indirect = http.get("/store", params=named, headers=NTRIPLES)
    assert sorted(indirect.text.splitlines()) == sorted(direct.text.splitlines())
    assert http.get("/store/article/none").status_code == 404
    known = {"If-None-Match": direct.headers["ETag"], **NTRIPLES}
    assert http.get("/store", params=named, headers=known).status_code == 304


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_without_a_token_no_graph_of_ours_is_written(http, method):
    answer = http.request(method, "/store", params=SHIPS, headers=TURTLE)
    assert answer.status_code == 403
    assert "read-only" in answer.json()["detail"]
