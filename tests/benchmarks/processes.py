"""What a server costs: the processor time and the memory of all its processes."""

import os
import time
from pathlib import Path

__all__ = ["cpu_seconds", "memory", "settle", "tree"]

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: str) -> list[str]:
    """Return the fields of proc(5) stat from the third on; none if it has ended."""
    try:
        text = (_PROC / pid / "stat").read_text()
    except OSError:
        return []
    # The second field is the command, in parentheses, and may hold any character.
    return text.rpartition(")")[2].split()


def tree(root: int) -> dict[int, list[str]]:
    """Return the process, all its descendants and its session, each with its fields."""
    stats = {
        int(entry.name): fields
        for entry in _PROC.iterdir()
        if entry.name.isdigit() and (fields := _stat(entry.name))
    }
    # A descendant whose parent has ended is nobody's child, but still of the session.
    found = {pid for pid, fields in stats.items() if int(fields[3]) == root} | {root}
    size = 0
    while size != len(found):
        size = len(found)
        found |= {pid for pid, fields in stats.items() if int(fields[1]) in found}
    return {pid: stats[pid] for pid in found if pid in stats}


def cpu_seconds(root: int) -> float:
    """Return user and system time of all processes, those that ended included.

    A process that was waited for is counted in its parent's time of children.
    """
    ticks = sum(sum(map(int, fields[11:15])) for fields in tree(root).values())
    return ticks / _TICK


def memory(root: int) -> float:
    """Return the MiB of all processes; a page that several share is counted once."""
    kibibytes = 0
    for pid in tree(root):
        try:
            rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        kibibytes += sum(
            int(line.split()[1])
            for line in rollup.splitlines()
            if line.startswith("Pss:")
        )
    return kibibytes / 1024


def settle(root: int, *, seconds: float = 30.0) -> None:
    """Wait until the processes do nothing, but not longer than the seconds."""
    end = time.monotonic() + seconds
    before = cpu_seconds(root)
    while time.monotonic() < end:
        time.sleep(0.1)
        after = cpu_seconds(root)
        if after - before <= 1 / _TICK:
            return
        before = after
