"""Shapes: each constraint is broken by a case and met by a case, and both validators agree.

A case is a Turtle file under tests/shapes/<module>/: the facts, as an author would assert
them, then the sh:ValidationResult nodes that they must cause. Facts that conform cause none.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from rdflib.collection import Collection
from rdflib.namespace import SH
from rdflib.paths import AlternativePath, InvPath, SequencePath
from rdflib.term import Node

from milgraph.resources import Resources
from milgraph.terms import NamedNode, Triple
from milgraph.triples import TripleIndex
from milgraph.validation import Engine, Result, Shapes, pyshacl_engine, turbo_engine

ROOT = Path(__file__).parents[1]
CASES = sorted((ROOT / "tests" / "shapes").glob("*/*.ttl"))
MODULES = sorted(
    path.stem
    for path in (ROOT / "ontology").glob("*.ttl")
    if path.stem not in {"ontology", "prefixes"}
)
SHAPES = Shapes.shipped(Resources.shipped())
GRAPH = SHAPES.graph
SOURCES = sorted(GRAPH.subjects(SH.severity))  # the shapes that a result can name

MIL = "https://w3id.org/milgraph/ontology#"
CODE = "https://w3id.org/milgraph/code/"
ARTICLE = "https://w3id.org/milgraph/article/"
TYPE = NamedNode(str(rdflib.RDF.type))
SUBCLASS = NamedNode(str(rdflib.RDFS.subClassOf))
NONE = rdflib.Literal(0)
STEPS = 3  # A shape looks at most three steps away.

Closure = Callable[[Iterable[Triple]], set[Triple]]
Stated = tuple[str, str, str]  # focus node, source shape, severity


# Cases


@dataclass(frozen=True, slots=True)
class Case:
    """What a case asserts, and the results that it states."""

    facts: frozenset[Triple]
    expected: frozenset[Stated]


@cache
def read(path: Path, *, article: str = "") -> Case:
    """Return the case; its articles get the name in front where one is given."""
    text = path.read_text(encoding="utf-8").replace(ARTICLE, ARTICLE + article)
    quads = pyoxigraph.parse(text.encode(), format=pyoxigraph.RdfFormat.TURTLE)
    triples = [quad.triple for quad in quads]
    result = NamedNode(str(SH.ValidationResult))
    stated = {t.subject for t in triples if (t.predicate, t.object) == (TYPE, result)}
    return Case(
        frozenset(t for t in triples if t.subject not in stated),
        frozenset(_stated(node, triples) for node in stated),
    )


def read_module(module: str) -> Case:
    """Return the cases of a module as one, each in an article of its own."""
    cases = [
        read(path, article=f"{path.stem}-")
        for path in CASES
        if path.parent.name == module
    ]
    return Case(
        frozenset().union(*(case.facts for case in cases)),
        frozenset().union(*(case.expected for case in cases)),
    )


def _stated(node: object, triples: list[Triple]) -> Stated:
    values = {t.predicate.value: t.object.value for t in triples if t.subject == node}
    focus, shape, severity = SH.focusNode, SH.sourceShape, SH.resultSeverity
    return values[str(focus)], values[str(shape)], values[str(severity)]


def stated(results: Iterable[Result]) -> set[Stated]:
    return {
        (
            result.focus_node.value,
            result.shape.value,
            f"{SH}{result.severity.label.capitalize()}",
        )
        for result in results
    }


@pytest.fixture(scope="module")
def turbo() -> Engine:
    return turbo_engine(SHAPES)


@pytest.fixture(scope="module")
def pyshacl() -> Engine:
    return pyshacl_engine(SHAPES)


@pytest.fixture(scope="module")
def context(closure: Closure, background: TripleIndex) -> Callable[[Case], set[Triple]]:
    """Return the facts of a case, what they entail, and what they reach in three steps."""
    subclasses = {t for t in background if t.predicate == SUBCLASS}

    def reached(case: Case) -> set[Triple]:
        found = closure(case.facts)
        ring = {term for t in found for term in (t.subject, t.object)}
        for step in range(STEPS + 1):
            new = {t for node in ring for t in _about(node, background)}
            if step == STEPS:
                new = {t for t in new if t.predicate == TYPE}
            ring = {t.object for t in new - found if t.predicate != TYPE}
            found |= new
        return found | subclasses

    return reached


def _about(node: object, background: TripleIndex) -> Iterator[Triple]:
    if isinstance(node, NamedNode) and not node.value.startswith(MIL):
        yield from background.about(node)


def own_nodes(triples: Iterable[Triple]) -> set[NamedNode]:
    return {
        node
        for t in triples
        for node in (t.subject, t.object)
        if isinstance(node, NamedNode) and node.value.startswith(ARTICLE)
    }


def test_the_suite_has_not_lost_its_cases() -> None:
    assert len(CASES) >= 260


@pytest.mark.parametrize(
    "path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_case_causes_the_results_that_it_states(path, turbo, context) -> None:
    case = read(path)
    triples = context(case)
    assert stated(turbo(triples, focus=own_nodes(triples))) == case.expected


# pySHACL parses a constraint's query once for each focus node.
SLOW = {"activities", "sources"}


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(module, marks=pytest.mark.long) if module in SLOW else module
        for module in MODULES
    ],
)
def test_both_validators_say_the_same(module, turbo, pyshacl, context) -> None:
    case = read_module(module)
    triples = context(case)
    focus = own_nodes(triples)
    fast, right = turbo(triples, focus=focus), pyshacl(triples, focus=focus)
    assert {_spelt(result) for result in fast} == {_spelt(result) for result in right}
    assert stated(fast) == case.expected


def _spelt(result: Result) -> tuple[object, ...]:
    # Not a literal value: rdflib writes Z as +00:00.
    value = result.value if isinstance(result.value, NamedNode) else None
    return (
        *(result.severity, result.focus_node, result.shape, result.component),
        *(result.path, value, result.message),
    )


def test_every_constraint_is_broken_by_a_case(turbo, context) -> None:
    broken = {
        (result.shape.value, result.component.value.rpartition("#")[2])
        for module in MODULES
        for triples in (context(read_module(module)),)
        for result in turbo(triples, focus=own_nodes(triples))
    }
    constraints = {(str(s), name) for s in SOURCES for name in _components(s)}
    assert constraints - broken == set()


def _components(shape: Node) -> set[str]:
    """Return the names of the constraint components that the shape has parameters of."""
    about = {"message", "name", "path", "property", "qualifiedValueShape", "severity"}
    parameters = {
        predicate.removeprefix(str(SH))
        for predicate in GRAPH.predicates(shape)
        if predicate.startswith(str(SH))
    }
    return {
        "SPARQLConstraintComponent"
        if parameter == "sparql"
        else f"{parameter[0].upper()}{parameter[1:]}ConstraintComponent"
        for parameter in parameters - about
        if not parameter.startswith("target")
    }


def test_every_shape_is_met_by_a_conforming_case(context) -> None:
    unmet = {shape for shape in SOURCES if not _refuses_its_target(shape)}
    for path in CASES:
        if not read(path).expected:
            graph = _as_rdflib(context(read(path)))
            unmet -= {shape for shape in unmet if _is_met(shape, graph)}
    assert unmet == set()


def _as_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    text = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=text, format="nt")


def _is_met(shape: Node, graph: rdflib.Graph) -> bool:
    """Return whether the graph has a focus node, with a value that the shape looks at."""
    focus = {node for node in _targets(shape, graph) if node.startswith(ARTICLE)}
    path = GRAPH.value(shape, SH.path)
    if path is None or (shape, SH.maxCount, NONE) in GRAPH:
        return bool(focus)
    values = (graph.objects(node, property_path(path)) for node in focus)
    return any(next(found, None) is not None for found in values)


def _targets(shape: Node, graph: rdflib.Graph) -> set[Node]:
    """Return the nodes of the graph that the shape, or the one it is part of, targets."""
    within = {holder for holder in holders(shape) if (holder, SH.path, None) in GRAPH}
    if within - {shape}:
        (holder,) = within
        path = property_path(GRAPH.value(holder, SH.path))
        return {
            v for node in _targets(holder, graph) for v in graph.objects(node, path)
        }
    return {
        node
        for holder in holders(shape)
        for kind, target in GRAPH.predicate_objects(holder)
        for node in (
            graph.subjects(rdflib.RDF.type, target)
            if kind == SH.targetClass
            else graph.subjects(target)
            if kind == SH.targetSubjectsOf
            else ()
        )
    }


def _refuses_its_target(shape: Node) -> bool:
    """Return whether nothing can meet the shape, since it refuses what it targets."""
    path = GRAPH.value(shape, SH.path)
    return (shape, SH.maxCount, NONE) in GRAPH and any(
        (holder, SH.targetSubjectsOf, path) in GRAPH for holder in holders(shape)
    )


# How shapes are written


def holders(shape: Node) -> set[Node]:
    """Return the node shapes whose targets are the focus nodes of the shape."""
    return set(GRAPH.subjects(SH.property, shape)) or {shape}


def selects() -> Iterator[tuple[Node, str]]:
    for shape, constraint in GRAPH.subject_objects(SH.sparql):
        yield shape, str(GRAPH.value(constraint, SH.select))


def test_every_module_of_the_ontology_has_shapes_and_cases() -> None:
    assert sorted(path.stem for path in (ROOT / "shapes").glob("*.ttl")) == MODULES
    assert sorted({path.parent.name for path in CASES}) == MODULES


@pytest.mark.parametrize("shape", SOURCES, ids=lambda shape: shape.split("#")[1])
def test_a_shape_tells_the_editor_what_to_do(shape) -> None:
    (name,) = GRAPH.objects(shape, SH.name)
    places = (shape, *GRAPH.objects(shape, SH.sparql))
    (message,) = (text for place in places for text in GRAPH.objects(place, SH.message))
    assert (name.language, message.language) == ("en", "en")
    # A sentence: what is required, then, after a colon, how to mend it.
    assert re.fullmatch(r"(mil:)?[A-Z][^\n]+: [^\n]+\.|mil:[^\n]+: [^\n]+\.", message)
    assert GRAPH.value(shape, SH.severity) in {SH.Violation, SH.Warning, SH.Info}


def test_every_shape_applies_to_something() -> None:
    for shape in GRAPH.subjects(rdflib.RDF.type, SH.PropertyShape):
        (holder,) = holders(shape)
        assert str(shape).startswith(f"{holder}-")
    for shape in GRAPH.subjects(rdflib.RDF.type, SH.NodeShape):
        assert {SH.targetClass, SH.targetSubjectsOf} & set(GRAPH.predicates(shape))
        assert {SH.property, SH.severity} & set(GRAPH.predicates(shape))


def test_every_term_in_the_shapes_is_defined(background) -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "shapes").glob("*.ttl")
    )
    defined = {t.subject.value for t in background if t.predicate == TYPE}
    schemes = {path.stem for path in (ROOT / "ontology" / "codes").glob("*.ttl")}
    used = {MIL + name for name in re.findall(r"\bmil:(\w+)", text)}
    used |= {CODE + scheme for scheme in re.findall(rf"<{CODE}([^/>]+)>", text)}
    used |= {
        f"{CODE}{scheme}/{code}"
        for scheme, code in re.findall(r"\b([a-z]+):([a-z][a-z0-9-]*)", text)
        if scheme in schemes
    }
    assert used - defined == set()


def test_shapes_of_form_look_at_asserted_facts_alone(background) -> None:
    usage = NamedNode(f"{MIL}usage")
    derived = {t.subject.value for t in background if t.predicate == usage}
    for shape in SHAPES.of_form:
        named = {str(term) for term in _terms(rdflib.URIRef(shape.value))}
        assert named.isdisjoint(derived), shape


def _terms(node: Node) -> Iterator[Node]:
    """Return the terms that describe a shape, with the names in its query."""
    for predicate, value in GRAPH.predicate_objects(node):
        yield value
        if predicate == SH.select:
            yield from (MIL + name for name in re.findall(r"\bmil:(\w+)", value))
        elif isinstance(value, rdflib.BNode) or predicate == SH.sparql:
            yield from _terms(value)


def property_path(node: Node) -> Node | SequencePath | InvPath | AlternativePath:
    """Return the path that a sh:path describes."""
    if isinstance(node, rdflib.URIRef):
        return node
    if (inverse := GRAPH.value(node, SH.inversePath)) is not None:
        return InvPath(property_path(inverse))
    if (options := GRAPH.value(node, SH.alternativePath)) is not None:
        return AlternativePath(*map(property_path, Collection(GRAPH, options)))
    return SequencePath(*map(property_path, Collection(GRAPH, node)))
