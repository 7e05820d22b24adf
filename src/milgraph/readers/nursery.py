"""The nursery: a prepared process that forks readers.

It has loaded what a reader needs and has no store open and no thread, so that a reader
is there in a tenth of the time that a fresh interpreter takes, and cleanly.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from pathlib import Path

from milgraph.confinement import confine
from milgraph.readers.worker import work
from milgraph.terms import prefixes

__all__ = ["main"]

# To the nursery: a descriptor and whether it may use the network.
# From it: `R` and a number for each process born, `D`, the number and how it ended.
_ROOM = socket.CMSG_SPACE(4)


def main() -> None:
    """Fork a reader for each socket that arrives, and tell how each ends."""
    control = socket.socket(fileno=int(sys.argv[1]))
    told = json.loads(sys.argv[2])
    data, memory = Path(told["data"]), int(told["memory"])
    known = dict(prefixes()) if told["known"] else {}
    # Whoever is at the terminal ends the server, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    wakeup, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # No reader looks for garbage among what is loaded here: to do so would take a third
    # of the time until it is ready, and would copy the memory that it shares with all.
    gc.collect()
    gc.freeze()
    control.send(b"N")
    while True:
        ready, _, _ = select.select([control.fileno(), wakeup], [], [])
        if wakeup in ready:
            os.read(wakeup, 4096)
            _tell_ends(control)
        if control.fileno() in ready:
            try:
                message, ancillary, _, _ = control.recvmsg(16, _ROOM)
            except OSError:
                return
            if not message:
                return
            descriptor = int.from_bytes(ancillary[0][2][:4], sys.byteorder)
            number = os.fork()
            if not number:
                control.close()
                _become_reader(descriptor, data, memory, message == b"n", known)
            os.close(descriptor)
            control.send(b"R%d" % number)


def _tell_ends(control: socket.socket) -> None:
    while True:
        try:
            number, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not number:
            return
        with contextlib.suppress(OSError):
            control.send(b"D%d %d" % (number, os.waitstatus_to_exitcode(status)))


def _become_reader(
    descriptor: int, data: Path, memory: int, network: bool, known: dict[str, str]
) -> None:
    """Answer questions, then end without what the parent would do at its end."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confine(memory=memory, network=network)
        work(socket.socket(fileno=descriptor), data, known)
        code = 0
    except (BrokenPipeError, ConnectionResetError):
        # Nobody waits for the answer any more.
        code = 0
    except BaseException:  # noqa: BLE001 - the parent only learns that it ended
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
