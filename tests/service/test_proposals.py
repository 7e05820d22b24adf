"""Proposals over HTTP: what may be one occurrence, for people and for machines."""

import os
import subprocess
import sys

import httpx
import pytest

from milgraph.coreference.reviewing import COLUMNS

ADDRESS = "/occurrences/proposals"


def test_they_are_listed_with_reasons(http):
    found = http.get(ADDRESS).json()
    assert found["total"] == 1
    (proposal,) = found["proposals"]
    assert proposal["score"] == 62.3
    assert {reason["feature"] for reason in proposal["reasons"]} == {
        "time",
        "dyad",
        "type",
    }
    assert all(reason["why"] for reason in proposal["reasons"])


def test_a_browser_gets_a_page_and_a_spreadsheet_a_table(http):
    page = http.get(ADDRESS, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "One occurrence?" in page.text
    assert "the same sides" in page.text
    table = http.get(ADDRESS, params={"format": "tsv"})
    assert table.text.splitlines()[0].split("\t") == list(COLUMNS)


def test_higher_scores_only_are_listed_where_asked(http):
    assert http.get(ADDRESS, params={"least": "90"}).json()["total"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"least": "44"},
        {"least": "nan"},
        {"least": "1e999"},
        {"least": "x" * 5_000},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": ""},
    ],
)
def test_a_parameter_out_of_bounds_is_a_problem(http, wrong):
    refused = http.get(ADDRESS, params=wrong)
    assert refused.status_code == 400
    assert next(iter(wrong)) in refused.json()["detail"]


def test_it_is_for_reading(http):
    assert http.post(ADDRESS).status_code == 405
    assert http.get(ADDRESS, headers={"Accept": "image/png"}).status_code == 406


def test_decisions_go_through_the_door_of_a_running_server(
    start, folder_of, tokens, tmp_path
):
    folder = folder_of()

    def run(*arguments, token="ed-token"):  # noqa: S107 - of the fixture
        return subprocess.run(
            [sys.executable, "-m", "milgraph", "occurrences", *arguments],
            env={
                **os.environ,
                "MILGRAPH_DATA": str(folder),
                "MILGRAPH_TOKEN": token,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    with start(folder, TOKENS=tokens) as server:
        run("propose", "--tsv", "review.tsv")
        path = tmp_path / "review.tsv"
        header, row = path.read_text("utf-8").splitlines()
        cells = row.split("\t")
        cells[:4] = ["different", "0.8", "Two days.", "actor:milgraph-editors"]
        path.write_text(f"{header}\n" + "\t".join(cells) + "\n", "utf-8")
        refused = run("decide", "review.tsv", token="carol-token")  # noqa: S106
        assert refused.returncode == 3, refused.stderr
        done = run("decide", "review.tsv")
        assert done.returncode == 0, done.stderr
        assert "1 told apart, 0 possibly the same, 0 as before. Commit" in done.stdout
        assert httpx.get(server.address + ADDRESS, timeout=60).json()["total"] == 0
