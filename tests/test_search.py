"""Search: what is typed finds what is meant, and a commit is found as soon as it is made."""

from dataclasses import replace

import pytest

from milgraph.errors import ParameterError
from milgraph.generations import Generations
from milgraph.history import Author, Role
from milgraph.search import LONGEST, SearchIndex, Searching, kinds_of
from milgraph.store import Snapshot
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    compact,
)

DRILL = ["one#drill", "occurrence:one.drill"]
ALIAS = """<#other> a mil:Alias ; mil:aliasOf platform:bear ; mil:aliasText "Ursa" ;
    mil:namingScheme <https://w3id.org/milgraph/code/naming/nickname> ."""
EDITOR = Author("ed", Role.EDITOR, "test")


@pytest.fixture(scope="module")
def index(dataset):
    return SearchIndex.of(dataset)


def found(index, text: str, **options) -> list[str]:
    """Return the short names of the hits."""
    return [compact(hit.iri) for hit in index.search(text, **options)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Sea of Japan", "place:sea-of-japan"),
        ("sea of jap", "place:sea-of-japan"),
        ("Japan Sea", "place:sea-of-japan"),
        ("the Sea of Japan", "place:sea-of-japan"),
        ("Seventh Fleet", "actor:us-7th-fleet"),
        ("US seventh fl", "actor:us-7th-fleet"),
        ("日本海", "place:sea-of-japan"),
        ("동해", "place:sea-of-japan"),
        ("yaponskoye more", "place:sea-of-japan"),
        ("Ту-95МС", "platform:tu-95ms"),
        ("TU95MS", "platform:tu-95ms"),
        ("tu 95", "platform:tu-95"),
        ("tu 95 ms bomber", "platform:tu-95ms"),
        ("su 30 sm 2 fighter", "platform:su-30sm2"),
        ("b 52 h bomber", "platform:b-52h"),
        ("b 52 on patrol", "platform:b-52"),
        ("bear", "platform:tu-95"),
        ("В-52Н", "platform:b-52h"),
        ("ddg69", "platform:uss-milius"),
        ("Milus", "platform:uss-milius"),
        ("petropavlovsk kamchatskiy", "platform:petropavlovsk-kamchatsky"),
        ("JASDF", "actor:jasdf"),
        ("Rusia", "actor:russia"),
        ("Кита", "actor:china"),
        ("defence ministry russian", "actor:russian-mod"),
    ],
)
def test_what_is_typed_finds_what_is_meant(index, text, first):
    assert found(index, text)[0] == first


def test_a_whole_name_comes_before_a_beginning_words_and_what_is_alike(index):
    typed = ("black sea", "black s", "sea black", "blakc sea")
    scores = [
        next(h.score for h in index.search(text) if h.label == "Black Sea")
        for text in typed
    ]
    assert scores[0] == 100
    assert scores == sorted(set(scores), reverse=True)


@pytest.mark.parametrize("text", ["B52H", "b 52 h", "В-52Н"])
def test_a_variant_does_not_begin_a_name_in_another_script(index, text):
    hits = {compact(hit.iri): hit.score for hit in index.search(text)}
    assert hits["platform:b-52h"] == 100
    assert hits.get("platform:b-52", 0) < 60
    assert {h.name for h in index.search("轰炸机")} >= {"B-52轰炸机"}


def test_of_equal_names_entities_come_first_then_activities_then_articles(gate, tell):
    told = tell("one", '<#drill> rdfs:label "Bay"@fr .')
    article = replace(told, content=told.content.replace(b"A report", b"Bay"))
    gate.submit(article, author=EDITOR)
    hits = SearchIndex.of(gate.state).search("bay")
    assert {hit.score for hit in hits} == {100}
    assert list(dict.fromkeys(hit.group for hit in hits)) == [
        "entity",
        "activity",
        "article",
    ]


def test_a_word_that_is_typed_again_and_again_says_no_more(index):
    once, often = index.search("fleet"), index.search("fleet " * 20)
    assert [(hit.iri, hit.score) for hit in often] == [(h.iri, h.score) for h in once]


def test_hits_are_of_the_kinds_that_are_asked_for(index):
    articles = index.search("Tu-95", kinds=kinds_of(["article"]))
    assert {hit.group for hit in articles} == {"article"}
    types = index.search("Tu-95", kinds=kinds_of(["mil:BomberType"]))
    assert [compact(h.iri) for h in types] == ["platform:tu-95", "platform:tu-95ms"]
    patrols = index.search("Tu-95", kinds=kinds_of(["activity", "mil:AirPatrol"]))
    assert {compact(hit.kind) for hit in patrols} == {"mil:AirPatrol"}


def test_a_hit_says_what_it_is_and_by_which_name_it_was_found(index):
    hit = index.search("Bear-H")[0]
    assert hit.as_json() == {
        "id": "https://w3id.org/milgraph/platform/tu-95ms",
        "label": "Tupolev Tu-95MS",
        "kind": "mil:BomberType",
        "group": "entity",
        "name": "Bear-H",
        "score": 100.0,
    }


def test_a_thing_is_listed_once_and_there_are_no_more_than_asked(index):
    hits = found(index, "sea", limit=7)
    assert len(hits) == len(set(hits)) == 7


def test_terms_of_the_ontology_and_codes_are_not_searched(index):
    assert not [h for h in index.search("activity", limit=100) if h.iri in MIL]
    assert all("/code/" not in h.iri.value for h in index.search("stated", limit=100))


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        (" \t", {}),
        ("a" * (LONGEST + 1), {}),
        ("sea", {"limit": 0}),
        ("sea", {"limit": 101}),
    ],
)
def test_what_cannot_be_searched_for_is_refused(index, text, options):
    with pytest.raises(ParameterError):
        index.search(text, **options)


@pytest.mark.parametrize("name", ["ship", "", "foo:bar"])
def test_what_is_no_kind_is_refused(name):
    with pytest.raises(ParameterError):
        kinds_of([name])


def test_a_class_that_is_misspelt_is_refused_with_those_that_are_near(index):
    with pytest.raises(ParameterError, match="there is no class mil:Bombr") as caught:
        index.search("Tu-95", kinds=kinds_of(["mil:Bombr"]))
    assert caught.value.hint == "Did you mean mil:BomberType?"
    with pytest.raises(ParameterError, match="there is no class mil:Qqqq") as caught:
        index.search("Tu-95", kinds=kinds_of(["entity", "mil:Qqqq"]))
    assert str(caught.value.hint).startswith("Kinds are activity, article, entity")
    assert index.search("Tu-95", kinds=kinds_of(["mil:Statistic"])) == []


def test_a_record_of_a_data_set_is_found_by_its_name_and_its_number():
    record = NamedNode(BASE + "article/ucdp-ged-102537")
    quads = {
        Quad(record, RDF["type"], MIL.DataSetRecord, DefaultGraph()),
        Quad(record, MIL.recordIdentifier, Literal("102537"), DefaultGraph()),
    }
    index = SearchIndex.of(Snapshot.of(quads))
    for text, points in (
        ("UCDP GED 102537", 100),
        ("ucdp-ged-1025", 80),
        ("102537", 60),
    ):
        (hit,) = index.search(text, kinds=kinds_of(["article"]))
        assert (hit.iri, hit.label) == (record, "ucdp-ged-102537")
        assert hit.score >= points
    index.follow(Snapshot.of(()), [record])
    assert index.search("102537") == []
    index.follow(Snapshot.of(quads), [record])
    assert [hit.iri for hit in index.search("102537")] == [record]


@pytest.mark.parametrize("text", ["!", "()", "\x00", "% *", "🛩", "a", "1"])
def test_anything_may_be_typed(index, text):
    assert isinstance(index.search(text), list)


class TestFollowing:
    @pytest.fixture
    def searching(self, data, gate):
        Generations(data).publish(gate)
        return Searching(data)

    def names(self, searching, text: str) -> list[str]:
        _, hits = searching.search(text)
        return [compact(hit.iri).rpartition("/")[2] for hit in hits]

    def publish(self, data, gate) -> None:
        Generations(data).publish(gate)

    def test_a_commit_is_found_without_making_the_index_anew(
        self, searching, data, gate, tell
    ):
        assert self.names(searching, "a drill") == []
        gate.submit(tell("one"), author=EDITOR)
        self.publish(data, gate)
        assert self.names(searching, "a drill") == DRILL
        assert self.names(searching, "a report") == ["article:one"]
        assert searching.built == 1

    def test_what_was_retracted_is_not_found(self, searching, data, gate, tell):
        article = NamedNode("https://w3id.org/milgraph/article/one")
        gate.submit(tell("one"), author=EDITOR)
        self.publish(data, gate)
        assert self.names(searching, "a drill") == DRILL
        gate.retract(article, author=EDITOR)
        self.publish(data, gate)
        assert self.names(searching, "a drill") == []

    def test_after_any_changes_it_finds_what_a_new_index_finds(
        self, searching, data, gate, tell
    ):
        searching.search("anything")
        for slug in ("one", "two", "three"):
            gate.submit(tell(slug), author=EDITOR)
        gate.retract(NamedNode("https://w3id.org/milgraph/article/two"), author=EDITOR)
        gate.submit(tell("four", ALIAS), author=EDITOR)
        self.publish(data, gate)
        anew = SearchIndex.of(gate.state)
        for text in ("a drill", "a report", "bear", "Ursa", "sea", "hawk"):
            assert searching.search(text)[1] == anew.search(text), text
        assert searching.built == 1

    def test_an_alias_that_is_withdrawn_is_no_name_any_more(
        self, searching, data, gate, tell
    ):
        gate.submit(tell("one", ALIAS), author=EDITOR)
        self.publish(data, gate)
        assert self.names(searching, "ursa") == ["platform:bear"]
        gate.submit(tell("one"), author=EDITOR)
        self.publish(data, gate)
        assert self.names(searching, "ursa") == []

    def test_who_takes_part_in_an_activity_is_not_named_by_that(self, gate, tell):
        part = (
            '<#drill> mil:hasParticipation <#part> . <#part> rdfs:label "Zorro"@en ; '
        )
        part += "mil:participant actor:north ; mil:role role:principal ."
        gate.submit(tell("one", part), author=EDITOR)
        assert SearchIndex.of(gate.state).search("Zorro") == []

    def test_without_a_log_the_index_is_made_anew(self, searching, data, gate, tell):
        searching.search("anything")
        gate.submit(tell("one"), author=EDITOR)
        self.publish(data, gate)
        (data / "log").rename(data / "log-away")
        try:
            assert self.names(searching, "a drill") == DRILL
        finally:
            (data / "log-away").rename(data / "log")
        assert searching.built == 2
