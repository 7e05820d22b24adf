"""A process that works for the server: it opens what it needs, and does what it is told.

Started as `python -m milgraph.writer.process SOCKET SOCKET CONFIGURATION`.
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path
from threading import Thread
from typing import Any

from milgraph.confinement import confine
from milgraph.errors import KnowledgeGraphError
from milgraph.writer.desk import Desk
from milgraph.writer.messages import decoded, encoded, told

__all__ = ["main"]

# More than one line of a message can be; the texts come in files.
_LONGEST_MESSAGE = 1 << 20
_MOST_FILES = 250


def main(arguments: list[str]) -> None:
    """Serve the two sockets of those numbers until the other side closes the first.

    The first is for tasks, the second for publications.
    """
    *numbers, configuration = arguments
    given = json.loads(configuration)
    # The server says when to end: Ctrl-C is sent to all processes of a terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    confine(memory=given["memory"], network=False)
    changes, publications = (socket.socket(fileno=int(number)) for number in numbers)
    try:
        desk = _desk(given)
    except KnowledgeGraphError as error:
        changes.sendall(encoded(told(error)))
        return
    changes.sendall(encoded({"sequence": desk.sequence}))
    Thread(target=_publishing, args=(desk, publications), daemon=True).start()
    while True:
        line, files = _received(changes)
        if not line:
            break
        changes.sendall(encoded(desk.carry_out(decoded(line), files)))
    # Nothing is lost: every commit was synced before it was answered.
    os._exit(0)


def _desk(given: dict[str, Any]) -> Desk:
    """Return the desk of that kind; what the others need is not imported."""
    data = Path(given["data"])
    if given["kind"] == "plain":
        from milgraph.writer.plain import PlainDesk  # noqa: PLC0415

        return PlainDesk(data, given["sequence"])
    from milgraph.resources import Resources  # noqa: PLC0415
    from milgraph.settings import Settings  # noqa: PLC0415

    settings = Settings(
        data=data,
        resources=Resources(Path(given["resources"])),
        alignments=tuple(given["alignments"]),
    )
    if given["kind"] == "gate":
        from milgraph.writer.gated import GateDesk  # noqa: PLC0415

        return GateDesk(settings)
    from milgraph.writer.checked import CheckDesk  # noqa: PLC0415

    return CheckDesk(settings)


def _publishing(desk: Desk, publications: socket.socket) -> None:
    while publications.recv(1):
        publications.sendall(encoded(desk.publish()))


def _received(server: socket.socket) -> tuple[bytes, list[int]]:
    """Return one message with its files; nothing once the other side is gone."""
    line, files, _, _ = socket.recv_fds(server, _LONGEST_MESSAGE, _MOST_FILES)
    while line and not line.endswith(b"\n"):
        more = server.recv(_LONGEST_MESSAGE)
        if not more:
            return b"", files
        line += more
    return line, files


if __name__ == "__main__":
    main(sys.argv[1:])
