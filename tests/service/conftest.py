"""Fixtures: one server for a run, started as a user starts it, asked over real HTTP."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

# Not tests, and not to be looked through for examples.
collect_ignore = ["attacked.py", "attacking.py", "attacks.py"]


@dataclass(frozen=True)
class Served:
    """A server that is running, and what it printed when it was ready."""

    process: subprocess.Popen[str]
    address: str
    told: str


@contextmanager
def serving(data: Path, *options: str, **settings: object) -> Iterator[Served]:
    """Start a server on a free port with the settings by their names, and stop it."""
    told = {f"MILGRAPH_{name}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "milgraph", "serve", "--port", "0", *options],
        env={**os.environ, "MILGRAPH_DATA": str(data), **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        lines = []
        assert process.stdout
        # Four lines: the address and three things to try.
        for line in process.stdout:
            lines.append(line)
            if len(lines) == 4:
                break
        said = "".join(lines)
        found = re.search(r"http://\S+:\d+", said)
        assert found, process.communicate()
        try:
            yield Served(process, found[0], said)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)


Serving = Callable[..., AbstractContextManager[Served]]


@pytest.fixture(scope="session")
def start() -> Serving:
    return serving


@pytest.fixture(scope="session")
def served(built: Path) -> Iterator[Served]:
    with serving(built) as server:
        yield server


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=30) as client:
        yield client


@pytest.fixture
def sparql(http: httpx.Client) -> Callable[..., httpx.Response]:
    """Ask the endpoint by GET, preferring what is given."""

    def asked(query: str, accept: str = "*/*", **parameters: str) -> httpx.Response:
        return http.get(
            "/sparql",
            params={"query": query, **parameters},
            headers={"Accept": accept},
        )

    return asked


# Made up; their digests are in the file of the fixture.
TOKENS = {"carol": "contributor", "ed": "editor", "ada": "admin"}


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of somebody for each role, whose token is the name and `-token`."""
    path = tmp_path_factory.mktemp("tokens") / "tokens.toml"
    lines = []
    for name, role in TOKENS.items():
        digest = sha256(f"{name}-token".encode()).hexdigest()
        lines += [f"[tokens.{name}]", f'digest = "sha256:{digest}"', f'role = "{role}"']
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.fixture(scope="session")
def folder_of(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Path]:
    """Copy the built graph, for somebody to change."""

    def copied() -> Path:
        path = tmp_path_factory.mktemp("changed") / "graph"
        shutil.copytree(built, path)
        return path

    return copied


@pytest.fixture(scope="module")
def folder(folder_of: Callable[[], Path]) -> Path:
    """A copy of the built graph, for one module to change."""
    return folder_of()


@pytest.fixture(scope="module")
def changing(start: Serving, folder: Path, tokens: Path) -> Iterator[Served]:
    """A server that holds a graph of its own, and lets those of the file change it."""
    with start(folder, TOKENS=tokens) as server:
        yield server


@pytest.fixture(scope="module")
def client(changing: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=changing.address, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def bearing() -> Callable[[str], dict[str, str]]:
    """The header of somebody's token."""
    return lambda name: {"Authorization": f"Bearer {name}-token"}


@pytest.fixture(scope="session")
def with_records(
    start: Serving, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A server whose graph holds records of GDELT and of ACLED."""
    folder = tmp_path_factory.mktemp("records") / "graph"
    shutil.copytree(built, folder)
    samples = Path(__file__).parents[1] / "samples"
    for name, file in (("gdelt", "gdelt.CSV"), ("acled", "acled.csv")):
        arguments = ("--data", str(folder), "import", name, str(samples / file))
        subprocess.run(
            [sys.executable, "-m", "milgraph", *arguments],
            check=True,
            capture_output=True,
        )
    with (
        start(folder) as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        yield client
