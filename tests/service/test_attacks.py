"""Attack us: whatever a stranger sends, the server lives, is quick to others, and does not lie.

One small server bears every attack. Of each attack it is claimed that

* the server is alive, and a prober, which asks for a label fifty times a second over one
  connection from another address, is answered rightly, and within 150 ms at the 99th
  percentile; within 800 ms while all readers are attacked at once. The machine may be
  busy with other things: what the prober needs without an attack is added, and four
  times what it is woken late meanwhile; and an attack has three tries;
* the processes take no more memory than one query may use, where it is one query;
* within a second all its work is over: no process of the server uses the processor;
* nothing was called on another port;
* no answer that was cut is one that a client could take for whole.
"""

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

with pytest.MonkeyPatch.context() as patch:
    # Beside this file; two are programs or tables, and no tests.
    patch.syspath_prepend(str(Path(__file__).parent))
    from attacked import (
        FORM,
        QUERY,
        READERS,
        SECONDS,
        UPDATE,
        Target,
        targeted,
        together,
        under_attack,
    )
    from attacking import ITEMS, answers_in
    from attacks import (
        AMBIGUOUS,
        CLOSE,
        DEEP,
        ENDLESS,
        ENDLESS_UPDATES,
        HEAVY,
        JSON,
        LABEL,
        PRODUCT,
        REACHING,
        UPLOADS,
        WRITING,
        WRONG_BYTES,
        get,
        post,
    )


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with targeted(tmp_path_factory.mktemp("attacked")) as started:
        yield started


# Of each kind these are always tried.
CORE = (
    "a product",
    "a product of data",
    "groups of a product of data",
    "all rows of a product",
    "a graph of a product",
    "paths between all",
    "a string that is doubled",
    "a star of 200 patterns",
    "a chain of 200 patterns",
    "a path of 900 steps",
    "a hostile pattern",
    "a large list of cases",
    "rows that are not terms",
    "new nodes",
)


def some(table: dict[str, str]) -> list[Any]:
    """Return the names, of which those that are not in the core take too long."""
    return [
        pytest.param(name, marks=() if name in CORE else pytest.mark.long)
        for name in table
    ]


# Queries


@pytest.mark.parametrize("name", some(ENDLESS))
def test_an_endless_query_ends(target, name):
    def attack() -> httpx.Response | None:
        return target.ask(ENDLESS[name])

    answer = under_attack(target, attack)
    assert answer is None or answer.status_code == 422


@pytest.mark.parametrize("name", some(HEAVY))
def test_a_heavy_query_is_answered_or_ends(target, name):
    answer = under_attack(target, lambda: target.ask(HEAVY[name]))
    assert answer is not None
    assert answer.status_code in (200, 400, 413, 422)
    assert answer.json()


@pytest.mark.parametrize("name", DEEP)
def test_a_deep_query_is_refused(target, name):
    begun = time.monotonic()
    answer = target.ask(DEEP[name])
    assert answer is not None
    assert answer.status_code in (400, 413, 422)
    assert time.monotonic() - begun < 2


def test_deep_queries_at_once_keep_nobody_waiting(target):
    texts = list(DEEP.values())[::3]

    def attack() -> list[httpx.Response | None]:
        return together(4, lambda n: target.ask(texts[n])) + together(
            4, lambda n: target.ask(texts[n + 4])
        )

    found = under_attack(target, attack)
    assert {answer and answer.status_code < 500 for answer in found} == {True}


@pytest.mark.parametrize(
    "accept",
    [
        "text/csv",
        pytest.param("text/tab-separated-values", marks=pytest.mark.long),
        pytest.param("application/sparql-results+xml", marks=pytest.mark.long),
    ],
)
def test_no_format_ends_an_answer_that_is_cut(target, accept):
    query = f"SELECT ?a ?b {{ {PRODUCT} }}"
    answer = under_attack(target, lambda: target.ask(query, accept))
    assert answer is None or answer.status_code == 422


@pytest.mark.parametrize(
    "accept",
    [
        "application/n-triples",
        pytest.param("text/turtle", marks=pytest.mark.long),
        pytest.param("application/ld+json", marks=pytest.mark.long),
        pytest.param("application/rdf+xml", marks=pytest.mark.long),
    ],
)
def test_no_graph_ends_where_it_was_cut(target, accept):
    query = "CONSTRUCT { ?a <http://e/x> ?f } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    answer = under_attack(target, lambda: target.ask(query, accept))
    assert answer is None or answer.status_code == 422


def test_many_endless_queries_at_once_leave_room_for_others(target):
    texts = list(ENDLESS.values())[:20]

    def attack() -> list[httpx.Response | None]:
        return together(20, lambda n: target.ask(texts[n]))

    found = under_attack(target, attack, readers=READERS)
    assert {one.status_code for one in found if one is not None} <= {422, 503}


def test_a_page_is_made_of_a_bounded_answer(target):
    query = (
        f"SELECT ?s (CONCAT(?b, STR(?s)) AS ?x) {{ BIND('{'a' * 50_000}' AS ?b) "
        "?s <http://e/label> ?l } LIMIT 250"
    )
    found = under_attack(
        target,
        lambda: together(3, lambda n: target.ask(query + " " * n, "text/html")),
        readers=READERS,
    )
    assert {answer.status_code for answer in found} <= {422, 503}


# Requests


def csv_of(number: int) -> bytes:
    return b"o\r\nitem %d\r\n" % number


def test_answers_come_in_the_order_of_the_requests(target):
    """Those that are answered at once, by a reader, by the framework, and not at all."""
    cached = get(LABEL.format(1), "Accept: text/csv")
    target.exchange(get(LABEL.format(1), "Accept: text/csv", CLOSE))
    requests = [
        cached,
        get(LABEL.format(2), "Accept: text/csv"),
        post(LABEL.format(3)),
        cached,
        get(LABEL.format(4), "Accept: text/csv", "Upgrade: h2c"),
        post(LABEL.format(5)),
        get("SELEC", "Accept: text/csv"),
        get(LABEL.format(6), "Accept: text/csv"),
        b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
        post(LABEL.format(7), CLOSE),
    ]
    expected = [1, 2, 3, 1, 4, 5, 400, 6, 404, 7]

    def seen(received: list[Any]) -> list[Any]:
        return [
            a.status if a.status >= 400 else int(a.body.split()[2]) for a in received
        ]

    whole = b"".join(requests)
    assert seen(target.answers(whole)) == expected
    for size in (1000, 97, 3):
        pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
        found = target.exchange(pieces[0], *pieces[1:], pause=0.0005)
        assert seen(answers_in(found)) == expected


def test_requests_that_came_together_before_are_answered_each(target):
    """What the headers mean is remembered, and not what stands behind them."""
    together = get(LABEL.format(21), "Accept: text/csv", "X-Try: together")
    together += get(LABEL.format(22), "Accept: text/csv", CLOSE)
    for _ in range(3):
        assert [a.body for a in target.answers(together)] == [csv_of(21), csv_of(22)]


def test_a_request_inside_the_head_of_another_is_none(target):
    known = get(LABEL.format(23), "Accept: text/csv", "X-Try: inside")
    for _ in range(2):
        target.exchange(known, get(LABEL.format(24), CLOSE))
    begun = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: localhost\r\n"
    (answer,) = answers_in(target.exchange(begun, known, pause=0.2))
    assert answer.status == 400


def test_a_long_answer_is_not_harmed_by_a_request_behind_it(target):
    many = get("SELECT ?s ?o { ?s <http://e/label> ?o }", "Accept: text/csv")
    first, second, third = target.answers(
        many + get(LABEL.format(8), "Accept: text/csv") + post(LABEL.format(9), CLOSE)
    )
    assert (first.body.count(b"\n"), first.is_whole) == (ITEMS + 1, True)
    assert [second.body, third.body] == [csv_of(8), csv_of(9)]


OFFER = post(LABEL.format(11), "Upgrade: h2c", "HTTP2-Settings: AAAA", CLOSE)


@pytest.mark.parametrize("name", ["Upgrade", "upgrade", "UPGRADE", "uPgRaDe"])
def test_another_protocol_is_declined_wherever_the_head_is_split(target, name):
    offer = OFFER.replace(b"Upgrade:", name.encode() + b":")
    head = offer.index(b"\r\n\r\n") + 4
    places = range(1, head + 3) if name == "Upgrade" else (0, 130, head - 1)

    def split(place: int) -> bytes:
        return target.exchange(offer[:place], offer[place:], pause=0.001)

    with ThreadPoolExecutor(4) as pool:
        for received in pool.map(split, places):
            (answer,) = answers_in(received)
            assert (answer.status, answer.body) == (200, csv_of(11))


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_is_ambiguous_is_read_in_one_way_or_refused(target, name):
    """No request begins in what is, or could be, the body of another."""

    def attack() -> bytes:
        with target.connect() as connection:
            connection.settimeout(0.4)
            received = b""
            try:
                connection.sendall(AMBIGUOUS[name])
                while more := connection.recv(1 << 16):
                    received += more
            except OSError:
                pass
        return received

    received = attack()
    found = answers_in(received) if received else []
    assert len(found) <= 1
    assert all(answer.status in (200, 400, 415, 501) for answer in found)
    assert all(answer.status != 404 for answer in found)
    assert target.process.poll() is None


def test_a_flood_of_headers_is_bounded(target):
    flood = [f"X-{number}: {'a' * 100}" for number in range(1000)]
    accept = "Accept: " + ", ".join(f"a/b{n};q=0.{n}" for n in range(6000))

    def attack(number: int) -> list[int]:
        requests = [
            get("ASK {}", *flood, CLOSE),
            get(f"ASK {{}} #{number}", accept, CLOSE),
            get("ASK {}", "If-None-Match: " + '"a", ' * 15_000, CLOSE),
            get("ASK {}", "X: " + "a" * 1_000_000, CLOSE),
            get("ASK {} #" + "a" * 1_000_000, CLOSE),
        ]
        received = [target.exchange(request) for request in requests]
        return [int(one[9:12] or 0) for one in received]

    found = under_attack(target, lambda: together(4, attack))
    # Of a head without end the client may not read more than that it was cut off.
    assert all(one[:3] == [200, 406, 200] for one in found)
    assert {status for one in found for status in one[3:]} <= {0, 431}


def test_pipelined_requests_whose_answers_nobody_reads_are_held_back(target):
    query = "SELECT ?s ?o { ?s <http://e/label> ?o } LIMIT 1500"
    target.exchange(get(query, CLOSE))

    def attack(_: int) -> None:
        with target.connect() as connection:
            connection.settimeout(0.5)
            with suppress(OSError):
                connection.sendall(get(query) * 4000)
            time.sleep(0.5)

    under_attack(target, lambda: together(4, attack))


def test_bodies_that_never_end_take_bounded_memory(target):
    head = post("", kind="application/sparql-update").replace(
        b"Length: 0", b"Length: 47000000"
    )

    def attack(_: int) -> None:
        with target.connect() as connection:
            connection.settimeout(1)
            try:
                connection.sendall(head)
                for _ in range(45):
                    connection.sendall(b" " * 1_000_000)
            except OSError:
                pass
            time.sleep(0.5)

    under_attack(target, lambda: together(12, attack))
    assert target.ask("ASK {}") is not None


def test_bodies_that_swell_are_refused(target):
    packed = {
        "Content-Encoding": "gzip",
    }
    spaces = gzip.compress(b" " * 60_000_000)
    form = gzip.compress(b"query=" + b"%20" * 5_000_000)
    members = gzip.compress(b"") * 60_000

    def attack() -> list[int]:
        return [
            *together(3, lambda _: target.post(spaces, UPDATE | packed)),
            *together(3, lambda _: target.post(spaces, QUERY | packed)),
            *together(3, lambda _: target.post(form, FORM | packed)),
            target.post(members, QUERY | packed),
            target.post(form[:-20], FORM | packed),
        ]

    assert set(under_attack(target, attack)) <= {400, 413, 503}


def test_a_long_form_keeps_nobody_waiting(target):
    form = b"query=" + b"%20" * 15_000_000
    fields = b"a=b&" * 700_000
    found = under_attack(
        target, lambda: [target.post(form, FORM), target.post(fields, FORM)]
    )
    assert found == [413, 400]


def test_clients_that_leave_stop_their_work(target):
    texts = list(ENDLESS.values())

    def attack() -> None:
        for number in range(60):
            with target.connect() as connection:
                text = texts[number % 4] + f" #{number}"
                connection.sendall(post(text) if number % 2 else get(text))

    under_attack(target, attack, readers=READERS)


def test_a_client_that_leaves_with_a_request_behind_stops_its_work(target):
    def attack() -> None:
        for number in range(4):
            with target.connect() as connection:
                connection.sendall(
                    get(f"{ENDLESS['a product']} #{number}") + get("ASK {}")
                )
                time.sleep(0.1)
        time.sleep(0.5)

    under_attack(target, attack, readers=4)


def test_a_slow_reader_of_a_huge_result_costs_little(target):
    def attack(number: int) -> bytes:
        received = b""
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(1)
            connection.connect(("127.0.0.1", target.port))
            query = f"SELECT ?a ?b {{ ?a ?x ?y . ?b ?z ?w }} #{number}"
            connection.sendall((post if number % 2 else get)(query))
            end = time.monotonic() + SECONDS + 0.3
            while time.monotonic() < end:
                with suppress(TimeoutError):
                    received += connection.recv(1)
                time.sleep(0.05)
            try:
                while more := connection.recv(1 << 16):
                    received += more
            except OSError:
                pass
        return received

    for received in under_attack(target, lambda: together(4, attack), readers=4):
        (answer,) = answers_in(received)
        assert answer.status == 422 or not answer.is_whole


def test_the_least_time_ends_no_more_than_the_query(target):
    """Each such query may cost a process; others wait no longer for it."""

    def attack(number: int) -> int:
        answers = (
            target.ask(f"{ENDLESS['a product']} #{number}{n}", timeout="0.000001")
            for n in range(10)
        )
        return sum(
            answer is not None and answer.status_code == 422 for answer in answers
        )

    assert sum(under_attack(target, lambda: together(3, attack), readers=3)) >= 25


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "-inf", "1e999", "x", "1_0\0"])
def test_no_timeout_lengthens_the_time(target, timeout):
    begun = time.monotonic()
    answer = target.ask(ENDLESS["a product"], timeout=timeout)
    assert answer is None or answer.status_code in (400, 422)
    assert time.monotonic() - begun < SECONDS + 1


@pytest.mark.parametrize("name", WRONG_BYTES)
def test_wrong_bytes_are_not_mended(target, name):
    (answer,) = target.answers(
        WRONG_BYTES[name] + b"Host: a\r\nConnection: close\r\n\r\n"
    )
    assert answer.status == 400


def test_a_null_byte_is_a_character_like_others(target):
    answer = target.ask("SELECT ('a\0b' AS ?x) {}", "application/json")
    assert answer.json()["results"]["bindings"][0]["x"]["value"] == "a\0b"
    in_xml = target.ask("SELECT ('a\0b' AS ?x) {}", "application/sparql-results+xml")
    assert in_xml.status_code >= 400


# The cache

VARIANTS = [
    {},
    {"Accept": "application/sparql-results+xml"},
    {"Accept": "text/csv"},
    {"Accept": "text/tab-separated-values"},
    {"Accept": "text/html"},
    {"Accept-Encoding": "gzip"},
    {"Accept": "text/csv", "Accept-Encoding": "gzip"},
    {"default-graph-uri": "http://e/g"},
    {"named-graph-uri": "http://e/g"},
    {"default-graph-uri": "http://e/g", "named-graph-uri": "http://e/g"},
    {"format": "csv"},
]


def test_no_answer_is_given_for_another_question(target):
    """The same text in every representation and of every dataset, in every order."""
    target.update(
        "INSERT DATA { GRAPH <http://e/g> { <http://e/s1> <http://e/label> 'g' } }"
    )
    text = "SELECT * { { <http://e/s1> <http://e/label> ?o } UNION { GRAPH ?o { ?s ?p 'g' } } }"

    def answered(variant: dict[str, str], more: str) -> tuple[str | None, str, bytes]:
        headers = {k: v for k, v in variant.items() if k[0].isupper()}
        headers.setdefault("Accept-Encoding", "identity")
        parameters = {k: v for k, v in variant.items() if k[0].islower()}
        with httpx.stream(
            "GET",
            f"{target.address}/sparql",
            params={"query": text + more, **parameters},
            headers=headers,
        ) as answer:
            body = answer.read()
            if more and "html" in answer.headers["content-type"]:
                body = body.replace(more.encode(), b"")
            return (
                answer.headers.get("content-encoding"),
                answer.headers["content-type"],
                body,
            )

    fresh = [answered(variant, f" #{n}") for n, variant in enumerate(VARIANTS)]
    for order in (VARIANTS, VARIANTS[::-1], VARIANTS):
        for variant in order:
            if "html" not in variant.get("Accept", ""):
                assert answered(variant, "") == fresh[VARIANTS.index(variant)]
            else:
                assert answered(variant, "")[:2] == fresh[VARIANTS.index(variant)][:2]
    # A format is the same by whatever name.
    assert len(set(fresh)) >= len(VARIANTS) - 3


def test_a_text_with_nulls_is_no_other_question(target):
    asked = {"query": "ASK {} #", "format": "json", "default-graph-uri": "http://e/g"}
    httpx.get(f"{target.address}/sparql", params=asked)
    for tail in ("csv", "xml"):
        text = "ASK {} #\0json\0False\0None\0\0<http://e/g>\0"
        answer = target.ask(text, f"application/sparql-results+{tail}, text/csv;q=0.1")
        assert answer is not None
        assert "json" not in answer.headers["content-type"]


def test_a_tag_holds_for_one_representation_of_one_state(target):
    url = f"{target.address}/sparql"
    asked = {"query": "SELECT ?o { <http://e/tagged> ?p ?o }"}
    tags = {}
    for accept in ("text/csv", "application/json", "text/tab-separated-values"):
        answer = httpx.get(url, params=asked, headers={"Accept": accept})
        tags[accept] = answer.headers["etag"]
        known = {"Accept": accept, "If-None-Match": f'"x", W/{tags[accept]}'}
        again = httpx.get(url, params=asked, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tags[accept]
    assert len(set(tags.values())) == 3
    for accept in tags:
        others = ", ".join(tag for kind, tag in tags.items() if kind != accept)
        given = {"Accept": accept, "If-None-Match": others}
        assert httpx.get(url, params=asked, headers=given).status_code == 200
    target.update("INSERT DATA { <http://e/tagged> <http://e/p> 1 }")
    for accept, tag in tags.items():
        given = {"Accept": accept, "If-None-Match": tag}
        answer = httpx.get(url, params=asked, headers=given)
        assert (answer.status_code, "1" in answer.text) == (200, True)


def test_no_tag_makes_an_answer_of_what_has_none(target):
    for query in ("SELEC", ENDLESS["a product"]):
        for method in ("GET", "HEAD"):
            answer = httpx.request(
                method,
                f"{target.address}/sparql",
                params={"query": query},
                headers={"If-None-Match": "*"},
                timeout=10,
            )
            assert answer.status_code in (400, 422)


def test_head_is_get_without_the_body(target):
    asked = get(LABEL.format(12), "Accept: text/csv")
    head = asked.replace(b"GET", b"HEAD", 1)
    first, second, third, fourth = target.answers(
        head + asked + head + post(LABEL.format(13), CLOSE), heads=(0, 2)
    )
    for one in (first, third):
        assert one.headers["content-length"] == second.headers["content-length"]
        assert one.headers["etag"] == second.headers["etag"]
    assert [second.body, fourth.body] == [csv_of(12), csv_of(13)]


def test_an_answer_that_was_cut_is_not_kept(target):
    query = "SELECT ?a ?b { ?a <http://e/type> <http://e/T1> . ?b <http://e/p1> ?c } LIMIT 200000"
    url = f"{target.address}/sparql"
    counts = set()
    for timeout in ("0.02", "0.05", "", "0.05", ""):
        with target.connect() as connection:
            connection.sendall(get(query, "Accept: text/csv"))
            connection.recv(1000)
        try:
            answer = httpx.get(
                url,
                params={"query": query, "format": "csv", "timeout": timeout},
                timeout=10,
            )
        except (httpx.RemoteProtocolError, httpx.ReadError):
            continue
        if answer.status_code == 200:
            counts.add(answer.text.count("\n"))
    assert counts <= {200_001}


def test_what_went_wrong_once_is_tried_again(target):
    text = ENDLESS["a product"].replace("*", "?a") + " LIMIT 1"
    for _ in range(2):
        answer = target.ask(text, timeout="0.1")
        assert answer is None or answer.status_code == 422
    target.update("INSERT DATA { <http://e/x> <http://e/y> 1 }")
    query = "ASK { <http://e/x> <http://e/y> 1 }"
    assert target.ask(query).json()["boolean"]


def test_what_was_written_is_seen_while_readers_are_ended(target):
    """Readers are born all the time; none answers from before the last commit."""
    is_over = threading.Event()

    def disturb(_: int) -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            target.ask(f"{ENDLESS['a product']} #{number}", timeout="0.02")

    def write() -> list[str]:
        found = []
        with httpx.Client(base_url=target.address, timeout=20) as client:
            for number in range(12):
                text = (
                    "DELETE WHERE { <http://e/w> <http://e/n> ?o } ; "
                    f"INSERT DATA {{ <http://e/w> <http://e/n> {number} }}"
                )
                assert client.post("/sparql", content=text, headers=UPDATE).is_success
                asked = {"query": "SELECT ?o { <http://e/w> <http://e/n> ?o }"}
                for accept in ("text/csv", "text/csv"):
                    answer = client.get(
                        "/sparql", params=asked, headers={"Accept": accept}
                    )
                    found.append(answer.text.split()[1:] == [str(number)])
        return found

    with ThreadPoolExecutor(3) as pool:
        disturbing = [pool.submit(disturb, n) for n in range(2)]
        try:
            assert set(write()) == {True}
        finally:
            is_over.set()
        for one in disturbing:
            one.result()


# Other machines, files


@pytest.mark.parametrize("name", REACHING)
def test_no_query_reaches_another_machine_or_a_file(target, name):
    for origin in (target.canary.address, "file:///etc"):
        text = REACHING[name].replace("/s", "/passwd").format(origin)
        answer = target.ask(text)
        assert answer is not None
        assert answer.status_code in (200, 400, 403)
        assert "root:" not in answer.text
        for parameter in ("default-graph-uri", "named-graph-uri"):
            answer = target.ask("SELECT * { ?a ?b ?c }", **{parameter: f"{origin}/s"})
            assert answer is not None
            assert answer.json()["results"]["bindings"] == []
    time.sleep(0.05)
    assert not target.canary.calls


@pytest.mark.parametrize("name", WRITING)
def test_no_update_reaches_another_machine_or_a_file(target, name):
    for origin in (target.canary.address, "file:///etc"):
        assert 400 <= target.update(WRITING[name].format(origin)) < 500
        target.update(WRITING[name].replace("LOAD", "LOAD SILENT").format(origin))
    time.sleep(0.05)
    assert not target.canary.calls
    assert not target.ask("ASK { GRAPH <http://e/loaded> { ?s ?p ?o } }").json()[
        "boolean"
    ]


# Updates


@pytest.mark.parametrize("name", some(ENDLESS_UPDATES))
def test_an_update_that_never_ends_changes_nothing(target, name):
    before = target.triples
    # A change may use four times what a query may.
    status = under_attack(
        target, lambda: target.update(ENDLESS_UPDATES[name]), readers=4
    )
    assert status in (400, 413, 422)
    assert target.triples == before


# Uploads


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_would_exhaust_is_refused(target, name):
    body, headers = UPLOADS[name]
    before = target.triples
    status = under_attack(target, lambda: target.put(body, **headers), readers=4)
    assert status in (400, 413, 415, 422)
    assert target.triples == before


def test_no_upload_reaches_another_machine_or_a_file(target):
    for address in (f"{target.canary.address}/c", "file:///etc/passwd"):
        documents = [
            {"@context": address, "e:p": 1},
            {"@context": [{"@import": address}], "e:p": 1},
            {"@context": {"e": {"@id": "e:e", "@context": address}}, "e": {"e:p": 1}},
        ]
        for document in documents:
            assert target.put(json.dumps(document).encode(), Content_Type=JSON) >= 400
    time.sleep(0.05)
    assert not target.canary.calls


def test_reading_graphs_whole_at_once_takes_bounded_memory(target):
    def attack(_: int) -> int:
        url = f"{target.address}/store?default"
        try:
            answer = httpx.get(url, timeout=20, headers={"Accept": "text/turtle"})
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return 0
        assert answer.status_code != 200 or answer.text.count(" ") > 10 * ITEMS
        return answer.status_code

    found = under_attack(target, lambda: together(6, attack), readers=READERS)
    assert set(found) <= {0, 200, 422, 503}


# Connections


def test_connections_without_end_leave_room_for_others(target):
    """Half a request, and nothing at all, on some hundreds of connections."""
    with ExitStack() as stack:

        def attack() -> None:
            for number in range(400):
                connection = stack.enter_context(target.connect())
                connection.sendall(get("ASK {}")[: number % 40])

        under_attack(target, attack)


def test_the_suite_has_not_lost_its_cases():
    tables = (ENDLESS, HEAVY, DEEP, AMBIGUOUS, WRONG_BYTES, REACHING, WRITING)
    assert sum(map(len, (*tables, ENDLESS_UPDATES, UPLOADS))) >= 120
