"""A server that holds the graph: every door leads through the gate, one change at a time."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import httpx
import pytest

from milgraph import doorplate
from milgraph.errors import StoreError
from milgraph.history import LogReader
from milgraph.store import EmbeddedStore

DRILL = "2024-05-14-drill"
TRIG = {"Content-Type": "application/trig"}
TURTLE = {"Content-Type": "text/turtle"}
UPDATE = {"Content-Type": "application/sparql-update"}
BASE = "https://w3id.org/milgraph/"
ARTICLE = f"{BASE}article/{DRILL}"
REFERENCE = f"{BASE}graph/reference"
ENDLESS = (
    "INSERT { GRAPH <https://w3id.org/milgraph/graph/reference> { ?a ?e ?i } } WHERE "
    "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?q ?r ?s }"
)
SECONDS = 4.0
# An article is whole, or it is not there: its record, its claim, and what follows.
PARTS = (
    "?article a mil:NewsReport BIND(?article AS ?part)",
    "GRAPH ?article { ?part mil:inArticle ?article }",
    "GRAPH ?claim { ?part a mil:Exercise }",
    "?part a mil:Activity",
    "?part mil:takesPlaceIn <https://w3id.org/milgraph/place/sea-of-japan>",
)
COUNTS = (
    f"PREFIX mil: <{BASE}ontology#> SELECT * WHERE {{"
    + " ".join(
        f"{{ SELECT (COUNT(DISTINCT ?part) AS ?n{number}) WHERE {{ {part} "
        f'FILTER STRSTARTS(STR(?part), "{BASE}article/many-") }} }}'
        for number, part in enumerate(PARTS)
    )
    + "}"
)
WHOLE = f"""
SELECT (COUNT(DISTINCT ?article) AS ?n) WHERE {{
  ?article a <{BASE}ontology#NewsReport>
  FILTER STRSTARTS(STR(?article), "{BASE}article/many-")
}}"""


@pytest.fixture
def editor(client, bearing):
    client.headers.update(bearing("ed"))
    yield client
    del client.headers["Authorization"]


@pytest.fixture
def drilled(editor, drill):
    """A server that has the drill."""
    text = drill().content
    put = editor.put(f"/articles/{DRILL}", content=text, headers=TRIG)
    assert put.status_code in (200, 201)
    return editor


def rows(client: httpx.Client, query: str) -> list[str]:
    found = client.get("/sparql", params={"query": query, "format": "csv"})
    assert found.status_code == 200, found.text
    return found.text.splitlines()[1:]


def update(client: httpx.Client, text: str, **more: str) -> httpx.Response:
    return client.post("/sparql", content=text, headers=UPDATE, params=more)


def test_an_update_of_an_article_is_entailed_and_can_be_undone(drilled):
    claim = f"{ARTICLE}#claim-1"
    asked = f"SELECT ?n {{ <{ARTICLE}#bombers-count> <{BASE}ontology#atLeast> ?n }}"
    assert rows(drilled, asked) == ["2"]
    changed = update(
        drilled,
        f"PREFIX mil: <{BASE}ontology#> DELETE {{ GRAPH <{claim}> {{ ?c mil:exactly ?n }} }} "
        f"INSERT {{ GRAPH <{claim}> {{ ?c mil:exactly 3 }} }} "
        f"WHERE {{ GRAPH <{claim}> {{ ?c mil:exactly ?n }} }}",
        reason="the wire was corrected",
    )
    assert changed.status_code == 200, changed.text
    told = changed.json()
    assert (told["added"], told["removed"]) == (1, 1)
    # Who asked for it is told by the view at once.
    assert rows(drilled, asked) == ["3"]
    undone = drilled.post(f"/history/{told['commit']}/undo")
    assert undone.status_code == 200, undone.text
    assert rows(drilled, asked) == ["2"]
    again = drilled.post(f"/history/{told['commit']}/undo")
    assert again.status_code == 409
    assert drilled.post("/history/99999/undo").status_code == 404
    assert drilled.post("/history/none/undo").status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <urn:a> <urn:b> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "CLEAR DEFAULT",
        "DROP ALL",
        "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }",
        f"CLEAR GRAPH <{BASE}graph/ontology>",
        f"INSERT DATA {{ GRAPH <{BASE}graph/ontology> {{ <urn:a> <urn:b> 1 }} }}",
        f"INSERT DATA {{ GRAPH <{BASE}graph/changes> {{ <urn:a> <urn:b> 1 }} }}",
    ],
)
def test_what_no_door_leads_to_is_refused_with_an_explanation(drilled, text):
    before = rows(drilled, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    refused = update(drilled, text)
    assert refused.status_code == 422, refused.text
    assert refused.json()["hint"]
    assert rows(drilled, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == before


@pytest.mark.parametrize(
    "target", [{"default": ""}, {"graph": f"{BASE}graph/ontology"}]
)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_the_view_and_the_ontology_are_not_written_by_the_graph_store(
    drilled, method, target
):
    refused = drilled.request(
        method,
        "/store",
        params=target,
        content=b"<urn:a> <urn:b> 1 .",
        headers=TURTLE,
    )
    assert refused.status_code == 422, refused.text
    assert refused.json()["title"] == "Touches what is not its own"


def test_a_graph_of_the_editors_is_read_changed_and_put_back(editor):
    where = {"graph": REFERENCE}
    ntriples = {"Accept": "application/n-triples"}
    before = editor.get("/store", params=where, headers=ntriples)
    added = (
        f"<{BASE}place/sea-of-japan> <http://www.w3.org/2004/02/skos/core#altLabel> "
        '"A sea that was tried"@en .\n'
    )
    posted = editor.post("/store", params=where, content=added, headers=TURTLE)
    assert posted.status_code == 204, posted.text
    after = editor.get("/store", params=where, headers=ntriples)
    assert set(after.text.splitlines()) - set(before.text.splitlines()) == {
        added.strip()
    }
    put = editor.put(
        "/store",
        params=where,
        content=before.content,
        headers={"Content-Type": "application/n-triples"},
    )
    assert put.status_code == 204, put.text
    now = editor.get("/store", params=where, headers=ntriples)
    assert set(now.text.splitlines()) == set(before.text.splitlines())


def test_the_graph_store_answers_as_its_protocol_says(editor):
    unknown = {"graph": f"{BASE}graph/links/nothing"}
    assert editor.delete("/store", params=unknown).status_code == 404
    assert editor.put("/store", content=b"", headers=TURTLE).status_code == 400
    made_up = editor.post("/store", content=b"<urn:a> <urn:b> 1 .", headers=TURTLE)
    assert made_up.status_code == 400
    assert "/articles" in made_up.json()["hint"]
    dry = {"graph": REFERENCE, "dry-run": ""}
    told = editor.post("/store", params=dry, content=b"", headers=TURTLE)
    assert told.status_code == 200
    assert told.json()["dryRun"]


def test_an_ill_formed_or_endless_update_changes_nothing(drilled):
    assert update(drilled, "INSERT DATA {").status_code == 400
    assert update(drilled, "LOAD <http://192.0.2.1/x>").status_code == 403


def test_updates_are_described_only_where_they_can_be_made(editor, http):
    told = "http://www.w3.org/ns/sparql-service-description#SPARQL11Update"
    turtle = {"Accept": "text/turtle"}
    assert "SPARQL11Update" in editor.get("/sparql", headers=turtle).text, told
    assert "SPARQL11Update" not in http.get("/sparql", headers=turtle).text


def many(text: bytes, number: int) -> bytes:
    return text.replace(DRILL.encode(), f"many-{number}".encode())


def submitted(
    address: str, headers: dict[str, str], text: bytes, total: int, clients: int
) -> list[int]:
    """Let several clients submit articles of their own; return their commits."""

    def work(own: int) -> list[int]:
        commits = []
        with httpx.Client(base_url=address, timeout=120, headers=headers) as client:
            for number in range(own, total, clients):
                content = many(text, number)
                sent = client.post("/articles", content=content, headers=TRIG)
                assert sent.status_code == 201, sent.text
                commits.append(sent.json()["commit"])
        return commits

    with ThreadPoolExecutor(clients) as pool:
        return [n for commits in pool.map(work, range(clients)) for n in commits]


def watched(address: str, is_over: Event) -> int:
    """Ask until all is over whether half of a commit is to be seen; count the looks."""
    looks = last = 0
    with httpx.Client(base_url=address, timeout=60) as client:
        while not is_over.is_set():
            (counts,) = rows(client, COUNTS)
            numbers = [*map(int, counts.split(","))]
            assert len({*numbers}) == 1, "a part of an article is to be seen"
            assert numbers[0] >= last, "what was there is there"
            last = numbers[0]
            looks += 1
    return looks


@pytest.mark.parametrize(
    "total", [200, pytest.param(2000, marks=pytest.mark.long)], ids=str
)
def test_submissions_of_several_clients_are_all_there_once_and_in_order(
    start, folder_of, tokens, bearing, drill, total
):
    folder = folder_of()
    is_over = Event()
    with (
        start(folder, TOKENS=tokens) as server,
        ThreadPoolExecutor(2) as pool,
        httpx.Client(base_url=server.address, timeout=60) as client,
    ):
        before = LogReader.open(folder / "log").last
        watchers = [pool.submit(watched, server.address, is_over) for _ in range(2)]
        try:
            commits = submitted(
                server.address, bearing("carol"), drill().content, total, clients=8
            )
        finally:
            is_over.set()
        assert sum(watcher.result() for watcher in watchers) > 2
        assert rows(client, WHOLE) == [str(total)]
    assert sorted(commits) == [*range(before + 1, before + 1 + total)]
    entries = [*LogReader.open(folder / "log").entries(after=before)]
    assert [entry.sequence for entry in entries] == sorted(commits)
    found = sorted(article for entry in entries for article in entry.articles)
    assert found == sorted(f"{BASE}article/many-{n}" for n in range(total))


@pytest.fixture(scope="module")
def hurried(start, folder_of, tokens, bearing):
    """A server of which no change may take long."""
    with (
        start(folder_of(), TOKENS=tokens, TIME_LIMIT=SECONDS) as server,
        httpx.Client(
            base_url=server.address, timeout=120, headers=bearing("ed")
        ) as client,
    ):
        yield client


def test_a_change_that_is_ended_leaves_nothing_and_the_next_one_is_made(hurried, drill):
    before = rows(hurried, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    ended = update(hurried, ENDLESS)
    assert ended.status_code == 422, ended.text
    assert ended.json()["kind"] == "limit-time"
    assert "nothing was stored" in ended.json()["detail"]
    assert rows(hurried, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == before
    sent = hurried.put(f"/articles/{DRILL}", content=drill().content, headers=TRIG)
    assert sent.status_code == 201, sent.text


def test_readers_and_checks_do_not_wait_for_a_change_that_takes_long(hurried, drill):
    hurried.post("/check", content=drill().content, headers=TRIG)
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(update, hurried, ENDLESS)
        time.sleep(0.5)
        begun = time.monotonic()
        assert rows(hurried, "SELECT ?o { <urn:a> ?p ?o }") == []
        checked = hurried.post("/check", content=drill().content, headers=TRIG)
        assert checked.json()["conforms"]
        assert time.monotonic() - begun < SECONDS - 0.5
        assert not ended.done()
        assert ended.result().status_code == 422


def test_a_writer_that_is_killed_is_replaced_and_loses_nothing(
    start, folder_of, tokens, bearing, drill
):
    text = drill().content
    folder = folder_of()
    with (
        start(folder, TOKENS=tokens) as server,
        httpx.Client(
            base_url=server.address, timeout=120, headers=bearing("carol")
        ) as client,
    ):
        acknowledged = []
        for number in range(6):
            if number % 2:
                _kill_writer(server.process.pid)
            sent = client.post("/articles", content=many(text, number), headers=TRIG)
            assert sent.status_code == 201, sent.text
            acknowledged.append(sent.json()["commit"])
        assert rows(client, WHOLE) == ["6"]
    assert acknowledged == [*range(acknowledged[0], acknowledged[0] + 6)]


def _kill_writer(server: int) -> None:
    found = subprocess.run(
        ["pgrep", "-P", str(server), "-f", "milgraph.writer.process.*gate"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    (pid,) = found.stdout.split()
    subprocess.run(["kill", "-9", pid], check=True)  # noqa: S607
    # It has ended when all of its threads have.
    with suppress(FileNotFoundError, ProcessLookupError):
        while len([*Path(f"/proc/{pid}/task").iterdir()]) > 1 or (
            "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
        ):
            time.sleep(0.01)


def test_the_server_tells_where_it_is_while_it_holds_the_store(
    start, folder_of, tokens
):
    folder = folder_of()
    with start(folder, TOKENS=tokens) as server:
        assert doorplate.find(folder) == server.address
        with pytest.raises(StoreError, match="held by another process"):
            EmbeddedStore(folder / "store")
    assert doorplate.find(folder) is None
    with start(folder):
        assert doorplate.find(folder) is None
        # A server that only reads leaves the store to others.
        EmbeddedStore(folder / "store").close()


def test_a_file_of_tokens_that_is_wrong_is_told_before_anything_is_built(tmp_path):
    found = subprocess.run(
        [sys.executable, "-m", "milgraph", "serve", "--port", "0"],
        env={"MILGRAPH_DATA": str(tmp_path / "graph"), "MILGRAPH_TOKENS": "none.toml"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 2
    assert "none.toml cannot be read" in found.stderr
    assert not (tmp_path / "graph").exists()


def test_a_server_of_several_workers_changes_nothing_and_says_so(
    start, built, tokens, bearing, drill
):
    with start(built, "--workers", "2", TOKENS=tokens) as server:
        refused = httpx.put(
            f"{server.address}/articles/{DRILL}",
            content=drill().content,
            headers={**TRIG, **bearing("ada")},
        )
        assert refused.status_code == 403
        assert "one worker" in refused.json()["hint"]
        assert doorplate.find(built) is None
        running = httpx.get(f"{server.address}/running", headers=bearing("ada"))
        assert running.status_code == 200


def test_a_second_server_that_would_write_says_plainly_that_one_is_running(
    start, folder_of, tokens
):
    folder = folder_of()
    with start(folder, TOKENS=tokens):
        found = subprocess.run(
            [sys.executable, "-m", "milgraph", "serve", "--port", "0", "--token", "x"],
            env={"MILGRAPH_DATA": str(folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert found.returncode == 3
    assert "held by another process" in found.stderr
    assert "Traceback" not in found.stderr
