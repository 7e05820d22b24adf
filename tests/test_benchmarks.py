"""The made-up data of the benchmarks: always the same, in our terms, of the size asked for."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pyoxigraph
import pytest

from milgraph.articles import read_article
from milgraph.dataset import NamedGraphs, marker_of
from milgraph.iris import is_article
from milgraph.ontology import Vocabulary
from milgraph.resources import Resources
from milgraph.shipped import Shipped
from milgraph.staging import WholeView, materialise_view, validate_view
from milgraph.standards import Standards
from milgraph.suppositions import validate_suppositions
from milgraph.syntax import FORMATS, Source, read_lines
from milgraph.terms import NamedNode, compact
from milgraph.validation import Shapes, turbo_engine

BENCHMARKS = Path(__file__).parent / "benchmarks"
MIL = "https://w3id.org/milgraph/ontology#"
CODE = "https://w3id.org/milgraph/code/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


@pytest.fixture(scope="module")
def program() -> Iterator[Callable[[str], ModuleType]]:
    # The benchmarks are programs in one folder and import each other by name.
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield import_module
        for path in BENCHMARKS.glob("*.py"):
            if path.stem not in before:
                sys.modules.pop(path.stem, None)


@pytest.fixture(scope="module")
def generator(program: Callable[[str], ModuleType]) -> ModuleType:
    return program("generator")


@pytest.fixture(scope="module")
def text(generator: ModuleType) -> str:
    return written(generator, 10_000)


@pytest.fixture(scope="module")
def quads(text: str) -> list[pyoxigraph.Quad]:
    return list(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES))


@pytest.fixture(scope="module")
def ontology() -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    for path in (Resources.shipped().root / "ontology").rglob("*.ttl"):
        store.bulk_load(path=path)
    return store


def written(generator: ModuleType, size: int, **options: object) -> str:
    return "".join(
        line for batch in generator.batches(size, **options) for line in batch
    )


def test_one_seed_makes_the_same_bytes(generator: ModuleType, text: str) -> None:
    assert written(generator, 10_000) == text
    assert written(generator, 10_000, seed=1) != text


def test_a_smaller_size_is_a_prefix_of_a_larger(
    generator: ModuleType, text: str
) -> None:
    assert written(generator, 30_000).startswith(text)


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_the_size_is_the_one_asked_for(generator: ModuleType, size: int) -> None:
    text = written(generator, size)
    triples = set(text.splitlines())
    assert len(triples) == text.count("\n"), "a triple is written twice"
    assert size <= len(triples) <= size * 1.05


def test_every_article_fits_in_a_graph_of_its_own(
    generator: ModuleType, quads: list[pyoxigraph.Quad]
) -> None:
    text = written(generator, 10_000, graphs=True)
    named = list(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_QUADS))
    assert {quad.triple for quad in named} == {quad.triple for quad in quads}
    graphs = {str(quad.graph_name) for quad in named}
    articles = {
        str(quad.subject)
        for quad in quads
        if quad.predicate.value == RDF_TYPE
        and quad.object == NamedNode(MIL + "Article")
    }
    assert len(articles) > 10
    assert graphs == articles | {"<https://w3id.org/milgraph/graph/reference>"}


def test_an_article_made_alone_is_the_one_of_the_batch(generator: ModuleType) -> None:
    batch = next(islice(generator.batches(10_000), 6, None))
    alone = generator.Article(5)
    assert {" ".join(fact) + " .\n" for fact in alone.view} == set(batch)
    asserted = list(alone.asserted())
    assert len(asserted) < len(batch)
    graphs = {line.split()[-2] for line in asserted}
    assert graphs == {alone.iri, *alone.claims, *alone.supposed}


def test_a_single_article_says_as_much_as_a_short_notice(generator: ModuleType) -> None:
    alone = generator.Article(5, single=True)
    assert 30 <= len(list(alone.asserted())) <= 45
    assert len(alone.claims) == 1
    assert not alone.supposed


# What the view holds of nodes that no benchmark asks about: all that follows of them,
# and which occurrence each account has.
LEFT_OUT = {
    "accountOf", "atLocation", "describedIn", "relayedBy", "statedIn", "wasAttributedTo",
}  # fmt: skip
LEFT_OUT_CLASSES = {
    "AcceptedGraph", "CountQuantity", "Entity", "Participation", "Quantity", "TimeExtent",
}  # fmt: skip


@pytest.fixture(scope="module")
def view(generator: ModuleType, shipped: Shipped) -> WholeView:
    """The view of some articles, as the gate entails it."""
    made = generator._lines(generator.reference(), generator.REFERENCE_GRAPH)
    quads = set(shipped.ontology) | set(read_lines("".join(made).encode()))
    names = {quad.graph_name for quad in quads}
    quads |= {marker_of(name) for name in names if isinstance(name, NamedNode)}
    vocabulary = Vocabulary.of(quad.triple for quad in quads)
    articles = [generator.Article(index) for index in range(25)]
    articles += [generator.Article(index, single=True) for index in range(25, 30)]
    for article in articles:
        text = "".join(article.asserted()).encode()
        source = Source("article.nq", text, FORMATS["nquads"])
        quads |= read_article(source, vocabulary).quads
    return materialise_view(NamedGraphs.of(quads), shipped.axioms)


def test_the_gate_accepts_every_article(
    view: WholeView, resources: Resources, shipped: Shipped
) -> None:
    shapes = Shapes.shipped(resources)
    ontology = (quad.triple for quad in shipped.ontology)
    standards = Standards.of(ontology, shapes, turbo_engine)
    report = validate_view(view, standards.engine)
    # Who scrambled is told by the side that was met.
    assert {compact(result.shape) for result in report.results} == {
        "shape:Scramble-trigger"
    }
    assert report.conforms
    articles = [name for name in view.named.triples if is_article(name)]
    assert len(articles) == 30
    supposed = list(validate_suppositions(view, standards, articles))
    assert not supposed


def test_the_facts_of_an_article_are_those_of_the_view_that_are_asked_about(
    view: WholeView, generator: ModuleType
) -> None:
    made: set[str] = set()
    for index in range(30):
        article = generator.Article(index, single=index >= 25)
        made |= {" ".join(fact) for fact in article.view}
    entailed = {
        str(triple): triple
        for triple in view.triples
        if str(triple.subject).startswith("<https://w3id.org/milgraph/article/")
    }
    assert made <= entailed.keys()
    left_out = [entailed[text] for text in entailed.keys() - made]
    classes = {t.object for t in left_out if t.predicate.value == RDF_TYPE}
    names = {t.predicate for t in left_out if t.predicate.value != RDF_TYPE}
    assert {compact(name).partition(":")[2] for name in names} == LEFT_OUT
    assert {
        compact(one)
        for one in classes
        if compact(one).partition(":")[2] not in LEFT_OUT_CLASSES
    } == {"prov:Activity"}


def test_every_class_property_and_code_is_one_of_ours(
    quads: list[pyoxigraph.Quad], ontology: pyoxigraph.Store
) -> None:
    used = {quad.predicate for quad in quads}
    used |= {quad.object for quad in quads if quad.predicate.value == RDF_TYPE}
    used |= {
        quad.object
        for quad in quads
        if isinstance(quad.object, NamedNode) and quad.object.value.startswith(CODE)
    }
    ours = {term for term in used if term.value.startswith((MIL, CODE))}
    assert len(ours) > 50
    defined = {quad.subject for quad in ontology}
    assert ours <= defined, sorted(map(str, ours - defined))


def test_the_classes_above_a_class_are_those_of_the_ontology(
    generator: ModuleType, ontology: pyoxigraph.Store
) -> None:
    for name, above in generator.SUPERCLASSES.items():
        found = ontology.query(
            "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> SELECT DISTINCT ?above"
            f" {{ <{MIL}{name}> rdfs:subClassOf+ ?above FILTER (isIRI(?above)) }}"
        )
        assert isinstance(found, pyoxigraph.QuerySolutions)
        ours = {
            row["above"].value.removeprefix(MIL)
            for row in found
            if row["above"].value.startswith(MIL)
        }
        assert set(above) == ours


@pytest.mark.parametrize("text", ["", "k", "0k", "1G", "1.5M", "-1"])
def test_what_is_no_size_is_refused(generator: ModuleType, text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        generator.size_of(text)


def test_sizes_are_named_by_their_unit(generator: ModuleType) -> None:
    sizes = [generator.size_of(text) for text in ("2500", "10k", "1M", "10M")]
    assert sizes == [2_500, 10_000, 1_000_000, 10_000_000]


def test_every_question_has_many_texts_and_finds_something(
    program: Callable[[str], ModuleType], generator: ModuleType, tmp_path: Path
) -> None:
    questions = program("questions")
    data = tmp_path / "data.nt"
    data.write_text(written(generator, 60_000), encoding="ascii")
    store = pyoxigraph.Store()
    store.bulk_load(path=data)
    asked = questions.questions(data)
    assert tuple(question.name for question in asked) == questions.NAMES
    for question in asked:
        assert len(set(question.texts)) == len(question.texts) > 1
        rows = (len(list(store.query(one))) for one in question.texts[:40])
        assert any(rows), question.name
    lookups = next(one for one in asked if one.name == "point-lookup")
    assert len(lookups.texts) >= 1000


BURN = "import time\nwhile time.process_time() < 0.2: pass\nprint('burnt', flush=True)"
PARENT = f"""
from subprocess import PIPE, Popen, run
import sys
run([sys.executable, "-c", {BURN!r}], check=True, stdout=PIPE)
child = Popen([sys.executable, "-c", {BURN!r} + "\\ninput()"], stdin=PIPE, stdout=PIPE)
child.stdout.readline()
print("both have burnt", flush=True)
input()
child.communicate(b"\\n")
"""


def test_a_servers_cost_is_that_of_all_its_processes(
    program: Callable[[str], ModuleType],
) -> None:
    processes = program("processes")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.readline()
        # One child has ended and was waited for, the other lives.
        # The kernel counts in ticks of ten milliseconds.
        assert processes.cpu_seconds(server.pid) > 0.3
        assert len(processes.tree(server.pid)) == 2
        assert processes.memory(server.pid) > 5
        server.communicate(b"\n")


def test_servers_that_give_different_numbers_of_rows_are_not_compared(
    program: Callable[[str], ModuleType],
) -> None:
    service, servers, questions = map(program, ("service", "servers", "questions"))

    def stand_in(name: str, rows: int) -> SimpleNamespace:
        answer = json.dumps({"results": {"bindings": [{}] * rows}})
        return SimpleNamespace(
            name=name,
            pid=os.getpid(),
            server=servers.SERVERS["milgraph"],
            ask=lambda _, seconds: answer,  # noqa: ARG005 - as a server has it
        )

    asked = [questions.Question("point-lookup", ("SELECT * {}",))]
    same = [stand_in("one", 2), stand_in("other", 2)]
    assert len(service.check_all(same, asked, 10_000)) == 2
    with pytest.raises(servers.Failure, match=r"differ: one \(2,\), other \(3,\)"):
        service.check_all([same[0], stand_in("other", 3)], asked, 10_000)
