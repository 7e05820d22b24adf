"""Looking: which nodes a shape targets, and what it reads of each.

SHACL, sections 2.1.3 (targets), 2.3.1 (paths), 4 (constraint components) and 5 (queries).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import OWL as ROWL
from rdflib.namespace import SH as RSH

from milgraph.errors import UnsupportedShapeError
from milgraph.terms import RDF, NamedNode, compact
from milgraph.validation.steps import (
    FURTHEST,
    Step,
    Walk,
    distance,
    joined,
    walks_of_shacl_path,
    with_value,
)

__all__ = ["Looking", "Target", "lookings", "prefixes_of"]

_Node: TypeAlias = rdflib.term.Node
_HERE: frozenset[Walk] = frozenset({()})
_TYPE = RDF["type"]
_ABOUT_VALUES = {
    *("datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive"),
    *("maxExclusive", "maxInclusive", "minLength", "maxLength", "pattern", "flags"),
    *("languageIn", "uniqueLang", "hasValue", "in", "qualifiedMinCount"),
    *("qualifiedMaxCount", "ignoredProperties"),
}
_ABOUT_SHAPE = {
    *("path", "severity", "message", "name", "description", "order", "group"),
    *("defaultValue", "deactivated", "targetClass", "targetNode"),
    *("targetSubjectsOf", "targetObjectsOf"),
}
_WITHIN = {"node", "property", "not", "qualifiedValueShape"}
_WITHIN_LISTS = {"and", "or", "xone"}
# Where they are true, what else the shape or the node has decides.
_REACHING = {"closed", "qualifiedValueShapesDisjoint"}
_COMPARED = {"equals", "disjoint", "lessThan", "lessThanOrEquals"}
_TRUE = rdflib.Literal(True)


@dataclass(frozen=True, slots=True)
class Target:
    """Which nodes are focus nodes: the instances of a class, or those of a property."""

    kind: str
    term: NamedNode

    @property
    def step(self) -> Step | None:
        """The step from a node that tells whether it is a focus node."""
        return {
            "class": Step(_TYPE, value=self.term),
            "subjects": Step(self.term),
            "objects": Step(self.term, is_backward=True),
        }.get(self.kind)


@dataclass(frozen=True, slots=True)
class Looking:
    """What one shape reads of each of its focus nodes."""

    shape: str
    targets: frozenset[Target]
    walks: frozenset[Walk]


def lookings(graph: rdflib.Graph) -> Iterator[Looking]:
    """Return what each shape with a target reads; each shape is local.

    Raises:
        UnsupportedShapeError: a shape looks further than three steps, or where no walk of
            named predicates leads, so that no change tells which results it may change.
    """
    if (
        component := graph.value(None, rdflib.RDF.type, RSH.ConstraintComponent)
    ) is not None:
        raise UnsupportedShapeError(
            f"{_name(component)} is a constraint of its own kind"
        )
    for shape in sorted(_shapes_with_target(graph), key=str):
        targets = frozenset(_targets(graph, shape))
        try:
            walks = _Shapes(graph).read(shape)
            for walk in walks:
                _refuse_far(walk)
        except UnsupportedShapeError as error:
            raise UnsupportedShapeError(
                f"{_name(shape)} {error.message}",
                hint="A shape looks at most three steps away, over properties that it "
                "names: otherwise no change tells which nodes to check anew.",
            ) from error
        own = {(target.step,) for target in targets if target.step}
        yield Looking(_name(shape), targets, walks | own)


def _shapes_with_target(graph: rdflib.Graph) -> set[_Node]:
    declared = (
        *(RSH.targetClass, RSH.targetNode, RSH.targetSubjectsOf, RSH.targetObjectsOf),
        RSH.target,
    )
    shapes = {shape for kind in declared for shape in graph.subjects(kind)}
    kinds = (RSH.NodeShape, RSH.PropertyShape)
    classes = {
        shape
        for kind in kinds
        for shape in graph.subjects(rdflib.RDF.type, kind)
        if _is_class(graph, shape)
    }
    return shapes | classes


def _is_class(graph: rdflib.Graph, node: _Node) -> bool:
    kinds = set(graph.objects(node, rdflib.RDF.type))
    return bool(kinds & {rdflib.RDFS.Class, ROWL.Class})


def _targets(graph: rdflib.Graph, shape: _Node) -> Iterator[Target]:
    kinds = {
        "class": RSH.targetClass,
        "node": RSH.targetNode,
        "subjects": RSH.targetSubjectsOf,
        "objects": RSH.targetObjectsOf,
    }
    for kind, predicate in kinds.items():
        for term in graph.objects(shape, predicate):
            if isinstance(term, rdflib.URIRef):
                yield Target(kind, NamedNode(str(term)))
    if _is_class(graph, shape):
        yield Target("class", NamedNode(str(shape)))


def _refuse_far(walk: Walk) -> None:
    if distance(walk) > FURTHEST:
        raise UnsupportedShapeError(f"looks more than {FURTHEST} steps away")
    if any(step.is_backward and step.predicate == _TYPE for step in walk):
        raise UnsupportedShapeError("reads every instance of a class")


@dataclass(slots=True)
class _Shapes:
    """Reads a shape and those within it."""

    graph: rdflib.Graph
    _within: list[_Node] = field(default_factory=list)

    def read(self, shape: _Node) -> frozenset[Walk]:
        """Return the walks from a node that is held to the shape."""
        if shape in self._within:
            raise UnsupportedShapeError(f"refers to itself by {_name(shape)}")
        self._within.append(shape)
        path = self.graph.value(shape, RSH.path)
        values = _HERE if path is None else walks_of_shacl_path(self.graph, path)
        walks = set(values - _HERE)
        for predicate, value in self.graph.predicate_objects(shape):
            name = str(predicate).removeprefix(str(RSH))
            if name != str(predicate):
                walks |= self._read_parameter(name, value, values)
        self._within.pop()
        return frozenset(walks)

    def _read_parameter(
        self, name: str, value: _Node, values: frozenset[Walk]
    ) -> frozenset[Walk]:
        if name in _COMPARED:
            return frozenset({(Step(NamedNode(str(value))),)})
        if name == "sparql":
            return self._read_query(value)
        return joined(values, self._beyond_values(name, value))

    def _beyond_values(self, name: str, value: _Node) -> frozenset[Walk]:
        """Return what a parameter reads of each value."""
        if name in _WITHIN:
            return self.read(value)
        if name in _WITHIN_LISTS:
            parts = map(self.read, Collection(self.graph, value))
            return frozenset().union(*parts)
        if name == "class":
            return frozenset({with_value((Step(_TYPE),), value)})
        if name in _ABOUT_VALUES | _ABOUT_SHAPE or (
            name in _REACHING and value != _TRUE
        ):
            return frozenset()
        raise UnsupportedShapeError(f"has sh:{name}, whose reach is not known")

    def _read_query(self, constraint: _Node) -> frozenset[Walk]:
        asked = self.graph.value(constraint, RSH.select)
        if asked is None:
            raise UnsupportedShapeError("has a constraint without a query")
        # The parser of queries takes a quarter of a second to be imported.
        from milgraph.validation.querying import walks_of_query  # noqa: PLC0415

        return walks_of_query(str(asked), prefixes_of(self.graph, constraint))


def prefixes_of(graph: rdflib.Graph, constraint: _Node) -> dict[str, str]:
    """Return the prefixes that a query of a shape may use (SHACL, section 5.2.1)."""
    return {
        str(graph.value(declared, RSH.prefix)): str(
            graph.value(declared, RSH.namespace)
        )
        for ontology in graph.objects(constraint, RSH.prefixes)
        for declared in graph.objects(ontology, RSH.declare)
    }


def _name(shape: _Node) -> str:
    if isinstance(shape, rdflib.URIRef):
        return compact(NamedNode(str(shape)))
    return "a shape without a name"
