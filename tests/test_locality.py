"""Locality: shapes look no further than a change can be followed, or are refused."""

import pytest
import rdflib

from milgraph.errors import UnsupportedShapeError
from milgraph.resources import Resources
from milgraph.terms import RDF, NamedNode, Triple
from milgraph.triples import TripleIndex
from milgraph.validation import Dependencies, Shapes, Transition

EX = "http://example.org/"
PROLOGUE = f"""
@prefix ex: <{EX}> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:names sh:declare [ sh:prefix "ex" ; sh:namespace "{EX}"^^xsd:anyURI ] .
"""


def shapes(turtle: str) -> Shapes:
    graph = rdflib.Graph(bind_namespaces="none")
    return Shapes(graph.parse(data=PROLOGUE + turtle, format="turtle"))


def asking(pattern: str, form: str = "SELECT $this") -> Shapes:
    return shapes(f'''
        ex:Shape sh:targetClass ex:Drill ; sh:sparql [
            sh:prefixes ex:names ; sh:select """{form} WHERE {{ {pattern} }}""" ] .''')


def with_path(path: str) -> Shapes:
    return shapes(f"""
        ex:Shape sh:targetClass ex:Drill ; sh:property [ sh:path {path} ; sh:minCount 1 ] .""")


def walks(given: Shapes) -> set[str]:
    """Return what the shapes read of a drill, as paths; not what makes it a drill."""
    (looking,) = Dependencies.of(given).looking
    spelt = {
        "/".join(
            ("^" if step.is_backward else "")
            + step.predicate.value.rpartition("/")[2].rpartition("#")[2]
            + (f"={step.value.value.removeprefix(EX)}" if step.value else "")
            for step in walk
        )
        for walk in looking.walks
    }
    return spelt - {"type=Drill"}


# What is shipped


@pytest.fixture(scope="module")
def shipped_shapes(resources: Resources) -> Shapes:
    return Shapes.shipped(resources)


def test_every_shipped_shape_is_local(shipped_shapes):
    looking = Dependencies.of(shipped_shapes).looking
    assert len(looking) >= 100
    assert sum(len(each.walks) for each in looking) >= 300


def test_no_shipped_shape_looks_backward_from_a_shared_thing(shipped_shapes):
    backward = {
        step.predicate.value.rpartition("#")[2]
        for looking in Dependencies.of(shipped_shapes).looking
        for walk in looking.walks
        for step in walk
        if step.is_backward
    }
    # Each of these has few subjects, whatever the size of the graph.
    assert backward == {"hasJudgement", "hasReading", "hasTime", "judgedGroup"}


# What a shape reads


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ex:a", {"a"}),
        ("( ex:a ex:b ex:c )", {"a/b/c"}),
        ("[ sh:inversePath ex:a ]", {"^a"}),
        ("[ sh:inversePath ( ex:a ex:b ) ]", {"^b/^a"}),
        ("[ sh:alternativePath ( ex:a ex:b ) ]", {"a", "b"}),
        (
            "( [ sh:alternativePath ( ex:a [ sh:inversePath ex:b ] ) ] ex:c )",
            {"a/c", "^b/c"},
        ),
    ],
)
def test_a_shape_reads_along_its_path(path, expected):
    assert walks(with_path(path)) == expected


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("sh:property [ sh:path ex:a ; sh:class ex:C ]", {"a", "a/type=C"}),
        ("sh:property [ sh:path ex:a ; sh:lessThan ex:b ]", {"a", "b"}),
        ("sh:property [ sh:path ex:a ; sh:equals ex:b ]", {"a", "b"}),
        (
            "sh:property [ sh:path ex:a ; sh:node [ sh:property [ sh:path ex:b ] ] ]",
            {"a", "a/b"},
        ),
        (
            "sh:property [ sh:path ex:a ; sh:property [ sh:path ex:b ; sh:disjoint ex:c ] ]",
            {"a", "a/b", "a/c"},
        ),
        (
            "sh:or ( [ sh:property [ sh:path ex:a ] ] [ sh:class ex:C ] )",
            {"a", "type=C"},
        ),
        ("sh:not [ sh:property [ sh:path ex:a ] ]", {"a"}),
        (
            "sh:property [ sh:path ex:a ; sh:qualifiedMinCount 1 ; "
            "sh:qualifiedValueShape [ sh:class ex:C ] ]",
            {"a", "a/type=C"},
        ),
        ("sh:targetSubjectsOf ex:t ; sh:property [ sh:path ex:a ]", {"a", "t"}),
        ("sh:targetObjectsOf ex:t ; sh:property [ sh:path ex:a ]", {"a", "^t"}),
        ("sh:closed false ; sh:property [ sh:path ex:a ]", {"a"}),
    ],
)
def test_a_shape_reads_what_its_constraints_compare(constraint, expected):
    assert walks(shapes(f"ex:S sh:targetClass ex:Drill ; {constraint} .")) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("$this ex:a ?x . ?x ex:b ?y", {"a", "a/b"}),
        ("?x ex:a $this", {"^a"}),
        ("$this ex:a/^ex:b/(ex:c|ex:d) ?x", {"a/^b/c", "a/^b/d"}),
        ("$this ex:a [ ex:b 4 ]", {"a", "a/b"}),
        ("$this ex:a ?x OPTIONAL { ?x ex:b ?y }", {"a", "a/b"}),
        (
            "{ $this ex:a ?x } UNION { $this ex:b ?x } ?x ex:c ?y",
            {*("a", "b"), "a/c", "b/c"},
        ),
        ("$this ex:a ?x MINUS { $this ex:b ?x }", {"a", "b"}),
        (
            "$this ex:a ?x FILTER (?x > 1 || NOT EXISTS { ?x ex:b ?y FILTER EXISTS { ?y ex:c 1 } })",
            {"a", "a/b", "a/b/c"},
        ),
        ("BIND (EXISTS { $this ex:a ?x } AS ?is)", {"a"}),
        # Two ways to a value: each pattern by its own, none by the value backward.
        ("$this ex:a/ex:s ?v ; ex:b/ex:s ?v", {"a/s", "b/s"}),
        (
            "$this ex:a ?x FILTER NOT EXISTS { $this ex:s ?v ; ex:b/ex:c/ex:s ?v }",
            {"a", "s", "b/c/s"},
        ),
        ("?x ex:b ex:Kind . $this ex:a ?x", {"a", "a/b=Kind"}),
        ("$this ex:a ?x . ?x a ex:C", {"a", "a/type=C"}),
        (
            "$this ex:a ?x { SELECT $this (COUNT(?z) AS ?n) WHERE { $this ex:b/ex:c ?z } GROUP BY $this }",
            {"a", "b/c"},
        ),
        ("{ $this ex:a ?x . { ?x ex:b ?y } }", {"a", "a/b"}),
        ("VALUES ?x { 1 2 } $this ex:a ?x", {"a"}),
    ],
)
def test_a_query_reads_along_its_patterns(pattern, expected):
    assert walks(asking(pattern)) == expected


# What is refused


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("( ex:a ex:b ex:c ex:d )", "more than 3 steps"),
        ("[ sh:zeroOrMorePath ex:a ]", "any length"),
        ("[ sh:oneOrMorePath ex:a ]", "any length"),
        ("[ sh:zeroOrOnePath ex:a ]", "any length"),
        ("[ sh:inversePath rdf:type ]", "every instance of a class"),
    ],
)
def test_a_path_without_an_end_is_refused(path, reason):
    with pytest.raises(UnsupportedShapeError, match=f"{EX}Shape .*{reason}") as refused:
        Dependencies.of(with_path(path))
    assert "at most three steps" in refused.value.hint


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("$this ex:a ?x . ?y ex:b ?z", "nothing joins"),
        ("$this ex:a ex:Kind . ex:Kind ex:b ?z", "nothing joins"),
        ("$this ex:a ?x FILTER NOT EXISTS { ?y ex:b ?z }", "nothing joins"),
        ("OPTIONAL { $this ex:a ?x } ?x ex:b ?y", "nothing joins"),
        ("{ $this ex:a ?x } UNION { $this ex:b ?y } ?x ex:c ?z", "nothing joins"),
        ("$this ex:a ?x BIND (IRI(STR(?x)) AS ?y) ?y ex:b ?z", "nothing joins"),
        (
            "$this ex:a ?x { SELECT (COUNT(?x) AS ?n) WHERE { ?x ex:b ?y } }",
            "nothing joins",
        ),
        (
            "$this ex:a ?k { SELECT ?k (MAX(?z) AS ?n) WHERE { ?y ex:b ?z } GROUP BY ?k }",
            "nothing joins",
        ),
        ("$this ?p ?x", "does not name"),
        ("$this ex:a* ?x", "any length"),
        ("$this ex:a+ ?x", "any length"),
        ("$this ex:a? ?x", "any length"),
        ("$this !ex:a ?x", "any predicate"),
        ("$this ex:a/ex:b/ex:c/ex:d ?x", "more than 3 steps"),
        ("$this a ?kind . ?other a ?kind", "every instance of a class"),
        ("GRAPH ?g { $this ex:a ?x }", "GRAPH"),
        ("SERVICE <http://example.org/sparql> { $this ex:a ?x }", "SERVICE"),
        ("$this ex:a ?x { SELECT $this WHERE { $this ex:b ?y } LIMIT 1 }", "LIMIT"),
        ("$this ex:a", "cannot be read"),
    ],
)
def test_a_query_that_no_change_can_be_followed_to_is_refused(pattern, reason):
    with pytest.raises(UnsupportedShapeError, match=reason):
        Dependencies.of(asking(pattern))


@pytest.mark.parametrize(
    "constraint",
    [
        "sh:closed true",
        "sh:js [ sh:jsFunctionName 'f' ]",
        "sh:sparql [ sh:ask 'ASK {}' ]",
        "sh:rule [ ]",
        "sh:property [ sh:path ex:a ; sh:qualifiedValueShape [ sh:class ex:C ] ; "
        "sh:qualifiedValueShapesDisjoint true ]",
        "sh:node ex:S",
        "sh:target [ ]",
    ],
)
def test_a_constraint_whose_reach_is_not_known_is_refused(constraint):
    with pytest.raises(UnsupportedShapeError, match=f"{EX}S "):
        Dependencies.of(shapes(f"ex:S sh:targetClass ex:Drill ; {constraint} ."))


def test_a_constraint_component_of_ones_own_is_refused():
    with pytest.raises(UnsupportedShapeError, match="of its own kind"):
        Dependencies.of(shapes("ex:Component a sh:ConstraintComponent ."))


# What is walked


def node(name: str) -> NamedNode:
    return NamedNode(EX + name)


def triple(subject: str, predicate: str, value: str) -> Triple:
    named = RDF["type"] if predicate == "a" else node(predicate)
    return Triple(node(subject), named, node(value))


DRILL = {
    triple("drill", "a", "Drill"),
    triple("drill", "by", "fleet"),
    triple("fleet", "of", "state"),
    triple("fleet", "at", "base"),
}


def affected(
    dependencies: Dependencies, before: TripleIndex, after: TripleIndex
) -> frozenset[NamedNode]:
    """Return the nodes that the difference of the two affects."""
    added, removed = after.triples - before.triples, before.triples - after.triples
    return dependencies.affected(Transition(before, after, added, removed))


def test_a_change_at_the_end_of_a_walk_affects_the_node_at_its_start():
    dependencies = Dependencies.of(with_path("( ex:by ex:of )"))
    moved = triple("fleet", "of", "state")
    before, after = TripleIndex(DRILL), TripleIndex(DRILL - {moved})
    assert affected(dependencies, before, after) == {node("drill")}
    assert affected(dependencies, after, before) == {node("drill")}


def test_a_change_beside_every_walk_affects_nothing():
    dependencies = Dependencies.of(with_path("( ex:by ex:of )"))
    moved = triple("fleet", "at", "base")
    before, after = TripleIndex(DRILL), TripleIndex(DRILL - {moved})
    assert affected(dependencies, before, after) == frozenset()


def test_a_node_that_is_no_longer_of_the_class_is_affected():
    dependencies = Dependencies.of(with_path("ex:by"))
    kind = triple("drill", "a", "Drill")
    before, after = TripleIndex(DRILL), TripleIndex(DRILL - {kind})
    assert affected(dependencies, before, after) == {node("drill")}
    assert affected(dependencies, before, before) == frozenset()


def test_a_walk_may_be_new_and_its_end_old():
    dependencies = Dependencies.of(with_path("( ex:by ex:of )"))
    joins = triple("drill", "by", "fleet")
    before, after = TripleIndex(DRILL - {joins}), TripleIndex(DRILL)
    assert affected(dependencies, before, after) == {node("drill")}


def test_the_context_is_what_the_shapes_read_and_no_more():
    dependencies = Dependencies.of(with_path("( ex:by ex:of )"))
    view = TripleIndex(DRILL | {triple("drill", "a", "Event")})
    expected = DRILL - {triple("fleet", "at", "base")}
    assert dependencies.context([node("drill")], view) == expected
    assert dependencies.context([node("fleet")], view) == set()


def test_a_target_by_property_is_found_from_either_end():
    by_subject = shapes(
        "ex:S sh:targetSubjectsOf ex:by ; sh:property [ sh:path ex:b ] ."
    )
    by_object = shapes("ex:S sh:targetObjectsOf ex:by ; sh:property [ sh:path ex:b ] .")
    by_name = shapes("ex:S sh:targetNode ex:fleet ; sh:property [ sh:path ex:of ] .")
    joins, of = triple("drill", "by", "fleet"), triple("fleet", "of", "state")
    view, without = TripleIndex(DRILL), TripleIndex(DRILL - {joins, of})
    found = [
        affected(Dependencies.of(given), view, without)
        for given in (by_subject, by_object, by_name)
    ]
    assert found == [{node("drill")}, {node("fleet")}, {node("fleet")}]
    assert Dependencies.of(by_object).context([node("fleet")], view) == {joins}
    assert Dependencies.of(by_name).context([node("fleet")], view) == {of}


# What is kept


def test_what_shapes_read_is_kept_until_they_change(shipped_shapes, tmp_path):
    file = tmp_path / "data" / "reach.json"
    compiled = Dependencies.of(shipped_shapes, file=file)
    assert file.exists()
    # No queries are read again: there are none in this graph.
    same = Shapes(rdflib.Graph(), shipped_shapes.digest)
    assert set(Dependencies.of(same, file=file).looking) == set(compiled.looking)
    other = Shapes(rdflib.Graph(), "of other files")
    assert Dependencies.of(other, file=file).looking == ()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 1}', '{"version": 0, "digest": "d"}']
)
def test_what_was_kept_badly_is_compiled_anew(content, tmp_path):
    file = tmp_path / "reach.json"
    file.write_text(content)
    given = Shapes(with_path("ex:a").graph, "d")
    (looking,) = Dependencies.of(given, file=file).looking
    assert len(looking.walks) == 2
    assert Dependencies.of(Shapes(rdflib.Graph(), "d"), file=file).looking == (looking,)


def test_where_nothing_can_be_kept_nothing_is_missed(tmp_path):
    (tmp_path / "file").touch()
    given = Shapes(with_path("ex:a").graph, "d")
    assert Dependencies.of(given, file=tmp_path / "file" / "reach.json").looking
