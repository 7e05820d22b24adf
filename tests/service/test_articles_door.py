"""Articles enter by HTTP: whole and conforming, or with reasons and without a trace."""

import gzip
import json
from hashlib import sha256
from pathlib import Path

import pytest

from milgraph.history import LogReader
from milgraph.iris import ARTICLES
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Source, read, write

TRIG = {"Content-Type": "application/trig"}
DRILL = "2024-05-14-drill"
IRI = f"https://w3id.org/milgraph/article/{DRILL}"
COUNTED = f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s ?p ?o }} FILTER STRSTARTS(STR(?g), '{IRI}') }}"
# What the engine writes down of its own life is no part of the data.
_TALK = ("LOG", "IDENTITY", "OPTIONS")


def state_of(folder: Path) -> dict[str, str]:
    """Return the digest of each file of the store and of the log."""
    files = [path for name in ("store", "log") for path in (folder / name).rglob("*")]
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file() and not path.name.startswith(_TALK)
    }


def named(text: bytes, name: str) -> bytes:
    return text.replace(DRILL.encode(), name.encode())


@pytest.fixture
def carol(client, bearing):
    """A contributor, before whom nothing was submitted."""
    client.headers.update(bearing("carol"))
    client.delete(f"/articles/{DRILL}")
    yield client
    del client.headers["Authorization"]


@pytest.fixture
def put(carol, drill):
    """Put the drill, with its text changed as the fixture of that name does."""

    def send(added="", *, old="", new="", slug=DRILL, headers=(), **parameters):
        text = drill(added, old=old, new=new).content
        return carol.put(
            f"/articles/{slug}",
            content=text,
            params=parameters,
            headers={**TRIG, **dict(headers)},
        )

    return send


def count(client) -> int:
    found = client.get("/sparql", params={"query": COUNTED, "format": "csv"})
    return int(found.text.splitlines()[1])


def test_an_article_is_made_then_replaced_then_there_already(put, carol):
    made = put(reason="the first report")
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"{carol.base_url}/articles/{DRILL}"
    told = made.json()
    assert told["articles"] == [IRI]
    assert (told["changed"], told["conforms"], told["removed"]) == (True, True, 0)
    assert told["added"] > 40
    assert told["entailed"] > 20
    assert count(carol) == told["added"]

    replaced = put(old="mil:exactly 2", new="mil:exactly 3")
    assert replaced.status_code == 200
    assert replaced.json()["commit"] == told["commit"] + 1
    assert replaced.json()["added"] == replaced.json()["removed"] == 1

    again = put(old="mil:exactly 2", new="mil:exactly 3")
    assert again.status_code == 200
    assert (again.json()["commit"], again.json()["changed"]) == (None, False)
    assert (again.json()["added"], again.json()["removed"]) == (0, 0)


def test_the_commit_says_who_made_it_by_which_door_and_why(put, folder):
    told = put(reason="seen on the wire").json()
    entry = LogReader.open(folder / "log").entry(told["commit"])
    assert (entry.agent, entry.role, entry.door) == ("carol", "contributor", "http")
    assert entry.reason == "seen on the wire"
    assert entry.articles == (IRI,)


def test_an_article_is_retracted_with_all_that_follows_from_it(put, carol):
    told = put().json()
    gone = carol.delete(f"/articles/{DRILL}")
    assert gone.status_code == 200
    assert gone.json()["removed"] == told["added"]
    assert gone.json()["noLongerEntailed"] == told["entailed"]
    assert count(carol) == 0
    missing = carol.delete(f"/articles/{DRILL}")
    assert missing.status_code == 404
    assert DRILL in missing.json()["detail"]
    assert carol.get(f"/articles/{DRILL}").status_code == 404


def test_a_broken_article_is_refused_with_findings_and_leaves_no_trace(
    put, carol, folder
):
    before = state_of(folder)
    assert len(before) > 3
    refused = put(old="mil:hasTime <#time> ;", new="")
    assert state_of(folder) == before
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["kind"] == "conformance"
    assert "nothing was stored" in problem["detail"]
    (finding,) = problem["findings"]
    assert finding["severity"] == "violation"
    assert finding["field"] == "time"
    assert finding["focusNode"] == f"{IRI}#drill"
    assert finding["path"].endswith("#hasTime")
    assert finding["claim"] == f"{IRI}#claim-1"
    assert finding["segment"] == f"{IRI}#s1"
    assert finding["line"] > 1
    assert "mil:hasTime" in finding["message"]
    assert carol.get(f"/articles/{DRILL}").status_code == 404


def test_a_browser_is_shown_what_is_wrong_as_a_page(put):
    page = put(old="mil:hasTime <#time> ;", new="", headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert page.headers["content-type"].startswith("text/html")
    assert "mil:hasTime" in page.text


def test_a_dry_run_tells_all_and_stores_nothing(put, carol, folder):
    before = state_of(folder)
    tried = put(**{"dry-run": ""})
    assert tried.status_code == 200
    told = tried.json()
    assert (told["commit"], told["dryRun"], told["changed"]) == (None, True, True)
    assert told["added"] > 40
    assert put(old="mil:hasTime <#time> ;", **{"dry-run": ""}).status_code == 422
    assert state_of(folder) == before
    put()
    before = state_of(folder)
    tried = carol.delete(f"/articles/{DRILL}", params={"dry-run": ""})
    assert tried.json()["removed"] == told["added"]
    assert state_of(folder) == before
    assert count(carol) == told["added"]


def test_an_article_may_be_sent_to_its_own_address_only(put, folder):
    before = state_of(folder)
    refused = put(slug="2024-05-14-another")
    assert refused.status_code == 422
    assert DRILL in refused.json()["detail"]
    for slug in ("Drill", "a--b", "a_b", "-a", "a.ttl"):
        assert put(slug=slug).status_code == 404, slug
    assert state_of(folder) == before


def test_a_post_goes_where_its_text_says_and_one_that_does_not_say_is_refused(
    carol, drill
):
    text = drill().content
    assert carol.post("/articles", content=text, headers=TRIG).status_code == 201
    nameless = text.split(b"\n", 1)[1]
    refused = carol.post("/articles", content=nameless, headers=TRIG)
    assert refused.status_code == 422
    assert "does not say which article" in refused.json()["detail"]
    assert "@base" in refused.json()["hint"]
    # One that names its article by its record alone says it as well.
    named = nameless.replace(b"<>", f"<{ARTICLES}{DRILL}>".encode())
    same = carol.post("/articles", content=named, headers=TRIG)
    assert (same.status_code, same.json()["changed"]) == (200, False)
    # To an address the text need not say it.
    same = carol.put(f"/articles/{DRILL}", content=nameless, headers=TRIG)
    assert same.status_code == 200
    assert not same.json()["changed"]


def test_the_articles_of_a_form_are_one_commit_or_none(carol, drill):
    text = drill().content
    names = ("2024-05-15-one", "2024-05-15-two")
    files = [("file", (f"{n}.trig", named(text, n), "application/trig")) for n in names]
    posted = carol.post("/articles", files=files)
    assert posted.status_code == 201, posted.text
    assert len(posted.json()["articles"]) == 2
    bad = named(text, "2024-05-15-three").replace(b"mil:hasTime <#time> ;", b"")
    files = [
        (
            "file",
            ("one.trig", named(text, names[0]).replace(b"exactly 2", b"exactly 5")),
        ),
        ("file", ("three.trig", bad)),
    ]
    refused = carol.post("/articles", files=files)
    assert refused.status_code == 422
    assert {finding["file"] for finding in refused.json()["findings"]} == {"three.trig"}
    kept = carol.get(f"/articles/{names[0]}", headers={"Accept": "application/n-quads"})
    assert "exactly" in kept.text
    assert '"5"' not in kept.text
    for name in names:
        assert carol.delete(f"/articles/{name}").status_code == 200


@pytest.mark.parametrize("form", ["jsonld", "nquads", "trig"])
def test_an_article_is_read_and_sent_back_in_each_format_with_graphs(put, carol, form):
    put()
    media_type = FORMATS[form].media_type
    got = carol.get(f"/articles/{DRILL}", headers={"Accept": media_type})
    assert got.headers["content-type"].startswith(media_type)
    sent = carol.put(
        f"/articles/{DRILL}",
        content=got.content,
        headers={"Content-Type": media_type, "If-Match": got.headers["ETag"]},
    )
    assert sent.status_code == 200, sent.text
    assert not sent.json()["changed"], sent.text


def test_an_article_is_accepted_in_each_format_with_graphs(carol, drill):
    quads = read(drill())
    for form in ("nquads", "jsonld"):
        carol.delete(f"/articles/{DRILL}")
        sent = carol.put(
            f"/articles/{DRILL}",
            content=write(quads, FORMATS[form]),
            headers={"Content-Type": FORMATS[form].media_type},
        )
        assert sent.status_code == 201, sent.text


def test_facts_that_nobody_claims_are_explained_and_not_stored(carol):
    turtle = "<#x> a <https://w3id.org/milgraph/ontology#Exercise> ."
    refused = carol.put(
        f"/articles/{DRILL}", content=turtle, headers={"Content-Type": "text/turtle"}
    )
    assert refused.status_code == 422
    assert "nobody claims" in refused.json()["detail"]
    assert "TriG" in refused.json()["hint"]


def test_a_text_may_be_packed_and_must_be_rdf_in_utf8_of_a_bearable_length(
    carol, drill
):
    text = drill().content
    path = f"/articles/{DRILL}"
    packed = gzip.compress(text)
    headers = {**TRIG, "Content-Encoding": "gzip"}
    assert carol.put(path, content=packed, headers=headers).status_code == 201
    cases = [
        ({"Content-Type": "text/csv"}, text, 415),
        ({}, text, 415),
        ({"Content-Type": "application/trig; charset=latin-1"}, text, 415),
        ({**TRIG, "Content-Encoding": "br"}, text, 415),
        (headers, gzip.compress(b" " * (MAXIMUM_SIZE + 1)), 413),
        (headers, text, 400),
        (TRIG, text + b"}", 400),
        (TRIG, b"\xff" + text, 400),
        (TRIG, b"", 400),
    ]
    for more, content, status in cases:
        refused = carol.put(path, content=content, headers=more)
        assert refused.status_code == status, (more, refused.text)
    wrong = carol.put(path, content=text + b"}", headers=TRIG).json()
    assert wrong["line"] == text.count(b"\n") + 1


def test_who_was_slower_does_not_overwrite_what_was_not_seen(put, carol):
    put()
    seen = carol.get(f"/articles/{DRILL}").headers["ETag"]
    first = put(old="exactly 2", new="exactly 3", headers={"If-Match": seen})
    assert first.status_code == 200
    second = put(old="exactly 2", new="exactly 4", headers={"If-Match": seen})
    assert second.status_code == 412
    assert "not as you have seen it" in second.json()["detail"]
    assert (
        carol.delete(f"/articles/{DRILL}", headers={"If-Match": seen}).status_code
        == 412
    )
    assert put(headers={"If-None-Match": "*"}).status_code == 412
    now = carol.get(f"/articles/{DRILL}").headers["ETag"]
    assert put(headers={"If-Match": f"{seen}, {now}"}).status_code == 200
    assert (
        carol.delete(f"/articles/{DRILL}", headers={"If-Match": "*"}).status_code == 200
    )
    assert put(headers={"If-Match": "*"}).status_code == 412
    assert put(headers={"If-None-Match": "*"}).status_code == 201


def test_an_article_that_is_known_is_not_sent_again(put, carol):
    put()
    got = carol.get(f"/articles/{DRILL}")
    known = {"If-None-Match": got.headers["ETag"]}
    assert carol.get(f"/articles/{DRILL}", headers=known).status_code == 304
    other = {**known, "Accept": "application/n-quads"}
    assert carol.get(f"/articles/{DRILL}", headers=other).status_code == 200
    put(old="exactly 2", new="exactly 3")
    assert carol.get(f"/articles/{DRILL}", headers=known).status_code == 200


@pytest.mark.parametrize(
    ("accept", "ending"), [("text/html", "html"), ("text/turtle", "ttl")]
)
def test_what_cannot_say_who_says_it_is_found_at_the_page_of_the_article(
    put, carol, accept, ending
):
    put()
    sent = carol.get(f"/articles/{DRILL}", headers={"Accept": accept})
    assert sent.status_code == 303
    assert sent.headers["Location"] == f"/article/{DRILL}.{ending}"
    found = carol.get(sent.headers["Location"])
    assert found.status_code == 200
    assert DRILL in found.text


def test_the_articles_are_listed_page_by_page(put, carol):
    put()
    found: list[str] = []
    path = "/articles"
    while path:
        answer = carol.get(path)
        assert answer.status_code == 200
        found += [one["article"] for one in answer.json()]
        path = answer.links.get("next", {}).get("url")
    assert IRI in found
    assert found == sorted(set(found))
    after = carol.get("/articles", params={"after": DRILL}).json()
    assert IRI not in [one["article"] for one in after]
    (own,) = [one for one in carol.get("/articles").json() if one["article"] == IRI]
    assert own["address"] == f"/articles/{DRILL}"
    assert own["label"] == "A drill of two bombers"


@pytest.mark.parametrize("form", ["html", *FORMATS])
def test_the_list_comes_in_every_format(put, carol, form):
    put()
    answer = carol.get("/articles", params={"format": form})
    assert answer.status_code == 200
    assert DRILL in answer.text
    assert carol.get("/articles", params={"format": "pdf"}).status_code == 406


def test_every_new_address_is_described(carol):
    paths = carol.get("/openapi.json").json()["paths"]
    assert {"get", "post"} <= paths["/articles"].keys()
    assert {"get", "put", "delete"} <= paths["/articles/{slug}"].keys()
    assert {"get", "post"} <= paths["/check"].keys()
    assert paths["/articles/{slug}"]["put"]["security"] == [{"bearer": []}]
    assert "post" in paths["/history/{number}/undo"]
    assert "findings" in json.dumps(paths["/articles"]["post"])


def test_the_source_of_a_finding_in_json_ld_is_that_text(carol, drill):
    quads = read(drill(old="mil:hasTime <#time> ;", new=""))
    source = Source("x", write(quads, FORMATS["jsonld"]), FORMATS["jsonld"])
    refused = carol.post(
        "/articles",
        content=source.content,
        headers={"Content-Type": "application/ld+json"},
    )
    assert refused.status_code == 422
    assert refused.json()["findings"][0]["field"] == "time"
