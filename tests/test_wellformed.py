"""Well-formedness: what is sent as XML is XML, and says what the dataset says."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET
from xml.parsers import expat

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milgraph.errors import QueryError
from milgraph.syntax import FORMATS, Source, read, write
from milgraph.terms import XSD, Literal, NamedNode, Quad, Triple
from milgraph.wellformed import well_formed

S, P = NamedNode("http://example.org/s"), NamedNode("http://example.org/p")
RESULTS = "{http://www.w3.org/2005/sparql-results#}"
RDF_NS = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    st.sampled_from("<>&\"' \t\r\n]\x00\x01\x1f\x7f\x85\ufffe\uffff\U0001f6a2ax"),
    max_size=12,
)
LOCAL = st.text(
    st.sampled_from("abz09-._~%/#:?&='\u00e9\u00d7\u0300\u4e2d;@!()"), max_size=8
)
UNHOLDABLE = {*map(chr, range(32)), "\ufffe", "\uffff"} - set("\t\n\r")


def results(value: ox.Literal | ox.NamedNode) -> bytes:
    store = ox.Store()
    store.add(Quad(S, P, value))
    found = store.query("SELECT ?o { ?s ?p ?o }")
    return found.serialize(format=ox.QueryResultsFormat.XML)


def rdfxml(triple: Triple) -> bytes:
    return write([triple], FORMATS["rdfxml"])


def checked(text: bytes, form: str, *, size: int = 1 << 20) -> bytes:
    return b"".join(well_formed(_cut(text, size), form))


def _cut(text: bytes, size: int) -> Iterable[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _tree(text: bytes) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - what we wrote ourselves


@given(TEXTS, st.none() | st.sampled_from(["en", "nb-NO"]))
@settings(max_examples=400, deadline=None)
def test_results_in_xml_hold_each_text_as_it_is_or_are_refused(text, language):
    written = results(Literal(text, language=language))
    if UNHOLDABLE & set(text):
        with pytest.raises(QueryError, match="XML cannot hold"):
            checked(written, "xml")
        return
    found = _tree(checked(written, "xml")).iter(f"{RESULTS}literal")
    assert [literal.text or "" for literal in found] == [text]


@given(TEXTS, LOCAL)
@settings(max_examples=600, deadline=None)
def test_rdf_xml_says_what_the_triple_says_or_is_refused(text, local):
    try:
        triple = Triple(S, NamedNode(f"http://example.org/{local}"), Literal(text))
    except ValueError:
        return
    try:
        sent = checked(rdfxml(triple), "rdfxml")
    except QueryError:
        assert UNHOLDABLE & set(text) or not _has_name(triple.predicate)
        return
    (predicate,) = _tree(sent)[0]
    namespace, _, name = predicate.tag[1:].partition("}")
    assert (namespace + name, predicate.text or "") == (triple.predicate.value, text)
    assert read(Source("x", sent, FORMATS["rdfxml"])) == {Quad(*triple)}


def _has_name(predicate: NamedNode) -> bool:
    """Tell whether the IRI ends in a name without a colon (Namespaces in XML, 2.1)."""
    return bool(re.search(r"[^\W\d][\w.\-\u0300]*$", predicate.value))


@given(TEXTS, LOCAL, st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_it_does_not_matter_where_the_chunks_end(text, local, size):
    try:
        triple = Triple(S, NamedNode(f"http://example.org/{local}"), Literal(text))
    except ValueError:
        return
    for written, form in ((rdfxml(triple), "rdfxml"), (results(Literal(text)), "xml")):
        assert _outcome(written, form, size) == _outcome(written, form, 1 << 20)


def _outcome(written: bytes, form: str, size: int) -> bytes | None:
    try:
        return checked(written, form, size=size)
    except QueryError:
        return None


@given(LOCAL, LOCAL)
@settings(max_examples=200, deadline=None)
def test_whatever_is_let_through_is_well_formed(one, other):
    try:
        node, kind = (NamedNode(f"http://example.org/{t}") for t in (one, other))
        typed = Literal("v", datatype=node)
    except ValueError:
        return
    type_ = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for written, form in (
        (rdfxml(Triple(node, type_, kind)), "rdfxml"),
        (rdfxml(Triple(node, P, typed)), "rdfxml"),
        (results(node), "xml"),
        (results(typed), "xml"),
    ):
        if sent := _outcome(written, form, 1 << 20):
            expat.ParserCreate(namespace_separator=" ").Parse(sent, True)


@pytest.mark.parametrize(
    ("text", "told"), [("a\x01b", "U+0001"), ("\x00", "U+0000"), ("\uffff", "U+FFFF")]
)
def test_a_character_is_named_with_a_format_that_holds_it(text, told):
    with pytest.raises(QueryError) as caught:
        checked(results(Literal(text)), "xml")
    assert told in caught.value.message
    assert "application/sparql-results+json" in str(caught.value.hint)
    with pytest.raises(QueryError) as caught:
        checked(rdfxml(Triple(S, P, Literal(text))), "rdfxml")
    assert "text/turtle" in str(caught.value.hint)


@pytest.mark.parametrize("local", ["123", "", "a%20", "?a=1&b='"])
def test_a_predicate_without_an_xml_name_is_named(local):
    predicate = NamedNode(f"http://example.org/{local}")
    with pytest.raises(QueryError) as caught:
        checked(rdfxml(Triple(S, predicate, Literal("v"))), "rdfxml")
    assert str(predicate) in caught.value.message


def test_a_class_without_an_xml_name_is_refused():
    type_ = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    with pytest.raises(QueryError, match="no XML name"):
        checked(rdfxml(Triple(S, type_, NamedNode("http://example.org/1"))), "rdfxml")


def test_the_namespace_of_xmlns_itself_is_refused():
    predicate = NamedNode("http://www.w3.org/2000/xmlns/a")
    with pytest.raises(QueryError, match="XML keeps for itself"):
        checked(rdfxml(Triple(S, predicate, Literal("v"))), "rdfxml")


def test_a_number_and_a_blank_node_pass_unchanged():
    written = results(Literal("1", datatype=XSD.integer))
    assert checked(written, "xml") == written
