"""What a request asks for is seen before the engine reads it, and the rest is refused."""

import subprocess
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from milgraph.errors import LimitError, QueryError, QueryRefusedError
from milgraph.sparql import (
    MAXIMUM_DEPTH,
    MAXIMUM_LENGTH,
    MAXIMUM_TOKENS,
    Policy,
    inspect,
    inspection,
)

CALL = "SERVICE <http://example.org/sparql> { ?a ?b ?c }"

# Each is a query that the engine takes and in which SERVICE is the keyword.
CALLS = {
    "as it is usually written": f"SELECT * {{ {CALL} }}",
    "in small letters": "select * { service silent ?e { ?a ?b ?c } }",
    "glued to a name": "PREFIX : <http://e/> SELECT * { SERVICE:x { ?a ?b ?c } }",
    "glued to silent": "SELECT * { SERVICESILENT<http://e/>{ ?a ?b ?c } }",
    "glued to a number": "SELECT * { ?s ?p 1.SERVICE<http://e/>{ ?a ?b ?c } }",
    "glued to a boolean": "SELECT * { ?s ?p trueSERVICE<http://e/>{ ?a ?b ?c } }",
    "glued to a string": "SELECT * { ?s ?p 'x'SERVICE<http://e/>{ ?a ?b ?c } }",
    "after a bare prefix": "SELECT * { ?s ?p mil:.SERVICE<http://e/>{ ?a ?b ?c } }",
    "after a carriage return": f"SELECT * {{ # note\r{CALL} }}",
    "between comparisons that look like an IRI with a quote": (
        f"SELECT * {{ ?s ?p ?x FILTER(?x<'>') {CALL} FILTER(?y = '') }}"
    ),
    "between comparisons that look like an IRI with a comment": (
        f"SELECT * {{ ?s ?p ?x FILTER(?x<?s#>''' \n) {CALL} }} #'''"
    ),
    "after a comparison with an IRI that holds a quote": (
        f"SELECT * {{ ?s ?p ?x FILTER(?x<<http://e/'>) {CALL} FILTER(?y = '') }}"
    ),
    "after an escaped quote in a name": (
        f"SELECT * {{ ?s ?p mil:a\\' {CALL} FILTER(?x = 'b') }}"
    ),
    "after a string in triple quotes": f"SELECT * {{ ?s ?p '''a\\'''' {CALL} }}",
}

NO_CALLS = {
    "in a string": "SELECT * { ?s ?p 'SERVICE' }",
    "in a long string": 'SELECT * { ?s ?p """a "SERVICE" b""" }',
    "in a comment": "SELECT * { ?s ?p ?o # SERVICE\n }",
    "in an IRI": "SELECT * { ?s ?p <http://example.org/SERVICE/people's> }",
    "as a variable": "SELECT ?service { ?s ?p ?service }",
    "as a local name": "SELECT * { ?s mil:service ?o }",
    "as a language": "SELECT * { ?s ?p 'a'@service }",
}


@pytest.mark.parametrize("query", CALLS.values(), ids=CALLS.keys())
def test_no_query_may_call_another_machine(query):
    with pytest.raises(QueryError):
        inspect(query)


@pytest.mark.parametrize("query", CALLS.values(), ids=CALLS.keys())
def test_the_engine_itself_would_have_called(query, dataset):
    """Without the word it breaks, so there it is the keyword; nothing is evaluated."""
    dataset.query(query)
    with pytest.raises(QueryError):
        dataset.query(query.replace("SERVICE", "SURFACE").replace("service", "surface"))


@pytest.mark.parametrize("query", NO_CALLS.values(), ids=NO_CALLS.keys())
def test_the_word_service_elsewhere_is_no_call(query, dataset):
    inspect(query)
    dataset.query(query)


def test_the_suite_has_not_lost_its_cases():
    assert len(CALLS) >= 14
    assert len(NO_CALLS) >= 7


def test_a_refusal_names_the_place():
    with pytest.raises(QueryError) as refused:
        inspect(f"SELECT *\nWHERE {{\n  {CALL} }}")
    assert (refused.value.position.line, refused.value.position.column) == (3, 3)


@pytest.mark.parametrize(
    "form", ["INSERT DATA { }", "DELETE WHERE { }", "LOAD <http://e/>", "DROP ALL"]
)
def test_an_update_is_told_that_only_queries_are_answered(form):
    with pytest.raises(QueryError, match="is an update"):
        inspect(f"PREFIX a: <http://e/> {form}")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * {}", "SELECT"),
        ("prefix mil: <http://e/> ask {}", "ASK"),
        ("# INSERT\nCONSTRUCT WHERE {}", "CONSTRUCT"),
        ("BASE <http://e/> DESCRIBE <x>", "DESCRIBE"),
        ("nonsense", None),
    ],
)
def test_the_form_is_the_first_keyword(text, form):
    assert inspect(text).form == form


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("SELECT * { ?z ?b ?a }", "SELECT ?z ?b ?a { ?z ?b ?a }"),
        ("SELECT DISTINCT*{ ?z ?b ?a }", "SELECT DISTINCT?z ?b ?a{ ?z ?b ?a }"),
        ("SELECT ?a { ?z ?b ?a }", "SELECT ?a { ?z ?b ?a }"),
        ("SELECT (COUNT(*) AS ?z) {}", "SELECT (COUNT(*) AS ?z) {}"),
    ],
)
def test_a_star_is_written_out_in_the_order_of_the_query(text, written):
    assert inspect(text).projecting(["a", "b", "z"]) == written


# Each repeats one thing; what is admitted of it must not end the engine's process.
REPEATED = {
    "groups": lambda n: "SELECT * {" + "{" * n + "}" * n + "}",
    "parentheses": lambda n: "ASK { FILTER(" + "(" * n + "1" + ")" * n + ")}",
    "parentheses behind a comparison": lambda n: (
        "ASK { ?s ?p ?x FILTER(?x<" + "(" * n + "1>?s" + ")" * n + ")}"
    ),
    "negations": lambda n: "ASK { FILTER(" + "!" * n + "1)}",
    "sums": lambda n: "ASK { FILTER(" + "1+" * n + "1)}",
    "differences": lambda n: "ASK { FILTER(" + "1-" * n + "1)}",
    "unions": lambda n: "ASK {" + "{}UNION" * n + "{}}",
    "graphs": lambda n: "ASK {" + "GRAPH mil:g{}" * n + "}",
    "resources": lambda n: "DESCRIBE " + "mil:a " * n,
    "orders": lambda n: "SELECT * {} ORDER BY " + "(1)" * n,
    "projections": lambda n: (
        "SELECT " + " ".join(f"(1 AS ?v{i})" for i in range(n)) + "{}"
    ),
    "bindings": lambda n: (
        "ASK {" + "".join(f"BIND(1 AS ?v{i})" for i in range(n)) + "}"
    ),
    "alternatives": lambda n: "ASK { ?s " + "mil:a|" * n + "mil:a ?o }",
    "rows of data": lambda n: "SELECT * { VALUES (?a ?b) {" + "(1 2)" * n + "} }",
}


def most_admitted(repeated):
    """Return the longest query of the kind that is admitted."""
    low, high = 1, MAXIMUM_LENGTH
    while low < high:
        middle = (low + high + 1) // 2
        try:
            inspect(repeated(middle))
        except QueryError:
            high = middle - 1
        else:
            low = middle
    return repeated(low)


@pytest.mark.parametrize("repeated", REPEATED.values(), ids=REPEATED.keys())
def test_what_is_admitted_is_survived(repeated):
    asked = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from milgraph.store import Snapshot\n"
            "outcome = Snapshot.of([]).query(sys.stdin.read())\n"
            "getattr(outcome, '__iter__', list)() and None",
        ],
        input=most_admitted(repeated).encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert asked.returncode == 0, asked.stderr.decode()[-300:]


def test_a_query_that_is_too_deep_too_long_or_too_full_is_refused():
    deep = "{" * (MAXIMUM_DEPTH + 1)
    full = "?x " * (MAXIMUM_TOKENS + 1)
    for text in (deep, full, " " * (MAXIMUM_LENGTH + 1)):
        with pytest.raises(QueryError):
            inspect(text)


def test_the_rows_of_a_data_block_do_not_count():
    rows = " ".join(f"mil:a{number}" for number in range(5000))
    assert inspect(f"SELECT * {{ VALUES ?x {{ {rows} }} }}").form == "SELECT"


@pytest.mark.parametrize(
    "piece",
    ["a.", "a-", "a:", '\\"""', '"""', "'''", "<", "<a", "<'#>", "#", "a:%", "\n", "'"],
)
def test_inspection_takes_time_in_proportion_to_the_length(piece):
    text = (piece * MAXIMUM_LENGTH)[: MAXIMUM_LENGTH // 5]
    begun = time.perf_counter()
    with suppress(QueryError):
        inspect(text)
    assert time.perf_counter() - begun < 1


ALLOWED = frozenset(
    ("http://good.example", "https://good.example:8443", "http://[2001:db8::1]:81")
)
POLICY = Policy(updates=True, services=ALLOWED, load_from=ALLOWED)
BLANKS = st.sampled_from([" ", "\n", "\t ", " # SERVICE <http://e/>\r", "#'\n", ""])
SCHEMES = st.sampled_from(["http", "https", "HTTP", "ftp", "file", "httpx"])
USERS = st.sampled_from(["", "", "", "me@", "me:pw@", "good.example@", "@", "a%40"])
HOSTS = st.sampled_from(
    [
        *("good.example", "GOOD.Example", "good.example.", "evil.example"),
        *("good.example.evil.example", "xgood.example", "good%2Eexample"),
        *("127.0.0.1", "localhost", "[2001:db8::1]", "[::1]", "good.example%00", ""),
    ]
)
PORTS = st.sampled_from(["", ":80", ":443", ":8443", ":81", ":080", ":0", ":", ":8080"])
PATHS = st.sampled_from(
    ["", "/", "/a%20b", "?x=@evil.example", "#@evil", "//evil.example/", "/../", "/é"]
)
IRIS = st.tuples(SCHEMES, st.just("://"), USERS, HOSTS, PORTS, PATHS)
REACHED = (
    ("http", "good.example", 80),
    ("https", "good.example", 8443),
    ("http", "[2001:db8::1]", 81),
)


def is_listed(scheme: str, user: str, host: str, port: str) -> bool:
    """Return whether the parts of an IRI make one of the listed origins."""
    usual = {"http": 80, "https": 443}.get(scheme.lower(), 0)
    number = int(port[1:]) if port[1:] else usual
    return not user and (scheme.lower(), host.lower(), number) in REACHED


@given(IRIS, st.booleans(), st.sampled_from(["SERVICE", "SeRvIcE"]), BLANKS)
def test_a_query_calls_the_listed_origins_and_no_others(parts, silent, word, blank):
    scheme, _, user, host, port, _ = parts
    iri = "".join(parts)
    text = (
        f"SELECT * {{ ?s ?p ?o {word}{blank or ' '}{'SILENT ' if silent else ''}"
        f"{blank}<{iri}>{blank}{{ ?a ?b ?c }} }}"
    )
    if is_listed(scheme, user, host, port):
        (called,) = inspect(text, POLICY).services
        assert called.iri == iri
        assert text[called.start : called.end] == f"<{iri}>"
    else:
        with pytest.raises(QueryRefusedError):
            inspect(text, POLICY)


@given(IRIS, st.booleans(), st.sampled_from(["LOAD", "LoAd"]), BLANKS)
def test_an_update_loads_from_the_listed_origins_and_no_others(
    parts, silent, word, blank
):
    scheme, _, user, host, port, _ = parts
    iri = "".join(parts)
    text = (
        f"INSERT DATA {{ <http://e/a> <http://e/b> 'LOAD' }} ;{blank}{word}"
        f"{blank or ' '}{'SILENT ' if silent else ''}{blank}<{iri}>{blank}"
        " INTO GRAPH <http://e/g>"
    )
    if is_listed(scheme, user, host, port):
        request = inspect(text, POLICY)
        assert [called.iri for called in request.loads] == [iri]
        assert request.is_update
    else:
        with pytest.raises(QueryRefusedError):
            inspect(text, POLICY)


BASED = "BASE <http://good.example/> PREFIX good: <http://good.example/> "


@pytest.mark.parametrize("call", ["SERVICE", "SERVICE SILENT", "service"])
@pytest.mark.parametrize(
    "named",
    ["?e", "$e", "good:a", ":e", "<a>", "<//good.example/>", "'http://good.example'"],
)
def test_who_is_called_stands_there_in_full(call, named):
    with pytest.raises(QueryRefusedError):
        inspect(f"{BASED}SELECT * {{ {call} {named} {{ ?a ?b ?c }} }}", POLICY)


@pytest.mark.parametrize("silent", ["", "SILENT "])
@pytest.mark.parametrize("named", ["?e", "good:a", ":a", "<a>", "<file:///etc/passwd>"])
def test_what_is_loaded_is_named_in_full(silent, named):
    with pytest.raises(QueryRefusedError):
        inspect(f"{BASED}LOAD {silent}{named}", POLICY)


@given(st.sampled_from(sorted(ALLOWED)), st.sampled_from(["", "INSERT DATA {} ; "]))
def test_one_list_is_not_the_other(origin, first):
    """Who may be called may not be loaded from, nor the other way round."""
    load = f"{first}LOAD <{origin}/>"
    call = f"{first}INSERT {{}} WHERE {{ SERVICE <{origin}/> {{}} }}"
    with pytest.raises(QueryRefusedError):
        inspect(load, Policy(updates=True, services=ALLOWED))
    with pytest.raises(QueryRefusedError):
        inspect(call, Policy(updates=True, load_from=ALLOWED))


WORDS = st.sampled_from(["NOW", "RAND", "UUID", "STRUUID", "now", "Rand", "StrUuid"])


@given(WORDS, BLANKS, st.integers(0, 2500))
def test_what_holds_for_one_moment_is_known(word, blank, padding):
    text = f"SELECT ({word}{blank}() AS ?x) {{}}" + " " * padding
    assert inspect(text).is_volatile


@pytest.mark.parametrize(
    "name", ["?now", "?rand", "mil:uuid", "'NOW'", "<http://e/now>"]
)
def test_a_name_is_no_moment(name):
    assert not inspect(f"SELECT ?x {{ ?x ?p {name} }}").is_volatile


@pytest.mark.parametrize(
    "piece",
    ["<urn:a> <urn:b> 'x'@en-GB . ", "mil:a mil:b 1e-3 . ", "_:a mil:b <#c> . "],
)
@pytest.mark.parametrize("word", ["INSERT", "DELETE"])
def test_the_data_of_an_update_may_be_many(word, piece):
    request = inspect(f"{word} DATA {{ {piece * 20_000} }}", Policy(updates=True))
    assert (request.form, request.is_update) == (word, True)


HIDING = ["'}'", '"}"', "'}}'@en", "<http://e/}>", "mil:a\\}", "# }\n", '"""a"}"b"""']
TERMS = st.lists(
    st.sampled_from(
        [*HIDING, "1", "mil:a", "(1 2)", "<urn:x>", "mil:a\\'", "_:service"]
    ),
    max_size=40,
)


@given(TERMS)
def test_a_call_behind_data_is_seen_whatever_the_data_hold(terms):
    text = f"SELECT * {{ VALUES ?x {{ {' '.join(terms)} }} {CALL} }}"
    with pytest.raises(QueryError):
        inspect(text)


PIECES = st.sampled_from(
    [
        *(
            "SELECT",
            "ASK",
            "CONSTRUCT",
            "DISTINCT",
            "REDUCED",
            "WHERE",
            "*",
            "?a",
            "$b",
        ),
        *(
            "?a-?b",
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            "<<",
            ">>",
            "<",
            ">",
            "-",
            "!",
            ".",
            ";",
        ),
        *("'x'", '"?c"', "'''it's'''", '"""a"?e"""', "# ?d *\n", "#\r", "'", '"', "\\"),
        *(
            "<http://e/?e>",
            "<a'b>",
            "<#>",
            "mil:f?g",
            "mil:\\'",
            ":h",
            "NOW()",
            "rand (",
        ),
        *("1.5e-3", "@en", "^^", "VALUES ?v { 1 'a' }", "PREFIX p: <http://e/> "),
    ]
)


@given(st.lists(PIECES, max_size=30), st.sampled_from(["", " ", "\n"]), st.booleans())
@settings(max_examples=600, deadline=None)
@example(["# ?d *\n", "*", "{", "?a", "}"], " ", True)
@example(["SELECT", ":h"], "", False)
def test_the_short_way_sees_what_the_long_way_sees(pieces, between, begins):
    text = between.join(["SELECT ", *pieces] if begins else pieces)
    short = inspection._of_short_query(text)
    if short is None:
        return
    try:
        long = inspection._of_any(text, Policy())
    except (QueryRefusedError, LimitError):
        pytest.fail("the short way admits what the long way refuses")
    except QueryError:
        # A string is not closed: that is for the engine to say.
        return
    assert short.form == long.form
    assert short.is_volatile == long.is_volatile
    assert not long.services


GAPS = st.sampled_from([" ", "\n", "", " # ?d *\n", "#'\r"])
TRIPLES = st.sampled_from(
    [
        *(
            "?a ?b ?c .",
            "?c mil:p 'x ?e' .",
            '$z mil:p "?e"@en .',
            "?a a <http://e/?e> .",
        ),
        *(
            "?y mil:p ?y . # ?e\n",
            "?x mil:f '?e\\'?f' .",
            "{ ?q ?r 1 } UNION { ?a ?r 2 }",
        ),
        *("FILTER(?a<?c&&?b>?c)", "BIND(2*3 AS ?k)", "{ SELECT (COUNT(*) AS ?n) {} }"),
    ]
)


@given(
    st.sampled_from(
        ["", "PREFIX mil: <http://e/*> ", "BASE <http://e/> # SELECT ?a\n"]
    ),
    st.sampled_from(["", "DISTINCT", "reduced"]),
    st.lists(GAPS, min_size=3, max_size=3),
    st.lists(TRIPLES, max_size=8),
)
def test_both_ways_see_the_same_columns(prologue, word, gaps, triples):
    before, between, after = gaps
    body = " ".join(triples)
    text = f"{prologue}SELECT{before or ' '}{word}{between}*{after}{{ {body} }}"
    short = inspection._of_short_query(text)
    assert short
    long = inspection._of_any(text, Policy())
    assert (short.form, short.star) == (long.form, long.star)
    assert short.variables == long.variables
