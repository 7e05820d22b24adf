"""What may not be passed on stays back where articles and editors of others name it, write
of it, join it with what they tell, or make something follow from it."""

import shutil
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from milgraph import graphs
from milgraph.coreference.decisions import Decision, Verdict, judgements_of
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.importers import FORMATS, import_records
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.standards import Standards
from milgraph.store import Snapshot
from milgraph.terms import MIL, RDFS, expand
from milgraph.validation import Shapes, turbo_engine

ED = Author("ed", Role.EDITOR, "test")
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


def test_an_occurrence_is_called_as_the_account_that_may_be_passed_on(dataset):
    (occurrence,) = dataset.triples.objects(CLASH, MIL.accountOf)
    assert occurrence == expand("occurrence:2024-05-09-clash")
    labels = dataset.triples.objects(occurrence, RDFS.label)
    assert [label.value for label in labels] == ["A clash"]
