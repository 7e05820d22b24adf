"""The house: short modules, public names that are told, one error tree, nothing unfinished."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import milgraph
from milgraph import errors

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "milgraph").rglob("*.py"))
MODULES = sorted(
    name
    for _, name, _ in walk_packages(milgraph.__path__, "milgraph.")
    if not name.endswith("__main__")  # importing it runs it
)
TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "LICENSE-DATA",
    "Makefile",
    "README.md",
    "data",
    "ontology",
    "pyproject.toml",
    "queries",
    "requirements-dev.lock",
    "requirements.lock",
    "shapes",
    "src",
    "tests",
}


def test_the_suite_has_not_lost_the_modules():
    assert len(SOURCES) >= 30


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_module_is_one_idea_of_at_most_400_lines(path):
    assert path.read_text(encoding="utf-8").count("\n") <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_function_has_at_most_40_lines_of_code(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = {
        function.name
        for function in functions
        for body in [
            function.body[1:] if ast.get_docstring(function) else function.body
        ]
        if body and body[-1].end_lineno - body[0].lineno >= 40
    }
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nothing_is_left_unfinished(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError", text)


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_sorted_and_exist(name):
    module = import_module(name)
    public = getattr(module, "__all__", [])
    assert list(public) == sorted(public, key=_isort_key)
    assert all(hasattr(module, item) for item in public)


def _isort_key(name: str) -> tuple[int, str]:
    """Order constants, then classes, then functions, as the linter does."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return kind, name


def test_every_error_is_of_one_tree():
    found = [
        item
        for _, item in inspect.getmembers(errors, inspect.isclass)
        if issubclass(item, Exception)
    ]
    assert all(issubclass(item, errors.KnowledgeGraphError) for item in found)
    assert len(found) >= 10


@pytest.mark.parametrize("library", ["fastapi", "starlette", "uvicorn", "typer"])
def test_only_the_doors_know_their_framework(library):
    users = {
        path.relative_to(ROOT / "src" / "milgraph").parts[0]
        for path in SOURCES
        if re.search(rf"^\s*(from|import) {library}\b", path.read_text(), re.MULTILINE)
    }
    assert users <= {"cli", "service"}


@pytest.mark.parametrize(("library", "home"), [("mcp", "mcp"), ("pandas", "python")])
def test_what_only_some_need_is_known_to_one_package(library, home):
    users = {
        path.relative_to(ROOT / "src" / "milgraph").parts[0]
        for path in SOURCES
        if re.search(rf"^\s*(from|import) {library}\b", path.read_text(), re.MULTILINE)
    }
    assert users == {home}


def test_only_the_boundary_modules_know_the_engine():
    users = {
        path.relative_to(ROOT / "src" / "milgraph").as_posix()
        for path in SOURCES
        if re.search(r"^\s*(from|import) pyoxigraph\b", path.read_text(), re.MULTILINE)
    }
    assert users <= {
        "answers.py",
        "store/embedded.py",
        "store/views.py",
        "store/interface.py",
        "store/plain.py",
        "store/scratch.py",
        "syntax.py",
        "terms.py",
        "validation/engines.py",
    }


def test_the_top_level_has_only_what_the_project_is_made_of():
    listed = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and path.name not in {"dist", "build"}
    }
    assert listed <= TOP_LEVEL
