"""Profile: the forms of axioms that the rules cover; any other is refused by name.

An axiom without effect would promise an entailment that nothing computes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from milgraph.errors import UnsupportedAxiomError
from milgraph.terms import (
    OWL,
    RDF,
    RDFS,
    Literal,
    NamedNode,
    Term,
    Triple,
    show,
)
from milgraph.triples import TripleIndex

__all__ = ["members", "require_covered"]

type_ = RDF["type"]
_OBJECT, _DATATYPE = OWL.ObjectProperty, OWL.DatatypeProperty
_ANNOTATION = OWL.AnnotationProperty
_SOME = OWL.someValuesFrom
_DECLARATIONS = frozenset(
    {
        OWL.Class, _OBJECT, _DATATYPE, _ANNOTATION, OWL.Ontology,
        OWL.NamedIndividual, OWL.DeprecatedClass, OWL.DeprecatedProperty,
    }
)  # fmt: skip
# Words about words, from which nothing follows.
_WORDS = frozenset(
    {
        RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy,
        OWL.imports, OWL.versionIRI, OWL.versionInfo, OWL.priorVersion,
        OWL.backwardCompatibleWith, OWL.incompatibleWith, OWL.deprecated,
    }
)  # fmt: skip
_LISTS = frozenset({RDF.first, RDF.rest})
_BETWEEN_CLASSES = frozenset({RDFS.subClassOf, OWL.equivalentClass})
_LONGEST_CHAIN = 3


def require_covered(ontology: TripleIndex) -> None:
    """Require that the rules cover every axiom of the ontology.

    Raises:
        UnsupportedAxiomError: one that they do not; it names the axiom.
    """
    declared = _Declared(ontology)
    # In order, so that the same ontology always gets the same answer.
    for triple in sorted(filter(declared.is_logical, ontology), key=str):
        check = _CHECKS.get(triple.predicate)
        if check is None:
            raise UnsupportedAxiomError(
                f"the rules do not cover {show(triple.predicate)}, "
                f"used of {show(triple.subject)}"
            )
        problem = check(declared, triple)
        if problem:
            said = (triple.subject, triple.predicate, triple.object)
            raise UnsupportedAxiomError(
                f"the rules do not cover {' '.join(map(show, said))}: {problem}"
            )


def members(ontology: TripleIndex, head: Term) -> tuple[NamedNode, ...]:
    """Return the members of the list, which are names.

    Raises:
        UnsupportedAxiomError: it is not a well-formed list, or a member has no name.
    """
    found: list[NamedNode] = []
    passed: set[Term] = set()
    while head != RDF.nil:
        firsts, rests = (
            _values(ontology, head, name) for name in (RDF.first, RDF.rest)
        )
        if head in passed or (len(firsts), len(rests)) != (1, 1):
            raise UnsupportedAxiomError(
                f"a list of the ontology is not well-formed at {show(head)}"
            )
        (first,) = firsts
        if not isinstance(first, NamedNode):
            raise UnsupportedAxiomError(f"a list of the ontology holds {show(first)}")
        found.append(first)
        passed.add(head)
        (head,) = rests
    return tuple(found)


def _values(
    ontology: TripleIndex, node: Term, predicate: NamedNode
) -> tuple[Term, ...]:
    if isinstance(node, Literal):
        return ()
    return tuple(ontology.objects(node, predicate))


def _is_reserved(term: Term) -> bool:
    return term in OWL or term in RDFS or term in RDF


class _Declared:
    """What an ontology declares: the kinds of its terms, and the cells of its lists."""

    def __init__(self, ontology: TripleIndex) -> None:
        self.ontology = ontology
        self.kinds: dict[Term, set[Term]] = defaultdict(set)
        for triple in ontology:
            if triple.predicate == type_:
                self.kinds[triple.subject].add(triple.object)
        self.cells = set(self._cells())

    def _cells(self) -> Iterator[Term]:
        """Return the cells of the lists that something refers to."""
        for triple in self.ontology:
            cell, passed = triple.object, set[Term]()
            while triple.predicate not in _LISTS and cell not in passed:
                passed.add(cell)
                rests = _values(self.ontology, cell, RDF.rest)
                if rests:
                    yield cell
                    cell = rests[0]

    def is_logical(self, triple: Triple) -> bool:
        """Return whether OWL, RDFS or RDF give the triple a meaning."""
        if triple.predicate == type_:
            kind = triple.object
            return _is_reserved(kind) or self.is_restriction(kind)
        return triple.predicate not in _WORDS and _is_reserved(triple.predicate)

    def is_class(self, term: Term) -> bool:
        """Return whether the term is declared as a class, and is no restriction."""
        return (
            OWL.Class in self.kinds[term]
            and not self.is_restriction(term)
            and not _is_reserved(term)
        )

    def is_restriction(self, term: Term) -> bool:
        """Return whether the term is declared as a restriction."""
        return OWL.Restriction in self.kinds[term]

    def is_of(self, kind: NamedNode, *terms: Term) -> bool:
        """Return whether each of the terms is declared as a property of the kind."""
        return not any(
            _is_reserved(term) or kind not in self.kinds[term] for term in terms
        )

    def is_property(self, term: Term) -> bool:
        """Return whether the term is a property, declared or of RDFS."""
        if term in _WORDS:
            return True
        return any(self.is_of(kind, term) for kind in (_OBJECT, _DATATYPE, _ANNOTATION))

    def values(self, node: Term, predicate: NamedNode) -> tuple[Term, ...]:
        """Return what the node has for the predicate."""
        return _values(self.ontology, node, predicate)


# Each check returns what is wrong with the axiom, or nothing.


def _type(declared: _Declared, triple: Triple) -> str:
    kind = triple.object
    if kind in _DECLARATIONS:
        if {_OBJECT, _DATATYPE} <= declared.kinds[triple.subject]:
            return "it has both resources and literals as values"
        return ""
    special = _SPECIAL.get(kind)
    if special is None:
        return "nothing follows from it"
    return special(declared, triple)


def _edges(declared: _Declared, triple: Triple) -> str:
    if declared.is_of(_OBJECT, triple.subject):
        return ""
    return f"{show(triple.subject)} is not declared as an object property"


def _restriction(declared: _Declared, triple: Triple) -> str:
    node = triple.subject
    properties = declared.values(node, OWL.onProperty)
    fillers = [
        (kind, value)
        for kind in (OWL.hasValue, _SOME)
        for value in declared.values(node, kind)
    ]
    if (len(properties), len(fillers)) != (1, 1):
        return "it needs one owl:onProperty and one owl:hasValue or owl:someValuesFrom"
    if not _is_between_classes(declared, node):
        return "nothing is below it, above it or equivalent to it"
    return _filler(declared, properties[0], *fillers[0])


def _filler(declared: _Declared, of: Term, kind: NamedNode, value: Term) -> str:
    """Return what is wrong with what a restriction asks of its property."""
    if kind == _SOME:
        if not declared.is_of(_OBJECT, of):
            return f"{show(of)} is not declared as an object property"
        if value != OWL.Thing and not declared.is_class(value):
            return f"{show(value)} is not declared as a class"
        return ""
    wanted = _DATATYPE if isinstance(value, Literal) else _OBJECT
    if not declared.is_of(wanted, of):
        return f"{show(of)} is not declared as a property with such values"
    if not isinstance(value, Literal | NamedNode) or declared.is_restriction(value):
        return f"{show(value)} is not a name"
    return ""


def _is_between_classes(declared: _Declared, node: Term) -> bool:
    above = any(declared.values(node, name) for name in _BETWEEN_CLASSES)
    return above or any(
        any(declared.ontology.subjects(name, node)) for name in _BETWEEN_CLASSES
    )


def _all_disjoint(declared: _Declared, triple: Triple) -> str:
    lists = declared.values(triple.subject, OWL.members)
    return "" if len(lists) == 1 else "it needs one list as its owl:members"


def _cell(declared: _Declared, triple: Triple) -> str:
    return "" if triple.subject in declared.cells else "no axiom uses the list"


def _part_of_a_restriction(declared: _Declared, triple: Triple) -> str:
    if declared.is_restriction(triple.subject):
        return ""
    return f"{show(triple.subject)} is not declared as an owl:Restriction"


def _class_axiom(declared: _Declared, triple: Triple) -> str:
    for term in (triple.subject, triple.object):
        if not declared.is_class(term) and not declared.is_restriction(term):
            return f"{show(term)} is not declared as a class"
    if triple.predicate == RDFS.subClassOf and declared.values(triple.object, _SOME):
        return "no value that has a name follows from being below it"
    return ""


def _property_axiom(declared: _Declared, triple: Triple) -> str:
    terms = (triple.subject, triple.object)
    for term in terms:
        if not declared.is_property(term):
            return f"{show(term)} is not declared as a property"
    for one, other in (terms, terms[::-1]):
        if declared.is_of(_OBJECT, one) and declared.is_of(_DATATYPE, other):
            return "one has resources as values, the other literals"
    return ""


def _domain(declared: _Declared, triple: Triple) -> str:
    if not declared.is_property(triple.subject):
        return f"{show(triple.subject)} is not declared as a property"
    return _named_class(declared, triple.object)


def _range(declared: _Declared, triple: Triple) -> str:
    # Of a literal nothing follows: its datatype is for a shape to demand.
    return _edges(declared, triple) or _named_class(declared, triple.object)


def _named_class(declared: _Declared, *terms: Term) -> str:
    wrong = next((term for term in terms if not declared.is_class(term)), None)
    return f"{show(wrong)} is not declared as a class" if wrong else ""


def _inverse(declared: _Declared, triple: Triple) -> str:
    for term in (triple.subject, triple.object):
        if not declared.is_of(_OBJECT, term):
            return f"{show(term)} is not declared as an object property"
    return ""


def _chain(declared: _Declared, triple: Triple) -> str:
    steps = members(declared.ontology, triple.object)
    if not 1 < len(steps) <= _LONGEST_CHAIN:
        return f"the chain has {len(steps)} steps, not 2 or 3"
    for step in steps[:-1]:
        if not declared.is_of(_OBJECT, step):
            return f"{show(step)} is not declared as an object property"
    ends = (triple.subject, steps[-1])
    if not any(declared.is_of(kind, *ends) for kind in (_OBJECT, _DATATYPE)):
        return f"{' and '.join(map(show, ends))} are not declared as of one kind"
    return ""


def _disjoint(declared: _Declared, triple: Triple) -> str:
    return _named_class(declared, triple.subject, triple.object) or (
        "nothing can be disjoint from itself" if triple.subject == triple.object else ""
    )


def _members(declared: _Declared, triple: Triple) -> str:
    if OWL.AllDisjointClasses not in declared.kinds[triple.subject]:
        return f"{show(triple.subject)} is not declared as an owl:AllDisjointClasses"
    listed = members(declared.ontology, triple.object)
    if len(set(listed)) != len(listed) or len(listed) == 1:
        return "it needs two classes or more, each of them once"
    return _named_class(declared, *listed)


_Check = Callable[[_Declared, Triple], str]
_SPECIAL: Mapping[Term, _Check] = MappingProxyType(
    {
        OWL.SymmetricProperty: _edges,
        OWL.TransitiveProperty: _edges,
        OWL.Restriction: _restriction,
        OWL.AllDisjointClasses: _all_disjoint,
        RDF.List: _cell,
    }
)
_CHECKS: Mapping[NamedNode, _Check] = MappingProxyType(
    {
        type_: _type,
        RDF.first: _cell,
        RDF.rest: _cell,
        RDFS.subClassOf: _class_axiom,
        OWL.equivalentClass: _class_axiom,
        RDFS.subPropertyOf: _property_axiom,
        OWL.equivalentProperty: _property_axiom,
        RDFS.domain: _domain,
        RDFS.range: _range,
        OWL.inverseOf: _inverse,
        OWL.propertyChainAxiom: _chain,
        OWL.disjointWith: _disjoint,
        OWL.members: _members,
        OWL.onProperty: _part_of_a_restriction,
        OWL.hasValue: _part_of_a_restriction,
        _SOME: _part_of_a_restriction,
    }
)
