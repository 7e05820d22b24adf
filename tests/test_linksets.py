"""Linksets: a row of a table links with evidence, records a refusal, or is refused."""

from pathlib import Path

import pytest

from milgraph import graphs
from milgraph.errors import LinksetError
from milgraph.linksets import SSSOM, read_linkset
from milgraph.terms import RDF, SKOS, XSD, Literal, NamedNode, Quad

HEAD = """\
# mapping_set_title: a table
# curie_map:
#   actor: https://w3id.org/milgraph/actor/
#   semapv: https://w3id.org/semapv/vocab/
#   wikidata: http://www.wikidata.org/entity/
"""
ROW = {
    "subject_id": "actor:japan",
    "predicate_id": "skos:exactMatch",
    "predicate_modifier": "",
    "object_id": "wikidata:Q17",
    "mapping_justification": "semapv:ManualMappingCuration",
    "author_id": "actor:milgraph-editors",
    "mapping_date": "2026-11-22",
    "confidence": "0.90",
    "comment": "The item's ISO code is JPN.",
}
GRAPH = graphs.links("things")
JAPAN = NamedNode("https://w3id.org/milgraph/actor/japan")
Q17 = NamedNode("http://www.wikidata.org/entity/Q17")


@pytest.fixture
def table(tmp_path: Path):
    """Write a table of rows, each the usual one with some cells changed."""

    def write(*changes: dict[str, str], head: str = HEAD) -> Path:
        path = tmp_path / "things.sssom.tsv"
        rows = ["\t".join((ROW | change).values()) for change in changes]
        path.write_text(head + "\n".join(["\t".join(ROW), *rows]) + "\n")
        return path

    return write


def test_a_row_is_a_mapping_and_the_link_that_it_stands_for(table):
    quads = read_linkset(table({}))
    (mapping,) = {q.subject for q in quads if q.object == SSSOM.Mapping}
    assert Quad(JAPAN, SKOS.exactMatch, Q17, GRAPH) in quads
    assert Quad(mapping, SSSOM.object_id, Q17, GRAPH) in quads
    assert Quad(mapping, SSSOM.comment, Literal(ROW["comment"]), GRAPH) in quads
    assert {q.graph_name for q in quads} == {GRAPH}


def test_a_confidence_is_spelled_as_the_store_spells_it(table):
    (confidence,) = {
        q.object for q in read_linkset(table({})) if q.predicate == SSSOM.confidence
    }
    assert confidence == Literal("0.9", datatype=XSD.decimal)


def test_a_refused_candidate_is_recorded_and_links_nothing(table):
    quads = read_linkset(table({"predicate_modifier": "Not"}))
    assert not [q for q in quads if q.predicate == SKOS.exactMatch]
    assert [q for q in quads if q.predicate == SSSOM.predicate_modifier]


def test_a_table_without_rows_holds_nothing(table):
    assert read_linkset(table()) == frozenset()


@pytest.mark.parametrize(
    "missing", ["mapping_justification", "confidence", "author_id", "comment"]
)
def test_a_row_without_evidence_is_refused_with_its_line(table, missing):
    with pytest.raises(LinksetError, match=f"the row has no {missing}") as caught:
        read_linkset(table({}, {missing: " "}))
    assert caught.value.position.line == 8


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"confidence": "1.1"}, "not a number between 0 and 1"),
        ({"confidence": "nan"}, "not a number between 0 and 1"),
        ({"confidence": "1e-1"}, "not a number between 0 and 1"),
        ({"confidence": "high"}, "not a number between 0 and 1"),
        ({"object_id": "nowhere:Q17"}, "no name with a prefix that the table declares"),
        ({"object_id": "Q17"}, "no name with a prefix that the table declares"),
        ({"object_id": "wikidata:Q 17"}, "is not an IRI"),
        ({"object_id": "<http://example.org/ >"}, "no name with a prefix"),
        ({"predicate_id": "owl:sameAs"}, "owl:sameAs does not link"),
        ({"predicate_id": "skos:prefLabel"}, "skos:prefLabel does not link"),
    ],
)
def test_a_cell_that_says_nothing_usable_is_refused(table, change, told):
    with pytest.raises(LinksetError, match=told) as caught:
        read_linkset(table(change))
    assert caught.value.position.line == 7


def test_a_table_without_its_columns_is_refused(tmp_path):
    path = tmp_path / "things.sssom.tsv"
    path.write_text("subject_id\tobject_id\nactor:japan\twikidata:Q17\n")
    with pytest.raises(LinksetError, match="no column author_id, comment, confidence"):
        read_linkset(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", "subject_id\tü".encode("latin-1")])
def test_a_table_in_another_encoding_is_refused(tmp_path, content):
    path = tmp_path / "things.sssom.tsv"
    path.write_bytes(content)
    with pytest.raises(LinksetError, match="cannot be read"):
        read_linkset(path)


def test_the_shipped_tables_give_a_mapping_for_each_row(resources):
    for path in resources.links:
        lines = path.read_text().splitlines()
        rows = [line for line in lines if line and not line.startswith("#")][1:]
        mappings = {q.subject for q in read_linkset(path) if q.object == SSSOM.Mapping}
        assert len(mappings) == len(rows)
        assert RDF.type in {q.predicate for q in read_linkset(path)}
