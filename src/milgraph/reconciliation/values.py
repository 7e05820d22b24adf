"""Values: what an entity has for a property, as a spreadsheet takes it."""

from dataclasses import dataclass

from milgraph.errors import ParameterError
from milgraph.terms import BASE, XSD, Literal, NamedNode, compact, expand

__all__ = ["Value", "full_iri", "local_id", "of_literal"]

_WHOLE = frozenset(
    XSD[name].value for name in ("integer", "int", "long", "nonNegativeInteger")
)
_DECIMAL = frozenset(XSD[name].value for name in ("decimal", "double", "float"))
_DATE = XSD.dateTime.value


@dataclass(frozen=True, slots=True)
class Value:
    """One value: a text, a number, a date, or an entity that the service knows too.

    `kind` is how the API names it: `str`, `int`, `float`, `date` or `id`; of an entity
    `text` is its IRI and `name` what it is called. `level` is that of a link: `exact`,
    `close` or `broad`.
    """

    text: str
    kind: str = "str"
    name: str = ""
    language: str = ""
    level: str = ""
    iri: str = ""


def of_literal(literal: Literal) -> Value:
    """Return the literal as a value.

    >>> of_literal(Literal(7)).kind
    'int'
    """
    datatype, text = literal.datatype.value, literal.value
    if datatype in _WHOLE and _is_short(text):
        return Value(text, "int")
    if datatype in _DECIMAL and _is_finite(text):
        return Value(text, "float")
    if datatype == _DATE:
        return Value(text, "date")
    return Value(text, language=literal.language or "")


def _is_short(text: str) -> bool:
    return text.lstrip("+-").isdecimal() and len(text) < 16  # noqa: PLR2004 - exact in JSON


def _is_finite(text: str) -> bool:
    return "n" not in text.lower()


def local_id(iri: str) -> str:
    """Return the identifier of an entity: its IRI without the identifier space.

    >>> local_id("https://w3id.org/milgraph/actor/japan")
    'actor/japan'
    """
    return iri.removeprefix(BASE)


def full_iri(identifier: str) -> str:
    """Return the IRI of what the identifier, the short name or the IRI names.

    >>> full_iri("actor/japan") == full_iri("actor:japan")
    True
    """
    if identifier.startswith(("http://", "https://")):
        return identifier
    try:
        return expand(identifier).value
    except ParameterError:
        return BASE + identifier


def short_name(iri: str) -> str:
    """Return the short name of a term, or its IRI where it has none."""
    return compact(NamedNode(iri))
