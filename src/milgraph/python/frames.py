"""Frames: tables as data frames of pandas; the boundary to that library."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import rdflib

from milgraph.answers import short
from milgraph.errors import MissingLibraryError
from milgraph.python.values import Text, Value
from milgraph.terms import NamedNode

try:
    import numpy as np
    import pandas as pd
except ImportError as error:
    raise MissingLibraryError("pandas", extra="tables") from error

__all__ = ["frame_of"]

_LARGEST = 2**63


def frame_of(
    columns: Sequence[str],
    rows: Sequence[Sequence[Value]],
    *,
    attrs: Mapping[str, object],
    short_names: bool = False,
) -> Any:
    """Return the rows as a data frame, each column of the type that all its values have."""
    frame = pd.DataFrame(
        {
            index: _series([row[index] for row in rows], short_names=short_names)
            for index in range(len(columns))
        },
        index=pd.RangeIndex(len(rows)),
    )
    frame.columns = pd.Index(columns, dtype="object")
    frame.attrs.update(attrs)
    return frame


def _series(values: list[Value], *, short_names: bool) -> Any:
    known = [value for value in values if value is not None]
    kind = _kind(known)
    if kind.startswith("datetime64"):
        # The unit is told, since that of the library differs by its version.
        given = [_moment(value) for value in values]
        return pd.Series(given, dtype=kind)
    if kind == "string":
        given = [_written(value, short_names=short_names) for value in values]
    elif kind == "Float64":
        return _numbers(values)
    else:
        given = values
    return pd.Series(given, dtype=kind)


def _numbers(values: list[Value]) -> Any:
    """Return the numbers, of which one that is not a number is not a missing one."""
    missing = np.array([value is None for value in values])
    known = [0.0 if value is None else float(value) for value in values]
    return pd.Series(pd.arrays.FloatingArray(np.array(known), missing))


def _moment(value: datetime | None) -> Any:
    if value is None:
        return pd.NaT
    if value.tzinfo is None:
        return pd.Timestamp(value)
    return pd.Timestamp(value).tz_convert("UTC")


def _kind(known: list[Value]) -> str:
    """Return the type of a column with these values."""
    types = {_KINDS.get(type(value), type(value)) for value in known}
    if types and types <= {int, float, Decimal}:
        return _kind_of_numbers(types, known)
    if types == {datetime}:
        return _kind_of_moments(known)
    if types == {bool}:
        return "boolean"
    return "string" if types == {str} else "object"


# IRIs and texts of a language are texts here; the tags of languages are not kept.
_KINDS: Mapping[type, type] = {rdflib.URIRef: str, Text: str}


def _kind_of_moments(known: list[datetime]) -> str:
    zoned = {value.tzinfo is not None for value in known}
    if len(zoned) > 1:
        return "object"
    return "datetime64[us, UTC]" if zoned == {True} else "datetime64[us]"


def _kind_of_numbers(types: set[type], known: list[Value]) -> str:
    if types == {int}:
        fit = all(-_LARGEST <= value < _LARGEST for value in known)
        return "Int64" if fit else "object"
    try:
        fit = all(isinstance(float(value), float) for value in known)
    except OverflowError:
        return "object"
    return "Float64" if fit else "object"


def _written(value: Value, *, short_names: bool) -> str | None:
    if short_names and isinstance(value, rdflib.URIRef):
        return short(NamedNode(value))
    return None if value is None else str(value)
