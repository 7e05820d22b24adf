"""Reviewing: proposals as a table for a spreadsheet, and the decisions read back from it.

One row a proposal, the columns of the reviewer first. What a spreadsheet would take for a
formula begins with an apostrophe, which is taken off again.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from io import StringIO

from milgraph.coreference.accounts import Account, name_of
from milgraph.coreference.decisions import Decision, Verdict
from milgraph.coreference.proposing import Proposal
from milgraph.errors import ParameterError, Position, ReviewError
from milgraph.terms import NamedNode, expand

__all__ = ["COLUMNS", "read_decisions", "write_table"]

_DECIDING = ("decision", "confidence", "reason", "judged_by")
_NAMING = ("first", "second")
COLUMNS = (
    *_DECIDING,
    "score",
    "first",
    "first_label",
    "first_time",
    "first_occurrence",
    "second",
    "second_label",
    "second_time",
    "second_occurrence",
    "for",
    "against",
)
_FORMULA = ("=", "+", "-", "@")
_LONGEST_CELL = 20_000


def write_table(proposals: Iterable[Proposal], *, judged_by: str = "") -> str:
    """Return the table: tab-separated, with a header, and the decisions left open."""
    text = StringIO()
    writer = csv.writer(text, "excel-tab", lineterminator="\n")
    writer.writerow(COLUMNS)
    for proposal in proposals:
        first, second = proposal.accounts
        cells = (
            *("", "", "", judged_by),
            f"{proposal.score:g}",
            *_told(first, proposal.first_occurrences),
            *_told(second, proposal.second_occurrences),
            proposal.told(against=False),
            proposal.told(against=True),
        )
        writer.writerow([_guarded(cell) for cell in cells])
    return text.getvalue()


def _told(account: Account, occurrences: Sequence[NamedNode]) -> tuple[str, ...]:
    named = ", ".join(map(name_of, occurrences))
    return name_of(account.node), account.label, str(account.window), named


def _guarded(cell: str) -> str:
    text = " ".join(cell.split())
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unguarded(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:2] in _FORMULA else text


def read_decisions(
    text: str, *, name: str = "review", judged_by: str = ""
) -> tuple[Decision, ...]:
    """Return the decisions of the table; a row without one is left open.

    `judged_by` is who decided where a row does not say.

    Raises:
        ReviewError: it is not such a table, or a row is half filled; with its line.
    """
    return tuple(_decisions(text, name, judged_by))


def _decisions(text: str, name: str, judged_by: str) -> Iterator[Decision]:
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ReviewError("there is a NUL character", position=Position(name, line))
    seen: dict[frozenset[NamedNode], int] = {}
    for line, row in _rows(text, name):
        place = Position(name, line)
        if not any(row[column] for column in _DECIDING[:3]):
            continue
        decision = _decision(row, place, judged_by)
        pair = frozenset((decision.first, decision.second))
        if pair in seen:
            raise ReviewError(
                f"the two accounts of this row are those of line {seen[pair]}",
                position=place,
                hint="Keep one of the rows.",
            )
        seen[pair] = line
        yield decision


def _rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Return the rows with the line in which each begins."""
    reader = csv.reader(StringIO(text.removeprefix("\ufeff")), "excel-tab", strict=True)
    header: list[str] | None = None
    begins = 1
    try:
        for cells in reader:
            place = Position(name, begins)
            if header is None:
                header = _header(cells, place)
            elif any(cell.strip() for cell in cells):
                yield begins, _row(cells, header, place)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ReviewError(
            f"a cell is not well-formed: {error}", position=Position(name, begins)
        ) from error


def _header(cells: Sequence[str], place: Position) -> list[str]:
    header = [cell.strip() for cell in cells]
    needed = (*_DECIDING, *_NAMING)
    missing = [column for column in needed if column not in header]
    if missing or len(set(header)) < len(header):
        problem = f"lacks {', '.join(missing)}" if missing else "names a column twice"
        raise ReviewError(
            f"the header {problem}",
            position=place,
            hint="`milgraph occurrences propose --tsv FILE` writes such a table; its "
            "cells are separated by tabs.",
        )
    return header


def _row(
    cells: Sequence[str], header: Sequence[str], place: Position
) -> Mapping[str, str]:
    if len(cells) != len(header):
        raise ReviewError(
            f"the row has {len(cells)} cells, and the header {len(header)}",
            position=place,
            hint="A tab within a cell, or a lost one, shifts what follows.",
        )
    if any(len(cell) > _LONGEST_CELL for cell in cells):
        raise ReviewError(
            f"a cell is longer than {_LONGEST_CELL:,} characters", position=place
        )
    return {
        column: _unguarded(cell) for column, cell in zip(header, cells, strict=True)
    }


def _decision(row: Mapping[str, str], place: Position, judged_by: str) -> Decision:
    word = row["decision"].lower()
    if word not in list(Verdict):
        raise ReviewError(
            f"{row['decision']!r} is no decision"
            if word
            else "a confidence or a reason, and no decision",
            position=place,
            hint=f"Write {', '.join(Verdict)}, or leave the row empty.",
        )
    if not row["reason"]:
        raise ReviewError(
            "a decision without a reason",
            position=place,
            hint="Say why, so that another editor can check it.",
        )
    author = row["judged_by"] or judged_by
    if not author:
        raise ReviewError(
            "a decision without an author",
            position=place,
            hint="Fill in judged_by, or give --by: an actor, such as "
            "actor:milgraph-editors.",
        )
    return Decision(
        _iri(row["first"], "first", place),
        _iri(row["second"], "second", place),
        Verdict(word),
        _confidence(row["confidence"], place),
        row["reason"],
        _iri(author, "judged_by", place),
        place,
    )


def _confidence(text: str, place: Position) -> Decimal:
    try:
        # A spreadsheet may have made a comma of the point.
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found <= 1:
        raise ReviewError(
            f"{text!r} is no confidence" if text else "a decision without a confidence",
            position=place,
            hint="A decimal from 0 to 1, like 0.9.",
        )
    return found


def _iri(text: str, column: str, place: Position) -> NamedNode:
    try:
        return expand(text)
    except ParameterError as error:
        raise ReviewError(
            f"{text!r} in the column {column} is no name: {error.message}",
            position=place,
        ) from error
