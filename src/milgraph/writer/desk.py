"""The desk: what a process can be told to do for the server, one task after the other."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from milgraph.errors import KnowledgeGraphError, LimitError, StoreError
from milgraph.generations import Generations
from milgraph.sparql import Policy, inspect
from milgraph.store.documents import Document
from milgraph.store.interface import Committed
from milgraph.store.plain import triples_of
from milgraph.terms import NamedNode
from milgraph.writer.messages import Message, told
from milgraph.writer.updates import with_placeholders
from milgraph.writer.uploads import Upload

__all__ = ["Desk", "documents", "names", "text_of", "with_loads"]

# What an update loads has been fetched and put in its place before.
_POLICY = Policy(updates=True)


class Desk:
    """Tasks by their names; each takes a message and open files, and returns a value."""

    tasks: Mapping[str, Callable[[Message, list[int]], object]]
    # What can be published, where this desk holds a store.
    committed: Committed | None = None
    data: Path

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        return self.committed.sequence if self.committed else 0

    def carry_out(self, message: Message, files: list[int]) -> Message:
        """Do what the message says, and return what to answer."""
        try:
            value = self.tasks[message["task"]](message, files)
        except KnowledgeGraphError as error:
            return told(error)
        except MemoryError:
            return told(_too_large())
        return {"value": value, "sequence": self.sequence}

    def publish(self) -> Message:
        """Publish what is committed; another thread may call it meanwhile."""
        if self.committed is None:
            return told(StoreError("nothing is published here"))
        try:
            return {"value": Generations(self.data).publish(self.committed)}
        except OSError as error:
            return told(StoreError(f"the state cannot be published: {error}"))


def text_of(file: int) -> str:
    """Return the text of the file, which is read to its end and closed."""
    with os.fdopen(file, "rb") as opened:
        return opened.read().decode()


def documents(message: Message, files: list[int]) -> Iterator[Document]:
    """Return the uploads of the message."""
    for members, file in zip(message["uploads"], files, strict=True):
        yield Upload.document(members, os.fdopen(file, "rb", buffering=0))


def names(iris: list[str] | None) -> tuple[NamedNode, ...]:
    """Return the IRIs as terms."""
    return tuple(NamedNode(iri) for iri in iris or ())


def with_loads(
    text: str,
    loads: list[Message | None],
    files: list[int],
    *,
    then: Callable[[str], str] = lambda text: text,
) -> str:
    """Return the update with the data of the files in the place of its LOADs.

    It is inspected, and changed by `then`, before the data are in it.

    Raises:
        QueryError: it is refused.
        SourceError: what it loads cannot be read.
    """
    loaded = _loaded(loads, files)
    text = with_placeholders(text, loaded)
    inspect(text, _POLICY)
    text = then(text)
    for placeholder, document in loaded.items():
        text = text.replace(placeholder, triples_of(document) if document else "")
    return text


def _loaded(
    loads: list[dict[str, Any] | None], files: list[int]
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


def _too_large() -> LimitError:
    return LimitError(
        "the change needs more memory than one may have; nothing was stored",
        limit="memory",
        hint="Send it in parts.",
    )
