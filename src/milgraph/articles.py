"""Articles: a file of claims becomes the quads that its article may own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from milgraph.errors import (
    PlacementError,
    Position,
    SourceError,
    UnknownGraphError,
    UnknownTermError,
)
from milgraph.iris import ARTICLES, article_named_after, document_of
from milgraph.ontology import Vocabulary
from milgraph.syntax import Source, read, skolemise
from milgraph.terms import (
    BASE,
    MIL,
    OWL,
    RDF,
    DefaultGraph,
    NamedNode,
    Quad,
    Term,
    Triple,
    compact,
    is_ours,
)

__all__ = ["Article", "Status", "read_article"]

type_ = RDF["type"]
_POLARITY = BASE + "code/polarity/"
_MODALITY = BASE + "code/modality/"
_ACCEPTED_MODALITIES = frozenset(
    NamedNode(_MODALITY + name) for name in ("fact", "habit")
)
_POSITIVE = NamedNode(_POLARITY + "positive")
# Their subjects are the dataset's own account of itself, not what the world is like.
_RECORD_CLASSES = frozenset((MIL.Claim, MIL.Reading, MIL.Segment, MIL.Relay))


@dataclass(frozen=True, slots=True)
class Status:
    """Which graphs of an article the view takes, and which it does not."""

    accepted: frozenset[NamedNode]
    suppositions: frozenset[NamedNode]


@dataclass(frozen=True)
class Article:
    """An article's quads, placed: all under it, with what placing adds.

    `quads` hold the article's graph and the graphs of its claims and readings. `origin`
    is where they were read, for complaints.
    """

    iri: NamedNode
    quads: frozenset[Quad]
    source: Source | None = None
    is_anonymous: bool = False

    @cached_property
    def graphs(self) -> Mapping[NamedNode, frozenset[Triple]]:
        """The triples of each graph of the article."""
        found: dict[NamedNode, set[Triple]] = defaultdict(set)
        for quad in self.quads:
            if isinstance(quad.graph_name, NamedNode):
                found[quad.graph_name].add(quad.triple)
        return {name: frozenset(triples) for name, triples in found.items()}

    @cached_property
    def record(self) -> frozenset[Triple]:
        """What the article's own graph says: its record, segments and claim metadata."""
        return self.graphs.get(self.iri, frozenset())

    def of_class(self, kind: NamedNode) -> frozenset[NamedNode]:
        """Return the nodes that the record gives the class."""
        return frozenset(
            t.subject
            for t in self.record
            if t.predicate == type_
            and t.object == kind
            and isinstance(t.subject, NamedNode)
        )

    def named(self, subject: NamedNode, predicate: NamedNode) -> frozenset[NamedNode]:
        """Return the IRIs that the record gives the subject."""
        values = self.values(subject, predicate)
        return frozenset(value for value in values if isinstance(value, NamedNode))

    def values(self, subject: NamedNode, predicate: NamedNode) -> frozenset[Term]:
        """Return what the record says of the subject."""
        return frozenset(
            t.object
            for t in self.record
            if t.subject == subject and t.predicate == predicate
        )

    @cached_property
    def status(self) -> Status:
        """Which graphs the view takes (DESIGN: accepted claims, preferred readings)."""
        taken = {self.iri}
        refused = set()
        for claim in self.of_class(MIL.Claim):
            readings = self.named(claim, MIL.hasReading)
            preferred = self.named(claim, MIL.preferredReading)
            content = {claim, *readings, *preferred} & set(self.graphs)
            chosen = (
                {claim, *preferred} & content if self._is_accepted(claim) else set()
            )
            taken |= chosen
            refused |= content - chosen
        return Status(frozenset(taken), frozenset(refused))

    def _is_accepted(self, claim: NamedNode) -> bool:
        modalities = self.values(claim, MIL.modality)
        return self.values(claim, MIL.polarity) == {_POSITIVE} and (
            len(modalities) == 1 and modalities <= _ACCEPTED_MODALITIES
        )

    def shared_by(self, reading: NamedNode) -> NamedNode | None:
        """Return the claim that the graph is a reading of, if it is one."""
        for triple in self.record:
            names_reading = triple.predicate in (MIL.hasReading, MIL.preferredReading)
            subject = triple.subject
            if (
                names_reading
                and triple.object == reading
                and isinstance(subject, NamedNode)
            ):
                return subject
        return None

    def owns(self, node: Term) -> bool:
        """Return whether the node is of the article, and was written by its author."""
        if not isinstance(node, NamedNode) or document_of(node) != self.iri:
            return False
        # The record around anonymous facts is ours: nobody is asked to mend it.
        return not (self.is_anonymous and node in (self.iri, *self.of_class(MIL.Claim)))

    def position_of(self, node: Term) -> Position | None:
        """Return where the file names the node, as far as a search can tell."""
        return _place(self, node)


def read_article(source: Source, vocabulary: Vocabulary) -> Article:
    """Return the article that the source describes, placed.

    Facts without a claim around them (a file in a format without graphs) are read as one
    claim of an article named after the file: they can be checked, and since nobody
    claims them, not stored (`Article.is_anonymous`).

    Raises:
        SourceError: the text is not RDF.
        PlacementError: it touches what is not its own, or uses a name that nothing
            defines.
    """
    named = article_named_after(Path(source.name))
    quads = read(source, base=named)
    if not quads:
        raise SourceError("the file holds no facts", position=Position(source.name))
    anonymous = all(
        quad.graph_name == DefaultGraph() and quad.object not in _RECORD_CLASSES
        for quad in quads
    )
    iri = named if anonymous else _article_of(quads, source)
    placed = (
        _as_one_claim(quads, iri) if anonymous else {_in_article(q, iri) for q in quads}
    )
    article = Article(iri, skolemise(placed, under=iri), source, is_anonymous=anonymous)
    return _placed(article, vocabulary)


def _as_one_claim(quads: Iterable[Quad], iri: NamedNode) -> set[Quad]:
    """Return the facts in the graph of a claim of their own."""
    claim = NamedNode(iri.value + "#claim-1")
    record = (
        (iri, type_, MIL.Article),
        (claim, type_, MIL.Claim),
        (claim, MIL.inArticle, iri),
        (claim, MIL.polarity, _POSITIVE),
        (claim, MIL.modality, NamedNode(_MODALITY + "fact")),
    )
    facts = {Quad(q.subject, q.predicate, q.object, claim) for q in quads}
    return facts | {
        Quad(subject, predicate, value, iri) for subject, predicate, value in record
    }


def _article_of(quads: Iterable[Quad], source: Source) -> NamedNode:
    """Return the article that the file is about: the one document its names are under."""
    found = sorted(
        {
            document_of(term).value
            for quad in quads
            for term in (quad.subject, quad.graph_name)
            if isinstance(term, NamedNode) and term.value.startswith(ARTICLES)
        }
    )
    if len(found) == 1:
        return NamedNode(found[0])
    if not found:
        raise PlacementError(
            "the file describes no article",
            position=Position(source.name),
            hint=f"Give it an @base such as <{ARTICLES}2024-05-14-drill> and name its "
            "nodes <#claim-1>, <#drill>.",
        )
    raise PlacementError(
        f"the file describes {len(found)} articles: {', '.join(found)}",
        position=source.position_of(found[1]),
        hint="Write one file for each article.",
    )


def _in_article(quad: Quad, iri: NamedNode) -> Quad:
    """Return the quad in the article's graph, where it was in none."""
    if quad.graph_name == DefaultGraph():
        return Quad(quad.subject, quad.predicate, quad.object, iri)
    return quad


def _placed(article: Article, vocabulary: Vocabulary) -> Article:
    """Return the article with what placing adds, once all of it is its own."""
    _refuse_unknown_terms(article, vocabulary)
    _refuse_unknown_graphs(article)
    for quad in article.quads:
        _refuse_foreign_subject(article, quad)
        _refuse_unauthored(article, quad, vocabulary)
    return replace(article, quads=article.quads | _markers(article))


def _markers(article: Article) -> frozenset[Quad]:
    """Return who says what, and which graphs the view takes."""
    marked = {
        Quad(graph, type_, MIL.AcceptedGraph, article.iri)
        for graph in article.status.accepted
    }
    claims = article.of_class(MIL.Claim)
    for graph, triples in article.graphs.items():
        claim = graph if graph in claims else article.shared_by(graph)
        if claim is not None:
            marked |= {
                Quad(t.subject, MIL.statedIn, claim, article.iri) for t in triples
            }
    return frozenset(marked)


def _refuse_unknown_terms(article: Article, vocabulary: Vocabulary) -> None:
    own = {quad.subject for quad in article.quads}
    for quad in sorted(article.quads, key=str):
        for term in (quad.predicate, quad.object):
            if not isinstance(term, NamedNode) or not is_ours(term):
                continue
            if term in vocabulary.names or term in own:
                continue
            if term.value.startswith(ARTICLES) and document_of(term) != article.iri:
                continue
            raise UnknownTermError(
                compact(term),
                near=vocabulary.near(term),
                position=_place(article, term),
            )


def _refuse_unknown_graphs(article: Article) -> None:
    known = {article.iri, *article.of_class(MIL.Claim), *article.of_class(MIL.Reading)}
    for graph in sorted(article.graphs, key=str):
        if graph not in known:
            raise UnknownGraphError(
                f"{compact(graph)} is not a claim or a reading of {compact(article.iri)}",
                position=_place(article, graph),
                hint="Declare it, outside every block: <#claim-1> a mil:Claim ; ...",
            )
        if graph != article.iri and document_of(graph) != article.iri:
            raise UnknownGraphError(
                f"{compact(graph)} lies under another article",
                position=_place(article, graph),
            )


def _refuse_foreign_subject(article: Article, quad: Quad) -> None:
    subject = quad.subject
    if not isinstance(subject, NamedNode) or document_of(subject) != article.iri:
        raise PlacementError(
            f"{_name(subject)} is not described by {compact(article.iri)}",
            position=_place(article, subject),
            hint="A claim speaks of its own nodes. Say it of a node such as <#note> "
            "that points there with mil:concerns.",
        )
    if quad.graph_name == article.iri:
        return
    record = _RECORD_CLASSES & article.values(subject, type_)
    if record or subject == article.iri:
        raise PlacementError(
            f"a claim speaks of {_name(subject)}, which is part of the article's record",
            position=_place(article, subject),
            hint="Move the triple out of the block: the record stands outside all blocks.",
        )


def _refuse_unauthored(article: Article, quad: Quad, vocabulary: Vocabulary) -> None:
    predicate = quad.predicate
    usage = vocabulary.not_for_authors.get(predicate)
    if usage or quad.object == MIL.AcceptedGraph:
        term = MIL.AcceptedGraph if quad.object == MIL.AcceptedGraph else predicate
        raise PlacementError(
            f"{compact(term)} is not written by hand: it is {usage or 'placed'}",
            position=_place(article, term),
            hint=vocabulary.labels.get(term)
            and f"See `{compact(term)}` in the ontology.",
        )
    if predicate == OWL.sameAs:
        raise PlacementError(
            "owl:sameAs is not accepted: it would make two sources' nodes one",
            position=_place(article, predicate),
            hint="Editors tie accounts together in the occurrences, with a reason.",
        )
    if quad.graph_name != article.iri and _is_schema(predicate):
        raise PlacementError(
            f"{compact(predicate)} says what words mean, which an article cannot do",
            position=_place(article, predicate),
        )


def _is_schema(predicate: NamedNode) -> bool:
    return predicate in OWL or predicate.value.startswith(
        "http://www.w3.org/2000/01/rdf-schema#sub"
    )


def _name(term: Term) -> str:
    return compact(term) if isinstance(term, NamedNode) else str(term)


def _place(article: Article, term: Term) -> Position | None:
    """Return where the file names the term, as far as a search of the text can tell."""
    if article.source is None or not isinstance(term, NamedNode):
        return None
    local = term.value.rpartition("#")[2] if "#" in term.value else ""
    return article.source.position_of(
        compact(term), f"<#{local}>" if local else "", term.value, local
    )
