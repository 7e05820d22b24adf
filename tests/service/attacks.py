"""Attacks: queries, requests, updates and uploads that no server should have to bear."""

import gzip
from urllib.parse import quote, urlencode


def get(query: str, *headers: str, **parameters: str) -> bytes:
    """Return a request by GET as its bytes."""
    told = urlencode({"query": query, **parameters}, quote_via=quote)
    lines = [f"GET /sparql?{told} HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


CLOSE = "Connection: close"


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
    "an expression over a product": (
        f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} "
        "FILTER(REGEX(STR(?c), '^(([a-z])+.)+[A-Z]([a-z])+$')) }"
    ),
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


LABEL = "SELECT ?o {{ <http://e/s{}> <http://e/label> ?o }}"
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


WRONG_BYTES = {
    "invalid UTF-8 in an address": b"GET /sparql?query=ASK%20%7B%7D%23%ff HTTP/1.1\r\n",
    "overlong UTF-8": b"GET /sparql?query=ASK%20%7B%7D%23%c0%af HTTP/1.1\r\n",
    "a surrogate": b"GET /sparql?query=ASK%20%7B%7D%23%ed%a0%80 HTTP/1.1\r\n",
    "a broken escape": b"GET /sparql?query=ASK%20%7B%7D%2 HTTP/1.1\r\n",
    "raw bytes": b"GET /sparql?query=ASK{}#\xff HTTP/1.1\r\n",
    "two queries": b"GET /sparql?query=ASK%7B%7D&query=ASK%7B%7D HTTP/1.1\r\n",
    "an update": b"GET /sparql?update=DROP%20ALL HTTP/1.1\r\n",
}


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


WRITING = {
    "LOAD": "LOAD <{}/s>",
    "LOAD into a graph": "LOAD <{}/s> INTO GRAPH <http://e/loaded>",
    "LOAD by base": "BASE <{}/> LOAD<s>",
    "LOAD by prefix": "PREFIX x: <{}/> LOAD x:s",
    "LOAD after another": "INSERT DATA {{ }} ; LOAD <{}/s>",
    "SERVICE": "INSERT {{ ?a ?b ?c }} WHERE {{ SERVICE <{}/s> {{ ?a ?b ?c }} }}",
    "SERVICE in a deletion": "DELETE WHERE {{ SERVICE <{}/s> {{ ?a ?b ?c }} }}",
}


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
