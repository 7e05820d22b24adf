"""The servers that are compared: how each is loaded, started, asked and stopped."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

from processes import tree

__all__ = ["BASE", "SERVERS", "Failure", "Running", "Server", "running"]

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-bench" / "bin"
JSON = "application/sparql-results+json"
# The one that others are set against.
BASE = "oxigraph"
_PROBE = "ASK { <https://w3id.org/milgraph/none> ?p ?o }"
_PR_SET_PDEATHSIG = 1


class Failure(Exception):  # noqa: N818 - what is told is a finding, not an error of ours
    """The benchmark cannot go on; the text says why."""


Command = Callable[[Path, int], list[str | Path]]


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server: its command on a folder of data and a port, and its address."""

    name: str
    path: str
    command: Command
    environ: Mapping[str, str] = field(default_factory=dict)
    parallel: bool = True
    # The most triples: of a question that it answers within a minute, and of any.
    most: Mapping[str, int] = field(default_factory=dict)

    def answers(self, question: str, *, size: int) -> bool:
        """Return whether it is worth asking the question of so many triples."""
        anything = self.most.get("any", size)
        return size <= min(anything, self.most.get(question, anything))


def _milgraph(data: Path, port: int, *, name: str) -> list[str | Path]:
    store = data / name
    # It adds the files that it is given; a folder that was served holds them already.
    files = [] if _was_served(data, name).exists() else [data / "data.nt"]
    if files:
        shutil.rmtree(store, ignore_errors=True)
    command: list[str | Path] = [
        Path(sys.executable).with_name("milgraph"),
        "serve",
        "--plain",
        *files,
    ]
    return [*command, "--data", store, "--port", str(port)]


def _was_served(data: Path, name: str) -> Path:
    return data / f"{name}.served"


def _oxigraph(data: Path, port: int) -> list[str | Path]:
    return [
        *(PEERS / "oxigraph", "serve", "--location", data / "oxigraph"),
        *("--bind", f"127.0.0.1:{port}"),
    ]


def _rdflib(data: Path, port: int) -> list[str | Path]:
    return [
        *(PEERS / "rdflib-endpoint", "serve", data / "data.nt"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]


SERVERS = {
    server.name: server
    for server in (
        Server(BASE, "/query", _oxigraph),
        Server(
            "milgraph",
            "/sparql",
            partial(_milgraph, name="milgraph"),
            {"MILGRAPH_CACHE": "0"},
        ),
        # Each has a folder of its own: one server at a time may write to one.
        Server(
            "milgraph-cached", "/sparql", partial(_milgraph, name="milgraph-cached")
        ),
        # Its one event loop answers one query at a time: at 1M triples, 140 s for a
        # join of escorts, and whoever waits behind it waits as long.
        Server(
            "rdflib-endpoint",
            "/",
            _rdflib,
            parallel=False,
            most={"escort-join": 100_000, "tit-for-tat": 100_000, "any": 1_000_000},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Running:
    """A server that has started."""

    server: Server
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def name(self) -> str:
        """The name of the server."""
        return self.server.name

    @property
    def pid(self) -> int:
        """The process that the others of this server descend from."""
        return self.process.pid

    def target(self, query: str) -> str:
        """Return the path with the query, as GET has it."""
        return f"{self.server.path}?query={quote(query, safe='')}"

    def ask(self, query: str, *, seconds: float) -> bytes:
        """Return the answer as JSON.

        Raises:
            Failure: the server does not answer in time, or with another status than 200.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", self.target(query), headers={"Accept": JSON})
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as error:
            raise Failure(f"{self.name} does not answer: {error!r}") from error
        finally:
            connection.close()
        if response.status != 200:
            said = body[:500].decode(errors="replace")
            raise Failure(f"{self.name} answers {response.status}: {said}\n{query}")
        return body

    def wait(self, *, seconds: float) -> None:
        """Return when the server answers.

        Raises:
            Failure: it ends, or does not answer in time; with the end of its log.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                self.ask(_PROBE, seconds=5)
            except Failure:
                time.sleep(0.2)
            else:
                _was_served(self.log.parent, self.name).touch()
                return
        said = self.log.read_text(errors="replace")[-2000:]
        raise Failure(f"{self.name} has not started; its log ends:\n{said}")

    def stop(self) -> None:
        """End the server: politely, then every process that is left of it."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        ended = {self.pid} if self.process.poll() is not None else set()
        for pid in tree(self.pid).keys() - ended:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _end_with_parent() -> None:
    # So that no server outlives a benchmark that is killed.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def running(server: Server, data: Path) -> Iterator[Running]:
    """Start the server on the folder of data; it is stopped when the block ends.

    It need not answer yet; `wait` for that.
    """
    port = _free_port()
    log = data / f"{server.name}.log"
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MILGRAPH_")
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            server.command(data, port),
            env={**environ, **server.environ},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread runs yet
        )
    started = Running(server, port, process, log)
    try:
        yield started
    finally:
        started.stop()
