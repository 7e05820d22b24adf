"""The service follows the graph: what an editor adds is found by whoever asks next."""

import json

import httpx
import pytest

BASE = "https://w3id.org/milgraph/"
AS_ED = {"Authorization": "Bearer ed-token"}
ALIAS = f"""PREFIX mil: <{BASE}ontology#>
INSERT DATA {{ GRAPH <{BASE}graph/reference> {{
  <{BASE}platform/tu-95-alias-tried> a mil:Alias ; mil:aliasOf <{BASE}platform/tu-95> ;
    mil:aliasText "Quadrivium" ; mil:namingScheme <{BASE}code/naming/short-name> ;
    <http://purl.org/dc/terms/source> "a test" .
}} }}"""


@pytest.fixture
def found(client: httpx.Client):
    def asked(name: str) -> list[str]:
        queries = json.dumps({"q0": {"query": name}})
        answer = client.post("/reconcile", data={"queries": queries})
        return [c["id"] for c in answer.json()["q0"]["result"] if c["match"]]

    return asked


def test_a_name_that_is_added_is_found_and_one_that_goes_is_not(client, found):
    assert found("Quadrivium") == []
    for text, matches in (
        (ALIAS, ["platform/tu-95"]),
        (ALIAS.replace("INSERT DATA", "DELETE DATA"), []),
    ):
        answer = client.post("/sparql", data={"update": text}, headers=AS_ED)
        answer.raise_for_status()
        assert found("Quadrivium") == matches
