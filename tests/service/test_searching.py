"""Search over HTTP: for people and for machines, and of every commit at once."""

import pytest

TRIG = {"Content-Type": "application/trig"}


def ids(answer) -> list[str]:
    answer.raise_for_status()
    return [hit["id"].rpartition("milgraph/")[2] for hit in answer.json()["hits"]]


def test_programs_get_hits_with_label_class_name_and_points(http):
    told = http.get("/search", params={"q": "Ту-95МС", "limit": 1})
    assert told.headers["Content-Type"].startswith("application/json")
    assert told.json() | {"generation": 0} == {
        "query": "Ту-95МС",
        "generation": 0,
        "hits": [
            {
                "id": "https://w3id.org/milgraph/platform/tu-95ms",
                "label": "Tupolev Tu-95MS",
                "kind": "mil:BomberType",
                "group": "entity",
                "name": "Ту-95МС",
                "score": 100.0,
            }
        ],
    }


def test_people_get_a_page_with_links_and_the_form(http):
    page = http.get("/search", params={"q": "bear"}, headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert 'href="/platform/tu-95"' in page.text
    assert "also called Bear" in page.text
    assert 'value="bear"' in page.text


def test_without_a_text_people_get_the_form_and_programs_are_told(http):
    page = http.get("/search", headers={"Accept": "text/html"})
    assert (page.status_code, "<form" in page.text) == (200, True)
    assert http.get("/search").status_code == 400


def test_a_page_says_when_nothing_was_found(http):
    page = http.get(
        "/search", params={"q": "qqqqxqqq"}, headers={"Accept": "text/html"}
    )
    assert "Nothing found" in page.text


def test_what_was_typed_is_text_on_the_page(http):
    typed = '<script>alert("1")</script>'
    page = http.get("/search", params={"q": typed}, headers={"Accept": "text/html"})
    assert "<script" not in page.text


def test_the_first_page_has_the_box(http):
    page = http.get("/", headers={"Accept": "text/html"})
    assert 'action="/search"' in page.text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"q": "sea"}, "The first 20 hits"),
        ({"q": "sea", "limit": 1}, "The first hit"),
        ({"q": "Milus", "kind": "mil:Vessel"}, "1 hit"),
    ],
)
def test_a_page_says_whether_there_are_more_hits(http, given, told):
    page = http.get("/search", params=given, headers={"Accept": "text/html"})
    assert f"<h2>{told}</h2>" in page.text


def test_kinds_and_limit_narrow_the_hits(http):
    hits = http.get("/search", params={"q": "Tu-95", "kind": "article", "limit": 2})
    assert [hit["group"] for hit in hits.json()["hits"]] == ["article"] * 2
    types = http.get("/search", params={"q": "Tu-95", "kind": "mil:BomberType"})
    assert ids(types) == ["platform/tu-95", "platform/tu-95ms"]


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"q": ""}, "there is nothing to search for"),
        ({"q": "x" * 201}, "the text has 201 characters"),
        ({"q": "x", "limit": "0"}, "the limit 0 is not between 1 and 100"),
        ({"q": "x", "limit": "ten"}, "the limit 'ten' is not a number"),
        ({"q": "x", "limit": "-1"}, "the limit '-1' is not a number"),
        ({"q": "x", "kind": "ships"}, "'ships' is no kind to search for"),
        ({"q": "x", "kind": "mil:Bombr"}, "there is no class mil:Bombr"),
        ({"q": "x", "kind": ["entity"] * 30}, "30 kinds are more than 20"),
    ],
)
def test_what_cannot_be_searched_for_is_refused_with_the_reason(http, given, detail):
    refused = http.get("/search", params=given)
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith(detail)


def test_who_has_the_answer_is_not_sent_it_again(http):
    first = http.get("/search", params={"q": "bear"})
    again = http.get(
        "/search",
        params={"q": "bear"},
        headers={"If-None-Match": first.headers["ETag"]},
    )
    assert again.status_code == 304
    other = http.get("/search", params={"q": "bear"}, headers={"Accept": "image/png"})
    assert other.status_code == 406


def test_a_commit_is_searchable_as_soon_as_it_is_acknowledged(client, bearing, drill):
    address = "/articles/2024-05-14-drill"
    wanted = {"q": "A drill of two bombers", "kind": "article"}
    for _ in range(3):
        sent = client.put(
            address, content=drill().content, headers=TRIG | bearing("carol")
        )
        sent.raise_for_status()
        assert ids(client.get("/search", params=wanted))[:1] == [
            "article/2024-05-14-drill"
        ]
        client.delete(address, headers=bearing("carol")).raise_for_status()
        assert "article/2024-05-14-drill" not in ids(
            client.get("/search", params=wanted)
        )
