"""Syntax: what is no RDF is refused with its place, and nothing a file holds can hang us."""

import subprocess
import sys
from pathlib import Path

import pytest

from milgraph.errors import Position, SourceError
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Source, as_stored, read, write
from milgraph.terms import RDF, RDFS, XSD, Literal, NamedNode, Quad, Triple

BASE = NamedNode("https://w3id.org/milgraph/article/x")
RDFXML = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
A, B = NamedNode("http://example.org/a"), NamedNode("http://example.org/b")


def source(content: bytes | str, form: str = "turtle") -> Source:
    text = content.encode() if isinstance(content, str) else content
    return Source("facts.ttl", text, FORMATS[form])


def refusal(content: bytes | str, form: str = "turtle") -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(source(content, form), base=BASE)
    return caught.value


# What people send by mistake


def test_a_syntax_error_has_line_and_column():
    error = refusal("<#a> <#b> 1 .\n<#a> <#b> ; .\n")
    assert error.position == Position("facts.ttl", 2, 11)


def test_an_undeclared_prefix_is_told_how_to_declare_it():
    error = refusal("actor:x a actor:y .")
    assert "Declare the prefix" in str(error.hint)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("<#a> <#b> 1 .".encode("utf-16"), "UTF-16"),
        ("<#a> <#b> 1 .".encode("utf-32"), "UTF-32"),
        ("<#a> <#b> 1 .".encode("utf-16-be"), "control character U+0000"),
        (b'<#a> <#b> "a\x00b" .', "control character U+0000"),
        (b'<#a> <#b> "a\\u0001b" .', "control character"),
        (b"\x7fELF\x01\x02", "control character"),
        (b'<#a> <#b> "\\uD800" .', "not a valid unicode character"),
        (b'<#a> <#b> "x"@abcdefghi .', "subtag"),
        (b"<#a> <http://x/%zz> 1 .", "percent encoding"),
        (b"<#a> <http://x/ y> 1 .", "IRI"),
    ],
)
def test_what_is_no_text_of_ours_is_named(content, told):
    assert told in refusal(content).message


def test_a_byte_that_is_no_utf_8_has_line_and_column():
    error = refusal('<#a> <#b> 1 .\n<#a> <#b> "ü" .'.encode("latin-1"))
    assert error.message == "byte 0xfc is not UTF-8"
    assert error.position == Position("facts.ttl", 2, 12)


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text():
    assert len(read(source(b"\xef\xbb\xbf<#a> <#b> 1 ."), base=BASE)) == 1


def test_a_relative_name_without_a_base_is_told_to_be_written_in_full():
    with pytest.raises(SourceError) as caught:
        read(source("<a> <b> <c> ."))
    assert "Write the IRI in full" in str(caught.value.hint)


def test_a_file_without_an_ending_of_rdf_is_told_the_known_ones(tmp_path: Path):
    path = tmp_path / "facts.docx"
    path.write_bytes(b"x")
    with pytest.raises(SourceError) as caught:
        Source.of(path)
    assert ".trig" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["none.ttl", "folder.ttl"])
def test_what_cannot_be_read_is_an_error_with_its_name(tmp_path: Path, name: str):
    (tmp_path / "folder.ttl").mkdir()
    with pytest.raises(SourceError) as caught:
        Source.of(tmp_path / name)
    assert str(caught.value.position) == str(tmp_path / name)


def test_a_file_of_100_megabytes_is_refused_before_it_is_parsed(tmp_path: Path):
    path = tmp_path / "large.ttl"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(SourceError, match="longer than 67,108,864 bytes"):
        Source.of(path)


def test_a_file_that_never_ends_is_refused(tmp_path: Path):
    path = tmp_path / "endless.ttl"
    path.symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="longer than"):
        Source.of(path)


def test_no_door_takes_more_than_a_file_may_hold():
    with pytest.raises(SourceError, match="longer than"):
        source(bytes(MAXIMUM_SIZE + 1))


def test_a_text_that_the_parser_cannot_hold_is_refused():
    assert "longer than 16 MiB" in refusal(b'<#a> <#b> "%b" .' % (b"x" * 2**24)).message


# What people send on purpose

DEEP = {
    "triple terms": ("turtle", b"<#a> <#b> " + b"<<( <#a> <#b> " * 30_000),
    "JSON objects": ("jsonld", b'{"http://x/p":' * 30_000),
    "JSON lists": ("jsonld", b'{"http://x/p":' + b'{"@list":[' * 30_000),
    "JSON arrays": ("jsonld", b"[" * 30_000),
    "JSON after a text with brackets": ("jsonld", b'{"a":"]]]\\"}}}",' * 30_000),
    "XML elements": ("rdfxml", RDFXML + b">" + b"<rdf:Description><rdf:li>" * 30_000),
}


@pytest.mark.parametrize("case", DEEP)
def test_deep_nesting_is_refused_before_it_overflows_the_stack(case):
    form, content = DEEP[case]
    assert "nested more than 500 deep" in refusal(content, form).message


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("jsonld", '{"http://x/p":' * 400 + "1" + "}" * 400),
        ("jsonld", '{"http://x/p":' + '{"@list":[' * 200 + "1" + "]}" * 200 + "}"),
        ("turtle", "<#a> <#b> " + "[ <#b> " * 200_000 + "1" + "]" * 200_000 + " ."),
        ("turtle", "<#a> <#b> " + "( " * 200_000 + ")" * 200_000 + " ."),
    ],
)
def test_what_is_not_refused_as_deep_does_not_end_the_process(form, content, tmp_path):
    path = tmp_path / "deep"
    path.write_text(content)
    program = (
        "import sys; from pathlib import Path; from milgraph.syntax import *;"
        "from milgraph.terms import NamedNode;"
        "text = Path(sys.argv[2]).read_bytes();"
        "print(len(read(Source('x', text, FORMATS[sys.argv[1]]), base=NamedNode('http://x/'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, form, str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) >= 200


@pytest.mark.parametrize(
    "prolog",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]>',
        b'<?xml version="1.0"?>\n<!dOcTyPe x>',
        b"\xef\xbb\xbf<!DOCTYPE x>",
        b"<!-- --> <!DOCTYPE x SYSTEM 'file:///etc/passwd'>",
    ],
)
def test_a_doctype_is_refused_however_it_is_written(prolog):
    assert "DOCTYPE" in refusal(prolog + RDFXML + b"/>", "rdfxml").message


def test_xml_in_another_encoding_is_refused():
    declared = b'<?xml version="1.0" encoding="UTF-16"?>' + RDFXML + b"/>"
    assert "UTF-8" in refusal(declared, "rdfxml").message
    assert "UTF-16" in refusal(declared.decode().encode("utf-16"), "rdfxml").message


def test_no_remote_context_is_fetched():
    error = refusal('{"@context": "http://127.0.0.1:9/c", "@id": "#a"}', "jsonld")
    assert error.hint == "Write the context into the file; none is fetched."


@pytest.mark.parametrize(
    ("form", "content", "told"),
    [
        ("turtle", "<#a> <#b> <<( <#a> <#b> 1 )>> .", "a triple stands"),
        ("turtle", "<#a> <#b> 1 {| <#c> 2 |} .", "a triple stands"),
        ("turtle", '<#a> <#b> "x"@ar--rtl .', "base direction"),
        ("trig", "_:g { <#a> <#b> 1 }", "a graph has no name"),
        (
            "jsonld",
            '{"@graph": [{"@graph": [{"@id": "#a", "http://x/p": 1}]}]}',
            "a graph",
        ),
    ],
)
def test_what_is_not_rdf_1_1_is_refused_and_not_dropped(form, content, told):
    assert told in refusal(content, form).message


# What is read, and written


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (("01", XSD.integer), ("1", XSD.integer)),
        (("0.90", XSD.decimal), ("0.9", XSD.decimal)),
        (("1", XSD.boolean), ("true", XSD.boolean)),
        (
            ("2024-05-14T00:00:00.0+00:00", XSD.dateTime),
            ("2024-05-14T00:00:00Z", XSD.dateTime),
        ),
        (("two", XSD.integer), ("two", XSD.integer)),
    ],
)
def test_a_value_is_read_as_the_store_will_spell_it(written, stored):
    one, other = (Literal(text, datatype=kind) for text, kind in (written, stored))
    quads = as_stored([Quad(A, B, one)])
    assert quads == {Quad(A, B, other)}
    assert as_stored(quads) == quads
    assert read(source(f"{A} {B} {one} .")) == quads


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_read_back(form):
    triples = {
        Triple(A, RDF.type, B),
        Triple(A, RDFS.label, Literal('a "quoted" \\ text\n', language="en")),
        Triple(A, RDFS.label, Literal("2", datatype=XSD.integer)),
    }
    written = write(triples, FORMATS[form])
    assert {quad.triple for quad in read(source(written, form))} == triples
    assert write(sorted(triples, key=str, reverse=True), FORMATS[form]) == written
