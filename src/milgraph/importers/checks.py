"""Checks: what a column of a table may hold, at a cost that a row hardly notices."""

from datetime import date
from functools import lru_cache

__all__ = ["is_coordinate", "is_day", "is_number", "slug"]

_LENGTH_OF_DAY = len("2023-03-21")


def is_number(value: str) -> bool:
    """Return whether the value is a whole number of ASCII digits.

    >>> is_number("042"), is_number("-1"), is_number("٤")
    (True, False, False)
    """
    return value.isdecimal() and value.isascii()


@lru_cache(maxsize=65536)
def is_day(value: str) -> bool:
    """Return whether the value is a day of the calendar.

    >>> is_day("2023-02-28"), is_day("2023-02-30"), is_day("20230228")
    (True, False, False)
    """
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == _LENGTH_OF_DAY


def is_coordinate(value: str, most: int) -> bool:
    """Return whether the value is a number of degrees up to the most there are.

    >>> is_coordinate("-12.5", 90), is_coordinate("nan", 90), is_coordinate("91", 90)
    (True, False, False)
    """
    try:
        return -most <= float(value) <= most and value.strip() == value
    except ValueError:
        return False


def slug(value: str) -> str:
    """Return the value as a part of an IRI can have it; values that differ may agree.

    >>> slug("Shelling/artillery/missile attack")
    'shelling-artillery-missile-attack'
    """
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in value.lower())
    return "-".join(words.split())
