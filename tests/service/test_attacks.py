"""Attack us: whatever a stranger sends, the server lives, is quick to others, and does not lie.

One small server bears every attack. Of each attack it is claimed that

* the server is alive, and a prober, which asks for a label fifty times a second over one
  connection, is answered rightly, nearly always within 150 ms. The machine may be busy
  with other things: what the prober needs without an attack is added, and an attack has
  three tries;
* the processes take no more memory than one query may use, where it is one query;
* within a second all its work is over: no process of the server uses the processor;
* nothing was called on another port;
* no answer that was cut is one that a client could take for whole.
"""

import gzip
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(str(Path(__file__).parent))
    attacking: Any = import_module("attacking")

T = TypeVar("T")
ITEMS = attacking.ITEMS
MEBIBYTE = 1 << 20
SECONDS = 1.0
MEMORY = 256 * MEBIBYTE
OUTPUT = 16
READERS = 6
# What the server itself may hold beyond what it holds when idle: half of what one query
# may use for bodies that arrive, and as much again for what is on its way out; and the
# spare readers that are forked meanwhile, of about 15 MiB each.
SERVER = MEMORY // 2 + MEMORY // 4
SPARE = 15 * MEBIBYTE
QUICK = 0.15
QUERY = {"Content-Type": "application/sparql-query"}
UPDATE = {"Content-Type": "application/sparql-update"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TURTLE = {"Content-Type": "text/turtle"}


class Target:
    """The server that is attacked, and who watches it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.canary = attacking.Canary()
        self.canary.start()
        self.idle = 0
        self.usual = 0.0
        self._probes: list[tuple[float, float, str]] = []

    def listen(self, prober: subprocess.Popen[str]) -> None:
        """Take notice of what the prober tells."""
        assert prober.stdout
        for line in prober.stdout:
            begun, took, wrong = line.rstrip("\n").split(" ", 2)
            self._probes.append((float(begun), float(took), wrong))

    def probes(self, since: float, until: float) -> list[tuple[float, str]]:
        """Return how long each probe took that was under way in that time, and its fault."""
        return [
            (took, wrong)
            for begun, took, wrong in tuple(self._probes)
            if begun + took > since and begun < until
        ]

    def rest(self) -> None:
        """Notice what others need while there is no attack, on a machine this busy."""
        begun = time.monotonic()
        time.sleep(1.2)
        probes = self.probes(begun, time.monotonic())
        self.usual = max(self.usual, slowest(probes))

    def ask(
        self, query: str, accept: str = "application/json", **parameters: str
    ) -> httpx.Response | None:
        """Return the answer to the query, which is posted; nothing if it was cut."""
        try:
            return httpx.post(
                f"{self.address}/sparql",
                params=parameters,
                content=query.encode(),
                headers={**QUERY, "Accept": accept},
                timeout=20,
            )
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return None

    def post(self, content: bytes | str, headers: dict[str, str]) -> int:
        """Return the status of a request to the endpoint."""
        url = f"{self.address}/sparql"
        return httpx.post(url, content=content, headers=headers, timeout=20).status_code

    def update(self, text: str) -> int:
        """Return the status of an update."""
        return self.post(text, UPDATE)

    def put(self, body: bytes, **headers: str) -> int:
        """Return the status of an upload to a graph of its own."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.address}/store?graph=http://e/uploaded"
        return httpx.put(url, content=body, headers=given, timeout=20).status_code

    def connect(self) -> socket.socket:
        """Return a bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def exchange(self, sent: bytes, *pieces: bytes, pause: float = 0.01) -> bytes:
        """Send the bytes, in pieces, and return all that comes until the end."""
        received = b""
        with self.connect() as connection:
            try:
                connection.sendall(sent)
                for piece in pieces:
                    time.sleep(pause)
                    connection.sendall(piece)
                while more := connection.recv(1 << 16):
                    received += more
            except OSError:
                pass
        return received

    def answers(self, sent: bytes, *pieces: bytes, **options: Any) -> list[Any]:
        """Return the answers to what is sent."""
        return attacking.answers_in(self.exchange(sent, *pieces), **options)

    @property
    def triples(self) -> int:
        """How many triples there are in the default graph."""
        answer = self.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "text/csv")
        assert answer
        return int(answer.text.split()[1])


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "data.nt").write_text(attacking.data(), encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MILGRAPH_")}
    limits = {
        "TIME_LIMIT": SECONDS,
        "MEMORY_LIMIT": MEMORY // MEBIBYTE,
        "OUTPUT_LIMIT": OUTPUT,
        "READERS": READERS,
    }
    environ |= {f"MILGRAPH_{name}": str(value) for name, value in limits.items()}
    command = ["-m", "milgraph", "serve", "--plain", "--port", "0"]
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w"))
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, *command, str(folder / "data.nt")],
                env={**environ, "MILGRAPH_DATA": str(folder / "dataset")},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        )
        stack.callback(process.terminate)
        assert process.stdout
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found, (folder / "log").read_text()
        target = Target(process, int(found[1]))
        prober = stack.enter_context(
            subprocess.Popen(
                [sys.executable, attacking.__file__, str(target.port)],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(prober.terminate)
        threading.Thread(target=target.listen, args=[prober], daemon=True).start()
        time.sleep(0.5)
        target.idle = sum(attacking.memory(process.pid).values())
        target.rest()
        yield target


def slowest(probes: list[tuple[float, str]]) -> float:
    """Return the 99th percentile of how long probes took."""
    took = sorted(seconds for seconds, _ in probes)
    return took[max(0, -(-len(took) * 99 // 100) - 1)] if took else 99.0


def under_attack(target: Target, attack: Callable[[], T], *, readers: int = 1) -> T:
    """Return what the attack gave, when all that is claimed of every attack holds."""
    told = ""
    for _ in range(3):
        watch = attacking.Watch(target.process.pid)
        watch.start()
        begun = time.monotonic()
        found = attack()
        ended = time.monotonic()
        while attacking.is_burning(target.process.pid):
            assert time.monotonic() < ended + 1.6, "the work goes on"
        watch.stop()
        until = max(time.monotonic(), begun + 1)
        time.sleep(max(0.1, until - time.monotonic()))
        assert target.process.poll() is None
        assert not target.canary.calls
        most = target.idle + SERVER + readers * (MEMORY + SPARE)
        assert watch.most < most, f"{watch.most >> 20} MiB"
        probes = target.probes(begun, until)
        assert [wrong for _, wrong in probes if wrong] == []
        if slowest(probes) < QUICK + target.usual:
            return found
        told += f" {slowest(probes):.3f} s of {len(probes)}"
        target.rest()
    pytest.fail(f"others waited for{told}; without the attack {target.usual:.3f} s")


def together(number: int, attack: Callable[[int], T]) -> list[T]:
    """Return what so many attacks at once gave."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(attack, range(number)))


def get(query: str, *headers: str, **parameters: str) -> bytes:
    """Return a request by GET as its bytes."""
    told = urlencode({"query": query, **parameters}, quote_via=quote)
    lines = [f"GET /sparql?{told} HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


CLOSE = "Connection: close"

# Queries

PREFIX = "PREFIX : <http://e/> "
PRODUCT = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o"
HUNDRED = "{" + " ".join(str(n) for n in range(100)) + "}"
VALUES = " ".join(f"VALUES ?v{i} {HUNDRED}" for i in range(8))


def doubled(step: str, times: int = 40) -> str:
    """Return a query that applies the step to its own result again and again."""
    steps = "".join(
        f"BIND({step.format(f'?v{i}')} AS ?v{i + 1}) " for i in range(times)
    )
    return f"SELECT (STRLEN(?v{times}) AS ?n) {{ BIND('aaaaaaaa' AS ?v0) {steps}}}"


# None of these has an answer that can be given: what comes is an error, or is cut.
ENDLESS = {
    "a product": f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}",
    "a product without repetition": f"SELECT DISTINCT * {{ {PRODUCT} }}",
    "a product of data": f"SELECT (COUNT(*) AS ?n) {{ {VALUES} }}",
    "groups of a product": f"SELECT ?a (COUNT(*) AS ?n) {{ {PRODUCT} }} GROUP BY ?a",
    "groups of a product of data": (
        f"SELECT ?v0 (SUM(?v1) AS ?n) {{ {VALUES} }} GROUP BY ?v0 ?v1 ?v2 ?v3 ?v4"
    ),
    "a product in order": f"SELECT * {{ {PRODUCT} }} ORDER BY ?c ?f DESC(?i) LIMIT 1",
    "a product of data in order": f"SELECT * {{ {VALUES} }} ORDER BY ?v7 ?v3",
    "a product behind an offset": f"SELECT * {{ {PRODUCT} }} OFFSET 1000000000000",
    "one string of a product": (
        f"SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?f))) AS ?x) {{ {PRODUCT} }}"
    ),
    "distinct counts of a product": (
        f"SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?d))) AS ?n) {{ {PRODUCT} }}"
    ),
    "all rows of a product": f"SELECT * {{ {PRODUCT} }}",
    "a graph of a product": f"CONSTRUCT {{ ?a ?e ?i }} {{ {PRODUCT} }}",
    "descriptions of a product": f"DESCRIBE ?a ?f {{ {PRODUCT} }}",
    "a question to a product": f"ASK {{ {PRODUCT} FILTER(STR(?a) = 'x') }}",
    "a difference of products": (
        f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} MINUS {{ ?a ?x ?y . ?z ?w ?v }} }}"
    ),
    "a union of products": (
        f"SELECT (COUNT(*) AS ?n) {{ {{ {PRODUCT} }} UNION {{ {PRODUCT} }} }}"
    ),
    "a product that may not exist": (
        "SELECT (COUNT(*) AS ?n) { ?x ?y ?z FILTER NOT EXISTS { "
        f"{PRODUCT} FILTER(STR(?a) = STR(?o) && ?z = 1) }} }}"
    ),
    "optional products": (
        "SELECT (COUNT(*) AS ?n) { ?x ?y ?z OPTIONAL { ?a ?b ?c } "
        "OPTIONAL { ?d ?e ?f } OPTIONAL { ?g ?h ?i } }"
    ),
    "a product of queries": (
        "SELECT (COUNT(*) AS ?n) { { SELECT ?a { ?a ?b ?c } } "
        "{ SELECT ?d { ?d ?e ?f } } { SELECT ?g { ?g ?h ?i } } }"
    ),
    "an expression over a product": (
        f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} "
        "FILTER(REGEX(STR(?c), '^(([a-z])+.)+[A-Z]([a-z])+$')) }"
    ),
    "paths between all": (
        f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ ?a (:p0|:p1|:p2|:p3|^:p4)* ?b }}"
    ),
    "paths of paths": f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ ?a ((:next+)+)+ ?b }}",
    "paths by anything": f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ ?a (!:x|!^:y)* ?b }}",
    "a product of paths": (
        f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ ?a :p0+ ?b . ?b :p1+ ?c . ?d :p2+ ?e }}"
    ),
    "a string that is doubled": doubled("CONCAT({0}, {0})"),
    "a string that is replaced": doubled("REPLACE({0}, 'a', 'aaaaaaaa')"),
    "a string that is encoded": doubled("ENCODE_FOR_URI(CONCAT('%%', {0}, {0}))"),
}

# Whether these can be answered in time is the engine's affair.
HEAVY = {
    "a star of 200 patterns": (
        f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ ?s "
        + " ; ".join(f":p{i % 8} ?o{i}" for i in range(200))
        + " }"
    ),
    "a chain of 200 patterns": (
        f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ "
        + " . ".join(f"?s{i} :p{i % 8} ?s{i + 1}" for i in range(200))
        + " }"
    ),
    "a path of 900 steps": f"{PREFIX}ASK {{ ?s {'/'.join([':next'] * 900)} ?o }}",
    "alternatives": f"{PREFIX}ASK {{ ?s ({'|'.join([':no'] * 900)})* :nothing }}",
    "nested paths": f"{PREFIX}ASK {{ :s0 {'(' * 150}:next{')*' * 150} :nothing }}",
    "nested options": "SELECT * { ?s ?p ?o "
    + "OPTIONAL { ?s ?p ?o " * 150
    + "} " * 151,
    "nested queries": "SELECT * { " * 150 + "?s ?p 1" + " }" * 150,
    "a hostile pattern": (
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(REGEX(CONCAT(STR(?s), "
        f"'{'a' * 5000}!'), '^(a+)+$')) }}"
    ),
    "a large pattern": f"ASK {{ FILTER(REGEX('a', '{'(a{1,1000}){1,1000}' * 3}')) }}",
    "a large class": f"ASK {{ FILTER(REGEX('a', '{'[^a]{1000}' * 100}')) }}",
    "a large number": "SELECT (1e308 * 1e308 AS ?a) (9" + "9" * 50_000 + " AS ?b) {}",
    "a large literal": f"SELECT ('{'x' * 900_000}' AS ?a) {{}}",
    "a large list of cases": (
        f"SELECT (COUNT(*) AS ?n) {{ VALUES ?x {{ {'1 ' * 480_000} }} }}"
    ),
    "rows that are not terms": f"SELECT * {{ VALUES ?x {{ {'[]' * 490_000} }} }}",
    "comments": "#\n" * 499_000 + "ASK {}",
}


def nested(opening: str, closing: str, number: int = 100_000) -> str:
    """Return a group with so many brackets."""
    return f"ASK {{ {opening * number} {closing * number} }}"


# All of these are too deep or too long for the engine, and never reach it.
DEEP = {
    "groups": nested("{", "}"),
    "open groups": "ASK {" + "{" * 500_000,
    "parentheses": nested("FILTER(" + "(" * 9, ")" * 10),
    "blank nodes": nested("[ :p ", "]"),
    "lists": nested("(", ")"),
    "options": nested("OPTIONAL {", "}", 50_000),
    "triple terms": nested("<<( ", " )>>"),
    "reifiers": nested("<< ", " >>"),
    "paths": nested("(", ")/:p"),
    "negations": "ASK { FILTER(" + "!" * 500_000 + "1) }",
    "signs": "ASK { FILTER(" + "- " * 400_000 + "1) }",
    "sums": "ASK { FILTER(" + "1+" * 400_000 + "1) }",
    "differences": "ASK { FILTER(" + "1-" * 400_000 + "1) }",
    "disjunctions": "ASK { FILTER(" + "1||" * 300_000 + "1) }",
    "comparisons": "ASK { FILTER(1" + "=1" * 400_000 + ") }",
    "members": "ASK { FILTER(1 IN (" + "1," * 400_000 + "1)) }",
    "unions": "ASK {" + "{}UNION" * 100_000 + "{} }",
    "sequences": "ASK { ?s " + "a/" * 400_000 + "a ?o }",
    "inverse paths": "ASK { ?s " + "^" * 500_000 + "a ?o }",
    "repeated paths": "ASK { ?s a" + "*" * 500_000 + " ?o }",
    "resources": "DESCRIBE" + " <http://e/a>" * 70_000,
    "orders": "SELECT * {} ORDER BY" + " ?x" * 300_000,
    "conditions": "SELECT * {} HAVING" + "(1)" * 300_000,
    "prefixes": "PREFIX a: <http://e/> " * 40_000 + "ASK {}",
    "too many characters": "ASK { #" + "x" * 1_000_000 + "\n}",
    "calls": "SELECT (" + "ABS(" * 100_000 + "1" + ")" * 100_000 + " AS ?x) {}",
    "conditionals": "SELECT (" + "IF(1,1," * 60_000 + "1" + ")" * 60_000 + " AS ?x) {}",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_query_ends(target, name):
    def attack() -> httpx.Response | None:
        return target.ask(ENDLESS[name])

    answer = under_attack(target, attack)
    assert answer is None or answer.status_code == 422


@pytest.mark.parametrize("name", HEAVY)
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
    ["text/csv", "text/tab-separated-values", "application/sparql-results+xml"],
)
def test_no_format_ends_an_answer_that_is_cut(target, accept):
    query = f"SELECT ?a ?b {{ {PRODUCT} }}"
    answer = under_attack(target, lambda: target.ask(query, accept))
    assert answer is None or answer.status_code == 422


@pytest.mark.parametrize(
    "accept",
    [
        "text/turtle",
        "application/n-triples",
        "application/ld+json",
        "application/rdf+xml",
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
        lambda: together(6, lambda n: target.ask(query + " " * n, "text/html")),
        readers=READERS,
    )
    assert {answer.status_code for answer in found} == {422}


# Requests

LABEL = "SELECT ?o {{ <http://e/s{}> <http://e/label> ?o }}"
SLOW = (
    "SELECT (COUNT(*) AS ?n) { ?a <http://e/type> <http://e/T0> . "
    "?b <http://e/type> <http://e/T0> FILTER(?a != ?b && ?n%d = 1) }"
)


def post(query: str, *headers: str, kind: str = "application/sparql-query") -> bytes:
    """Return a request by POST as its bytes."""
    body = query.encode()
    told = [
        "POST /sparql HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Accept: text/csv",
        *headers,
    ]
    return ("\r\n".join(told) + "\r\n\r\n").encode() + body


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
        assert seen(attacking.answers_in(found)) == expected


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
            (answer,) = attacking.answers_in(received)
            assert (answer.status, answer.body) == (200, csv_of(11))


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
AMBIGUOUS = {
    "a length and chunks": post("0\r\n\r\n" + SMUGGLED, "Transfer-Encoding: chunked"),
    "chunks behind a space": post(
        "0\r\n\r\n" + SMUGGLED, "Transfer-Encoding : chunked"
    ),
    "chunks by another name": post(SMUGGLED, "Transfer-Encoding: xchunked"),
    "chunks twice": post(
        "0\r\n\r\n" + SMUGGLED,
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked",
    ),
    "two lengths": post("ASK {}" + SMUGGLED, "Content-Length: 6"),
    "a list of lengths": post("ASK {}").replace(b"Length: 6", b"Length: 6, 6"),
    "a signed length": post("ASK {}").replace(b"Length: 6", b"Length: +6"),
    "a length in hexadecimal": post("ASK {}").replace(b"Length: 6", b"Length: 0x6"),
    "a long length": post("ASK {}").replace(b"Length: 6", b"Length: " + b"9" * 30),
    "a folded header": post("ASK {}", "X: a\r\n b: c"),
    "a bare line feed": post("ASK {}").replace(b"\r\n", b"\n"),
    "a bare carriage return": post("ASK {}", "X: a\rContent-Length: 1"),
    "a null in a header": post("ASK {}", "X: a\0b"),
    "a null in a name": post("ASK {}", "X\0: a"),
    "a chunk that is too long": post("", "Transfer-Encoding: chunked").replace(
        b"Content-Length: 0\r\n", b""
    )
    + b"fffffffffffffffff\r\nASK {}",
    "a negative chunk": post("", "Transfer-Encoding: chunked").replace(
        b"Content-Length: 0\r\n", b""
    )
    + b"-6\r\nASK {}\r\n0\r\n\r\n",
    "a body of a query by GET": get("ASK {}", f"Content-Length: {len(SMUGGLED)}")
    + SMUGGLED.encode(),
    "another protocol": get("ASK {}", "Upgrade: websocket", "Connection: Upgrade"),
    "no protocol": b"GET /sparql?query=ASK%7B%7D\r\n\r\n",
    "noise": bytes(range(256)) * 20,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


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
    found = attacking.answers_in(received) if received else []
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
            try:
                connection.sendall(get(query) * 4000)
            except OSError:
                pass
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
                received += connection.recv(1)
                time.sleep(0.05)
            try:
                while more := connection.recv(1 << 16):
                    received += more
            except OSError:
                pass
        return received

    for received in under_attack(target, lambda: together(4, attack), readers=4):
        (answer,) = attacking.answers_in(received)
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


WRONG_BYTES = {
    "invalid UTF-8 in an address": b"GET /sparql?query=ASK%20%7B%7D%23%ff HTTP/1.1\r\n",
    "overlong UTF-8": b"GET /sparql?query=ASK%20%7B%7D%23%c0%af HTTP/1.1\r\n",
    "a surrogate": b"GET /sparql?query=ASK%20%7B%7D%23%ed%a0%80 HTTP/1.1\r\n",
    "a broken escape": b"GET /sparql?query=ASK%20%7B%7D%2 HTTP/1.1\r\n",
    "raw bytes": b"GET /sparql?query=ASK{}#\xff HTTP/1.1\r\n",
    "two queries": b"GET /sparql?query=ASK%7B%7D&query=ASK%7B%7D HTTP/1.1\r\n",
    "an update": b"GET /sparql?update=DROP%20ALL HTTP/1.1\r\n",
}


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
    assert len(set(fresh)) == len(VARIANTS) - 1


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
            for number in range(25):
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

REACHING = {
    "SERVICE": "SELECT * {{ SERVICE <{}/s> {{ ?a ?b ?c }} }}",
    "SERVICE SILENT": "SELECT * {{ SERVICE SILENT <{}/s> {{ ?a ?b ?c }} }}",
    "SERVICE by variable": (
        "SELECT * {{ BIND(<{}/s> AS ?s) SERVICE ?s {{ ?a ?b ?c }} }}"
    ),
    "SERVICE by prefix": "PREFIX x: <{}/> SELECT * {{ SERVICE x:s {{ ?a ?b ?c }} }}",
    "SERVICE by base": "BASE <{}/> SELECT * {{ SERVICE<s>{{ ?a ?b ?c }} }}",
    "SERVICE by escapes": "SELECT * {{ \\u0053ERVICE <{}/s> {{ ?a ?b ?c }} }}",
    "SERVICE in a subquery": (
        "SELECT * {{ {{ SELECT * {{ SERVICE <{}/s> {{ ?a ?b ?c }} }} }} }}"
    ),
    "SERVICE in an expression": (
        "ASK {{ FILTER(EXISTS {{ SERVICE <{}/s> {{ ?a ?b ?c }} }}) }}"
    ),
    "FROM": "SELECT * FROM <{}/s> {{ ?a ?b ?c }}",
    "FROM NAMED": "SELECT * FROM NAMED <{}/s> {{ GRAPH ?g {{ ?a ?b ?c }} }}",
    "GRAPH": "SELECT * {{ GRAPH <{}/s> {{ ?a ?b ?c }} }}",
    "DESCRIBE": "DESCRIBE <{}/s>",
}


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


WRITING = {
    "LOAD": "LOAD <{}/s>",
    "LOAD into a graph": "LOAD <{}/s> INTO GRAPH <http://e/loaded>",
    "LOAD by base": "BASE <{}/> LOAD<s>",
    "LOAD by prefix": "PREFIX x: <{}/> LOAD x:s",
    "LOAD after another": "INSERT DATA {{ }} ; LOAD <{}/s>",
    "SERVICE": "INSERT {{ ?a ?b ?c }} WHERE {{ SERVICE <{}/s> {{ ?a ?b ?c }} }}",
    "SERVICE in a deletion": "DELETE WHERE {{ SERVICE <{}/s> {{ ?a ?b ?c }} }}",
}


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

ENDLESS_UPDATES = {
    "a product": f"INSERT {{ ?a <http://e/x> ?f }} WHERE {{ {PRODUCT} }}",
    "a product of data": f"INSERT {{ <http://e/x> ?v0 ?v1 }} WHERE {{ {VALUES} }}",
    "a deletion": f"DELETE {{ ?a ?b ?c }} WHERE {{ {PRODUCT} }}",
    "new nodes": "INSERT { _:b <http://e/x> ?a } WHERE { ?a ?b ?c . ?d ?e ?f }",
    "a string that is doubled": (
        "INSERT { <http://e/x> <http://e/y> ?v40 } WHERE { BIND('aaaaaaaa' AS ?v0) "
        + "".join(f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1}) " for i in range(40))
        + "}"
    ),
    "deep groups": "DELETE WHERE " + "{" * 100_000,
    "deep terms": "INSERT DATA { <a:a> <a:b> " + "<<( <a:a> <a:b> " * 30_000,
}


@pytest.mark.parametrize("name", ENDLESS_UPDATES)
def test_an_update_that_never_ends_changes_nothing(target, name):
    before = target.triples
    status = under_attack(target, lambda: target.update(ENDLESS_UPDATES[name]))
    assert status in (400, 413, 422)
    assert target.triples == before


# Uploads

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "aaaaaaaaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
    )
    + b']><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="e:">'
    b'<rdf:Description rdf:about="e:a"><e:p>&a11;</e:p></rdf:Description></rdf:RDF>'
)
EXTERNAL = BOMB[:22] + (
    b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="e:">'
    b'<rdf:Description rdf:about="e:a"><e:p>&x;</e:p></rdf:Description></rdf:RDF>'
)
XML, JSON = "application/rdf+xml", "application/ld+json"
UPLOADS = {
    "entities that swell": (BOMB, {"Content_Type": XML}),
    "entities in UTF-16": (
        BOMB.decode().replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16"),
        {"Content_Type": XML},
    ),
    "a file as an entity": (EXTERNAL, {"Content_Type": XML}),
    "nested elements": (
        b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="e:">'
        + b"<e:A><e:p>" * 100_000,
        {"Content_Type": XML},
    ),
    "nested JSON": (b"[" * 1_000_000, {"Content_Type": JSON}),
    "nested nodes": (
        b'{"a:b":' * 300_000 + b"1" + b"}" * 300_000,
        {"Content_Type": JSON},
    ),
    "nested triple terms": (
        b"<a:a> <a:b> " + b"<<( <a:a> <a:b> " * 50_000 + b"<a:c> " + b")>> " * 50_000,
        {"Content_Type": "text/turtle"},
    ),
    "a swelling body": (
        gzip.compress(b"#" * 300_000_000 + b"\n"),
        {"Content_Type": "text/turtle", "Content_Encoding": "gzip"},
    ),
    "a body packed twice": (
        gzip.compress(gzip.compress(b"#" * 1000)),
        {"Content_Type": "text/turtle", "Content_Encoding": "gzip, gzip"},
    ),
    "invalid UTF-8": (b"<a:a> <a:b> '\xff' .", {"Content_Type": "text/turtle"}),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_would_exhaust_is_refused(target, name):
    body, headers = UPLOADS[name]
    before = target.triples
    status = under_attack(target, lambda: target.put(body, **headers))
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
        return httpx.get(url, timeout=20, headers={"Accept": "text/turtle"}).status_code

    found = under_attack(target, lambda: together(6, attack), readers=READERS)
    assert set(found) <= {200, 422, 503}


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
