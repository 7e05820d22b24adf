"""Holdings: the graph that a service answers from, its questions and its counts."""

from collections.abc import Mapping, Sequence
from threading import Lock

from anyio import to_thread

from milgraph.answers import Answer, short
from milgraph.authors import Authors
from milgraph.generations import Reader
from milgraph.queries import Catalogue, StoredQuery
from milgraph.readers import Question, Readers
from milgraph.settings import Settings
from milgraph.sparql import GRAPH_FORMS, inspect
from milgraph.statistics import Statistics
from milgraph.terms import NamedNode, Term, expand
from milgraph.writer import Checker, GateWriter, PlainWriter, Writer

__all__ = ["Holdings"]

_ANYTHING = "ASK { ?subject ?predicate ?object }"
_MEMBERS = "SELECT ?member ?class WHERE { ?member a ?class } ORDER BY ?member"


class Holdings:
    """What the pages and the endpoint read; it follows the graph as it moves on.

    Every query is answered by a reader, so that none can hold or end the service.
    """

    def __init__(
        self,
        readers: Readers,
        catalogue: Catalogue,
        settings: Settings,
        *,
        authors: Authors | None = None,
        writer: Writer | None = None,
        checker: Checker | None = None,
    ) -> None:
        """Answer by the readers; with a writer the dataset can be changed.

        Without `authors` they are those of the settings; with a checker facts can be
        held against the shapes.
        """
        self.readers = readers
        self.catalogue = catalogue
        self.settings = settings
        self.authors = authors or Authors(settings)
        self.writer = writer
        self.checker = checker
        self._lock = Lock()
        self._state: Reader | None = None
        self._counted: tuple[int, Statistics] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether this is a dataset without view, shapes and ontology."""
        return isinstance(self.writer, PlainWriter)

    @property
    def gate(self) -> GateWriter | None:
        """The writer, where what it writes is entailed, validated and logged."""
        return self.writer if isinstance(self.writer, GateWriter) else None

    @property
    def generation(self) -> int:
        """The number of the state that answers come from, as far as it is known."""
        return self.readers.generation

    async def is_ready(self) -> bool:
        """Return whether a query is answered, and finds something unless it is plain."""
        return (await self.ask(_ANYTHING)).holds or self.is_plain

    async def settle(self) -> None:
        """Return once every commit acknowledged before this call can be read.

        Our own code that reads in this process does so from what was published last.
        """
        if self.readers.settled is None:
            await self.ask(_ANYTHING)

    async def ask(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[NamedNode] = (),
        named_graphs: Sequence[NamedNode] | None = None,
        rows: int | None = None,
    ) -> Answer:
        """Return the answer to the query; at most so many rows of it, where told.

        Raises:
            QueryError: the query is refused, ill-formed or cannot be evaluated.
        """
        is_graph = inspect(text).form in GRAPH_FORMS and rows is None
        question = Question(
            text,
            "ntriples" if is_graph else "json",
            bindings=bindings or {},
            default_graphs=tuple(default_graphs),
            named_graphs=None if named_graphs is None else tuple(named_graphs),
            rows=rows,
        )
        body = await self.readers.answer(question)
        return Answer.of_triples(body) if is_graph else Answer.of_results(body)

    async def written(
        self,
        text: str,
        form: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[NamedNode] = (),
        named_graphs: Sequence[NamedNode] | None = None,
    ) -> bytes:
        """Return the answer to the query, written in the format of that name.

        Raises:
            QueryError: the query is refused, ill-formed or cannot be evaluated, or its
                answer has no such format.
        """
        inspect(text)
        question = Question(
            text,
            form,
            bindings=bindings or {},
            default_graphs=tuple(default_graphs),
            named_graphs=None if named_graphs is None else tuple(named_graphs),
        )
        return await self.readers.answer(question)

    async def ask_stored(
        self, query: StoredQuery, given: Mapping[str, str], *, rows: int | None = None
    ) -> Answer:
        """Return the answer to the stored query with the parameters given.

        Raises:
            ParameterError: a parameter is unknown, missing or of the wrong type.
        """
        return await self.ask(query.text, bindings=query.bindings(given), rows=rows)

    def stored(self, name: str) -> StoredQuery:
        """Return the stored query of that name.

        Raises:
            UnknownQueryError: there is none.
        """
        return self.catalogue.get(name)

    async def statistics(self) -> Statistics:
        """Return the counts of the current generation, which are taken once."""
        return await to_thread.run_sync(self._statistics)

    def _statistics(self) -> Statistics:
        # Our own code, not a stranger's query, so that it may read in this process.
        with self._lock:
            self._state = self._state or Reader(self.settings.data)
            snapshot = self._state.snapshot()
            generation = self._state.generation
            if self._counted is None or self._counted[0] != generation:
                self._counted = generation, Statistics.of(snapshot)
            return self._counted[1]

    async def members(self, kind: str) -> tuple[str, ...]:
        """Return the short names of what is of the class, for a list to choose from."""
        answer = await self.ask(_MEMBERS, bindings={"class": expand(kind)})
        found = (member for member, _ in answer.rows())
        return tuple(short(m) for m in found if isinstance(m, NamedNode))
