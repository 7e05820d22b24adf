"""Doorplate: where the server that holds a store is reached, told beside the store.

One process holds the embedded store. A command that would change it finds the address of
that process here, and goes through its door.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["find", "hung", "write"]

_NAME = "server.json"
# What a server listens on to be reached by everybody is no address to ask it at.
_EVERYWHERE = {"//0.0.0.0:": "//127.0.0.1:", "//[::]:": "//[::1]:"}


def write(data: Path, address: str) -> int:
    """Tell that this process, which holds the store, is reached at the address.

    Returned is a descriptor: while it is open, what is told counts.
    """
    data.mkdir(parents=True, exist_ok=True)
    path = data / _NAME
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    # The system gives the lock back whatever becomes of the process, so that a plate
    # which a killed one left is known for what it is.
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    told = {"address": _reachable(address), "pid": os.getpid()}
    os.write(descriptor, json.dumps(told).encode())
    return descriptor


def find(data: Path) -> str | None:
    """Return the address of the running server that holds the store; none without one."""
    try:
        with (data / _NAME).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return str(json.load(file)["address"])
    except (OSError, ValueError, KeyError, TypeError):
        # It is just being written, or taken away.
        return None
    return None


@contextmanager
def hung(data: Path, address: str) -> Iterator[None]:
    """Tell the address while the block runs."""
    descriptor = write(data, address)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            (data / _NAME).unlink()
        os.close(descriptor)


def _reachable(address: str) -> str:
    for everywhere, here in _EVERYWHERE.items():
        address = address.replace(everywhere, here)
    return address
