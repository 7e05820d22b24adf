"""The ontology: every term is defined, every axiom is one we mean, nothing clashes.

The files are read as they are, with rdflib; the lint queries run in pyoxigraph,
as they do in the service. owlrl is the OWL 2 RL reasoner, HermiT the OWL 2 DL one.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import owlready2
import owlrl
import pyoxigraph
import pyshacl
import pytest
from rdflib import (
    DCTERMS,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    SH,
    SKOS,
    BNode,
    Graph,
    Literal,
    Namespace,
    URIRef,
    namespace,
)
from rdflib.collection import Collection
from rdflib.term import Node

ROOT = Path(__file__).resolve().parent.parent
ONTOLOGY = ROOT / "ontology"
MODULES = tuple(
    ONTOLOGY / f"{name}.ttl"
    for name in (
        "actors",
        "platforms",
        "places",
        "activities",
        "disputes",
        "measures",
        "sources",
        "datasets",
    )
)
WHOLE = ONTOLOGY / "ontology.ttl"
PREFIXES = ONTOLOGY / "prefixes.ttl"
CODES = sorted((ONTOLOGY / "codes").glob("*.ttl"))
ALIGNMENTS = sorted((ONTOLOGY / "alignments").glob("*.ttl"))
ALWAYS_LOADED = tuple(
    ONTOLOGY / "alignments" / f"{n}.ttl" for n in ("geosparql", "prov")
)
FILES = [*MODULES, WHOLE, PREFIXES, *CODES, *ALIGNMENTS]
LINT_SHAPES = ROOT / "shapes" / "lint" / "terms.ttl"
LINT_QUERIES = sorted((ROOT / "queries" / "lint").glob("*.rq"))

MIL = Namespace("https://w3id.org/milgraph/ontology#")
ONTOLOGY_IRI = URIRef("https://w3id.org/milgraph/ontology")
CODE_BASE = "https://w3id.org/milgraph/code/"
EX = Namespace("https://example.org/")

TERM_KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
MATCHES = (SKOS.closeMatch, SKOS.broadMatch, SKOS.relatedMatch)
CLOSED_NAMESPACES: dict[str, type[namespace.DefinedNamespace]] = {
    "geosparql": namespace.GEO,
    "org": ORG,
    "prov": PROV,
    "schema": namespace.SDO,
    "skos": SKOS,
    "time": namespace.TIME,
}

# The axioms that the compiled rules cover, and no others.
AXIOMS = {
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    RDFS.domain,
    RDFS.range,
    OWL.equivalentClass,
    OWL.equivalentProperty,
    OWL.inverseOf,
    OWL.propertyChainAxiom,
    OWL.disjointWith,
    OWL.members,
}
KINDS = {
    OWL.Ontology,
    *TERM_KINDS,
    OWL.AnnotationProperty,
    OWL.TransitiveProperty,
    OWL.SymmetricProperty,
    OWL.AllDisjointClasses,
}
ANNOTATIONS = {RDFS.label, RDFS.isDefinedBy}
HEADER = {OWL.imports, OWL.versionIRI, OWL.versionInfo}


def read(*paths: Path) -> Graph:
    """Return the union of the files."""
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


@cache
def ontology() -> Graph:
    """Return the modules, the ontology that joins them and no codes."""
    return read(*MODULES, WHOLE)


@cache
def loaded() -> Graph:
    """Return what the store loads, but for the codes: ontology and two alignments."""
    return read(*MODULES, WHOLE, *ALWAYS_LOADED)


def ours(graph: Graph, *kinds: URIRef) -> set[URIRef]:
    """Return the terms of our namespace that the graph declares as one of the kinds."""
    return {
        subject
        for kind in kinds
        for subject in graph.subjects(RDF.type, kind)
        if isinstance(subject, URIRef) and subject.startswith(MIL)
    }


def top_classes() -> list[Node]:
    (axiom,) = ontology().subjects(RDF.type, OWL.AllDisjointClasses)
    members = ontology().value(axiom, OWL.members)
    assert members is not None
    return list(Collection(ontology(), members))


def chains(graph: Graph) -> list[tuple[Node, list[Node]]]:
    return [
        (term, list(Collection(graph, head)))
        for term, head in graph.subject_objects(OWL.propertyChainAxiom)
    ]


def closure(graph: Graph) -> Graph:
    """Return the OWL 2 RL closure, as owlrl computes it."""
    closed = Graph() + graph
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(closed)
    return closed


def clashes(closed: Graph) -> list[str]:
    """Return what owlrl reports as inconsistent, and the members of owl:Nothing."""
    errors = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
    return [
        *(str(message) for message in closed.objects(None, errors)),
        *(str(member) for member in closed.subjects(RDF.type, OWL.Nothing)),
    ]


# Files


def test_the_suite_has_not_lost_its_files() -> None:
    assert sorted(path.stem for path in ONTOLOGY.glob("*.ttl")) == sorted(
        path.stem for path in (*MODULES, WHOLE, PREFIXES)
    )
    assert len(CODES) >= 27
    assert len(ALIGNMENTS) >= 10
    assert len(LINT_QUERIES) >= 12


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_both_engines_read_the_file(path: Path) -> None:
    triples = {quad.triple for quad in pyoxigraph.parse(path=path)}
    assert len(triples) == len(read(path)) > 0


def test_the_files_are_formatted() -> None:
    formatter = Path(sys.executable).with_name("turtlefmt")
    if not formatter.exists():
        pytest.skip("turtlefmt is not installed beside this Python")
    outcome = subprocess.run(  # our own formatter on our own files
        [formatter, "--check", ONTOLOGY, LINT_SHAPES],
        check=False,
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stderr + outcome.stdout


@cache
def prefix_map() -> dict[str, str]:
    """Return the namespaces of `prefixes.ttl` by prefix."""
    graph = read(PREFIXES)
    return {
        str(graph.value(declaration, SH.prefix)): str(
            graph.value(declaration, SH.namespace)
        )
        for declaration in graph.objects(None, SH.declare)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_prefixes_are_those_of_the_one_map_in_order_and_all_used(path: Path) -> None:
    declared = prefix_map()
    text = path.read_text(encoding="utf-8")
    written = re.findall(r"^@prefix (\S*): <(\S*)> \.$", text, re.MULTILINE)
    assert written == sorted(written)
    assert dict(written).items() <= declared.items()
    body = re.sub(r'^@prefix.*$|^#.*$|"[^"]*"', "", text, flags=re.MULTILINE)
    assert [p for p, _ in written if not re.search(rf"(?<![\w-]){p}:", body)] == []


def test_the_ontology_imports_every_module_and_says_who_may_use_it() -> None:
    graph = read(WHOLE)
    assert set(graph.objects(ONTOLOGY_IRI, OWL.imports)) == {
        URIRef(f"{ONTOLOGY_IRI}/{path.stem}") for path in MODULES
    }
    assert str(graph.value(ONTOLOGY_IRI, DCTERMS.license)).startswith(
        "https://creativecommons.org/licenses/by/4.0"
    )
    version = str(graph.value(ONTOLOGY_IRI, OWL.versionInfo))
    assert str(graph.value(ONTOLOGY_IRI, OWL.versionIRI)).endswith(f"/{version}")
    citation = graph.value(ONTOLOGY_IRI, DCTERMS.bibliographicCitation)
    assert version in str(citation)


@pytest.mark.parametrize("path", [*MODULES, *ALIGNMENTS], ids=lambda path: path.stem)
def test_a_module_imports_every_module_whose_terms_it_mentions(path: Path) -> None:
    graph = read(path)
    (module,) = graph.subjects(RDF.type, OWL.Ontology)
    imported, left = {module}, [module]
    while left:
        for found in loaded_imports().objects(left.pop(), OWL.imports):
            if found not in imported:
                imported.add(found)
                left.append(found)
    mentioned = {
        term
        for triple in graph
        for term in (triple[0], triple[2])
        if isinstance(term, URIRef) and term.startswith(MIL)
    }
    homes = {ontology().value(term, RDFS.isDefinedBy): term for term in mentioned}
    assert {home: term for home, term in homes.items() if home not in imported} == {}


@cache
def loaded_imports() -> Graph:
    return read(*MODULES, WHOLE, *ALIGNMENTS)


# Terms


def test_the_ontology_has_not_lost_its_terms() -> None:
    assert len(ours(ontology(), OWL.Class)) >= 115
    assert len(ours(ontology(), OWL.ObjectProperty, OWL.DatatypeProperty)) >= 155


def test_every_term_module_and_code_conforms_to_the_lint_shapes() -> None:
    graph = read(*MODULES, WHOLE, *CODES)
    conforms, _, text = pyshacl.validate(graph, shacl_graph=read(LINT_SHAPES))
    assert conforms, text


@pytest.mark.parametrize(
    ("term", "shape"),
    [
        ("skos:definition 'Two. Sentences.'@en", "Term-definition"),
        ("skos:definition 'A class that flies.'@en", "Term-genus"),
        ("rdfs:label 'A label'@en", "Term-label"),
        ("rdfs:label 'flight'@en , 'sortie'@en", "Term-label"),
        ("rdfs:label 'flight'@en", "Term-example"),
        ("rdfs:isDefinedBy <https://example.org/absent>", "Term-module"),
        ("mil:usage 'sometimes'", "Term-usage"),
    ],
)
def test_the_lint_shapes_find_a_badly_described_term(term: str, shape: str) -> None:
    bad = Graph().parse(
        format="turtle",
        data=f"""
        @prefix mil: <{MIL}> .
        @prefix owl: <{OWL}> .
        @prefix rdfs: <{RDFS}> .
        @prefix skos: <{SKOS}> .
        mil:Bad a owl:Class ; {term} .
        """,
    )
    _, report, _ = pyshacl.validate(bad, shacl_graph=read(LINT_SHAPES))
    found = set(report.objects(None, SH.sourceShape))
    assert URIRef(f"https://w3id.org/milgraph/shapes#{shape}") in found


def test_a_term_is_declared_in_the_module_that_it_names() -> None:
    misplaced = {
        term
        for graph in map(read, (*MODULES, WHOLE))
        for term in ours(graph, *TERM_KINDS, OWL.AnnotationProperty)
        if set(graph.objects(term, RDFS.isDefinedBy))
        != set(graph.subjects(RDF.type, OWL.Ontology))
    }
    assert misplaced == set()


def test_classes_are_named_with_a_capital_and_properties_without() -> None:
    names = {
        True: ours(ontology(), OWL.Class),
        False: ours(ontology(), OWL.ObjectProperty, OWL.DatatypeProperty),
    }
    wrong = {
        term
        for capital, terms in names.items()
        for term in terms
        if term.removeprefix(MIL)[0].isupper() is not capital
    }
    assert wrong == set()


def test_two_terms_never_share_a_definition() -> None:
    counts = Counter(ontology().objects(None, SKOS.definition))
    assert [definition for definition, n in counts.items() if n > 1] == []


def test_terms_that_are_easily_confused_say_what_they_are_not() -> None:
    confusable = (
        "Escort",
        "Shadowing",
        "Approach",
        "AirspaceViolation",
        "ZoneEntry",
        "Scramble",
        "Interception",
        "State",
        "Territory",
        "Claim",
        "SovereigntyClaim",
        "Activity",
        "Occurrence",
        "ActivitySeries",
        "Platform",
        "PlatformType",
        "Reading",
        "Relay",
        "claimant",
        "sovereigntyClaimant",
        "relayer",
        "reliability",
        "credibility",
        "wording",
        "modality",
        "confidence",
        "likelihood",
        "hasPlace",
        "takesPlaceIn",
        "nearPlace",
        "partOf",
        "phaseOf",
        "follows",
        "triggeredBy",
    )
    assert [
        t for t in confusable if (MIL[t], SKOS.scopeNote, None) not in ontology()
    ] == []


# Codes


@pytest.mark.parametrize("path", CODES, ids=lambda path: path.stem)
def test_a_code_file_holds_one_scheme_and_its_concepts(path: Path) -> None:
    graph = read(path)
    scheme = URIRef(CODE_BASE + path.stem)
    assert set(graph.subjects(RDF.type, SKOS.ConceptScheme)) == {scheme}
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    assert len(concepts) >= 2
    assert set(graph.subjects(SKOS.inScheme, scheme)) == concepts
    assert {
        concept: notation
        for concept, notation in graph.subject_objects(SKOS.notation)
        if concept != URIRef(f"{scheme}/{notation}")
    } == {}


def test_the_codes_are_as_many_as_their_schemes_have() -> None:
    sizes = {path.stem: len(set(read(path).subjects(SKOS.inScheme))) for path in CODES}
    expected = {
        "modality": 9,
        "wording": 3,
        "polarity": 2,
        "likelihood": 7,
        "reliability": 6,
        "credibility": 6,
        "ucdp": 3,
        "severity": 3,
        "cameo": 102,
    }
    assert expected.items() <= sizes.items()
    assert sum(sizes.values()) >= 300


# Lint queries


@cache
def store() -> pyoxigraph.Store:
    oxigraph = pyoxigraph.Store()
    for path in (*MODULES, WHOLE, *CODES, *ALIGNMENTS):
        oxigraph.load(path=path)
    return oxigraph


@pytest.mark.parametrize("path", LINT_QUERIES, ids=lambda path: path.stem)
def test_the_lint_query_finds_nothing(path: Path) -> None:
    solutions = store().query(path.read_text(encoding="utf-8"))
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    assert [v.value for v in solutions.variables] == ["term", "message"]
    assert [(str(row["term"]), str(row["message"])) for row in solutions] == []


BROKEN = {
    "chain-length": "mil:p owl:propertyChainAxiom ( mil:a mil:b mil:c mil:d ) .",
    "forbidden-axiom": "mil:p a owl:FunctionalProperty .",
    "mark-without-axiom": "mil:p mil:usage 'entailed' .",
    "missing-genus": "mil:A rdfs:label 'act'@en . mil:p rdfs:subClassOf mil:A ;"
    " skos:definition 'A deed.'@en .",
    "notation-mismatch": "mil:p skos:inScheme mil:s ; skos:notation 'q' .",
    "shared-label": "mil:p a owl:Class ; rdfs:label 'a'@en ."
    " mil:q a owl:Class ; rdfs:label 'a'@en .",
    "silent-deprecation": "mil:p owl:deprecated true .",
    "stray-broader": "mil:p skos:inScheme mil:s .",
    "two-tops": "mil:p rdfs:subClassOf mil:A , mil:B ."
    " [] a owl:AllDisjointClasses ; owl:members ( mil:A mil:B ) .",
    "undefined-term": "mil:q owl:propertyChainAxiom ( mil:p mil:p ) .",
    "unmarked-shortcut": "mil:p owl:propertyChainAxiom ( mil:a mil:b ) .",
    "unplaced-class": "mil:p a owl:Class .",
}


@pytest.mark.parametrize("path", LINT_QUERIES, ids=lambda path: path.stem)
def test_the_lint_query_finds_what_it_looks_for(path: Path) -> None:
    oxigraph = pyoxigraph.Store()
    data = f"""
    @prefix mil: <{MIL}> .
    @prefix owl: <{OWL}> .
    @prefix rdfs: <{RDFS}> .
    @prefix skos: <{SKOS}> .
    {BROKEN[path.stem]}
    """
    oxigraph.load(data.encode(), format=pyoxigraph.RdfFormat.TURTLE)
    solutions = oxigraph.query(path.read_text(encoding="utf-8"))
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    assert pyoxigraph.NamedNode(MIL.p) in [row["term"] for row in solutions]


# Axioms


@pytest.mark.parametrize("path", [*MODULES, WHOLE, *ALIGNMENTS], ids=lambda p: p.stem)
def test_only_axioms_that_the_compiled_rules_cover_occur(path: Path) -> None:
    graph = read(path)
    logical = {
        predicate
        for predicate in graph.predicates()
        if predicate.startswith((str(OWL), str(RDFS)))  # type: ignore[attr-defined]  # predicates are IRIs
    }
    assert logical - AXIOMS - ANNOTATIONS - HEADER == set()
    assert set(graph.objects(None, RDF.type)) - KINDS == set()


def test_every_axiom_is_about_named_terms() -> None:
    graph = read(*MODULES, WHOLE, *ALIGNMENTS)
    lists = {RDF.first, RDF.rest}
    anonymous = {s for s, p, _ in graph if isinstance(s, BNode) and p not in lists}
    assert anonymous == set(graph.subjects(RDF.type, OWL.AllDisjointClasses))
    with_lists = {OWL.propertyChainAxiom, OWL.members}
    assert [
        (s, p, o)
        for p in AXIOMS - with_lists
        for s, o in graph.subject_objects(p)
        if not isinstance(s, URIRef) or not isinstance(o, URIRef)
    ] == []


def test_chains_have_two_or_three_steps_of_declared_object_properties() -> None:
    properties = ours(ontology(), OWL.ObjectProperty)
    found = chains(ontology())
    assert len(found) >= 18
    assert [chain for chain in found if len(chain[1]) not in (2, 3)] == []
    assert [chain for chain in found if not {chain[0], *chain[1]} <= properties] == []


def test_domains_and_ranges_are_declared_classes() -> None:
    classes = ours(ontology(), OWL.Class)
    for axiom in (RDFS.domain, RDFS.range):
        assert set(ontology().objects(None, axiom)) <= classes
    data = ours(ontology(), OWL.DatatypeProperty)
    assert not data & set(ontology().subjects(RDFS.range))


def test_what_points_from_metadata_into_claims_has_no_domain_and_no_range() -> None:
    pointers = (
        "hasAccount",
        "accountOf",
        "judgedAccount",
        "statedIn",
        "describedIn",
        "hypothesisedCause",
        "hypothesisedEffect",
        "illustrates",
        "concerns",
        "firstClaim",
        "secondClaim",
        "participant",
        "judgedClaim",
        "firstOccurrence",
        "secondOccurrence",
    )
    assert [
        name
        for name in pointers
        for axiom in (RDFS.domain, RDFS.range)
        if (MIL[name], axiom, None) in ontology()
    ] == []


def test_a_term_is_a_class_or_an_object_property_or_a_datatype_property() -> None:
    kinds = [ours(ontology(), kind) for kind in TERM_KINDS]
    assert len(set.union(*kinds)) == sum(map(len, kinds))


def test_the_top_classes_are_disjoint_in_one_axiom() -> None:
    names = {str(top).removeprefix(MIL) for top in top_classes()}
    assert names == {
        "Activity",
        "ActivitySeries",
        "Actor",
        "Alias",
        "Claim",
        "Document",
        "Judgement",
        "Occurrence",
        "Participation",
        "Place",
        "Platform",
        "PlatformType",
        "Quantity",
        "Reading",
        "Relay",
        "ResponseHypothesis",
        "Segment",
        "Situation",
        "TimeExtent",
    }


# Entailment


def test_shortcuts_are_marked_so_that_submissions_can_be_refused_them() -> None:
    marked = {
        usage: {
            str(term).removeprefix(MIL)
            for term in ontology().subjects(MIL.usage, Literal(usage))
        }
        for usage in ("entailed", "placed")
    }
    assert marked == {
        "entailed": {
            "accountOf",
            "alliedWith",
            "describedIn",
            "disputant",
            "escortedBy",
            "hasAccount",
            "hasAlias",
            "hasEscort",
            "involves",
            "involvesPlatformType",
            "involvesState",
            "memberIn",
            "memberOf",
            "partOfOccurrence",
            "partyIn",
            "precedes",
            "relayedBy",
            "takesPlaceIn",
        },
        "placed": {"AcceptedGraph", "statedIn"},
    }


SAMPLE = """
@prefix ex: <https://example.org/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .

ex:state mil:ofState ex:state .
ex:fleet mil:partOfOrganization ex:navy .
ex:navy mil:partOfOrganization ex:forces .
ex:forces mil:ofState ex:state .
ex:membership mil:member ex:state ; mil:inAlliance ex:alliance .
ex:treaty mil:party ex:state , ex:ally .
ex:ship mil:operatedBy ex:navy ; mil:platformType ex:class .
ex:variant mil:variantOf ex:family .
ex:name mil:aliasOf ex:family .
ex:bay mil:withinPlace ex:sea .
ex:sea mil:withinPlace ex:ocean .
ex:dispute mil:hasSovereigntyClaim ex:position .
ex:position mil:sovereigntyClaimant ex:ally .

ex:patrol mil:hasPlace ex:bay ; mil:hasParticipation ex:bombers , ex:ships .
ex:bombers mil:participant ex:fleet ; mil:count ex:total ; mil:hasComponent ex:part .
ex:part mil:participant ex:ally ; mil:platformType ex:variant .
ex:ships mil:participant ex:ship .
ex:total mil:exactly 4 .
ex:more mil:moreThan 7 .
ex:less mil:lessThan 3 .
ex:escort mil:escorts ex:patrol ; mil:hasParticipation ex:fighters .
ex:fighters mil:participant ex:fleet .
ex:return mil:follows ex:turn .
ex:turn mil:follows ex:patrol .
ex:landing mil:phaseOf ex:patrol .

ex:patrol mil:statedIn ex:claim .
ex:claim mil:inArticle ex:article ; mil:hasRelay ex:step .
ex:step mil:relayer ex:agency .
ex:flown mil:hasJudgement ex:one .
ex:one mil:judgedAccount ex:patrol .
ex:flanked mil:hasJudgement ex:two .
ex:two mil:judgedAccount ex:escort .
"""

FOLLOWS = """
@prefix ex: <https://example.org/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix prov: <http://www.w3.org/ns/prov#> .

ex:fleet mil:ofState ex:state .
ex:ship mil:ofState ex:state .
ex:state mil:memberOf ex:alliance ; mil:memberIn ex:membership .
ex:ally mil:alliedWith ex:state ; mil:partyIn ex:treaty .
ex:family mil:hasAlias ex:name .
ex:bay mil:withinPlace ex:ocean .
ex:dispute mil:disputant ex:ally .

ex:patrol mil:takesPlaceIn ex:bay , ex:sea , ex:ocean ; prov:atLocation ex:bay ;
    mil:involves ex:fleet , ex:ship , ex:ally ; mil:involvesState ex:state ;
    mil:involvesPlatformType ex:class , ex:variant , ex:family ;
    mil:hasEscort ex:escort ; mil:escortedBy ex:fleet ; mil:precedes ex:return .
ex:bombers a mil:Participation .
ex:part a mil:Component , mil:Participation .
ex:ships mil:platformType ex:class .
ex:total a mil:CountQuantity , mil:Quantity ; mil:atLeast 4 ; mil:atMost 4 .
ex:more mil:atLeast 7 .
ex:less mil:atMost 3 .
ex:escort a mil:Escort , mil:MilitaryActivity , mil:Activity ; mil:partOf ex:patrol .
ex:landing mil:partOf ex:patrol .

ex:patrol mil:describedIn ex:article ; mil:accountOf ex:flown .
ex:claim mil:relayedBy ex:agency .
ex:flown mil:hasAccount ex:patrol .
ex:flanked mil:partOfOccurrence ex:flown .
"""

FOLLOWS_NOT = """
@prefix ex: <https://example.org/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .

ex:escort mil:takesPlaceIn ex:bay .
ex:landing mil:takesPlaceIn ex:bay .
ex:patrol mil:hasPlace ex:sea ; mil:hasParticipation ex:part .
ex:patrol mil:involvesState ex:alliance .
ex:flown mil:partOfOccurrence ex:flanked .
ex:more mil:exactly 7 .
ex:ocean mil:withinPlace ex:bay .
"""


@cache
def sample_closure() -> Graph:
    return closure(loaded() + Graph().parse(data=SAMPLE, format="turtle"))


def test_what_the_questions_ask_for_follows_from_what_is_asserted() -> None:
    missing = set(Graph().parse(data=FOLLOWS, format="turtle")) - set(sample_closure())
    assert missing == set()


def test_what_would_mislead_does_not_follow() -> None:
    wrong = set(Graph().parse(data=FOLLOWS_NOT, format="turtle"))
    assert wrong & set(sample_closure()) == set()


def test_every_shortcut_follows_somewhere_in_the_sample() -> None:
    entailed = set(ontology().subjects(MIL.usage, Literal("entailed")))
    assert entailed - set(sample_closure().predicates()) == set()


def test_the_sample_asserts_no_shortcut() -> None:
    entailed = set(ontology().subjects(MIL.usage, Literal("entailed")))
    asserted = set(Graph().parse(data=SAMPLE, format="turtle").predicates())
    assert entailed & asserted == set()


# Consistency


def one_of_each() -> Graph:
    """Return a member of each class, and a use of each object property."""
    members = Graph()
    for term in ours(ontology(), OWL.Class):
        members.add((EX[f"a-{term.removeprefix(MIL)}"], RDF.type, term))
    for term in ours(ontology(), OWL.ObjectProperty):
        name = term.removeprefix(MIL)
        members.add((EX[f"{name}-from"], term, EX[f"{name}-to"]))
    return members


def test_the_ontology_is_consistent_and_every_class_can_have_a_member() -> None:
    assert clashes(closure(loaded() + read(*CODES) + one_of_each())) == []


def test_the_sample_is_consistent() -> None:
    assert clashes(sample_closure()) == []


def test_an_actor_that_is_a_place_is_a_clash() -> None:
    wrong = Graph()
    wrong.add((EX.base, RDF.type, MIL.AirBase))
    wrong.add((EX.base, RDF.type, MIL.AirService))
    assert clashes(closure(loaded() + wrong)) != []


def hermit(graph: Graph, directory: Path) -> list[str]:
    """Return the unsatisfiable classes; raise where the graph is inconsistent."""
    stripped = Graph() + graph
    stripped.remove((None, OWL.imports, None))
    path = directory / "merged.nt"
    stripped.serialize(path, format="nt", encoding="utf-8")
    world = owlready2.World()
    world.get_ontology(path.as_uri()).load(only_local=True)
    owlready2.sync_reasoner(world, debug=0)
    return [str(found.iri) for found in world.inconsistent_classes()]


needs_java = pytest.mark.skipif(
    shutil.which("java") is None,
    reason="HermiT runs on Java, and there is no java on the PATH",
)


@needs_java
def test_hermit_finds_no_class_that_cannot_have_a_member(tmp_path: Path) -> None:
    everything = read(*MODULES, WHOLE, *ALIGNMENTS)
    assert hermit(everything, tmp_path) == []


@needs_java
def test_hermit_finds_the_sample_consistent(tmp_path: Path) -> None:
    data = Graph().parse(data=SAMPLE, format="turtle") + one_of_each()
    assert hermit(loaded() + data, tmp_path) == []


@needs_java
def test_hermit_sees_a_class_below_two_top_classes(tmp_path: Path) -> None:
    wrong = Graph() + ontology()
    wrong.add((MIL.Impossible, RDF.type, OWL.Class))
    wrong.add((MIL.Impossible, RDFS.subClassOf, MIL.Exercise))
    wrong.add((MIL.Impossible, RDFS.subClassOf, MIL.Facility))
    assert str(MIL.Impossible) in hermit(wrong, tmp_path)


# Alignments


@pytest.mark.parametrize("path", ALIGNMENTS, ids=lambda path: path.stem)
def test_an_alignment_says_something_about_our_terms_only(path: Path) -> None:
    graph = read(path)
    relations = (RDFS.subClassOf, RDFS.subPropertyOf, *MATCHES)
    rows = [(s, o) for p in relations for s, o in graph.subject_objects(p)]
    assert rows
    known = ours(ontology(), *TERM_KINDS)
    assert {s for s, _ in rows} <= known
    assert [o for _, o in rows if str(o).startswith("https://w3id.org/milgraph/")] == []


@pytest.mark.parametrize("target", sorted(CLOSED_NAMESPACES))
def test_an_alignment_uses_terms_that_the_vocabulary_has(target: str) -> None:
    graph = read(ONTOLOGY / "alignments" / f"{target}.ttl")
    vocabulary = CLOSED_NAMESPACES[target]
    base = prefix_map()["geo" if target == "geosparql" else target]
    foreign = {t for triple in graph for t in triple if str(t).startswith(base)}
    assert foreign
    # rdflib's namespaces answer `in` by a cached method, which mypy cannot see.
    unknown = {t for t in foreign if t not in vocabulary}  # type: ignore[attr-defined]
    assert unknown == set()


@pytest.mark.parametrize("path", ALIGNMENTS, ids=lambda path: path.stem)
def test_an_alignment_relates_two_terms_in_one_way(path: Path) -> None:
    graph = read(path)
    relations = (RDFS.subClassOf, RDFS.subPropertyOf, *MATCHES)
    pairs = Counter((s, o) for p in relations for s, o in graph.subject_objects(p))
    assert [pair for pair, n in pairs.items() if n > 1] == []


def test_what_is_always_loaded_entails_foreign_terms_only() -> None:
    data = Graph().parse(data=SAMPLE, format="turtle") + one_of_each()
    without = set(closure(ontology() + data))
    added = set(closure(loaded() + data)) - without
    about_ours = {
        (s, p, o)
        for s, p, o in added
        if str(s).startswith(EX)
        and (str(p).startswith(MIL) or (p == RDF.type and str(o).startswith(MIL)))
    }
    assert about_ours == set()


# README


def table(*rows: list[str]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def module_row(path: Path) -> list[str]:
    graph = read(path)
    (module,) = graph.subjects(RDF.type, OWL.Ontology)
    return [
        f"[{path.stem}]({path.name})",
        str(graph.value(module, DCTERMS.title)),
        str(graph.value(module, OWL.versionIRI)).rsplit("/", 1)[1],
        str(graph.value(module, MIL.maturity)),
        *(str(len(ours(graph, kind))) for kind in TERM_KINDS),
    ]


def code_row(path: Path) -> list[str]:
    graph = read(path)
    (scheme,) = graph.subjects(RDF.type, SKOS.ConceptScheme)
    return [
        f"[{path.stem}](codes/{path.name})",
        str(graph.value(scheme, DCTERMS.title)),
        str(len(set(graph.subjects(RDF.type, SKOS.Concept)))),
        str(graph.value(scheme, DCTERMS.description)),
    ]


def alignment_row(path: Path) -> list[str]:
    graph = read(path)
    (alignment,) = graph.subjects(RDF.type, OWL.Ontology)
    strict = (RDFS.subClassOf, RDFS.subPropertyOf)
    return [
        f"[{path.stem}](alignments/{path.name})",
        str(graph.value(alignment, DCTERMS.title)).removeprefix("Alignment with "),
        str(sum(1 for p in strict for _ in graph.subject_objects(p))),
        str(sum(1 for p in MATCHES for _ in graph.subject_objects(p))),
        "always" if path in ALWAYS_LOADED else "on demand",
    ]


def test_the_tables_of_the_readme_are_those_of_the_files() -> None:
    text = (ONTOLOGY / "README.md").read_text(encoding="utf-8")
    module_head = ["Module", "Title", "Version", "Maturity", "Classes"]
    tables = (
        table(
            [*module_head, "Object properties", "Datatype properties"],
            *map(module_row, MODULES),
        ),
        table(
            ["Scheme", "Title", "Concepts", "What its concepts say"],
            *map(code_row, CODES),
        ),
        table(
            ["Target", "Vocabulary", "Entailing", "Matches", "Loaded"],
            *map(alignment_row, ALIGNMENTS),
        ),
    )
    assert [expected for expected in tables if expected not in text] == []
