"""How the service answers queries, next to other servers over the same data.

All servers are up at once and each is measured in turn, in several rounds. Machines are
shared and noisy: read the ratios to oxigraph of the same round, and no ratio below 1.2.

Run it with `make bench`, or `python tests/benchmarks/service.py --help`.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

from generator import batches, size_of
from load import Measured, hammer, hammer_slowly, require_wrk
from processes import cpu_seconds, memory
from questions import NAMES, Question, questions
from servers import BASE, PEERS, ROOT, SERVERS, Failure, Running, running

_FOLDER = ROOT / ".bench"
_CORES = os.cpu_count() or 1
# Texts of each question that all servers must agree on.
_CHECKED = 5
# An answer that takes longer than this is measured once, as it is checked.
_ONCE = 10.0
_LONGEST = 300.0
_START = 900.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, on what, and how long."""

    size: str
    servers: tuple[str, ...]
    queries: tuple[str, ...]
    connections: tuple[int, ...]
    rounds: int
    seconds: int
    patience: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What one server took to answer a question alone."""

    rows: tuple[int, ...]
    measured: Measured


Key = tuple[int, str]


def tell(text: str) -> None:
    """Report progress, apart from the results."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def exclusive() -> Iterator[None]:
    """Let no other benchmark run meanwhile.

    Raises:
        Failure: one does.
    """
    _FOLDER.mkdir(exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure("another benchmark is running") from error
        yield


def prepare(size: str) -> Path:
    """Return a folder with the data of the size, made and loaded if it is not there.

    It is named for the generator too: another generator makes other data.
    """
    sources = (Path(__file__).with_name(name) for name in ("generator.py", "world.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    folder = _FOLDER / f"{size}-{digest.hexdigest()[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    data, store = folder / "data.nt", folder / "oxigraph"
    if not data.exists():
        tell(f"making {size} triples ...")
        partial = data.with_suffix(".partial")
        with partial.open("w", encoding="ascii", buffering=1 << 20) as file:
            for batch in batches(size_of(size)):
                file.writelines(batch)
        partial.rename(data)
    if not store.exists():
        tell("loading them into the store of oxigraph ...")
        partial = folder / "oxigraph.partial"
        shutil.rmtree(partial, ignore_errors=True)
        load = [str(PEERS / "oxigraph"), "load"]
        load += ["--location", str(partial), "--file", str(data)]
        subprocess.run(load, check=True, capture_output=True)
        partial.rename(store)
    return folder


def check(server: Running, question: Question) -> Checked:
    """Return the numbers of rows of some texts, and what the fastest of them took."""
    texts = question.texts[:_CHECKED] if server.server.parallel else question.texts[:1]
    rows, taken = [], []
    for text in texts:
        before, start = cpu_seconds(server.pid), time.perf_counter()
        body = server.ask(text, seconds=_LONGEST)
        seconds = time.perf_counter() - start
        cpu = cpu_seconds(server.pid) - before
        rows.append(len(json.loads(body)["results"]["bindings"]))
        taken.append((seconds, cpu))
    seconds, cpu = min(taken)
    held, latency = memory(server.pid), seconds * 1000
    return Checked(tuple(rows), Measured(1, 0, seconds, cpu, latency, latency, held))


def check_all(
    servers: list[Running], asked: list[Question], size: int
) -> dict[tuple[str, str], Checked]:
    """Return what each server took for each question alone, if it is asked that.

    Raises:
        Failure: two servers do not give the same number of rows.
    """
    checked = {}
    for question in asked:
        able = [one for one in servers if one.server.answers(question.name, size=size)]
        found = {server.name: check(server, question) for server in able}
        expected = max((one.rows for one in found.values()), key=len, default=())
        for name, one in found.items():
            checked[question.name, name] = one
            if one.rows != expected[: len(one.rows)]:
                rows = ", ".join(f"{name} {one.rows}" for name, one in found.items())
                raise Failure(
                    f"{question.name}: the numbers of rows differ: {rows}\n"
                    f"{question.texts[0]}"
                )
        alone = ", ".join(f"{n} {one.measured.p50:.4g}" for n, one in found.items())
        rows = ", ".join(map(str, expected))
        tell(f"{question.name}: {rows} rows from all; ms alone: {alone}")
    return checked


def warm(server: Running, question: Question) -> None:
    """Let a server that remembers answers see every text once."""
    tell(f"warming {server.name}: {question.name}")
    number = len(question.texts)
    hammer_slowly(server, question, connections=2, requests=number)


def measure(
    server: Running, question: Question, connections: int, alone: Checked, plan: Plan
) -> Measured | None:
    """Return what the load took, or none where it would take longer than is patient."""
    cores = _CORES if server.server.parallel else 1
    one = alone.measured.seconds
    possible = plan.seconds * cores / one
    if possible >= 10 * connections:
        return hammer(server, question, connections=connections, seconds=plan.seconds)
    if one > _ONCE and connections == 1:
        return alone.measured
    if connections * one / cores > plan.patience:
        return None
    requests = max(connections, round(possible))
    return hammer_slowly(server, question, connections=connections, requests=requests)


def measure_all(
    question: Question,
    servers: list[Running],
    checked: dict[tuple[str, str], Checked],
    plan: Plan,
) -> dict[Key, list[Measured]]:
    """Return what each server took for the question, in the order of the rounds."""
    able = [one for one in servers if (question.name, one.name) in checked]
    for server in able:
        if server.name.endswith("cached"):
            # Now, as the answers to all questions do not fit in a cache together.
            warm(server, question)
            # What is remembered takes less than the answer that was checked.
            checked[question.name, server.name] = check(server, question)
    taken: dict[Key, list[Measured]] = {}
    for number in range(plan.rounds):
        tell(f"{question.name}: round {number + 1} of {plan.rounds}")
        for connections, server in product(plan.connections, able):
            before = taken.setdefault((connections, server.name), [])
            if number and not _again(before, plan):
                continue
            alone = checked[question.name, server.name]
            found = measure(server, question, connections, alone, plan)
            before.extend([found] if found else [])
    return taken


def _again(before: list[Measured], plan: Plan) -> bool:
    """Return whether another round is worth its time."""
    return bool(before) and before[0].seconds < max(5 * plan.seconds, 5)


def report(query: str, taken: dict[Key, list[Measured]], plan: Plan) -> None:
    """Print a table of the query, with ratios to the base of the same round."""
    print(
        f"\n{query}\n"
        f"  {'conn':>4}  {'server':<16} {'req/s':>9} {'req/cpu-s':>10} {'x req/s':>8} "
        f"{'x cpu':>7} {'p50 ms':>9} {'p99 ms':>9} {'MiB':>7}"
    )
    for connections, server in product(plan.connections, plan.servers):
        base = taken.get((connections, BASE), [])
        found = taken.get((connections, server))
        row = "left out" if found is None else _row(found, base, plan)
        print(f"  {connections:>4}  {server:<16} {row}", flush=True)


def _row(found: list[Measured], base: list[Measured], plan: Plan) -> str:
    if not found:
        return f"would take longer than {plan.patience:g} s"
    pairs = [
        (one, other) for one, other in zip(found, base, strict=False) if other.requests
    ]
    clock = [one.per_second / other.per_second for one, other in pairs]
    cpu = [one.per_cpu_second / other.per_cpu_second for one, other in pairs]
    failures = sum(one.failures for one in found)
    return (
        f"{median(one.per_second for one in found):>9.4g} "
        f"{median(one.per_cpu_second for one in found):>10.4g} "
        f"{_ratio(clock):>8} {_ratio(cpu):>7} "
        f"{median(one.p50 for one in found):>9.2f} "
        f"{median(one.p99 for one in found):>9.2f} "
        f"{median(one.memory for one in found):>7.0f}"
        f"{f'  {failures} FAILED' if failures else ''}"
    )


def _ratio(ratios: list[float]) -> str:
    return f"{median(ratios):.2f}" if ratios else "-"


def run(plan: Plan) -> None:
    """Prepare, start, check, measure and report.

    Raises:
        Failure: a server does not start or answers wrongly, or a program is missing.
    """
    require_wrk()
    if not PEERS.exists():
        raise Failure(f"{PEERS} is missing; `make bench` installs it")
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(exclusive())
        folder = prepare(plan.size)
        data = folder / "data.nt"
        asked = [one for one in questions(data) if one.name in plan.queries]
        servers = [
            stack.enter_context(running(SERVERS[name], folder))
            for name in plan.servers
            if SERVERS[name].answers("any", size=size_of(plan.size))
        ]
        for server in servers:
            tell(f"starting {server.name} ...")
            server.wait(seconds=_START)
        print(
            f"{plan.size} triples, {_CORES} cores, load average "
            f"{os.getloadavg()[0]:.1f}, {plan.rounds} rounds of {plan.seconds:g} s"
        )
        for server in servers:
            print(f"{memory(server.pid):7.0f} MiB  {server.name} at the start")
        checked = check_all(servers, asked, size_of(plan.size))
        for question in asked:
            taken = measure_all(question, servers, checked, plan)
            report(question.name, taken, plan)
    tell(f"{time.monotonic() - began:.0f} s in all")


def _plan(arguments: list[str] | None = None) -> Plan:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--size", default="1M", help="10k, 100k, 1M or 10M triples")
    add("--rounds", type=int, default=3)
    add("--seconds", type=int, default=1, help="of load on a server at a time")
    add("--connections", type=_numbers, default=(1, 8, 32), help="such as 1,8,32")
    add("--servers", type=_some_of(tuple(SERVERS)), default=tuple(SERVERS))
    add("--queries", type=_some_of(NAMES), default=NAMES, help=", ".join(NAMES))
    add("--patience", type=float, default=15.0, help="seconds for a slow query")
    given = parser.parse_args(arguments)
    try:
        size_of(given.size)
    except ValueError as error:
        parser.error(str(error))
    return Plan(**vars(given))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _some_of(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def chosen(text: str) -> tuple[str, ...]:
        names = {name.strip() for name in text.split(",")}
        if unknown := sorted(names.difference(known)):
            raise argparse.ArgumentTypeError(
                f"{unknown[0]!r} is none of {', '.join(known)}"
            )
        return tuple(name for name in known if name in names)

    return chosen


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    # So that the servers are stopped when this is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        run(_plan())
    except Failure as failure:
        tell(f"error: {failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
