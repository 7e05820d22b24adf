"""Linksets: a row of a table links with evidence, records a refusal, or is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milgraph import graphs
from milgraph.errors import LinksetError
from milgraph.linksets import (
    LINKING,
    SSSOM,
    VOID,
    MappingSet,
    Row,
    read_linkset,
    read_table,
)
from milgraph.linksets.slots import OF_A_MAPPING, REQUIRED_OF_A_SET
from milgraph.terms import DCTERMS, RDF, SKOS, XSD, Literal, NamedNode, Quad

HEAD = """\
# mapping_set_id: https://w3id.org/milgraph/graph/links/things
# mapping_set_version: '2026-11-22'
# mapping_set_title: a table
# license: https://creativecommons.org/licenses/by/4.0/
# subject_source: https://w3id.org/milgraph/graph/reference
# object_source: https://www.wikidata.org/
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
PREFIXES = {
    "actor": "https://w3id.org/milgraph/actor/",
    "semapv": "https://w3id.org/semapv/vocab/",
    "wikidata": "http://www.wikidata.org/entity/",
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


def test_a_table_without_rows_is_a_linkset_without_links(table):
    quads = read_linkset(table())
    assert {q.subject for q in quads} == {GRAPH}
    assert Quad(GRAPH, VOID.triples, Literal(0), GRAPH) in quads


def test_a_linkset_says_what_it_links_by_what_and_how_often(table):
    told = {
        (q.predicate, q.object) for q in read_linkset(table({})) if q.subject == GRAPH
    }
    assert {
        (RDF["type"], VOID.Linkset),
        (VOID.subjectsTarget, graphs.REFERENCE),
        (VOID.objectsTarget, NamedNode("https://www.wikidata.org/")),
        (VOID.linkPredicate, SKOS.exactMatch),
        (VOID.triples, Literal(1)),
        (DCTERMS.license, NamedNode("https://creativecommons.org/licenses/by/4.0/")),
        (NamedNode("http://www.w3.org/ns/dcat#version"), Literal("2026-11-22")),
    } <= told


def test_an_entity_without_counterpart_is_recorded_and_links_nothing(table):
    path = table({"object_id": "sssom:NoTermFound"})
    assert not [q for q in read_linkset(path) if q.predicate in LINKING]
    found = read_table(path)
    assert found.without_counterpart == {JAPAN}
    assert found.linked == frozenset()


def test_a_judgement_keeps_its_name_wherever_its_row_stands(table):
    first = {q.subject for q in read_linkset(table({}))}
    other = {"object_id": "wikidata:Q18"}
    assert first <= {q.subject for q in read_linkset(table(other, {}))}


@pytest.mark.parametrize(
    "missing", ["mapping_justification", "confidence", "author_id", "comment"]
)
def test_a_row_without_evidence_is_refused_with_its_line(table, missing):
    with pytest.raises(LinksetError, match=f"the row has no {missing}") as caught:
        read_linkset(table({}, {missing: " "}))
    assert caught.value.position.line == 13


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
        ({"predicate_modifier": "not"}, "is not Not"),
        ({"mapping_date": "last week"}, "is not a day"),
        ({"mapping_date": "20261122"}, "is not a day"),
        ({"predicate_id": "skos:prefLabel"}, "skos:prefLabel does not link"),
    ],
)
def test_a_cell_that_says_nothing_usable_is_refused(table, change, told):
    with pytest.raises(LinksetError, match=told) as caught:
        read_linkset(table(change))
    assert caught.value.position.line == 12


def test_a_table_without_its_columns_is_refused(tmp_path):
    path = tmp_path / "things.sssom.tsv"
    path.write_text(HEAD + "subject_id\tobject_id\nactor:japan\twikidata:Q17\n")
    with pytest.raises(
        LinksetError, match="no column predicate_id, mapping_justification"
    ):
        read_linkset(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", "subject_id\tü".encode("latin-1")])
def test_a_table_in_another_encoding_is_refused(tmp_path, content):
    path = tmp_path / "things.sssom.tsv"
    path.write_bytes(content)
    with pytest.raises(LinksetError, match="cannot be read"):
        read_linkset(path)


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("subject_id\t", "subject_id\tsubject_id\t", 11, "subject_id 2 times"),
        ("comment\n", "remark\n", 11, "'remark' is not a column of SSSOM"),
        ("\t0.90\t", "\t0.90\t\t", 12, "10 cells, and the table 9 columns"),
        ("\t0.90\t", "\t", 12, "8 cells, and the table 9 columns"),
        ("JPN", "J\0PN", 12, "a NUL"),
        ("# mapping_set_id", "\ufeff# mapping_set_id", 1, "a byte order mark"),
        ("\nactor", "\n\nactor", 12, "an empty line"),
        ("The item", '"The item', 12, "damaged"),
        ("# license", "# licence", 1, "licence is not a slot"),
        ("# license", "# mapping_set_title: b\n# license", 4, "is there twice"),
        ("a table", "[a, table]", 1, "more than one value"),
        ("a table", "{a: {b: c}}", 3, "too deep"),
        ("a table", "&a table", 3, "refer to a part of themselves"),
        ("a table", "*a", 3, "refer to a part of themselves"),
        ("a table", "!!python/name:os.system x", 3, "a tag of YAML"),
        ("a table", "[" * 9_000, 3, "too deep"),
        ("a table", "x" * 300_000, 1, "longer than"),
        ("# license", "#   license", 4, "not YAML"),
        ("# license", "# ? [a]\n# : b\n# license", 4, "where a name belongs"),
        ("# license", "# ? {a: b}\n# : b\n# license", 4, "where a name belongs"),
        (
            "# license: https://creativecommons.org/licenses/by/4.0/\n",
            "",
            10,
            "no license",
        ),
    ],
    ids=range(21),
)
def test_a_damaged_table_is_refused_with_its_line(table, old, new, line, told):
    path = table({})
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(LinksetError, match=told) as caught:
        read_linkset(path)
    assert caught.value.position.line == line


def test_a_pair_is_judged_once(table):
    with pytest.raises(LinksetError, match="have a row already") as caught:
        read_linkset(table({}, {"predicate_modifier": "Not"}))
    assert caught.value.position.line == 13


# Round trips

CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
)
PARTS = st.lists(CELLS.filter(lambda text: not text.endswith("\\")), min_size=1)
ROWS = st.fixed_dictionaries(
    {
        "object_label": st.none() | CELLS,
        "match_string": st.none() | PARTS,
        "comment": CELLS.filter(str.strip),
    }
)


@given(rows=st.lists(ROWS, max_size=4), title=CELLS, notes=PARTS)
def test_a_table_is_read_as_it_was_written_and_written_as_it_was_read(
    tmp_path_factory, rows, title, notes
):
    path = tmp_path_factory.getbasetemp() / "round.sssom.tsv"
    given_rows = tuple(
        Row.of(
            subject_id="actor:japan",
            predicate_id="skos:exactMatch",
            object_id=f"wikidata:Q{number}",
            mapping_justification="semapv:ManualMappingCuration",
            author_id=["actor:milgraph-editors"],
            mapping_date="2026-11-22",
            confidence="0.9",
            **{slot: value for slot, value in row.items() if value},
        )
        for number, row in enumerate(rows)
    )
    metadata = dict.fromkeys(REQUIRED_OF_A_SET, ("https://example.org/",))
    metadata |= {"mapping_set_title": (title,), "creator_label": tuple(notes)}
    columns = tuple(slot for slot in OF_A_MAPPING if slot in {*ROW, "match_string"})
    columns = (*columns, "object_label")
    table = MappingSet(metadata, PREFIXES, columns, given_rows)
    table.write(path)
    again = read_table(path)
    assert again == table
    assert again.text() == path.read_bytes().decode()


def test_the_shipped_tables_are_written_as_they_were_read(resources):
    for path in resources.links:
        assert read_table(path).text() == path.read_text(encoding="utf-8")


# What grows


def test_a_row_that_is_added_stands_behind_those_of_its_subject(table):
    before = read_table(table({}, {"subject_id": "actor:russia"}))
    row = Row.of(**ROW | {"object_id": "atlas:1", "mapping_tool": "a tool"})
    curies = {"atlas": "https://example.org/", "actor": "https://elsewhere.org/"}
    after = before.adding([row], curies=curies, version="2")
    assert [row["object_id"] for row in after.rows] == [
        *("wikidata:Q17", "atlas:1", "wikidata:Q17")
    ]
    assert after["mapping_set_version"] == "2"
    assert "mapping_tool" in after.columns
    assert after.curies["actor"] == "https://w3id.org/milgraph/actor/"
    with pytest.raises(LinksetError, match="judged already"):
        after.adding([row], curies=curies, version="3")
    with pytest.raises(LinksetError, match="the row has no comment"):
        after.adding([Row.of(**ROW | {"comment": ""})], curies=curies, version="3")


def test_nothing_in_the_links_lacks_evidence(resources):
    assert len(resources.links) >= 4
    for path in resources.links:
        table = read_table(path)
        told = {slot for slot, values in table.metadata.items() if values}
        assert {*REQUIRED_OF_A_SET, "subject_source_version", "creator_id"} <= told
        for row in table.rows:
            assert len(row["comment"]) > 10, row
            assert row["author_id"], row
            assert row["subject_label"], row
            assert row["mapping_date"] <= table["mapping_set_version"], row
        assert table == table.counted()


def test_the_shipped_tables_give_a_mapping_for_each_row(resources):
    for path in resources.links:
        lines = path.read_text().splitlines()
        rows = [line for line in lines if line and not line.startswith("#")][1:]
        mappings = {q.subject for q in read_linkset(path) if q.object == SSSOM.Mapping}
        assert len(mappings) == len(rows)
        assert RDF.type in {q.predicate for q in read_linkset(path)}
