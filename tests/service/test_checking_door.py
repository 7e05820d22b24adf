"""Facts are held against the shapes by HTTP; the answer is a report, and nothing is kept."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from milgraph.syntax import FORMATS, Source, read, write

TRIG = {"Content-Type": "application/trig"}
SH = "http://www.w3.org/ns/shacl#"


@pytest.fixture
def check(http, drill):
    """Check the drill, with its text changed as the fixture of that name does."""

    def send(old="", new="", *, accept="application/json", **parameters):
        return http.post(
            "/check",
            content=drill(old=old, new=new).content,
            headers={**TRIG, "Accept": accept},
            params=parameters,
        )

    return send


TIMELESS = ("mil:hasTime <#time> ;", "")


def test_what_conforms_is_told_to(check):
    told = check()
    assert told.status_code == 200, told.text
    report = told.json()
    assert report["conforms"]
    assert report["findings"] == []


def test_what_does_not_is_told_with_all_that_helps_to_mend_it(check, http):
    before = http.get("/store", params={"default": ""}).headers["ETag"]
    told = check(*TIMELESS)
    assert told.status_code == 200, "the check itself worked"
    report = told.json()
    assert not report["conforms"]
    assert report["summary"] == "1 violation"
    (finding,) = report["findings"]
    assert finding["severity"] == "violation"
    assert finding["focusNode"].endswith("#drill")
    assert finding["claim"].endswith("#claim-1")
    assert finding["segment"].endswith("#s1")
    assert finding["line"]
    assert finding["field"] == "time"
    assert finding["expected"]
    (cause,) = report["causes"]
    assert (cause["findings"], cause["nodes"]) == (1, 1)
    assert http.get("/store", params={"default": ""}).headers["ETag"] == before


@pytest.mark.parametrize("form", FORMATS)
def test_the_report_comes_as_shacl_has_it_in_every_format(check, form):
    told = check(*TIMELESS, accept=FORMATS[form].media_type)
    assert told.status_code == 200
    assert told.headers["content-type"].startswith(FORMATS[form].media_type)
    quads = read(Source("report", told.content, FORMATS[form]))
    types = {q.object.value for q in quads if q.predicate.value.endswith("#type")}
    assert types == {f"{SH}ValidationReport", f"{SH}ValidationResult"}
    (conforms,) = [q.object for q in quads if q.predicate.value == f"{SH}conforms"]
    assert conforms.value == "false"
    assert (
        check(*TIMELESS, format=form)
        .headers["content-type"]
        .startswith(FORMATS[form].media_type)
    )


def test_the_report_comes_as_editors_read_it(check):
    told = check(*TIMELESS, accept="application/sarif+json")
    assert told.headers["content-type"] == "application/sarif+json"
    sarif = told.json()
    assert sarif["version"] == "2.1.0"
    (result,) = sarif["runs"][0]["results"]
    assert result["level"] == "error"


def test_another_format_than_there_are_is_refused(check):
    refused = check(accept="image/png")
    assert refused.status_code == 406
    assert "application/sarif+json" in refused.json()["available"]
    assert check(format="pdf").status_code == 406


@pytest.mark.parametrize("form", FORMATS)
def test_facts_are_read_in_every_format(http, drill, form):
    quads = read(drill(old="mil:exactly 2", new="mil:exactly -2"))
    claimed = {q for q in quads if str(q.graph_name).endswith("#claim-1>")}
    kept = quads if FORMATS[form].has_graphs else {q.triple for q in claimed}
    # Facts that are in no claim are of the article that their file is named after.
    name = f"2024-05-14-drill.{FORMATS[form].endings[0]}"
    facts = (name, write(kept, FORMATS[form]), FORMATS[form].media_type)
    told = http.post("/check", files={"facts": facts})
    assert told.status_code == 200, told.text
    fields = {finding["field"] for finding in told.json()["findings"]}
    assert {"at least", "at most"} <= fields


def test_a_text_that_cannot_be_read_or_placed_is_a_problem_with_its_place(http, drill):
    text = drill().content + b"}"
    wrong = http.post("/check", content=text, headers=TRIG)
    assert wrong.status_code == 400
    assert wrong.json()["line"] == text.count(b"\n") + 1
    text = drill(old="mil:Exercise", new="mil:Exercize").content
    unknown = http.post("/check", content=text, headers=TRIG)
    assert unknown.status_code == 422
    assert "mil:Exercise" in unknown.json()["hint"]
    assert unknown.json()["line"]
    nothing = http.post("/check", content=b"", headers=TRIG)
    assert nothing.status_code == 400
    assert http.post("/check", content=text).status_code == 415


def test_facts_that_have_no_model_are_a_finding(check):
    told = check("<#drill> a mil:Exercise", "<#drill> a mil:Exercise , mil:Place")
    assert told.status_code == 200, told.text
    assert not told.json()["conforms"]
    assert told.json()["findings"][0]["severity"] == "violation"


def test_people_type_facts_into_a_page_and_see_the_report_below(http, drill):
    page = http.get("/check", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<script" not in page.text
    form = re.search(r"<form.*?</form>", page.text, re.DOTALL)[0]
    assert 'enctype="multipart/form-data"' in form
    assert 'method="post"' in form
    assert re.findall(r'name="(\w+)"', form) == ["facts", "format", "shapes"]
    typed = drill(old=TIMELESS[0], new="").content.decode().replace("\n", "\r\n")
    files = {
        "facts": (None, typed),
        "format": (None, "trig"),
        "shapes": (None, ""),
    }
    answer = http.post("/check", files=files, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "do not conform" in answer.text
    assert "Violation: time" in answer.text
    assert "&lt;#claim-1&gt; {" in answer.text, "what was typed is still there"
    files["facts"] = (None, "<a> <b> .")
    files["format"] = (None, "turtle")
    wrong = http.post("/check", files=files, headers={"Accept": "text/html"})
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    assert "&lt;a&gt; &lt;b&gt; ." in wrong.text
    assert re.search(r'<option value="turtle" selected', wrong.text)


def test_nothing_that_is_typed_becomes_markup(http):
    text = '"</textarea><script>alert(1)</script>'
    files = {"facts": (None, text), "format": (None, '"><script>')}
    page = http.post("/check", files=files, headers={"Accept": "text/html"})
    assert page.status_code in (400, 415)
    assert "<script" not in page.text


def test_a_form_of_a_program_may_name_files(http, drill):
    files = {"facts": ("drill.trig", drill(old=TIMELESS[0], new="").content)}
    told = http.post("/check", files=files)
    assert told.status_code == 200
    assert told.json()["findings"][0]["file"] == "drill.trig"
    assert http.post("/check", files={"other": ("x.trig", b"")}).status_code == 400


def test_a_finding_in_json_says_where_in_the_json_it_is(http, drill):
    quads = read(drill(old=TIMELESS[0], new=""))
    told = http.post(
        "/check",
        content=write(quads, FORMATS["jsonld"]),
        headers={"Content-Type": "application/ld+json"},
    )
    (finding,) = told.json()["findings"]
    assert finding["jsonPath"].startswith("$")


PREFIXES = """
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <http://example.org/shapes#> .
"""
# Something is an activity only by what follows from its being an exercise.
NAMED = f"""{PREFIXES}
:Activity a sh:NodeShape ; sh:targetClass mil:Activity ; sh:property :Activity-code .
:Activity-code sh:path mil:codeName ; sh:minCount 1 ; sh:name "code name" ;
    sh:message "Our activities have a code name." .
:Platform a sh:NodeShape ; sh:targetObjectsOf mil:platformType ; sh:class mil:AircraftType .
"""
HANGING = f"""{PREFIXES}
:Slow a sh:NodeShape ; sh:targetSubjectsOf :text ;
    sh:property [ sh:path :text ; sh:pattern "^(a+)+$" ] .
"""
CALLING = f"""{PREFIXES}
:Calling a sh:NodeShape ; sh:targetSubjectsOf :text ; sh:sparql [
    sh:message "never" ;
    sh:select "SELECT $this WHERE {{ SERVICE <http://192.0.2.1/> {{ $this ?p ?o }} }}" ] .
"""


def forms(facts: bytes, shapes: str, name: str = "facts.trig") -> dict[str, object]:
    return {"facts": (name, facts), "shapes": ("shapes.ttl", shapes)}


def test_shapes_of_ones_own_see_the_facts_and_what_follows_from_them(http, drill):
    told = http.post("/check", files=forms(drill().content, NAMED))
    assert told.status_code == 200, told.text
    report = told.json()
    assert not report["conforms"]
    (finding,) = report["findings"]
    assert finding["message"] == "Our activities have a code name."
    assert finding["focusNode"].endswith("#drill")
    assert finding["line"]
    shacl = http.post(
        "/check", files=forms(drill().content, NAMED), headers={"Accept": "text/turtle"}
    )
    assert "Our activities have a code name." in shacl.text


def test_facts_of_anything_can_be_held_against_shapes_of_ones_own(http):
    facts = b"<http://example.org/x> <http://example.org/shapes#text> 'b' ."
    told = http.post("/check", files=forms(facts, HANGING, "facts.ttl"))
    assert told.status_code == 200, told.text
    assert len(told.json()["findings"]) == 1
    right = facts.replace(b"'b'", b"'aa'")
    told = http.post("/check", files=forms(right, HANGING, "facts.ttl"))
    assert told.json()["conforms"]


@pytest.mark.parametrize(
    ("shapes", "status", "told"),
    [
        (CALLING, 422, "is refused"),
        ("@prefix", 400, ""),
        (PREFIXES + ":x a :y .", 400, "no shape"),
    ],
)
def test_shapes_that_cannot_be_used_are_refused_with_the_reason(
    http, drill, shapes, status, told
):
    refused = http.post("/check", files=forms(drill().content, shapes))
    assert refused.status_code == status, refused.text
    assert told in refused.json()["detail"]
    assert refused.json()["file"] == "shapes.ttl"


SLOW = b"<http://example.org/x> <http://example.org/shapes#text> '%s!' ." % (b"a" * 60)


def test_shapes_that_never_end_are_ended_and_hold_nobody_else(start, built, drill):
    with (
        start(built, TIME_LIMIT=5) as server,
        httpx.Client(base_url=server.address, timeout=60) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        for _ in range(2):
            # The processes are started by the first that need them.
            client.post("/check", content=drill().content, headers=TRIG)
            ended = pool.submit(
                client.post, "/check", files=forms(SLOW, HANGING, "facts.ttl")
            )
            told = client.post("/check", content=drill().content, headers=TRIG)
            assert told.json()["conforms"]
            assert not ended.done()
            assert ended.result().status_code == 422
            assert ended.result().json()["kind"] == "limit-time"
        told = client.post("/check", files=forms(drill().content, NAMED))
        assert told.status_code == 200, told.text


def test_a_check_whose_turn_does_not_come_is_told_so(start, built, drill):
    with (
        start(built, TIME_LIMIT=3) as server,
        httpx.Client(base_url=server.address, timeout=60) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        client.post("/check", files=forms(drill().content, NAMED))
        sent = [
            pool.submit(client.post, "/check", files=forms(SLOW, HANGING, "facts.ttl"))
            for _ in range(4)
        ]
        answers = [one.result() for one in sent]
        # One is ended at its limit; another may get its turn, but never all of them.
        by_status = Counter(answer.status_code for answer in answers)
        assert by_status.keys() == {422, 503}
        assert by_status[503] >= 2
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert refused.headers["Retry-After"]
        assert "turn of this check did not come" in refused.json()["detail"]


def test_people_type_their_shapes_into_the_page_too(http, drill):
    files = {
        "facts": (None, drill().content),
        "format": (None, "trig"),
        "shapes": (None, NAMED),
    }
    page = http.post("/check", files=files, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Our activities have a code name." in page.text
    assert "<details open>" in page.text


def test_checks_are_limited_like_everything_else(start, built):
    with start(built, RATE_LIMIT="0.1") as server:
        first, second = (
            httpx.post(f"{server.address}/check", content=b"", headers=TRIG)
            for _ in range(2)
        )
    assert first.status_code == 400
    assert second.status_code == 429
    assert json.loads(second.text)["status"] == 429
