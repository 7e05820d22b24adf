"""Load on a server for a moment, and what it took: by wrk, or request by request."""

import json
import math
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from processes import cpu_seconds, memory, settle
from questions import Question
from servers import JSON, Failure, Running

__all__ = ["Measured", "hammer", "hammer_slowly", "require_wrk"]

_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one moment of load took: latencies in milliseconds, memory in MiB."""

    requests: int
    failures: int
    seconds: float
    cpu: float
    p50: float
    p99: float
    memory: float

    @property
    def per_second(self) -> float:
        """Requests per second of the clock."""
        return self.requests / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Requests per second of the server's processor time."""
        return self.requests / max(self.cpu, 0.01)


def require_wrk() -> None:
    """Return if wrk is installed.

    Raises:
        Failure: it is not.
    """
    if shutil.which("wrk") is None:
        raise Failure("wrk is missing; on Debian: apt-get install wrk")


def hammer(
    server: Running, question: Question, *, connections: int, seconds: int
) -> Measured:
    """Return what wrk measures, going through the texts of the question in turn."""
    with TemporaryDirectory() as folder:
        targets = Path(folder) / "targets"
        targets.write_text("\n".join(map(server.target, question.texts)) + "\n")
        command = [
            *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s"),
            *("-s", str(_SCRIPT), "-H", f"Accept: {JSON}"),
            *(f"http://127.0.0.1:{server.port}/", "--", str(targets)),
        ]
        before = cpu_seconds(server.pid)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        used = cpu_seconds(server.pid) - before
    if done.returncode:
        raise Failure(f"wrk fails: {done.stdout}{done.stderr}")
    told = json.loads(done.stdout.splitlines()[-1])
    held = memory(server.pid)
    settle(server.pid)
    return Measured(
        requests=told["requests"] - told["status"],
        failures=told["failures"] + told["status"],
        seconds=told["microseconds"] / 1e6,
        cpu=used,
        p50=told["p50"] / 1000,
        p99=told["p99"] / 1000,
        memory=held,
    )


def hammer_slowly(
    server: Running, question: Question, *, connections: int, requests: int
) -> Measured:
    """Return what so many requests take, each brought to its end.

    For slow queries: wrk leaves at the end of its time, and the server would go on
    with what nobody waits for, uncounted and beside the next measurement.
    """
    turns = count()
    failures: list[Failure] = []

    def ask(_: int) -> float:
        start = time.perf_counter()
        try:
            server.ask(question.texts[next(turns) % len(question.texts)], seconds=300)
        except Failure as failure:
            failures.append(failure)
        return (time.perf_counter() - start) * 1000

    before, start = cpu_seconds(server.pid), time.perf_counter()
    with ThreadPoolExecutor(connections) as clients:
        latencies = sorted(clients.map(ask, range(requests)))
    seconds = time.perf_counter() - start
    used = cpu_seconds(server.pid) - before
    if failures:
        reason = str(failures[0]).partition("\n")[0]
        print(f"{len(failures)} of {requests} fail: {reason}", file=sys.stderr)
    return Measured(
        requests=requests - len(failures),
        failures=len(failures),
        seconds=seconds,
        cpu=used,
        p50=latencies[math.ceil(requests * 0.50) - 1],
        p99=latencies[math.ceil(requests * 0.99) - 1],
        memory=memory(server.pid),
    )
