"""Segments are positions and digests; a text that moved by one character is found out."""

from hashlib import sha256
from pathlib import Path

import pytest

from milgraph.errors import SourceError
from milgraph.store import Snapshot
from milgraph.terms import MIL, XSD, Literal, NamedNode, Quad, expand
from milgraph.texts import article_of_text, read_text, verify_text

TEXT = "Two ships held a drill.\r\nSchwarzes Meer: Çanakkale, 黒海 🚢.\n"
ARTICLE = expand("article:2024-05-14-drill")
SECOND = NamedNode(ARTICLE.value + "#s2")


def number(value):
    return Literal(str(value), datatype=XSD.integer)


def digest(text):
    return Literal(sha256(text.encode()).hexdigest())


def segment(node, start, end, text=TEXT):
    return [
        Quad(node, MIL.startOffset, number(start), ARTICLE),
        Quad(node, MIL.endOffset, number(end), ARTICLE),
        Quad(node, MIL.digest, digest(text[start:end]), ARTICLE),
    ]


@pytest.fixture
def graph():
    return Snapshot.of(
        [
            Quad(ARTICLE, MIL.textLength, number(len(TEXT)), ARTICLE),
            Quad(ARTICLE, MIL.textDigest, digest(TEXT), ARTICLE),
            *segment(NamedNode(ARTICLE.value + "#s1"), 0, 23),
            *segment(SECOND, 25, 54),
        ]
    )


def test_offsets_count_code_points_and_digests_are_of_utf8(graph):
    report = verify_text(graph, ARTICLE, TEXT)
    assert report.fits
    assert report.segments == 2


def test_line_ends_are_not_translated(graph, tmp_path):
    file = tmp_path / "article.txt"
    file.write_bytes(TEXT.encode())
    assert read_text(file) == TEXT
    report = verify_text(graph, ARTICLE, TEXT.replace("\r\n", "\n"))
    assert {m.node for m in report.misfits} == {ARTICLE, SECOND}


def test_a_segment_that_moved_is_told_where_its_words_begin_now(graph):
    report = verify_text(graph, ARTICLE, "!" + TEXT)
    assert [m.hint for m in report.misfits if m.node == SECOND] == [
        "The same words begin at 26."
    ]


def test_a_segment_beyond_the_end_of_the_text_does_not_fit(graph):
    report = verify_text(graph, ARTICLE, TEXT[:30])
    assert any("does not lie within" in m.problem for m in report.misfits)


def test_the_article_is_found_by_digest_then_length_then_name(graph):
    anywhere = Path("anything.txt")
    assert article_of_text(graph, TEXT, anywhere) == ARTICLE
    assert article_of_text(graph, TEXT.replace("Two", "Ten"), anywhere) == ARTICLE
    assert article_of_text(graph, "x", Path("2024-05-14-drill.txt")) == ARTICLE
    with pytest.raises(SourceError, match="no article says"):
        article_of_text(graph, "x", anywhere)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"abc\xe9", "byte 3 is not UTF-8"), (None, "cannot be read")],
)
def test_a_text_that_cannot_be_read_is_named(tmp_path, content, message):
    file = tmp_path / "article.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SourceError, match=message) as refused:
        read_text(file)
    assert str(file) in str(refused.value)
