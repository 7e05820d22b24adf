"""Holdings: what the tools answer from and write to; one graph, read by limited readers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

from milgraph import doors
from milgraph.asking import Asker
from milgraph.authors import Authors
from milgraph.axioms import Axioms
from milgraph.explanations import Explained, axioms_of, explain_fact
from milgraph.generations import Reader
from milgraph.history import Author, Role
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.mcp.card import Card
from milgraph.queries import Catalogue
from milgraph.search import Hit, Searching
from milgraph.settings import Settings
from milgraph.terms import NamedNode, Triple
from milgraph.writer import Checker, Upload

if TYPE_CHECKING:
    from milgraph.validation import Report

__all__ = ["Holdings"]

_DOOR = "mcp"
_ADMIN = "admin"
# A model reads no more, and a reader need not make more.
_LARGEST_ANSWER = 16 * 1024 * 1024
# Steps that are looked at to explain a fact: a fraction of a second.
_MOST_STEPS = 20_000
_Value = TypeVar("_Value")


class Holdings:
    """The graph, its readers, its checker and, with a token, its door."""

    def __init__(self, settings: Settings) -> None:
        """Prepare to answer from the graph of the settings, which is there.

        Raises:
            SettingsError: the file of tokens cannot be read.
        """
        limits = settings.limits
        output = min(limits.output, _LARGEST_ANSWER)
        self.settings = replace(settings, limits=replace(limits, output=output))
        self.asker = Asker(self.settings)
        self.checker = Checker(self.settings)
        self.catalogue = Catalogue.of(settings.resources.queries)
        self.card = Card(self.asker, self.catalogue)
        self._graph = KnowledgeGraph(self.settings)
        self._author = _author_of(settings)
        self._explaining = _Explaining(self.settings)
        self._searching = Searching(settings.data)
        # One at a time: each takes turns with all that this process does.
        self._turns = CapacityLimiter(1)

    async def start(self) -> None:
        """Start the readers.

        Raises:
            StoreError: there is no graph to read.
        """
        await self.asker.start()
        await self.checker.start()

    async def close(self) -> None:
        """End the processes."""
        await self.checker.close()
        await self.asker.close()

    @property
    def is_writable(self) -> bool:
        """Whether a token was given, so that there are tools that write."""
        return self._author is not None

    @cached_property
    def name_of(self) -> Callable[[NamedNode], str]:
        """How shapes are called."""
        return self._graph.shapes.name

    async def aside(self, work: Callable[[], _Value]) -> _Value:
        """Return what the work, which takes a while, comes to; others go on meanwhile."""

        def worked() -> _Value:
            self._graph.follow()
            return work()

        return await to_thread.run_sync(worked, limiter=self._turns)

    async def checked(self, facts: Upload) -> "Report":
        """Return what the shapes say of the facts in the newest state.

        Raises:
            KnowledgeGraphError: as of a check.
        """
        await self.aside(lambda: None)
        return await self.checker.check(facts)

    async def explained(self, fact: Triple) -> Explained:
        """Return why the view holds the fact.

        Raises:
            UnknownFactError: it does not.
            LimitError: no derivation was found with the steps that one may take.
        """
        return await self.aside(lambda: self._explaining.explained(fact))

    async def found(
        self, text: str, limit: int, kinds: frozenset[str]
    ) -> tuple[int, list[Hit]]:
        """Return the commit that was searched, and what the text may name there.

        Raises:
            ParameterError: the text is empty or too long.
        """
        return await self.aside(
            lambda: self._searching.search(text, limit=limit, kinds=kinds)
        )

    @contextmanager
    def door(self, reason: str) -> Iterator[doors.Door]:
        """Give the way into the graph, for whoever the token is of.

        Raises:
            StoreError: another process holds the graph.
        """
        author = self._author or Author("nobody", Role.CONTRIBUTOR, _DOOR)
        author = replace(author, reason=reason)
        with doors.open_door(self.settings, self._graph.gate, author) as opened:
            yield opened


def _author_of(settings: Settings) -> Author | None:
    """Return who writes: whom the file of tokens names, else the admin of the graph.

    Raises:
        SettingsError: the file cannot be read.
    """
    token = (settings.token or "").strip()
    if not token:
        return None
    listed = Authors(replace(settings, token=None)).of_token(token.encode())
    if listed is not None:
        return Author(listed.name, listed.role, _DOOR)
    return Author(_ADMIN, Role.ADMIN, _DOOR)


class _Explaining:
    """Derivations in the newest state; the axioms are compiled once for each."""

    def __init__(self, settings: Settings) -> None:
        self._data = settings.data
        self._reader: Reader | None = None
        self._axioms: tuple[int, Axioms] | None = None

    def explained(self, fact: Triple) -> Explained:
        self._reader = self._reader or Reader(self._data)
        snapshot = self._reader.snapshot()
        generation = self._reader.generation
        if self._axioms is None or self._axioms[0] != generation:
            self._axioms = generation, axioms_of(snapshot)
        return explain_fact(snapshot, self._axioms[1], fact, limit=_MOST_STEPS)
