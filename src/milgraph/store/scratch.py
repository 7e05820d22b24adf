"""Scratch: stores that nobody else sees, on which the engine tells what a text means."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from pyoxigraph import Store as Oxigraph

from milgraph.errors import Position, QueryError
from milgraph.store.complaints import query_error
from milgraph.store.embedded import EmbeddedStore, Snapshot
from milgraph.terms import Quad

__all__ = ["Grammar", "Scratch", "scratch", "sweep"]

_NOUN = "update"
_PREFIX = "scratch-"
_PLACE = re.compile(r"^error at (\d+):")
# An update that begins with this is read whole, and then carried out no further.
_STOP = "DROP GRAPH <urn:milgraph:no-such-graph> ;"


class Scratch(Snapshot):
    """A copy of a store, to be changed and thrown away."""

    def change(self, removals: Iterable[Quad], additions: Iterable[Quad]) -> None:
        """Make the changes; a blank node stays the node that it is."""
        for quad in removals:
            self._store.remove(quad)
        self._store.extend(additions)


@contextmanager
def scratch(store: Snapshot, folder: Path | None = None) -> Iterator[Scratch]:
    """Yield a copy of the store; nothing of it remains.

    With a folder, which has to be on the store's disk, it is made of hard links, in a
    time that does not depend on the size; without, or of a store that others may not
    copy so, in memory.
    """
    if folder is None or not isinstance(store, EmbeddedStore):
        engine = Oxigraph()
        engine.bulk_extend(chain(store.view(), store.match()))
        yield Scratch(engine)
        return
    with TemporaryDirectory(dir=folder, prefix=_PREFIX) as own:
        path = Path(own, "store")
        store.checkpoint(path)
        copy = Scratch(Oxigraph(str(path)))
        try:
            yield copy
        finally:
            copy.close()


def sweep(folder: Path) -> None:
    """Remove the copies that killed processes left in the folder."""
    for left in folder.glob(_PREFIX + "*"):
        rmtree(left, ignore_errors=True)


class Grammar:
    """The engine's reading of an update: what is ill-formed, and which quads data are.

    `declared` is the prologue of its operations. The known prefixes need no declaration.
    """

    def __init__(
        self, declared: str, *, known: Mapping[str, str], base: str | None
    ) -> None:
        self._declared = declared
        self._known = known
        self._base = base

    def check(self, rest: str, start: int) -> None:
        """Refuse an update that is ill-formed; nothing of it is carried out.

        The text is the prologue up to `start`, and then the rest.

        Raises:
            QueryError: with line and column.
        """
        before = self._declared[:start]
        later = self._declared[start:].strip()
        indent = " " * (start - (before.rfind("\n") + 1))
        text = f"{before}\n{later} {_STOP}\n{indent}{rest}" if rest else before
        try:
            self._run(text)
        except SyntaxError as error:
            complaint = query_error(str(error), self._known, noun=_NOUN)
            complaint.position = _moved(str(error), complaint.position, before)
            raise complaint from error
        except RuntimeError:
            return
        except (ValueError, OSError) as error:
            raise QueryError(str(error), position=Position(_NOUN)) from error

    def data(self, block: str) -> frozenset[Quad]:
        """Return the quads that stand in the braces, spelled as the store spells them.

        Each blank node is a new one.

        Raises:
            QueryError: it holds variables, or is ill-formed.
        """
        return self._held(f"INSERT DATA {block}")

    def template(self, block: str) -> frozenset[Quad]:
        """Return the quads of a template without variables, as `data` does.

        It may say what is no quad, whose subject is a text; that is left out.

        Raises:
            QueryError: it is ill-formed.
        """
        return self._held(f"INSERT {block} WHERE {{ }}")

    def _held(self, operation: str) -> frozenset[Quad]:
        try:
            return frozenset(self._run(f"{self._declared}{operation}"))
        except SyntaxError as error:
            raise QueryError("the operation is not understood") from error

    def _run(self, text: str) -> Oxigraph:
        store = Oxigraph()
        try:
            store.update(text, base_iri=self._base)
        except SyntaxError:
            if not self._known:
                raise
            store.update(text, base_iri=self._base, prefixes=dict(self._known))
        return store


def _moved(told: str, position: Position | None, before: str) -> Position:
    """Return the place in the user's text that the engine's complaint is about."""
    if not position or not position.line or not _PLACE.match(told):
        # Of a rule beside the grammar the engine does not say where it is broken.
        return Position(_NOUN)
    first = before.count("\n") + 1
    if position.line <= first:
        return position
    line = max(first, position.line - 2)
    return Position(_NOUN, line, position.column)
