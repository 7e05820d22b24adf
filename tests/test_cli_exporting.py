"""The command that exports: to a file that is whole, by a query, with what may be shared."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from milgraph.cli.options import ExportName
from milgraph.export.columns import COLUMNS
from milgraph.export.formats import EXPORTS

ROOT = Path(__file__).parents[1]
AREA = ("--scope", "bombers-over-an-area", "--param", "area=place:sea-of-japan")


@pytest.fixture
def run(built, tmp_path):
    def ran(*arguments: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "milgraph", "export", *map(str, arguments)],
            env={**os.environ, "MILGRAPH_DATA": str(built)},
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )

    return ran


def test_the_command_knows_the_formats_that_there_are():
    assert [name.value for name in ExportName] == list(EXPORTS)


def test_the_columns_are_documented():
    page = ROOT / "src" / "milgraph" / "documentation" / "exporting.md"
    text = page.read_text(encoding="utf-8")
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.kind.value} | {column.meaning} |" in text
    for name in EXPORTS:
        assert f"`{name}`" in text


def test_what_a_query_finds_becomes_a_file(run, tmp_path):
    path = tmp_path / "flights.csv"
    done = run(*AREA, "--output", "csv", "--to", path)
    assert done.returncode == 0, done.stderr
    assert not done.stdout
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"), newline="")))
    assert rows
    assert [entry.name for entry in tmp_path.iterdir()] == ["flights.csv"]


def test_a_file_with_a_query_is_a_scope(run, tmp_path):
    query = tmp_path / "drills.rq"
    query.write_text("SELECT ?drill { ?drill a mil:Exercise }", encoding="utf-8")
    done = run("--scope", query, "--output", "csv")
    assert done.stdout.count(b"\r\n") == 8


def test_an_export_that_fails_leaves_the_file_as_it_was(run, tmp_path):
    path = tmp_path / "kept.csv"
    path.write_text("as it was", encoding="utf-8")
    done = run("graph:reference", "--output", "csv", "--to", path)
    assert done.returncode == 2
    assert path.read_text("utf-8") == "as it was"
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.csv"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("view", *AREA), 2, "not both"),
        (("--param", "area=x"), 2, "--scope"),
        (("--scope", "bombers-over-an-area", "--param", "area"), 2, "for example"),
        (("--scope", "no-such-query"), 2, "no stored query"),
        (("--scope", "counts-by-class", "--output", "csv"), 2, "no row of the scope"),
        (("--output", "turtle"), 2, "has no graphs"),
        (("--to", "/nowhere/to/be/found.trig"), 3, "cannot be written"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(run, arguments, code, told):
    done = run(*arguments)
    said = done.stderr.decode()
    assert done.returncode == code, said
    assert told.lower() in said.lower()
    assert "Traceback" not in said
