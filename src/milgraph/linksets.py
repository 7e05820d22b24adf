"""Linksets: SSSOM tables of links to external data sets become quads."""

import csv
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

from milgraph import graphs
from milgraph.errors import KnowledgeGraphError, LinksetError, ParameterError, Position
from milgraph.syntax import as_stored
from milgraph.terms import (
    RDF,
    SKOS,
    XSD,
    Literal,
    NamedNode,
    Namespace,
    Quad,
    Term,
    compact,
    expand,
)

__all__ = ["NOT", "SSSOM", "read_linkset"]

SSSOM = Namespace("https://w3id.org/sssom/")
type_ = RDF["type"]
_REQUIRED = (
    "subject_id",
    "predicate_id",
    "object_id",
    "mapping_justification",
    "confidence",
    "author_id",
    "mapping_date",
    "comment",
)
_IRIS = frozenset(("subject_id", "predicate_id", "object_id", "mapping_justification"))
_CURIE_LINE = re.compile(r"^\s+([\w.-]*):\s*[\"']?([^\"'\s]+)[\"']?\s*$")
_CONFIDENCE = re.compile(r"0(\.\d+)?|1(\.0+)?")
# The modifier of a mapping that says that two things do not match.
NOT = Literal("Not")
# What is less certain than a match of concepts is no link.
_PREDICATES = frozenset((SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch))


def read_linkset(path: Path) -> frozenset[Quad]:
    """Return the links of an SSSOM/TSV table and what the table says of each.

    A row becomes a `sssom:Mapping`, and unless its predicate modifier is `Not`, the
    triple that it stands for. Follows SSSOM 1.0: metadata in `#` lines, CURIEs, a tab
    between cells.

    Raises:
        LinksetError: a row lacks a predicate, justification, confidence, author, date
            or evidence, uses a prefix that the table does not declare, or links by
            another predicate than those of SKOS.
    """
    target = path.name.removesuffix(".sssom.tsv")
    graph = graphs.links(target)
    quads: set[Quad] = set()
    for number, row, curies in _rows(path):
        place = Position(str(path), number)
        try:
            quads |= _mapping(row, graph, curies, number)
        except KnowledgeGraphError as error:
            raise LinksetError(
                error.message, position=place, hint=error.hint
            ) from error
    return as_stored(quads)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str], Mapping[str, str]]]:
    """Return the line number, the cells and the prefixes of each row."""
    lines = _text(path).split("\n")
    head = [line for line in lines if line.startswith("#")]
    found = (_CURIE_LINE.match(line[1:]) for line in head)
    curies = {match[1]: match[2] for match in found if match}
    table = csv.DictReader(
        StringIO("\n".join(lines[len(head) :])), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    missing = set(_REQUIRED) - set(table.fieldnames or ())
    if missing:
        raise LinksetError(
            f"the table has no column {', '.join(sorted(missing))}",
            position=Position(str(path), len(head) + 1),
        )
    for row in table:
        yield len(head) + table.line_num, row, curies


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinksetError(
            f"the table cannot be read: {error}", position=Position(str(path))
        ) from error


def _mapping(
    row: Mapping[str, str], graph: NamedNode, curies: Mapping[str, str], number: int
) -> set[Quad]:
    empty = [name for name in _REQUIRED if not (row[name] or "").strip()]
    if empty:
        raise LinksetError(
            f"the row has no {', '.join(empty)}", hint="Give its evidence."
        )
    if not _CONFIDENCE.fullmatch(row["confidence"]):
        raise LinksetError(
            f"confidence {row['confidence']!r} is not a number between 0 and 1",
            hint="Write it as in 0.95.",
        )
    terms = {name: _iri(row[name], curies) for name in _IRIS}
    if terms["predicate_id"] not in _PREDICATES:
        raise LinksetError(
            f"{row['predicate_id']} does not link",
            hint=f"A link is {', '.join(map(compact, sorted(_PREDICATES, key=str)))}.",
        )
    node = NamedNode(f"{graph.value}#{row.get('record_id') or number}")
    quads = {Quad(node, type_, SSSOM.Mapping, graph)}
    for name, text in row.items():
        if name and text and name != "record_id":
            value: Term = terms.get(name) or _literal(name, text)
            quads.add(Quad(node, SSSOM[name], value, graph))
    if row.get("predicate_modifier") != NOT.value:
        subject, predicate, value = (
            terms[name] for name in ("subject_id", "predicate_id", "object_id")
        )
        quads.add(Quad(subject, predicate, value, graph))
    return quads


def _iri(curie: str, curies: Mapping[str, str]) -> NamedNode:
    """Return the IRI of the CURIE, by the table's own prefixes first."""
    prefix, colon, local = curie.partition(":")
    try:
        if colon and prefix in curies:
            return NamedNode(curies[prefix] + local)
        return expand(curie)
    except ValueError as error:
        raise LinksetError(f"{curie!r} is not an IRI: {error}") from error
    except ParameterError as error:
        raise LinksetError(
            f"{curie!r} is no name with a prefix that the table declares",
            hint="Add the prefix to the curie_map at the top of the table.",
        ) from error


def _literal(name: str, text: str) -> Literal:
    if name == "confidence":
        return Literal(text, datatype=XSD.decimal)
    return Literal(text)
