"""What is exported can be read again, says the same, and is the same bytes each time."""

import random
from io import BytesIO

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset

from milgraph import graphs
from milgraph.errors import QueryError, UnknownCommitError, UnknownGraphError
from milgraph.export.dumps import write_dump
from milgraph.export.formats import EXPORTS, exported
from milgraph.export.rights import Rights, own_licence
from milgraph.export.scopes import VIEW, Scope, Selection, find
from milgraph.export.states import state_at
from milgraph.history import LogReader
from milgraph.iris import document_of
from milgraph.proposals import Desk, vocabulary_of
from milgraph.resources import Resources
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import DCTERMS, MIL, DefaultGraph, NamedNode, Quad, expand

ARTICLE = expand("article:2023-03-20-b-52h-baltic")
OF_ARTICLE = Scope.of_graph(ARTICLE)
FLIGHT = expand("article:2023-03-21-tu-95-sea-of-japan#flight")
FLIGHTS = "SELECT ?flight { ?flight a mil:Flight }"


def quads_of(content, form):
    return read(Source("export", content, FORMATS[form]))


def notice(dataset):
    return Rights.of(dataset, own_licence_here()).notice(withheld=0)


def own_licence_here():
    return own_licence(Resources.shipped())


@pytest.fixture(scope="module")
def in_memory(dataset):
    return [*dataset.look_up()]


@pytest.mark.parametrize("form", FORMATS)
def test_the_view_is_the_same_graph_in_every_format(dataset, form):
    read_again = {q.triple for q in quads_of(exported(dataset, form, scope=VIEW), form)}
    said = set(notice(dataset).triples())
    assert read_again == {q.triple for q in dataset.view()} | said


@pytest.mark.parametrize("form", ["trig", "nquads", "jsonld"])
def test_the_dataset_holds_every_graph_and_the_view_as_its_default_graph(dataset, form):
    read_again = quads_of(exported(dataset, form), form)
    kept = {q for q in dataset.look_up() if q.graph_name != graphs.CHANGES}
    assert read_again == kept | set(notice(dataset).quads())


def test_a_format_without_graphs_cannot_hold_the_dataset(dataset):
    with pytest.raises(QueryError, match="has no graphs"):
        exported(dataset, "turtle")


def test_n_quads_are_those_of_the_canonical_form(dataset):
    written = exported(dataset, "nquads")
    canonical = Dataset(quads_of(written, "nquads"))
    canonical.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    assert written.decode() == "".join(sorted(f"{quad} .\n" for quad in canonical))


def test_the_lines_of_a_part_are_in_order_too(dataset):
    found = find(dataset, FLIGHTS)
    for scope in (Scope.of_query(found), OF_ARTICLE):
        written = exported(dataset, "nquads", scope=scope).decode()
        lines = [li for li in written.splitlines() if not li.startswith("#")]
        assert lines
        assert lines == sorted(lines)


@pytest.mark.parametrize(
    "form", sorted(EXPORTS.keys() - {"turtle", "ntriples", "rdfxml"})
)
def test_what_was_loaded_in_another_order_gives_the_same_bytes(
    dataset, in_memory, form
):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    shuffled = random.Random(7).sample(in_memory, len(in_memory))  # noqa: S311 - an order, no secret
    assert exported(Snapshot.of(shuffled), form) == exported(dataset, form)


def test_a_graph_that_is_sorted_by_subject_is_in_the_same_order(dataset, monkeypatch):
    at_once = {form: exported(dataset, form, scope=VIEW) for form in ("nquads", "trig")}
    monkeypatch.setattr("milgraph.export.ordering._FEW", 10)
    for form, written in at_once.items():
        assert exported(dataset, form, scope=VIEW) == written


def test_the_history_is_no_part_of_a_dump(dataset):
    assert b"graph/changes#" not in exported(dataset, "nquads")


def test_a_dump_says_under_which_licence_it_may_be_used(dataset):
    for form, scope in (("nquads", None), ("turtle", VIEW)):
        more = {"scope": scope} if scope else {}
        said = quads_of(exported(dataset, form, **more), form)
        licences = {
            q.object
            for q in said
            if q.predicate == DCTERMS.license
            and q.subject.value.endswith("/milgraph/dataset")
        }
        assert licences == {NamedNode("https://creativecommons.org/licenses/by/4.0/")}


def test_an_article_comes_with_its_claims(dataset):
    read_again = quads_of(exported(dataset, "trig", scope=OF_ARTICLE), "trig")
    names = {quad.graph_name for quad in read_again}
    assert ARTICLE in names
    assert len(names) > 1
    assert DefaultGraph() not in names


def test_an_article_comes_as_it_was_submitted(dataset):
    content = exported(dataset, "trig", scope=OF_ARTICLE)
    assert not {q.predicate for q in quads_of(content, "trig")} & {MIL.statedIn}
    desk = Desk(dataset, vocabulary_of(dataset))
    source = Source("export.trig", content, FORMATS["trig"])
    assert desk.submission([source]).change.is_empty


def test_an_article_says_its_licence_in_a_comment(dataset):
    for form in ("trig", "turtle", "nquads", "ntriples"):
        first = exported(dataset, form, scope=OF_ARTICLE).partition(b"\n")[0]
        assert first.startswith(b"# milgraph")
        assert b"creativecommons.org/licenses/by/4.0" in first


def test_in_a_format_without_graphs_a_graph_comes_alone(dataset):
    read_again = quads_of(exported(dataset, "turtle", scope=OF_ARTICLE), "turtle")
    assert {q.triple for q in read_again} == {
        q.triple for q in dataset.match(graph=ARTICLE)
    }


def test_an_unknown_graph_is_an_error_that_names_the_nearest(dataset):
    scope = Scope.of_graph(expand("graph:references"))
    with pytest.raises(UnknownGraphError) as refused:
        exported(dataset, "trig", scope=scope)
    assert "graph:reference" in refused.value.hint


def test_the_export_of_an_article_declares_only_what_it_uses(dataset):
    written = exported(dataset, "trig", scope=OF_ARTICLE)
    head = [line for line in written.decode().splitlines() if "@prefix" in line]
    assert head == sorted(head)
    assert not any("@prefix cameo:" in line for line in head)


def test_a_state_of_the_past_is_exported_by_its_number_or_by_a_time(graph, dataset):
    log = LogReader.open(graph.settings.data / "log")
    reader = graph.reader()
    for written in (str(log.last), "2999-01-01"):
        then = exported(state_at(reader, log, written), "nquads")
        assert then == exported(dataset, "nquads")
    with pytest.raises(UnknownCommitError):
        state_at(reader, log, "1999-12-31")


class TestWhatAQueryFinds:
    def test_an_activity_is_exported_by_itself_and_its_article_whole(self, dataset):
        found = find(dataset, FLIGHTS)
        assert FLIGHT in found.nodes
        scope = Scope.of_query(found)
        names = {
            q.graph_name
            for q in quads_of(exported(dataset, "trig", scope=scope), "trig")
        }
        assert {document_of(n) for n in names} - {graphs.EXPORT} == found.all_articles
        rows = exported(dataset, "csv", scope=scope).decode().splitlines()
        assert len(rows) - 1 == len(found.nodes)

    def test_an_article_stands_for_all_that_it_reports(self, dataset):
        text = "SELECT ?article { ?article dcterms:publisher ?who }"
        scope = Scope.of_query(find(dataset, text))
        assert exported(dataset, "csv", scope=scope) == exported(dataset, "csv")

    def test_an_occurrence_stands_for_its_accounts(self, dataset):
        found = find(dataset, "SELECT ?what { ?what mil:hasAccount ?account }")
        assert FLIGHT in found.nodes

    def test_a_claim_stands_for_itself(self, dataset):
        claim = expand("article:2023-03-21-tu-95-sea-of-japan#claim-9")
        scope = Scope.of_query(
            find(dataset, f"SELECT ?claim {{ VALUES ?claim {{ <{claim.value}> }} }}")
        )
        rights = Rights.of(dataset, own_licence_here())
        assert [c for _, c in Selection(dataset, scope, rights).claims()] == [claim]

    def test_no_rows_are_an_export_of_nothing(self, dataset):
        scope = Scope.of_query(find(dataset, "SELECT ?s { ?s a mil:Nothing }"))
        assert exported(dataset, "csv", scope=scope).count(b"\r\n") == 1

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("ASK {}", "not a SELECT"),
            ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "not a SELECT"),
            ("SELECT ?place { ?place a mil:SeaArea }", "no row of the scope names"),
            ("SELECT ?s { ?s", "ill-formed"),
            ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE"),
        ],
    )
    def test_what_is_no_scope_is_refused(self, dataset, text, complaint):
        with pytest.raises(QueryError, match=complaint):
            find(dataset, text)


def test_a_text_that_looks_like_a_head_stays_a_text():
    said = Quad(
        NamedNode("https://example.org/s"),
        NamedNode("https://example.org/p"),
        NamedNode("https://example.org/o"),
    )
    dataset = Snapshot.of([said])
    output = BytesIO()
    rights = Rights.of(dataset, own_licence_here())
    write_dump(Selection(dataset, VIEW, rights), FORMATS["turtle"], output)
    assert said in quads_of(output.getvalue(), "turtle")
