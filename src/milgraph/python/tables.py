"""Tables: the solutions of a query as rows of Python's values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Self, overload

import rdflib

from milgraph.answers import short
from milgraph.errors import ParameterError
from milgraph.python.values import Value
from milgraph.search import Hit
from milgraph.terms import NamedNode

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Row", "Table", "table_of_hits"]

_SHOWN = 20


class Row(tuple[Value, ...]):
    """One solution: a tuple whose values are found by the name of their column as well.

    `row.platform` and `row["platform"]` are the same; a name that is a word of Python,
    like `from`, is found in the second way only.
    """

    _columns: tuple[str, ...]

    def __new__(cls, values: Sequence[Value], columns: tuple[str, ...]) -> Self:
        """Return the values under the columns."""
        made = super().__new__(cls, values)
        made._columns = columns
        return made

    def __getnewargs__(self) -> tuple[tuple[Value, ...], tuple[str, ...]]:
        return tuple(self), self._columns

    def __getattr__(self, name: str) -> Value:
        columns = self.__dict__.get("_columns", ())
        if name.startswith("__") or name not in columns:
            raise AttributeError(f"there is no column {name!r}; columns: {columns}")
        return self[columns.index(name)]

    def __getitem__(self, key: object) -> Value:
        if isinstance(key, str):
            if key not in self._columns:
                raise KeyError(key)
            key = self._columns.index(key)
        return super().__getitem__(key)  # type: ignore[call-overload]  # as a tuple

    def asdict(self) -> dict[str, Value]:
        """Return the values by the names of their columns."""
        return dict(zip(self._columns, self, strict=True))


@dataclass(frozen=True, eq=False, slots=True)
class Table(Sequence[Row]):
    """The rows of an answer, and what is to be known of it.

    `complete` is false where a limit has cut the rows. `commit` is the number of the
    last commit of the state that answered. Of an ASK there is one row with the column
    `answer`, and the table is true where that is.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    commit: int
    complete: bool = True
    form: str = "SELECT"

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows[0][0]) if self.form == "ASK" else bool(self.rows)

    def column(self, name: str) -> tuple[Value, ...]:
        """Return the values of the column.

        Raises:
            ParameterError: there is no such column.
        """
        if name not in self.columns:
            raise ParameterError(
                f"there is no column {name!r}",
                hint=f"Columns: {', '.join(self.columns)}.",
            )
        index = self.columns.index(name)
        return tuple(row[index] for row in self.rows)

    def dicts(self) -> list[Mapping[str, Value]]:
        """Return each row by the names of its columns."""
        return [row.asdict() for row in self.rows]

    def to_frame(self, *, short_names: bool = False) -> "pd.DataFrame":
        """Return the rows as a data frame of pandas, each column of one proper type.

        `Int64`, `Float64`, `boolean`, `string` and `datetime64[us, UTC]` all know what is
        missing; IRIs are `string`, with `short_names` by their short names. What is not
        of one kind is `object`. `attrs` of the frame says the commit and whether the
        rows are complete.

        Raises:
            MissingLibraryError: pandas is not there.
        """
        from milgraph.python.frames import frame_of  # noqa: PLC0415 - pandas takes a second

        told = {"commit": self.commit, "complete": self.complete}
        return frame_of(self.columns, self.rows, attrs=told, short_names=short_names)

    def __repr__(self) -> str:
        rest = "" if self.complete else ", cut"
        noun = "row" if len(self) == 1 else "rows"
        return f"<Table {', '.join(self.columns)}: {len(self):,} {noun}{rest}>"

    def _repr_html_(self) -> str:
        """Return the first rows as a notebook shows them."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(_shown(v))}</td>' for v in row)}</tr>"
            for row in self.rows[:_SHOWN]
        )
        left = len(self) - _SHOWN
        more = f"<p>{left:,} more rows</p>" if left > 0 else ""
        cut = "" if self.complete else "<p>The rows are cut by a limit.</p>"
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"{more}{cut}"
        )


def table_of_hits(hits: Iterable[Hit], commit: int) -> Table:
    """Return what a search has found as a table."""
    columns = ("iri", "label", "kind", "group", "name", "score")
    rows = (
        (
            rdflib.URIRef(hit.iri.value),
            hit.label,
            rdflib.URIRef(hit.kind.value) if hit.kind else None,
            hit.group,
            hit.name,
            hit.score,
        )
        for hit in hits
    )
    return Table(columns, tuple(Row(row, columns) for row in rows), commit)


def _shown(value: Value) -> str:
    if value is None:
        return ""
    return short(NamedNode(value)) if isinstance(value, rdflib.URIRef) else str(value)
