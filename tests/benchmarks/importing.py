"""What an import costs: rows a second parsed alone, and end to end; memory at its most.

A made-up export of GDELT is written, read alone in processes of their own, and imported
into a graph of the shipped files: placed, entailed, validated, logged and applied.
Rates are by the clock, and by the time of processors: an import uses more than one, and
other work on the machine slows the clock more.

Run it with `make bench-import`, or `python tests/benchmarks/importing.py --help`.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from events import write_gdelt

from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.importers import FORMATS, import_records
from milgraph.settings import Settings

_GDELT = FORMATS["gdelt"]
_AUTHOR = Author("benchmark", Role.ADMIN, "import")
_MEBIBYTE = 1024
Step = Callable[[Path], int]


def written(rows: int, folder: Path) -> Path:
    """Return an export of so many rows."""
    path = folder / f"{rows}.export.CSV"
    with path.open("w", encoding="utf-8", newline="") as file:
        write_gdelt(rows, file)
    return path


@contextmanager
def parsing() -> Iterator[Step]:
    """Give what reads a file to its end, and tells how many rows it has."""
    yield lambda path: sum(1 for _ in _GDELT.table.rows(path))


@contextmanager
def importing() -> Iterator[Step]:
    """Give what imports a file into a graph of the shipped files."""
    with (
        TemporaryDirectory(prefix="milgraph-bench-") as folder,
        closing(Gate.open(Settings(data=Path(folder)))) as gate,
    ):
        yield lambda path: import_records(gate, _GDELT, path, _AUTHOR).imported


_STEPS = {"parse": parsing, "import": importing}


def measured(step: str, path: Path) -> dict[str, float]:
    """Return what the step costs, in a process of its own."""
    command = [sys.executable, __file__, "--step", step, "--file", str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _measure(step: str, path: Path) -> None:
    with _STEPS[step]() as act:
        before = time.perf_counter(), time.process_time()
        rows = act(path)
        clock, processor = (
            time.perf_counter() - before[0],
            time.process_time() - before[1],
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEBIBYTE
    print(
        json.dumps({"rows": rows, "clock": clock, "processor": processor, "peak": peak})
    )


def main() -> None:
    """Print a line for each measurement."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=20_000, help="rows to import")
    options.add_argument("--parsed", default="20000,200000", help="rows to parse")
    options.add_argument("--step", choices=sorted(_STEPS), help=argparse.SUPPRESS)
    options.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.step:
        _measure(given.step, given.file)
        return
    with TemporaryDirectory(prefix="milgraph-bench-") as folder:
        asked = [("parse", int(rows)) for rows in given.parsed.split(",")]
        for step, rows in (*asked, ("import", given.rows)):
            found = measured(step, written(rows, Path(folder)))
            clock, processor = (
                found["rows"] / found[of] for of in ("clock", "processor")
            )
            print(
                f"{step:<7} {rows:>9,} rows  {clock:>9,.0f} rows/s  "
                f"{processor:>9,.0f} by processor  {found['peak']:>6,.0f} MiB at most",
                flush=True,
            )


if __name__ == "__main__":
    main()
