"""Naming: a fact as people write it, and as they read it."""

import re

from milgraph.errors import ParameterError
from milgraph.iris import document_of, fragment_of
from milgraph.terms import (
    RDF,
    XSD,
    Literal,
    NamedNode,
    Term,
    Triple,
    compact,
    expand,
    show,
)

__all__ = ["fact_of", "in_words", "short"]

_TYPE = RDF["type"]
_QUOTED = re.compile(
    r'"(?P<text>.*)"(?:@(?P<language>[A-Za-z0-9-]+)|\^\^(?P<kind>\S+))?', re.DOTALL
)
_PLAIN = (
    (re.compile(r"[+-]?\d+"), XSD.integer),
    (re.compile(r"[+-]?\d*\.\d+"), XSD.decimal),
    (re.compile(r"true|false"), XSD.boolean),
)
_EVIDENT = frozenset(
    {XSD.string, XSD.integer, XSD.decimal, XSD.boolean, RDF.langString}
)


def fact_of(subject: str, predicate: str, value: str) -> Triple:
    """Return the triple of three names; the value may be a literal as in Turtle.

    Raises:
        ParameterError: one of them names nothing.

    >>> print(fact_of("actor:japan", "a", "mil:Actor").object.value)
    https://w3id.org/milgraph/ontology#Actor
    >>> fact_of("actor:japan", "rdfs:label", '"Japan"@en').object.language
    'en'
    """
    relation = _TYPE if predicate == "a" else expand(predicate)
    return Triple(expand(subject), relation, _value(value))


def _value(text: str) -> Term:
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        content, language, kind = quoted["text"], quoted["language"], quoted["kind"]
        try:
            if language:
                return Literal(content, language=language)
            return Literal(content, datatype=expand(kind) if kind else None)
        except ValueError as error:
            raise ParameterError(f"{text} is not a literal: {error}") from error
    for pattern, datatype in _PLAIN:
        if pattern.fullmatch(text):
            return Literal(text, datatype=datatype)
    try:
        return expand(text)
    except ParameterError as error:
        error.hint = f"{error.hint or ''} A text stands in double quotes.".strip()
        raise


def short(term: Term, *, within: NamedNode | None = None) -> str:
    """Return the term as people read it; what is under `within` by its fragment.

    >>> short(NamedNode("https://w3id.org/milgraph/article/x#claim-1"))
    'article:x#claim-1'
    """
    if isinstance(term, Literal):
        return _literal(term)
    if not isinstance(term, NamedNode):
        return show(term)
    fragment = fragment_of(term)
    if within and fragment and document_of(term) == within:
        return f"#{fragment}"
    document = compact(document_of(term))
    if fragment and not document.startswith(("http:", "https:")):
        return f"{document}#{fragment}"
    return compact(term)


def _literal(literal: Literal) -> str:
    if literal.language:
        return f'"{literal.value}"@{literal.language}'
    if literal.datatype == XSD.string:
        return f'"{literal.value}"'
    if literal.datatype in _EVIDENT:
        return literal.value
    return f'"{literal.value}"^^{compact(literal.datatype)}'


def in_words(triple: Triple, *, within: NamedNode | None = None) -> str:
    """Return the triple by the short names of its terms."""
    relation = "a" if triple.predicate == _TYPE else short(triple.predicate)
    subject, value = (
        short(term, within=within) for term in (triple.subject, triple.object)
    )
    return f"{subject} {relation} {value}"
