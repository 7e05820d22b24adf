"""Findings: what a validation found, for people, for programs and for editors."""

import json
from pathlib import Path

import pytest

from milgraph.cli.rendering import findings, findings_as_json
from milgraph.errors import Position
from milgraph.findings import cause_as_json
from milgraph.resources import Resources
from milgraph.syntax import FORMATS, Source, read, write
from milgraph.terms import (
    MIL,
    SH,
    SHAPE,
    XSD,
    Literal,
    NamedNode,
)
from milgraph.validation import Report, Result, Severity, Shapes, sarif_of
from milgraph.validation.report import from_triples

ARTICLE = "https://w3id.org/milgraph/article/2024-05-14-drill"
CLAIM = NamedNode(f"{ARTICLE}#claim-1")


@pytest.fixture(scope="module")
def shapes(resources: Resources) -> Shapes:
    return Shapes.shipped(resources)


def node(name: str) -> NamedNode:
    return NamedNode(f"{ARTICLE}#{name}")


def missing_time(name: str = "drill", **given: object) -> Result:
    usual = {
        "severity": Severity.VIOLATION,
        "focus_node": node(name),
        "shape": SHAPE["Activity-time"],
        "component": SH.MinCountConstraintComponent,
        "message": "An activity has exactly one time extent: add mil:hasTime.",
        "path": MIL.hasTime,
        "claim": CLAIM,
        "segment": node("s1"),
        "position": Position("drill.trig", 23, 5),
        "expected": "exactly one value",
    }
    return Result(**(usual | given))


def wrong_count(name: str = "count") -> Result:
    return Result(
        severity=Severity.WARNING,
        focus_node=node(name),
        shape=SHAPE["CountQuantity-atLeast"],
        component=SH.DatatypeConstraintComponent,
        message="A count is a number: write a numeral.",
        path=MIL.atLeast,
        value=Literal("two"),
        expected="a literal of type xsd:integer",
    )


# What is expected


@pytest.mark.parametrize(
    ("shape", "component", "expected"),
    [
        ("Activity-time", "MinCount", "exactly one value"),
        ("Activity-duration", "MaxCount", "at most one value"),
        ("Component-component", "MaxCount", "no value"),
        ("JointActivity-involvesState", "MinCount", "at least 2 values"),
        ("Activity-place", "Class", "of class mil:Place"),
        ("Article-textLength", "Datatype", "a literal of type xsd:integer"),
        ("Article-textLength", "MinInclusive", "at least 1"),
        ("Article-textDigest", "Pattern", "text that matches ^[0-9a-f]{64}$"),
        ("Article-source", "NodeKind", "an IRI"),
        ("Triggered-class", "HasValue", "mil:Scramble among the values"),
        (
            "Participation-role",
            "Node",
            "something with skos:inScheme https://w3id.org/milgraph/code/role",
        ),
        ("Participation-sum", "SPARQL", None),
        ("Participation-who", "Or", None),
    ],
)
def test_what_a_constraint_expects_is_said_in_words(shapes, shape, component, expected):
    named = SH[f"{component}ConstraintComponent"]
    assert shapes.expected(SHAPE[shape], named) == expected


def test_every_constraint_on_a_value_says_what_it_expects(shapes):
    """What else there is, a message alone can say."""
    silent = {"or", "and", "not", "xone", "sparql", "qualifiedMaxCount"}
    about = {"path", "name", "severity", "message", "property", "targetClass"}
    about |= {"targetSubjectsOf", "qualifiedValueShape", "flags"}
    untold = set()
    for shape, predicate in shapes.graph.subject_predicates():
        parameter = str(predicate).removeprefix(SH.iri)
        named = str(shape).startswith(SHAPE.iri)
        if not named or parameter == str(predicate) or parameter in silent | about:
            continue
        component = f"{parameter[0].upper()}{parameter[1:]}ConstraintComponent"
        if not shapes.expected(NamedNode(str(shape)), SH[component]):
            untold.add((str(shape), parameter))
    assert {each for each in untold if each[1] not in {"prefixes", "select"}} == set()


# For people


def told(report: Report) -> str:
    return findings(report, name_of=lambda shape: f"[{shape.value[-4:]}]", width=80)


def test_a_finding_says_what_is_wrong_what_was_written_and_what_is_expected():
    assert told(Report.of([wrong_count()])) == (
        "<#count>\n"
        "  warning: [east] (mil:atLeast)\n"
        "    A count is a number: write a numeral.\n"
        "    You wrote: two\n"
        "    Expected: a literal of type xsd:integer\n"
        "    Rule: shape:CountQuantity-atLeast"
    )


def test_many_findings_are_told_by_their_causes():
    many = [missing_time(f"drill-{number:04}") for number in range(1234)]
    text = told(Report.of([*many, wrong_count()]))
    assert text == (
        "violation: [time] (mil:hasTime): 1,234 nodes\n"
        "  An activity has exactly one time extent: add mil:hasTime.\n"
        + "".join(f"    <#drill-000{n}>  (drill.trig:23:5)\n" for n in range(5))
        + "    and 1,229 more\n"
        "  Rule: shape:Activity-time\n\n"
        "warning: [east] (mil:atLeast): 1 node\n"
        "  A count is a number: write a numeral.\n"
        "    <#count>\n"
        "  Rule: shape:CountQuantity-atLeast"
    )


def test_what_is_written_in_a_file_name_does_not_reach_the_terminal():
    many = [
        missing_time(f"n{number}", position=Position("\x1b[2J.trig", 1))
        for number in range(300)
    ]
    assert "\x1b" not in told(Report.of(many))


# Causes


def test_the_worst_cause_comes_first_and_then_the_most_frequent():
    report = Report.of(
        [
            *(wrong_count(f"c{n}") for n in range(3)),
            missing_time("a"),
            missing_time("a", value=Literal("x")),
            *(missing_time(f"p{n}", path=MIL.hasPlace) for n in range(2)),
        ]
    )
    assert [(c.first.path, len(c.nodes), len(c.results)) for c in report.causes] == [
        (MIL.hasPlace, 2, 2),
        (MIL.hasTime, 1, 2),
        (MIL.atLeast, 3, 3),
    ]
    assert Report().causes == ()


# For programs


def test_a_finding_as_json_says_all_that_is_known_of_it():
    (finding,) = findings_as_json(Report.of([missing_time()]), name_of=lambda _: "time")
    assert json.loads(json.dumps(finding)) == {
        "severity": "violation",
        "message": "An activity has exactly one time extent: add mil:hasTime.",
        "expected": "exactly one value",
        "focusNode": f"{ARTICLE}#drill",
        "path": MIL.hasTime.value,
        "field": "time",
        "value": None,
        "shape": SHAPE["Activity-time"].value,
        "component": SH.MinCountConstraintComponent.value,
        "claim": CLAIM.value,
        "segment": f"{ARTICLE}#s1",
        "file": "drill.trig",
        "line": 23,
        "column": 5,
        "jsonPath": None,
    }


def test_a_cause_as_json_counts_its_nodes_and_names_a_few():
    report = Report.of(missing_time(f"drill-{number:02}") for number in range(99))
    (cause,) = (cause_as_json(c, lambda _: "time") for c in report.causes)
    assert (cause["findings"], cause["nodes"]) == (99, 99)
    assert cause["examples"] == [f"{ARTICLE}#drill-{n:02}" for n in range(10)]


# As RDF


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_a_report_is_written_in_every_format_of_rdf(form):
    report = Report.of([missing_time(), wrong_count()])
    content = write(report.triples(), form)
    quads = read(Source(f"report.{form.endings[0]}", content, form))
    again = from_triples(quad.triple for quad in quads)
    spelt = {(r.severity, r.focus_node, r.shape, r.path, r.value) for r in again}
    assert spelt == {
        (r.severity, r.focus_node, r.shape, r.path, r.value) for r in report.results
    }


def test_a_report_with_any_result_does_not_conform_as_shacl_means_it():
    said = [
        t.object
        for t in Report.of([wrong_count()]).triples()
        if t.predicate == SH.conforms
    ]
    assert said == [Literal("false", datatype=XSD.boolean)]
    assert [t.object for t in Report().triples() if t.predicate == SH.conforms] == [
        Literal("true", datatype=XSD.boolean)
    ]


# SARIF 2.1.0


def test_a_log_of_sarif_has_a_rule_for_each_shape_and_a_place_for_each_result():
    report = Report.of([missing_time(), missing_time("other"), wrong_count()])
    log = json.loads(
        json.dumps(sarif_of(report, name_of=lambda shape: shape.value[-4:]))
    )
    assert (log["version"], "2.1.0" in log["$schema"]) == ("2.1.0", True)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "milgraph"
    assert [(rule["id"], rule["name"]) for rule in driver["rules"]] == [
        ("shape:Activity-time", "time"),
        ("shape:CountQuantity-atLeast", "east"),
    ]
    first, _, last = run["results"]
    assert first["message"]["text"] == missing_time().message
    assert [r["level"] for r in run["results"]] == ["error", "error", "warning"]
    assert [r["ruleIndex"] for r in run["results"]] == [0, 0, 1]
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "drill.trig"},
                "region": {"startLine": 23, "startColumn": 5},
            },
            "logicalLocations": [
                {
                    "fullyQualifiedName": CLAIM.value,
                    "name": "claim-1",
                    "kind": "claim",
                }
            ],
        }
    ]
    (place,) = last["locations"]
    assert "physicalLocation" not in place
    assert place["logicalLocations"][0]["kind"] == "resource"
    assert run["artifacts"] == [{"location": {"uri": "drill.trig"}}]


def test_every_rule_and_level_of_a_log_is_one_of_sarif(shapes):
    results = [
        missing_time(severity=severity, message="", position=position)
        for severity in Severity
        for position in (None, Position("a file.trig"), Position("/drafts/ä.trig", 1))
    ]
    (run,) = sarif_of(Report.of(results), name_of=shapes.name)["runs"]
    assert {r["level"] for r in run["results"]} == {"error", "warning", "note"}
    assert all(r["message"]["text"] for r in run["results"])
    assert {a["location"]["uri"] for a in run["artifacts"]} == {
        "a%20file.trig",
        Path("/drafts/ä.trig").as_uri(),
    }


def test_a_report_without_results_is_a_log_without_results():
    (run,) = sarif_of(Report(), name_of=str)["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
