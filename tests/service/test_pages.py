"""The pages: what is here and what to try, usable without a script and by everybody."""

import re
from html.parser import HTMLParser

import pytest

from milgraph.service.markup import element

PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PATHS = [
    "/",
    "/queries",
    "/queries/bombers-over-an-area",
    "/sparql",
    "/sparql?query=SELECT+*+%7B+%3Fs+a+mil%3AState+%7D",
    "/sparql?query=DESCRIBE+place%3Asea-of-japan",
    "/sparql?query=ASK+%7B%7D",
    "/sparql?query=SELECT",
    "/nowhere",
]


class Elements(HTMLParser):
    """The start tags of a page, and whether every element is closed."""

    VOID = frozenset(("input", "link", "meta"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(params=PATHS)
def page(request, http) -> Elements:
    found = http.get(request.param, headers=PAGE)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    return Elements(found.text)


def test_a_page_is_well_formed_has_a_language_and_one_heading(page):
    assert page.open == []
    assert page.of("html") == [{"lang": "en"}]
    assert len(page.of("h1")) == 1
    assert len(page.of("title")) == 1


def test_every_field_has_a_label_and_every_column_a_head(page):
    labelled = {label["for"] for label in page.of("label")}
    fields = [*page.of("input"), *page.of("textarea")]
    assert {field["id"] for field in fields} == labelled
    assert all(head["scope"] == "col" for head in page.of("th"))
    assert len(page.of("caption")) == len(page.of("table"))


def test_a_page_loads_nothing_from_elsewhere_and_runs_no_script(page):
    assert not page.of("script")
    assert not page.of("img")
    for link in page.of("link"):
        assert link["href"].startswith(("/", "data:"))


def test_the_browser_is_told_to_load_nothing_from_elsewhere(http):
    policy = http.get("/", headers=PAGE).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_the_first_page_says_what_is_here_and_what_to_try(http, rows):
    text = http.get("/").text
    for kind in ("Article", "Claim", "Occurrence", "Place"):
        ((number,),) = rows(f"SELECT (COUNT(?x) AS ?n) {{ ?x a mil:{kind} }}")
        assert f"<strong>{int(number.value):,}</strong>" in text
    for part in ("What is guaranteed", "CC BY 4.0", "Apache-2.0", "<textarea"):
        assert part in text


@pytest.mark.parametrize("start", ["/", "/queries/bombers-over-an-area"])
def test_every_link_of_a_page_leads_somewhere(http, start):
    links = Elements(http.get(start, headers=PAGE).text).of("a")
    inside = {link["href"] for link in links if link["href"].startswith("/")}
    assert len(inside) >= 8
    for link in sorted(inside):
        found = http.get(link, headers=PAGE, follow_redirects=True)
        assert found.status_code == 200, link


def test_stored_text_cannot_become_markup(http):
    text = "SELECT ('<script>alert(1)</script>' AS ?x) ('\"><b>' AS ?y) {}"
    found = http.get("/sparql", params={"query": text}, headers=PAGE).text
    assert "<script>" not in found
    assert "<b>" not in found
    assert "&lt;script&gt;" in found


def test_a_link_that_is_not_of_the_web_is_not_followed(http):
    text = "SELECT (IRI('javascript:alert(1)') AS ?x) {}"
    found = Elements(http.get("/sparql", params={"query": text}, headers=PAGE).text)
    addresses = [link.get("href") or "" for link in found.of("a")]
    assert addresses
    assert not any(address.startswith("javascript:") for address in addresses)


def test_a_broken_query_comes_back_in_its_form_with_the_reason(http):
    found = http.get("/sparql", params={"query": "SELECT ?nothing"}, headers=PAGE)
    assert found.status_code == 400
    assert "SELECT ?nothing</textarea>" in found.text
    assert re.search(r'role="alert".*line 1', found.text, re.DOTALL)


def test_a_long_answer_is_cut_and_says_so(http):
    text = "SELECT ?s ?p ?o { ?s ?p ?o }"
    found = http.get("/sparql", params={"query": text}, headers=PAGE).text
    assert re.search(r"The first 1,000 solutions", found)
    assert found.count("<tr>") == 1001


def test_markup_escapes_by_construction():
    assert (
        element("p", "<", title='"', hidden=True) == '<p title="&quot;" hidden>&lt;</p>'
    )
    assert element("p", element("b", "&"), [None, "x"]) == "<p><b>&amp;</b>x</p>"


@pytest.mark.parametrize(
    ("path", "licence"),
    [
        ("/article/acled-lnd1.html", "https://epo.acleddata.com/terms-of-use"),
        ("/article/gdelt-9000000000.html", "https://www.gdeltproject.org"),
    ],
)
def test_the_page_of_a_record_is_under_the_licence_of_its_release(
    with_records, path, licence
):
    page = with_records.get(path)
    assert page.status_code == 200
    footer = page.text.partition("<footer>")[2]
    assert f'href="{licence}' in footer
    trig = with_records.get(path.replace(".html", ".trig"))
    assert any(
        link.startswith(f"<{licence}") and 'rel="license"' in link
        for link in trig.headers["link"].split(", ")
    )


def test_the_page_of_an_article_is_under_our_licence_alone(http):
    page = http.get("/article/2023-03-20-b-52h-baltic.html").text
    assert 'class="terms"' not in page.partition("<footer>")[2]


def test_the_first_page_counts_the_records_of_data_sets(with_records):
    assert "<strong>28</strong> <a" in with_records.get("/").text
