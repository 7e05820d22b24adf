"""Validation: both engines say the same of the shipped graph, and a report keeps it all."""

from collections.abc import Iterable, Iterator

import pytest
from pyshacl_turbo import CompiledShapes

from milgraph.iris import ARTICLES, document_of
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.resources import Resources
from milgraph.shipped import Shipped
from milgraph.staging import View, materialise_view
from milgraph.syntax import FORMATS, Source, read, write
from milgraph.terms import (
    MIL,
    RDF,
    RDFS,
    SHAPE,
    XSD,
    BlankNode,
    Literal,
    NamedNode,
    Triple,
)
from milgraph.triples import TripleIndex
from milgraph.validation import (
    Dependencies,
    Report,
    Result,
    Severity,
    Shapes,
    edtf_results,
    pyshacl_engine,
    turbo_engine,
)
from milgraph.validation.report import from_rdflib

TIME = NamedNode("https://w3id.org/milgraph/article/x#time")
SH = "http://www.w3.org/ns/shacl#"
DEPENDENCIES = Dependencies.of(Shapes.shipped(Resources.shipped()))


def result(**given: object) -> Result:
    usual = {
        "severity": Severity.VIOLATION,
        "focus_node": TIME,
        "shape": SHAPE["Activity-time"],
        "component": NamedNode(SH + "MinCountConstraintComponent"),
        "message": "An activity has exactly one time extent.",
        "path": MIL.hasTime,
    }
    return Result(**(usual | given))


# The two engines


@pytest.fixture(scope="module")
def view(shipped: Shipped) -> View:
    return materialise_view(shipped.named_graphs(lambda *_: None), shipped.axioms)


def broken(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Take some times, bases, claimants and kinds away, so that there is a finding."""
    taken = {MIL.hasTime, MIL.basis, MIL.claimant, MIL.segmentKind}
    for number, triple in enumerate(sorted(triples, key=str)):
        if number % 3 or triple.predicate not in taken:
            yield triple


def part_of(view: View, article: NamedNode) -> set[Triple]:
    """Return what the view holds of an article, and what the shapes read from there."""
    nodes = {
        t.subject
        for t in view.triples
        if isinstance(t.subject, NamedNode) and document_of(t.subject) == article
    }
    own = {triple for node in nodes for triple in view.triples.about(node)}
    return own | DEPENDENCIES.context(nodes, view.triples)


def assert_both_find_the_same(
    triples: list[Triple], shapes: Shapes, *, at_least: int
) -> None:
    fast, right = (
        {
            tuple(map(str, (r.severity, r.focus_node, r.shape, r.component, r.value)))
            for r in engine(shapes)(triples)
        }
        for engine in (turbo_engine, pyshacl_engine)
    )
    assert fast == right
    assert len(fast) >= at_least


def test_both_engines_find_the_same_in_a_part_of_the_view_that_is_broken(
    view: View, graph: KnowledgeGraph
):
    article = NamedNode(ARTICLES + "2022-11-30-korean-zone-entries")
    part = broken(part_of(view, article))
    assert_both_find_the_same(list(part), graph.shapes, at_least=1)


@pytest.mark.long
def test_both_engines_find_the_same_in_the_whole_view_broken_in_many_places(
    view: View, graph: KnowledgeGraph
):
    assert_both_find_the_same(list(broken(view.triples)), graph.shapes, at_least=30)


def test_both_engines_limit_themselves_to_the_focus_in_the_same_way(
    view: View, graph: KnowledgeGraph
):
    without_time = [t for t in view.triples if t.predicate != MIL.hasTime]
    everything = turbo_engine(graph.shapes)(without_time)
    focus = sorted({r.focus_node for r in everything}, key=str)[:5]
    fast = turbo_engine(graph.shapes)(without_time, focus=focus)
    assert {r for r in everything if r.focus_node in focus} == set(fast)
    assert turbo_engine(graph.shapes)(without_time, focus=[]) == ()


def test_the_short_way_into_the_validator_finds_what_its_own_door_finds(
    view: View, graph: KnowledgeGraph
):
    part = TripleIndex(
        broken(part_of(view, NamedNode(ARTICLES + "2022-11-30-korean-zone-entries")))
    )
    text = write(part, FORMATS["ntriples"]).decode()
    _, report, _ = CompiledShapes(graph.shapes.graph).validate(
        text, data_graph_format="nt"
    )
    by_its_door = set(from_rdflib(report, graph.shapes.expected))
    assert set(turbo_engine(graph.shapes)(part)) == by_its_door
    assert by_its_door


@pytest.mark.parametrize("engine", [turbo_engine, pyshacl_engine])
def test_a_sum_over_what_is_no_number_stops_no_validator(engine, graph: KnowledgeGraph):
    group, part, many, odd = (
        NamedNode(f"{ARTICLES}x#{name}") for name in ("group", "part", "many", "odd")
    )
    triples = [
        Triple(group, RDF["type"], MIL.Participation),
        Triple(group, MIL.count, many),
        Triple(many, MIL.atLeast, Literal("2", datatype=XSD.integer)),
        Triple(many, MIL.atMost, Literal("2", datatype=XSD.integer)),
        Triple(group, MIL.hasComponent, part),
        Triple(part, MIL.count, odd),
        Triple(odd, MIL.atLeast, Literal("a pair")),
        Triple(odd, MIL.atMost, group),
    ]
    shapes = {r.shape for r in engine(graph.shapes)(triples)}
    assert shapes.isdisjoint(
        {SHAPE["Participation-sum"], SHAPE["Participation-shortfall"]}
    )


def test_an_empty_graph_conforms(graph: KnowledgeGraph):
    assert turbo_engine(graph.shapes)([]) == pyshacl_engine(graph.shapes)([]) == ()


def test_the_shapes_of_form_are_some_of_the_shapes(graph: KnowledgeGraph):
    assert SHAPE["CountQuantity-atLeast"] in graph.shapes.of_form
    assert SHAPE["Scramble-trigger"] not in graph.shapes.of_form
    assert graph.shapes.name(SHAPE["Activity-time"]) == "time"
    assert graph.shapes.name(SHAPE["unnamed"]) == "unnamed"


# Reports


def test_a_report_has_each_result_once_and_the_worst_first():
    warning = result(severity=Severity.WARNING, value=Literal("x", language="en"))
    advice = result(severity=Severity.INFO, value=Literal("2", datatype=XSD.integer))
    violation = result(value=BlankNode("b"))
    report = Report.of([advice, violation, warning, violation])
    assert report.results == (violation, warning, advice)
    assert not report.conforms
    assert report.summary == "1 violation, 1 warning, 1 info"
    assert [report.count(severity) for severity in Severity] == [1, 1, 1]


def test_warnings_and_advice_stand_in_no_commits_way():
    report = Report.of([result(severity=Severity.WARNING)] * 2)
    assert report.conforms
    assert Report().conforms
    assert Report().summary == "no findings"


def test_a_report_comes_back_from_its_graph_as_it_was():
    results = [
        result(),
        result(severity=Severity.WARNING, value=Literal("x", language="en")),
        result(severity=Severity.INFO, value=Literal("2", datatype=XSD.integer)),
        result(value=Literal("two", datatype=XSD.integer)),
        result(value=NamedNode("http://example.org/ü"), path=None),
        result(value=Literal('a "quoted"\ntext'), path=None),
    ]
    graph = Report.of(results).to_rdflib()
    assert set(from_rdflib(graph)) == set(results)
    text = graph.serialize(format="turtle")
    read(Source("report.ttl", text.encode(), FORMATS["turtle"]))
    assert (
        f"<{SH}conforms> false" in graph.serialize(format="nt")
        or "sh:conforms false" in text
    )


def test_a_report_without_results_conforms():
    assert "sh:conforms true" in Report().to_rdflib().serialize(format="turtle")


# Dates for people


def complaints(
    text: str, start: str | None = None, end: str | None = None
) -> list[str]:
    said = [Triple(TIME, MIL.edtf, Literal(text))]
    for predicate, moment in ((MIL.earliestStart, start), (MIL.latestEnd, end)):
        if moment:
            said.append(Triple(TIME, predicate, Literal(moment, datatype=XSD.dateTime)))
    known = TripleIndex([*said, Triple(TIME, RDFS.label, Literal("a time"))])
    return [found.message for found in edtf_results(known, known)]


DAY = ("2023-03-21T00:00:00+09:00", "2023-03-21T23:59:59+09:00")
MONTH = ("2023-03-01T00:00:00Z", "2023-03-31T23:59:59Z")


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("2023-03-21", DAY),
        ("2023-03-21/2023-03-21", DAY),
        ("2023-03", MONTH),
        ("2023-03~", MONTH),
        ("2023-03-01/2023-03-31", MONTH),
        ("../2023-03", MONTH),
        ("2023-03/..", MONTH),
        ("2023-03-21", ()),
        ("2023-03-21", ("no time at all",)),
    ],
)
def test_a_date_that_says_what_its_bounds_say_is_no_finding(text, bounds):
    assert complaints(text, *bounds) == []


@pytest.mark.parametrize(
    "text", ["tomorrow", "2023-13", "2023-02-30", "21.3.2023", "-0100", "2023," * 5_000]
)
def test_a_text_that_is_no_date_is_a_warning_at_once(text):
    (message,) = complaints(text)
    assert "is not a date of EDTF" in message
    assert len(message) < 250


def test_a_date_beside_its_bounds_is_a_warning_for_each():
    begins, ends = complaints("2023-03-22", *DAY)
    assert "begins on 2023-03-22, and mil:earliestStart is on 2023-03-21" in begins
    assert "ends on 2023-03-22, and mil:latestEnd is on 2023-03-21" in ends
