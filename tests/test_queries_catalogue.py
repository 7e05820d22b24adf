"""Stored queries: a header describes its parameters, and a wrong value is told."""

from pathlib import Path

import pytest

from milgraph.errors import ParameterError, QueryError, UnknownQueryError
from milgraph.queries import Catalogue, StoredQuery
from milgraph.store import Snapshot
from milgraph.terms import XSD, Literal, NamedNode, Quad

HEADER = '#+ title = "A question"\n#+ description = "What it\\nasks."\n'
PARAMETER = '#+ [params.x]\n#+ type = "{}"\n#+ label = "X"\n#+ example = "{}"\n'
A, B = NamedNode("http://example.org/a"), NamedNode("http://example.org/b")


@pytest.fixture
def write(tmp_path: Path):
    def written(text: str, name: str = "queries/browse/question.rq") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return written


def query(write, kind: str, example: str, more: str = "") -> StoredQuery:
    head = HEADER + PARAMETER.format(kind, example) + more
    return StoredQuery.of(write(head + "SELECT ?x { VALUES ?x { 1 } }"))


def test_a_header_is_toml_and_the_rest_is_the_query(write):
    found = StoredQuery.of(write(HEADER + '#+ tags = ["a"]\n\nASK { ?s ?p ?o }\n'))
    assert (found.name, found.title, found.tags) == ("question", "A question", ("a",))
    assert found.description == "What it asks."
    assert found.sparql == "ASK { ?s ?p ?o }\n"
    assert found.folder == "browse"
    assert found.parameters == {}


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("", "no 'description'"),
        ('#+ title = "x"\n', "no 'description'"),
        ("#+ title = x\n", "the header is not TOML"),
        (HEADER + "#+ colour = 1\n", "unknown key 'colour'"),
        (HEADER + '#+ [params.x]\n#+ type = "iri"\n', "parameter x has no 'example'"),
        (HEADER + PARAMETER.format("iri", "x") + "#+ size = 1\n", "unknown key 'size'"),
        (HEADER + PARAMETER.format("date", "x"), "parameter x has type 'date'"),
    ],
)
def test_a_header_that_does_not_describe_is_refused(write, head, told):
    with pytest.raises(QueryError, match=told):
        StoredQuery.of(write(head + "ASK {}"))


@pytest.mark.parametrize(
    ("kind", "text", "term"),
    [
        ("iri", "place:x", NamedNode("https://w3id.org/milgraph/place/x")),
        ("string", "a b", Literal("a b")),
        ("integer", "007", Literal("7", datatype=XSD.integer)),
        ("decimal", "0.50", Literal("0.50", datatype=XSD.decimal)),
        ("decimal", "10", Literal("10", datatype=XSD.decimal)),
        ("decimal", "100", Literal("100", datatype=XSD.decimal)),
        ("decimal", "0.0000001", Literal("0.0000001", datatype=XSD.decimal)),
        (
            "dateTime",
            "2023-03-21",
            Literal("2023-03-21T00:00:00Z", datatype=XSD.dateTime),
        ),
        (
            "dateTime",
            "2023-03-21T10:00:00+09:00",
            Literal("2023-03-21T10:00:00+09:00", datatype=XSD.dateTime),
        ),
    ],
)
def test_a_value_is_read_as_its_parameter_says(write, kind, text, term):
    assert query(write, kind, text).bindings({"x": text}) == {"x": term}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("iri", "x"),
        ("iri", "nope:x"),
        ("iri", "http://a b"),
        ("integer", "two"),
        ("integer", "1.5"),
        ("decimal", "nan"),
        ("decimal", "inf"),
        ("decimal", "1e400"),
        ("dateTime", "tomorrow"),
        ("dateTime", "2023-13-01"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_an_example(write, kind, text):
    with pytest.raises(ParameterError, match="x: ") as caught:
        query(write, kind, "the example").bindings({"x": text})
    assert caught.value.hint == "For example: the example"


def test_a_parameter_that_the_query_does_not_have_is_told_with_those_it_has(write):
    with pytest.raises(ParameterError, match="no parameter 'y'") as caught:
        query(write, "string", "a").bindings({"y": "1"})
    assert caught.value.hint == "Parameters: x."


def test_a_parameter_without_a_value_takes_its_default_or_is_asked_for(write):
    with pytest.raises(ParameterError, match=r"needs x \(X\)"):
        query(write, "string", "a").bindings({})
    given = query(write, "string", "a", '#+ default = "b"\n').bindings({})
    assert given == {"x": Literal("b")}


def test_a_value_is_bound_and_never_becomes_part_of_the_text(write):
    text = HEADER + PARAMETER.format("string", "a") + "SELECT ?x { ?s ?p ?x }"
    dataset = Snapshot.of([Quad(A, B, Literal('" } #'))])
    found = StoredQuery.of(write(text)).run(dataset, {"x": '" } #'})
    assert [row["x"] for row in found] == [Literal('" } #')]


def test_a_catalogue_holds_each_name_once(write, tmp_path):
    write(HEADER + "ASK {}", "queries/a/one.rq")
    write(HEADER + "ASK {}", "queries/b/two.rq")
    catalogue = Catalogue.of(tmp_path / "queries")
    assert [found.name for found in catalogue] == ["one", "two"]
    assert len(catalogue) == 2
    with pytest.raises(UnknownQueryError, match="'ones'") as caught:
        catalogue.get("ones")
    assert "Did you mean one?" in str(caught.value.hint)
    write(HEADER + "ASK {}", "queries/b/one.rq")
    with pytest.raises(QueryError, match="two queries are named one"):
        Catalogue.of(tmp_path / "queries")
