"""Descriptions: programs that know no address but one find out what is here, and how much."""

import json
import re

import httpx
import pytest

from milgraph import graphs
from milgraph.iris import ARTICLES
from milgraph.jsonld import context_document, context_file, write_context
from milgraph.queries import Catalogue
from milgraph.service.descriptions import EXTENSION_FUNCTIONS
from milgraph.service.vocabularies import DCAT, ENTAILMENT, PROFILE, SCHEMA, SD, VOID
from milgraph.sparql import ENDPOINTS, Policy, Services, inspect
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import (
    BASE,
    DCTERMS,
    MIL,
    RDF,
    RDFS,
    SH,
    SKOS,
    Literal,
    NamedNode,
    prefixes,
)

DESCRIPTIONS = [
    "/sparql",
    "/dataset",
    "/.well-known/void",
    "/catalog",
    "/.well-known/sparql-examples",
]
DATASET = NamedNode(BASE + "dataset")
TYPE = RDF["type"]
# Some call an endpoint that is known by name.
KNOWN = Policy(services=Services.of(ENDPOINTS).origins)


GRAPH = NamedNode("http://example.org/graph")
DATA = """
    @prefix ex: <http://example.org/ns#> .
    ex:a a ex:Thing ; ex:p ex:b , ex:c . ex:b a ex:Thing .
"""


class Told:
    """What a description says, to be looked up."""

    def __init__(self, response):
        assert response.status_code == 200, response.text
        kind = response.headers["content-type"].split(";")[0]
        (form,) = (form for form in FORMATS.values() if form.media_type == kind)
        source = Source("description", response.content, form)
        self.triples = {quad.triple for quad in read(source)}

    def objects(self, subject, predicate):
        return {
            t.object
            for t in self.triples
            if t.subject == subject and t.predicate == predicate
        }

    def number(self, subject, predicate):
        (found,) = self.objects(subject, predicate)
        return int(found.value)

    def members(self, kind):
        return {
            t.subject for t in self.triples if t.predicate == TYPE and t.object == kind
        }


@pytest.fixture
def told(http):
    def asked(path):
        return Told(http.get(path, headers={"Accept": "text/turtle"}))

    return asked


@pytest.fixture
def view(dataset):
    return [quad.triple for quad in dataset.view()]


@pytest.fixture(scope="module")
def plain(start, tmp_path_factory):
    """Ask a service of a small dataset that is not ours."""
    folder = tmp_path_factory.mktemp("plain")
    with (
        start(folder, "--plain") as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        for target in ({"default": ""}, {"graph": GRAPH.value}):
            sent = client.put(
                "/store",
                params=target,
                content=DATA,
                headers={"Content-Type": "text/turtle"},
            )
            assert sent.status_code in (201, 204)
        yield client


class TestEveryDescription:
    @pytest.mark.parametrize("path", DESCRIPTIONS)
    @pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
    def test_it_comes_in_every_format_and_says_the_same(self, http, path, form):
        by_type = http.get(path, headers={"Accept": form.media_type})
        by_name = http.get(path, params={"format": form.name})
        assert by_type.headers["content-type"].split(";")[0] == form.media_type
        assert by_type.headers["vary"] == "Accept"
        expected = Told(http.get(path, headers={"Accept": "text/turtle"})).triples
        assert Told(by_type).triples == Told(by_name).triples == expected

    @pytest.mark.parametrize("path", DESCRIPTIONS)
    def test_it_has_a_tag_and_a_head(self, http, path):
        wanted = {"Accept": "text/turtle"}
        tag = http.get(path, headers=wanted).headers["etag"]
        again = http.get(path, headers={**wanted, "If-None-Match": tag})
        assert again.status_code == 304
        head = http.head(path, headers=wanted)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == tag

    @pytest.mark.parametrize("path", DESCRIPTIONS[1:])
    def test_a_format_that_it_has_not_is_refused(self, http, path):
        found = http.get(path, headers={"Accept": "image/png"})
        assert found.status_code == 406
        assert "text/turtle" in found.json()["available"]

    @pytest.mark.parametrize("path", DESCRIPTIONS)
    def test_no_node_is_without_a_name(self, told, path):
        assert not [t for t in told(path).triples if str(t.subject).startswith("_:")]

    def test_a_host_that_is_none_becomes_no_address(self, http):
        found = http.get("/catalog", headers={"Host": "a b<c>"})
        assert found.status_code in (200, 400)
        assert "<c>" not in found.text


class TestServiceDescription:
    """SPARQL 1.1 Service Description, section 3."""

    @pytest.fixture
    def described(self, told):
        return told("/sparql")

    def service(self, described):
        (found,) = described.members(SD.Service)
        return found

    def test_the_endpoint_is_the_address_that_was_asked(self, http, described):
        endpoint = NamedNode(str(http.base_url.join("/sparql")))
        assert described.objects(self.service(described), SD.endpoint) == {endpoint}

    def test_it_names_the_language_and_every_format(self, described):
        service = self.service(described)
        languages = described.objects(service, SD.supportedLanguage)
        assert languages == {SD.SPARQL11Query}
        assert len(described.objects(service, SD.resultFormat)) == 4 + len(FORMATS)

    def test_it_promises_no_federation_that_is_not_allowed(self, described):
        assert not described.objects(self.service(described), SD.feature)

    def test_the_default_graph_is_entailed_and_counted(self, described, view):
        service = self.service(described)
        regime = described.objects(service, SD.defaultEntailmentRegime)
        profile = described.objects(service, SD.defaultSupportedEntailmentProfile)
        assert regime == {ENTAILMENT["OWL-RDF-Based"]}
        assert profile == {PROFILE.RL}
        (dataset,) = described.objects(service, SD.defaultDataset)
        (default,) = described.objects(dataset, SD.defaultGraph)
        assert described.number(default, VOID.triples) == len(view)

    def test_each_shared_graph_is_named_and_counted(self, described, dataset):
        expected = {g for g in dataset.graphs() if not g.value.startswith(ARTICLES)}
        named = described.objects(DATASET, SD.namedGraph)
        names = {n for node in named for n in described.objects(node, SD.name)}
        assert names == expected
        for graph in names:
            size = len(list(dataset.match(graph=graph)))
            assert described.number(graph, VOID.triples) == size

    @pytest.mark.parametrize("function", EXTENSION_FUNCTIONS)
    def test_each_extension_function_that_is_named_is_there(
        self, ask, described, function
    ):
        node = NamedNode(function)
        assert node in described.objects(self.service(described), SD.extensionFunction)
        area = '"POLYGON((0 0,0 2,2 2,2 0,0 0))"^^geo:wktLiteral'
        head = "PREFIX geo: <http://www.opengis.net/ont/geosparql#> "
        point = '"POINT(1 1)"^^geo:wktLiteral'
        metre = "<http://www.opengis.net/def/uom/OGC/1.0/metre>"
        arguments = (area, f"{area}, {area}", f"{point}, {point}, {metre}")
        assert any(
            ask(f"{head}ASK {{ BIND(<{function}>({given}) AS ?x) FILTER(BOUND(?x)) }}")
            for given in arguments
        )


class TestVoid:
    """Describing Linked Datasets with the VoID Vocabulary, sections 2 to 5."""

    @pytest.fixture
    def described(self, told):
        return told("/.well-known/void")

    def test_the_counts_are_those_of_the_view(self, described, view):
        expected = {
            VOID.triples: len(view),
            VOID.distinctSubjects: len({t.subject for t in view}),
            VOID.distinctObjects: len({t.object for t in view}),
            VOID.properties: len({t.predicate for t in view}),
            VOID.classes: len({t.object for t in view if t.predicate == TYPE}),
            VOID.entities: len({t.subject for t in view if t.predicate == TYPE}),
        }
        found = {name: described.number(DATASET, name) for name in expected}
        assert found == expected

    def test_each_class_and_each_property_is_counted(self, described, view):
        classes = {
            kind: described.number(node, VOID.entities)
            for node in described.objects(DATASET, VOID.classPartition)
            for kind in described.objects(node, VOID["class"])
        }
        members = [t.object for t in view if t.predicate == TYPE]
        assert classes == {kind: members.count(kind) for kind in set(members)}
        properties = {
            name: described.number(node, VOID.triples)
            for node in described.objects(DATASET, VOID.propertyPartition)
            for name in described.objects(node, VOID.property)
        }
        assert sum(properties.values()) == len(view)

    def test_each_linkset_has_its_target_and_its_links(self, described, dataset):
        linksets = described.members(VOID.Linkset)
        assert len(linksets) >= 4
        mapping = {SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch}
        for linkset in linksets:
            assert graphs.is_linkset(linkset)
            held = [q for q in dataset.match(graph=linkset) if q.predicate in mapping]
            assert described.number(linkset, VOID.triples) == len(held)
            assert described.objects(linkset, VOID.objectsTarget)

    def test_it_says_what_one_needs_to_use_it(self, described):
        needed = (
            DCTERMS.title,
            DCTERMS.license,
            DCTERMS.publisher,
            VOID.uriSpace,
            VOID.exampleResource,
            VOID.vocabulary,
            VOID.sparqlEndpoint,
            VOID.dataDump,
        )
        assert all(described.objects(DATASET, name) for name in needed)
        used = described.objects(DATASET, VOID.vocabulary)
        assert {NamedNode(MIL.iri), NamedNode(SKOS.iri)} <= used

    def test_a_dump_is_what_it_is_said_to_be(self, http, described, dataset):
        dumps = described.objects(graphs.OCCURRENCES, VOID.dataDump)
        (one,) = (dump for dump in dumps if dump.value.endswith(".nt"))
        held = {q.triple for q in dataset.match(graph=graphs.OCCURRENCES)}
        assert held <= Told(http.get(one.value)).triples

    def test_the_minimum_counts_of_the_editors_are_not_told_as_counts(self, described):
        assert not described.objects(graphs.REFERENCE, VOID.classPartition)

    def test_the_dataset_answers_at_its_own_name(self, http):
        for ending in ("ttl", "nt", "jsonld", "rdf", "trig", "nq"):
            found = Told(http.get(f"/dataset.{ending}"))
            assert DATASET in found.members(VOID.Dataset)


class TestCatalogue:
    """DCAT 3: a catalogue of datasets with distributions, and of services."""

    @pytest.fixture
    def described(self, told):
        return told("/catalog")

    def test_it_lists_the_dataset_its_parts_and_the_endpoint(self, http, described):
        (catalogue,) = described.members(DCAT.Catalog)
        listed = described.objects(catalogue, DCAT.dataset)
        assert {DATASET, graphs.REFERENCE, graphs.links("wikidata")} <= listed
        (service,) = described.objects(catalogue, DCAT.service)
        endpoint = NamedNode(str(http.base_url.join("/sparql")))
        assert described.objects(service, DCAT.endpointURL) == {endpoint}
        assert described.objects(service, DCAT.servesDataset) == {DATASET}

    def test_each_dataset_has_title_licence_and_a_distribution_for_each_format(
        self, described
    ):
        (catalogue,) = described.members(DCAT.Catalog)
        for one in described.objects(catalogue, DCAT.dataset):
            assert described.objects(one, DCTERMS.title), one
            assert described.objects(one, DCTERMS.license), one
            assert len(described.objects(one, DCAT.distribution)) == len(FORMATS)

    def test_each_distribution_can_be_fetched_and_is_of_its_media_type(
        self, http, described
    ):
        found = described.objects(graphs.links("geonames"), DCAT.distribution)
        for one in {*found, *described.objects(DATASET, DCAT.distribution)}:
            (address,) = described.objects(one, DCAT.downloadURL)
            if "/sparql?" in address.value:
                continue
            (kind,) = described.objects(one, DCAT.mediaType)
            answer = http.get(address.value)
            assert answer.status_code == 200
            told = answer.headers["content-type"].split(";")[0]
            assert kind.value.endswith(told)


class TestExamples:
    @pytest.fixture
    def described(self, told):
        return told("/.well-known/sparql-examples")

    def test_each_question_is_an_executable_with_its_text(self, described, resources):
        catalogue = Catalogue.of(resources.queries)
        shown = {q.name: q for q in catalogue if q.folder != "lint"}
        found = described.members(SH.SPARQLExecutable)
        assert len(found) == len(shown)
        for node in found:
            (name,) = described.objects(node, DCTERMS.identifier)
            texts = {
                text.value
                for predicate in (SH.select, SH.construct, SH.ask)
                for text in described.objects(node, predicate)
            }
            assert texts == {shown[name.value].sparql}
            assert inspect(texts.pop(), KNOWN)
            assert described.objects(node, RDFS.comment)

    def test_its_address_answers_it(self, http, described):
        found = described.members(SH.SPARQLExecutable)
        (one,) = (n for n in found if n.value.endswith("/queries/denials"))
        assert one.value.startswith(str(http.base_url))
        endpoint = NamedNode(str(http.base_url.join("/sparql")))
        assert described.objects(one, SCHEMA.target) == {endpoint}
        assert described.objects(one, SCHEMA.keywords)

    def test_the_prefixes_that_they_use_are_declared(self, described):
        (declaring,) = described.objects(
            next(iter(described.members(SH.SPARQLExecutable))), SH.prefixes
        )
        declared = {
            p.value: n.value
            for node in described.objects(declaring, SH.declare)
            for p in described.objects(node, SH.prefix)
            for n in described.objects(node, SH.namespace)
        }
        assert declared.items() <= dict(prefixes()).items()
        assert {"mil", "rdfs", "skos"} <= declared.keys()


class TestOpenApi:
    @pytest.fixture
    def document(self, http):
        return http.get("/openapi.json").json()

    def test_every_address_of_the_service_is_in_it(self, document):
        expected = {
            "/",
            "/sparql",
            "/store",
            "/running",
            "/running/{name}",
            "/metrics",
            "/ready",
            "/queries",
            "/queries/{name}",
            "/.well-known/void",
            "/catalog",
            "/actor/{name}",
            "/article/{name}",
            "/ontology",
            "/context.jsonld",
            "/docs",
            "/openapi.json",
            "/health",
        }
        assert expected <= document["paths"].keys()
        assert document["openapi"].startswith("3.1")

    def test_a_stored_query_has_its_parameters(self, document, resources):
        query = Catalogue.of(resources.queries).get("bombers-over-an-area")
        found = document["paths"]["/queries/bombers-over-an-area"]["get"]
        named = {p["name"]: p for p in found["parameters"]}
        assert named.keys() == {*query.parameters, "format"}
        for name, parameter in query.parameters.items():
            assert named[name]["example"] == parameter.example
            assert named[name]["required"] == (parameter.default is None)

    def test_every_reference_leads_somewhere_and_no_identifier_comes_twice(
        self, document
    ):
        written = json.dumps(document)
        for name in re.findall(r'"#/components/schemas/(\w+)"', written):
            assert name in document["components"]["schemas"]
        identifiers = [
            operation["operationId"]
            for path in document["paths"].values()
            for operation in path.values()
        ]
        assert len(set(identifiers)) == len(identifiers)

    def test_each_parameter_of_a_path_is_described(self, document):
        for path, operations in document["paths"].items():
            for operation in operations.values():
                given = {
                    p["name"]
                    for p in operation.get("parameters", [])
                    if p["in"] == "path"
                }
                assert given == set(re.findall(r"\{(\w+)\}", path)), path

    def test_each_operation_says_what_it_does(self, document):
        for path, operations in document["paths"].items():
            for operation in operations.values():
                assert operation["summary"], path
                assert operation["responses"], path

    def test_the_page_lists_every_address_without_a_script(self, http, document):
        found = http.get("/docs")
        assert found.headers["content-type"].startswith("text/html")
        assert "<script" not in found.text
        assert all(path in found.text for path in document["paths"])


class TestContext:
    def test_the_file_that_is_shipped_is_what_the_ontology_gives(
        self, resources, update_snapshots
    ):
        path = resources.root / "ontology" / "context.jsonld"
        if update_snapshots:
            path.write_bytes(write_context(resources))
        assert path.read_bytes() == write_context(resources)

    def test_it_is_served(self, http, resources):
        found = http.get("/context.jsonld")
        assert found.headers["content-type"].startswith("application/ld+json")
        assert found.headers["access-control-allow-origin"] == "*"
        assert found.content == context_file(resources)

    def test_short_names_mean_what_the_ontology_means(self, resources):
        context = context_document(resources)["@context"]
        document = {
            "@context": context,
            "id": "article:x#drill",
            "type": "Exercise",
            "label": {"@value": "Drill", "@language": "en"},
            "hasPlace": "place:sea-of-japan",
            "mil:modality": "modality:fact",
            "hasTime": {
                "id": "article:x#time",
                "earliestStart": "2024-05-11T00:00:00Z",
            },
            "exactly": 2,
        }
        turtle = """
            @prefix mil: <https://w3id.org/milgraph/ontology#> .
            @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
            @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
            <https://w3id.org/milgraph/article/x#drill> a mil:Exercise ;
                rdfs:label "Drill"@en ; mil:exactly 2 ;
                mil:hasPlace <https://w3id.org/milgraph/place/sea-of-japan> ;
                mil:modality <https://w3id.org/milgraph/code/modality/fact> ;
                mil:hasTime <https://w3id.org/milgraph/article/x#time> .
            <https://w3id.org/milgraph/article/x#time>
                mil:earliestStart "2024-05-11T00:00:00Z"^^xsd:dateTime .
        """
        written = Source("x.jsonld", json.dumps(document).encode(), FORMATS["jsonld"])
        assert read(written) == read(Source("x", turtle.encode(), FORMATS["turtle"]))

    def test_every_term_and_every_prefix_has_a_name(self, resources, shipped):
        context = context_document(resources)["@context"]
        assert prefixes().items() <= context.items()
        for term in shipped.vocabulary.classes | shipped.vocabulary.properties:
            local = term.value.rpartition("#")[2]
            assert local in context or f"mil:{local}" in context, local

    def test_a_name_that_is_misspelled_is_not_dropped(self, resources):
        context = context_document(resources)["@context"]
        document = {"@context": context, "id": "article:x#a", "hasPlce": "b"}
        source = Source("x.jsonld", json.dumps(document).encode(), FORMATS["jsonld"])
        (quad,) = read(source)
        assert quad.predicate == MIL.hasPlce
        assert quad.object == Literal("b")

    def test_it_refers_to_nothing_outside_and_is_small(self, resources):
        assert b"@import" not in context_file(resources)
        assert context_file(resources).count(b"@context") == 1
        assert len(context_file(resources)) < 50_000


class TestAnyDataset:
    """A dataset that is not ours is described by what can be counted of it."""

    def test_the_endpoint_takes_updates_and_entails_nothing(self, plain):
        described = Told(plain.get("/sparql"))
        (service,) = described.members(SD.Service)
        endpoint = NamedNode(str(plain.base_url.join("/sparql")))
        assert described.objects(service, SD.endpoint) == {endpoint}
        languages = described.objects(service, SD.supportedLanguage)
        assert languages == {SD.SPARQL11Query, SD.SPARQL11Update}
        regime = described.objects(service, SD.defaultEntailmentRegime)
        assert regime == {ENTAILMENT.Simple}
        names = {t.object for t in described.triples if t.predicate == SD.name}
        assert names == {GRAPH}

    def test_it_is_counted(self, plain):
        described = Told(plain.get("/.well-known/void"))
        (dataset,) = described.members(VOID.Dataset)
        assert described.number(dataset, VOID.triples) == 4
        assert described.number(dataset, VOID.entities) == 2
        thing = NamedNode("http://example.org/ns#Thing")
        (partition,) = described.objects(dataset, VOID.classPartition)
        assert described.objects(partition, VOID["class"]) == {thing}
        assert described.number(partition, VOID.entities) == 2

    def test_nothing_of_ours_is_said_of_it(self, plain):
        for path in ("/.well-known/void", "/catalog"):
            assert BASE not in plain.get(path).text
        for path in ("/dataset", "/context.jsonld", "/actor/japan", "/ontology"):
            assert plain.get(path).status_code == 404

    def test_the_counts_follow_the_dataset(self, plain):
        before = plain.get("/.well-known/void").headers["etag"]
        update = "INSERT DATA { <http://example.org/ns#d> a <http://example.org/D> }"
        assert plain.post("/sparql", data={"update": update}).is_success
        found = plain.get("/.well-known/void", headers={"If-None-Match": before})
        described = Told(found)
        (dataset,) = described.members(VOID.Dataset)
        assert described.number(dataset, VOID.triples) == 5
