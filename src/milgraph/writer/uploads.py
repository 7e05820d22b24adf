"""Uploads: RDF that somebody sent, on its way to the process that reads it."""

import os
import tempfile
from dataclasses import dataclass
from typing import BinaryIO, Self

from milgraph.store.documents import Document
from milgraph.syntax import FORMATS, Source

__all__ = ["Upload", "spooled"]


@dataclass(frozen=True, slots=True)
class Upload:
    """RDF in an open file of its own: its format, what it is relative to, how it is packed.

    At most `longest` bytes of it are read once it is unpacked.
    """

    name: str
    form: str
    file: BinaryIO
    base: str | None = None
    is_packed: bool = False
    longest: int | None = None

    @classmethod
    def of(cls, source: Source, *, base: str | None = None) -> Self:
        """Return the source as an upload."""
        return cls(source.name, source.format.name, spooled(source.content), base)

    @classmethod
    def to_load(cls, document: Document) -> Self:
        """Return the file as an upload; it is read where it lies."""
        return cls(
            document.name,
            document.form.name,
            document.open(),
            document.base,
            document.is_packed,
        )

    @property
    def members(self) -> dict[str, object]:
        """What the writer is told of it, beside the file."""
        return {
            "name": self.name,
            "form": self.form,
            "base": self.base,
            "is_packed": self.is_packed,
            "longest": self.longest,
        }

    @classmethod
    def document(cls, members: dict[str, object], file: BinaryIO) -> Document:
        """Return the document that such members and an open file stand for."""
        given = dict(members)
        form = FORMATS[str(given.pop("form"))]
        size = os.fstat(file.fileno()).st_size
        return Document(form=form, open=lambda: file, size=size, **given)  # type: ignore[arg-type]  # as `members` made them


def spooled(content: bytes) -> BinaryIO:
    """Return a file without a name that holds the content, to be read from its start.

    On disk, not in memory: what waits for the writer may be large, and much.
    """
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - whoever asked closes it
    file.write(content)
    file.seek(0)
    return file
