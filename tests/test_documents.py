"""The documents: what they show is what happens, and what exists is documented."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from milgraph.cli.application import app
from milgraph.settings import PREFIX, SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "src" / "milgraph" / "documentation").glob("*.md"))
ALL = "\n".join([README, *(page.read_text(encoding="utf-8") for page in PAGES)])


def fenced(kind: str, text: str = README) -> list[str]:
    """Return the blocks of that kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


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


def written(*, whole: bool) -> str:
    """Return the article of the README; whole, with what it forgot."""
    ((article,), (forgotten,)) = fenced("trig"), fenced("ttl")
    return article.removesuffix("}\n") + forgotten + "}\n" if whole else article


def test_a_graph_whose_name_has_a_slash_is_asked_by_the_documented_ways(ask):
    page = next(p for p in PAGES if p.name == "interfaces.md").read_text("utf-8")
    whole = "<https://w3id.org/milgraph/graph/links/wikidata>"
    for name in (r"graph:links\/wikidata", whole):
        assert f"`{name}`" in page
        assert ask(f"ASK {{ GRAPH {name} {{ ?ours skos:exactMatch ?theirs }} }}")


def test_the_documents_use_terms_that_are_defined():
    defined = {
        name
        for path in (ROOT / "ontology").glob("*.ttl")
        for name in re.findall(r"^mil:(\w+) a ", path.read_text("utf-8"), re.MULTILINE)
    }
    blocks = re.findall(r"^```\w*\n(.*?)^```$", ALL, re.MULTILINE | re.DOTALL)
    used = {name for block in blocks for name in re.findall(r"\bmil:(\w+)", block)}
    assert used
    assert used <= defined


@pytest.mark.parametrize(
    "block", fenced("console", ALL), ids=lambda text: text.split()[2]
)
def test_the_documents_show_what_happens(block, built, tmp_path):
    prompt, _, shown = block.partition("\n")
    is_change = prompt.startswith("$ milgraph add")
    data = shutil.copytree(built, tmp_path / "own") if is_change else built
    article = tmp_path / "2024-05-14-black-sea-drill.trig"
    article.write_text(written(whole=is_change), "utf-8")
    shutil.copy(ROOT / "tests" / "samples" / "links" / "seas.geojson", tmp_path)
    printed = run(prompt.removeprefix("$ "), data=data, folder=tmp_path)
    assert [line.rstrip() for line in printed.splitlines()] == shown.splitlines()


def programs() -> list[tuple[str, str]]:
    """Return the Python of the documents, each block with what it prints."""
    shown = r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$"
    return re.findall(shown, ALL, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("code", "printed"), programs())
def test_the_python_of_the_documents_prints_what_they_show(
    code, printed, built, tmp_path
):
    (tmp_path / "2024-05-14-black-sea-drill.trig").write_text(
        written(whole=False), "utf-8"
    )
    own = shutil.copytree(built, tmp_path / "own")
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MILGRAPH_DATA": str(own)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.stdout, found.stderr) == (printed, "")


def test_no_python_of_the_documents_is_left_unrun():
    assert len(programs()) == len(fenced("python", ALL)) >= 5


def test_the_readme_has_an_article_a_question_and_two_commands():
    assert len(fenced("console")) >= 2
    assert fenced("sh") == ["make serve\nmake test\n"]
    assert README.index("make serve") < README.index("## ")


@pytest.mark.parametrize("kind", ["trig", "json"])
def test_the_articles_that_are_shown_conform(kind, built, tmp_path):
    page = next(page for page in PAGES if page.name == "articles.md")
    (article,) = fenced(kind, page.read_text(encoding="utf-8"))
    file = tmp_path / f"2024-05-14-drill.{kind}"
    file.write_text(article, "utf-8")
    printed = run(f"milgraph check {file.name}", data=built, folder=tmp_path)
    assert printed == f"{file.name} conforms: no findings. Nothing was stored.\n"


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
    sorted(command.name for command in app.registered_commands),
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
        "/articles",
        "/articles/{slug}",
        "/check",
        "/explain",
        "/occurrences/proposals",
        "/search",
        "/export",
        "/history",
        "/reconcile",
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
