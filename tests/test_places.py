"""A complaint points to where its source says what is wrong, whatever its syntax."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milgraph.articles import Article, read_article
from milgraph.errors import Position, UnknownTermError
from milgraph.iris import skolemise
from milgraph.places import Statement, statements
from milgraph.shipped import Shipped
from milgraph.syntax import FORMATS, Source, as_stored, read
from milgraph.terms import BASE, MIL, RDF, Literal, NamedNode, Quad, Term

E = "http://example.org/"
TRIG = b"""@prefix : <http://example.org/> . # a comment; with { signs
:g {
  :s :p :o , "a; b"
    , "two\\" lines"@en ; # ] }
    :q 12 , [ :r 1.5 ; :k [ :z "inner" ] ] .
  [ :a :b ] :c :d .
}
PREFIX e: <http://example.org/>
GRAPH e:h { e:s a :T. }
e:s e:p '''long
.text'''^^e:kind .
"""
JSON = {
    "@context": {"@vocab": E, "name": "@id"},
    "@graph": [
        {
            "name": E + "s",
            "p": [{"name": E + "o"}, "text", 7],
            "q": {"r": {"@value": "einer", "@language": "de"}, "urn:x-y": 1},
        },
        {"name": E + "h", "@graph": [{"@type": "T", "is it": True, "of": ["a", "b"]}]},
    ],
}


def source(text: bytes, form: str) -> Source:
    return Source("x", text, FORMATS[form])


def as_json(document: object) -> bytes:
    return json.dumps(document, indent=1).encode()


def at(text: bytes, place: Position | None) -> str:
    """Return what stands at the place, up to a blank or a sign."""
    assert place
    assert place.line
    assert place.column
    return text.decode().split("\n")[place.line - 1][place.column - 1 :]


def said(text: bytes, form: str) -> Mapping[str, Statement]:
    return {str(s.quad.object): s for s in statements(source(text, form))}


@pytest.mark.parametrize(
    ("value", "subject", "predicate", "written"),
    [
        (f"<{E}o>", ":s :p", ":p :o", ':o , "a; b"'),
        ('"a; b"', ":s :p", ":p :o", '"a; b"'),
        ('"two\\" lines"@en', ":s :p", ":p :o", '"two'),
        (str(Literal(12)), ":s :p", ":q 12", "12 ,"),
        ('"inner"', '[ :z "inner"', ":z ", '"inner" ]'),
        (f"<{E}b>", "[ :a :b ]", ":a :b", ":b ]"),
        (f"<{E}d>", "[ :a :b ]", ":c :d", ":d ."),
        (f"<{E}T>", "e:s a", "a :T", ":T."),
        (f'"long\n.text"^^<{E}kind>', "e:s e:p", "e:p '''", "'''long"),
    ],
)
def test_turtle_tells_where_subject_predicate_and_value_stand(
    value: str, subject: str, predicate: str, written: str
) -> None:
    found = {key.replace("\\n", "\n"): s for key, s in said(TRIG, "trig").items()}
    statement = found[value]
    assert at(TRIG, statement.subject).startswith(subject)
    assert at(TRIG, statement.predicate).startswith(predicate)
    assert at(TRIG, statement.value).startswith(written)


def test_turtle_tells_where_a_node_in_brackets_is_a_value_and_where_its_graph_opens() -> (
    None
):
    inner = [
        s for s in statements(source(TRIG, "trig")) if s.quad.predicate.value == E + "k"
    ]
    assert [at(TRIG, s.value)[:4] for s in inner] == ["[ :z"]
    assert [at(TRIG, s.subject)[:4] for s in inner] == ["[ :r"]
    assert [at(TRIG, s.graph)[:4] for s in inner] == [":g {"]
    assert said(TRIG, "trig")[f"<{E}T>"].graph == Position("x", 9, 7)


def test_lines_of_quads_tell_their_places() -> None:
    text = f'<{E}a> <{E}p> "x" <{E}g> .\n_:b <{E}p> <{E}c>  <{E}g>.\n'.encode()
    one, two = statements(source(text, "nquads"))
    assert (one.value.line, at(text, one.value)[:3]) == (1, '"x"')
    assert (two.value.line, at(text, two.value)[:22]) == (2, f"<{E}c>")
    assert at(text, two.graph).startswith(f"<{E}g>")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (f"<{E}o>", "$['@graph'][0].p[0]"),
        ('"text"', "$['@graph'][0].p[1]"),
        (str(Literal(7)), "$['@graph'][0].p[2]"),
        ('"einer"@de', "$['@graph'][0].q.r"),
        (str(Literal(1)), "$['@graph'][0].q['urn:x-y']"),
        (f"<{E}T>", "$['@graph'][1]['@graph'][0]['@type']"),
        ('"b"', "$['@graph'][1]['@graph'][0].of[1]"),
    ],
)
def test_json_tells_by_which_path(value: str, path: str) -> None:
    text = as_json(JSON)
    place = said(text, "jsonld")[value].value
    assert place.path == path
    key = path.rpartition(".")[2].rpartition("[")[2].strip("]'")
    assert key.isdigit() or at(text, place).startswith(f'"{key}"')


def test_of_values_that_cannot_be_told_apart_json_tells_the_member() -> None:
    number = f"{E}number"
    values = [{"@value": n, "@type": number} for n in ("01", "1")]
    context = {"@vocab": E, "n": {"@type": "http://www.w3.org/2001/XMLSchema#integer"}}
    document = {"@context": context, "@id": E + "s", "n": ["01", "+1"], "m": values}
    found = statements(source(as_json(document), "jsonld"))
    paths = {(s.quad.predicate.value[-1], s.value.path) for s in found}
    assert ("n", "$.n") in paths
    assert {("m", "$.m[0]"), ("m", "$.m[1]")} <= paths


NODES = st.sampled_from([":a", ":b", "_:x", "<http://e.org/>", "[]", "[ :p 1 ; a :b ]"])
VALUES = NODES | st.sampled_from(
    ["'#'", '"}"@en', "1.5", '"""a\n."""', "( 1 [] )", "true"]
)
TEXTS = st.lists(
    st.builds("{} :p {} , {}; :q {}".format, NODES, VALUES, VALUES, VALUES), max_size=4
).map(lambda parts: "".join(f"{p} .\n" for p in parts))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(TEXTS, TEXTS.map(":g {{ {} }}".format)), max_size=3))
def test_every_statement_of_a_text_has_a_place(parts: list[str]) -> None:
    text = f"@prefix : <{E}> .\n{' '.join(parts)}".encode()
    found = statements(source(text, "trig"))
    quads = read(source(text, "trig"))
    assert len(as_stored(s.quad for s in found)) == len(quads)
    for statement in found:
        quad = statement.quad
        if isinstance(quad.object, NamedNode) and quad.object.value.startswith(E):
            assert at(text, statement.value).startswith(":" + quad.object.value[-1])
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(E):
            assert at(text, statement.subject).startswith(":" + quad.subject.value[-1])


MEMBERS = st.recursive(
    st.sampled_from(
        [1, True, "x", {"@id": E + "o"}, {"@value": "v", "@language": "en"}]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["p", "q", "r"]), inner, min_size=1),
        st.builds(lambda part: {"@id": E + "n", "p": part}, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(MEMBERS)
def test_every_statement_of_a_json_text_has_the_path_of_its_value(part: Any) -> None:
    document = {"@context": {"@vocab": E}, "@id": E + "top", "p": part}
    form = source(as_json(document), "jsonld")
    found = statements(form)
    assert len({s.quad for s in found}) == len(read(form))
    for statement in found:
        assert statement.value.path
        value = _at_path(document, statement.value.path)
        if isinstance(statement.quad.object, Literal) and not isinstance(value, list):
            plain = value["@value"] if isinstance(value, dict) else value
            assert str(plain).lower() == statement.quad.object.value


def _at_path(document: Any, path: str) -> Any:
    for step in path.replace("]", "").replace("[", ".").split(".")[1:]:
        document = document[int(step) if step.isdigit() else step]
    return document


def test_what_a_context_of_the_text_makes_of_a_member_may_leave_no_places() -> None:
    document = {
        "@context": {"label": {"@id": E + "label", "@container": "@language"}},
        "@id": E + "s",
        "label": {"en": "one"},
    }
    assert all(s.value.path for s in statements(source(as_json(document), "jsonld")))


# Articles


ARTICLE: dict[str, Any] = {
    "@context": "https://w3id.org/milgraph/context.jsonld",
    "id": "article:2024-05-14-drill",
    "type": "NewsReport",
    "label": {"value": "A drill of two bombers", "language": "en"},
    "publisher": "actor:tass",
    "source": "https://example.org/drill",
    "publishedOn": {
        "earliestStart": "2024-05-14T00:00:00+03:00",
        "latestEnd": "2024-05-14T23:59:59+03:00",
    },
    "segments": [
        {
            "id": "#s1",
            "type": "Segment",
            "segmentKind": "segment:body",
            "segmentIndex": 1,
        }
    ],
    "claims": [
        {
            "id": "#claim-1",
            "type": "Claim",
            "claimant": "actor:tass",
            "anchoredIn": "#s1",
            "description": {"value": "What the agency tells.", "language": "en"},
            "mil:wording": "wording:narrated",
            "mil:evidentiality": "evidentiality:own-voice",
            "mil:modality": "modality:fact",
            "mil:polarity": "polarity:positive",
            "asserts": [
                {
                    "id": "#drill",
                    "type": "Exercise",
                    "label": {"value": "Drill over the Sea of Japan", "language": "en"},
                    "hasPlace": "place:sea-of-japan",
                    "hasTime": {
                        "earliestStart": "2024-05-11T00:00:00+03:00",
                        "latestEnd": "2024-05-13T23:59:59+03:00",
                    },
                    "hasParticipation": [
                        {
                            "participant": "actor:russian-mod",
                            "mil:role": "role:principal",
                            "platformType": "platform:tu-95ms",
                            "count": {"exactly": 2, "mil:basis": "basis:stated"},
                        }
                    ],
                }
            ],
        }
    ],
}
NAME = "2024-05-14-drill"


def written(shipped: Shipped, document: object = ARTICLE) -> Article:
    content = as_json(document)
    return read_article(
        Source(f"{NAME}.jsonld", content, FORMATS["jsonld"]), shipped.vocabulary
    )


def test_an_article_of_plain_json_says_what_one_of_trig_says(drill, shipped) -> None:
    named = {"<#published>": 1, "<#time>": 1, "<#bombers>": 1, "<#bombers-count>": 1}
    trig = drill().content.decode()
    article = read_article(drill(), shipped.vocabulary)
    # The nodes that JSON leaves without a name have none here either.
    nodes = [NamedNode(f"{article.iri.value}#{name[2:-1]}") for name in named]
    assert all(name in trig for name in named)
    assert _bare(written(shipped).quads) == _bare(article.quads, nodes)


def _bare(
    quads: frozenset[Quad], nodes: list[NamedNode] | None = None
) -> frozenset[str]:
    """Return the quads without the names of some nodes, or of those that were named."""

    def bare(term: Term) -> str:
        is_hidden = term in nodes if nodes else "#node-" in str(term)
        return "_" if is_hidden else str(term)

    return frozenset(
        f"{bare(q.subject)} {q.predicate} {bare(q.object)} {q.graph_name}"
        for q in quads
    )


@pytest.mark.parametrize(
    ("predicate", "path"),
    [
        (MIL.exactly, "$.claims[0].asserts[0].hasParticipation[0].count.exactly"),
        (MIL.hasPlace, "$.claims[0].asserts[0].hasPlace"),
        (MIL.inArticle, "$.claims[0]"),
        (MIL.inDocument, "$.segments[0]"),
        (MIL.modality, "$.claims[0]['mil:modality']"),
        (MIL.platformType, "$.claims[0].asserts[0].hasParticipation[0].platformType"),
    ],
)
def test_a_finding_of_an_article_in_json_has_its_path(shipped, predicate, path) -> None:
    article = written(shipped)
    (quad,) = [q for q in article.quads if q.predicate == predicate]
    place = article.position_of(quad.subject, path=predicate, value=quad.object)
    assert place
    assert place.path == path
    assert str(place).startswith(f"{NAME}.jsonld:{place.line}:")


def test_a_finding_about_what_is_missing_has_the_path_of_its_node(shipped) -> None:
    article = written(shipped)
    (quad,) = [q for q in article.quads if q.predicate == MIL.exactly]
    place = article.position_of(quad.subject, path=MIL.unit)
    assert place
    assert place.path == "$.claims[0].asserts[0].hasParticipation[0].count"


def test_a_name_that_is_misspelled_has_its_path(shipped) -> None:
    document = json.loads(json.dumps(ARTICLE).replace("hasPlace", "hasPlce"))
    with pytest.raises(UnknownTermError) as refused:
        written(shipped, document)
    assert refused.value.position
    assert refused.value.position.path == "$.claims[0].asserts[0].hasPlce"


def test_a_finding_of_an_article_in_trig_has_the_line_of_its_value(
    drill, shipped
) -> None:
    source = drill()
    article = read_article(source, shipped.vocabulary)
    count = NamedNode(f"{article.iri.value}#bombers-count")
    claim = NamedNode(f"{article.iri.value}#claim-1")
    lines = source.content.decode().split("\n")
    for path, start in (
        (MIL.exactly, "2 ;"),
        (MIL.basis, "basis:stated"),
        (None, "<#b"),
    ):
        value = next(
            (
                q.object
                for q in article.quads
                if q.subject == count and q.predicate == path
            ),
            None,
        )
        place = article.position_of(count, path=path, value=value, within=claim)
        assert place
        assert place.line
        assert place.column
        assert lines[place.line - 1][place.column - 1 :].startswith(start)


def test_a_node_that_got_its_name_by_placing_is_found(shipped) -> None:
    text = f"""@base <{BASE}article/{NAME}> . @prefix mil: <{MIL.iri}> .
        <> a mil:Article . <#claim-1> a mil:Claim ; mil:inArticle <> .
        <#claim-1> {{ <#drill> a mil:Exercise ;
            mil:hasTime [ mil:edtf "2024" ] }}""".encode()
    article = read_article(
        Source(f"{NAME}.trig", text, FORMATS["trig"]), shipped.vocabulary
    )
    (quad,) = [q for q in article.quads if q.predicate == MIL.edtf]
    assert quad.subject in {q.subject for q in skolemise(article.quads)}
    assert at(text, article.position_of(quad.subject)).startswith("[ mil:edtf")
    assert at(text, article.position_of(MIL.Exercise)).startswith("mil:Exercise")
    assert RDF["type"] not in {
        q.predicate for q in article.quads if q.subject == quad.subject
    }
