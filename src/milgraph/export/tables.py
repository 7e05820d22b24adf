"""Tables: one row an activity, as comma-separated values (RFC 4180)."""

from collections.abc import Iterable
from datetime import datetime

from milgraph.export.activities import Labels, activities_of
from milgraph.export.columns import COLUMNS, Cell
from milgraph.export.dumps import Writable
from milgraph.export.scopes import Selection

__all__ = ["guarded", "write_csv"]

# A spreadsheet takes a cell that begins so for a formula, and a formula can call out.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_QUOTED = frozenset('",\r\n')
_SEPARATOR = "|"


def write_csv(selection: Selection, output: Writable) -> None:
    r"""Write the header, and a row for each activity.

    A list is one cell with `|` between its members; a `|` inside of one is `\|`.
    """
    labels = Labels(selection)
    output.write(_line(column.name for column in COLUMNS))
    for activity in activities_of(selection, labels):
        cells = (column.of(activity, labels) for column in COLUMNS)
        output.write(_line(guarded(_written(cell)) for cell in cells))
    output.flush()


def guarded(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula.

    >>> guarded("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    >>> guarded("Flight of two Tu-95MS")
    'Flight of two Tu-95MS'
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, list):
        return _SEPARATOR.join(
            member.replace("\\", "\\\\").replace(_SEPARATOR, f"\\{_SEPARATOR}")
            for member in cell
        )
    return str(cell)


def _line(cells: Iterable[str]) -> bytes:
    quoted = (
        '"' + cell.replace('"', '""') + '"' if not _QUOTED.isdisjoint(cell) else cell
        for cell in cells
    )
    return (",".join(quoted) + "\r\n").encode()
