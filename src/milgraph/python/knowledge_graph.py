"""The knowledge graph as Python sees it: asked, read, checked and changed."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import rdflib

from milgraph import doors
from milgraph.errors import ParameterError, StoreError
from milgraph.explanations import axioms_of, explain_fact, fact_of
from milgraph.export.rights import Rights, own_licence
from milgraph.export.scopes import Scope, Selection
from milgraph.generations import Reader
from milgraph.iris import is_article
from milgraph.knowledge_graph import KnowledgeGraph as Built
from milgraph.proposals import is_by_rule
from milgraph.python.documents import (
    Document,
    dataset_of,
    graph_with_prefixes,
    source_of,
)
from milgraph.python.outcomes import Explanation, Outcome
from milgraph.python.questions import Question, found_question, question_of
from milgraph.python.tables import Row, Table, table_of_hits
from milgraph.python.values import value_of
from milgraph.python.waiting import WaitingAsker
from milgraph.queries import Catalogue
from milgraph.search import Searching, kinds_of
from milgraph.settings import Settings
from milgraph.store import Snapshot
from milgraph.terms import Literal, NamedNode, Quad, Triple, expand
from milgraph.validation import Report

__all__ = ["KnowledgeGraph"]

_DOOR = "python"


class KnowledgeGraph:
    """A graph that is open for reading; nothing is locked, here or beside a server.

    Queries are answered by processes of their own, with the limits of the settings on
    time, memory and size, so that none of them can take this one along. What is read is
    the newest published state; what is changed is one commit, through the gate or
    through the server that holds it.
    """

    def __init__(self, settings: Settings) -> None:
        """Read the graph of the settings; `open` does so by a folder."""
        self.settings = settings
        self._built = Built(settings)
        self._searching = Searching(settings.data)
        self._reader: Reader | None = None
        self._asker: WaitingAsker | None = None
        self._lock = Lock()
        self._is_closed = False

    @classmethod
    def open(
        cls,
        source: str | os.PathLike[str] | Settings | None = None,
        *,
        token: str | None = None,
        build: bool = True,
    ) -> Self:
        """Open the graph of a folder, of settings, or of `MILGRAPH_DATA`.

        Where there is none yet, or it is not of the shipped files as they are now, it is
        built first; with `build=False` it is read as it is. The token is for changes,
        where a server holds the graph; without one it is that of `MILGRAPH_TOKEN`.

        Raises:
            StoreError: it has to be built, and another process holds it; or there is
                none, and it shall not be built.
            SettingsError: a variable of the environment cannot be used.
        """
        if isinstance(source, Settings):
            settings = source if token is None else replace(source, token=token)
        else:
            data = None if source is None else Path(source)
            settings = Settings.from_environ(os.environ, data=data, token=token)
        graph = cls(settings)
        graph._reader = (
            graph._built.ensure_current() if build else graph._built.reader()
        )
        return graph

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that answer, and let go of the files."""
        with self._lock:
            self._is_closed, self._reader = True, None
            asker, self._asker = self._asker, None
        if asker is not None:
            asker.close()

    def __repr__(self) -> str:
        return f"<KnowledgeGraph {self.settings.data}>"

    @property
    def commit(self) -> int:
        """The number of the last commit in the state that would answer now."""
        reader = self._opened()
        reader.snapshot()
        return reader.generation

    @property
    def queries(self) -> Mapping[str, str]:
        """The stored queries: their names, and what each asks."""
        catalogue = Catalogue.of(self.settings.resources.queries)
        return {query.name: query.title for query in catalogue}

    def query(
        self,
        query: str | Path,
        parameters: Mapping[str, object] | None = None,
        *,
        rows: int | None = None,
        seconds: float | None = None,
        **named: object,
    ) -> Table:
        """Return the rows of a stored query, of a file with SPARQL, or of SPARQL text.

        Parameters are given by name: `area="place:black-sea"`; one that is a word of
        Python, in the mapping: `{"from": "2023-03-01"}`. Those of a text are bound to
        its variables, which a SELECT must show. `rows` cuts the table, and `complete`
        tells; `seconds` is less than the limit of the settings.

        Raises:
            UnknownQueryError: there is no stored query or file of that name.
            ParameterError: a parameter that is not there, or of another type.
            QueryError: the query is refused, ill-formed or cannot be evaluated.
            LimitError: it uses more than one query may.
        """
        asked = question_of(
            query, {**(parameters or {}), **named}, self.settings.resources
        )
        return self._table(asked, rows=rows, seconds=seconds)

    def _table(
        self, asked: Question, *, rows: int | None, seconds: float | None
    ) -> Table:
        if rows is not None and rows < 1:
            raise ParameterError("rows is less than one")
        waiting = self._waiting()
        reply = waiting.wait(
            waiting.asker.ask(
                asked.text, bindings=asked.bindings, rows=rows, seconds=seconds
            )
        )
        found = tuple(
            Row([value_of(term) for term in row], reply.columns) for row in reply.rows
        )
        return Table(
            reply.columns,
            found,
            reply.commit,
            complete=not reply.is_cut,
            form=reply.form,
        )

    def graph(
        self, source: str, parameters: Mapping[str, object] | None = None
    ) -> rdflib.Graph:
        """Return a part of the graph, as one of rdflib that can be changed at will.

        `source` is a CONSTRUCT or a DESCRIBE, or the name of a stored one; an article by
        its slug, which is a `Dataset` with a graph for each claim; a named graph; `view`
        for all that is held true, or `all` for a `Dataset` of everything.

        Raises:
            UnknownGraphError: there is no such graph.
            QueryError: the query is refused, ill-formed or cannot be evaluated.
        """
        asked = found_question(source, parameters or {}, self.settings.resources)
        if asked is not None:
            return self._constructed(asked)
        snapshot = self._opened().snapshot()
        if source == "all":
            return dataset_of(chain(snapshot.match(), snapshot.view()))
        if source == "view":
            return graph_with_prefixes(quad.triple for quad in snapshot.view())
        name = _named(source)
        quads = self._of_graph(name, snapshot)
        if is_article(name):
            # As it was submitted, so that it can be changed and submitted again.
            return dataset_of(quad for quad in quads if not is_by_rule(quad))
        return graph_with_prefixes(quad.triple for quad in quads)

    def _of_graph(self, name: NamedNode, snapshot: Snapshot) -> Iterator[Quad]:
        """Return the quads of the graph, and of an article's claims and readings.

        Raises:
            UnknownGraphError: there is no such graph.
        """
        own = own_licence(self.settings.resources)
        rights = Rights.of(snapshot, own, restricted=True)
        for graph in Selection(snapshot, Scope.of_graph(name), rights).graphs:
            yield from snapshot.match(graph=graph)

    def _constructed(self, asked: Question) -> rdflib.Graph:
        waiting = self._waiting()
        reply = waiting.wait(waiting.asker.ask(asked.text, bindings=asked.bindings))
        if reply.form not in ("CONSTRUCT", "DESCRIBE"):
            raise ParameterError(
                f"{reply.form} gives no graph",
                hint="Ask it with query(), or write a CONSTRUCT.",
            )
        return graph_with_prefixes(Triple(*row) for row in reply.rows)  # type: ignore[arg-type]  # rows of a graph are triples

    def check(self, document: Document, *, format: str | None = None) -> Report:  # noqa: A002 - as rdflib names it
        """Return what the shapes say of an article or of bare facts; nothing is stored.

        Raises:
            SourceError: it is not RDF.
            PlacementError: it touches what is not its own.
            ConsistencyError: with it, the graph would have no model.
        """
        self._opened()
        return self._built.check(source_of(document, format))

    def submit(
        self,
        *documents: Document,
        reason: str = "",
        dry_run: bool = False,
        format: str | None = None,  # noqa: A002 - as rdflib names it
    ) -> Outcome:
        """Commit articles, each in the place of its earlier version; all or none.

        Raises:
            ConformanceError: the shapes refuse it; its `report` says why.
            SourceError, PlacementError, ConsistencyError: as of a check.
            StoreError: another process holds the graph, or a server for which there is
                no token.
        """
        if not documents:
            raise ParameterError("there is nothing to submit")
        sources = [source_of(document, format) for document in documents]
        with self._door(reason) as door:
            return Outcome.of(door.submit(sources, dry_run=dry_run))

    def retract(
        self, article: str, *, reason: str = "", dry_run: bool = False
    ) -> Outcome:
        """Take an article away, with all that follows from it alone.

        Raises:
            UnknownArticleError: there is none.
            ConformanceError: what stays would not conform.
        """
        with self._door(reason) as door:
            return Outcome.of(door.retract(_named(article), dry_run=dry_run))

    def undo(self, number: int, *, reason: str = "", dry_run: bool = False) -> Outcome:
        """Undo a commit, by a new commit of its inverse.

        Raises:
            UndoError: a later commit stands on it.
        """
        with self._door(reason) as door:
            return Outcome.of(door.undo(number, dry_run=dry_run))

    def explain(self, subject: str, predicate: str, value: object) -> Explanation:
        """Return why the graph holds a fact: who states it, or what it follows from.

        Names are IRIs or short names; the value may be a literal as in Turtle, or one of
        rdflib.

        Raises:
            UnknownFactError: the graph does not hold it; the error says why not.
        """
        if isinstance(value, rdflib.Literal):
            value = value.n3()
        elif isinstance(value, Literal):
            value = str(value)
        fact = fact_of(str(subject), str(predicate), str(value))
        snapshot = self._opened().snapshot()
        return Explanation(explain_fact(snapshot, axioms_of(snapshot), fact))

    def search(
        self, text: str, *, limit: int = 20, kinds: str | Iterable[str] = ()
    ) -> Table:
        """Return what a name may be the name of, the best first.

        The columns are `iri`, `label`, `kind` (its class), `group`, the `name` that
        matched, and the `score` of 0 to 100. `kinds` are groups (entity, activity,
        article) and classes such as `mil:Place`; a single one need not be in a list.

        Raises:
            ParameterError: the text is none, empty or too long, the limit is out of
                range, or there is no such kind.
        """
        self._opened()
        if not isinstance(text, str):
            raise ParameterError(
                f"a name is searched for, and {text!r} is no text",
                hint="Give the name as a str.",
            )
        wanted = kinds_of((kinds,) if isinstance(kinds, str) else kinds)
        commit, hits = self._searching.search(text, limit=limit, kinds=wanted)
        return table_of_hits(hits, commit)

    def _door(self, reason: str) -> AbstractContextManager[doors.Door]:
        self._opened()
        author = doors.login_author(_DOOR, reason)
        return doors.open_door(self.settings, self._built.gate, author)

    def _opened(self) -> Reader:
        if self._is_closed:
            raise StoreError("the graph is closed", hint="Open it again.")
        if self._reader is None:
            self._reader = self._built.ensure_current()
        else:
            self._built.follow()
        return self._reader

    def _waiting(self) -> WaitingAsker:
        """Return who asks the readers; they are started by the first question."""
        self._opened()
        with self._lock:
            self._asker = self._asker or WaitingAsker(self.settings)
            return self._asker


def _named(name: str) -> NamedNode:
    """Return the graph or article of that slug, short name or IRI.

    Raises:
        ParameterError: it is none of them.
    """
    return expand(name if ":" in name else f"article:{name}")
