"""Parquet: one row an activity, with the types that the columns have."""

import json
from collections.abc import Iterator
from importlib import import_module
from io import RawIOBase
from typing import Any

from milgraph.errors import SettingsError
from milgraph.export.activities import Activity, Labels, activities_of
from milgraph.export.columns import COLUMNS, Kind
from milgraph.export.dumps import Writable
from milgraph.export.scopes import Selection

__all__ = ["write_parquet"]

# Rows that are held at once, and make one row group.
_ROWS = 10_000


def write_parquet(selection: Selection, output: Writable) -> None:
    """Write the activities, a group of rows at a time.

    Raises:
        SettingsError: the libraries for tables are not installed.
    """
    arrow, parquet = _library("pyarrow"), _library("pyarrow.parquet")
    schema = _schema(arrow, selection)
    labels = Labels(selection)
    sink = arrow.PythonFile(_Sink(output), mode="w")
    # In one thread: where a reader writes it, threads would take from others.
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in _batches(activities_of(selection, labels)):
            columns = [
                arrow.array([c.of(a, labels) for a in rows], schema.field(c.name).type)
                for c in COLUMNS
            ]
            writer.write_batch(arrow.record_batch(columns, schema=schema))
    output.flush()


def _library(name: str) -> Any:
    # It is an extra, and takes longer to load than all the rest.
    try:
        return import_module(name)
    except ImportError as error:
        raise SettingsError(
            "Parquet needs a library that is not installed",
            hint="pip install milgraph[tables]",
        ) from error


def _schema(arrow: Any, selection: Selection) -> Any:
    """Return the types of the columns, with the notice as metadata of the file."""
    kinds = {
        Kind.TEXT: arrow.string(),
        Kind.NUMBER: arrow.int64(),
        Kind.TIME: arrow.timestamp("us", tz="UTC"),
        Kind.TEXTS: arrow.list_(arrow.string()),
    }
    fields = [
        arrow.field(c.name, kinds[c.kind], metadata={"description": c.meaning})
        for c in COLUMNS
    ]
    notice = selection.notice
    said = {
        "title": notice.own.title,
        "licence": notice.own.licence,
        "notice": json.dumps(notice.as_json(), ensure_ascii=False),
    }
    return arrow.schema(fields, metadata=said)


def _batches(activities: Iterator[Activity]) -> Iterator[list[Activity]]:
    waiting: list[Activity] = []
    for activity in activities:
        waiting.append(activity)
        if len(waiting) == _ROWS:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


class _Sink(RawIOBase):
    """The output as the file that the library writes to; it is never read or moved in."""

    def __init__(self, output: Writable) -> None:
        self._output = output
        self._written = 0

    def writable(self) -> bool:
        """Return that it can be written."""
        return True

    def tell(self) -> int:
        """Return how much was written."""
        return self._written

    def write(self, data: Any) -> int:
        """Take the next bytes."""
        taken = bytes(data)
        self._output.write(taken)
        self._written += len(taken)
        return len(taken)
