"""Expectations: what a shape asks of a value, in words."""

from collections.abc import Callable, Iterator, Mapping

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import SH as RSH

from milgraph.interchange import term_from_rdflib
from milgraph.terms import NamedNode, show

__all__ = ["expected_by"]

_KINDS = {
    RSH.IRI: "an IRI",
    RSH.Literal: "a literal",
    RSH.BlankNode: "a blank node",
    RSH.IRIOrLiteral: "an IRI or a literal",
    RSH.BlankNodeOrIRI: "an IRI or a blank node",
    RSH.BlankNodeOrLiteral: "a blank node or a literal",
}
_WORDS = {
    "class": "of class {}",
    "datatype": "a literal of type {}",
    "minInclusive": "at least {}",
    "maxInclusive": "at most {}",
    "minExclusive": "more than {}",
    "maxExclusive": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "text that matches {}",
    "hasValue": "{} among the values",
    "equals": "the same values as {}",
    "disjoint": "no value that {} has too",
    "lessThan": "less than each value of {}",
    "lessThanOrEquals": "no more than each value of {}",
    "uniqueLang": "one value for each language",
}


def expected_by(
    graph: rdflib.Graph, shape: NamedNode, component: NamedNode
) -> str | None:
    """Return what the shape expects by one of its constraints.

    `None` is where only its message says so. The component is that of a result, such as
    `sh:ClassConstraintComponent`.
    """
    name = component.value.rpartition("#")[2].removesuffix("ConstraintComponent")
    parameter = name[:1].lower() + name[1:]
    node = rdflib.URIRef(shape.value)
    if parameter in ("minCount", "maxCount"):
        return _count(graph, node)
    values = sorted(graph.objects(node, rdflib.URIRef(f"{RSH}{parameter}")), key=str)
    if not values:
        return None
    special: Mapping[str, Callable[[rdflib.Graph, rdflib.term.Node], str | None]] = {
        "in": _one_of,
        "node": _described,
        "nodeKind": lambda _, value: _KINDS.get(rdflib.URIRef(str(value))),
    }
    if parameter in special:
        return special[parameter](graph, values[0])
    words = _WORDS.get(parameter)
    return words.format(" and ".join(map(_shown, values))) if words else None


def _count(graph: rdflib.Graph, shape: rdflib.term.Node) -> str:
    least, most = (
        int(str(found)) if (found := graph.value(shape, bound)) is not None else None
        for bound in (RSH.minCount, RSH.maxCount)
    )
    if most == 0:
        return "no value"
    if least == most:
        return f"exactly {_values(most)}"
    told = [
        f"{word} {_values(bound)}"
        for word, bound in (("at least", least), ("at most", most))
        if bound
    ]
    return " and ".join(told)


def _values(number: int | None) -> str:
    return "one value" if number == 1 else f"{number} values"


def _one_of(graph: rdflib.Graph, values: rdflib.term.Node) -> str:
    *others, last = [_shown(value) for value in Collection(graph, values)]
    return f"{', '.join(others)} or {last}" if others else last


def _described(graph: rdflib.Graph, shape: rdflib.term.Node) -> str | None:
    """Return what a shape without a name asks of the values of one property, if it does."""
    told = sorted(_properties(graph, shape))
    return f"something with {' and '.join(told)}" if told else None


def _properties(graph: rdflib.Graph, shape: rdflib.term.Node) -> Iterator[str]:
    for inner in graph.objects(shape, RSH.property):
        path, value = graph.value(inner, RSH.path), graph.value(inner, RSH.hasValue)
        options = graph.value(inner, RSH["in"])
        if isinstance(path, rdflib.URIRef) and value is not None:
            yield f"{_shown(path)} {_shown(value)}"
        elif isinstance(path, rdflib.URIRef) and options is not None:
            yield f"{_shown(path)} {_one_of(graph, options)}"


def _shown(term: rdflib.term.Node) -> str:
    return show(term_from_rdflib(term))
