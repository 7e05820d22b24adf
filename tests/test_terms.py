"""Terms: short names stand for IRIs in both directions, and a wrong one is told."""

import pytest

from milgraph.errors import ParameterError
from milgraph.terms import (
    BASE,
    MIL,
    Literal,
    NamedNode,
    compact,
    expand,
    prefixes,
    show,
)


@pytest.mark.parametrize(
    ("short", "iri"),
    [
        ("mil:Exercise", BASE + "ontology#Exercise"),
        ("place:black-sea", BASE + "place/black-sea"),
        ("article:x#claim-9", BASE + "article/x#claim-9"),
        ("http://example.org/x", "http://example.org/x"),
        ("<http://example.org/x>", "http://example.org/x"),
        ("urn:x:y", "urn:x:y"),
    ],
)
def test_a_name_stands_for_an_iri(short, iri):
    assert expand(short) == NamedNode(iri)


@pytest.mark.parametrize(
    "name", ["x", "nope:x", "", ":x", "mil:a b", "http://a b", "<>"]
)
def test_what_names_nothing_is_refused_with_the_known_prefixes(name):
    with pytest.raises(ParameterError):
        expand(name)


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        (MIL.Exercise.value, "mil:Exercise"),
        (BASE + "code/role/escort", "role:escort"),
        (BASE + "article/x#claim-1", BASE + "article/x#claim-1"),
        (BASE + "actor/a/b", BASE + "actor/a/b"),
        ("http://example.org/x", "http://example.org/x"),
    ],
)
def test_an_iri_is_shortened_where_the_short_form_can_be_written(iri, short):
    assert compact(NamedNode(iri)) == short
    assert expand(short) == NamedNode(iri)


def test_every_prefix_leads_there_and_back():
    for prefix in prefixes():
        assert compact(expand(f"{prefix}:x")) == f"{prefix}:x"
    assert len(prefixes()) >= 20


def test_terms_are_shown_as_people_read_them():
    assert show(MIL.Exercise) == "mil:Exercise"
    assert show(Literal("two", language="en")) == "two"
