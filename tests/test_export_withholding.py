"""What may not be passed on stays back where articles and editors of others name it, write
of it, join it with what they tell, or make something follow from it."""

import csv
import io
import json
import re
import shutil
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from milgraph import graphs
from milgraph.coreference.decisions import Decision, Verdict, judgements_of
from milgraph.export.formats import EXPORTS, exported
from milgraph.export.rights import Rights, own_licence
from milgraph.export.scopes import ALL, VIEW, Scope
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.importers import FORMATS, import_records
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.standards import Standards
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS as SYNTAXES
from milgraph.syntax import Source, read
from milgraph.terms import MIL, RDF, RDFS, Literal, Quad, Triple, expand
from milgraph.validation import Shapes, turbo_engine

ED = Author("ed", Role.EDITOR, "test")
OWN = own_licence(Resources.shipped())
SAMPLE = Path(__file__).parent / "samples" / "acled.csv"
TOWN = "<https://w3id.org/milgraph/place/acled-10.5_20.25>"
FRONT = "<https://w3id.org/milgraph/actor/acled-front-a6175902>"
CLASH = expand("article:2024-05-14-drill#clash")
# An article that names the place and an actor of the closed data set, and lets one speak.
CLAIMED = f"""
<#claim-2> a mil:Claim ; mil:inArticle <> ; mil:claimant {FRONT} ; mil:anchoredIn <#s1> ;
    mil:wording wording:narrated ; mil:modality modality:fact ; mil:polarity polarity:positive ;
    dcterms:description "What a party tells."@en .
<#claim-2> {{
    <#clash> a mil:ArmedClash ; mil:hasPlace {TOWN} ; mil:hasTime <#clash-time> ;
        rdfs:label "A clash"@en ; mil:hasParticipation <#party> .
    <#clash-time> mil:earliestStart "2024-05-10T00:00:00+03:00"^^xsd:dateTime ;
        mil:latestEnd "2024-05-16T23:59:59+03:00"^^xsd:dateTime .
    <#party> mil:participant {FRONT} ; mil:role role:principal .
}}
"""
NOTED = f"""
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX mil: <https://w3id.org/milgraph/ontology#>
PREFIX place: <https://w3id.org/milgraph/place/>
INSERT DATA {{
  GRAPH <https://w3id.org/milgraph/graph/reference> {{
    {FRONT} skos:note "A note of an editor."@en . {TOWN} skos:note "A note of an editor."@en }}
  GRAPH <https://w3id.org/milgraph/graph/datasets/acled> {{
    {TOWN} mil:withinPlace place:sea-of-japan }} }}
"""
# Names and texts of the closed data set, in whatever form.
CLOSED = re.compile(
    r"Old Ford|acled-10\.5|20\.25|acled-(front|lnd|military|civilians)|\bFront\b|LND\d",
    re.IGNORECASE,
)


def decide(gate: Gate, verdict: Verdict, own: str, other: str, reason: str) -> None:
    decision = Decision(
        expand(f"article:2024-05-14-drill#{own}"),
        expand(f"article:acled-{other}#event"),
        verdict,
        Decimal("0.9"),
        reason,
        expand("actor:milgraph-editors"),
    )
    made = judgements_of([decision], gate.state)
    gate.post(graphs.OCCURRENCES, made.triples, author=ED)


@pytest.fixture(scope="module")
def gate(shipped: Shipped, built: Path, drill, tmp_path_factory):
    """The shipped graph with the closed data set, and an article and notes on it."""
    folder = tmp_path_factory.mktemp("closed") / "graph"
    shutil.copytree(built, folder)
    ontology = (quad.triple for quad in shipped.ontology)
    standards = Standards.of(
        ontology, Shapes.shipped(Resources.shipped()), turbo_engine
    )
    opened = Gate.open(
        Settings(data=folder), shipped=shipped, standards=lambda: standards
    )
    with closing(opened) as found:
        import_records(found, FORMATS["acled"], SAMPLE, ED)
        found.submit(drill(CLAIMED), author=ED)
        found.update(NOTED, author=ED)
        decide(found, Verdict.SAME, "clash", "lnd4", "As at Old Ford, North, Land.")
        decide(found, Verdict.DIFFERENT, "drill", "lnd1", "It was at the old ford.")
        yield found


@pytest.fixture(scope="module")
def dataset(gate: Gate) -> Snapshot:
    return gate.state


@pytest.fixture(scope="module")
def rights(dataset: Snapshot) -> Rights:
    return Rights.of(dataset, OWN)


def texts(dataset: Snapshot, form: str, rights: Rights) -> str:
    if form == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        content = exported(dataset, form, rights=rights)
        return str(parquet.read_table(io.BytesIO(content)).to_pylist())
    scope = VIEW if form in ("turtle", "ntriples", "rdfxml") else ALL
    return exported(dataset, form, scope=scope, rights=rights).decode()


@pytest.mark.parametrize("form", EXPORTS)
def test_no_format_says_what_is_known_from_a_closed_data_set_alone(
    dataset, rights, form
):
    content = texts(dataset, form, rights)
    assert CLOSED.search(content) is None
    assert "2024-05-14-drill" in content


@pytest.mark.parametrize("form", EXPORTS)
def test_whoever_runs_the_graph_has_what_is_closed_with_the_rest(dataset, form):
    content = texts(dataset, form, Rights.of(dataset, OWN, restricted=True))
    assert CLOSED.search(content)


def test_an_activity_at_a_place_of_a_closed_data_set_is_told_without_the_place(
    dataset, rights
):
    text = exported(dataset, "csv", rights=rights).decode()
    rows = {r["activity"]: r for r in csv.DictReader(io.StringIO(text, newline=""))}
    row = rows[CLASH.value]
    assert row["label"] == "A clash"
    assert row["earliest_start"].startswith("2024-05-10")
    assert not row["places"] + row["place_labels"]
    assert not row["participants"] + row["participant_labels"] + row["states"]
    assert row["groups"] == "role:principal"
    assert not row["claimants"]
    drill = rows[expand("article:2024-05-14-drill#drill").value]
    assert drill["place_labels"] == "Sea of Japan"
    content = json.loads(exported(dataset, "geojson", rights=rights))
    features = {feature["id"]: feature for feature in content["features"]}
    assert features[CLASH.value]["geometry"] is None


def test_a_note_of_an_editor_does_not_free_what_a_closed_data_set_named(rights):
    for name in ("place:acled-10.5_20.25", "actor:acled-front-a6175902"):
        assert rights.withholds(expand(name))


def test_what_follows_from_a_closed_data_set_alone_is_kept_back(dataset, rights):
    within, sea = MIL.takesPlaceIn, expand("place:sea-of-japan")
    assert Triple(CLASH, within, sea) in dataset.triples
    assert not rights.keeps(Quad(CLASH, within, sea))
    # The drill is there by what the article says.
    assert rights.keeps(Quad(expand("article:2024-05-14-drill#drill"), within, sea))


def test_all_that_others_say_stays(dataset, rights):
    kept_back = {q for q in dataset.view() if not rights.keeps(q)}
    lost = {
        quad
        for quad in kept_back
        if not rights.withholds(quad.subject) and not rights.withholds(quad.object)
    }
    occurrence = expand("occurrence:2024-05-09-clash")
    assert {(q.subject, q.predicate) for q in lost} <= {
        (CLASH, MIL.takesPlaceIn),
        *((expand(f"occurrence:2024-05-09-clash-judgement-{n}"), MIL.reason) for n in (1, 2)),
    }  # fmt: skip
    assert rights.keeps(Quad(occurrence, RDFS.label, Literal("A clash", language="en")))


def test_an_occurrence_is_called_as_the_account_that_may_be_passed_on(dataset):
    (occurrence,) = dataset.triples.objects(CLASH, MIL.accountOf)
    assert occurrence == expand("occurrence:2024-05-09-clash")
    labels = dataset.triples.objects(occurrence, RDFS.label)
    assert [label.value for label in labels] == ["A clash"]


def test_a_label_that_an_occurrence_has_from_a_closed_record_is_kept_back():
    text = """
    @prefix : <https://w3id.org/milgraph/ontology#> .
    @prefix a: <https://w3id.org/milgraph/article/> .
    @prefix d: <https://w3id.org/milgraph/dataset/> .
    @prefix g: <https://w3id.org/milgraph/graph/> .
    @prefix o: <https://w3id.org/milgraph/occurrence/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    GRAPH g:datasets\\/acled { d:acled-7 :redistributable false . }
    GRAPH a:acled-1 { a:acled-1 :inRelease d:acled-7 . }
    GRAPH a:own { a:own a :Article . }
    GRAPH g:occurrences { o:one a :Occurrence ; rdfs:label "ACLED 1: Attack"@en . }
    o:one a :Occurrence ; rdfs:label "ACLED 1: Attack"@en , "An attack"@en ;
        :hasAccount a:acled-1\\#event , a:own\\#event .
    a:acled-1\\#event rdfs:label "ACLED 1: Attack"@en .
    a:own\\#event rdfs:label "An attack"@en .
    """
    dataset = Snapshot.of(read(Source("joined.trig", text.encode(), SYNTAXES["trig"])))
    content = exported(dataset, "nquads", rights=Rights.of(dataset, OWN)).decode()
    assert "ACLED 1: Attack" not in content
    assert (
        '/occurrence/one> <http://www.w3.org/2000/01/rdf-schema#label> "An attack"'
        in content
    )


def test_what_compares_an_account_with_a_closed_one_is_kept_back_whole(dataset, rights):
    (comparison,) = (
        node
        for node in dataset.triples.subjects(RDF["type"], MIL.AccountComparison)
        if CLASH.value.partition("#")[0]
        in str([*dataset.triples.objects(node, MIL.firstAccount)])
    )
    assert rights.withholds(comparison)


def test_an_article_that_names_what_is_closed_is_exported_without_the_name(
    dataset, rights
):
    scope = Scope.of_graph(expand("article:2024-05-14-drill"))
    content = exported(dataset, "trig", scope=scope, rights=rights).decode()
    assert "A clash" in content
    assert CLOSED.search(content) is None
