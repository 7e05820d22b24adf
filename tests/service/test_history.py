"""The history over HTTP: the commits as a list, and one of them with what it changed."""

import re

import pytest

from milgraph import graphs
from milgraph.history import LogReader
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import MIL, PROV, NamedNode

COMMIT = NamedNode(f"{graphs.CHANGES.value}#1")


def test_the_commits_are_listed_for_programs_and_for_people(http, built):
    told = LogReader.open(built / "log").summary(1)
    (listed,) = http.get("/history").json()["commits"]
    assert (listed["commit"], listed["agent"]) == (1, told.agent)
    assert (listed["added"], listed["digest"]) == (told.added, told.digest)
    page = http.get("/history", headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert '<a href="/history/1">1</a>' in page.text


def test_a_page_is_continued_before_a_number(http):
    assert http.get("/history?before=1").json() == {"commits": [], "next": None}
    refused = http.get("/history?before=soon")
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "before 'soon' is not the number of a commit",
    )


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
def test_a_commit_is_an_activity_in_every_format_of_rdf(http, form):
    for path in ("/history", "/history/1"):
        found = http.get(path, headers={"Accept": form.media_type})
        assert found.headers["Content-Type"].startswith(form.media_type)
        quads = read(Source("history", found.content, form))
        told = {quad.predicate for quad in quads if quad.subject == COMMIT}
        assert {PROV.endedAtTime, PROV.wasAssociatedWith, MIL.changeDigest} <= told


def test_the_patch_holds_the_whole_change(http, built):
    entry = LogReader.open(built / "log").entry(1)
    patch = http.get("/history/1", headers={"Accept": "application/rdf-patch"})
    assert patch.headers["Content-Type"].startswith("application/rdf-patch")
    first, *lines, last = patch.text.splitlines()
    assert (first, last) == ("TX .", "TC .")
    assert lines == [f"A {line} ." for line in sorted(map(str, entry.change.additions))]


def test_of_a_long_change_the_page_shows_the_first_and_where_all_are(http):
    page = http.get("/history/1", headers={"Accept": "text/html"}).text
    assert "The first 1,000 are shown" in page
    assert page.count("\n+ ") + len(re.findall(r"<pre>\+ ", page)) == 1000
    told = http.get("/history/1").json()
    assert len(told["additions"]) == 1000
    assert http.get(told["whole"]).text.count("\nA ") > 1000


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/history/99", "*/*", 404),
        ("/history/one", "*/*", 404),
        ("/history/1", "image/png", 406),
        ("/history?format=patch", "*/*", 406),
    ],
)
def test_what_is_not_there_is_a_problem(http, path, accept, status):
    refused = http.get(path, headers={"Accept": accept})
    assert refused.status_code == status
    assert "problem" in refused.headers["Content-Type"] or accept == "image/png"
