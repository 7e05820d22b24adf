"""The server that is attacked, and what is claimed of it whatever the attack."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import attacking
import httpx
import pytest

T = TypeVar("T")
MEBIBYTE = 1 << 20
SECONDS = 1.0
MEMORY = 256 * MEBIBYTE
OUTPUT = 16
READERS = 6
# What the server itself may hold beyond what it holds when idle: half of what one query
# may use for bodies that arrive, and as much again for what is on its way out; and the
# spare readers that are forked meanwhile, of about 15 MiB each.
SERVER = MEMORY // 2 + MEMORY // 4
SPARE = 15 * MEBIBYTE
QUICK = 0.15
# While all readers compute for others, each has its share of the processors only.
QUICK_IN_A_CROWD = 0.8
_WAKINGS = 4
QUERY = {"Content-Type": "application/sparql-query"}
UPDATE = {"Content-Type": "application/sparql-update"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Probe:
    """A lookup: when it began, how long it took, and what was wrong with the answer.

    `late` is by how much the prober was woken late before it: how busy the machine is.
    """

    begun: float
    took: float
    late: float
    wrong: str


class Target:
    """The server that is attacked, and who watches it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.canary = attacking.Canary()
        self.canary.start()
        self.idle = 0
        self.usual = 0.0
        self._probes: list[Probe] = []

    def listen(self, prober: subprocess.Popen[str]) -> None:
        """Take notice of what the prober tells."""
        assert prober.stdout
        for line in prober.stdout:
            begun, took, late, wrong = line.rstrip("\n").split(" ", 3)
            self._probes.append(Probe(float(begun), float(took), float(late), wrong))

    def probes(self, since: float, until: float) -> list["Probe"]:
        """Return the probes that were under way in that time."""
        return [
            one
            for one in tuple(self._probes)
            if one.begun + one.took > since and one.begun < until
        ]

    def rest(self) -> None:
        """Notice what others need while there is no attack, on a machine this busy."""
        begun = time.monotonic()
        time.sleep(1.2)
        probes = self.probes(begun, time.monotonic())
        self.usual = max(self.usual, slowest(probes))

    def ask(
        self, query: str, accept: str = "application/json", **parameters: str
    ) -> httpx.Response | None:
        """Return the answer to the query, which is posted; nothing if it was cut."""
        try:
            return httpx.post(
                f"{self.address}/sparql",
                params=parameters,
                content=query.encode(),
                headers={**QUERY, "Accept": accept},
                timeout=20,
            )
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return None

    def post(self, content: bytes | str, headers: dict[str, str]) -> int:
        """Return the status of a request to the endpoint."""
        url = f"{self.address}/sparql"
        return httpx.post(url, content=content, headers=headers, timeout=20).status_code

    def update(self, text: str) -> int:
        """Return the status of an update."""
        return self.post(text, UPDATE)

    def put(self, body: bytes, **headers: str) -> int:
        """Return the status of an upload to a graph of its own."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.address}/store?graph=http://e/uploaded"
        return httpx.put(url, content=body, headers=given, timeout=20).status_code

    def connect(self) -> socket.socket:
        """Return a bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def exchange(self, sent: bytes, *pieces: bytes, pause: float = 0.01) -> bytes:
        """Send the bytes, in pieces, and return all that comes until the end."""
        received = b""
        with self.connect() as connection:
            try:
                connection.sendall(sent)
                for piece in pieces:
                    time.sleep(pause)
                    connection.sendall(piece)
                while more := connection.recv(1 << 16):
                    received += more
            except OSError:
                pass
        return received

    def answers(self, sent: bytes, *pieces: bytes, **options: Any) -> list[Any]:
        """Return the answers to what is sent."""
        return attacking.answers_in(self.exchange(sent, *pieces), **options)

    @property
    def triples(self) -> int:
        """How many triples there are in the default graph."""
        answer = self.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "text/csv")
        assert answer
        return int(answer.text.split()[1])


def most(values: Iterable[float]) -> float:
    """Return the 99th percentile."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 99 // 100) - 1)] if ordered else 99.0


def slowest(probes: list[Probe]) -> float:
    """Return the 99th percentile of how long lookups took."""
    return most(one.took for one in probes)


def under_attack(target: Target, attack: Callable[[], T], *, readers: int = 1) -> T:
    """Return what the attack gave, when all that is claimed of every attack holds."""
    told = ""
    for _ in range(3):
        before = sum(attacking.memory(target.process.pid).values())
        watch = attacking.Watch(target.process.pid)
        watch.start()
        begun = time.monotonic()
        found = attack()
        ended = time.monotonic()
        while attacking.is_burning(target.process.pid):
            assert time.monotonic() < ended + 1.6, "the work goes on"
        watch.stop()
        until = max(time.monotonic(), begun + 0.7)
        time.sleep(max(0.1, until - time.monotonic()))
        assert target.process.poll() is None
        assert not target.canary.calls
        allowed = max(before, target.idle) + SERVER + readers * (MEMORY + SPARE)
        assert watch.most < allowed, f"{watch.most >> 20} MiB"
        probes = target.probes(begun, until)
        assert [one.wrong for one in probes if one.wrong] == []
        # A lookup needs some processes, each of which has to be woken.
        busy = target.usual + _WAKINGS * most(one.late for one in probes)
        quick = QUICK if readers < READERS else QUICK_IN_A_CROWD
        if slowest(probes) < quick + busy:
            return found
        told += f" {slowest(probes):.3f} s ({busy:.3f} s by others)"
        target.rest()
    pytest.fail(f"others waited for{told}")


def together(number: int, attack: Callable[[int], T]) -> list[T]:
    """Return what so many attacks at once gave."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(attack, range(number)))


@contextmanager
def targeted(folder: Path) -> Iterator[Target]:
    """Start a plain server with small limits, and the prober."""
    (folder / "data.nt").write_text(attacking.data(), encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MILGRAPH_")}
    limits = {
        "TIME_LIMIT": SECONDS,
        "MEMORY_LIMIT": MEMORY // MEBIBYTE,
        "OUTPUT_LIMIT": OUTPUT,
        "READERS": READERS,
    }
    environ |= {f"MILGRAPH_{name}": str(value) for name, value in limits.items()}
    command = ["-m", "milgraph", "serve", "--plain", "--port", "0"]
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w"))
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, *command, str(folder / "data.nt")],
                env={**environ, "MILGRAPH_DATA": str(folder / "dataset")},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        )
        stack.callback(process.terminate)
        assert process.stdout
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found, (folder / "log").read_text()
        target = Target(process, int(found[1]))
        prober = stack.enter_context(
            subprocess.Popen(
                [sys.executable, attacking.__file__, str(target.port)],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(prober.terminate)
        threading.Thread(target=target.listen, args=[prober], daemon=True).start()
        time.sleep(0.5)
        target.idle = sum(attacking.memory(process.pid).values())
        target.rest()
        yield target
