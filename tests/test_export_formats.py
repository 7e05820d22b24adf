"""Exports for those who work elsewhere: tables, maps, web pages, RDF 1.2, nanopublications.

What the graph holds true is told with its source; what somebody denies or supposes never
looks as if it were held true.
"""

import csv
import io
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import SDO

from milgraph.errors import QueryError, SettingsError
from milgraph.export import parquet as parquet_module
from milgraph.export.columns import COLUMNS, Kind
from milgraph.export.formats import EXPORTS, exported
from milgraph.export.geojson import geometry_of
from milgraph.export.nanopublications import NP
from milgraph.export.scopes import Scope
from milgraph.export.tables import guarded
from milgraph.iris import document_of
from milgraph.syntax import FORMATS, parsed
from milgraph.terms import MIL, PROV, RDF, DefaultGraph, NamedNode, Quad, Triple, expand

SEED = "article:2023-03-21-tu-95-sea-of-japan"
FLIGHT = expand(f"{SEED}#flight").value
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def parsed_again(content: bytes, form: str) -> set[Quad]:
    return set(parsed(io.BytesIO(content), FORMATS[form]))


@pytest.fixture(scope="module")
def refused(dataset):
    """The claims of the sample data that are denied, asked or supposed."""
    claims = {q.subject for q in dataset.match(None, RDF["type"], MIL.Claim)}
    accepted = {q.subject for q in dataset.match(None, RDF["type"], MIL.AcceptedGraph)}
    assert claims - accepted
    return claims - accepted


@pytest.fixture(scope="module")
def rows(dataset):
    text = exported(dataset, "csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.fixture(scope="module")
def graphs(dataset):
    found = defaultdict(set)
    for quad in parsed_again(exported(dataset, "nanopub"), "trig"):
        found[quad.graph_name].add(quad)
    return found


@pytest.fixture(scope="module")
def heads(graphs):
    marked = {
        name: quads
        for name, quads in graphs.items()
        if any(q.object == NP.Nanopublication for q in quads)
    }
    assert len(marked) == 148
    return marked


@pytest.fixture(scope="module")
def nodes(dataset):
    document = json.loads(exported(dataset, "schema-org"))
    assert document["@context"] == {"@vocab": "https://schema.org/"}
    return document["@graph"]


@pytest.fixture(scope="module")
def table(dataset):
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(io.BytesIO(exported(dataset, "parquet")))


class TestCsv:
    def test_there_is_a_row_for_each_activity_of_the_view(self, dataset, rows):
        known = {s.value for s in dataset.triples.subjects(RDF["type"], MIL.Activity)}
        assert {row["activity"] for row in rows} == known
        assert len(rows) == len(known)

    def test_a_row_says_who_did_what_when_where_and_according_to_whom(self, rows):
        row = next(row for row in rows if row["activity"] == FLIGHT)
        assert row["classes"] == "mil:AirPatrol"
        assert row["place_labels"] == "Sea of Japan"
        assert row["platform_types"] == expand("platform:tu-95ms").value
        assert (row["count_at_least"], row["count_at_most"]) == ("2", "2")
        assert row["earliest_start"].startswith("2023-03-21T")
        assert row["claimant_labels"]
        assert row["licence"] == LICENCE
        assert row["sources"].startswith("http")

    def test_a_claim_that_denies_is_not_according_to_anybody(self, rows, refused):
        told = {claim for row in rows for claim in row["claims"].split("|")}
        assert not told & {claim.value for claim in refused}

    def test_lines_end_as_the_standard_wants_it(self, dataset):
        content = exported(dataset, "csv")
        assert content.endswith(b"\r\n")
        assert content.count(b"\n") == content.count(b"\r\n")

    def test_every_column_has_a_meaning(self):
        assert all(column.meaning for column in COLUMNS)
        assert len({column.name for column in COLUMNS}) == len(COLUMNS)

    @given(st.text())
    def test_no_cell_begins_a_formula(self, text):
        assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")
        assert guarded(text).endswith(text)


class TestGeoJson:
    def test_each_activity_is_a_feature_at_its_place_or_nowhere(self, dataset, rows):
        collection = json.loads(exported(dataset, "geojson"))
        features = {feature["id"]: feature for feature in collection["features"]}
        assert features.keys() == {row["activity"] for row in rows}
        assert all(f["type"] == "Feature" for f in features.values())
        flight = features[FLIGHT]
        assert flight["geometry"]["type"] == "Polygon"
        assert flight["properties"]["geometry_of"] == ["place:sea-of-japan"]
        assert flight["properties"]["claimant_labels"]
        without = [f for f in features.values() if f["geometry"] is None]
        assert without
        assert not any(f["properties"]["geometry_of"] for f in without)

    def test_the_licence_is_in_the_metadata(self, dataset):
        collection = json.loads(exported(dataset, "geojson"))
        assert collection["metadata"]["licence"] == LICENCE
        assert collection["metadata"]["withheldRecords"] == 0

    @pytest.mark.parametrize(
        ("wkt", "kind", "coordinates"),
        [
            ("POINT(137.50 40)", "Point", [137.5, 40]),
            ("point (-1e2 -0.5)", "Point", [-100, -0.5]),
            ("LINESTRING (0 0, 1 1)", "LineString", [[0, 0], [1, 1]]),
            (
                "POLYGON ((0 0, 1 0, 1 1, 0 0))",
                "Polygon",
                [[[0, 0], [1, 0], [1, 1], [0, 0]]],
            ),
            ("MULTIPOINT (0 0, 1 1)", "MultiPoint", [[0, 0], [1, 1]]),
            ("MULTIPOINT ((0 0), (1 1))", "MultiPoint", [[0, 0], [1, 1]]),
            (
                "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
                "MultiPolygon",
                [[[[0, 0], [1, 0], [1, 1], [0, 0]]]],
            ),
        ],
    )
    def test_an_outline_is_written_with_its_own_digits(self, wkt, kind, coordinates):
        assert geometry_of(wkt) == {"type": kind, "coordinates": coordinates}

    @pytest.mark.parametrize(
        "wkt",
        [
            "",
            "POINT EMPTY",
            "POINT (1 2",
            "POINT (NaN 2)",
            "POINT (1 2) ; DROP",
            "CIRCULARSTRING (0 0, 1 1, 2 2)",
            "<http://www.opengis.net/def/crs/EPSG/0/4326> POINT (40 137)",
        ],
    )
    def test_what_is_no_outline_in_longitude_and_latitude_is_none(self, wkt):
        assert geometry_of(wkt) is None


class TestRdf12:
    def test_every_fact_of_a_claim_has_a_reifier_that_says_who_claims_it(self, dataset):
        quads = parsed_again(exported(dataset, "rdf12"), "turtle")
        reifiers = {q.subject: q.object for q in quads if q.predicate == RDF.reifies}
        assert all(isinstance(term, Triple) for term in reifiers.values())
        pointing = defaultdict(set)
        for quad in quads:
            pointing[quad.subject].add(quad.predicate)
        for reifier in reifiers:
            assert pointing[reifier] >= {MIL.statedIn, PROV.wasAttributedTo}
        facts = {
            quad.triple
            for quad in dataset.match()
            if "#claim-" in quad.graph_name.value
        }
        assert set(reifiers.values()) == facts

    def test_what_is_denied_or_supposed_is_not_asserted(self, dataset, refused):
        quads = parsed_again(exported(dataset, "rdf12"), "turtle")
        asserted = {q.triple for q in quads}
        view = {q.triple for q in dataset.view()}
        kept_apart = {
            q.triple for claim in refused for q in dataset.match(graph=claim)
        } - view
        assert kept_apart
        assert not asserted & kept_apart


class TestNanopublications:
    """The criteria of the guidelines for a nanopublication that is well-formed."""

    def test_every_triple_has_a_graph_of_one_of_them(self, graphs, heads):
        assert DefaultGraph() not in graphs
        parts = {
            quad.object
            for quads in heads.values()
            for quad in quads
            if quad.predicate != RDF["type"]
        }
        assert graphs.keys() == heads.keys() | parts

    def test_a_head_has_four_quads_of_one_subject_and_no_other(self, heads):
        predicates = {
            RDF["type"],
            NP.hasAssertion,
            NP.hasProvenance,
            NP.hasPublicationInfo,
        }
        for quads in heads.values():
            assert len(quads) == 4
            assert {q.predicate for q in quads} == predicates
            assert len({q.subject for q in quads}) == 1

    def test_the_parts_differ_and_none_is_empty(self, graphs, heads):
        for head, quads in heads.items():
            parts = {q.object for q in quads if q.predicate != RDF["type"]}
            assert len(parts | {head}) == 4
            assert all(graphs[part] for part in parts)

    def test_provenance_is_of_the_assertion_and_publication_info_of_the_whole(
        self, graphs, heads
    ):
        for quads in heads.values():
            part = {q.predicate: q.object for q in quads}
            name = next(iter(quads)).subject
            provenance = graphs[part[NP.hasProvenance]]
            assert part[NP.hasAssertion] in {q.subject for q in provenance}
            assert MIL.claimant in {q.predicate for q in provenance}
            assert {q.subject for q in graphs[part[NP.hasPublicationInfo]]} == {name}

    def test_of_an_accepted_claim_the_assertion_is_its_graph(self, dataset, graphs):
        claim = expand(f"{SEED}#claim-9")
        stored = {q.triple for q in dataset.match(graph=claim)}
        assert {q.triple for q in graphs[claim]} == stored

    def test_of_another_the_assertion_is_that_somebody_denies_or_supposes_it(
        self, dataset, graphs, refused
    ):
        for claim in refused:
            assert claim not in graphs
            said = graphs[NamedNode(f"{claim.value}-assertion")]
            assert {MIL.polarity, MIL.modality} <= {q.predicate for q in said}
            stored = {q.triple for q in dataset.match(graph=claim)}
            assert not stored & {q.triple for q in said}


class TestSchemaOrg:
    def test_only_terms_of_schema_org_are_used(self, nodes):
        for node in nodes:
            for name in (node["@type"], *node.keys() - {"@id", "@type"}):
                assert SDO[name]

    def test_every_event_has_its_article_and_its_claims(self, nodes):
        known = {node["@id"]: node for node in nodes}
        events = [node for node in nodes if node["@type"] == "Event"]
        assert len(events) == 60
        for event in events:
            kinds = {known[part["@id"]]["@type"] for part in event["subjectOf"]}
            assert "Claim" in kinds
            assert kinds & {"NewsArticle", "Article", "CreativeWork"}

    def test_every_name_that_is_used_is_described_once(self, nodes):
        names = [node["@id"] for node in nodes]
        assert len(names) == len(set(names))
        used = {
            part["@id"]
            for node in nodes
            for key in ("about", "author", "location", "appearance", "publisher")
            for part in (
                node[key]
                if isinstance(node.get(key), list)
                else [node[key]]
                if key in node
                else []
            )
        }
        assert used <= set(names)

    def test_a_sea_is_a_body_of_water_and_a_ministry_of_a_government(self, nodes):
        kinds = {node["@id"]: node["@type"] for node in nodes}
        assert kinds[expand("place:sea-of-japan").value] == "SeaBodyOfWater"
        assert kinds[expand("actor:russian-mod").value] == "GovernmentOrganization"

    def test_the_dataset_has_a_licence(self, nodes):
        assert nodes[0]["@type"] == "Dataset"
        assert nodes[0]["license"] == {"@id": LICENCE}


class TestParquet:
    def test_it_has_the_columns_and_the_rows_of_the_other_table(self, table, rows):
        assert table.column_names == list(rows[0])
        assert table.column("activity").to_pylist() == [r["activity"] for r in rows]

    def test_columns_have_the_types_of_what_they_hold(self, table):
        names = {
            Kind.TEXT: "string",
            Kind.NUMBER: "int64",
            Kind.TIME: "timestamp[us, tz=UTC]",
            Kind.TEXTS: "list<element: string>",
        }
        for column in COLUMNS:
            assert str(table.schema.field(column.name).type) == names[column.kind]

    def test_times_are_those_of_the_graph_and_numbers_can_be_missing(self, table):
        row = next(r for r in table.to_pylist() if r["activity"] == FLIGHT)
        moscow = datetime(2023, 3, 21, tzinfo=UTC) - timedelta(hours=3)
        assert row["earliest_start"] == moscow
        assert row["count_at_least"] == 2
        assert None in table.column("count_at_most").to_pylist()

    def test_the_licence_is_in_the_metadata(self, table):
        notice = json.loads(table.schema.metadata[b"notice"])
        assert notice["licence"] == LICENCE

    def test_without_the_library_the_error_says_what_to_install(
        self, dataset, monkeypatch
    ):
        def missing(name):
            raise ImportError(name)

        monkeypatch.setattr(parquet_module, "import_module", missing)
        with pytest.raises(SettingsError) as refused:
            exported(dataset, "parquet")
        assert "milgraph[tables]" in refused.value.hint


@pytest.mark.parametrize("form", [f.name for f in EXPORTS.values() if f.of_articles])
def test_a_graph_that_is_no_article_has_no_activities(dataset, form):
    with pytest.raises(QueryError, match="holds articles"):
        exported(dataset, form, scope=Scope.of_graph(expand("graph:reference")))


@pytest.mark.parametrize("form", ["csv", "geojson", "rdf12", "nanopub", "schema-org"])
def test_an_article_can_be_exported_by_itself(dataset, form):
    content = exported(dataset, form, scope=Scope.of_graph(expand(SEED)))
    assert FLIGHT.encode() in content
    assert b"2023-03-20-b-52h-baltic#" not in content


def test_an_unknown_format_is_an_error_that_names_the_known(dataset):
    with pytest.raises(QueryError) as refused:
        exported(dataset, "xlsx")
    assert "parquet" in refused.value.hint


def test_activities_come_article_by_article(rows):
    articles = [document_of(NamedNode(row["activity"])).value for row in rows]
    assert articles == sorted(articles)
