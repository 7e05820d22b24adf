"""Each export says under which licence its sources may be used, and keeps back what may not
be passed on: the records, what only they speak of, and what follows from them."""

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest

from milgraph.answers import ask
from milgraph.errors import QueryError, UnknownGraphError, WithheldError
from milgraph.export.formats import EXPORTS, exported, write_export
from milgraph.export.rights import Licence, Rights, own_licence
from milgraph.export.scopes import VIEW, Scope, Selection, find
from milgraph.resources import Resources
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import RDFS, Literal, NamedNode, Quad, expand

OWN = own_licence(Resources.shipped())
HEAD = """
@prefix : <https://w3id.org/milgraph/ontology#> .
@prefix actor: <https://w3id.org/milgraph/actor/> .
@prefix d: <https://w3id.org/milgraph/dataset/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix g: <https://w3id.org/milgraph/graph/> .
@prefix o: <https://w3id.org/milgraph/occurrence/> .
@prefix place: <https://w3id.org/milgraph/place/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
# A record of a data set, its claim, its account and the occurrence of that.
RECORD = """
@prefix r: <https://w3id.org/milgraph/article/{name}#> .
GRAPH <https://w3id.org/milgraph/article/{name}> {{
  <https://w3id.org/milgraph/article/{name}> a :DataSetRecord ; :inRelease d:{release} .
  r:claim-1 a :Claim , :AcceptedGraph ; :inArticle <https://w3id.org/milgraph/article/{name}> ; :claimant actor:{set} .
  r:event :statedIn r:claim-1 .
  o:{name} a :Occurrence ; rdfs:label "What {name} tells" ; :hasJudgement o:{name}-j .
  o:{name}-j a :AccountJudgement ; :judgedAccount r:event .
}}
GRAPH r:claim-1 {{ r:event a :Activity ; :hasPlace place:{set}-town ; rdfs:label "Told by {name}" . }}
<https://w3id.org/milgraph/article/{name}> a :DataSetRecord ; :inRelease d:{release} .
r:claim-1 a :Claim , :AcceptedGraph ; :inArticle <https://w3id.org/milgraph/article/{name}> ; :claimant actor:{set} .
r:event a :Activity ; :hasPlace place:{set}-town ; :takesPlaceIn place:country ; :statedIn r:claim-1 ;
  :describedIn <https://w3id.org/milgraph/article/{name}> ; :accountOf o:{name} ; rdfs:label "Told by {name}" .
o:{name} a :Occurrence ; rdfs:label "What {name} tells" ; :hasAccount r:event ; :hasJudgement o:{name}-j .
o:{name}-j a :AccountJudgement ; :judgedAccount r:event .
"""
RELEASE = """
GRAPH g:datasets\\/{set} {{
  d:{release} a :DataSetRelease ; rdfs:label "{set}" ; :releaseVersion "{version}" ; :redistributable {may} ;
    dcterms:license <https://example.org/{set}/terms> ; dcterms:bibliographicCitation "Cite {set}" .
  actor:{set} a :Organization ; rdfs:label "The makers of {set}" .
  place:{set}-town a :Place ; rdfs:label "Town of {set}" ; :withinPlace place:country .
}}
actor:{set} a :Organization ; rdfs:label "The makers of {set}" .
place:{set}-town a :Place ; rdfs:label "Town of {set}" ; :withinPlace place:country .
d:{release} rdfs:label "{set}" .
"""
# What only the records of the closed data set, and its own graph, speak of.
SHUT = (
    "shut-1",
    "actor/acled",
    "actor:acled",
    "dataset/acled",
    "place/acled-town",
    "place:acled-town",
)
MAY = ("true", "false")
SHARED = """
@prefix a: <https://w3id.org/milgraph/article/own-1#> .
GRAPH <https://w3id.org/milgraph/article/own-1> {
  <https://w3id.org/milgraph/article/own-1> a :NewsReport .
  a:claim-1 a :Claim , :AcceptedGraph ; :inArticle <https://w3id.org/milgraph/article/own-1> .
}
GRAPH a:claim-1 { a:event a :Activity ; rdfs:label "Told by own-1" . }
a:claim-1 a :Claim , :AcceptedGraph ; :inArticle <https://w3id.org/milgraph/article/own-1> .
a:event a :Activity ; :statedIn a:claim-1 ; rdfs:label "Told by own-1" ;
  :describedIn <https://w3id.org/milgraph/article/own-1> .
GRAPH g:reference { place:country a :Place ; rdfs:label "Country" . }
place:country a :Place ; rdfs:label "Country" .
"""


def written(name: str, set_: str, *, may: str) -> str:
    release = {"set": set_, "release": f"{set_}-7", "version": "7"}
    return RELEASE.format(may=may, **release) + RECORD.format(name=name, **release)


@pytest.fixture(scope="module")
def dataset() -> Snapshot:
    open_, closed = (
        written("open-1", "gdelt", may="true"),
        written("shut-1", "acled", may="false"),
    )
    text = HEAD + SHARED + open_ + closed
    return Snapshot.of(read(Source("sets.trig", text.encode(), FORMATS["trig"])))


@pytest.fixture(scope="module")
def rights(dataset: Snapshot) -> Rights:
    return Rights.of(dataset, OWN)


def scope_of(form: str) -> Scope:
    return VIEW if form in ("turtle", "ntriples", "rdfxml") else Scope("all")


def whole(dataset: Snapshot, form: str, rights: Rights) -> str:
    if form == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        content = exported(dataset, form, rights=rights)
        return str(parquet.read_table(io.BytesIO(content)).to_pylist())
    return exported(dataset, form, scope=scope_of(form), rights=rights).decode()


@pytest.mark.parametrize("form", EXPORTS)
def test_what_may_not_be_passed_on_is_in_no_format(dataset, rights, form):
    content = whole(dataset, form, rights)
    assert not [name for name in SHUT if name in content]
    assert "Told by open-1" in content


@pytest.mark.parametrize("form", EXPORTS)
def test_whoever_runs_the_graph_can_have_it_all_the_same(dataset, form):
    content = whole(dataset, form, Rights.of(dataset, OWN, restricted=True))
    assert "Told by shut-1" in content


def test_it_is_said_how_much_is_left_out(dataset, rights):
    metadata = json.loads(exported(dataset, "geojson", rights=rights))["metadata"]
    assert metadata["withheldRecords"] == 1
    assert metadata["note"].startswith("1 record is left out")
    assert "left out" in exported(dataset, "nquads", rights=rights).decode()


@pytest.mark.parametrize("form", ["trig", "nquads", "jsonld", "geojson", "schema-org"])
def test_each_source_has_its_version_licence_and_citation(dataset, rights, form):
    content = exported(dataset, form, rights=rights).decode()
    for told in ("https://example.org/gdelt/terms", "Cite gdelt", '"7"'):
        assert told in content


@pytest.mark.parametrize("form", ["trig", "turtle", "nquads", "geojson", "schema-org"])
@pytest.mark.parametrize(
    ("scope", "cited"),
    [
        ("article:own-1", set()),
        ("article:open-1", {"gdelt"}),
        ("article:shut-1", {"acled"}),
    ],
)
def test_an_export_cites_the_data_sets_whose_records_it_holds(
    dataset, form, scope, cited
):
    everything = Rights.of(dataset, OWN, restricted=True)
    of_graph = Scope.of_graph(expand(scope))
    content = exported(dataset, form, scope=of_graph, rights=everything).decode()
    assert {name for name in ("acled", "gdelt") if f"Cite {name}" in content} == cited


@pytest.mark.parametrize("form", ["trig", "nquads", "geojson", "schema-org", "rdf12"])
def test_what_a_query_finds_cites_the_data_sets_that_it_is_from(dataset, form):
    everything = Rights.of(dataset, OWN, restricted=True)
    for name, cited in (("own", ""), ("open", "gdelt"), ("shut", "acled")):
        event = f"<https://w3id.org/milgraph/article/{name}-1#event>"
        found = find(dataset, f"SELECT ?e {{ ?e a mil:Activity FILTER(?e = {event}) }}")
        scope = Scope.of_query(found)
        content = exported(dataset, form, scope=scope, rights=everything).decode()
        assert [n for n in ("acled", "gdelt") if f"Cite {n}" in content] == [
            *filter(None, [cited])
        ]


def test_the_graph_of_a_data_set_cites_it_and_no_other(dataset):
    everything = Rights.of(dataset, OWN, restricted=True)
    for name, other in (("gdelt", "acled"), ("acled", "gdelt")):
        scope = Scope.of_graph(expand(f"graph:datasets/{name}"))
        content = exported(dataset, "trig", scope=scope, rights=everything).decode()
        assert f"Cite {name}" in content.splitlines()[1]
        assert f"Cite {other}" not in content


def test_each_row_of_a_table_has_the_licence_of_its_own_source(dataset, rights):
    text = exported(dataset, "csv", rights=rights).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    by_name = {row["label"].removeprefix("Told by "): row for row in rows}
    assert {name: row["licence"] for name, row in by_name.items()} == {
        "own-1": OWN.licence,
        "open-1": "https://example.org/gdelt/terms",
    }
    assert by_name["open-1"]["citation"] == "Cite gdelt"
    assert by_name["open-1"]["version"] == "7"


def test_nanopublications_have_the_licence_of_their_source(dataset, rights):
    content = exported(dataset, "nanopub", rights=rights).decode()
    assert "https://example.org/gdelt/terms" in content


@pytest.mark.parametrize(
    "name", ["article:shut-1", "article:shut-1#claim-1", "graph:datasets/acled"]
)
def test_what_is_asked_for_by_name_is_kept_back_with_the_terms(dataset, rights, name):
    scope = Scope.of_graph(expand(name))
    with pytest.raises(WithheldError) as refused:
        exported(dataset, "trig", scope=scope, rights=rights)
    assert "https://example.org/acled/terms" in str(refused.value)
    assert "--include-restricted" in refused.value.hint


def test_no_name_is_proposed_of_what_may_not_be_passed_on(dataset, rights):
    scope = Scope.of_graph(expand("article:shut-2"))
    with pytest.raises(UnknownGraphError) as refused:
        exported(dataset, "trig", scope=scope, rights=rights)
    assert "shut-1" not in str(refused.value)


def test_what_a_query_finds_of_it_is_kept_back_too(dataset, rights):
    scope = Scope.of_query(find(dataset, "SELECT ?event { ?event a mil:Activity }"))
    content = exported(dataset, "trig", scope=scope, rights=rights).decode()
    assert "open-1" in content
    assert not [name for name in SHUT if name in content]


def test_what_others_describe_too_stays(rights):
    assert not rights.withholds(expand("place:country"))
    assert rights.withholds(expand("place:acled-town"))


def test_a_licence_that_is_a_sentence_stays_one():
    said = Licence("https://example.org/x", licence="https://x.org/terms, with care")
    (licence,) = (t.object for t in said.triples())
    assert licence == Literal("https://x.org/terms, with care")


def test_what_is_closed_now_is_kept_back_of_an_earlier_state_too():
    texts = (HEAD + SHARED + written("shut-1", "acled", may=may) for may in MAY)
    before, now = (
        Snapshot.of(read(Source("sets.trig", text.encode(), FORMATS["trig"])))
        for text in texts
    )
    assert "shut-1" in whole(before, "nquads", Rights.of(before, OWN))
    assert "shut-1" not in whole(before, "nquads", Rights.of(before, OWN, now=now))


def test_what_no_xml_can_hold_is_refused_before_the_first_byte(dataset, rights):
    bell = Quad(expand("place:country"), RDFS.label, Literal("x\x07y\x1b[31m"))
    ringing = Snapshot.of([*dataset.look_up(), bell])
    output = io.BytesIO()
    with pytest.raises(QueryError, match=r"rdfs:label of place:country holds U\+0007"):
        write_export(Selection(ringing, VIEW, rights), "rdfxml", output)
    assert output.getvalue() == b""
    assert (
        "x\\u0007y" in exported(ringing, "ntriples", scope=VIEW, rights=rights).decode()
    )


def test_what_no_xml_can_hold_is_not_told_of_what_is_kept_back(dataset, rights):
    bell = Quad(expand("place:acled-town"), RDFS.label, Literal("x\x07"))
    ringing = Snapshot.of([*dataset.look_up(), bell])
    content = exported(ringing, "rdfxml", scope=VIEW, rights=rights)
    assert b"acled-town" not in content
    ET.fromstring(content)  # noqa: S314 - what we wrote ourselves


def test_a_property_that_xml_cannot_name_is_refused(dataset, rights):
    odd = NamedNode("https://example.org/1")
    more = Quad(expand("place:country"), odd, Literal("x"))
    changed = Snapshot.of([*dataset.look_up(), more])
    with pytest.raises(QueryError, match="has no XML name"):
        exported(changed, "rdfxml", scope=VIEW, rights=rights)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("xml", "SELECT ?label { ?s rdfs:label ?label }"),
        ("rdfxml", "CONSTRUCT WHERE { ?s rdfs:label ?label }"),
    ],
)
def test_an_answer_that_no_xml_can_hold_is_refused(form, text):
    bell = Quad(expand("place:country"), RDFS.label, Literal("x\x07"))
    with pytest.raises(QueryError, match=r"U\+0007, which XML cannot hold"):
        ask(Snapshot.of([bell]), text).serialised(form)
