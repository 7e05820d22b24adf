"""Fixtures: a plain server for all the suites of the W3C, started as a user starts it.

`SUITES_AGAINST`, three addresses for queries, updates and graphs, puts the suites to
another server instead.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

# The helpers of the suites lie beside them; nothing else puts them on the path.
sys.path.insert(0, str(Path(__file__).parent))

from w3c.systems import Endpoints, Served, Services, services


@contextmanager
def serving(data: Path, services: str) -> Iterator[str]:
    """Start a plain server on a free port, yield its address, and stop it.

    It may call the services of one origin.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "milgraph", "serve", "--plain", "--port", "0"],
        env={
            **os.environ,
            "MILGRAPH_DATA": str(data),
            "MILGRAPH_SERVICES": services,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        # The first line names the address, once it is served.
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert found, process.communicate()
        try:
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


@pytest.fixture(scope="session")
def others() -> Iterator[Services]:
    """The endpoints that the federated queries call."""
    with services() as served:
        yield served


@pytest.fixture(scope="session")
def endpoints(
    tmp_path_factory: pytest.TempPathFactory, others: Services
) -> Iterator[Endpoints]:
    if given := os.environ.get("SUITES_AGAINST"):
        yield Endpoints(*given.split())
        return
    data = tmp_path_factory.mktemp("plain")
    with serving(data, others.origin) as address:
        yield Endpoints.of(address)


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def served(endpoints: Endpoints, client: httpx.Client) -> Served:
    return Served(endpoints, client)


@pytest.fixture
def changed(served: Served) -> Served:
    """The server, for a test that changes what it holds by another way."""
    served.holding = None
    return served
