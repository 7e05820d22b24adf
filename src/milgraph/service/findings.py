"""Findings: what the shapes complain of, for programs and for the forms they show.

The shapes are known by their names only: who validates by them does not serve.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from milgraph.findings import cause_as_json, finding_as_json
from milgraph.resources import Resources
from milgraph.syntax import Source, read
from milgraph.terms import SH, Literal, NamedNode, Term

if TYPE_CHECKING:
    from milgraph.validation import Report

__all__ = ["MOST_FINDINGS", "Finding", "causes_of", "findings_of", "name_of"]

Finding = Mapping[str, object]

# Nobody reads more of them one by one; the counts are of all.
MOST_FINDINGS = 1000


def findings_of(report: "Report") -> tuple[Finding, ...]:
    """Return the findings, worst first, every IRI in full."""
    return tuple(
        finding_as_json(result, name_of)
        for result in islice(report.results, MOST_FINDINGS)
    )


def causes_of(report: "Report") -> tuple[Finding, ...]:
    """Return what is behind the findings: each cause once, with how many nodes have it."""
    return tuple(
        cause_as_json(cause, name_of) for cause in islice(report.causes, MOST_FINDINGS)
    )


def name_of(shape: NamedNode) -> str:
    """Return the name of the field or rule, for people; or its local name."""
    return _names().get(shape) or shape.value.rpartition("#")[2]


@cache
def _names() -> Mapping[Term, str]:
    """Return what the shapes are called, without the library that validates by them."""
    return dict(_named(Resources.shipped()))


def _named(resources: Resources) -> Iterator[tuple[Term, str]]:
    for path in resources.shapes:
        for quad in read(Source.of(path)):
            if quad.predicate == SH.name and isinstance(quad.object, Literal):
                yield quad.subject, quad.object.value
