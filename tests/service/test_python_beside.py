"""Python beside a running server: it reads, and changes through the server's door."""

import shutil

import httpx
import pytest

from milgraph import KnowledgeGraph
from milgraph.errors import StoreError, UnauthorisedError

# Made up, and of a server that the test starts.
TOKEN, ANOTHER = "a-token", "another-token"


def test_a_server_holds_the_graph_and_takes_what_is_submitted(
    built, tmp_path, drill, start
):
    folder = tmp_path / "graph"
    shutil.copytree(built, folder)
    text = drill().content.decode()
    with start(folder, TOKEN=TOKEN) as server, KnowledgeGraph.open(folder) as graph:
        assert graph.query("ASK { ?s a mil:Flight }")
        with pytest.raises(StoreError, match="a server is running"):
            graph.submit(text)
        with (
            KnowledgeGraph.open(folder, token=ANOTHER) as stranger,
            pytest.raises(UnauthorisedError),
        ):
            stranger.submit(text)
        with KnowledgeGraph.open(folder, token=TOKEN) as writer:
            outcome = writer.submit(text, reason="From a notebook")
            assert set(outcome.fates.values()) == {"new"}
            assert writer.submit(text).commit is None
            assert graph.query(ASKED)
            assert graph.search("A drill of two bombers")[0].label == (
                "A drill of two bombers"
            )
            _retract(server.address)
            assert not graph.query(ASKED)
            assert graph.commit == 3


ASKED = "ASK { <https://w3id.org/milgraph/article/2024-05-14-drill> ?p ?o }"


def _retract(address: str) -> None:
    """Take the article away by HTTP, and ask the server nothing."""
    gone = httpx.delete(
        f"{address}/articles/2024-05-14-drill",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=60,
    )
    assert gone.status_code == 200
