"""IRIs: a node without a name gets one that follows from what is said of it."""

import random

import pytest

from milgraph.errors import PlacementError, Position
from milgraph.iris import SKOLEM, article_named_after, is_article, skolemise
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import BlankNode, NamedNode, Quad

ARTICLE = NamedNode("https://w3id.org/milgraph/article/x")
TWO_GROUPS = """
<#a> <#has> [ <#of> [ <#n> 1 ] ; <#types> ( <#p> <#q> <#r> ) ] ,
            [ <#of> [ <#n> 2 ] ; <#types> ( <#p> <#q> <#r> ) ] .
"""


def quads(text: str) -> frozenset[Quad]:
    return read(Source("x.ttl", text.encode(), FORMATS["turtle"]), base=ARTICLE)


def relabelled(given: frozenset[Quad], chance: random.Random) -> list[Quad]:
    nodes = sorted(
        {t for q in given for t in (q.subject, q.object) if isinstance(t, BlankNode)},
        key=str,
    )
    labels = [BlankNode(f"n{i}") for i in range(len(nodes))]
    chance.shuffle(labels)
    new = dict(zip(nodes, labels, strict=True))
    changed = [
        Quad(new.get(q.subject, q.subject), q.predicate, new.get(q.object, q.object))
        for q in given
    ]
    chance.shuffle(changed)
    return changed


def test_the_same_document_gets_the_same_names_whatever_its_labels_and_order():
    given = quads(TWO_GROUPS)
    named = skolemise(given, under=ARTICLE)
    assert len(named) == len(given)
    chance = random.Random(1)  # noqa: S311 - shuffles, guards nothing
    for _ in range(20):
        assert skolemise(relabelled(given, chance), under=ARTICLE) == named


def test_names_lie_under_the_article_or_are_skolem_iris():
    given = quads("<#a> <#b> [] .")
    (quad,) = skolemise(given, under=ARTICLE)
    assert quad.object.value.startswith(f"{ARTICLE.value}#node-")
    (quad,) = skolemise(given)
    assert quad.object.value.startswith(SKOLEM)


def test_two_documents_do_not_share_names():
    one, other = (
        {q.object for q in skolemise(quads(f"<#a> <#b> [ <#c> {n} ] ."))}
        for n in (1, 2)
    )
    assert not {t for t in one if isinstance(t, NamedNode)} & other


def test_what_has_no_blank_node_is_left_as_it_is():
    given = quads("<#a> <#b> <#c> .")
    assert skolemise(given, under=ARTICLE) == given


CLIQUE = " ".join(
    f"_:b{i} <#p> _:b{j} ." for i in range(12) for j in range(12) if i != j
)


@pytest.mark.parametrize(
    "text",
    [
        "<#a> <#b> [] , [] .",
        "<#a> <#b> [ <#c> 1 ; <#d> [ <#e> 2 ] ] , [ <#c> 1 ; <#d> [ <#e> 2 ] ] .",
        CLIQUE,
        " ".join(f"_:b{i} <#p> _:b{(i + 1) % 100} ." for i in range(100)),
        "<#a> <#p> " + "[ <#p> " * 4_000 + "1" + "]" * 4_000 + " .",
    ],
    ids=["two empty", "two alike", "clique", "ring", "deep chain"],
)
def test_nodes_that_say_the_same_are_refused_and_never_tried_in_every_order(text):
    with pytest.raises(PlacementError, match="cannot be told apart") as caught:
        skolemise(quads(text), position=Position("x.ttl"))
    assert "<#first-group>" in str(caught.value.hint)


def test_more_nodes_than_are_named_for_an_author_are_refused():
    text = "<#a> <#b> " + ", ".join(f"[ <#n> {n} ]" for n in range(5_001)) + " ."
    with pytest.raises(PlacementError, match="5,001 nodes without a name"):
        skolemise(quads(text))


@pytest.mark.parametrize(
    ("slug", "fits"),
    [
        ("2024-05-14-drill", True),
        ("", False),
        ("a--b", False),
        ("-a", False),
        ("a/b", False),
        ("a.b", False),
        ("A", False),
        ("a?b", False),
        ("ä", False),
    ],
)
def test_an_article_is_named_in_lower_case_with_single_hyphens(slug, fits):
    assert is_article(NamedNode(f"https://w3id.org/milgraph/article/{slug}")) == fits


def test_every_file_name_gives_a_name_that_an_article_can_have(tmp_path):
    for name in ("2024-05-14 Drill.trig", "ÄÖ.ttl", "--.ttl", "a__b.c.ttl"):
        assert is_article(article_named_after(tmp_path / name))
