"""Checks: what a column of a table may hold, at a cost that a row hardly notices."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache

__all__ = [
    "IDENTIFIER",
    "NO_IDENTIFIER",
    "NO_NUMBER",
    "control_in",
    "is_day",
    "is_identifier",
    "is_latitude",
    "is_latitude_or_none",
    "is_longitude",
    "is_longitude_or_none",
    "is_number",
    "one_of",
    "slug",
]

# A match is made in C: a function of ours for each column would take twice the time.
# No data set counts further than ten digits, or measures finer than twenty.
_FRACTION = r"(\.[0-9]{1,20})?"
_SMALL = rf"-?[0-9]{_FRACTION}[eE]-[0-9]{{1,3}}"
_LATITUDE = rf"-?(90(\.0{{1,20}})?|[0-8]?[0-9]{_FRACTION})|{_SMALL}"
_LONGITUDE = rf"-?(180(\.0{{1,20}})?|(1[0-7]|[0-9])?[0-9]{_FRACTION})|{_SMALL}"
NO_NUMBER = "no number of at most ten digits"
NO_IDENTIFIER = f"{NO_NUMBER}, without a leading zero"
# With leading zeros, one identifier would name two records.
IDENTIFIER = "(0|[1-9][0-9]{0,9})"
is_identifier = re.compile(IDENTIFIER).fullmatch
is_number = re.compile("[0-9]{1,10}").fullmatch
is_latitude = re.compile(_LATITUDE).fullmatch
is_longitude = re.compile(_LONGITUDE).fullmatch
is_latitude_or_none = re.compile(f"({_LATITUDE})?").fullmatch
is_longitude_or_none = re.compile(f"({_LONGITUDE})?").fullmatch
# The data sets begin in the twentieth century; a day far from it has no day before it.
_is_like_day = re.compile("(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}").fullmatch
# What XML cannot hold; lines and tabs stand in quoted text. U+0080 to U+009F do occur:
# they are what is left of quotation marks that somebody read in a wrong encoding.
_CONTROL = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
_CONTROL_OF_QUOTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@lru_cache(maxsize=65536)
def is_day(value: str) -> bool:
    """Return whether the value is a day from 1900 to 2099, written with hyphens.

    >>> is_day("2023-02-28"), is_day("2023-02-30"), is_day("2023-W12-1")
    (True, False, False)
    """
    # ISO 8601 has days of weeks as well, which are as long and no xsd:date.
    if _is_like_day(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def control_in(fields: list[str], *, is_quoted: bool) -> tuple[int, str] | None:
    r"""Return which field holds a control character, and which, if one does.

    >>> control_in(["Land", "Old\x07Ford"], is_quoted=True)
    (1, 'text with the control character U+0007')
    """
    text = "".join(fields)
    if text.isprintable():
        return None
    control = _CONTROL_OF_QUOTED if is_quoted else _CONTROL
    if control.search(text) is None:
        return None
    index, found = next(
        (i, found) for i, field in enumerate(fields) if (found := control.search(field))
    )
    return index, f"text with the control character U+{ord(found[0]):04X}"


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
