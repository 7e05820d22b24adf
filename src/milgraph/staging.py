"""Staging: from what is asserted to the view, with all that is entailed and validated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from milgraph import graphs
from milgraph.dataset import NamedGraphs
from milgraph.entailment import clashes, materialise
from milgraph.errors import ConsistencyError, PlacementError
from milgraph.iris import ARTICLES, document_of
from milgraph.ontology import Axioms
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Quad,
    Term,
    Triple,
    compact,
    show,
)
from milgraph.triples import TripleIndex
from milgraph.validation import Engine, Report, Result, edtf_results

__all__ = ["Progress", "View", "located", "materialise_view", "validate_view"]

Progress: TypeAlias = Callable[[str, float], None]
_TYPE = RDF["type"]
_OCCURRENCES = BASE + "occurrence/"
_EDITORS = NamedNode(BASE + "actor/milgraph-editors")


@dataclass(frozen=True, slots=True)
class View:
    """The default graph, and the named graphs that it was computed from."""

    named: NamedGraphs
    triples: TripleIndex


def materialise_view(named: NamedGraphs, axioms: Axioms) -> View:
    """Return the view of the named graphs: what the accepted ones assert and what follows.

    An account of a whole that no editor has judged gets an occurrence of its own, in
    its article's graph, so that every count is over occurrences.

    Raises:
        PlacementError: something new would follow of a shared thing.
        ConsistencyError: something is of two disjoint classes.
    """
    bare = _without_own_occurrences(named)
    triples = materialise(bare.asserted(bare.shared), axioms)
    told = materialise(
        bare.asserted(bare.accepted - bare.shared), axioms, below=triples
    )
    _refuse_news_of_shared_things(told, bare, axioms, triples)
    triples.update(told)
    added = frozenset(_own_occurrences(bare, triples))
    complete = bare.replacing((), added)
    triples.update(materialise((quad.triple for quad in added), axioms, below=triples))
    for clash in clashes(triples, axioms, triples):
        one, two = (compact(kind) for kind in clash.classes)
        raise ConsistencyError(
            f"{show(clash.node)} is both {one} and {two}, and nothing can be both",
            hint="Give it the one class that the source states.",
            node=clash.node,
        )
    return View(complete, triples)


def _refuse_news_of_shared_things(
    told: TripleIndex, named: NamedGraphs, axioms: Axioms, shared: TripleIndex
) -> None:
    """Refuse what would follow from claims of a shared thing, beyond who points to it.

    Placing sees to it that no claim speaks of a shared thing; a chain through a node of
    the claim's own could still ally two states, or move an air force.
    """
    things = {
        triple.subject
        for name in named.shared - {graphs.OCCURRENCES}
        for triple in named.triples[name]
    }
    news = [
        triple
        for triple in told
        if triple.subject in things and not _is_of_an_article(triple.object)
    ]
    if news:
        triple = min(news, key=str)
        raise PlacementError(
            f"from what {show(_teller(triple, told, axioms, shared))} says it would follow that "
            f"{show(triple.subject)} has {compact(triple.predicate)} "
            f"{show(triple.object)}, and no article decides that",
            hint="What holds of shared things stands in the reference data. Let the "
            "claim say it of nodes of its own that point there with mil:concerns.",
        )


def _teller(
    news: Triple, told: TripleIndex, axioms: Axioms, shared: TripleIndex
) -> Term:
    """Return the node of an article from which the news follow, as far as one node does."""
    pointing = sorted(
        {
            t.subject
            for t in told
            if t.object == news.subject and _is_of_an_article(t.subject)
        },
        key=str,
    )
    enough = (
        node
        for node in pointing
        if news in materialise(told.about(node), axioms, below=shared)
    )
    return next(enough, pointing[0])


def _is_of_an_article(term: Term) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(ARTICLES)


def _without_own_occurrences(named: NamedGraphs) -> NamedGraphs:
    """Return the graphs without the occurrences that staging gave to accounts."""
    return NamedGraphs(
        {
            name: triples
            if not name.value.startswith(ARTICLES)
            else frozenset(t for t in triples if not _is_own_occurrence(t))
            for name, triples in named.triples.items()
        }
    )


def _is_own_occurrence(triple: Triple) -> bool:
    # No author can write them: every subject of an article is minted under it.
    return isinstance(triple.subject, NamedNode) and triple.subject.value.startswith(
        _OCCURRENCES
    )


def _own_occurrences(named: NamedGraphs, view: TripleIndex) -> Iterator[Quad]:
    judged_account = MIL.judgedAccount
    judged = {t.object for t in view if t.predicate == judged_account}
    for account in sorted(view.subjects(_TYPE, MIL.Activity), key=str):
        if not isinstance(account, NamedNode) or account in judged:
            continue
        article = document_of(account)
        if article not in named.triples or any(view.objects(account, MIL.partOf)):
            continue
        if not any(view.objects(account, MIL.statedIn)):
            continue
        slug = article.value.removeprefix(ARTICLES)
        local = account.value.partition("#")[2]
        # No article has a dot in its name, so that no two accounts share the IRI.
        occurrence = NamedNode(f"{_OCCURRENCES}{slug}.{local}")
        judgement = NamedNode(f"{occurrence.value}#judgement")
        reason = "By rule: the only account so far, not yet compared with others."
        for subject, predicate, value in (
            (occurrence, _TYPE, MIL.Occurrence),
            (occurrence, MIL.hasJudgement, judgement),
            (judgement, _TYPE, MIL.AccountJudgement),
            (judgement, MIL.judgedAccount, account),
            (judgement, MIL.judgedBy, _EDITORS),
            (judgement, MIL.confidence, Literal("1", datatype=XSD.decimal)),
            (judgement, MIL.reason, Literal(reason, language="en")),
        ):
            yield Quad(subject, predicate, value, article)
        for label in view.objects(account, RDFS.label):
            yield Quad(occurrence, RDFS.label, label, article)


def validate_view(view: View, engine: Engine) -> Report:
    """Return what the shapes say of the whole view, and what its dates say of themselves."""
    found = (*engine(view.triples), *edtf_results(view.triples, view.triples))
    results = (located(result, view) for result in found)
    return Report.of(results, graph_size=len(view.triples))


def located(result: Result, view: View, *, claim: NamedNode | None = None) -> Result:
    """Return the result with the claim that it is about, and the segment of that claim.

    Of several claims that speak of the node, it is the one that asserts what is found
    wrong, as far as one does.
    """
    node = result.focus_node
    if not isinstance(node, NamedNode):
        return result
    stated = sorted(view.triples.objects(node, MIL.statedIn), key=str)
    claims = [c for c in stated if isinstance(c, NamedNode)]
    telling = [c for c in claims if _tells(view.named, c, result)]
    claim = claim or next(iter(telling or claims), None)
    anchors = sorted(view.triples.objects(claim or node, MIL.anchoredIn), key=str)
    segment = next((s for s in anchors if isinstance(s, NamedNode)), None)
    return replace(result, claim=claim, segment=segment)


def _tells(named: NamedGraphs, claim: NamedNode, result: Result) -> bool:
    """Return whether the claim asserts the value, or what has the path, of the node."""
    return any(
        triple.subject == result.focus_node
        and triple.predicate == result.path
        and result.value in (None, triple.object)
        for triple in named.triples.get(claim, ())
    )
