"""Holdings: the graph that a service answers from, its questions and its counts."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from threading import Lock

from milgraph.answers import Answer, ask, short
from milgraph.errors import UnknownQueryError
from milgraph.generations import Reader
from milgraph.queries import Catalogue, StoredQuery
from milgraph.statistics import Statistics
from milgraph.terms import NamedNode, expand

__all__ = ["Holdings"]

_ANYTHING = "ASK { ?subject ?predicate ?object }"
_MEMBERS = "SELECT ?member ?class WHERE { ?member a ?class } ORDER BY ?member"


class Holdings:
    """What the pages and the endpoint read; it follows the graph as it moves on."""

    def __init__(self, reader: Reader, catalogue: Catalogue) -> None:
        self._reader = reader
        self._lock = Lock()
        self._counted: tuple[int, Statistics] | None = None
        self.catalogue = catalogue

    @property
    def is_ready(self) -> bool:
        """Whether a query is answered, and finds something."""
        return self.ask(_ANYTHING).holds

    def ask(
        self,
        text: str,
        *,
        default_graphs: Sequence[NamedNode] = (),
        named_graphs: Sequence[NamedNode] | None = None,
    ) -> Answer:
        """Return the answer to the query.

        Raises:
            QueryError: the query is refused, ill-formed or cannot be evaluated.
        """
        return ask(
            self._reader.snapshot(),
            text,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
        )

    def ask_stored(self, query: StoredQuery, given: Mapping[str, str]) -> Answer:
        """Return the answer to the stored query with the parameters given.

        Raises:
            ParameterError: a parameter is unknown, missing or of the wrong type.
        """
        return ask(self._reader.snapshot(), query.text, bindings=query.bindings(given))

    def stored(self, name: str) -> StoredQuery:
        """Return the stored query of that name.

        Raises:
            UnknownQueryError: there is none.
        """
        if name in self.catalogue.queries:
            return self.catalogue.queries[name]
        near = get_close_matches(name, self.catalogue.queries, n=3)
        error = UnknownQueryError(name, near=near)
        error.hint = error.hint if near else "GET /queries lists the stored queries."
        raise error

    def statistics(self) -> Statistics:
        """Return the counts of the current generation, which are taken once."""
        snapshot = self._reader.snapshot()
        with self._lock:
            generation = self._reader.generation
            if self._counted is None or self._counted[0] != generation:
                self._counted = generation, Statistics.of(snapshot)
            return self._counted[1]

    def members(self, kind: str) -> tuple[str, ...]:
        """Return the short names of what is of the class, for a list to choose from."""
        answer = ask(
            self._reader.snapshot(), _MEMBERS, bindings={"class": expand(kind)}
        )
        found = (member for member, _ in answer.rows())
        return tuple(short(m) for m in found if isinstance(m, NamedNode))
