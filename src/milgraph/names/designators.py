"""Designators: what letters and a number call a type of platform or one ship."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from milgraph.names.cyrillic import LOOKALIKES, has_cyrillic
from milgraph.names.folding import bordered, fold, readable

__all__ = ["HULL_TYPES", "Designator", "designator", "designators"]

# Hull classification symbols of vessels, as navies of several states paint or list them.
HULL_TYPES = frozenset(
    [
        "AGS",
        "AO",
        "AOE",
        "ARS",
        "AS",
        "BB",
        "CA",
        "CB",
        "CG",
        "CGN",
        "CL",
        "CLG",
        "CV",
        "CVA",
        "CVL",
        "CVN",
        "DD",
        "DDG",
        "DDH",
        "DDK",
        "DE",
        "DEG",
        "DER",
        "DL",
        "FF",
        "FFG",
        "FFH",
        "FFL",
        "FFM",
        "LCAC",
        "LCC",
        "LCS",
        "LHA",
        "LHD",
        "LPD",
        "LPH",
        "LSD",
        "LST",
        "MCM",
        "MHC",
        "MSC",
        "MSO",
        "PC",
        "PCG",
        "PG",
        "PF",
        "SS",
        "SSB",
        "SSBN",
        "SSG",
        "SSGN",
        "SSK",
        "SSN",
        "T-AO",
        "T-AKE",
    ]
)
_BUREAUS = frozenset(
    [
        "AN",
        "BE",
        "IL",
        "KA",
        "KH",
        "LA",
        "LI",
        "MI",
        "MIG",
        "PAK",
        "SU",
        "TU",
        "YAK",
        "RS",
        "TYPE",
        "PROJECT",
        "PROEKT",
    ]
)
_DASH = r"[-\u2010-\u2015\u2212_./]"
_DESIGNATOR = re.compile(
    rf"""(?<![A-Za-z0-9])
    (?P<family>[A-Za-z](?:/[A-Za-z])?|[A-Za-z]{{2,4}}|Type|Project|Proekt)
    (?P<gap>\s*{_DASH}\s*|\s+|)
    (?P<number>\d{{1,4}})
    (?P<suffix>[A-Za-z]{{1,4}}\d{{0,2}}[A-Za-z]?(?![A-Za-z0-9])
      |(?:\s*-\s*|\s+)[A-Z]{{1,3}}\d?(?![A-Za-z0-9-])
      |(?![A-Za-z0-9]))""",
    re.VERBOSE | re.IGNORECASE,
)
# What is written in capitals behind a number and is no variant of anything.
_NO_SUFFIX = frozenset(
    [
        "US",
        "USA",
        "UK",
        "EU",
        "UN",
        "NATO",
        "JS",
        "JDS",
        "AT",
        "IN",
        "ON",
        "OF",
        "TO",
        "BY",
        "AND",
        "THE",
        "FOR",
        "KM",
        "NM",
        "MM",
        "AM",
        "PM",
    ]
)
_NO_FAMILY = frozenset(
    [
        "NO",
        "OF",
        "IN",
        "ON",
        "AT",
        "TO",
        "BY",
        "AND",
        "THE",
        "FOR",
        "FROM",
        "JAN",
        "FEB",
        "MAR",
        "APR",
        "MAY",
        "JUN",
        "JUL",
        "AUG",
        "SEP",
        "SEPT",
        "OCT",
        "NOV",
        "DEC",
        "JUNE",
        "JULY",
        "PAGE",
        "PART",
        "AREA",
        "UP",
        "OR",
    ]
)
# What stands behind a number in small letters, and is an English word.
_WORDS = _NO_SUFFIX | frozenset(
    [
        "A",
        "AN",
        "ARE",
        "AS",
        "BE",
        "HAS",
        "IS",
        "IT",
        "ITS",
        "NO",
        "NOT",
        "OFF",
        "OR",
        "PER",
        "UP",
        "VIA",
        "WAS",
    ]
)
# A last number apart; before what can be counted it says how many there are.
_APART = re.compile(
    r"[ \t-](?P<number>\d)(?![A-Za-z0-9.,:/-])(?=\s*(?P<next>[A-Za-z]*))"
)
_COUNTED = frozenset(
    [
        "AIRCRAFT",
        "JANUARY",
        "FEBRUARY",
        "MARCH",
        "APRIL",
        "AUGUST",
        "SEPTEMBER",
        "OCTOBER",
        "NOVEMBER",
        "DECEMBER",
    ]
)
_PLURAL = re.compile(r"(?<=[A-Z0-9])s$|^s$")


@dataclass(frozen=True, slots=True)
class Designator:
    """A family's letters, a number and what marks the variant, in capitals.

    Two are equal whatever stood around them.
    """

    family: str
    number: str
    suffix: str = ""
    rest: str = field(default="", compare=False)  # the other words, folded

    def __str__(self) -> str:
        return f"{self.family}-{self.number}{self.suffix}"

    @property
    def is_hull(self) -> bool:
        """Whether it is the number of one vessel, not a type."""
        return self.family in HULL_TYPES

    @property
    def base(self) -> tuple[str, str]:
        """The family and the number, which all variants share."""
        return self.family, self.number

    def is_variant_of(self, other: "Designator") -> bool:
        """Return whether one of the two names the family and the other a variant of it.

        >>> tu_95, tu_95ms = designator("Tu-95"), designator("Tu-95MS")
        >>> tu_95ms.is_variant_of(tu_95), tu_95ms == tu_95
        (True, False)
        """
        return (
            self.base == other.base
            and "" in (self.suffix, other.suffix)
            and self != other
        )


def designator(text: str) -> Designator | None:
    """Return the designator in the text, the first if there are several.

    >>> designator("Ту-95МС") == designator("TU95MS") == designator("Tupolev Tu-95 MS")
    True
    >>> str(designator("USS Milius (DDG 69)")), designator("Sea of Japan")
    ('DDG-69', None)
    """
    found = designators(text)
    return found[0] if found else None


def designators(
    text: str, *, is_known: Callable[["Designator"], bool] | None = None
) -> tuple[Designator, ...]:
    """Return the readings of the designator in the text, the likeliest first.

    Cyrillic letters are read by their sound, then by their looks: in Russian texts the
    `В-52Н` is written with letters that only look like those of B-52H. What is written
    apart and not in capitals, as in `tu 95 ms`, is taken for a variant only where a
    designator of that kind is known. The letters that transliteration gives to another
    script are none of a designator.

    >>> [str(reading) for reading in designators("В-52Н")]
    ['V-52N', 'B-52H']
    >>> tu_95ms = designator("Tu-95MS")
    >>> [str(r) for r in designators("tu 95 ms bomber", is_known=tu_95ms.__eq__)]
    ['TU-95MS']
    """
    own = bordered(text)
    texts = [readable(own)]
    if has_cyrillic(text):
        texts.append(readable("".join(LOOKALIKES.get(c, c) for c in own)))
    if is_known is not None:
        loose = (reading for plain in texts for reading in _loose(plain))
        known = next(filter(is_known, loose), None)
        if known is not None:
            return (known,)
    found = (_first(plain) for plain in texts)
    return tuple(dict.fromkeys(reading for reading in found if reading))


def _first(plain: str) -> Designator | None:
    for match in _matches(plain):
        if _is_family(match):
            return _reading(plain, match, *_suffix(match))
    return None


def _matches(plain: str) -> Iterator[re.Match[str]]:
    """Return what looks like designators; behind a number another may begin at once."""
    match = _DESIGNATOR.search(plain)
    while match:
        yield match
        match = _DESIGNATOR.search(plain, match.end("number"))


def _loose(plain: str) -> Iterator[Designator]:
    """Return what may be a designator too, the longest readings first.

    Behind the first that certainly is one there is none.
    """
    for match in _matches(plain):
        is_certain = _is_family(match)
        if is_certain or match["family"].upper() not in _NO_FAMILY:
            suffix, end = _loose_suffix(match) or _suffix(match)
            apart = _APART.match(plain, end) if suffix else None
            if apart and not _is_counted(apart["next"].upper()):
                longer = suffix + apart["number"]
                yield _reading(plain, match, longer, apart.end("number"))
            yield _reading(plain, match, suffix, end)
        if is_certain:
            return


def _reading(plain: str, match: re.Match[str], suffix: str, end: int) -> Designator:
    number = match["number"].lstrip("0") or "0"
    rest = fold(plain[: match.start()] + " " + plain[end:])
    return Designator(_family(match), number, suffix, rest)


def _family(match: re.Match[str]) -> str:
    return match["family"].upper().replace("/", "").replace("PROEKT", "PROJECT")


def _is_counted(word: str) -> bool:
    """Return whether a number before the word says how many, or is of a date."""
    return word.endswith("S") or word in _COUNTED | _NO_FAMILY | _NO_SUFFIX


def _is_family(match: re.Match[str]) -> bool:
    """Return whether the letters before the number can be those of a family.

    With only a space between, they must be written as such: in "May 2023" they are not.
    """
    family = _family(match)
    if family in _BUREAUS or family in HULL_TYPES:
        return True
    if family in _NO_FAMILY:
        return False
    spaced = bool(match["gap"]) and match["gap"].isspace()
    return not spaced or match["family"].isupper()


def _suffix(match: re.Match[str]) -> tuple[str, int]:
    """Return what marks the variant, and where it ends."""
    written, start = match["suffix"], match.start("suffix")
    suffix = written.strip(" -\t")
    if written != suffix and (
        not suffix.isupper()
        or suffix in _NO_SUFFIX
        or match["family"].upper() in HULL_TYPES
    ):
        return "", start
    return _PLURAL.sub("", suffix).upper(), match.end()


def _loose_suffix(match: re.Match[str]) -> tuple[str, int] | None:
    """Return what may mark the variant though it is not in capitals, and where it ends."""
    written = match["suffix"]
    suffix = written.strip(" -\t").upper()
    is_apart = suffix != written.upper()
    if not is_apart or suffix in _WORDS or match["family"].upper() in HULL_TYPES:
        return None
    return suffix, match.end()
