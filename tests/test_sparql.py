"""What a request asks for is seen before the engine reads it, and the rest is refused."""

import subprocess
import sys
import time
from contextlib import suppress

import pytest

from milgraph.errors import QueryError
from milgraph.sparql import (
    MAXIMUM_DEPTH,
    MAXIMUM_LENGTH,
    MAXIMUM_TOKENS,
    inspect,
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
