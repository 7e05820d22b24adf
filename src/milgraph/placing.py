"""Placing: what a submission may touch, and what is added to it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from milgraph.errors import PlacementError, UnknownGraphError, UnknownTermError
from milgraph.iris import ARTICLES, document_of, fragment_of
from milgraph.ontology import Vocabulary
from milgraph.records import NEGATIVE, Article
from milgraph.terms import (
    DCTERMS,
    MIL,
    OWL,
    RDF,
    RDFS,
    SKOS,
    NamedNode,
    Quad,
    Resource,
    Term,
    Triple,
    compact,
    is_ours,
)

__all__ = ["RECORD_CLASSES", "place", "says_what_words_mean"]

_TYPE = RDF["type"]
# Their members are the dataset's own account of itself, not what the world is like.
RECORD_CLASSES = frozenset((MIL.Claim, MIL.Reading, MIL.Segment, MIL.Relay))
# What happened, whoever reports it, and which accounts are of it, is for editors to say.
_EDITORIAL = frozenset(
    (MIL.Occurrence, MIL.AccountJudgement, MIL.hasJudgement, MIL.judgedAccount)
)
# What the record says of a claim, and no claim says of what it describes.
_RECORD_PROPERTIES = frozenset(
    MIL[name]
    for name in (
        "anchoredIn", "hasReading", "hasRelay", "inArticle", "modality", "polarity",
        "preferredReading", "wording",
    )
)  # fmt: skip
# What else a record may be about: who speaks, when it was published.
_RECORDED = frozenset((*RECORD_CLASSES, MIL.Document, MIL.Actor, MIL.TimeExtent))
_NAMING = frozenset(
    (RDFS.label, RDFS.comment, SKOS.prefLabel, SKOS.altLabel, DCTERMS.description)
)
_SCHEMA = frozenset(
    RDFS[name] for name in ("subClassOf", "subPropertyOf", "domain", "range")
)


def place(article: Article, vocabulary: Vocabulary) -> Article:
    """Return the article with what placing adds, once all of it is its own.

    Raises:
        PlacementError: it touches what is not its own, or uses a name that nothing
            defines.
    """
    for graph, triples in article.graphs.items():
        for subject in {triple.subject for triple in triples}:
            _refuse_foreign_subject(article, subject, graph)
        if graph != article.iri:
            _refuse_record_in_claim(article, triples)
            for value in {triple.object for triple in triples}:
                _refuse_foreign_account(article, value)
    for quad in _by_word(article.quads):
        _refuse_unauthored(article, quad, vocabulary)
        _refuse_schema(article, quad)
    _refuse_unknown_graphs(article)
    _refuse_unknown_terms(article, vocabulary)
    _refuse_unclaimed(article, vocabulary)
    _refuse_empty_claims(article)
    _refuse_wide_denials(article)
    return replace(article, quads=article.quads | frozenset(_markers(article)))


def _by_word(quads: Iterable[Quad]) -> Iterable[Quad]:
    """Return one quad for each property that is used, and each class that is given."""
    found: dict[tuple[NamedNode, Term | None], Quad] = {}
    for quad in quads:
        predicate = quad.predicate
        found[predicate, quad.object if predicate == _TYPE else None] = quad
    return found.values()


def _markers(article: Article) -> Iterator[Quad]:
    """Return who says what, and which graphs the view takes."""
    for graph in article.status.accepted:
        yield Quad(graph, _TYPE, MIL.AcceptedGraph, article.iri)
    for graph, claim in article.claim_of.items():
        for triple in article.graphs.get(graph, ()):
            yield Quad(triple.subject, MIL.statedIn, claim, article.iri)


def _refuse_unknown_terms(article: Article, vocabulary: Vocabulary) -> None:
    own = {quad.subject for quad in article.quads}
    uses: set[tuple[Term, str]] = {(q.predicate, "a property") for q in article.quads}
    uses |= {(q.object, "a class") for q in article.quads if q.predicate == _TYPE}
    uses |= {(q.object, "") for q in article.quads if q.predicate != _TYPE}
    among = {"a property": vocabulary.properties, "a class": vocabulary.classes}
    unknown = [
        (term, kind)
        for term, kind in uses
        if isinstance(term, NamedNode)
        and is_ours(term)
        and term not in among.get(kind, vocabulary.names)
        and (kind or (term not in own and not _is_of_another_article(article, term)))
    ]
    if unknown:
        term, kind = min(unknown, key=str)
        is_known = term in vocabulary.names or term in own
        raise UnknownTermError(
            _name(article, term),
            kind=kind if is_known else "",
            near=() if is_known else _near(article, term, vocabulary),
            position=article.position_of(term),
        )


def _near(article: Article, term: NamedNode, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the names that are spelled like the term, of the article or of all."""
    if document_of(term) != article.iri:
        return vocabulary.near(term)
    own = {
        fragment_of(quad.subject)
        for quad in article.quads
        if isinstance(quad.subject, NamedNode)
    }
    found = get_close_matches(fragment_of(term), own - {""}, n=3, cutoff=0.75)
    return tuple(f"<#{name}>" for name in found)


def _refuse_unknown_graphs(article: Article) -> None:
    known = {article.iri, *article.of_class(MIL.Claim), *article.of_class(MIL.Reading)}
    for graph in sorted(article.graphs.keys() - known, key=str):
        raise UnknownGraphError(
            f"{_name(article, graph)} is not a claim or a reading of {compact(article.iri)}",
            position=article.position_of(graph),
            hint="Declare it, outside every block: <#claim-1> a mil:Claim ; ...",
        )


def _refuse_foreign_subject(
    article: Article, subject: Resource, graph: NamedNode
) -> None:
    if not isinstance(subject, NamedNode) or document_of(subject) != article.iri:
        raise PlacementError(
            f"{_name(article, subject)} is not described by {compact(article.iri)}",
            position=article.position_of(subject),
            hint="A claim speaks of its own nodes. Say it of a node such as <#note> "
            "that points there with mil:concerns.",
        )
    if graph != article.iri and (
        subject == article.iri or RECORD_CLASSES & article.values(subject, _TYPE)
    ):
        raise _record_in_claim(article, subject)


def _refuse_record_in_claim(article: Article, claimed: Iterable[Triple]) -> None:
    """Refuse a claim that says what is for the article's record to say."""
    for triple in claimed:
        if triple.predicate in _RECORD_PROPERTIES:
            raise PlacementError(
                f"{compact(triple.predicate)} is said of "
                f"{_name(article, triple.subject)} in a claim; it is for the article's "
                "record",
                position=article.position_of(triple.predicate),
                hint="Move the triple out of the block: the record stands outside all "
                "blocks.",
            )
        if triple.predicate == _TYPE and triple.object in RECORD_CLASSES:
            raise _record_in_claim(article, triple.subject)


def _record_in_claim(article: Article, subject: Term) -> PlacementError:
    return PlacementError(
        f"a claim speaks of {_name(article, subject)}, which is part of the article's "
        "record",
        position=article.position_of(subject),
        hint="Move the triple out of the block: the record stands outside all blocks.",
    )


def _refuse_unclaimed(article: Article, vocabulary: Vocabulary) -> None:
    """Refuse facts outside all blocks: nobody would claim them."""
    recorded = _recorded(article, vocabulary)
    unclaimed = [
        triple
        for triple in article.record
        if triple.predicate not in _NAMING
        and (triple.subject not in recorded or _is_fact(triple, vocabulary))
    ]
    if unclaimed:
        triple = min(unclaimed, key=str)
        raise PlacementError(
            f"nobody claims {compact(triple.predicate)} of "
            f"{_name(article, triple.subject)}: it stands outside all blocks",
            position=article.position_of(triple.subject),
            hint="Move it into the block of a claim. Outside stand the article, its "
            "segments and claims, who speaks, and labels.",
        )


def _recorded(article: Article, vocabulary: Vocabulary) -> set[Resource]:
    """Return the article, its segments, claims and speakers, and what they lead to."""
    described = {
        triple.subject
        for name, triples in article.graphs.items()
        if name != article.iri
        for triple in triples
    }
    found: set[Resource] = set()
    waiting: list[Resource] = [article.iri]
    waiting += [
        triple.subject
        for triple in article.record
        if triple.predicate == _TYPE and not _is_fact(triple, vocabulary)
    ]
    while waiting:
        node = waiting.pop()
        if node not in found and node not in described:
            found.add(node)
            waiting += [n for n in article.told_of(node) if isinstance(n, NamedNode)]
    return found


def _refuse_empty_claims(article: Article) -> None:
    """Refuse a claim that claims nothing, and a reading that adds nothing."""
    said = {
        claim for graph, claim in article.claim_of.items() if graph in article.graphs
    }
    readings = article.of_class(MIL.Reading) - article.graphs.keys()
    for node in sorted((article.of_class(MIL.Claim) - said) | readings, key=str):
        name = _name(article, node)
        raise PlacementError(
            f"{name} has no block, so it says nothing",
            position=article.position_of(node),
            hint=f"Write {name} {{ ... }} with what it asserts, or remove it.",
        )


def _refuse_wide_denials(article: Article) -> None:
    """Refuse a denial of more than one triple, or of something nobody reports.

    What is denied is the graph as a whole: of two triples nobody could tell which.
    """
    reported = {
        triple.subject
        for graph in article.status.accepted - {article.iri}
        for triple in article.graphs.get(graph, ())
    }
    for claim in sorted(article.of_class(MIL.Claim), key=str):
        denied = article.graphs.get(claim, frozenset())
        if article.values(claim, MIL.polarity) != {NEGATIVE}:
            continue
        if len(denied) != 1 or not {t.subject for t in denied} <= reported:
            raise PlacementError(
                f"the denial {_name(article, claim)} is not one triple about a node that "
                "an accepted claim of the article describes",
                position=article.position_of(claim),
                hint="Deny one thing in one claim, such as <#approach> a "
                "mil:AirspaceViolation, of something that another claim reports.",
            )


def _is_fact(triple: Triple, vocabulary: Vocabulary) -> bool:
    """Return whether the triple gives its subject a class that only claims can give."""
    kind = triple.object
    return (
        triple.predicate == _TYPE
        and isinstance(kind, NamedNode)
        and _RECORDED.isdisjoint({kind, *vocabulary.superclasses.get(kind, ())})
    )


def _refuse_foreign_account(article: Article, value: Term) -> None:
    if _is_of_another_article(article, value):
        raise PlacementError(
            f"a claim points to {_name(article, value)}, which another article describes",
            position=article.position_of(value),
            hint="Describe it as this article does, on a node of its own. Editors tie "
            "accounts together in the occurrences.",
        )


def _refuse_unauthored(article: Article, quad: Quad, vocabulary: Vocabulary) -> None:
    terms = [quad.predicate, *([quad.object] if quad.predicate == _TYPE else ())]
    for term in terms:
        if not isinstance(term, NamedNode):
            continue
        usage = "editorial" if term in _EDITORIAL else None
        usage = usage or vocabulary.not_for_authors.get(term)
        if usage:
            raise PlacementError(
                f"{compact(term)} is not written by hand: it is {usage}",
                position=article.position_of(term),
                hint=f"Remove it; see `{compact(term)}` in the ontology.",
            )


def _refuse_schema(article: Article, quad: Quad) -> None:
    predicate = quad.predicate
    if predicate == OWL.sameAs:
        raise PlacementError(
            "owl:sameAs is not accepted: it would make two sources' nodes one",
            position=article.position_of(predicate),
            hint="Editors tie accounts together in the occurrences, with a reason.",
        )
    if term := says_what_words_mean(quad):
        raise PlacementError(
            f"{_name(article, term)} says what words mean, which an article cannot do",
            position=article.position_of(term),
        )


def says_what_words_mean(quad: Quad) -> NamedNode | None:
    """Return the term by which the quad says what a word means, if it does."""
    predicate, value = quad.predicate, quad.object
    if predicate in OWL or predicate in _SCHEMA:
        return predicate
    gives_meaning = predicate == _TYPE and (
        value in OWL or value in RDFS or value == RDF.Property
    )
    return value if gives_meaning and isinstance(value, NamedNode) else None


def _is_of_another_article(article: Article, term: Term) -> bool:
    return (
        isinstance(term, NamedNode)
        and term.value.startswith(ARTICLES)
        and document_of(term) != article.iri
    )


def _name(article: Article, term: Term) -> str:
    """Return the term as the author writes it."""
    if not isinstance(term, NamedNode):
        return str(term)
    if document_of(term) == article.iri and fragment_of(term):
        return f"<#{fragment_of(term)}>"
    return compact(term)
