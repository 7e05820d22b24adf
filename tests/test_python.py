"""From Python: typed rows, frames and rdflib's graphs, by the same rules as elsewhere.

The graph of the run is read; what commits does so to a copy.
"""

import copy
import pickle
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

import milgraph
from milgraph import KnowledgeGraph
from milgraph.errors import (
    ConformanceError,
    LimitError,
    ParameterError,
    PlacementError,
    QueryError,
    QueryRefusedError,
    SourceError,
    StoreError,
    UnknownArticleError,
    UnknownFactError,
    UnknownGraphError,
    UnknownQueryError,
)
from milgraph.python import Text
from milgraph.python.values import term_of, value_of
from milgraph.settings import Settings
from milgraph.terms import XSD, Literal

ARTICLE = "2023-03-21-tu-95-sea-of-japan"
FLIGHT = rdflib.URIRef(f"https://w3id.org/milgraph/article/{ARTICLE}#flight")
MIL = rdflib.Namespace("https://w3id.org/milgraph/ontology#")


@pytest.fixture(scope="module")
def opened(built: Path) -> Iterator[KnowledgeGraph]:
    with KnowledgeGraph.open(built) as graph:
        yield graph


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Iterator[KnowledgeGraph]:
    shutil.copytree(built, tmp_path / "graph")
    with KnowledgeGraph.open(tmp_path / "graph") as graph:
        yield graph


# Opening


def test_the_package_offers_the_graph_and_imports_it_when_it_is_asked_for():
    code = (
        "import sys, milgraph; assert 'rdflib' not in sys.modules; "
        "milgraph.KnowledgeGraph; assert 'rdflib' in sys.modules; "
        "assert 'pandas' not in sys.modules and 'mcp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "KnowledgeGraph" in dir(milgraph)
    with pytest.raises(AttributeError):
        milgraph.Knowledge  # noqa: B018 - there is none


def test_a_graph_is_opened_by_a_folder_by_settings_or_by_the_environment(
    built, settings, monkeypatch
):
    monkeypatch.setenv("MILGRAPH_DATA", str(built))
    for source in (str(built), built, settings, None):
        with KnowledgeGraph.open(source) as graph:
            assert graph.settings.data == built
            assert graph.commit == 1


def test_a_graph_that_shall_not_be_built_has_to_be_there(built, tmp_path):
    with KnowledgeGraph.open(built, build=False) as graph:
        assert graph.commit == 1
    with pytest.raises(StoreError, match="no graph"):
        KnowledgeGraph.open(tmp_path / "mistyped", build=False)
    assert not (tmp_path / "mistyped" / "store").exists()


def test_what_is_closed_answers_no_more(built):
    graph = KnowledgeGraph.open(built)
    assert graph.query("ASK {}")
    graph.close()
    graph.close()
    with pytest.raises(StoreError, match="closed"):
        graph.query("ASK {}")
    with pytest.raises(StoreError, match="closed"):
        graph.graph("view")


def test_reading_takes_no_lock(opened, built):
    assert opened.query("ASK {}")
    with KnowledgeGraph.open(built) as other:
        assert other.query("ASK {}")


def test_several_threads_ask_one_graph(opened):
    found = []

    def ask() -> None:
        found.append(len(opened.query("SELECT ?s { ?s a mil:Claim }")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


# Rows


def test_a_stored_query_takes_python_values_and_gives_them(opened):
    table = opened.query(
        "bombers-over-an-area",
        {"from": datetime(2023, 3, 1, tzinfo=UTC), "to": "2023-04-01"},
        area=rdflib.URIRef("https://w3id.org/milgraph/place/sea-of-japan"),
    )
    first = table[0]
    assert first.flight == rdflib.URIRef(f"{FLIGHT.rpartition('#')[0]}#bomber-flights")
    assert first["from"] == datetime(2023, 3, 1, tzinfo=UTC)
    assert (first.bombers, first.escort) == (2, None)
    assert table.complete
    assert table.commit == 1
    assert len(table) == 9
    assert table.column("bombers") == tuple(row.bombers for row in table)
    assert table.dicts()[0]["bombers"] == 2


def test_values_are_of_their_python_types(opened):
    ((row),) = opened.query(
        """SELECT (1 AS ?whole) (1.50 AS ?exact) (1e3 AS ?measured) (true AS ?yes)
        ("Bär"@de AS ?said) ("x" AS ?plain) (xsd:date("2023-03-21") AS ?day)
        ("2023-03-21T08:00:00+09:00"^^xsd:dateTime AS ?moment) (mil:Flight AS ?name)
        ("2023"^^xsd:gYear AS ?year) { }"""
    )
    assert row.whole == 1
    assert type(row.whole) is int
    assert row.exact == Decimal("1.50")
    assert row.measured == 1000.0
    assert row.yes is True
    assert (row.said, row.said.language) == ("Bär", "de")
    assert (row.plain, row.plain.language) == ("x", None)
    assert row.day == date(2023, 3, 21)
    assert row.moment == datetime(2023, 3, 21, 8, tzinfo=timezone(timedelta(hours=9)))
    assert row.name == MIL.Flight
    assert row.year == rdflib.Literal("2023", datatype=rdflib.XSD.gYear)
    with pytest.raises(AttributeError, match="no column"):
        row.nothing  # noqa: B018 - there is none
    with pytest.raises(KeyError):
        row["nothing"]


@pytest.mark.parametrize(
    ("text", "datatype"),
    [
        ("12023-03-21T00:00:00Z", "dateTime"),
        ("2023-03-21T24:00:00Z", "dateTime"),
        ("2023-03-21T00:00:00.1234567Z", "dateTime"),
        ("-0044-03-15T00:00:00Z", "dateTime"),
        ("2023-03-21+09:00", "date"),
        ("9" * 5000, "integer"),
        ("seven", "integer"),
        ("P1D", "duration"),
    ],
)
def test_what_python_cannot_hold_exactly_stays_a_literal(text, datatype):
    value = value_of(Literal(text, datatype=XSD[datatype]))
    assert isinstance(value, rdflib.Literal)
    assert str(value) == text


@given(
    st.one_of(
        st.integers(),
        st.booleans(),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.floats(allow_nan=False),
        st.text(),
        st.datetimes(timezones=st.timezones().map(lambda _: UTC)),
        st.dates(),
    )
)
def test_a_value_is_the_same_after_it_was_a_term(value):
    assert value_of(term_of(value)) == value


def test_a_moment_without_a_zone_is_refused_in_a_text(opened):
    with pytest.raises(ParameterError, match="no time zone"):
        opened.query("SELECT ?t { }", t=datetime(2023, 3, 1))  # noqa: DTZ001 - the point


def test_texts_and_rows_are_copied_whole(opened):
    row = opened.query("SELECT ('a'@en AS ?a) { }")[0]
    for same in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):  # noqa: S301 - our own
        assert same == row
        assert same.a.language == "en"
    assert copy.deepcopy(Text("b", "de")).language == "de"


def test_an_ask_is_true_or_false(opened):
    assert opened.query("ASK { ?s a mil:Escort }")
    assert not opened.query("ASK { ?s a mil:NothingOfTheKind }")


def test_a_table_that_is_cut_says_so(opened):
    table = opened.query("SELECT ?s { ?s ?p ?o }", rows=5)
    assert (len(table), table.complete) == (5, False)
    assert "cut" in repr(table)
    assert opened.query("SELECT ?s { ?s a mil:Escort } LIMIT 1", rows=5).complete


def test_a_file_and_a_variable_that_is_bound_are_asked(opened, tmp_path):
    file = tmp_path / "labels.rq"
    file.write_text("SELECT ?actor ?label { ?actor rdfs:label ?label }", "utf-8")
    actor = rdflib.URIRef("https://w3id.org/milgraph/actor/japan")
    rows = opened.query(file, actor=actor)
    assert Text("Japan", "en") in rows.column("label")
    assert set(rows.column("actor")) == {actor}


def test_a_notebook_shows_a_table_without_what_it_holds_being_markup(opened):
    shown = opened.query("SELECT ('<script>' AS ?x) { }")._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


# Errors and limits


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("no-such-query", UnknownQueryError),
        ("SELECT { ", QueryError),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", QueryError),
        ("SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }", QueryRefusedError),
    ],
)
def test_what_cannot_be_asked_is_refused_with_an_error_of_ours(opened, query, error):
    with pytest.raises(error) as raised:
        opened.query(query)
    assert raised.value.hint


def test_a_query_without_end_is_ended_and_the_next_is_answered(opened):
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with pytest.raises(LimitError) as raised:
        opened.query(endless, seconds=0.3)
    assert raised.value.limit == "time"
    assert opened.query("ASK {}")


def test_a_text_that_is_too_long_to_be_read_is_a_limit(built):
    long = f'REPLACE("{"a" * 6000}", "a", "{"b" * 3000}")'
    asked = f"""
from milgraph import KnowledgeGraph
from milgraph.errors import LimitError
with KnowledgeGraph.open({str(built)!r}, build=False) as graph:
    for ask, text in (
        (graph.query, 'SELECT ({long} AS ?x) {{}}'),
        (graph.graph, 'CONSTRUCT {{ <x:a> <x:b> ?x }} WHERE {{ BIND ({long} AS ?x) }}'),
    ):
        try:
            ask(text)
        except LimitError as error:
            print(error.limit)
"""
    # What the engine complains of when its rows end in another thread goes to stderr.
    ended = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["output", "output"]
    assert not ended.stderr


def test_wrong_parameters_are_told(opened):
    with pytest.raises(ParameterError, match="no parameter 'place'"):
        opened.query("bombers-over-an-area", place="place:sea-of-japan")
    with pytest.raises(ParameterError, match="which no term is like"):
        opened.query("SELECT ?x { }", x=object())
    with pytest.raises(ParameterError):
        opened.query("ASK {}", rows=0)


def test_a_search_takes_one_kind_by_itself_and_refuses_what_is_no_text(opened):
    one = opened.search("russia", kinds="mil:State")
    assert [*one] == [*opened.search("russia", kinds=["mil:State"])]
    assert len(one)
    for text in (None, 7, b"russia"):
        with pytest.raises(ParameterError, match="is no text"):
            opened.search(text)


def test_what_is_closed_while_it_answers_says_so_and_nothing_else(built):
    asked = f"""
import threading, time
from milgraph import KnowledgeGraph
from milgraph.errors import StoreError
def ask(graph):
    try:
        graph.query("SELECT * {{ ?a ?b ?c . ?d ?e ?f }}")
    except StoreError as error:
        print(error.message)
for seconds in (0.05, 0.1, 0.1, 0.15, 0.2):
    graph = KnowledgeGraph.open({str(built)!r}, build=False)
    graph.query("ASK {{}}")
    thread = threading.Thread(target=ask, args=(graph,))
    thread.start()
    time.sleep(seconds)
    graph.close()
    thread.join()
"""
    ended = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == ["the graph was closed meanwhile"] * 5
    assert not ended.stderr


# Frames


def test_a_frame_has_proper_types_and_says_what_it_is_of(opened):
    pytest.importorskip("pandas", reason="pandas is the extra tables")
    frame = opened.query(
        """SELECT ?flight ?start ?n (1.5 AS ?x) (true AS ?b) ?mixed {
          ?flight a mil:Flight ; mil:hasTime/mil:earliestStart ?start .
          OPTIONAL { ?flight mil:hasParticipation/mil:count/mil:atLeast ?n }
          BIND (IF(BOUND(?n), ?n, "none") AS ?mixed) } ORDER BY ?flight ?n"""
    ).to_frame(short_names=True)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "flight": "string",
        "start": "datetime64[us, UTC]",
        "n": "Int64",
        "x": "Float64",
        "b": "boolean",
        "mixed": "object",
    }
    assert frame["n"].isna().any()
    assert frame["flight"].str.startswith("article:").all()
    assert frame.attrs == {"commit": 1, "complete": True}


def test_a_number_that_is_none_is_not_missing_in_a_frame(opened):
    pytest.importorskip("pandas", reason="pandas is the extra tables")
    frame = opened.query(
        """SELECT ?x { VALUES ?x { 1.5e0 "NaN"^^xsd:double UNDEF } }"""
    ).to_frame()
    assert str(frame.dtypes["x"]) == "Float64"
    assert [*frame["x"].isna()] == [False, False, True]
    assert frame["x"][1] != frame["x"][1]


def test_a_frame_without_rows_has_its_columns(opened):
    pytest.importorskip("pandas", reason="pandas is the extra tables")
    frame = opened.query("SELECT ?a ?b { ?a mil:noSuchThing ?b }").to_frame()
    assert list(frame.columns) == ["a", "b"]
    assert frame.empty


def test_without_pandas_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from milgraph.python.tables import Table\n"
        "Table((), (), 1).to_frame()"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "pip install 'milgraph[tables]'" in told.stderr


# Graphs


def test_a_construct_and_a_stored_one_are_graphs_of_rdflib(opened):
    text = "CONSTRUCT { ?a rdfs:label ?l } { ?a a mil:Actor ; rdfs:label ?l }"
    graph = opened.graph(text)
    assert type(graph) is rdflib.Graph
    assert len(graph) > 50
    assert dict(graph.namespaces())["mil"] == rdflib.URIRef(MIL)
    described = opened.graph("describe-entity", {"entity": "actor:japan"})
    assert (rdflib.URIRef("https://w3id.org/milgraph/actor/japan"), None, None) in (
        described
    )
    with pytest.raises(ParameterError, match="SELECT gives no graph"):
        opened.graph("SELECT * { ?s ?p ?o }")


def test_an_article_is_a_dataset_with_a_graph_for_each_claim(opened):
    article = opened.graph(ARTICLE)
    assert isinstance(article, rdflib.Dataset)
    claim = rdflib.URIRef(f"{FLIGHT.rpartition('#')[0]}#claim-9")
    assert (FLIGHT, MIL.hasPlace, None) in article.graph(claim)
    one = opened.graph(f"article:{ARTICLE}#claim-9")
    assert set(one) == set(article.graph(claim))


def test_the_view_and_the_reference_data_are_graphs(opened):
    place = rdflib.URIRef("https://w3id.org/milgraph/place/sea-of-japan")
    assert (FLIGHT, MIL.takesPlaceIn, place) in opened.graph("view")
    assert (place, None, None) in opened.graph("graph:reference")


def test_a_graph_that_is_not_there_is_an_error_of_ours(opened):
    with pytest.raises(UnknownGraphError):
        opened.graph("graph:nothing")
    with pytest.raises(UnknownGraphError):
        opened.graph("2023-01-01-no-such-article")


# Checking and changing


def test_a_check_reports_and_stores_nothing(opened, drill):
    source = drill(old="mil:hasTime <#time> ;")
    report = opened.check(source.content.decode())
    assert not report.conforms
    assert opened.commit == 1


def test_an_article_is_submitted_read_changed_and_retracted(copied, drill):
    text = drill().content.decode()
    assert copied.submit(text, dry_run=True).commit is None
    assert copied.commit == 1
    outcome = copied.submit(text, reason="First report")
    (article,) = outcome.fates
    assert (outcome.commit, outcome.fates[article]) == (2, "new")
    assert outcome.changed
    assert outcome.report.conforms
    assert copied.commit == 2
    asked = "ASK { <https://w3id.org/milgraph/article/2024-05-14-drill#drill> a mil:Exercise }"
    assert copied.query(asked)
    assert copied.query(asked).commit == 2
    again = copied.submit(copied.graph("2024-05-14-drill"))
    assert (again.commit, again.changed) == (None, False)
    assert set(copied.retract("2024-05-14-drill").fates.values()) == {"retracted"}
    assert not copied.query(asked)
    assert copied.undo(3).commit == 4
    assert copied.query(asked)


def test_what_does_not_conform_is_raised_with_its_report(copied, drill):
    source = drill(old="mil:hasTime <#time> ;")
    with pytest.raises(ConformanceError) as raised:
        copied.submit(source.content.decode())
    assert raised.value.report.results
    assert copied.commit == 1


def test_what_is_no_article_is_refused(copied, tmp_path):
    bare = rdflib.Graph().parse(data="<a:b> <a:c> <a:d> .", format="turtle")
    with pytest.raises(PlacementError):
        copied.submit(bare)
    with pytest.raises(SourceError):
        copied.submit("this is not TriG")
    with pytest.raises(SourceError):
        copied.submit(tmp_path / "nowhere.trig")
    for name in ("nosuch.trig", "drafts/one two.ttl.gz", "C:\\drafts\\one.jsonld"):
        with pytest.raises(ParameterError, match="is the name of a file") as caught:
            copied.submit(name)
        assert caught.value.hint == "For a file, give a Path."
    with pytest.raises(ParameterError):
        copied.submit(7)
    with pytest.raises(ParameterError):
        copied.submit()
    with pytest.raises(UnknownArticleError):
        copied.retract("2023-01-01-no-such-article")


def test_a_fact_is_explained_down_to_its_claims(opened):
    why = opened.explain(
        f"article:{ARTICLE}#flight", "mil:takesPlaceIn", "place:sea-of-japan"
    )
    assert "mil:hasPlace is a subproperty of mil:takesPlaceIn" in str(why)
    assert why.claims == (rdflib.URIRef(f"{FLIGHT.rpartition('#')[0]}#claim-9"),)
    assert len(why.to_graph()) > 5
    assert why.as_json()
    label = opened.explain("actor:japan", "rdfs:label", rdflib.Literal("Japan", "en"))
    assert "the reference data" in str(label)
    with pytest.raises(UnknownFactError):
        opened.explain("actor:japan", "a", "mil:Flight")


def test_the_stored_queries_are_listed(opened):
    assert opened.queries["articles"]


def test_settings_with_limits_hold(built):
    from milgraph.settings import Limits  # noqa: PLC0415

    limited = Settings(data=built, limits=Limits(rows=3))
    with KnowledgeGraph.open(limited) as graph:
        table = graph.query("SELECT ?s { ?s ?p ?o }")
    assert (len(table), table.complete) == (3, False)
