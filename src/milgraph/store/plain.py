"""The plain store: any dataset on disk, in which stands what its users wrote and no more."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from threading import Lock

from pyoxigraph import RdfFormat, parse, serialize
from pyoxigraph import Store as Oxigraph

from milgraph.errors import ConflictError, Position, QueryError, SourceError, StoreError
from milgraph.store.complaints import query_error
from milgraph.store.documents import Document
from milgraph.terms import XSD, DefaultGraph, Literal, NamedNode, Quad

__all__ = ["PlainStore", "triples_of"]

# It is gone before a checkpoint is made, so that no reader ever sees it.
_MARK = NamedNode("urn:milgraph:the-last-commit")
_EXISTENCE = re.compile(r"already exists|does not exist")
_AT_A_TIME = 10_000
_LARGE = 1024 * 1024
_PLACE = re.compile(r"^error at (\d+):(\d+): (.*)$", re.DOTALL)
_PARSER_PLACE = re.compile(r"^.*?Parser error (?:at|between) line \d+ [^:]*: ")
_SUFFIX_PLACE = re.compile(r" \(line \d+\)$")


class PlainStore:
    """The dataset on disk, changed by one update at a time; each is synced when it returns.

    With every commit its number is written, in the same transaction, and taken away
    before the next or before a checkpoint. So a process that is killed in a commit
    leaves a store that tells whether the commit was made.

    A checkpoint may be made by another thread while an update is evaluated.
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
        self._path = path
        self._logs: frozenset[Path] = frozenset()
        self._starting = Lock()
        self._is_changing = False
        self._sequence = sequence
        if self._marked == sequence + 1:
            self._sequence += 1
        self._settle()
        self._store.flush()

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        return self._sequence

    def update(self, text: str, *, base: str | None = None) -> int:
        """Carry the SPARQL Update out, whole or not at all; return its number.

        Raises:
            QueryError: it is ill-formed; nothing was changed.
            ConflictError: the state of the dataset does not allow it.
        """
        return self._commit(text, base)

    def put(self, graph: NamedNode | None, documents: Iterable[Document]) -> bool:
        """Make the documents the content of the graph; return whether it is a new one.

        `None` is the default graph, which is new while it is empty.

        Raises:
            SourceError: one of them is ill-formed; nothing was changed.
        """
        read = tuple(documents)
        is_new = not self._has(graph)
        if is_new and graph and _is_large(read):
            self._commit_new(graph, read[0])
            return True
        name = _target(graph)
        made = f"CREATE {name} ;" if graph else ""
        self._commit(f"DROP SILENT {name} ; {made} {_insertion(graph, read)}")
        return is_new

    def post(self, graph: NamedNode | None, documents: Iterable[Document]) -> bool:
        """Add the documents to the graph; return whether it is a new one.

        Raises:
            SourceError: one of them is ill-formed; nothing was changed.
        """
        read = tuple(documents)
        is_new = not self._has(graph)
        if is_new and graph and _is_large(read):
            self._commit_new(graph, read[0])
            return True
        made = f"CREATE SILENT {_target(graph)} ;" if graph else ""
        self._commit(f"{made} {_insertion(graph, read)}")
        return is_new

    def delete(self, graph: NamedNode | None) -> bool:
        """Remove the graph; return whether there was one."""
        if graph and not self._has(graph):
            return False
        self._commit(f"DROP SILENT {_target(graph)}")
        return True

    def load(self, document: Document) -> int:
        """Add a file of any size, quads to their graphs; return the commit's number.

        Raises:
            SourceError: it is ill-formed; nothing of it was stored.
        """
        with (
            self._changing(),
            _complaining(document),
            closing(document.guarded()) as content,
        ):
            self._store.bulk_load(
                content,  # type: ignore[arg-type]  # of a file only `read` is called
                document.form.syntax,
                base_iri=document.base,
            )
            self._store.flush()
            self._sequence += 1
            return self._sequence

    def checkpoint(self, path: Path) -> None:
        """Put a copy of the committed state at the path, as hard links."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._starting:
            if not self._is_changing:
                self._settle()
                self._store.backup(str(path))
                return
        # A change that is being made shows nothing of itself until it is committed,
        # which may happen before the copy is made.
        self._store.backup(str(path))
        if Oxigraph.read_only(str(path)).contains_named_graph(_MARK):
            copy = Oxigraph(str(path))
            copy.remove_graph(_MARK)
            copy.flush()

    def graphs(self) -> Iterable[NamedNode]:
        """Return the names of the named graphs."""
        return (
            name
            for name in self._store.named_graphs()
            if isinstance(name, NamedNode) and name != _MARK
        )

    def quads(self, graph: NamedNode) -> Iterator[Quad]:
        """Return the quads of the named graph."""
        return self._store.quads_for_pattern(None, None, None, graph)

    def __iter__(self) -> Iterator[Quad]:
        return (q for q in self._store if q.graph_name != _MARK)

    def close(self) -> None:
        """Let go of the files."""
        # The engine has no `close`; it lets go when nothing refers to it any more.
        del self._store

    @property
    def _marked(self) -> int | None:
        """The number of the commit that was made last, unless it has been settled."""
        for mark in self._store.quads_for_pattern(_MARK, None, None, _MARK):
            # Another predicate is a graph that a commit was about to make.
            is_made = mark.predicate == _MARK or self._has(mark.predicate)
            if is_made and isinstance(mark.object, Literal):
                return int(mark.object.value)
        return None

    def _settle(self) -> None:
        if self._store.contains_named_graph(_MARK):
            self._store.remove_graph(_MARK)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._starting:
            self._settle()
            self._is_changing = True
        try:
            yield
        finally:
            self._is_changing = False

    def _sync(self) -> None:
        """Have on disk what was committed.

        The engine writes each commit to its log, and leaves it to the system when that
        reaches the disk. `flush` would write the tables as well, which takes ten times
        as long. A log that is gone meanwhile has its tables synced.
        """
        logs = frozenset(self._path.glob("*.log"))
        for log in logs:
            with suppress(FileNotFoundError):
                _sync(log)
        if logs != self._logs:
            _sync(self._path)
            self._logs = logs

    def _has(self, graph: NamedNode | None) -> bool:
        if graph:
            return self._store.contains_named_graph(graph)
        quads = self._store.quads_for_pattern(None, None, None, DefaultGraph())
        return next(quads, None) is not None

    def _commit(self, text: str, base: str | None = None) -> int:
        number = self._sequence + 1
        mark = f"INSERT DATA {{ GRAPH {_MARK} {{ {_MARK} {_MARK} {number} }} }}"
        with self._changing():
            # After an update that ends in a semicolon, or has no operation, none may follow.
            if not self._is_done(f"{text}\n;{mark}", text, base) and not self._is_done(
                f"{text}\n{mark}", text, base
            ):
                raise _complaint(text, base)
            self._sync()
            self._sequence = number
            return number

    def _commit_new(self, graph: NamedNode, document: Document) -> None:
        """Make the graph, which is none yet, of the document, without a transaction.

        What is loaded in bulk takes an eighth of the time and half of the memory, and
        is stored whole or not at all as well. It cannot write a number beside it, so
        that the intention is written before: it was done if there is the graph.
        """
        number = self._sequence + 1
        with (
            self._changing(),
            _complaining(document),
            closing(document.guarded()) as content,
        ):
            intention = Literal(str(number), datatype=XSD.integer)
            self._store.add(Quad(_MARK, graph, intention, _MARK))
            self._store.bulk_load(
                content,  # type: ignore[arg-type]  # of a file only `read` is called
                document.form.syntax,
                base_iri=document.base,
                to_graph=graph,
            )
            # A document may be long and say nothing.
            self._store.add_graph(graph)
            self._store.flush()
        self._sequence = number

    def _is_done(self, marked: str, text: str, base: str | None) -> bool:
        """Make the update; return `False` where what follows the text does not fit."""
        try:
            self._store.update(marked, base_iri=base)
        except SyntaxError as error:
            found = _PLACE.match(str(error))
            if found and int(found[1]) > text.count("\n") + 1:
                return False
            raise _update_error(error) from error
        except RuntimeError as error:
            kind = ConflictError if _EXISTENCE.search(str(error)) else QueryError
            raise kind(f"the update fails, and nothing was stored: {error}") from error
        except (ValueError, OSError) as error:
            raise QueryError(
                f"the update cannot be carried out, and nothing was stored: {error}"
            ) from error
        return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _target(graph: NamedNode | None) -> str:
    return f"GRAPH {graph}" if graph else "DEFAULT"


def _is_large(documents: Sequence[Document]) -> bool:
    """Return whether to load in bulk is possible, and worth the new files it makes."""
    return (
        len(documents) == 1
        and not documents[0].form.has_graphs
        and documents[0].size > _LARGE
    )


def _insertion(graph: NamedNode | None, documents: Iterable[Document]) -> str:
    """Return the operation that adds what the documents say to the graph.

    To read them into the store would be a transaction of its own, beside that which
    removes what they replace. N-Triples is what the data of an update look like.
    """
    texts = [triples_of(document) for document in documents]
    opened, closed = (f"GRAPH {graph} {{", "}") if graph else ("", "")
    return "".join(("INSERT DATA {", opened, "\n", *texts, closed, "}"))


def triples_of(document: Document) -> str:
    """Return the document as N-Triples, its blank nodes under labels of their own.

    Raises:
        SourceError: it is ill-formed, or has named graphs.
    """
    with _complaining(document), closing(document.guarded()) as content:
        quads = parse(
            content,  # type: ignore[arg-type]  # of a file only `read` is called
            document.form.syntax,
            base_iri=document.base,
            without_named_graphs=document.form.has_graphs,
            rename_blank_nodes=True,
        )
        pieces = []
        while some := tuple(islice(quads, _AT_A_TIME)):
            pieces.append(serialize(some, format=RdfFormat.N_TRIPLES) or b"")
        return b"".join(pieces).decode()


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


def _update_error(error: SyntaxError) -> QueryError:
    complaint = query_error(str(error), (), noun="update")
    # Of a rule beside the grammar the engine does not say where it is broken.
    complaint.position = complaint.position or Position("update")
    return complaint


def _complaint(text: str, base: str | None) -> QueryError:
    """Return what is wrong with the text, which nothing that follows it can mend."""
    try:
        Oxigraph().update(text, base_iri=base)
    except SyntaxError as error:
        return _update_error(error)
    except (RuntimeError, ValueError, OSError) as error:
        return QueryError(str(error))
    return QueryError("the update is not complete", position=Position("update"))
