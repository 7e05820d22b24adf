"""A plain server: any dataset, served and changed without view, shapes and ontology."""

import gzip
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

UPDATE = {"Content-Type": "application/sparql-update"}
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = (
    "INSERT { ?a <urn:p> ?l } WHERE "
    "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?q ?r ?s . ?t ?u ?v }"
)


@pytest.fixture(scope="module")
def plain(start, tmp_path_factory) -> Iterator[httpx.Client]:
    environ = os.environ.get("MILGRAPH_TIME_LIMIT")
    os.environ["MILGRAPH_TIME_LIMIT"] = "2"
    try:
        with (
            start(tmp_path_factory.mktemp("plain"), "--plain") as server,
            httpx.Client(base_url=server.address, timeout=60) as client,
        ):
            yield client
    finally:
        del os.environ["MILGRAPH_TIME_LIMIT"]
        if environ:
            os.environ["MILGRAPH_TIME_LIMIT"] = environ


def count(client: httpx.Client) -> int:
    answer = client.get("/sparql", params={"query": COUNT, "format": "csv"})
    return int(answer.text.split()[1])


def test_an_update_is_seen_by_the_next_query(plain):
    for number in range(20):
        told = plain.post(
            "/sparql",
            content=f"INSERT DATA {{ <urn:a> <urn:n> {number} }}",
            headers=UPDATE,
        )
        assert told.status_code == 204
        asked = {"query": f"ASK {{ <urn:a> <urn:n> {number} }}", "format": "json"}
        assert plain.get("/sparql", params=asked).json()["boolean"]


def test_only_the_graphs_of_the_user_are_there(plain):
    plain.post("/sparql", data={"update": "DROP ALL"})
    plain.post("/sparql", data={"update": "CREATE GRAPH <urn:g>"})
    asked = {"query": "SELECT ?g { GRAPH ?g {} }", "format": "csv"}
    assert plain.get("/sparql", params=asked).text.split() == ["g", "urn:g"]


def test_an_endless_update_is_ended_while_queries_are_answered(plain):
    numbers = ", ".join(map(str, range(50)))
    plain.post(
        "/sparql", data={"update": f"CLEAR ALL; INSERT DATA {{ <a:> <a:> {numbers} }}"}
    )
    outcome: list[httpx.Response] = []

    def ask() -> None:
        with httpx.Client(base_url=plain.base_url, timeout=60) as other:
            outcome.append(other.post("/sparql", data={"update": ENDLESS}))

    endless = threading.Thread(target=ask)
    endless.start()
    time.sleep(0.5)
    assert count(plain) == 50
    assert not outcome
    endless.join()
    assert outcome[0].status_code == 422
    assert "nothing was stored" in outcome[0].json()["detail"]
    told = plain.post("/sparql", data={"update": "INSERT DATA { <a:> <a:> 51 }"})
    assert told.status_code == 204
    assert count(plain) == 51


@pytest.mark.parametrize(
    ("update", "status"),
    [
        ("INSERT DATA { <urn:a> <urn:b> }", 400),
        ("INSERT DATA {", 400),
        ("DROP GRAPH <urn:none>", 409),
        ("LOAD <http://127.0.0.1:9/>", 403),
        ("LOAD SILENT <http://127.0.0.1:9/>", 204),
    ],
)
def test_an_update_that_fails_is_told_as_a_problem(plain, update, status):
    assert plain.post("/sparql", data={"update": update}).status_code == status


def test_an_update_names_its_dataset_in_one_place(plain):
    fields = {
        "update": "DELETE { ?s ?p ?o } USING <urn:a> WHERE { ?s ?p ?o }",
        "using-graph-uri": "urn:b",
    }
    assert plain.post("/sparql", data=fields).status_code == 400


def test_a_relative_iri_of_an_update_is_relative_to_the_endpoint(plain):
    plain.post("/sparql", data={"update": "CLEAR ALL ; INSERT DATA { <x> <y> <z> }"})
    asked = {"query": f"ASK {{ <{plain.base_url}/x> ?y ?z }}", "format": "json"}
    assert plain.get("/sparql", params=asked).json()["boolean"]


def test_a_page_of_another_site_cannot_write_without_a_token(plain):
    told = plain.post(
        "/sparql",
        data={"update": "CLEAR ALL"},
        headers={"Origin": "https://evil.example"},
    )
    assert told.status_code == 403


def test_with_a_token_only_its_holder_writes(start, tmp_path):
    with (
        start(tmp_path, "--plain", "--token", "open-sesame") as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        statuses = [
            client.put(
                "/store?default",
                content="<a> <b> <c> .",
                headers={"Content-Type": "text/turtle", **headers},
            ).status_code
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": "Bearer open-sesame"},
            )
        ]
        assert statuses == [401, 401, 201]
        assert client.post("/sparql", data={"update": "CLEAR ALL"}).status_code == 401
        assert count(client) == 1


def test_a_dataset_in_a_folder_is_there_again(start, tmp_path):
    for expected in (0, 1):
        with (
            start(tmp_path, "--plain") as server,
            httpx.Client(base_url=server.address, timeout=30) as client,
        ):
            assert count(client) == expected
            client.post("/sparql", data={"update": "INSERT DATA { <a:> <a:> 1 }"})


def test_files_are_loaded_before_the_first_answer(start, tmp_path):
    (tmp_path / "a.nt").write_text("<urn:a> <urn:b> <urn:c> .\n")
    packed = gzip.compress(b"<urn:g> { <urn:a> <urn:b> <d> }")
    (tmp_path / "b.trig.gz").write_bytes(packed)
    files = [str(tmp_path / name) for name in ("a.nt", "b.trig.gz")]
    with (
        start(tmp_path / "data", "--plain", *files) as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        assert count(client) == 1
        read = client.get("/store?graph=urn:g", headers={"Accept": "text/plain"})
        assert f"<{(tmp_path / 'd').as_uri()}>" in read.text


def served_briefly(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MILGRAPH_")}
    return subprocess.run(
        [sys.executable, "-m", "milgraph", "serve", "--port", "0", *arguments],
        env={**kept, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.ttl", "<urn:a> <urn:b>\n  zz .", "a.ttl:2:3: "),
        ("a.rdf", '<?xml version="1.0"?>\n<!DOCTYPE a []>', "a.rdf:2:1: a DOCTYPE"),
        ("a.txt", "", "does not end like an RDF file"),
        ("a.nt.gz", "no gzip", "not whole gzip"),
    ],
)
def test_a_file_that_cannot_be_read_ends_the_start(tmp_path, name, text, says):
    path = tmp_path / name
    path.write_text(text)
    ended = served_briefly("--plain", str(path), TMPDIR=str(tmp_path))
    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    # What was made for the time being is gone.
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_a_graph_and_a_plain_dataset_do_not_share_a_folder(tmp_path, built: Path):
    ended = served_briefly("--plain", "--data", str(built))
    assert (ended.returncode, "not plain" in ended.stderr) == (2, True)
    (tmp_path / "plain").mkdir()
    ended = served_briefly("--data", str(tmp_path))
    assert (ended.returncode, "plain dataset" in ended.stderr) == (2, True)


def test_files_and_workers_do_not_go_with_what_cannot_use_them(tmp_path):
    assert served_briefly(str(tmp_path / "a.ttl")).returncode == 2
    assert served_briefly("--plain", "--workers", "2").returncode == 2
