"""The documents: what they show is what happens, and what exists is documented."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from milgraph.settings import PREFIX, SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "src" / "milgraph" / "documentation").glob("*.md"))
ALL = "\n".join([README, *(page.read_text(encoding="utf-8") for page in PAGES)])


def fenced(kind: str) -> list[str]:
    """Return the blocks of the README of that kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def run(command: str, *, data: Path, folder: Path) -> str:
    """Return what the command prints, at the width of the README."""
    program, *arguments = shlex.split(command)
    assert program == "milgraph"
    found = subprocess.run(
        [sys.executable, "-m", "milgraph", *arguments],
        env={**os.environ, "MILGRAPH_DATA": str(data), "COLUMNS": "100"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in found.stderr
    return found.stdout


@pytest.mark.parametrize("block", fenced("console"), ids=lambda text: text.split()[2])
def test_the_readme_shows_what_happens(block, built, tmp_path):
    (article,) = fenced("trig")
    (tmp_path / "2024-05-14-black-sea-drill.trig").write_text(article, "utf-8")
    prompt, _, shown = block.partition("\n")
    printed = run(prompt.removeprefix("$ "), data=built, folder=tmp_path)
    assert [line.rstrip() for line in printed.splitlines()] == shown.splitlines()


def test_the_readme_has_an_article_a_question_and_two_commands():
    assert len(fenced("console")) >= 2
    assert fenced("sh") == ["make serve\nmake test\n"]
    assert README.index("make serve") < README.index("## ")


def test_every_file_that_the_documents_point_to_is_there():
    folders = {page: page.parent for page in PAGES} | {ROOT / "README.md": ROOT}
    for page, folder in folders.items():
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (folder / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_documented(name):
    assert f"{PREFIX}{name}" in ALL


@pytest.mark.parametrize(
    "command",
    ["serve", "load", "check", "query", "stats", "verify-text", "export"],
)
def test_every_command_is_documented(command):
    assert f"milgraph {command}" in ALL


@pytest.mark.parametrize(
    "address",
    [
        "/sparql",
        "/store",
        "/queries",
        "/queries/{name}",
        "/running",
        "/health",
        "/ready",
        "/metrics",
        "/docs",
        "/catalog",
        "/context.jsonld",
        "/.well-known/void",
    ],
)
def test_every_address_is_documented(address):
    assert f"`{address}`" in ALL
