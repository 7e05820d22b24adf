"""Entities: every IRI of ours leads to what is said of it, in the form that one prefers."""

import re

import pytest

from milgraph.iris import document_of, fragment_of
from milgraph.service.names import path_of
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import (
    BASE,
    DCTERMS,
    MIL,
    OWL,
    RDF,
    RDFS,
    SKOS,
    NamedNode,
    Triple,
    expand,
    is_ours,
)

THING = "/actor/russian-mod"
ARTICLE = "/article/2023-03-20-b-52h-baltic"
BUSY = "/actor/russia"


def quads(response):
    """Return what the response says, read in the format that it says it has."""
    kind = response.headers["content-type"].split(";")[0]
    (form,) = (form for form in FORMATS.values() if form.media_type == kind)
    return read(Source("answer", response.content, form))


def triples(response):
    return {quad.triple for quad in quads(response)}


def links(response):
    """Return the targets of the Link header by relation."""
    found: dict[str, set[str]] = {}
    for target, relation in re.findall(
        r'<([^>]*)>; rel="([^"]*)"', response.headers["link"]
    ):
        found.setdefault(relation, set()).add(target)
    return found


def ours(dataset):
    """Return all that the dataset says something of, in our namespaces."""
    named = {quad.subject for quad in dataset.match()}
    view = {quad.subject for quad in dataset.view()}
    return {s for s in named | view if isinstance(s, NamedNode) and is_ours(s)}


class TestEveryName:
    def test_every_subject_of_ours_is_described_at_its_address(self, http, dataset):
        subjects = ours(dataset)
        assert len(subjects) > 2000
        documents = {document_of(subject) for subject in subjects}
        described: set[NamedNode] = set()
        for document in documents:
            path = path_of(document)
            assert path, document
            found = http.get(f"{path}.nq")
            assert found.status_code == 200, path
            described |= {quad.subject for quad in quads(found)}
        assert not subjects - described

    def test_all_that_the_view_says_of_an_article_is_in_it_as_turtle_too(
        self, http, dataset
    ):
        of_view = {quad.triple for quad in dataset.view()}
        mine = {
            t for t in of_view if str(t.subject).startswith(f"<{BASE}{ARTICLE[1:]}")
        }
        assert mine
        assert mine <= triples(http.get(ARTICLE))

    def test_each_module_and_each_version_answers(self, http, dataset):
        modules = {q.subject for q in dataset.match(None, RDF["type"], OWL.Ontology)}
        versions = {q.object for q in dataset.match(None, OWL.versionIRI)}
        assert len(versions) >= 10
        for name in modules | versions:
            found = http.get(path_of(name))
            assert found.status_code == 200, name
            assert OWL.Ontology in {t.object for t in triples(found)}

    def test_each_code_leads_to_its_scheme(self, http):
        found = triples(http.get("/code/modality/fact.ttl"))
        scheme = expand("https://w3id.org/milgraph/code/modality")
        assert Triple(expand("modality:fact"), SKOS.inScheme, scheme) in found

    @pytest.mark.parametrize("name", ["c2sim", "cco", "org", "time"])
    def test_an_alignment_that_is_not_loaded_is_there_to_be_read(self, http, name):
        assert http.get(f"/ontology/alignments/{name}").status_code == 200

    def test_a_name_never_becomes_a_path_of_the_machine(self, http):
        for name in (
            "..%2Factivities",
            "%2e%2e%2Factivities",
            "..%2F..%2Fdata%2FDATASET",
        ):
            assert http.get(f"/ontology/alignments/{name}.ttl").status_code == 404

    def test_the_shapes_are_one_document(self, http):
        found = {t.subject for t in triples(http.get("/shapes"))}
        assert expand("shape:Quantity-atLeast") in found

    def test_a_module_has_its_terms_and_the_chains_of_its_properties(self, http):
        found = triples(http.get("/ontology/sources"))
        assert Triple(MIL.describedIn, RDF["type"], OWL.ObjectProperty) in found
        (chain,) = (
            t.object
            for t in found
            if t.subject == MIL.describedIn and t.predicate == OWL.propertyChainAxiom
        )
        assert Triple(chain, RDF.first, MIL.statedIn) in found
        assert Triple(MIL.Exercise, RDF["type"], OWL.Class) not in found


class TestThings:
    """Cool URIs for the Semantic Web, section 4.3."""

    @pytest.mark.parametrize(
        ("accept", "ending"),
        [
            ("*/*", "ttl"),
            ("text/turtle", "ttl"),
            ("application/ld+json", "jsonld"),
            ("application/n-triples", "nt"),
            ("application/rdf+xml", "rdf"),
            ("application/json", "jsonld"),
            ("text/html,application/xhtml+xml,*/*;q=0.8", "html"),
        ],
    )
    def test_a_thing_sends_its_visitor_to_the_preferred_document(
        self, http, accept, ending
    ):
        found = http.get(THING, headers={"Accept": accept})
        assert found.status_code == 303
        assert found.headers["location"] == f"{THING}.{ending}"
        assert found.headers["vary"] == "Accept"
        arrived = http.get(found.headers["location"])
        assert arrived.status_code == 200
        assert "Russia" in arrived.text

    def test_a_thing_is_told_with_the_labels_of_what_it_points_to(self, http):
        found = triples(http.get(THING + ".ttl"))
        japan = expand("actor:russian-mod")
        (state,) = {
            t.object for t in found if (t.subject, t.predicate) == (japan, MIL.ofState)
        }
        assert state in {t.subject for t in found if t.predicate == RDFS.label}

    def test_the_claims_that_speak_of_it_say_who_claims_them_and_how(self, http):
        found = triples(http.get(THING + ".ttl"))
        entity = expand("actor:russian-mod")
        claims = {
            t.subject
            for t in found
            if (t.predicate, t.object) == (DCTERMS.references, entity)
        }
        assert claims
        for predicate in (MIL.claimant, MIL.polarity, MIL.modality, MIL.inArticle):
            assert claims <= {t.subject for t in found if t.predicate == predicate}

    def test_the_document_names_what_it_describes_and_its_other_forms(self, http):
        found = links(http.get(THING + ".ttl"))
        assert found["describes"] == {BASE + THING[1:]}
        others = {"jsonld", "nt", "rdf", "html", "trig", "nq"}
        assert found["alternate"] == {f"{THING}.{ending}" for ending in others}
        assert links(http.get(ARTICLE))["canonical"] == {BASE + ARTICLE[1:]}

    def test_the_format_may_be_named_in_the_address(self, http):
        found = http.get(THING, params={"format": "ntriples"})
        assert found.headers["location"].startswith(f"{THING}.nt?")

    def test_head_tells_what_get_would(self, http):
        assert http.head(THING).status_code == 303
        found = http.head(THING + ".ttl")
        assert found.status_code == 200
        assert not found.content

    @pytest.mark.parametrize("accept", ["image/png", "text/turtle;q=0"])
    def test_a_form_that_is_not_there_is_refused_with_those_that_are(
        self, http, accept
    ):
        found = http.get(THING, headers={"Accept": accept})
        assert found.status_code == 406
        assert "text/turtle" in found.json()["available"]


class TestPages:
    """What points to an entity comes a hundred at a time, with the number of all."""

    def test_what_points_to_it_is_complete_over_the_pages(self, http, dataset):
        entity = expand("actor:russia")
        pointing = {q.triple for q in dataset.view() if q.object == entity}
        assert 100 < len(pointing) < 200
        first = http.get(BUSY + ".ttl")
        assert links(first)["next"] == {f"{BUSY}.ttl?page=2"}
        second = http.get(BUSY + ".ttl", params={"page": "2"})
        assert links(second)["prev"] == {f"{BUSY}.ttl?page=1"}
        assert "next" not in links(second)
        found = [
            {t for t in triples(page) if t.object == entity} & pointing
            for page in (first, second)
        ]
        assert found[0] | found[1] == pointing
        assert f"totalItems> {len(pointing)}" in first.text

    def test_the_page_goes_along_with_the_visitor(self, http):
        found = http.get(BUSY, params={"page": "2"})
        assert found.headers["location"] == f"{BUSY}.ttl?page=2"

    @pytest.mark.parametrize(
        ("page", "status"), [("0", 400), ("x", 400), ("-1", 400), ("99", 404)]
    )
    def test_a_page_that_there_is_not_is_refused(self, http, page, status):
        found = http.get(BUSY + ".ttl", params={"page": page})
        assert found.status_code == status


class TestArticles:
    def test_a_format_with_graphs_has_each_claim_in_its_graph(self, http, dataset):
        article = NamedNode(BASE + ARTICLE[1:])
        owned = {q for q in dataset.match() if document_of(q.graph_name) == article}
        for ending in ("trig", "nq", "jsonld"):
            assert quads(http.get(f"{ARTICLE}.{ending}")) == owned

    def test_what_is_denied_is_no_fact_of_the_article(self, http, dataset):
        denied = NamedNode(BASE + ARTICLE[1:] + "#claim-3")
        content = {q.triple for q in dataset.match(graph=denied)}
        assert content
        view = {q.triple for q in dataset.view()}
        assert not (content - view) & triples(http.get(ARTICLE))

    def test_a_fragment_is_answered_by_its_article(self, http):
        found = http.get(ARTICLE)
        subjects = {t.subject for t in triples(found)}
        claims = {s for s in subjects if fragment_of(s).startswith("claim-")}
        assert found.status_code == 200
        assert len(claims) >= 3


class TestUnknownNames:
    def test_a_name_that_nothing_has_is_told_with_what_is_near(self, http):
        for path in ("/actor/russian-mood", "/actor/russian-mood.ttl"):
            found = http.get(path)
            assert found.status_code == 404
            assert found.headers["content-type"] == "application/problem+json"
            assert THING in found.json()["hint"]

    @pytest.mark.parametrize(
        "path",
        [
            "/actor/",
            "/place/a b",
            "/place/%3Cx%3E",
            "/article/none",
            "/graph/none",
            "/ontology/none",
            "/code/none/none",
            "/place/%00",
        ],
    )
    def test_nothing_is_made_up(self, http, path):
        assert http.get(path).status_code == 404


class TestFreshness:
    def test_who_has_the_document_is_not_sent_it_again(self, http):
        first = http.get(THING + ".ttl")
        tag = first.headers["etag"]
        again = http.get(THING + ".ttl", headers={"If-None-Match": f'W/"x", {tag}'})
        assert again.status_code == 304
        assert not again.content
        assert again.headers["etag"] == tag
        assert http.get(THING + ".nt").headers["etag"] != tag

    def test_another_tag_is_answered_in_full(self, http):
        found = http.get(THING + ".ttl", headers={"If-None-Match": '"x"'})
        assert found.status_code == 200


class TestPagesForPeople:
    def test_a_page_says_what_machines_are_told(self, http):
        page = http.get("/platform/tu-95ms.html")
        assert page.headers["content-type"].startswith("text/html")
        for part in ("Tu-95MS", "Who speaks of it", "What points to it"):
            assert part in page.text

    def test_a_value_leads_to_its_own_page(self, http):
        page = http.get(THING + ".html").text
        assert 'href="/actor/russia"' in page

    def test_a_long_list_can_be_paged_through(self, http):
        page = http.get(BUSY + ".html").text
        assert f'href="{BUSY}.html?page=2"' in page
        assert "1 to 100 of" in page

    @pytest.mark.parametrize(
        "path", ["/ontology", "/shapes", "/graph/reference", ARTICLE]
    )
    def test_a_document_is_its_own_page(self, http, path):
        found = http.get(path, headers={"Accept": "text/html"})
        assert found.status_code == 200
        assert found.headers["content-type"].startswith("text/html")
