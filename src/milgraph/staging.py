"""Staging: from what is asserted to the view, with all that is entailed and validated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from milgraph import graphs
from milgraph.accounts import is_own_occurrence, own_occurrence
from milgraph.dataset import Named, NamedGraphs
from milgraph.entailment import clashes, materialise
from milgraph.errors import ConsistencyError, PlacementError
from milgraph.iris import ARTICLES, document_of
from milgraph.ontology import Axioms
from milgraph.terms import (
    MIL,
    RDF,
    NamedNode,
    Quad,
    Term,
    Triple,
    compact,
    show,
)
from milgraph.triples import TripleIndex, Triples
from milgraph.validation import Engine, Report, Result, edtf_results

__all__ = [
    "DESCRIBING",
    "Progress",
    "View",
    "WholeView",
    "is_of_an_article",
    "located",
    "materialise_view",
    "news_of_shared_thing",
    "refuse_clashes",
    "validate_view",
]

_Graphs_co = TypeVar("_Graphs_co", bound=Named, covariant=True)
_Known_co = TypeVar("_Known_co", bound=Triples, covariant=True)
Progress: TypeAlias = Callable[[str, float], None]
_TYPE = RDF["type"]
# The graphs that say what shared things are.
DESCRIBING = (graphs.ONTOLOGY, graphs.REFERENCE)


@dataclass(frozen=True, slots=True)
class View(Generic[_Graphs_co, _Known_co]):
    """The default graph, and the named graphs that it was computed from."""

    named: _Graphs_co
    triples: _Known_co


WholeView: TypeAlias = View[NamedGraphs, TripleIndex]


def materialise_view(named: NamedGraphs, axioms: Axioms) -> WholeView:
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
    refuse_clashes(triples, axioms, triples)
    return View(complete, triples)


def _refuse_news_of_shared_things(
    told: TripleIndex, named: NamedGraphs, axioms: Axioms, shared: TripleIndex
) -> None:
    """Refuse what would follow from claims of a shared thing, beyond who points to it.

    Placing sees to it that no claim speaks of a shared thing; a chain through a node of
    the claim's own could still ally two states, or move an air force.
    """
    things = {triple.subject for name in DESCRIBING for triple in named.graph(name)}
    news = [
        triple
        for triple in told
        if triple.subject in things and not is_of_an_article(triple.object)
    ]
    if news:
        triple = min(news, key=str)
        raise news_of_shared_thing(triple, _teller(triple, told, axioms, shared))


def news_of_shared_thing(triple: Triple, teller: Term) -> PlacementError:
    """Return the error of a triple about a shared thing that would follow from a claim."""
    return PlacementError(
        f"from what {show(teller)} says it would follow that {show(triple.subject)} has "
        f"{compact(triple.predicate)} {show(triple.object)}, and no article decides that",
        hint="What holds of shared things stands in the reference data. Let the claim say "
        "it of nodes of its own that point there with mil:concerns.",
    )


def _teller(
    news: Triple, told: TripleIndex, axioms: Axioms, shared: TripleIndex
) -> Term:
    """Return the node of an article from which the news follow, as far as one node does."""
    pointing = sorted(
        {
            t.subject
            for t in told
            if t.object == news.subject and is_of_an_article(t.subject)
        },
        key=str,
    )
    enough = (
        node
        for node in pointing
        if news in materialise(told.about(node), axioms, below=shared)
    )
    return next(enough, pointing[0] if pointing else news.subject)


def is_of_an_article(term: Term) -> bool:
    """Return whether the term is an article, or a node under one."""
    return isinstance(term, NamedNode) and term.value.startswith(ARTICLES)


def _without_own_occurrences(named: NamedGraphs) -> NamedGraphs:
    """Return the graphs without the occurrences that staging gave to accounts."""
    return NamedGraphs(
        {
            name: triples
            if not name.value.startswith(ARTICLES)
            else frozenset(t for t in triples if not is_own_occurrence(t))
            for name, triples in named.triples.items()
        }
    )


def _own_occurrences(named: NamedGraphs, view: TripleIndex) -> Iterator[Quad]:
    for account in sorted(view.subjects(_TYPE, MIL.Activity), key=str):
        if isinstance(account, NamedNode) and document_of(account) in named.triples:
            yield from own_occurrence(account, view)


def refuse_clashes(given: TripleIndex, axioms: Axioms, known: Triples) -> None:
    """Promise that what is given has no two classes that nothing can have together.

    Raises:
        ConsistencyError: they do.
    """
    for clash in clashes(given, axioms, known):
        one, two = (compact(kind) for kind in clash.classes)
        raise ConsistencyError(
            f"{show(clash.node)} is both {one} and {two}, and nothing can be both",
            hint="Give it the one class that the source states.",
            node=clash.node,
        )


def validate_view(view: WholeView, engine: Engine) -> Report:
    """Return what the shapes say of the whole view, and what its dates say of themselves."""
    found = (*engine(view.triples), *edtf_results(view.triples, view.triples))
    results = (located(result, view) for result in found)
    return Report.of(results, graph_size=len(view.triples))


def located(
    result: Result, view: View[Named, Triples], *, claim: NamedNode | None = None
) -> Result:
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


def _tells(named: Named, claim: NamedNode, result: Result) -> bool:
    """Return whether the claim asserts the value, or what has the path, of the node."""
    return any(
        triple.subject == result.focus_node
        and triple.predicate == result.path
        and result.value in (None, triple.object)
        for triple in named.graph(claim)
    )
