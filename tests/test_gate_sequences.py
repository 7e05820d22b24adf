"""The gate after any sequence of changes: what it keeps by little steps is what is right.

A machine of hypothesis adds, replaces, retracts, edits, judges and undoes at random. A
model beside it computes the whole anew for each change, and says whether the gate must
take it, what the view is then and what the shapes say of all of it. owlrl and pySHACL
look at where each sequence ends, and undoing everything leads back to the start.
"""

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from milgraph import graphs
from milgraph.articles import read_article
from milgraph.changes import Change
from milgraph.dataset import NamedGraphs, in_view
from milgraph.entailment.reference import is_promised, materialise_with_owlrl
from milgraph.errors import (
    ConformanceError,
    KnowledgeGraphError,
    PlacementError,
    UndoError,
)
from milgraph.gate import Gate
from milgraph.history import Author, LogReader, Role
from milgraph.interchange import term_to_rdflib
from milgraph.iris import ARTICLES, document_of
from milgraph.proposals import Proposal, vocabulary_of
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.staging import WholeView, materialise_view, validate_view
from milgraph.standards import Standards
from milgraph.suppositions import validate_suppositions
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import (
    MIL,
    OWL,
    RDF,
    RDFS,
    DefaultGraph,
    NamedNode,
    Quad,
    Triple,
)
from milgraph.validation import Result, Severity, Shapes, pyshacl_engine, turbo_engine

EDITOR = Author("ada", Role.EDITOR, "add", "because")
PREFIXES = """\
@prefix actor: <https://w3id.org/milgraph/actor/> .
@prefix basis: <https://w3id.org/milgraph/code/basis/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix evidentiality: <https://w3id.org/milgraph/code/evidentiality/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix modality: <https://w3id.org/milgraph/code/modality/> .
@prefix occurrence: <https://w3id.org/milgraph/occurrence/> .
@prefix place: <https://w3id.org/milgraph/place/> .
@prefix platform: <https://w3id.org/milgraph/platform/> .
@prefix polarity: <https://w3id.org/milgraph/code/polarity/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix role: <https://w3id.org/milgraph/code/role/> .
@prefix segment: <https://w3id.org/milgraph/code/segment/> .
@prefix wording: <https://w3id.org/milgraph/code/wording/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
RECORD = """
<> a mil:NewsReport ; rdfs:label "A report"@en ; dcterms:publisher actor:agency ;
    dcterms:source <https://example.org/report> ; mil:publishedOn <#published> .
<#published> mil:earliestStart "2024-05-10T00:00:00Z"^^xsd:dateTime ;
    mil:latestEnd "2024-05-10T23:59:59Z"^^xsd:dateTime .
<#s1> a mil:Segment ; mil:inDocument <> ; mil:segmentKind segment:body ; mil:segmentIndex 1 .
"""
CLAIM = """
<#{name}> a mil:Claim ; mil:inArticle <> ; mil:claimant actor:agency ; mil:anchoredIn <#s1> ;
    mil:wording wording:narrated ; mil:evidentiality evidentiality:own-voice ;
    mil:modality modality:{modality} ; mil:polarity polarity:{polarity} ;
    dcterms:description "What the agency tells."@en .
"""
SLUGS = ("2024-05-10-one", "2024-05-10-two", "2024-05-10-three")


# What articles say


@dataclass(frozen=True)
class Activity:
    """An activity: of what class, on which day, where, by whom, with what."""

    kind: str
    day: int
    place: str
    who: str | None
    platform: str | None
    number: int | None

    def text(self, index: int) -> str:
        lines = [
            f"<#a{index}> a mil:{self.kind} ; mil:hasPlace place:{self.place} ;"
            f' mil:hasTime <#t{index}> ; rdfs:label "{self.kind} {index}"@en .',
            f'<#t{index}> mil:earliestStart "2024-05-0{self.day}T00:00:00Z"^^xsd:dateTime ;'
            f' mil:latestEnd "2024-05-0{self.day}T23:59:59Z"^^xsd:dateTime .',
        ]
        if self.who or self.platform:
            lines.append(f"<#a{index}> mil:hasParticipation <#g{index}> .")
            lines.append(f"<#g{index}> mil:role role:principal .")
        if self.who:
            lines.append(f"<#g{index}> mil:participant actor:{self.who} .")
        if self.platform:
            lines.append(f"<#g{index}> mil:platformType platform:{self.platform} .")
            if self.number is not None:
                lines.append(f"<#g{index}> mil:count <#n{index}> .")
                lines.append(f"<#n{index}> mil:exactly {self.number} .")
                lines.append(f"<#n{index}> mil:basis basis:stated .")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """An article: its activities and their ties, and what else its claims say.

    `extras` are of EXTRAS; some of them the gate must refuse.
    """

    slug: str
    activities: tuple[Activity, ...]
    ties: tuple[tuple[str, int, int], ...]
    extras: frozenset[str]

    @property
    def source(self) -> Source:
        size = len(self.activities)
        told = [one.text(index) for index, one in enumerate(self.activities)]
        for name, one, other in self.ties:
            if one % size == other % size:
                continue
            if name == "escorts":
                told.append(f"<#a{one % size}> a mil:Escort .")
            told.append(f"<#a{one % size}> mil:{name} <#a{other % size}> .")
        blocks = [CLAIM.format(name="c1", modality="fact", polarity="positive")]
        blocks.append("<#c1> {\n" + "\n".join(told) + "\n}")
        first = self.activities[0]
        blocks += [
            EXTRAS[extra].replace("KIND", first.kind).replace("PLACE", first.place)
            for extra in sorted(self.extras)
        ]
        base = f"@base <{ARTICLES}{self.slug}> .\n"
        content = base + PREFIXES + RECORD + "\n".join(blocks)
        return Source(f"{self.slug}.trig", content.encode(), FORMATS["trig"])


def _claim(name: str, body: str, *, modality: str, polarity: str = "positive") -> str:
    head = CLAIM.format(name=name, modality=modality, polarity=polarity)
    return f"{head}<#{name}> {{ {body} }}"


READINGS = (
    _claim(
        "c5",
        "<#note> a mil:Characterisation ; mil:concerns <#a0> ; "
        'dcterms:description "Where it came from."@en .',
        modality="fact",
    )
    + """
<#c5> mil:preferredReading <#CHOSEN> ; mil:hasReading <#OTHER> .
<#r1> a mil:Reading ; mil:reason "So it is printed."@en .
<#r2> a mil:Reading ; mil:reason "Perhaps a slip."@en .
<#r1> { <#a0> mil:originPlace place:bay . }
<#r2> { <#a0> mil:originPlace place:sea . <#a0> mil:returnPlace place:sea . }
"""
)
EXTRAS = {
    # Two graphs assert the same triples, of which one may go alone.
    "said-twice": _claim(
        "c2", "<#a0> a mil:KIND ; mil:hasPlace place:PLACE .", modality="fact"
    ),
    # What follows is asserted too.
    "said-broadly": _claim(
        "c6", "<#a0> a mil:MilitaryActivity , mil:Activity .", modality="habit"
    ),
    "denied": _claim(
        "c3", "<#a0> a mil:AirspaceViolation .", modality="fact", polarity="negative"
    ),
    "supposed": _claim(
        "c4",
        "<#h> a mil:ResponseHypothesis ; mil:hypothesisedCause <#a0> ; "
        "mil:hypothesisedEffect <#e> . <#e> a mil:Exercise ; mil:hasTime <#e-time> . "
        '<#e-time> mil:earliestStart "2024-05-08T00:00:00Z"^^xsd:dateTime ; '
        'mil:latestEnd "2024-05-09T23:59:59Z"^^xsd:dateTime .',
        modality="hypothesis",
    ),
    "one-reading": READINGS.replace("CHOSEN", "r1").replace("OTHER", "r2"),
    "other-reading": READINGS.replace("CHOSEN", "r2").replace("OTHER", "r1"),
    # What cannot be stored: by the shapes, in what is supposed, by disjointness, by placing.
    "timeless": _claim("c7", "<#x> a mil:Flight .", modality="fact"),
    "supposed-timeless": _claim("c8", "<#y> a mil:Flight .", modality="hypothesis"),
    "torn": _claim("c9", "<#a0> a mil:SeaArea .", modality="fact"),
    "foreign": _claim("c10", "place:sea rdfs:label 'Mine'@en .", modality="fact"),
    "unknown": _claim("c11", "<#a0> mil:hasPlace place:gulf .", modality="fact"),
}
FLAWS = frozenset(
    ("timeless", "supposed-timeless", "torn", "foreign", "unknown", "one-reading")
)
TIES = ("partOf", "follows", "follows", "during", "escorts", "resembles")

activities = st.builds(
    Activity,
    st.sampled_from(("Flight", "AirPatrol", "Exercise", "MilitaryActivity")),
    st.sampled_from((9, 8)),
    st.sampled_from(("ocean", "sea", "bay")),
    st.sampled_from((None, "north-air", "south-air", "north")),
    st.sampled_from((None, "bear", "bear-k", "hawk")),
    st.sampled_from((None, 1, 2)),
)
extras = st.frozensets(
    st.sampled_from([*sorted(EXTRAS.keys() - FLAWS), "one-reading"]), max_size=3
).filter(lambda drawn: not {"one-reading", "other-reading"} <= drawn)
flawed: st.SearchStrategy[frozenset[str]] = st.one_of(
    st.just(frozenset()), st.just(frozenset()), st.just(frozenset()),
    st.frozensets(st.sampled_from(sorted(FLAWS - {"one-reading"})), max_size=1),
)  # fmt: skip
reports = st.builds(
    Report,
    st.sampled_from(SLUGS),
    st.lists(activities, min_size=1, max_size=3).map(tuple),
    st.lists(
        st.tuples(st.sampled_from(TIES), st.integers(0, 2), st.integers(0, 2)),
        max_size=2,
    ).map(tuple),
    st.tuples(extras, flawed).map(lambda pair: pair[0] | pair[1]),
)

# What editors change: each is put in where it is not there, and taken out where it is.

EDITS = {
    "a gulf": 'place:gulf a mil:SeaArea ; rdfs:label "Gulf"@en .',
    "the gulf lies in the sea": "place:gulf mil:withinPlace place:sea .",
    "the bay lies in the gulf": "place:bay mil:withinPlace place:gulf .",
    "the bay lies in the sea": "place:bay mil:withinPlace place:sea .",
    "the sea lies in the ocean": "place:sea mil:withinPlace place:ocean .",
    # It follows as well, as long as both steps are there.
    "the bay lies in the ocean": "place:bay mil:withinPlace place:ocean .",
    "the air force is of the south": "actor:south-air mil:ofState actor:south .",
    "the air force is of the north": "actor:south-air mil:ofState actor:north .",
    "the variant": "platform:bear-k mil:variantOf platform:bear .",
    "the other variant": "platform:hawk mil:variantOf platform:bear .",
    "the sea is a sea": "place:sea a mil:SeaArea .",
    "the sea has a name": 'place:sea rdfs:label "Sea"@en .',
    "the sea is an actor": "place:sea a mil:State .",
}
JUDGED = """\
occurrence:{name} a mil:Occurrence ; rdfs:label "What happened"@en ;
    mil:hasJudgement <https://w3id.org/milgraph/occurrence/{name}#{slug}> .
<https://w3id.org/milgraph/occurrence/{name}#{slug}> a mil:AccountJudgement ;
    mil:judgedAccount <{articles}{slug}#a0> ; mil:judgedBy actor:milgraph-editors ;
    mil:confidence 0.9 ; mil:reason "They agree."@en .
"""


def quads_of(text: str, graph: NamedNode) -> frozenset[Quad]:
    source = Source("edit.ttl", (PREFIXES + text).encode(), FORMATS["turtle"])
    return frozenset(
        Quad(q.subject, q.predicate, q.object, graph) for q in read(source)
    )


# What is right

SCHEMA = frozenset(
    RDFS[name] for name in ("subClassOf", "subPropertyOf", "domain", "range")
)


@dataclass(frozen=True)
class Whole:
    """The whole computed anew: its view, and all that the shapes say."""

    view: WholeView
    found: frozenset[tuple[object, ...]]
    supposed: frozenset[tuple[object, ...]]

    @property
    def violations(self) -> frozenset[tuple[object, ...]]:
        return frozenset(f for f in self.found | self.supposed if f[0] == "violation")


def finding(result: Result) -> tuple[object, ...]:
    return (
        result.severity.label,
        str(result.focus_node),
        str(result.shape),
        str(result.component),
        str(result.path),
        str(result.value),
    )


def whole_of(quads: Iterable[Quad], standards: Standards) -> Whole:
    """Return the whole that the quads make, whose default graph is not looked at.

    Raises:
        KnowledgeGraphError: they make none.
    """
    named = NamedGraphs.of(quads)
    view = materialise_view(named, standards.axioms)
    articles = sorted({document_of(name) for name in view.named.triples}, key=str)
    supposed = validate_suppositions(view, standards, articles)
    return Whole(
        view,
        frozenset(map(finding, validate_view(view, standards.engine).results)),
        frozenset(map(finding, supposed)),
    )


def spelled(triples: Iterable[Triple]) -> set[tuple[str, str, str]]:
    """Spell values as rdflib does, which rewrites numbers and dates."""
    return {
        (str(t.subject), str(t.predicate), term_to_rdflib(t.object).n3())
        for t in triples
    }


def is_axiom(triple: Triple) -> bool:
    """Return whether the triple is more than words about a term: owlrl reads them all."""
    predicate = triple.predicate
    if predicate == RDF["type"]:
        return triple.object in OWL
    return predicate in OWL or predicate in RDF or predicate in SCHEMA


@dataclass(frozen=True)
class Ground:
    """Where every sequence begins: a folder to copy, and what is compiled once."""

    folder: Path
    resources: Resources
    shipped: Shipped
    standards: Standards

    def open(self, folder: Path) -> Gate:
        return Gate.open(
            Settings(data=folder, resources=self.resources),
            shipped=self.shipped,
            standards=lambda: self.standards,
        )


@pytest.fixture(scope="module")
def ground(small_world: Resources, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    shipped = Shipped(small_world)
    shapes = Shapes.shipped(small_world)
    ontology = (quad.triple for quad in shipped.ontology)
    standards = Standards.of(ontology, shapes, turbo_engine)
    ground = Ground(
        tmp_path_factory.mktemp("ground") / "graph", small_world, shipped, standards
    )
    ground.open(ground.folder).close()
    return ground


class Sequence(RuleBasedStateMachine):
    """A gate that is changed at random, beside what it must be after each change."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        super().__init__()
        self.ground = ground
        self.folder = folder
        shutil.copytree(ground.folder, folder)
        self.gate = ground.open(folder)
        self.quads = self.all_quads()
        self.first = self.gate.sequence
        # The state before each commit, to be found again when it is undone.
        self.before: dict[int, frozenset[Quad]] = {}
        self.whole = whole_of(self.quads, ground.standards)
        assert not self.whole.violations

    def all_quads(self) -> frozenset[Quad]:
        """Return all that the store holds, but the history."""
        named = (q for q in self.gate.state.match() if q.graph_name != graphs.CHANGES)
        return frozenset(named) | frozenset(self.gate.state.view())

    # The changes

    @initialize(drawn=st.lists(reports, max_size=3))
    def begin(self, drawn: list[Report]) -> None:
        """Begin with articles, so that there is something to change."""
        for report in drawn:
            self.submit([report], dry_run=False)

    @rule(drawn=reports)
    def add(self, drawn: Report) -> None:
        self.submit([drawn], dry_run=False)

    @rule(drawn=st.lists(reports, min_size=1, max_size=2), dry_run=st.booleans())
    def submit(self, drawn: list[Report], dry_run: bool) -> None:
        sources = [report.source for report in drawn]
        vocabulary = vocabulary_of(self.gate.state)
        change: Change | None = None
        with suppress(PlacementError):
            change = self.replacing([read_article(s, vocabulary) for s in sources])
        self.attempt(
            change,
            lambda: self.gate.submit(*sources, author=EDITOR, dry_run=dry_run),
            dry_run=dry_run,
            submitted=frozenset(NamedNode(ARTICLES + report.slug) for report in drawn),
        )

    def replacing(self, placed: list[Any]) -> Change | None:
        """Return the change by which the articles replace what is there of them."""
        names = {article.iri for article in placed}
        if len(names) < len(placed):
            return None
        present = {
            q
            for q in self.quads
            if isinstance(q.graph_name, NamedNode)
            and document_of(q.graph_name) in names
        }
        wanted = {quad for article in placed for quad in article.quads}
        return Change.between(present, wanted)

    @rule(slug=st.sampled_from(SLUGS))
    def retract(self, slug: str) -> None:
        article = NamedNode(ARTICLES + slug)
        present = {
            q
            for q in self.quads
            if isinstance(q.graph_name, NamedNode)
            and document_of(q.graph_name) == article
        }
        self.attempt(
            Change(removals=frozenset(present)) if present else None,
            lambda: self.gate.retract(article, author=EDITOR),
        )

    @rule(names=st.sets(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3))
    def edit(self, names: set[str]) -> None:
        groups = [quads_of(EDITS[name], graphs.REFERENCE) for name in sorted(names)]
        self.toggle(groups)

    @rule(
        name=st.sampled_from(("first", "second")),
        slugs=st.sets(st.sampled_from(SLUGS), min_size=1),
    )
    def judge(self, name: str, slugs: set[str]) -> None:
        groups = [
            quads_of(
                JUDGED.format(name=name, slug=slug, articles=ARTICLES),
                graphs.OCCURRENCES,
            )
            for slug in sorted(slugs)
        ]
        self.toggle(groups)

    def toggle(self, groups: list[frozenset[Quad]]) -> None:
        """Take out each group that is there whole, and put in each that is not."""
        there = frozenset().union(*(g for g in groups if g <= self.quads))
        missing = frozenset().union(*(g for g in groups if not g <= self.quads))
        change = Change(there - missing, missing - self.quads)
        proposal: Proposal | None = None
        with suppress(PlacementError):
            proposal = self.gate.desk.edit(change)
        self.attempt(
            proposal.change if proposal else None,
            lambda: self.gate.edit(change, author=EDITOR),
        )

    @precondition(lambda self: self.gate.sequence > self.first)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        last = self.gate.sequence
        back = data.draw(st.integers(0, last - self.first - 1), label="commits back")
        number = last - back
        try:
            outcome = self.gate.undo(number, author=EDITOR)
        except KnowledgeGraphError:
            # The last one can always be undone: what it changed was right before.
            assert number != last
            self.nothing_happened(last)
            return
        self.committed(outcome.sequence)
        self.whole = whole_of(self.quads, self.ground.standards)
        self.consistent()
        if number == last:
            assert self.quads == self.before[number]

    # What must hold

    def attempt(
        self,
        change: Change | None,
        act: Callable[[], Any],
        *,
        dry_run: bool = False,
        submitted: frozenset[NamedNode] = frozenset(),
    ) -> None:
        """Make the change by the act; none is one that placing must refuse."""
        last, expected = self.gate.sequence, self.expected(change)
        refusal: KnowledgeGraphError | None = None
        try:
            outcome = act()
        except KnowledgeGraphError as error:
            refusal = error
        if refusal is not None:
            self.rightly_refused(refusal, expected)
            self.nothing_happened(last)
            return
        assert expected is not None
        assert not expected.violations
        self.agreed(set(map(finding, outcome.report.results)), expected, submitted)
        if dry_run or outcome.sequence is None:
            assert outcome.sequence is None
            assert (
                dry_run
                or self.whole.view.triples.triples == expected.view.triples.triples
            )
            self.nothing_happened(last)
            return
        self.whole = expected
        self.committed(outcome.sequence)
        self.consistent()

    def rightly_refused(
        self, refusal: KnowledgeGraphError, expected: Whole | None
    ) -> None:
        assert expected is None or expected.violations, refusal
        if isinstance(refusal, ConformanceError):
            assert expected is not None
            found = set(map(finding, refusal.report.results))
            assert {f for f in found if f[0] == "violation"} == expected.violations

    def expected(self, change: Change | None) -> Whole | None:
        """Return what the whole would be after the change, or nothing if there is none."""
        if change is None:
            return None
        named = {q for q in self.quads if q.graph_name != DefaultGraph()}
        try:
            return whole_of(
                (named - change.removals) | change.additions, self.ground.standards
            )
        except KnowledgeGraphError:
            return None

    def agreed(
        self,
        found: set[tuple[object, ...]],
        expected: Whole,
        submitted: frozenset[NamedNode],
    ) -> None:
        """Compare what was found from the change outwards with what is found of all."""
        assert found <= expected.found | expected.supposed
        assert expected.found - self.whole.found <= found
        assert expected.supposed - self.whole.supposed <= found
        of_those = {
            f
            for f in expected.found | expected.supposed
            if document_of(NamedNode(str(f[1])[1:-1])) in submitted
        }
        assert of_those <= found

    def committed(self, sequence: int | None) -> None:
        assert sequence == self.gate.sequence
        self.before[sequence] = self.quads
        self.quads = self.all_quads()

    def nothing_happened(self, last: int) -> None:
        assert self.gate.sequence == last
        assert self.all_quads() == self.quads

    def consistent(self) -> None:
        """Compare the store with the whole computed anew."""
        view = {q for q in self.quads if q.graph_name == DefaultGraph()}
        right = set(in_view(self.whole.view.triples))
        assert view - right == set()
        assert right - view == set()
        assert self.quads - view == set(self.whole.view.named)

    # Where a sequence ends

    def teardown(self) -> None:
        try:
            self.end()
        finally:
            self.gate.close()
            shutil.rmtree(self.folder)

    def end(self) -> None:
        self.agree_with_references()
        self.undo_everything()
        self.replayed()

    def agree_with_references(self) -> None:
        """Compare the view with owlrl's closure, and its findings with pySHACL's."""
        view = self.whole.view
        defined = {quad.subject for quad in self.ground.shipped.ontology}
        axioms = {t for t in view.named.graph(graphs.ONTOLOGY) if is_axiom(t)}
        told = {t for t in view.named.asserted() if t.subject not in defined}
        derived = materialise_with_owlrl(axioms | told)
        closure = spelled(t for t in derived if t.subject not in defined)
        ours = spelled(
            t for t in view.triples if is_promised(t) and t.subject not in defined
        )
        assert ours - closure == set()
        assert closure - ours == set()
        slow = pyshacl_engine(self.ground.standards.shapes)
        by_reference = validate_view(view, slow)
        assert set(map(finding, by_reference.results)) == self.whole.found
        assert not by_reference.count(Severity.VIOLATION)

    def undo_everything(self) -> None:
        """Undo the commits from the last to the first, each to the state before it."""
        for number in range(self.gate.sequence, self.first, -1):
            self.gate.undo(number, author=EDITOR)
            self.quads = self.all_quads()
            assert self.quads == self.before[number]
        with pytest.raises(UndoError):
            self.gate.undo(self.first, author=EDITOR)

    def replayed(self) -> None:
        """Compare the store with what the log alone leads to, and open it once more."""
        everything = frozenset(self.gate.state.match()) | frozenset(
            self.gate.state.view()
        )
        found: frozenset[Quad] = frozenset()
        log = LogReader.open(self.folder / "log")
        for entry in log.entries():
            assert entry.proper.removals <= found
            assert not entry.proper.additions & found
            found = (found - entry.change.removals) | entry.change.additions
            assert log.summary(entry.sequence) == entry.summary
        numbers = {q for q in everything - found if q.predicate == MIL.sequenceNumber}
        assert everything - found == numbers
        assert found <= everything
        last = self.gate.sequence
        self.gate.close()
        self.gate = self.ground.open(self.folder)
        assert self.gate.sequence == last
        assert self.all_quads() == self.quads


def run(ground: Ground, tmp_path: Path, *, examples: int, steps: int) -> None:
    numbers = count()

    def begun() -> Sequence:
        return Sequence(ground, tmp_path / str(next(numbers)))

    run_state_machine_as_test(
        begun,  # type: ignore[arg-type]  # it takes whatever makes a machine
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            # What CI says follows from the change alone.
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_after_any_sequence_the_graph_is_what_the_whole_says(
    ground: Ground, tmp_path: Path
) -> None:
    run(ground, tmp_path, examples=3, steps=12)


@pytest.mark.long
def test_after_very_many_sequences_the_graph_is_what_the_whole_says(
    ground: Ground, tmp_path: Path
) -> None:
    run(ground, tmp_path, examples=10, steps=25)
