"""Values: terms of the graph as values of Python, and back; nothing is rounded."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Self, TypeAlias

import rdflib

from milgraph.errors import ParameterError
from milgraph.interchange import term_from_rdflib, term_to_rdflib
from milgraph.terms import XSD, BlankNode, Literal, NamedNode, Term, Triple

__all__ = ["Text", "Value", "term_of", "text_of", "value_of"]

Value: TypeAlias = Any
"""What a cell holds: a `datetime`, an `int`, a `Decimal`, a `float`, a `bool`, a `date`,
a `Text`, rdflib's `URIRef` or `BNode`, a tuple of three for a triple, rdflib's `Literal`
for what Python has no exact value for, and `None` for what is unbound."""

_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?0*(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,4000}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d{1,4000}(\.\d{0,4000})?|\.\d{1,4000})", re.ASCII)
_WHOLE = (
    "integer",
    "long",
    "int",
    "short",
    "byte",
    "nonNegativeInteger",
    "positiveInteger",
    "nonPositiveInteger",
    "negativeInteger",
    "unsignedLong",
    "unsignedInt",
    "unsignedShort",
    "unsignedByte",
)
_BOOLEANS = MappingProxyType({"true": True, "1": True, "false": False, "0": False})


class Text(str):
    """A text of the graph, which keeps its language; it is a `str` in every other way.

    >>> label = Text("Schwarzes Meer", "de")
    >>> label, label.language
    ('Schwarzes Meer', 'de')
    """

    __slots__ = ("language",)
    language: str | None

    def __new__(cls, text: str, language: str | None = None) -> Self:
        """Return the text in that language."""
        made = super().__new__(cls, text)
        made.language = language
        return made

    def __getnewargs__(self) -> tuple[str, str | None]:  # type: ignore[override]  # to be copied and pickled with its language
        return str(self), self.language


def value_of(term: Term | None) -> Value:
    """Return the term as a value of Python.

    A literal whose value Python cannot hold exactly stays a literal, rdflib's.

    >>> value_of(Literal("2023-03-21T00:00:00+09:00", datatype=XSD.dateTime)).isoformat()
    '2023-03-21T00:00:00+09:00'
    >>> value_of(Literal("7", datatype=XSD.integer))
    7
    """
    if isinstance(term, Literal):
        return _literal(term)
    if isinstance(term, Triple):
        return tuple(map(value_of, (term.subject, term.predicate, term.object)))
    return None if term is None else term_to_rdflib(term)


def _literal(literal: Literal) -> Value:
    if literal.language:
        return Text(literal.value, literal.language)
    if literal.datatype == XSD.string:
        return Text(literal.value)
    read = _READERS.get(literal.datatype)
    if read is not None:
        try:
            value = read(literal.value.strip())
        except ValueError:
            value = None
        if value is not None:
            return value
    return term_to_rdflib(literal)


def _moment(text: str) -> datetime | None:
    found = _MOMENT.fullmatch(text)
    if not found:
        return None
    fraction = found[1] or ""
    return datetime.fromisoformat(text[:19] + fraction + (found[2] or ""))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if _DAY.fullmatch(text) else None


def _whole(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def _float(text: str) -> float:
    return float(text.replace("INF", "inf").replace("NaN", "nan"))


_READERS: Mapping[NamedNode, Callable[[str], Value]] = MappingProxyType(
    {
        XSD.dateTime: _moment,
        XSD.dateTimeStamp: _moment,
        XSD.date: _day,
        XSD.decimal: _decimal,
        XSD.double: _float,
        XSD.float: _float,
        XSD.boolean: _BOOLEANS.get,
        **{XSD[name]: _whole for name in _WHOLE},
    }
)


def term_of(value: object) -> Term:
    """Return the value of Python as a term, to be put into a query.

    A moment without a zone is refused: nobody knows which it is.

    Raises:
        ParameterError: no term is like it.
    """
    if isinstance(value, NamedNode | Literal | BlankNode):
        return value
    if isinstance(value, rdflib.term.Identifier):
        return term_from_rdflib(value)
    if isinstance(value, Text) and value.language:
        return Literal(str(value), language=value.language)
    if isinstance(value, str):
        return Literal(str(value))
    return _number_or_time(value)


def _number_or_time(value: object) -> Literal:
    if isinstance(value, bool):
        return Literal(str(value).lower(), datatype=XSD.boolean)
    if isinstance(value, int):
        return Literal(str(value), datatype=XSD.integer)
    if isinstance(value, Decimal) and value.is_finite():
        return Literal(f"{value:f}", datatype=XSD.decimal)
    if isinstance(value, float):
        written = repr(value).replace("inf", "INF").replace("nan", "NaN")
        return Literal(written, datatype=XSD.double)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ParameterError(
                f"{value.isoformat()} has no time zone",
                hint="Give it one: datetime(2023, 3, 1, tzinfo=timezone.utc).",
            )
        written = value.isoformat().replace("+00:00", "Z")
        return Literal(written, datatype=XSD.dateTime)
    if isinstance(value, date):
        return Literal(value.isoformat(), datatype=XSD.date)
    raise ParameterError(
        f"{value!r} is a {type(value).__name__}, which no term is like",
        hint="Give a text, a number, a datetime, or rdflib's URIRef or Literal.",
    )


def text_of(value: object) -> str:
    """Return the value as the parameter of a stored query is written.

    >>> from datetime import datetime, timezone
    >>> text_of(datetime(2023, 3, 1, tzinfo=timezone.utc))
    '2023-03-01T00:00:00Z'
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.isoformat().replace("+00:00", "Z")
    term = term_of(value)
    return term.value if isinstance(term, NamedNode | Literal) else str(term)
