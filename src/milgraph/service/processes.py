"""Processes: what the server and its readers spend, as the kernel tells it (proc(5))."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

__all__ = ["Spent", "Usage"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Spent(TypedDict):
    """What processes of one kind spent until now, or hold now."""

    cpu: float
    memory: int
    files: int
    number: int


class Usage:
    """Measures the server and its readers, of which many come and go."""

    def __init__(self) -> None:
        # By process and start, since the kernel gives a number again.
        self._seen: dict[tuple[int, int], float] = {}
        self._past = 0.0

    def measured(self, readers: Iterable[int]) -> dict[str, Spent]:
        """Return what this process and the readers spend.

        The processor time of readers that ended is counted as it was last seen.
        """
        server = _spent(os.getpid())
        found = [one for pid in readers if (one := _spent(pid))]
        now = {key: spent["cpu"] for key, spent in found}
        gone = self._seen.keys() - now.keys()
        self._past += sum(self._seen[key] for key in gone)
        self._seen = now
        together = Spent(
            cpu=self._past + sum(now.values()),
            memory=sum(spent["memory"] for _, spent in found),
            files=sum(spent["files"] for _, spent in found),
            number=len(found),
        )
        own = server[1] if server else Spent(cpu=0, memory=0, files=0, number=1)
        return {"server": own, "reader": together}


def _spent(pid: int) -> tuple[tuple[int, int], Spent] | None:
    """Return the process with its start, and what it spent; nothing if it ended."""
    folder = Path("/proc") / str(pid)
    try:
        told = (folder / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The name before the bracket may hold anything; the third field is after it.
    fields = told.rpartition(")")[2].split()
    user, system, start, pages = (int(fields[n - 3]) for n in (14, 15, 22, 24))
    try:
        files = sum(1 for _ in (folder / "fd").iterdir())
    except OSError:
        files = 0
    spent = Spent(
        cpu=(user + system) / _TICKS, memory=pages * _PAGE, files=files, number=1
    )
    return (pid, start), spent
