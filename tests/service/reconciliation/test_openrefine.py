"""A session of OpenRefine: what it sends, from the address that somebody types in.

Its requests are those of OpenRefine 3.7: a page of its own origin asks for the
manifest, suggestions and previews, and its server for candidates and values.
"""

import csv
import json
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

MESSY = Path(__file__).parents[2] / "samples" / "messy-names.tsv"
PAGE = {"Origin": "http://127.0.0.1:3333", "Accept": "application/json"}
COLUMN = ["Tu-95MS", "Ту-95МС", "Su-30SM2", "B-52H", "F-15", "J 16"]


@pytest.fixture
def manifest(http):
    """What OpenRefine reads when the service is added."""
    return http.get("/reconcile", headers=PAGE).json()


def batched(names, **asked):
    return {f"q{n}": {"query": name, **asked} for n, name in enumerate(names)}


def test_the_types_of_a_column_are_guessed(reconcile):
    found = reconcile(**batched(COLUMN, limit=3))
    counted = Counter(
        kind["id"]
        for result in found.values()
        for one in result
        for kind in one["type"]
    )
    best = {kind for kind, count in counted.items() if count == max(counted.values())}
    assert "mil:AircraftType" in best


def test_a_column_is_reconciled_extended_and_previewed(http, manifest, complaints):
    # As the dialogue of OpenRefine sends a column with a type that was chosen.
    asked = batched(COLUMN[:4], type="mil:AircraftType", type_strict="should")
    assert len(asked) <= manifest["batchSize"]
    answer = http.post("/reconcile", data={"queries": json.dumps(asked)})
    results = {key: one["result"] for key, one in answer.json().items()}
    matched = [results[key][0] for key in sorted(results)]
    assert [one["id"] for one in matched] == [
        "platform/tu-95ms",
        "platform/tu-95ms",
        "platform/su-30sm2",
        "platform/b-52h",
    ]
    assert all(one["match"] for one in matched)

    # A candidate is looked at.
    address = manifest["preview"]["url"].replace(
        "{{id}}", quote(matched[0]["id"], safe="")
    )
    shown = httpx.get(address, headers=PAGE)
    assert shown.headers["content-type"].startswith("text/html")
    assert "Tupolev Tu-95MS" in shown.text
    view = manifest["view"]["url"].replace("{{id}}", quote(matched[0]["id"], safe=""))
    assert httpx.get(view, follow_redirects=True).status_code == 200

    # Columns are added from reconciled values.
    propose = manifest["extend"]["propose_properties"]
    offered = httpx.get(
        propose["service_url"] + propose["service_path"],
        params={"type": "mil:AircraftType", "limit": "50"},
        headers=PAGE,
    ).json()
    assert "mil:variantOf" in [one["id"] for one in offered["properties"]]
    settings = {
        one["name"]: one["default"] for one in manifest["extend"]["property_settings"]
    }
    query = {
        "ids": [one["id"] for one in matched],
        "properties": [{"id": "mil:variantOf", "settings": settings}],
    }
    told = http.post("/reconcile", data={"extend": json.dumps(query)}).json()
    assert complaints("data-extension-response", told) == []
    assert {
        id_: row["mil:variantOf"][0]["name"]
        for id_, row in told["rows"].items()
        if row["mil:variantOf"]
    } == {
        "platform/tu-95ms": "Tupolev Tu-95",
        "platform/su-30sm2": "Sukhoi Su-30",
        "platform/b-52h": "Boeing B-52 Stratofortress",
    }


@pytest.mark.parametrize("kind", ["entity", "type", "property"])
def test_what_is_typed_into_a_dialogue_is_completed(manifest, kind):
    told = manifest["suggest"][kind]
    found = httpx.get(
        told["service_url"] + told["service_path"],
        params={"prefix": "a", "type": "mil:Place", "type_strict": "any", "lang": "en"},
        headers=PAGE,
    )
    assert found.headers["access-control-allow-origin"] == "*"
    first = found.json()["result"][0]
    path = told["flyout_service_path"].replace("${id}", quote(first["id"], safe=""))
    shown = httpx.get(told["flyout_service_url"] + path, headers=PAGE).json()
    assert first["name"] in shown["html"].replace("&#x27;", "'")


def test_an_older_page_asks_by_a_script(manifest):
    told = manifest["suggest"]["entity"]
    found = httpx.get(
        told["service_url"] + told["service_path"],
        params={"prefix": "tu", "callback": "jQuery331_1700000000000", "_": "17"},
    )
    assert found.text.startswith("/**/jQuery331_1700000000000({")


def test_a_column_of_messy_names_has_no_wrong_match(reconcile):
    rows = list(csv.DictReader(MESSY.read_text("utf-8").splitlines(), delimiter="\t"))
    assert len(rows) >= 30
    queries = {
        f"q{n}": {
            "query": row["name"],
            **({"type": row["class"]} if row["class"] else {}),
        }
        for n, row in enumerate(rows)
    }
    assert sum(row["expected"] == "none" for row in rows) >= 10
    found = {}
    for start in range(0, len(rows), 25):
        found |= reconcile(**dict(list(queries.items())[start : start + 25]))
    wrong, sure, first = [], 0, 0
    for number, row in enumerate(rows):
        result = found[f"q{number}"]
        matched = [one["id"].replace("/", ":") for one in result if one["match"]]
        if matched not in ([], [row["expected"]]):
            wrong.append((row["name"], matched))
        sure += matched == [row["expected"]]
        first += bool(result) and result[0]["id"].replace("/", ":") == row["expected"]
    assert wrong == []
    wanted = sum(row["expected"] != "none" for row in rows)
    assert sure >= 0.7 * wanted
    assert first >= 0.95 * wanted
