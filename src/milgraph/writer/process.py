"""The process of the writer: it opens the store, and does what it is told, in order.

Started as `python -m milgraph.writer.process SOCKET SOCKET CONFIGURATION`.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from uuid import uuid4

from milgraph.confinement import confine
from milgraph.errors import KnowledgeGraphError, LimitError, StoreError
from milgraph.generations import Generations
from milgraph.sparql import Policy, inspect
from milgraph.store.documents import Document
from milgraph.store.plain import PlainStore, triples_of
from milgraph.terms import NamedNode
from milgraph.writer.messages import Message, decoded, encoded, told
from milgraph.writer.updates import with_dataset, with_placeholders
from milgraph.writer.uploads import Upload

__all__ = ["main"]

# More than one line of a message can be; the texts come in files.
_LONGEST_MESSAGE = 1 << 20
_MOST_FILES = 250
# What an update loads has been fetched and put in its place before.
_POLICY = Policy(updates=True)


class _Desk:
    """What the writer can be told to do."""

    def __init__(self, data: Path, sequence: int) -> None:
        self._data = data
        self._store = PlainStore(data / "plain", sequence=sequence)
        self._tasks: dict[str, Callable[[Message, list[int]], object]] = {
            "update": self._update,
            "put": self._put,
            "post": self._post,
            "delete": self._delete,
            "load": self._load,
        }

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        return self._store.sequence

    def carry_out(self, message: Message, files: list[int]) -> Message:
        """Do what the message says, and return what to answer."""
        try:
            value = self._tasks[message["task"]](message, files)
        except KnowledgeGraphError as error:
            return told(error)
        except MemoryError:
            return told(_too_large())
        return {"value": value, "sequence": self.sequence}

    def _update(self, message: Message, files: list[int]) -> None:
        with os.fdopen(files[0], "rb") as file:
            text = file.read().decode()
        loaded = _loaded(message["loads"], files[1:])
        text = with_placeholders(text, loaded)
        inspect(text, _POLICY)
        text = with_dataset(text, _names(message["using"]), _names(message["named"]))
        for placeholder, document in loaded.items():
            text = text.replace(placeholder, triples_of(document) if document else "")
        self._store.update(text, base=message["base"])

    def _put(self, message: Message, files: list[int]) -> bool:
        return self._store.put(_name(message["graph"]), _documents(message, files))

    def _post(self, message: Message, files: list[int]) -> bool:
        return self._store.post(_name(message["graph"]), _documents(message, files))

    def _delete(self, message: Message, _: list[int]) -> bool:
        return self._store.delete(_name(message["graph"]))

    def _load(self, message: Message, files: list[int]) -> None:
        for document in _documents(message, files):
            self._store.load(document)

    def publish(self) -> Message:
        """Publish what is committed; another thread may call it meanwhile."""
        try:
            return {"value": Generations(self._data).publish(self._store)}
        except OSError as error:
            return told(StoreError(f"the state cannot be published: {error}"))


def _loaded(
    loads: list[dict[str, object] | None], files: list[int]
) -> dict[str, Document | None]:
    """Return the documents that the update loads, in order, each under a placeholder.

    There is none where a LOAD that is SILENT has failed.
    """
    waiting = iter(files)
    return {
        f"<urn:uuid:{uuid4()}>": Upload.document(
            members, os.fdopen(next(waiting), "rb", buffering=0)
        )
        if members
        else None
        for members in loads
    }


def _documents(message: Message, files: list[int]) -> list[Document]:
    return [
        Upload.document(members, os.fdopen(file, "rb", buffering=0))
        for members, file in zip(message["uploads"], files, strict=True)
    ]


def _name(iri: str | None) -> NamedNode | None:
    return None if iri is None else NamedNode(iri)


def _names(iris: list[str] | None) -> tuple[NamedNode, ...]:
    return tuple(NamedNode(iri) for iri in iris or ())


def _too_large() -> LimitError:
    return LimitError(
        "the update needs more memory than one may have; nothing was stored",
        limit="memory",
        hint="Send it in parts.",
    )


def main(arguments: list[str]) -> None:
    """Serve the two sockets of those numbers until the other side closes the first.

    The first is for changes, the second for publications.
    """
    *numbers, configuration = arguments
    given = json.loads(configuration)
    # The server says when to end: Ctrl-C is sent to all processes of a terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    confine(memory=given["memory"], network=False)
    changes, publications = (socket.socket(fileno=int(number)) for number in numbers)
    try:
        desk = _Desk(Path(given["data"]), given["sequence"])
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


def _publishing(desk: _Desk, publications: socket.socket) -> None:
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
