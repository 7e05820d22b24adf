"""SSSOM: what we write, the reference implementation reads as we do, and finds nothing amiss."""

import json
import subprocess
from pathlib import Path

import pytest

from milgraph.errors import LinksetError
from milgraph.linksets import MappingSet, Row, read_table

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-sssom" / "bin" / "python"
TEXTS = [
    "plain",
    'with "quotes"',
    "a\ttab",
    "two\nlines",
    "a|bar",
    "北方領土",
    "a: b # c",
]

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(),
    reason="the environment of the reference implementation is not made (make test makes it)",
)


def asked(*paths: Path) -> list[dict]:
    """Return what the reference implementation says of the tables."""
    command = [str(PYTHON), str(Path(__file__).with_name("oracle.py"))]
    found = subprocess.run(
        [*command, *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.fixture(scope="module")
def written(resources, tmp_path_factory) -> Path:
    """A table of ours with what cells can hold."""
    table = read_table(resources.links[0])
    rows = tuple(
        Row.of(
            subject_id="place:black-sea",
            predicate_id="skos:exactMatch",
            object_id=f"dbpedia:{number}",
            mapping_justification="semapv:ManualMappingCuration",
            author_id=["actor:milgraph-editors", "actor:other"],
            mapping_date="2026-11-22",
            confidence="0.9",
            see_also=["https://example.org/a", "https://example.org/b"],
            comment=text,
        )
        for number, text in enumerate(TEXTS)
    )
    path = tmp_path_factory.mktemp("written") / "own.sssom.tsv"
    MappingSet(table.metadata, table.curies, table.columns, rows).write(path)
    return path


@pytest.fixture(scope="module")
def wrong(resources, tmp_path_factory) -> Path:
    text = resources.links[0].read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("wrong") / "wrong.sssom.tsv"
    path.write_text(text.replace("semapv:ManualMappingCuration", "seen:by-me"))
    return path


@pytest.fixture(scope="module")
def told(resources, written, wrong) -> dict[Path, dict]:
    """What the reference implementation says of each table; it is asked once."""
    paths = [*resources.links, written, wrong]
    return dict(zip(paths, asked(*paths), strict=True))


def test_the_reference_implementation_reads_our_tables_as_we_do(
    resources, written, told
):
    for path in [*resources.links, written]:
        found, ours = told[path], read_table(path)
        assert found["problems"] == [], path.name
        assert found["set"] == ours["mapping_set_id"]
        assert ours.curies.items() <= found["prefixes"].items()
        theirs = sorted(found["rows"], key=lambda r: (r["subject_id"], r["object_id"]))
        rows = sorted(ours.rows, key=lambda r: (r["subject_id"], r["object_id"]))
        for value, row in zip(theirs, rows, strict=True):
            for slot in row.values:
                assert _is_same(value[slot], row, slot), (path.name, slot)


def test_a_table_that_is_wrong_is_wrong_to_both(wrong, told):
    assert told[wrong]["problems"]
    with pytest.raises(LinksetError):
        read_table(wrong)


def _is_same(value: object, row: Row, slot: str) -> bool:
    if isinstance(value, list):
        return tuple(value) == row.values[slot]
    return (
        value == float(row.cell(slot))
        if isinstance(value, float)
        else value == row.cell(slot)
    )
