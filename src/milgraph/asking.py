"""Asking: queries of a program, answered by limited readers and told with their state.

A query that a program puts is inspected like one that comes over HTTP, and answered by
a reader: a process with a limit on its time, its memory and its answer, which can open
no connection. What is answered says which commit it is of, and whether it is whole.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from milgraph.answers import Answer, Row
from milgraph.errors import KnowledgeGraphError, LimitError, QueryError, StoreError
from milgraph.forwarding import Forwarder, ForwardingLimits
from milgraph.generations import Generations
from milgraph.publishing import Publishing
from milgraph.readers import Question, Readers
from milgraph.settings import Settings
from milgraph.sparql import GRAPH_FORMS, Policy, Request, Services, inspect, origin_of
from milgraph.terms import Term

__all__ = ["Asker", "Reply"]

# A program asks little at once: two questions, and one more that runs long.
_READERS = 4
_ATTEMPTS = 3


@dataclass(frozen=True)
class Reply:
    """What the graph says to a query.

    `form` is SELECT, ASK, CONSTRUCT or DESCRIBE; a graph comes as a table of its
    triples. `is_cut` where there are more rows than were asked for; `commit` is the
    number of the last commit of the state that answered.
    """

    form: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    commit: int
    is_cut: bool = False

    @cached_property
    def dicts(self) -> tuple[Mapping[str, Term], ...]:
        """The rows by their columns, without what is unbound."""
        return tuple(
            {name: t for name, t in zip(self.columns, row, strict=True) if t}
            for row in self.rows
        )


class Asker:
    """Puts queries to readers of its own; nothing is locked, and nothing is changed."""

    def __init__(self, settings: Settings) -> None:
        """Prepare to ask the graph of the settings; SERVICE reaches what they list."""
        most = min(_READERS, settings.limits.readers)
        self.settings = settings
        self._readers = Readers(settings.data, replace(settings.limits, readers=most))
        self._services = Services.of(settings.services)
        self._policy = Policy(services=self._services.origins)
        self._publishing = Publishing(settings.data)
        self._forwarder: Forwarder | None = None

    async def start(self) -> None:
        """Start the readers, and wait until one answers.

        Raises:
            StoreError: there is no graph to read.
        """
        if not Generations(self.settings.data).current:
            raise StoreError(
                f"there is no graph in {self.settings.data} yet",
                hint="`milgraph load` builds it.",
            )
        await self._readers.start()
        if self._services.origins:
            limits = ForwardingLimits.of(self.settings)
            self._forwarder = Forwarder(self._services.reachable, limits)
            await self._forwarder.start()

    async def close(self) -> None:
        """End the readers."""
        with suppress(KnowledgeGraphError):
            await self._readers.close()
        if self._forwarder is not None:
            await self._forwarder.close()

    @property
    def commit(self) -> int:
        """The number of the last commit that readers can open."""
        settled = self._readers.settled
        return self._readers.generation if settled is None else settled

    async def ask(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        rows: int | None = None,
        seconds: float | None = None,
    ) -> Reply:
        """Return the answer, at most so many rows of it.

        Raises:
            QueryError: the query is refused, ill-formed or cannot be evaluated.
            LimitError: it uses more than one query may.
            BusyError: too many are asked at once.
        """
        request = inspect(text, self._policy)
        if self._publishing.address is not None:
            await asyncio.to_thread(self._publishing.follow)
        for _ in range(_ATTEMPTS):
            before = self.commit
            reply = await self._replied(request, bindings or {}, rows, seconds)
            if self.commit == before:
                break
            # A commit came meanwhile, and which state has answered is not known; where
            # commits never cease, it is this one or a later one.
        return reply

    async def _replied(
        self,
        request: Request,
        bindings: Mapping[str, Term],
        rows: int | None,
        seconds: float | None,
    ) -> Reply:
        commit = self.commit
        is_graph = request.form in GRAPH_FORMS
        is_table = not is_graph or rows is not None
        question = Question(
            request.text,
            "json" if is_table else "ntriples",
            bindings=bindings,
            rows=rows,
            seconds=seconds,
        )
        body = await self._answered(question, request)
        form = request.form or "SELECT"
        reply = _reply_of(body, form, commit, is_table=is_table)
        if reply is None:
            raise LimitError(
                "one text of the answer is longer than 16 MiB",
                limit="output",
                hint="Ask for a part of it: SUBSTR(?text, 1, 1000).",
            )
        return reply

    async def _answered(self, question: Question, request: Request) -> bytes:
        if not request.services or self._forwarder is None:
            return await self._readers.answer(question)
        called = [self._services.address_of(one.iri) for one in request.services]
        addresses = self._forwarder.register(called)
        origins = tuple(filter(None, map(origin_of, addresses)))
        text = request.calling(addresses)
        try:
            return await self._readers.answer(
                replace(question, text=text, services=origins)
            )
        except KnowledgeGraphError as error:
            why = self._forwarder.failure(addresses[0])
            raise (QueryError(why) if why else error) from error
        finally:
            self._forwarder.release(addresses)


def _reply_of(body: bytes, form: str, commit: int, *, is_table: bool) -> Reply | None:
    """Return what the answer says; nothing where a text is too long to be read.

    The caller raises that, since an error of here would take the engine's rows along,
    which may be let go of by no thread but this one.
    """
    try:
        answer = Answer.of_results(body) if is_table else Answer.of_triples(body)
        return Reply(form, answer.columns, tuple(answer.rows()), commit, answer.is_cut)
    except MemoryError:
        return None
