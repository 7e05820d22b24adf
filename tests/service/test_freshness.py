"""Freshness: a query sees every commit that was acknowledged before it, and says which."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

COUNT = "SELECT ?n { <http://e/counter> <http://e/value> ?n }"
WRITE = (
    "DELETE WHERE {{ <http://e/counter> <http://e/value> ?n }} ;"
    "INSERT DATA {{ <http://e/counter> <http://e/value> {} }}"
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory, start) -> Iterator[str]:
    with start(tmp_path_factory.mktemp("plain"), "--plain") as server:
        yield server.address


def seen(client: httpx.Client, **headers: str) -> httpx.Response:
    parameters = {"query": COUNT, "format": "csv"}
    return client.get("/sparql", params=parameters, headers=headers)


def commit(client: httpx.Client, number: int) -> None:
    client.post("/sparql", data={"update": WRITE.format(number)}).raise_for_status()


@pytest.mark.parametrize(
    "alternations", [100, pytest.param(1000, marks=pytest.mark.long)]
)
def test_a_commit_followed_by_a_query_shows_the_commit(plain, alternations):
    """The query comes by another connection, whose answers are in the cache by then."""
    with httpx.Client(base_url=plain) as writer, httpx.Client(base_url=plain) as reader:
        wrong = []
        for number in range(alternations):
            commit(writer, number)
            found = seen(reader).text.split()[1:]
            if found != [str(number)]:
                wrong.append((number, found))
        assert wrong == []


def test_what_many_read_beside_a_writer_never_goes_back(plain):
    stop = threading.Event()

    def read() -> list[int]:
        numbers = []
        with httpx.Client(base_url=plain) as client:
            while not stop.is_set():
                numbers.append(int(seen(client).text.split()[1]))
        return numbers

    with ThreadPoolExecutor() as threads, httpx.Client(base_url=plain) as writer:
        commit(writer, 0)
        readers = [threads.submit(read) for _ in range(4)]
        for number in range(1, 100):
            commit(writer, number)
        stop.set()
        for numbers in (reader.result() for reader in readers):
            assert numbers == sorted(numbers)
            assert len(set(numbers)) > 1


def test_the_tag_of_an_answer_holds_until_the_next_commit(plain):
    with httpx.Client(base_url=plain) as client:
        commit(client, 1)
        tag = seen(client).headers["etag"]
        again = seen(client, **{"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert seen(client, **{"If-None-Match": f'"x", W/{tag}'}).status_code == 304
        commit(client, 2)
        fresh = seen(client, **{"If-None-Match": tag})
        assert fresh.status_code == 200
        assert fresh.headers["etag"] != tag


def test_a_tag_is_of_one_representation(plain):
    with httpx.Client(base_url=plain) as client:
        tags = {
            client.get(
                "/sparql",
                params={"query": COUNT},
                headers={"Accept": accept, "Accept-Encoding": encoding},
            ).headers["etag"]
            for accept in ("text/csv", "application/json")
            for encoding in ("identity", "gzip")
        }
        assert len(tags) == 4


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()"])
def test_what_holds_for_a_moment_is_not_kept(plain, call):
    query = f"SELECT ({call} AS ?x) {{}}"
    with httpx.Client(base_url=plain) as client:
        found = [client.get("/sparql", params={"query": query}) for _ in range(2)]
    assert found[0].text != found[1].text
    assert all("etag" not in answer.headers for answer in found)
    assert all(answer.headers["cache-control"] == "no-store" for answer in found)
