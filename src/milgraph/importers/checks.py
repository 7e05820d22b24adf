"""Checks: what a column of a table may hold, at a cost that a row hardly notices."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache

__all__ = [
    "is_day",
    "is_latitude",
    "is_latitude_or_none",
    "is_longitude",
    "is_longitude_or_none",
    "is_number",
    "one_of",
    "slug",
]

# A match is made in C: a function of ours for each column would take twice the time.
_SMALL = r"-?[0-9](\.[0-9]+)?[eE]-[0-9]+"
_LATITUDE = rf"-?(90(\.0+)?|[0-8]?[0-9](\.[0-9]+)?)|{_SMALL}"
_LONGITUDE = rf"-?(180(\.0+)?|(1[0-7]|[0-9])?[0-9](\.[0-9]+)?)|{_SMALL}"
is_number = re.compile("[0-9]+").fullmatch
is_latitude = re.compile(_LATITUDE).fullmatch
is_longitude = re.compile(_LONGITUDE).fullmatch
is_latitude_or_none = re.compile(f"({_LATITUDE})?").fullmatch
is_longitude_or_none = re.compile(f"({_LONGITUDE})?").fullmatch
_LENGTH_OF_DAY = len("2023-03-21")


@lru_cache(maxsize=65536)
def is_day(value: str) -> bool:
    """Return whether the value is a day of the calendar, as it is written in ISO 8601.

    >>> is_day("2023-02-28"), is_day("2023-02-30"), is_day("20230228")
    (True, False, False)
    """
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == _LENGTH_OF_DAY


def one_of(values: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a value is one of those."""
    return frozenset(values).__contains__


def slug(value: str) -> str:
    """Return the value as a part of an IRI can have it; values that differ may agree.

    >>> slug("Shelling/artillery/missile attack")
    'shelling-artillery-missile-attack'
    """
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in value.lower())
    return "-".join(words.split())
