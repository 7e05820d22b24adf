"""EDTF: whether the date that people read says the same as the bounds that queries read.

The grammar is the Library of Congress's Extended Date/Time Format, levels 0 to 2. SHACL
can see that the string is there, not what it means.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache

from milgraph.terms import MIL, SH, SHAPE, Literal, NamedNode, Triple
from milgraph.triples import Triples
from milgraph.validation.report import Result, Severity

__all__ = ["edtf_results"]

_OPEN = ".."
# The grammar's time is more than the square of a list's length.
_LONGEST = 100
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def edtf_results(triples: Iterable[Triple], known: Triples) -> Iterator[Result]:
    """Return a warning for each EDTF string that is ill-formed or beside its bounds.

    The days are compared in the zone in which each bound is written. An open end is
    compared with nothing: its bound has another source, such as the publication.
    """
    edtf = MIL.edtf
    for triple in triples:
        if triple.predicate == edtf and isinstance(triple.object, Literal):
            for complaint in _complaints(triple, triple.object.value, known):
                yield Result(
                    severity=Severity.WARNING,
                    focus_node=triple.subject,
                    shape=SHAPE["TimeExtent-edtf"],
                    component=SH.SPARQLConstraintComponent,
                    message=complaint,
                    path=edtf,
                    value=triple.object,
                )


def _complaints(triple: Triple, text: str, known: Triples) -> Iterator[str]:
    try:
        days = _days(text)
    except ValueError:
        yield (
            f'"{text[:_LONGEST]}" is not a date of EDTF: write it as in "2023-03-21", "2023-03" '
            'or "2023-03-18/2023-03-19".'
        )
        return
    bounds = (MIL.earliestStart, MIL.latestEnd)
    for day, bound in zip(days, bounds, strict=True):
        for value in known.objects(triple.subject, bound):
            given = _day(value)
            if day and given and day != given:
                name = "begins" if bound == MIL.earliestStart else "ends"
                yield (
                    f'"{text}" {name} on {day}, and mil:{_local(bound)} is on {given}: '
                    "correct the one that is wrong."
                )


@lru_cache(maxsize=4096)
def _days(text: str) -> tuple[date | None, date | None]:
    """Return the first and the last day that the text covers; `None` is open.

    Raises:
        ValueError: the text is not EDTF.
    """
    if len(text) > _LONGEST:
        raise ValueError(text[:_LONGEST])
    start, _, end = text.partition("/")
    first, last = _span(start), _span(end or start)
    return first and first[0], last and last[1]


def _span(part: str) -> tuple[date, date] | None:
    """Return the first and the last day of one date; an open one has none."""
    if part in (_OPEN, ""):
        return None
    if _DAY.fullmatch(part):  # Most dates; the grammar takes ten milliseconds for each.
        day = date.fromisoformat(part)
        return day, day
    # The grammar takes a tenth of a second to build.
    from edtf import EDTFParseException, parse_edtf  # noqa: PLC0415

    try:
        parsed = parse_edtf(part)
    except EDTFParseException as error:
        raise ValueError(part) from error
    return date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3])


def _day(value: object) -> date | None:
    if not isinstance(value, Literal):
        return None
    try:
        return datetime.fromisoformat(value.value).date()
    except ValueError:
        return None


def _local(iri: NamedNode) -> str:
    return iri.value.rpartition("#")[2]
