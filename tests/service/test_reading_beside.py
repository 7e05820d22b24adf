"""Commands that read beside a server see what it has acknowledged, and outlive it."""

import json
import os
import subprocess
import sys
import time

import pytest

from milgraph import doorplate
from milgraph.generations import Generations
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.settings import Settings

ARTICLE = "article:2024-05-14-drill"
FOUND = "ASK { <https://w3id.org/milgraph/article/2024-05-14-drill#drill> ?p ?o }"
TOKEN = "own"  # noqa: S105 - of a server that is made for the test


@pytest.fixture
def command(folder_of):
    """Run a command on a folder of its own, which is `command.folder`."""
    folder = folder_of()

    def run(*words, given=None):
        return subprocess.run(
            [sys.executable, "-m", "milgraph", *words],
            env={**os.environ, "MILGRAPH_DATA": str(folder), "MILGRAPH_TOKEN": TOKEN},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    run.folder = folder
    return run


@pytest.fixture
def file(drill, tmp_path):
    path = tmp_path / "drill.trig"
    path.write_bytes(drill().content)
    return path


def holds(command, *, iri=FOUND):
    answer = command("query", "-", "--output", "json", given=iri)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["boolean"], answer.stderr


READING = {
    "query": ("query", "-", "--output", "csv"),
    "export": ("export", ARTICLE),
    "search": ("search", "drill of two bombers"),
    "stats": ("stats", "--json"),
}


@pytest.mark.parametrize("reading", READING)
def test_what_a_server_has_acknowledged_is_read(start, command, file, reading):
    given = f"SELECT ?o {{ {ARTICLE} rdfs:label ?o }}" if reading == "query" else None
    with start(command.folder, TOKEN=TOKEN):
        before = command(*READING[reading], given=given).stdout
        added = command("add", str(file))
        assert added.returncode == 0, added.stderr
        after = command(*READING[reading], given=given)
    assert after.returncode == 0, after.stderr
    assert after.stdout != before
    assert not after.stderr


def test_what_a_killed_server_has_not_published_is_read(start, command, file):
    with start(command.folder, TOKEN=TOKEN) as server:
        assert command("add", str(file)).returncode == 0
        server.process.kill()
        server.process.wait(10)
        found, told = holds(command)
    assert found
    assert not told


def test_a_server_that_does_not_answer_keeps_nobody_from_reading(
    start, command, file, monkeypatch
):
    with start(command.folder, TOKEN=TOKEN) as server:
        assert command("add", str(file)).returncode == 0
        published = Generations(command.folder).current
        # It goes on holding the graph, and is not found where it should be.
        monkeypatch.setattr(doorplate, "find", lambda _: "http://127.0.0.1:9")
        heard = []
        graph = KnowledgeGraph(Settings(data=command.folder), told=heard.append)
        began = time.monotonic()
        assert graph.reader().generation == published
        graph.follow()
        graph.follow()
        assert time.monotonic() - began < 10
        (told,) = heard
        assert f"commit {published}:" in told
        assert server.process.poll() is None
