"""What a commit costs in a graph of any size, and what it costs to build one.

A graph of each size is built through the bulk path, on one core, and then single
activities, each with its claim and source, are committed to it end to end and retracted
again. Machines are shared and noisy: read the ratios and the processor's milliseconds.

Run it with `make bench-commit`, or `python tests/benchmarks/commit.py --help`.
"""

import argparse
import gc
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from generator import Article, size_of
from servers import ROOT, Failure
from service import exclusive, tell
from world import reference

import milgraph.gate
from milgraph import bulk
from milgraph.articles import read_article
from milgraph.entailment.reference import materialise_with_owlrl
from milgraph.gate import Gate
from milgraph.history import Author, Log, Role
from milgraph.proposals import Desk
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.store import EmbeddedStore
from milgraph.syntax import FORMATS, Source
from milgraph.terms import Triple
from milgraph.validation import Shapes, pyshacl_engine, turbo_engine

_FOLDER = ROOT / ".bench"
_AUTHOR = Author("benchmark", Role.ADMIN, "load")
_ENGINES = {"turbo": turbo_engine, "pyshacl": pyshacl_engine}
# Articles from here on are in no graph of any size.
_BEYOND = 10_000_000
_WARM_UP = 10
# What the steps of a commit are called in the table, in their order.
_STEPS = ("read, place", "entail", "validate", "log", "of it sync", "apply", "rest")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: sizes, how many commits, with which validators, how long."""

    sizes: tuple[str, ...]
    commits: int
    engines: tuple[str, ...]
    patience: float
    reuse: bool


# The data


def prepare(size: str) -> Path:
    """Return the folder of the size, with a dump of its articles, made if it is not there.

    It is named for the generator too: another generator makes other data.
    """
    names = ("generator.py", "world.py")
    sources = (Path(__file__).with_name(name).read_bytes() for name in names)
    digest = hashlib.sha256(b"".join(sources)).hexdigest()[:8]
    folder = _FOLDER / f"commit-{size}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    dump = folder / "dump.nq"
    if not dump.exists():
        tell(f"making {size} triples ...")
        _write_dump(dump, size_of(size))
    _world(folder / "resources")
    return folder


def _write_dump(dump: Path, size: int) -> None:
    """Write what articles assert, until their view has the size, as queries count it."""
    written, partial = len(tuple(reference())), dump.with_suffix(".partial")
    with partial.open("w", encoding="ascii", buffering=1 << 20) as file:
        for index in count():
            if written >= size:
                break
            article = Article(index)
            file.writelines(article.asserted())
            written += len(tuple(article.view))
    partial.rename(dump)


def _world(root: Path) -> Resources:
    """Return a folder with the shipped ontology and shapes, and the made-up reference data."""
    shutil.rmtree(root, ignore_errors=True)
    for name in ("ontology", "shapes", "queries"):
        root.mkdir(exist_ok=True)
        (root / name).symlink_to(Resources.shipped().root / name)
    folder = root / "data" / "reference"
    folder.mkdir(parents=True)
    lines = (f"{subject} {name} {value} .\n" for subject, name, value in reference())
    (folder / "world.ttl").write_text("".join(lines), encoding="ascii")
    return Resources(root)


def _settings(folder: Path) -> Settings:
    return Settings(data=folder / "graph", resources=Resources(folder / "resources"))


def single(index: int) -> Source:
    """Return an article of one activity, as somebody would send it."""
    text = "".join(Article(_BEYOND + index, single=True).asserted())
    return Source(f"report-{index}.nq", text.encode(), FORMATS["nquads"])


# What a child process measures, alone on one core


def build(folder: Path) -> dict[str, Any]:
    """Build the graph of the dump; return how long it took, and how much memory."""
    start = time.perf_counter()
    gate = Gate.open(_settings(folder))
    opened, cpu = time.perf_counter(), time.process_time()
    loaded = bulk.load(gate, [folder / "dump.nq"], _AUTHOR)
    done, used = time.perf_counter(), time.process_time() - cpu
    asserted = sum(1 for _ in gate.state.match())
    entailed = sum(1 for _ in gate.state.view())
    gate.close()
    return {
        "articles": loaded.articles,
        "commits": len(loaded.commits),
        "open": opened - start,
        "load": done - opened,
        "cpu": used,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "named": asserted,
        "view": entailed,
    }


class Clock:
    """What each step of a commit took, in seconds, by the name of the step."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted."""

        def run(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self.spent[step] += time.perf_counter() - start

        return run

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count the time of the steps of every commit meanwhile."""
        watched: tuple[tuple[Any, str, str], ...] = (
            (Desk, "submission", "read, place"),
            (Desk, "retraction", "read, place"),
            (milgraph.gate, "amend", "entail"),
            (milgraph.gate, "assess", "validate"),
            (Log, "append", "log"),
            (os, "fdatasync", "of it sync"),
            (EmbeddedStore, "apply", "apply"),
        )
        before = [getattr(owner, name) for owner, name, _ in watched]
        try:
            for owner, name, step in watched:
                setattr(owner, name, self.timed(step, getattr(owner, name)))
            yield
        finally:
            for (owner, name, _), function in zip(watched, before, strict=True):
                setattr(owner, name, function)


def measure(act: Callable[[], Any]) -> dict[str, float]:
    """Return what the act took: by the clock, of the processor, and step by step."""
    clock = Clock()
    with clock.watching():
        start, cpu = time.perf_counter(), time.process_time()
        act()
        used, taken = time.process_time() - cpu, time.perf_counter() - start
    inner = sum(spent for step, spent in clock.spent.items() if step != "of it sync")
    return {**clock.spent, "rest": taken - inner, "all": taken, "cpu": used}


def commit(folder: Path, engine: str, number: int) -> dict[str, Any]:
    """Commit and retract single articles; return what each took."""
    gate = Gate.open(_settings(folder), engine=_ENGINES[engine])
    try:
        sources = [single(index) for index in range(number + _WARM_UP)]
        names = [read_article(source, gate.desk.vocabulary).iri for source in sources]
        # As the server's writer does, once it is open.
        gc.collect()
        gc.freeze()
        committed = [
            measure(partial(gate.submit, source, author=_AUTHOR)) for source in sources
        ]
        retracted = [
            measure(partial(gate.retract, name, author=_AUTHOR)) for name in names
        ]
        outcome = gate.submit(sources[0], author=_AUTHOR, dry_run=True)
        added = [len(sources[0].content.splitlines()), len(outcome.change.additions)]
    finally:
        gate.close()
    return {
        "commit": committed[_WARM_UP:],
        "retract": retracted[_WARM_UP:],
        "added": added,
        "context": outcome.report.graph_size,
        "fsync": _bare_syncs(folder, number),
    }


def _bare_syncs(folder: Path, number: int) -> list[float]:
    """Return what it takes to write a page over another and sync it."""
    path, taken = folder / "sync", []
    path.write_bytes(bytes(4096 * (number + 1)))
    file = os.open(path, os.O_RDWR)
    try:
        os.fsync(file)
        for index in range(number):
            start = time.perf_counter()
            os.pwrite(file, b"\1" * 4096, 4096 * index)
            os.fdatasync(file)
            taken.append(time.perf_counter() - start)
    finally:
        os.close(file)
        path.unlink()
    return taken


def whole(folder: Path, step: str) -> dict[str, Any]:
    """Do by a reference engine, and over all, what a commit does from the change outwards."""
    gate = Gate.open(_settings(folder))
    try:
        named = {quad.triple for quad in gate.state.match()}
        view = [quad.triple for quad in gate.state.view()]
    finally:
        gate.close()
    start = time.perf_counter()
    if step == "owlrl":
        materialise_with_owlrl(_asserted(named))
    else:
        pyshacl_engine(Shapes.shipped(_settings(folder).resources))(view)
    return {"seconds": time.perf_counter() - start}


def _asserted(triples: set[Triple]) -> Iterator[Triple]:
    # What the history tells of commits is not of the view.
    return (
        t
        for t in triples
        if not str(t.subject).startswith("<https://w3id.org/milgraph/graph/changes")
    )


# The table


def child(task: str, *arguments: str, seconds: float) -> dict[str, Any] | None:
    """Return what a process of its own, on one core, measures; none if it takes longer."""
    core = str(max(os.sched_getaffinity(0)))
    command = ["taskset", "-c", core, sys.executable, __file__, "--child", task]
    try:
        done = subprocess.run(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            timeout=seconds,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        raise Failure(f"{task} {' '.join(arguments)} fails")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(plan: Plan) -> None:
    """Build, commit, compare and report.

    Raises:
        Failure: a graph cannot be built, or another benchmark is running.
    """
    began = time.monotonic()
    with exclusive():
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
        folders = {size: prepare(size) for size in plan.sizes}
        print(
            f"\n{'bulk':<8} {'articles':>9} {'named':>10} {'view':>10} {'commits':>8} "
            f"{'open s':>7} {'load s':>8} {'cpu s':>8} {'MiB':>7}"
        )
        for size, folder in folders.items():
            print(_built(size, folder, plan), flush=True)
        medians = {}
        for engine in plan.engines:
            medians[engine] = _report_commits(engine, folders, plan)
        _report_whole(folders, medians, plan)
    tell(f"{time.monotonic() - began:.0f} s in all")


def _built(size: str, folder: Path, plan: Plan) -> str:
    told = folder / "built.json"
    if not (plan.reuse and told.exists()):
        tell(f"building the graph of {size} ...")
        shutil.rmtree(folder / "graph", ignore_errors=True)
        told.unlink(missing_ok=True)
        found = child("build", str(folder), seconds=plan.patience)
        if found is None:
            raise Failure(f"{size} is not built within {plan.patience:g} s")
        told.write_text(json.dumps(found))
    f = json.loads(told.read_text())
    return (
        f"{size:<8} {f['articles']:>9,} {f['named']:>10,} {f['view']:>10,} "
        f"{f['commits']:>8} {f['open']:>7.1f} {f['load']:>8.1f} {f['cpu']:>8.1f} "
        f"{f['memory']:>7.0f}"
    )


def _report_commits(
    engine: str, folders: dict[str, Path], plan: Plan
) -> dict[str, float]:
    """Print what commits cost, step by step; return the medians in seconds by size."""
    columns = " ".join(f"{step:>11}" for step in _STEPS)
    print(
        f"\n{engine + ', ms':<17} {'p50':>7} {'p95':>7} {'cpu':>7} {columns}",
        flush=True,
    )
    medians: dict[str, float] = {}
    for size, folder in folders.items():
        tell(f"committing to {size} with {engine} ...")
        arguments = (str(folder), engine, str(plan.commits))
        found = child("commit", *arguments, seconds=plan.patience)
        if found is None:
            print(f"{size:<8} did not finish in {plan.patience:g} s")
            continue
        for deed in ("commit", "retract"):
            print(_row(f"{size:<8} {deed}", found[deed]), flush=True)
        medians[size] = median(one["all"] for one in found["commit"])
        asserted, added = found["added"]
        print(
            f"{size:<8} {asserted} triples each, {added} quads with what follows, "
            f"{found['context']} in the context; a bare sync takes "
            f"{median(found['fsync']) * 1000:.2f} ms"
        )
    first, last = next(iter(folders)), list(folders)[-1]
    if first != last and {first, last} <= medians.keys():
        ratio = medians[last] / medians[first]
        print(f"{last} takes {ratio:.2f} times as long as {first}")
    return medians


def _row(name: str, taken: list[dict[str, float]]) -> str:
    whole_times = [one["all"] * 1000 for one in taken]
    steps = " ".join(
        f"{median(one.get(step, 0.0) for one in taken) * 1000:>11.2f}"
        for step in _STEPS
    )
    return (
        f"{name:<17} {median(whole_times):>7.2f} {quantiles(whole_times, n=20)[-1]:>7.2f} "
        f"{median(one['cpu'] for one in taken) * 1000:>7.2f} {steps}"
    )


def _report_whole(
    folders: dict[str, Path], medians: dict[str, dict[str, float]], plan: Plan
) -> None:
    """Print how much longer it takes to entail and validate the whole for each commit."""
    print("\nowlrl and pySHACL on the whole graph, for one commit")
    for size, folder in folders.items():
        seconds = 0.0
        for step in ("owlrl", "pyshacl"):
            tell(f"{step} on the whole of {size} ...")
            found = child("whole", str(folder), step, seconds=plan.patience)
            if found is None:
                print(f"{size:<8} {step} did not finish in {plan.patience:g} s")
                break
            seconds += found["seconds"]
            print(f"{size:<8} {step:<8} {found['seconds']:>8.1f} s", flush=True)
        else:
            for engine, found_medians in medians.items():
                if size in found_medians:
                    times = seconds / found_medians[size]
                    print(f"{size:<8} {times:,.0f} times a commit with {engine}")
            continue
        # What is larger takes longer still.
        break


def _plan(arguments: list[str] | None = None) -> Plan:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--sizes", default="10k,100k,1M", type=_words, help="such as 10k,100k,1M")
    add("--commits", type=int, default=200, help="single articles for each size")
    add("--engines", default=tuple(_ENGINES), type=_words, help=", ".join(_ENGINES))
    add("--patience", type=float, default=900.0, help="seconds for one step")
    add("--reuse", action="store_true", help="take the graphs that the last run built")
    given = parser.parse_args(arguments)
    try:
        for size in given.sizes:
            size_of(size)
    except ValueError as error:
        parser.error(str(error))
    if unknown := set(given.engines) - set(_ENGINES):
        parser.error(f"{min(unknown)!r} is none of {', '.join(_ENGINES)}")
    return Plan(**vars(given))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


def _measured(task: str, folder: str, *more: str) -> dict[str, Any]:
    if task == "build":
        return build(Path(folder))
    if task == "commit":
        return commit(Path(folder), more[0], int(more[1]))
    return whole(Path(folder), more[0])


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(_measured(*sys.argv[2:])))
        return 0
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
