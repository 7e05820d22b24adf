"""Fixtures: one server for a run, started as a user starts it, asked over real HTTP."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
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
def serving(data: Path, *options: str) -> Iterator[Served]:
    """Start a server on a free port, and stop it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "milgraph", "serve", "--port", "0", *options],
        env={**os.environ, "MILGRAPH_DATA": str(data)},
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
        told = "".join(lines)
        found = re.search(r"http://\S+:\d+", told)
        assert found, process.communicate()
        try:
            yield Served(process, found[0], told)
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
