"""Answers: what a dataset says to a query, in every format of SPARQL results and of RDF."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, Protocol, Self

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    parse,
    parse_query_results,
    serialize,
)

from milgraph.errors import QueryError
from milgraph.export import serialise
from milgraph.iris import document_of, fragment_of
from milgraph.sparql import Policy, Request, inspect
from milgraph.store.interface import Readable, Solutions
from milgraph.syntax import FORMATS, Format
from milgraph.terms import XSD, Literal, NamedNode, Term, Triple, compact, prefixes
from milgraph.wellformed import well_formed

__all__ = [
    "RESULT_FORMATS",
    "Answer",
    "ResultFormat",
    "Row",
    "Writable",
    "ask",
    "evaluate",
    "short",
]

Row = tuple[Term | None, ...]
# To sort more costs more than a reader of the file gains.
_ORDERED_TRIPLES = 10_000
# How a table in JSON says that it was cut, near its beginning.
_CUT = b'"milgraph":{"complete":false'
_HEAD = 64 * 1024


class Writable(Protocol):
    """What an answer can be written to."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""

    def flush(self) -> None:
        """Do what is left to do with what was written."""


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """A syntax of SPARQL results: its name, and its media types, the proper one first."""

    name: str
    media_types: tuple[str, ...]
    syntax: QueryResultsFormat

    @property
    def media_type(self) -> str:
        """The proper media type."""
        return self.media_types[0]


RESULT_FORMATS: Mapping[str, ResultFormat] = MappingProxyType(
    {
        name: ResultFormat(name, media_types, syntax)
        for name, media_types, syntax in (
            (
                "json",
                ("application/sparql-results+json", "application/json"),
                QueryResultsFormat.JSON,
            ),
            (
                "xml",
                ("application/sparql-results+xml", "application/xml", "text/xml"),
                QueryResultsFormat.XML,
            ),
            ("csv", ("text/csv",), QueryResultsFormat.CSV),
            ("tsv", ("text/tab-separated-values",), QueryResultsFormat.TSV),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one query; it can be read once.

    `is_cut` where only the first rows of a longer table are here, and
    `is_table_of_triples` where the rows are the triples of a graph.
    """

    outcome: Solutions | tuple[Triple, ...]
    is_cut: bool = False
    is_table_of_triples: bool = False

    @classmethod
    def of_results(cls, body: bytes) -> Self:
        """Return the answer that was written as SPARQL results in JSON."""
        outcome = parse_query_results(body, QueryResultsFormat.JSON)
        return cls(outcome, is_cut=_CUT in body[:_HEAD])

    @classmethod
    def of_triples(cls, body: bytes) -> Self:
        """Return the answer that was written as N-Triples."""
        quads = parse(body, RdfFormat.N_TRIPLES)
        return cls(tuple(quad.triple for quad in quads))

    @property
    def is_graph(self) -> bool:
        """Whether the answer is triples: that of a CONSTRUCT or a DESCRIBE."""
        return isinstance(self.outcome, QueryTriples | tuple)

    @property
    def is_boolean(self) -> bool:
        """Whether the answer is yes or no: that of an ASK."""
        return isinstance(self.outcome, QueryBoolean)

    @property
    def holds(self) -> bool:
        """Whether the answer is yes: that of an ASK, or one that is not empty."""
        if isinstance(self.outcome, QueryBoolean):
            return bool(self.outcome)
        return next(self.rows(), None) is not None

    @property
    def formats(self) -> tuple[str, ...]:
        """The names of the formats that such an answer has."""
        is_graph = self.is_graph or self.is_table_of_triples
        return tuple(FORMATS if is_graph else RESULT_FORMATS)

    @property
    def columns(self) -> tuple[str, ...]:
        """The variables in the order of the query, or the positions of a triple."""
        if isinstance(self.outcome, QuerySolutions):
            return tuple(variable.value for variable in self.outcome.variables)
        return ("subject", "predicate", "object") if self.is_graph else ("answer",)

    def rows(self) -> Iterator[Row]:
        """Return the solutions or the triples, one after the other.

        Raises:
            QueryError: the evaluation fails on the way.
        """
        if isinstance(self.outcome, QueryBoolean):
            yield (_boolean(value=bool(self.outcome)),)
            return
        try:
            if isinstance(self.outcome, QueryTriples | tuple):
                for triple in sorted(self.outcome, key=str):
                    yield (triple.subject, triple.predicate, triple.object)
            else:
                for solution in self.outcome:
                    yield tuple(solution)
        except _FAILURES as error:
            raise _told(error) from error

    def serialised(self, name: str) -> bytes:
        """Return the whole answer in the format of that name.

        Raises:
            QueryError: such an answer has no such format, or the evaluation fails; or it
                is XML, which cannot hold a text of it.
        """
        written = BytesIO()
        self.write(written, name)
        if name in ("xml", "rdfxml"):
            return b"".join(well_formed([written.getvalue()], name))
        return written.getvalue()

    def at_once(self, name: str) -> bytes:
        """Return a table in the format of that name, made in memory.

        For a short one this takes a tenth less time than `write` does.

        Raises:
            QueryError: the evaluation fails.
        """
        if isinstance(self.outcome, QueryTriples | tuple):
            return self.serialised(name)
        try:
            return self.outcome.serialize(format=RESULT_FORMATS[name].syntax) or b""
        except _FAILURES as error:
            raise _told(error) from error

    def write(self, output: Writable, name: str) -> None:
        """Write the answer in the format of that name, while it is evaluated.

        A graph that is not large is a set in a fixed order, with the prefixes it uses;
        of a larger one the triples are written as they come.

        Raises:
            QueryError: such an answer has no such format, or the evaluation fails; part
                of it may be written then.
        """
        try:
            if isinstance(self.outcome, QueryTriples | tuple):
                if name in FORMATS:
                    _write_graph(iter(self.outcome), output, FORMATS[name])
                    return
            elif table := RESULT_FORMATS.get(name):
                self.outcome.serialize(_binary(output), table.syntax)
                return
        except _FAILURES as error:
            raise _told(error) from error
        raise QueryError(
            f"{self._kind} cannot be written as {name}",
            hint=f"Formats for it: {', '.join(self.formats)}.",
        )

    def format(self, name: str) -> Format | ResultFormat:
        """Return the format of that name, one of `formats`."""
        return FORMATS[name] if self.is_graph else RESULT_FORMATS[name]

    @property
    def _kind(self) -> str:
        if self.is_graph:
            return "a graph"
        return "yes or no" if self.is_boolean else "a table of solutions"


def ask(
    dataset: Readable,
    text: str,
    *,
    bindings: Mapping[str, Term] | None = None,
    default_graphs: Sequence[NamedNode] = (),
    named_graphs: Sequence[NamedNode] | None = None,
    policy: Policy | None = None,
) -> Answer:
    """Return the answer to the query, which is inspected before the engine reads it.

    The columns of a `SELECT *` are in the order in which the query names them.

    Raises:
        QueryError: the query is refused, ill-formed or cannot be evaluated.
    """
    return evaluate(
        dataset,
        inspect(text, policy or Policy()),
        bindings=bindings,
        default_graphs=default_graphs,
        named_graphs=named_graphs,
    )


def evaluate(
    dataset: Readable,
    request: Request,
    *,
    bindings: Mapping[str, Term] | None = None,
    default_graphs: Sequence[NamedNode] = (),
    named_graphs: Sequence[NamedNode] | None = None,
    base: str | None = None,
) -> Answer:
    """Return the answer to a query that was inspected.

    Raises:
        QueryError: the query is ill-formed or cannot be evaluated.
    """

    def evaluated(query: str) -> Solutions:
        return dataset.query(
            query,
            bindings=bindings,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            base=base,
        )

    outcome = evaluated(request.text)
    if request.selects_all and isinstance(outcome, QuerySolutions):
        names = [variable.value for variable in outcome.variables]
        outcome = evaluated(request.projecting(names))
    return Answer(outcome)


def short(node: NamedNode) -> str:
    """Return the shortest name of the node that `terms.expand` takes back.

    >>> short(NamedNode("https://w3id.org/milgraph/article/x#claim-1"))
    'article:x#claim-1'
    """
    document = compact(document_of(node))
    if "#" in node.value and not document.startswith(("http:", "https:")):
        return f"{document}#{fragment_of(node)}"
    return compact(node)


def _write_graph(outcome: Iterator[Triple], output: Writable, form: Format) -> None:
    """Write each triple once, in order, unless there are too many to keep."""
    first = list(islice(outcome, _ORDERED_TRIPLES + 1))
    if len(first) <= _ORDERED_TRIPLES:
        # A CONSTRUCT may give a triple more than once; a graph is a set.
        output.write(serialise(set(first), form))
        return
    serialize(
        chain(first, outcome), _binary(output), form.syntax, prefixes=dict(prefixes())
    )


def _binary(output: Writable) -> Any:
    """Return the output; the engine asks for no more than the two methods."""
    return output


def _boolean(*, value: bool) -> Literal:
    return Literal(str(value).lower(), datatype=XSD.boolean)


# What the engine raises while it evaluates.
_FAILURES = (RuntimeError, ValueError, OSError)


def _told(error: Exception) -> QueryError:
    return QueryError(f"the query cannot be evaluated: {error}")
