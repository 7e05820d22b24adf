"""Safe parsing: no text makes us read a file, call a machine, or work without an end."""

# ruff: noqa: UP031 - braces are what these texts are made of

import gzip
import json
import re
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milgraph.compression import decompressed, inflated
from milgraph.contexts import CONTEXT, settle
from milgraph.errors import LimitError, Position, SourceError
from milgraph.hazards import check_json, check_terms, check_xml
from milgraph.interchange import graph_of, term_from_rdflib, term_to_rdflib
from milgraph.resources import Resources
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Source, read
from milgraph.terms import MIL, RDF, XSD, Literal, NamedNode, Quad, Triple
from milgraph.triples import TripleIndex
from milgraph.validation import Shapes, edtf_results, pyshacl_engine, turbo_engine

BASE = NamedNode("http://example.org/")
A, P = NamedNode("http://example.org/a"), NamedNode("http://example.org/p")
RDFXML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:x="http://example.org/"'
)


def parsed(text: str | bytes, form: str, *, strict: bool = True) -> frozenset[Quad]:
    content = text.encode() if isinstance(text, str) else text
    return read(Source("given", content, FORMATS[form]), base=BASE, strict=strict)


def refusal(text: str | bytes, form: str, *, strict: bool = True) -> SourceError:
    with pytest.raises(SourceError) as caught:
        parsed(text, form, strict=strict)
    return caught.value


# Nothing is read or called


class Canary:
    """An address and a file that nobody may read; what reached the address is kept."""

    def __init__(self, folder: Path) -> None:
        self.called: list[str] = []
        canary = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                canary.called.append(self.path)
                self.send_response(404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/canary"
        self.file = folder / "secret.ttl"
        self.file.write_text('<http://example.org/a> <http://example.org/p> "SECRET" .')

    @property
    def places(self) -> tuple[str, ...]:
        return self.address, self.file.as_uri(), str(self.file)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    made = Canary(tmp_path)
    serving = Thread(target=made.server.serve_forever, daemon=True)
    serving.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    assert made.called == []


LURES = {
    "the document of an entity": (
        "rdfxml",
        '<!DOCTYPE r [<!ENTITY e SYSTEM "{place}">]>' + RDFXML + ">&e;</rdf:RDF>",
    ),
    "a document type elsewhere": (
        "rdfxml", '<!DOCTYPE r SYSTEM "{place}">' + RDFXML + "/>",
    ),
    "a parameter entity": (
        "rdfxml",
        '<?x?><!-- --><!DOCTYPE r [<!ENTITY % e SYSTEM "{place}"> %e;]>' + RDFXML + "/>",
    ),
    "an inclusion": (
        "rdfxml",
        RDFXML + '><rdf:Description><x:p rdf:parseType="Literal"><i:include '
        'xmlns:i="http://www.w3.org/2001/XInclude" href="{place}" parse="text"/></x:p>'
        "</rdf:Description></rdf:RDF>",
    ),
    "a style sheet": (
        "rdfxml", '<?xml-stylesheet href="{place}"?>' + RDFXML + "></rdf:RDF>",
    ),
    "a place of a schema": (
        "rdfxml",
        RDFXML + '><rdf:Description xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://example.org/ {place}"/></rdf:RDF>',
    ),
    "a context": ("jsonld", '{{"@context": "{place}", "@id": "#a", "p": 1}}'),
    "a context in a list": ("jsonld", '{{"@context": [{{}}, "{place}"], "p": 1}}'),
    "a context of a term": (
        "jsonld",
        '{{"@context": {{"p": {{"@id": "x:p", "@context": "{place}"}}}}, "p": {{}}}}',
    ),
    "a context of a type": (
        "jsonld",
        '{{"@context": {{"T": {{"@id": "x:T", "@context": ["{place}"]}}}}, "@type": "T"}}',
    ),
    "an imported context": (
        "jsonld", '{{"@context": {{"@version": 1.1, "@import": "{place}"}}, "p": 1}}',
    ),
    "a context in escapes": ("jsonld", '{{"\\u0040context": "{place}", "p": 1}}'),
    "a context within": ("jsonld", '{{"x:p": {{"@context": "{place}", "p": 1}}}}'),
    "an import of an ontology": (
        "turtle", "<> <http://www.w3.org/2002/07/owl#imports> <{place}> .",
    ),
    "a shapes graph": (
        "turtle", "<> <http://www.w3.org/ns/shacl#shapesGraph> <{place}> .",
    ),
    "a base": ("turtle", "@base <{place}> . <> <p> <#x> ."),
    "a graph": ("trig", "<{place}> {{ <#a> <#p> <{place}> }}"),
}  # fmt: skip


@pytest.mark.parametrize("lure", LURES)
@pytest.mark.parametrize("strict", [True, False])
def test_whatever_a_text_names_is_neither_read_nor_called(lure, strict, canary):
    form, text = LURES[lure]
    for place in canary.places:
        filled = text.replace("{place}", place).replace("{{", "{").replace("}}", "}")
        try:
            told = str(parsed(filled, form, strict=strict))
        except SourceError as error:
            told = str(error)
        assert "SECRET" not in told


IMPORTS = (
    "<http://example.org/s> <http://www.w3.org/2002/07/owl#imports> <{place}> ;"
    " <http://www.w3.org/ns/shacl#shapesGraph> <{place}> ;"
    " <http://www.w3.org/ns/shacl#js> <{place}> ;"
    " <http://example.org/p> '{place}', <{place}>, '<{place}>' ."
)


@pytest.mark.parametrize("engine", [turbo_engine, pyshacl_engine])
def test_no_validator_reads_or_calls_what_the_data_name(engine, canary, tmp_path):
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> ."
        "ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property ex:SP ."
        'ex:SP sh:path ex:p ; sh:nodeKind sh:BlankNode ; sh:message "no"@en .'
    )
    validate = engine(Shapes.of([shapes]))
    for place in (canary.address, canary.file.as_uri()):
        quads = parsed(IMPORTS.replace("{place}", place), "turtle")
        results = validate([quad.triple for quad in quads])
        assert len(results) == 3
        assert "SECRET" not in str(results)


def test_no_date_of_edtf_reads_calls_or_hangs(canary):
    texts = [
        *canary.places,
        "{" * 90,
        "[" + "1," * 45,
        "19[" * 30,
        "156u-12-(25)?~" * 7,
    ]
    for text in texts:
        triple = Triple(A, MIL.edtf, Literal(text))
        began = time.process_time()
        (result,) = edtf_results([triple], TripleIndex([triple]))
        assert "is not a date of EDTF" in result.message
        assert time.process_time() - began < 5


def test_the_two_ways_to_rdflib_read_and_call_nothing(canary):
    for place in canary.places:
        terms = [Literal(place), Literal(place, datatype=XSD.anyURI)]
        terms += [NamedNode(place)] if ":" in place else []
        graph = graph_of(Triple(A, P, term) for term in terms)
        assert {term_from_rdflib(term) for term in graph.objects()} == set(terms)


# What rdflib would make of a value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1e1000000000", XSD.decimal),
        ("1_0", XSD.integer),
        ("0010", XSD.integer),
        ("P" + "9" * 60 + "Y", XSD.duration),
        ("<a xmlns='http://x/'>&lt;</a>", RDF.XMLLiteral),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", RDF.XMLLiteral),
    ],
)
def test_rdflib_keeps_a_value_as_it_is_written(text, kind):
    literal = Literal(text, datatype=kind)
    assert term_from_rdflib(term_to_rdflib(literal)) == literal
    (found,) = graph_of([Triple(A, P, literal)]).objects()
    assert term_from_rdflib(found) == literal


def test_rdflib_keeps_a_long_text_in_time_linear_in_it():
    began = time.process_time()
    graph = graph_of([Triple(A, P, Literal("x\n" * 500_000))])
    assert len(graph) == 1
    assert time.process_time() - began < 3


# Our own context


def test_our_own_context_is_there_by_its_name():
    text = (
        '{"@context": "%s", "@id": "#a", "@type": "Exercise", "label": "x"}' % CONTEXT
    )
    assert Quad(NamedNode("http://example.org/#a"), RDF.type, MIL.Exercise) in parsed(
        text, "jsonld"
    )


@pytest.mark.parametrize(
    "context",
    [
        f'"{CONTEXT}"',
        f'["{CONTEXT}", {{"@base": "http://example.org/"}}]',
        f'[null, "{CONTEXT}"]',
        json.dumps(CONTEXT).replace("/", "\\/"),
        f'{{"x": {{"@id": "http://example.org/x", "@context": "{CONTEXT}"}}}}, "@type": '
        '"https://w3id.org/milgraph/ontology#Exercise", "y": null',
    ],
)
def test_our_own_context_is_there_wherever_a_context_may_stand(context):
    text = (
        f'{{"@id": "http://example.org/a", "@context": {context}, "type": "Exercise"}}'
    )
    expected = Quad(A, RDF.type, MIL.Exercise)
    if "@type" in context:
        text = text.replace(', "type": "Exercise"', "")
    assert expected in parsed(text, "jsonld")


def test_a_text_that_only_mentions_our_context_is_kept():
    text = '{"@id": "#a", "http://example.org/p": ["%s", "@context"]}' % CONTEXT
    assert Literal(CONTEXT) in {quad.object for quad in parsed(text, "jsonld")}
    assert settle(text.encode(), "given").content == text.encode()


def test_an_error_after_our_context_is_told_in_its_own_line():
    text = '{"@context": "%s",\n "@id": "#a",\n "label": x}' % CONTEXT
    error = refusal(text, "jsonld")
    assert error.position == Position("given", 3, 11)
    assert refusal(text.replace("\n", ""), "jsonld").position == Position("given", 1)


def test_another_context_is_refused_with_its_place_and_ours_named():
    error = refusal('{\n "@context": "https://schema.org/"}', "jsonld")
    assert "https://schema.org/" in error.message
    assert CONTEXT in error.message
    assert error.position == Position("given", 2, 14)


# What swells


def gzipped(name: str, content: bytes, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content))
    return path


def test_a_file_in_gzip_is_read_by_the_ending_before_it(tmp_path):
    path = gzipped("facts.ttl.gz", b"<#a> <#p> 1 .", tmp_path)
    source = Source.of(path)
    assert (source.content, source.format.name) == (b"<#a> <#p> 1 .", "turtle")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            gzip.compress(bytes(MAXIMUM_SIZE + 1), mtime=0),
            "longer than 67,108,864 bytes",
        ),
        (gzip.compress(b"<#a> <#p> 1 .", mtime=0)[:-9], "breaks off"),
        (b"<#a> <#p> 1 .", "not in the encoding gzip"),
        (gzip.compress(b"") * 20_000, "more than 16,384 members"),
    ],
)
def test_a_gzip_file_that_swells_or_is_none_is_refused_with_its_name(
    content, told, tmp_path
):
    path = tmp_path / "facts.nq.gz"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=told) as caught:
        Source.of(path)
    assert caught.value.position == Position(str(path))


def raw_deflate(content: bytes) -> bytes:
    deflating = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflating.compress(content) + deflating.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    " GZIP ": lambda text: gzip.compress(text[:9]) + gzip.compress(text[9:]),
    "deflate": zlib.compress,
    "DEFLATE": raw_deflate,
    "identity": bytes,
    "": bytes,
}


@given(
    st.binary(max_size=300) | st.integers(65_000, 140_000).map(bytes),
    st.sampled_from(sorted(ENCODERS)),
    st.integers(1, 200_000),
)
@settings(max_examples=200, deadline=None)
def test_a_body_in_any_encoding_is_what_was_sent_however_it_arrives(text, name, size):
    body = ENCODERS[name](text)
    assert decompressed(body, name, limit=len(text)) == text

    async def arriving() -> AsyncIterator[bytes]:
        for start in range(0, len(body), max(size, len(body) // 50)):
            yield body[start : start + max(size, len(body) // 50)]

    async def collected() -> bytes:
        pieces = inflated(arriving(), name, limit=len(text))
        return b"".join([piece async for piece in pieces])

    assert anyio.run(collected) == text
    if text:
        with pytest.raises(LimitError):
            decompressed(body, name, limit=len(text) - 1)


@pytest.mark.parametrize(
    "name", ["br", "zstd", "compress", "gzip, gzip", "gzip,identity"]
)
def test_an_encoding_that_is_not_read_is_named(name):
    with pytest.raises(SourceError, match=re.escape(repr(name))):
        decompressed(b"x", name, limit=10)


def test_a_bomb_costs_what_it_may_hold_and_not_what_it_swells_to():
    bomb = gzip.compress(bytes(2**28), 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LimitError, match="longer than 1,000 bytes"):
        decompressed(bomb, "gzip", limit=1000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


# What nests, repeats and grows

TERMS = '"t%d": "http://example.org/%d"'


def context(terms: int, *, scoped: bool = False) -> str:
    inner = (
        '"t%d": {"@id": "http://example.org/%d", "@context": {}}' if scoped else TERMS
    )
    return '"@context": {' + ", ".join(inner % (n, n) for n in range(terms)) + "}"


def in_graph(*nodes: str, head: str = "") -> str:
    return "{%s%s}" % (head and head + ", ", '"@graph": [%s]' % ", ".join(nodes))


NAMESPACES = "".join(f' xmlns:n{n}="http://example.org/{n}/"' for n in range(900))
ATTRIBUTES = "".join(f' x:p{n}="1"' for n in range(2000))
HIDDEN = "<rdf:Description><x:p><!-- </x:p></rdf:Description> -->"
HOSTILE = {
    "triple terms hidden by strings": (
        "turtle", "".join('<a> <b> <<( <a> <b> ">>" . \n' for _ in range(600)), "nested",
    ),
    "triple terms hidden by comments": ("turtle", "<<( <a> <b> # >>\n" * 600, "nested"),
    "triple terms hidden by escapes": (
        "turtle", "@prefix a: <b> . " + "<<( a:\\# a:\\' \n" * 600, "nested",
    ),
    "triple terms in N-Quads": ("nquads", "<<( <x:a> <x:b> " * 600, "nested"),
    "reified triples": ("trig", "<a> { " + "<< <a> <b> " * 600, "nested"),
    "blank nodes": ("turtle", "<a> <b> " + "[ <b> " * 300_000, "nested more than 250000"),
    "lists": ("turtle", "<a> <b> " + "(" * 300_000, "nested more than 250000"),
    "elements hidden by comments": ("rdfxml", RDFXML + ">" + HIDDEN * 600, "nested"),
    "elements hidden by CDATA": (
        "rdfxml", RDFXML + ">" + "<x:p><![CDATA[</x:p>]]>" * 600, "nested",
    ),
    "elements hidden by instructions": (
        "rdfxml", RDFXML + ">" + "<x:p><?x </x:p>?>" * 600, "nested",
    ),
    "namespaces": (
        "rdfxml", RDFXML + NAMESPACES + ">" + "<x:p/>" * 230_000, "namespaces",
    ),
    "namespaces written out in a literal": (
        "rdfxml",
        RDFXML + NAMESPACES + '><rdf:Description><x:p rdf:parseType="Literal">'
        + "<b/>" * 5000 + "</x:p></rdf:Description></rdf:RDF>",
        "namespaces",
    ),
    "namespaces in a literal of no known kind": (
        "rdfxml",
        RDFXML + NAMESPACES + '><rdf:Description><x:p rdf:parseType="own">'
        + "<b/>" * 5000 + "</x:p></rdf:Description></rdf:RDF>",
        "namespaces",
    ),
    "attributes": ("rdfxml", RDFXML + ATTRIBUTES + "/>", "more than 1,000 attributes"),
    "an element without an end": ("rdfxml", RDFXML + "><x:p>", "ill-formed"),
    "contexts in contexts": (
        "jsonld", "".join('{%s, "t1": ' % context(100) for _ in range(300)), "contexts",
    ),
    "a context for each node": (
        "jsonld",
        in_graph(*['{"@context": {"x": "x:y"}}'] * 3000, head=context(2000)), "contexts",
    ),
    "a context after all nodes": (
        "jsonld",
        in_graph(*['{"@context": {"x": "x:y"}}'] * 3000)[:-1] + f", {context(2000)}}}",
        "contexts",
    ),
    "contexts of terms": (
        "jsonld",
        in_graph(*['{"@type": "t1"}'] * 3000, head=context(1500, scoped=True)), "contexts",
    ),
    "contexts of many types": (
        "jsonld",
        "{%s, %s}" % (context(1500, scoped=True), '"@type": [%s"t0"]' % ('"t1",' * 5000)),
        "contexts",
    ),
    "contexts of terms, deep": (
        "jsonld",
        "{%s, %s" % (context(3000, scoped=True), '"t1": {' * 450), "contexts",
    ),
    "terms": ("jsonld", "{%s}" % context(6000), "more than 5,000 terms"),
    "terms of terms": (
        "jsonld",
        '{"@context": {%s}}' % ", ".join(f'"a{n}": "a{n + 1}:x"' for n in range(20_000)),
        "more than 5,000 terms",
    ),
    "long prefixes of terms": (
        "jsonld",
        '{"@context": {"p": "http://example.org/%s/", %s}}'
        % ("x" * 1_000_000, ", ".join(f'"a{n}": "p:{n}"' for n in range(2000))),
        "long terms",
    ),
    "our context, often": (
        "jsonld", in_graph(*['{"@context": "%s"}' % CONTEXT] * 1200), "1,000 contexts",
    ),
    "values": ("jsonld", '{"x:p": [%s1]}' % ("1," * 2_100_000), "2,000,000 values"),
    "depth, often": (
        "jsonld", "[%s]" % ",".join(["[" * 400 + "]" * 400] * 300), "stand too deep",
    ),
    "long names": (
        "turtle",
        "@prefix a: <http://example.org/%s/> . " % ("x" * 1_000_000)
        + "".join(f"a:s{n} a:p a:o . " for n in range(300)),
        "written out",
    ),
    "a long base": (
        "turtle",
        "@base <http://example.org/%s/> . " % ("x" * 1_000_000)
        + "".join(f"<s{n}> <p> <o> . " for n in range(300)),
        "written out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("strict", [True, False])
def test_what_would_exhaust_the_parser_is_refused_before_it_does(case, strict):
    form, text, told = HOSTILE[case]
    began = time.process_time()
    assert told in refusal(text, form, strict=strict).message
    assert time.process_time() - began < 10


def test_the_suite_has_not_lost_its_hostile_texts():
    assert (len(HOSTILE), len(LURES)) >= (25, 15)


FLAT = {
    "JSON with braces in texts": (
        "jsonld", '{"http://example.org/p": "%s"}' % ("[{" * 5000),
    ),
    "triples with marks in texts": ("turtle", '<a> <b> "%s" .' % ("<<( " * 5000)),
    "triples with marks in comments": ("turtle", "<a> <b> 1 . # " + "<< [ " * 5000),
    "many nodes beside one another": ("turtle", "<a> <b> [] .\n" * 3000),
    "many documents with contexts": (
        "jsonld",
        "[%s]" % ",".join(['{%s, "t1": "x"}' % context(20)] * 1000),
    ),
    "one large context, used often": (
        "jsonld", in_graph(*['{"t1": {"t2": "x"}}'] * 3000, head=context(3000)),
    ),
    "a few contexts of terms": (
        "jsonld",
        in_graph(*['{"t1": {"t2": {}}}'] * 3000, head=context(30, scoped=True)),
    ),
    "XML with comments": (
        "rdfxml",
        RDFXML + ">" + "<!-- <a> --><rdf:Description rdf:about='#a' x:p='1'/>" * 3000
        + "</rdf:RDF>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FLAT)
def test_what_only_looks_hostile_is_read(case):
    form, text = FLAT[case]
    assert parsed(text, form)


REPEATED = {
    "Turtle quotes": (check_terms, '"'),
    "Turtle long quotes": (check_terms, '"""'),
    "Turtle apostrophes": (check_terms, "'"),
    "Turtle backslashes": (check_terms, "\\"),
    "Turtle IRIs that do not end": (check_terms, "< "),
    "Turtle closing marks": (check_terms, "> >> "),
    "Turtle comments": (check_terms, "#\n"),
    "Turtle marks in strings": (check_terms, '"<<" '),
    "JSON quotes": (check_json, '"'),
    "JSON escapes": (check_json, '\\"'),
    "JSON spaces": (check_json, '"a"     '),
    "JSON-LD quotes": (settle, '"'),
    "JSON-LD escapes": (settle, '\\"'),
    "JSON-LD spaces after keys": (settle, '"a"     '),
    "JSON-LD keys": (settle, '"@context":'),
    "XML comments": (check_xml, "<!---->"),
    "XML comments that do not end": (check_xml, "<!--"),
    "XML elements": (check_xml, "<a/>"),
    "XML signs": (check_xml, "&lt;"),
    "XML brackets": (check_xml, "]]"),
}


@pytest.mark.parametrize("case", REPEATED)
def test_scanning_takes_time_linear_in_the_text(case):
    check, unit = REPEATED[case]
    trap = "" if check is not check_terms else "<<" * 501
    short, long = (seconds(check, unit, size, trap) for size in (2**17, 2**21))
    assert long < max(2.0, 64 * short)


def seconds(check: object, unit: str, size: int, trap: str) -> float:
    text = (unit * (size // len(unit)) + trap).encode()
    if check is check_xml:
        text = b"<r>" + text + b"</r>"
    began = time.process_time()
    with suppress(SourceError):
        check(text, "given")
    return time.process_time() - began


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("turtle", "<a> <b> " + "<<( <a> <b> " * 499 + "<c>" + " )>>" * 499 + " ."),
        ("turtle", "<a> <b> " + "<< <a> <b> " * 499 + "<c>" + " >>" * 499 + " ."),
        ("turtle", "<a> <b> <c> " + "{| <b> <c> " * 5000 + "|}" * 5000 + " ."),
        ("turtle", "<a> <b> " + "[ <b> " * 240_000 + "1" + "]" * 240_000 + " ."),
        ("jsonld", '{"x:p":' * 499 + "1" + "}" * 499),
        (
            "rdfxml",
            RDFXML + ">" + "<x:T><x:p>" * 249 + "</x:p></x:T>" * 249 + "</rdf:RDF>",
        ),
    ],
)
def test_what_is_just_allowed_does_not_end_the_process(form, text, tmp_path):
    path = tmp_path / "deep"
    path.write_text(text)
    program = (
        "import sys; from pathlib import Path; from threading import Thread;"
        "from milgraph.syntax import *; from milgraph.terms import NamedNode;"
        "text = Path(sys.argv[2]).read_bytes(); base = NamedNode('http://x/');"
        "one = lambda: print(len(read(Source('x', text, FORMATS[sys.argv[1]]), base=base,"
        " strict=False)));"
        "thread = Thread(target=one); thread.start(); thread.join()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, form, str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) >= 1


# What is admitted when it need not be RDF 1.1

plain = partial(parsed, strict=False)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("turtle", "<a> <b> <<( <a> <b> 1 )>> ."),
        ("turtle", "<a> <b> 1 {| <c> 2 |} ."),
        ("turtle", "<< <a> <b> 1 ~ <r> >> <c> 2 ."),
        ("turtle", '<a> <b> "x"@ar--rtl .'),
        ("turtle", '<a> <b> "x\\u0001\\u0000\\uFFFF" .'),
        ("turtle", '<a> <b> "x\x01" .'),
        ("trig", "_:g { <a> <b> 1 }"),
        ("nquads", "<x:a> <x:b> <<( <x:a> <x:b> _:c )>> _:g ."),
        ("jsonld", '{"@graph": [{"@graph": [{"@id": "#a", "x:p": 1}]}]}'),
        ("jsonld", '{"@id": "#a", "x:p": "a\\u0001"}'),
        ("turtle", f'<a> <b> "{"x" * 1_000_001}" .'),
    ],
)
def test_what_strict_reading_refuses_is_read_where_it_need_not_be_strict(form, text):
    assert plain(text, form)
    refusal(text, form)


@pytest.mark.parametrize("form", ["nquads", "trig"])
def test_what_is_admitted_can_be_written_and_read_again(form):
    quads = plain('_:g { <a> <b> <<( <a> <b> "x\\u0001\\u0000"@ar--rtl )>> }', "trig")
    import pyoxigraph as ox  # noqa: PLC0415 - only the tests may

    written = ox.serialize(quads, format=FORMATS[form].syntax)
    assert plain(written, form) == quads


@pytest.mark.parametrize(
    "text",
    [
        RDFXML + "><rdf:Description><x:p>&#1;</x:p></rdf:Description></rdf:RDF>",
        RDFXML + "><rdf:Description><x:p>\x01</x:p></rdf:Description></rdf:RDF>",
        RDFXML + "><rdf:Description><x:p>&nbsp;</x:p></rdf:Description></rdf:RDF>",
        RDFXML + "><rdf:Description></rdf:RDF>",
        RDFXML + ">",
        '<?xml version="1.0" encoding="ISO-8859-1"?>' + RDFXML + "></rdf:RDF>",
        '<?xml version="1.0" encoding="UTF-7"?>' + RDFXML + "></rdf:RDF>",
        (RDFXML + "></rdf:RDF>").encode("utf-16"),
        (RDFXML + "></rdf:RDF>").encode("utf-16-le"),
        (RDFXML + "></rdf:RDF>").encode("utf-32"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_what_is_no_xml_in_utf_8_is_refused(text, strict):
    refusal(text, "rdfxml", strict=strict)


def test_ill_formed_xml_is_told_with_its_place():
    error = refusal(RDFXML + ">\n<x:p>\n</x:q></rdf:RDF>", "rdfxml")
    assert error.message == "the XML is ill-formed: mismatched tag"
    assert error.position == Position("given", 3, 3)


def test_the_shipped_files_are_far_from_every_bound():
    shipped = Resources.shipped()
    for path in (*shipped.ontology, *shipped.reference, *shipped.articles[:5]):
        assert read(Source.of(path))
