"""The W3C suite of service descriptions: a test for each of its, by the same name."""

import httpx
import pytest
from pyoxigraph import NamedNode, RdfFormat, Store
from w3c import manifests
from w3c.systems import Endpoints

manifests.require()
SD = "http://www.w3.org/ns/sparql-service-description#"
RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
FORMATS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
}
# Of each property of the vocabulary, what has it and what its values are (SPARQL 1.1
# Service Description, section 3.4); a value without a class here is any IRI.
SCHEMA = {
    "endpoint": ("Service", None),
    "feature": ("Service", "Feature"),
    "defaultEntailmentRegime": ("Service", "EntailmentRegime"),
    "defaultSupportedEntailmentProfile": ("Service", "EntailmentProfile"),
    "entailmentRegime": ("NamedGraph", "EntailmentRegime"),
    "supportedEntailmentProfile": ("NamedGraph", "EntailmentProfile"),
    "extensionFunction": ("Service", "Function"),
    "extensionAggregate": ("Service", "Aggregate"),
    "languageExtension": ("Service", "Feature"),
    "supportedLanguage": ("Service", "Language"),
    "propertyFeature": ("Service", "Feature"),
    "inputFormat": ("Service", None),
    "resultFormat": ("Service", None),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("GraphCollection", "NamedGraph"),
    "name": ("NamedGraph", None),
    "graph": ("NamedGraph", "Graph"),
}
BROADER = {"Dataset": {"GraphCollection"}}


@pytest.fixture(params=FORMATS)
def response(
    request: pytest.FixtureRequest, endpoints: Endpoints, client: httpx.Client
) -> httpx.Response:
    return client.get(endpoints.query, headers={"Accept": request.param})


@pytest.fixture
def description(response: httpx.Response) -> Store:
    store = Store()
    media_type = response.headers["Content-Type"].partition(";")[0]
    where = str(response.url)
    store.load(response.content, format=FORMATS[media_type], base_iri=where)
    return store


def test_every_test_of_the_suite_is_here() -> None:
    ours = {
        name.removeprefix("test_").replace("_", "-")
        for name in globals()
        if name.startswith("test_")
    }
    theirs = manifests.names("sparql11", "service-description")
    assert len(theirs) >= 3
    assert set(theirs) == ours - {"every-test-of-the-suite-is-here"}


def test_returns_rdf(response: httpx.Response, description: Store) -> None:
    assert response.status_code == 200
    assert len(description) >= 3


def test_has_endpoint_triple(endpoints: Endpoints, description: Store) -> None:
    endpoint = NamedNode(f"{SD}endpoint")
    told = description.quads_for_pattern(None, endpoint, NamedNode(endpoints.query))
    assert [quad.subject for quad in told]


def test_conforms_to_schema(description: Store) -> None:
    for quad in description:
        name = quad.predicate.value.removeprefix(SD)
        if quad.predicate.value.startswith(SD):
            assert name in SCHEMA, quad
            subject, value = SCHEMA[name]
            assert is_a(description, quad.subject, subject), quad
            assert value is None or is_a(description, quad.object, value), quad
            assert not hasattr(quad.object, "datatype"), quad
    services = description.quads_for_pattern(None, RDF_TYPE, NamedNode(f"{SD}Service"))
    assert [quad.subject for quad in services]


def is_a(description: Store, node: object, kind: str) -> bool:
    """Return whether the node has the class, or a narrower one of the vocabulary.

    A value with a name of its own may be described where that name leads.
    """
    found = {
        quad.object.value
        for quad in description.quads_for_pattern(node, RDF_TYPE, None)
        if quad.object.value.startswith(SD)
    }
    kinds = {kind} | {name for name, wide in BROADER.items() if kind in wide}
    if any(SD + each in found for each in kinds):
        return True
    return isinstance(node, NamedNode) and not found and kind != "Service"
