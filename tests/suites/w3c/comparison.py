"""Comparison: two answers are the same up to the names of their blank nodes."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)

from w3c.manifests import FORMATS, Case, Holding, address

_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
TABLES = {
    ".srx": ("application/sparql-results+xml", QueryResultsFormat.XML),
    ".srj": ("application/sparql-results+json", QueryResultsFormat.JSON),
    ".tsv": ("text/tab-separated-values", QueryResultsFormat.TSV),
}
GRAPH = "application/n-triples"

Term = NamedNode | BlankNode | Literal
Row = Mapping[str, Term]


@dataclass(frozen=True)
class Table:
    """The answer of a SELECT; rows in an order that counts, or in any."""

    variables: frozenset[str]
    rows: tuple[Row, ...]
    is_ordered: bool = False

    def as_dataset(self, *, lax: bool = False, ordered: bool = False) -> Dataset:
        """Return the rows as a graph, so that blank nodes can be compared.

        One node a row, or, where the order is free, a node for all that are equal.
        """
        alike = Counter(frozenset(row.items()) for row in self.rows)
        if ordered:
            lines = [(row, str(at)) for at, row in enumerate(self.rows)]
        else:
            lines = [(dict(row), "" if lax else str(n)) for row, n in alike.items()]
        quads = []
        for row, note in lines:
            node = BlankNode()
            quads.append(Quad(node, NamedNode("row:note"), Literal(note)))
            for variable, term in row.items():
                quads.append(Quad(node, NamedNode(f"row:{variable}"), term))
        return canonical(quads)


Answer = bool | Table | Dataset


def canonical(quads: Iterable[Quad]) -> Dataset:
    """Return the quads with blank nodes named by their place."""
    dataset = Dataset(
        Quad(_valued(q.subject), q.predicate, _valued(q.object), q.graph_name)
        for q in quads
    )
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def _valued(term: Term) -> Term:
    """Return a fractional number in one of the forms that its value has.

    XSD 1.0 writes the decimal two as 2.0, XSD 1.1 as 2; the suites have both.
    """
    if not isinstance(term, Literal) or not term.datatype.value.startswith(_XSD):
        return term
    kind = term.datatype.value.removeprefix(_XSD)
    try:
        if kind == "decimal":
            return Literal(
                f"{Decimal(term.value).normalize():f}", datatype=term.datatype
            )
        if kind in {"float", "double"}:
            return Literal(repr(float(term.value)), datatype=term.datatype)
    except (ArithmeticError, ValueError):
        pass
    return term


def same(found: Answer, expected: Answer, *, lax: bool = False) -> bool:
    """Return whether an answer is the one expected.

    `lax` lets the answer leave out repeated rows, as REDUCED may.
    """
    if not (isinstance(found, Table) and isinstance(expected, Table)):
        return type(found) is type(expected) and found == expected
    if found.variables != expected.variables:
        return False
    if lax and len(found.rows) > len(expected.rows):
        return False
    ordered = expected.is_ordered
    shapes = [t.as_dataset(lax=lax, ordered=ordered) for t in (found, expected)]
    return shapes[0] == shapes[1]


def told(given: Answer) -> str:
    """Return an answer as lines that a person can compare."""
    if isinstance(given, Table):
        rows = (" ".join(f"?{v} {row[v]}" for v in sorted(row)) for row in given.rows)
        lines = rows if given.is_ordered else sorted(rows)
        return "\n".join([" ".join(sorted(given.variables)), *lines])
    if isinstance(given, Dataset):
        return "\n".join(sorted(map(str, given)))
    return str(given)


def quads(holding: Holding) -> list[Quad]:
    """Return what the files of a dataset hold; each file's blank nodes are its own."""
    graphs = [(DefaultGraph(), file) for file in holding.default]
    graphs += [(NamedNode(iri), file) for iri, file in holding.named]
    return [
        Quad(quad.subject, quad.predicate, quad.object, graph)
        for graph, file in graphs
        for quad in _parsed(file)
    ]


def _parsed(file: Path) -> Iterable[Quad]:
    form = FORMATS[file.suffix]
    return parse(
        path=file, format=form, base_iri=address(file), rename_blank_nodes=True
    )


def accepted(case: Case) -> str:
    """Return the media type in which the case's answer is to be asked for."""
    assert case.result
    if case.result.suffix in TABLES:
        return TABLES[case.result.suffix][0]
    if case.result.suffix == ".csv":
        return "text/csv"
    return GRAPH if isinstance(expected(case), Dataset) else TABLES[".srj"][0]


def expected(case: Case) -> Answer:
    """Return the answer that the case's file of results has."""
    assert case.result
    if case.result.suffix in FORMATS:
        return _described(list(_parsed(case.result)))
    return answer(case.result.read_bytes(), case.result.suffix)


def answer(body: bytes, form: str) -> Answer:
    """Return the answer that a body has, by its media type or the suffix of a file."""
    if form in {".csv", "text/csv"}:
        return _separated(body)
    for suffix, (media_type, table) in TABLES.items():
        if form in {suffix, media_type}:
            return _tabled(body, table)
    return canonical(parse(body, format=RdfFormat.N_TRIPLES))


def _tabled(body: bytes, form: QueryResultsFormat) -> bool | Table:
    results = parse_query_results(body, format=form)
    if isinstance(results, QueryBoolean):
        return bool(results)
    variables = [variable.value for variable in results.variables]
    rows = tuple(
        {v: _valued(s[v]) for v in variables if s[v] is not None} for s in results
    )
    return Table(frozenset(variables), rows)


def _separated(body: bytes) -> Table:
    """Return the table of CSV, in which a blank node is all that can be told apart."""
    head, *lines = csv.reader(io.StringIO(body.decode(), newline=""))
    rows = tuple(dict(zip(head, map(_field, line), strict=True)) for line in lines)
    return Table(frozenset(head), rows)


def _field(text: str) -> Term:
    return BlankNode(text[2:]) if text.startswith("_:") else Literal(text)


def _described(found: Sequence[Quad]) -> Answer:
    """Return the table or the boolean that a graph describes, or else the graph."""
    store = Store()
    store.extend(found)

    def all_of(subject: object, name: str) -> list[Term]:
        predicate = NamedNode(_RS + name)
        return [q.object for q in store.quads_for_pattern(subject, predicate, None)]

    kinds = store.quads_for_pattern(None, _RDF_TYPE, NamedNode(f"{_RS}ResultSet"))
    results = next((quad.subject for quad in kinds), None)
    if results is None:
        return canonical(found)
    if booleans := all_of(results, "boolean"):
        return booleans[0].value == "true"
    rows = []
    for solution in all_of(results, "solution"):
        bindings = all_of(solution, "binding")
        row = {
            all_of(b, "variable")[0].value: _valued(all_of(b, "value")[0])
            for b in bindings
        }
        places = all_of(solution, "index")
        rows.append((int(places[0].value) if places else 0, row))
    rows.sort(key=lambda pair: pair[0])
    variables = frozenset(term.value for term in all_of(results, "resultVariable"))
    ordered = any(place for place, _ in rows)
    return Table(variables, tuple(row for _, row in rows), ordered)
