"""Designators: what letters and a number call a type of platform or one ship."""

import re
from dataclasses import dataclass, field

from milgraph.names.cyrillic import LOOKALIKES, has_cyrillic
from milgraph.names.folding import fold, readable

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


def designators(text: str) -> tuple[Designator, ...]:
    """Return the readings of the designator in the text, the likeliest first.

    Cyrillic letters are read by their sound, then by their looks: in Russian texts the
    `В-52Н` is written with letters that only look like those of B-52H.

    >>> [str(reading) for reading in designators("В-52Н")]
    ['V-52N', 'B-52H']
    """
    texts = [readable(text)]
    if has_cyrillic(text):
        texts.append(readable("".join(LOOKALIKES.get(c, c) for c in text)))
    found = (_first(t) for t in texts)
    return tuple(dict.fromkeys(reading for reading in found if reading))


def _first(plain: str) -> Designator | None:
    for match in _DESIGNATOR.finditer(plain):
        family = match["family"].upper().replace("/", "").replace("PROEKT", "PROJECT")
        if not _is_family(match, family):
            continue
        suffix, end = _suffix(match)
        rest = fold(plain[: match.start()] + " " + plain[end:])
        return Designator(family, match["number"].lstrip("0") or "0", suffix, rest)
    return None


def _is_family(match: re.Match[str], family: str) -> bool:
    """Return whether the letters before the number can be those of a family.

    With only a space between, they must be written as such: in "May 2023" they are not.
    """
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
