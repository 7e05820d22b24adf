"""The plain store: any dataset on disk, in which stands what its users wrote and no more."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pyoxigraph import Store as Oxigraph
from pyoxigraph import parse

from milgraph.errors import Position, QueryError, SourceError, StoreError
from milgraph.store.documents import Document, Guarded
from milgraph.terms import Literal, NamedNode, Quad

__all__ = ["PlainStore"]

# Both are gone before a checkpoint is made, so that no reader ever sees them.
_MARK = NamedNode("urn:milgraph:the-last-commit")
_STAGING = NamedNode("urn:milgraph:what-is-being-uploaded")
_PLACE = re.compile(r"^error at (\d+):(\d+): (.*)$", re.DOTALL)
_PARSER_PLACE = re.compile(r"^.*?Parser error (?:at|between) line \d+ [^:]*: ")
_SUFFIX_PLACE = re.compile(r" \(line \d+\)$")


class PlainStore:
    """The dataset on disk, changed by one update at a time; each is synced when it returns.

    With every commit its number is written, in the same transaction, and taken away
    before the next or before a checkpoint. So a process that is killed in a commit
    leaves a store that tells whether the commit was made.
    """

    def __init__(self, path: Path, *, sequence: int = 0) -> None:
        """Open the store, or make it; `sequence` is the last commit that is known of.

        Raises:
            StoreError: another process holds it, or the files cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._store = Oxigraph(str(path))
        except OSError as error:
            if "lock" in str(error).lower():
                raise StoreError(
                    f"the store {path} is held by another process",
                    hint="Stop the other server, or give this one another folder.",
                ) from error
            raise StoreError(f"the store {path} cannot be opened: {error}") from error
        self._sequence = sequence
        if self._marked == sequence + 1:
            self._sequence += 1
        self._settle()
        self._flush()

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        return self._sequence

    def update(self, text: str, *, base: str | None = None) -> int:
        """Carry the SPARQL Update out, whole or not at all; return its number.

        Raises:
            QueryError: it is ill-formed or fails; nothing was changed.
        """
        self._settle()
        return self._commit(text, base)

    def put(self, graph: NamedNode | None, documents: Iterable[Document]) -> bool:
        """Make the documents the content of the graph; return whether it is a new one.

        `None` is the default graph, which is never new.

        Raises:
            SourceError: one of them is ill-formed; nothing was changed.
        """
        is_new = not self._has(graph)
        self._stage(documents)
        name = _target(graph)
        made = f"CREATE {name} ;" if graph else ""
        self._commit(f"DROP SILENT {name} ; {made} {_copy(graph)}")
        return is_new

    def post(self, graph: NamedNode | None, documents: Iterable[Document]) -> bool:
        """Add the documents to the graph; return whether it is a new one.

        Raises:
            SourceError: one of them is ill-formed; nothing was changed.
        """
        is_new = not self._has(graph)
        self._stage(documents)
        made = f"CREATE SILENT {_target(graph)} ;" if graph else ""
        self._commit(f"{made} {_copy(graph)}")
        return is_new

    def delete(self, graph: NamedNode | None) -> bool:
        """Remove the graph; return whether there was one."""
        if not self._has(graph):
            return False
        self._settle()
        self._commit(f"DROP SILENT {_target(graph)}")
        return True

    def load(self, document: Document) -> int:
        """Add a file of any size, quads to their graphs; return the commit's number.

        Raises:
            SourceError: it is ill-formed; nothing of it was stored.
        """
        self._settle()
        with _complaining(document), closing(document.guarded()) as content:
            self._store.bulk_load(
                content,  # type: ignore[arg-type]  # of a file only `read` is called
                document.form.syntax,
                base_iri=document.base,
            )
        self._flush()
        self._sequence += 1
        return self._sequence

    def checkpoint(self, path: Path) -> None:
        """Put a copy of the committed state at the path, as hard links."""
        self._settle()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store.backup(str(path))

    def graphs(self) -> Iterable[NamedNode]:
        """Return the names of the named graphs."""
        return (
            name
            for name in self._store.named_graphs()
            if isinstance(name, NamedNode) and name not in (_MARK, _STAGING)
        )

    def __iter__(self) -> Iterator[Quad]:
        return (q for q in self._store if q.graph_name not in (_MARK, _STAGING))

    def close(self) -> None:
        """Let go of the files."""
        # The engine has no `close`; it lets go when nothing refers to it any more.
        del self._store

    @property
    def _marked(self) -> int | None:
        """The number of the commit that was made last, unless it has been settled."""
        marks = self._store.quads_for_pattern(_MARK, _MARK, None, _MARK)
        numbers = (mark.object for mark in marks)
        return next((int(n.value) for n in numbers if isinstance(n, Literal)), None)

    def _settle(self) -> None:
        for name in (_MARK, _STAGING):
            if self._store.contains_named_graph(name):
                self._store.remove_graph(name)

    def _flush(self) -> None:
        try:
            self._store.flush()
        except OSError as error:
            raise StoreError(f"the store cannot be written: {error}") from error

    def _has(self, graph: NamedNode | None) -> bool:
        return graph is None or self._store.contains_named_graph(graph)

    def _commit(self, text: str, base: str | None = None) -> int:
        number = self._sequence + 1
        mark = f"INSERT DATA {{ GRAPH {_MARK} {{ {_MARK} {_MARK} {number} }} }}"
        # After an update that ends in a semicolon, or has no operation, none may follow.
        if not self._is_done(f"{text}\n;{mark}", text, base) and not self._is_done(
            f"{text}\n{mark}", text, base
        ):
            raise QueryError("the update is not complete", position=_end_of(text))
        self._flush()
        self._sequence = number
        return number

    def _is_done(self, marked: str, text: str, base: str | None) -> bool:
        """Make the update; return `False` where what follows the text does not fit."""
        try:
            self._store.update(marked, base_iri=base)
        except SyntaxError as error:
            found = _PLACE.match(str(error))
            if found and int(found[1]) > text.count("\n") + 1:
                return False
            raise _update_error(str(error)) from error
        except (RuntimeError, ValueError, OSError) as error:
            raise QueryError(
                f"the update fails, and nothing was stored: {error}"
            ) from error
        return True

    def _stage(self, documents: Iterable[Document]) -> None:
        """Put what the documents say into a graph of its own.

        The engine has no transaction that reads a file and then does more, so that what
        was read is moved to its place by an update.
        """
        self._settle()
        for document in documents:
            with _complaining(document), closing(document.guarded()) as content:
                self._add(document, content)

    def _add(self, document: Document, content: Guarded) -> None:
        if not document.form.has_graphs:
            self._store.load(
                content,  # type: ignore[arg-type]  # of a file only `read` is called
                document.form.syntax,
                base_iri=document.base,
                to_graph=_STAGING,
            )
            return
        quads = parse(
            content,  # type: ignore[arg-type]  # of a file only `read` is called
            document.form.syntax,
            base_iri=document.base,
            without_named_graphs=True,
            rename_blank_nodes=True,
        )
        self._store.extend(
            Quad(q.subject, q.predicate, q.object, _STAGING) for q in quads
        )


def _target(graph: NamedNode | None) -> str:
    return f"GRAPH {graph}" if graph else "DEFAULT"


def _copy(graph: NamedNode | None) -> str:
    return f"ADD SILENT GRAPH {_STAGING} TO {_target(graph)} ; DROP SILENT GRAPH {_STAGING}"


@contextmanager
def _complaining(document: Document) -> Iterator[None]:
    """Tell what the parser says as an error of the document, with its place."""
    try:
        yield
    except SyntaxError as error:
        message = _SUFFIX_PLACE.sub("", _PARSER_PLACE.sub("", str(error.msg)))
        raise SourceError(
            message.strip() or "the text is ill-formed",
            position=Position(document.name, error.lineno, error.offset),
            hint=_hint(message, document),
        ) from error
    except ValueError as error:
        raise SourceError(str(error), position=Position(document.name)) from error


def _hint(message: str, document: Document) -> str | None:
    told = message.lower()
    if "named graph" in told:
        return "One graph is stored here; write several by an update."
    if document.form.name == "jsonld" and ("context" in told or "callback" in told):
        return "Write the context into the document; none is fetched."
    if "scheme" in told:
        return "Write the IRI in full, or give the document a base."
    return None


def _update_error(text: str) -> QueryError:
    found = _PLACE.match(text)
    if not found:
        return QueryError(text)
    position = Position("update", int(found[1]), int(found[2]))
    if "Prefix not found" in found[3]:
        return QueryError(
            "a prefix is not known", position=position, hint="Declare it with PREFIX."
        )
    return QueryError("the update is ill-formed from here on", position=position)


def _end_of(text: str) -> Position:
    return Position("update", text.count("\n") + 1, len(text) - text.rfind("\n"))
