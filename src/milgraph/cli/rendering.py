"""Rendering: tables and findings as text for people."""

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from milgraph.answers import Row, short
from milgraph.findings import finding_as_json
from milgraph.iris import fragment_of
from milgraph.terms import BASE, RDF, XSD, Literal, NamedNode, Term, show

if TYPE_CHECKING:
    from milgraph.validation import Cause, Report, Result, Severity

__all__ = ["findings", "findings_as_json", "plain", "table", "table_of_terms"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_OUR_IRI = re.compile(re.escape(BASE) + r"[^\s,;<>\"']*[^\s,;.:<>\"']")
_EVIDENT = (XSD.string, XSD.integer, XSD.decimal, XSD.boolean, RDF.langString)
_GAP = "  "
_LONGEST_VALUE = 300
# More than this nobody reads one by one.
_MANY = 200
_NODES_NAMED = 5


def plain(text: str) -> str:
    r"""Return the text without anything that a terminal would act on.

    >>> plain("a\tb\x1b[2J")
    'a\\tb\\x1b[2J'
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def table_of_terms(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return the solutions as a table, every IRI by its shortest name, nothing cut."""
    return table(columns, [[_cell(term) for term in row] for row in rows])


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows under their columns, which are as wide as what they hold."""
    lines = [columns, *rows]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(columns))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell + " " * (width - _width(cell))
        for cell, width in zip(line, widths, strict=True)
    )
    return _GAP.join(cells).rstrip()


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(bool(unicodedata.combining(character)) for character in text)
    return len(text) + wide - marks


def _cell(term: Term | None) -> str:
    if term is None:
        return ""
    return plain(short(term) if isinstance(term, NamedNode) else show(term))


def findings(
    report: "Report",
    *,
    name_of: Callable[[NamedNode], str],
    width: int,
    is_local: bool = True,
) -> str:
    """Return the findings in words, those about one node together, worst node first.

    With `is_local` the nodes of an article are named as its file names them. Where there
    are many, they are told by their causes, each with the first few of its nodes.
    """
    names = _Names(name_of, is_local=is_local)
    if len(report.results) > _MANY:
        return "\n\n".join(
            "\n".join(_cause(cause, names, width)) for cause in report.causes
        )
    groups = groupby(
        sorted(report.results, key=_by_node(report)), key=lambda r: r.focus_node
    )
    return "\n\n".join(
        "\n".join(_about(node, list(results), names, width)) for node, results in groups
    )


class _Names:
    """How nodes and shapes are called in a report."""

    def __init__(self, of_shape: Callable[[NamedNode], str], *, is_local: bool) -> None:
        self.of_shape = of_shape
        self._is_local = is_local

    def in_words(self, message: str) -> str:
        """Return the message with its IRIs, which a query put there, by their names."""
        return _OUR_IRI.sub(lambda found: self.of(NamedNode(found[0])), plain(message))

    def of(self, term: Term) -> str:
        if isinstance(term, Literal) and term.datatype not in _EVIDENT:
            return plain(f'"{term.value}"^^{short(term.datatype)}')
        if not isinstance(term, NamedNode):
            return plain(show(term))
        if self._is_local and fragment_of(term) and short(term).startswith("article:"):
            return f"<#{plain(fragment_of(term))}>"
        return plain(short(term))


def _by_node(report: "Report") -> Callable[["Result"], tuple[object, ...]]:
    worst: dict[Term, Severity] = {}
    for result in report.results:
        worst[result.focus_node] = min(
            result.severity, worst.get(result.focus_node, result.severity)
        )

    def order(result: "Result") -> tuple[object, ...]:
        place = result.position
        line = place.line if place and place.line else 0
        node = result.focus_node
        return (worst[node], line, str(node), *result.order)

    return order


def _about(
    node: Term, results: "Sequence[Result]", names: _Names, width: int
) -> Iterator[str]:
    """Return the lines about one node: where it is, then each finding."""
    first = results[0]
    where = [plain(str(first.position))] if first.position else []
    if first.claim is not None and first.claim != node:
        where.append(f"claim {names.of(first.claim)}")
    if first.segment is not None:
        where.append(f"segment {names.of(first.segment)}")
    yield names.of(node) + (f"{_GAP}({', '.join(where)})" if where else "")
    # One shape may complain of one value through several of its constraints.
    told = {(r.severity, r.shape, r.value, r.message): r for r in reversed(results)}
    for result in sorted(told.values(), key=lambda r: r.order):
        yield from _finding(result, names, width)
        if result.position and result.position != first.position:
            yield f"    At: {plain(str(result.position))}"


def _cause(cause: "Cause", names: _Names, width: int) -> Iterator[str]:
    """Return the lines about one cause: what is wrong, and of which nodes."""
    first, count = cause.first, len(cause.nodes)
    noun = "node" if count == 1 else "nodes"
    yield f"{_title(first, names)}: {count:,} {noun}"
    yield from _wrapped(names.in_words(first.message), width, indent=2)
    for node in cause.nodes[:_NODES_NAMED]:
        place = next(r.position for r in cause.results if r.focus_node == node)
        where = f"{_GAP}({place})" if place else ""
        yield f"    {names.of(node)}{plain(where)}"
    if count > _NODES_NAMED:
        yield f"    and {count - _NODES_NAMED:,} more"
    yield f"  Rule: {short(first.shape)}"


def _title(result: "Result", names: _Names) -> str:
    path = f" ({names.of(result.path)})" if result.path is not None else ""
    return f"{result.severity.label}: {names.of_shape(result.shape)}{path}"


def _wrapped(text: str, width: int, *, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(text, width, initial_indent=margin, subsequent_indent=margin)


def _finding(result: "Result", names: _Names, width: int) -> Iterator[str]:
    yield f"  {_title(result, names)}"
    yield from _wrapped(names.in_words(result.message), width, indent=4)
    if result.value is not None and result.value != result.focus_node:
        written = names.of(result.value)
        if len(written) > _LONGEST_VALUE:
            written = f"{written[:_LONGEST_VALUE]}... ({len(written):,} characters)"
        yield f"    You wrote: {written}"
        if result.expected:
            yield f"    Expected: {plain(result.expected)}"
    yield f"    Rule: {short(result.shape)}"


def findings_as_json(
    report: "Report", *, name_of: Callable[[NamedNode], str]
) -> list[Mapping[str, object]]:
    """Return the findings for programs, every IRI in full."""
    return [finding_as_json(result, name_of) for result in report.results]
