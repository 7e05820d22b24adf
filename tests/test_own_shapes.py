"""Own shapes: shapes that a user brings are read safely, and say which of them found what."""

import pytest

from milgraph.errors import KnowledgeGraphError, SourceError, UnsupportedShapeError
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import NamedNode, Triple
from milgraph.validation import Report, Severity, Shapes, own_shapes, validate_with

EX = "http://example.org/"
PROLOGUE = f"""
@prefix ex: <{EX}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def turtle(text: str, name: str = "shapes.ttl") -> Source:
    return Source(name, (PROLOGUE + text).encode(), FORMATS["turtle"])


def shapes(text: str) -> Shapes:
    return own_shapes(turtle(text))


def triples(text: str) -> set[Triple]:
    return {quad.triple for quad in read(turtle(text, "facts.ttl"))}


def found(report: Report) -> list[tuple[str, str, str | None]]:
    return [
        (r.focus_node.value, r.shape.value.removeprefix(EX), r.expected)
        for r in report.results
    ]


SHIP = """
    ex:Ship a sh:NodeShape ; sh:targetClass ex:Vessel ;
        sh:property [ sh:path ex:name ; sh:minCount 1 ] , [ sh:path ex:length ; sh:datatype xsd:integer ] .
"""


def test_facts_are_held_to_the_shapes_that_are_brought():
    report = validate_with(
        shapes(SHIP), triples('ex:x a ex:Vessel ; ex:length "long" .')
    )
    assert found(report) == [
        (f"{EX}x", "Ship-length", "a literal of type xsd:integer"),
        (f"{EX}x", "Ship-name", "at least one value"),
    ]
    assert not report.conforms
    assert report.graph_size == 2


def test_facts_that_satisfy_them_conform():
    facts = triples('ex:x a ex:Vessel ; ex:name "Orel" ; ex:length 40 .')
    assert validate_with(shapes(SHIP), facts).results == ()


def test_two_shapes_of_one_path_have_two_names():
    given = shapes("""
        ex:Ship sh:targetClass ex:Vessel ; sh:or ( ex:Named [ sh:path ex:a ; sh:minCount 1 ] ) ;
            sh:property [ sh:path ex:a ; sh:minCount 1 ] , [ sh:path ex:a ; sh:maxCount 1 ] .
        ex:Ship-a a ex:Taken .
        ex:Named sh:path ex:name ; sh:minCount 1 .""")
    names = {str(node).removeprefix(EX) for node in given.graph.subjects()}
    assert {"Ship-a1", "Ship-a2", "Ship-a3"} <= names


def test_a_query_of_ones_own_is_answered():
    report = validate_with(
        shapes(f'''
            ex:Ship sh:targetClass ex:Vessel ; sh:sparql [
                sh:prefixes ex: ; sh:message "too long" ;
                sh:select "SELECT $this ?value {{ $this ex:length ?value FILTER (?value > 300) }}" ] .
            ex: sh:declare [ sh:prefix "ex" ; sh:namespace "{EX}"^^xsd:anyURI ] .'''),
        triples("ex:x a ex:Vessel ; ex:length 400 . ex:y a ex:Vessel ; ex:length 40 ."),
    )
    assert found(report) == [(f"{EX}x", "Ship", None)]
    assert report.results[0].message == "too long"


def asking(query: str) -> str:
    return f'ex:Ship sh:targetClass ex:Vessel ; sh:sparql [ sh:select """{query}""" ] .'


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT $this { SERVICE <http://example.org/> { $this ?p ?o } }", "SERVICE"),
        (
            "SELECT $this { SERVICE#c\n<http://example.org/> { $this ?p ?o } }",
            "SERVICE",
        ),
        ("SELECT $this FROM <http://example.org/> { $this ?p ?o }", "FROM"),
        ("SELECT $this FROM NAMED <http://example.org/> { $this ?p ?o }", "FROM"),
        ("SELECT $this { GRAPH ?g { $this ?p ?o } }", "GRAPH"),
        ("SELECT $this { #\rGRAPH ?g { $this ?p ?o } }", "cannot be read"),
        (
            "SELECT $this { $this ?p ?o FILTER (?o > 1 || EXISTS { GRAPH ?g { ?o ?q ?r } }) }",
            "GRAPH",
        ),
        ("SELECT $this { { SELECT ?g { GRAPH ?g { } } } }", "GRAPH"),
        ("DELETE WHERE { ?s ?p ?o }", "only queries"),
        ("SELECT $this {" + "{" * 500 + "}" * 501, "nested"),
        ("SELECT $this { $this ?p", "cannot be read"),
    ],
)
def test_a_query_that_reads_more_than_the_facts_is_refused(query, reason):
    with pytest.raises(UnsupportedShapeError, match=reason) as refused:
        shapes(asking(query))
    assert str(refused.value).startswith("shapes.ttl: ")


@pytest.mark.parametrize(
    "query",
    [
        'SELECT $this { $this ?p "GRAPH and FROM and SERVICE" }',
        "SELECT $this { $this <http://example.org/FROM> ?o } # FROM GRAPH",
        "SELECT $this { $this ?from ?graph }",
        "SELECT $this { $this $PATH ?value }",
    ],
)
def test_a_word_that_is_no_keyword_is_none(query):
    assert shapes(asking(query.replace('"', "'")))


@pytest.mark.parametrize(
    "text",
    [
        'ex:Ship sh:targetClass ex:Vessel ; sh:js [ sh:jsFunctionName "f" ] .',
        "ex:Ship sh:targetClass ex:Vessel . ex:f a sh:JSFunction .",
        'ex:Ship sh:path ex:a . ex:l sh:jsLibraryURL "http://example.org/l.js"^^xsd:anyURI .',
    ],
)
def test_a_script_is_refused(text):
    with pytest.raises(UnsupportedShapeError, match="script"):
        shapes(text)


def test_what_is_imported_is_not_fetched_and_that_is_told():
    given = shapes(
        f"{SHIP} ex: a owl:Ontology ; owl:imports <http://example.org/more> ."
    )
    (advice,) = validate_with(given, set()).results
    assert advice.severity is Severity.INFO
    assert advice.focus_node == NamedNode("http://example.org/more")
    assert "not fetched" in advice.message


@pytest.mark.parametrize("text", ["", "ex:a ex:b ex:c .", "no turtle"])
def test_a_text_without_shapes_is_refused(text):
    with pytest.raises(SourceError):
        shapes(text)


@pytest.mark.parametrize(
    "text",
    [
        "ex:Ship sh:targetClass ex:Vessel ; sh:property [ sh:minCount 1 ] .",
        "ex:Ship sh:targetClass ex:Vessel ; sh:property [ sh:path ex:a ; sh:pattern '(' ] .",
        "ex:Ship sh:targetClass ex:Vessel ; sh:or ex:a .",
        "ex:Ship sh:targetClass ex:Vessel ; sh:node ex:Ship , [ sh:path ( ) ] .",
    ],
)
def test_ill_formed_shapes_are_an_error_of_their_author(text):
    facts = triples('ex:x a ex:Vessel ; ex:a "b" .')
    with pytest.raises(KnowledgeGraphError):
        validate_with(shapes(text), facts)
