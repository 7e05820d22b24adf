"""Fixtures: one graph is built from the shipped files for a whole run, on the disk store.

Every test that asks about the domain reads that graph through a checkpoint, as the
service does. Nobody changes it: a test that commits builds a folder of its own. Workers
of one run share the build, and a lock on a file decides who makes it.
"""

import fcntl
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from milgraph import graphs
from milgraph.dataset import NamedGraphs, in_view
from milgraph.entailment import materialise
from milgraph.gate import Gate
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.staging import materialise_view
from milgraph.standards import Standards
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS, Source
from milgraph.terms import Quad, Term, Triple
from milgraph.triples import TripleIndex
from milgraph.validation import Shapes, turbo_engine

Rows = Callable[[str], list[tuple[Term | None, ...]]]
Ask = Callable[[str], bool]
Closure = Callable[[Iterable[Triple]], set[Triple]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="rewrite tests/snapshots from what the tests see",
    )


@pytest.fixture(scope="session")
def update_snapshots(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--update-snapshots"))


@pytest.fixture(scope="session")
def resources() -> Resources:
    return Resources.shipped()


@pytest.fixture(scope="session")
def shipped(resources: Resources) -> Shipped:
    return Shipped(resources)


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """A folder with the graph of the shipped files."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker's base lies in one that all of them share.
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder = shared / "graph"
    with (shared / "graph.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "generation").exists():
            KnowledgeGraph(Settings(data=folder)).load()
    return folder


@pytest.fixture(scope="session")
def settings(built: Path) -> Settings:
    return Settings(data=built)


@pytest.fixture(scope="session")
def graph(settings: Settings) -> KnowledgeGraph:
    return KnowledgeGraph(settings)


@pytest.fixture(scope="session")
def dataset(graph: KnowledgeGraph) -> Snapshot:
    """The committed state: the view is its default graph."""
    return graph.reader().snapshot()


@pytest.fixture(scope="session")
def rows(dataset: Snapshot) -> Rows:
    """Ask a SELECT query; a row is a tuple of terms, `None` where one is unbound."""
    return lambda text: [tuple(solution) for solution in dataset.query(text)]


@pytest.fixture(scope="session")
def ask(dataset: Snapshot) -> Ask:
    return lambda text: bool(dataset.query(text))


@pytest.fixture(scope="session")
def background(shipped: Shipped) -> TripleIndex:
    """The ontology, the codes and the reference data, with all that follows."""
    shared = (
        q.triple for q in shipped.ontology | shipped.editorial if not _is_judged(q)
    )
    return materialise(shared, shipped.axioms)


def _is_judged(quad: Quad) -> bool:
    return quad.graph_name == graphs.OCCURRENCES


@pytest.fixture(scope="session")
def closure(shipped: Shipped, background: TripleIndex) -> Closure:
    """Add what follows from triples on top of the background."""
    return lambda triples: set(materialise(triples, shipped.axioms, below=background))


@pytest.fixture
def own_graph(tmp_path: Path) -> KnowledgeGraph:
    """A graph in a folder of its own, for a test that commits."""
    return KnowledgeGraph(Settings(data=tmp_path / "graph"))


DRILL = """\
@base <https://w3id.org/milgraph/article/2024-05-14-drill> .
@prefix actor: <https://w3id.org/milgraph/actor/> .
@prefix basis: <https://w3id.org/milgraph/code/basis/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix evidentiality: <https://w3id.org/milgraph/code/evidentiality/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix modality: <https://w3id.org/milgraph/code/modality/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix place: <https://w3id.org/milgraph/place/> .
@prefix platform: <https://w3id.org/milgraph/platform/> .
@prefix polarity: <https://w3id.org/milgraph/code/polarity/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix role: <https://w3id.org/milgraph/code/role/> .
@prefix segment: <https://w3id.org/milgraph/code/segment/> .
@prefix wording: <https://w3id.org/milgraph/code/wording/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<> a mil:NewsReport ; rdfs:label "A drill of two bombers"@en ; dcterms:publisher actor:tass ;
    dcterms:source <https://example.org/drill> ; mil:publishedOn <#published> .
<#published> mil:earliestStart "2024-05-14T00:00:00+03:00"^^xsd:dateTime ;
    mil:latestEnd "2024-05-14T23:59:59+03:00"^^xsd:dateTime .
<#s1> a mil:Segment ; mil:inDocument <> ; mil:segmentKind segment:body ; mil:segmentIndex 1 .
<#claim-1> CLAIM ; mil:modality modality:fact ; mil:polarity polarity:positive .

<#claim-1> {
    <#drill> a mil:Exercise ; mil:hasPlace place:sea-of-japan ; mil:hasTime <#time> ;
        rdfs:label "Drill over the Sea of Japan"@en ; mil:hasParticipation <#bombers> .
    <#time> mil:earliestStart "2024-05-11T00:00:00+03:00"^^xsd:dateTime ;
        mil:latestEnd "2024-05-13T23:59:59+03:00"^^xsd:dateTime .
    <#bombers> mil:participant actor:russian-mod ; mil:role role:principal ;
        mil:platformType platform:tu-95ms ; mil:count <#bombers-count> .
    <#bombers-count> mil:exactly 2 ; mil:basis basis:stated .
}
"""
CLAIM = """a mil:Claim ; mil:inArticle <> ; mil:claimant actor:tass ; mil:anchoredIn <#s1> ;
    mil:wording wording:narrated ; mil:evidentiality evidentiality:own-voice ;
    dcterms:description "What the agency tells."@en"""
Submission = Callable[..., Source]


@pytest.fixture(scope="session")
def drill() -> Submission:
    """Write an article of one claim that conforms; add to its text, or replace in it.

    `CLAIM` stands for what a second claim needs beside its modality and polarity.
    """

    def write(added: str = "", *, old: str = "", new: str = "") -> Source:
        assert old in DRILL
        text = (DRILL.replace(old, new) if old else DRILL) + added
        content = text.replace("CLAIM", CLAIM).encode()
        return Source("drill.trig", content, FORMATS["trig"])

    return write


SMALL_WORLD = """\
@prefix actor: <https://w3id.org/milgraph/actor/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix place: <https://w3id.org/milgraph/place/> .
@prefix platform: <https://w3id.org/milgraph/platform/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

place:ocean a mil:SeaArea ; rdfs:label "Ocean"@en .
place:sea a mil:SeaArea ; rdfs:label "Sea"@en ; mil:withinPlace place:ocean .
place:bay a mil:SeaArea ; rdfs:label "Bay"@en ; mil:withinPlace place:sea .
actor:milgraph-editors a mil:Organization ; rdfs:label "Editors"@en .
actor:agency a mil:MediaOrganization ; rdfs:label "Agency"@en .
actor:north a mil:State ; rdfs:label "North"@en ; mil:ofState actor:north .
actor:south a mil:State ; rdfs:label "South"@en ; mil:ofState actor:south .
actor:north-air a mil:AirService ; rdfs:label "Air force of North"@en ; mil:ofState actor:north .
actor:south-air a mil:AirService ; rdfs:label "Air force of South"@en ; mil:ofState actor:south .
platform:bear a mil:BomberType ; rdfs:label "Bear"@en .
platform:bear-k a mil:BomberType ; rdfs:label "Bear K"@en ; mil:variantOf platform:bear .
platform:hawk a mil:FighterType ; rdfs:label "Hawk"@en .
"""


@pytest.fixture(scope="session")
def small_world(
    tmp_path_factory: pytest.TempPathFactory, resources: Resources
) -> Resources:
    """The whole ontology and all shapes, with little reference data and no articles.

    A graph of it is built in a moment, and what is computed of the whole of it too.
    """
    root = tmp_path_factory.mktemp("small")
    for name in ("ontology", "shapes", "queries"):
        (root / name).symlink_to(resources.root / name)
    reference = root / "data" / "reference"
    reference.mkdir(parents=True)
    (reference / "world.ttl").write_text(SMALL_WORLD, encoding="utf-8")
    return Resources(root)


@pytest.fixture(scope="session")
def small_standards(small_world: Resources) -> Standards:
    """What the small world is held to, compiled once."""
    ontology = (quad.triple for quad in Shipped(small_world).ontology)
    return Standards.of(ontology, Shapes.shipped(small_world), turbo_engine)


OpenGate = Callable[..., Gate]


@pytest.fixture(scope="session")
def open_gate(small_world: Resources, small_standards: Standards) -> OpenGate:
    """Open the gate of a folder; the small world is what travels with the program."""
    shipped = Shipped(small_world)

    def opened(folder: Path) -> Gate:
        return Gate.open(
            Settings(data=folder, resources=small_world),
            shipped=shipped,
            standards=lambda: small_standards,
        )

    return opened


@pytest.fixture(scope="session")
def small_graph(open_gate: OpenGate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of the small world, without articles, to be copied."""
    folder = tmp_path_factory.mktemp("small-graph") / "graph"
    open_gate(folder).close()
    return folder


@pytest.fixture
def data(small_graph: Path, tmp_path: Path) -> Path:
    """A copy of the small graph for one test."""
    return Path(shutil.copytree(small_graph, tmp_path / "graph"))


@pytest.fixture
def gate(data: Path, open_gate: OpenGate) -> Iterator[Gate]:
    """The gate of that copy."""
    opened = open_gate(data)
    yield opened
    opened.close()


Facts = Callable[[Gate], frozenset[Quad]]


@pytest.fixture(scope="session")
def facts() -> Facts:
    """Return all that a gate's store holds, but the history."""

    def found(gate: Gate) -> frozenset[Quad]:
        named = (q for q in gate.state.match() if q.graph_name != graphs.CHANGES)
        return frozenset(named) | frozenset(gate.state.view())

    return found


@pytest.fixture(scope="session")
def recomputed() -> Facts:
    """Return what a gate's store should hold, by its named graphs, computed anew."""

    def computed(gate: Gate) -> frozenset[Quad]:
        named = NamedGraphs.of(gate.state.match())
        view = materialise_view(named, gate.standards.axioms)
        return frozenset(view.named) | frozenset(in_view(view.triples))

    return computed


REPORT = """\
@base <https://w3id.org/milgraph/article/SLUG> .
@prefix occurrence: <https://w3id.org/milgraph/occurrence/> .
PREFIXES
<> a mil:NewsReport ; rdfs:label "A report"@en ; dcterms:publisher actor:agency ;
    dcterms:source <https://example.org/report> ; mil:publishedOn <#published> .
<#published> mil:earliestStart "2024-05-14T00:00:00Z"^^xsd:dateTime ;
    mil:latestEnd "2024-05-14T23:59:59Z"^^xsd:dateTime .
<#s1> a mil:Segment ; mil:inDocument <> ; mil:segmentKind segment:body ; mil:segmentIndex 1 .
<#claim-1> CLAIM ; mil:modality modality:fact ; mil:polarity polarity:positive .
<#claim-1> {
    <#drill> a mil:Exercise ; mil:hasPlace place:bay ; mil:hasTime <#time> ;
        rdfs:label "A drill"@en .
    <#time> mil:earliestStart "2024-05-11T00:00:00Z"^^xsd:dateTime ;
        mil:latestEnd "2024-05-13T23:59:59Z"^^xsd:dateTime .
    BODY
}
"""


@pytest.fixture(scope="session")
def tell() -> Submission:
    """Write an article of the small world: of a drill, and what else a claim says of it.

    `CLAIM` stands for what a second claim needs beside its modality and polarity.
    """
    lines = DRILL.splitlines(keepends=True)
    prefixes = "".join(line for line in lines if line.startswith("@prefix"))
    claim = CLAIM.replace("actor:tass", "actor:agency")

    def write(slug: str, body: str = "", *, added: str = "") -> Source:
        text = REPORT.replace("BODY", body) + added
        for name, meant in (("SLUG", slug), ("PREFIXES", prefixes), ("CLAIM", claim)):
            text = text.replace(name, meant)
        return Source(f"{slug}.trig", text.encode(), FORMATS["trig"])

    return write
