"""Staging: from what is asserted to the view, with all that is entailed and validated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from milgraph.dataset import NamedGraphs
from milgraph.entailment import clashes, materialise
from milgraph.errors import ConsistencyError
from milgraph.iris import ARTICLES, document_of
from milgraph.ontology import Axioms
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    RDFS,
    Literal,
    NamedNode,
    Quad,
    Triple,
    compact,
)
from milgraph.triples import TripleIndex
from milgraph.validation import Engine, Report, Result, edtf_results

__all__ = ["Progress", "View", "located", "materialise_view", "validate_view"]

Progress: TypeAlias = Callable[[str, float], None]
_TYPE = RDF["type"]
_OCCURRENCES = BASE + "occurrence/"


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
        ConsistencyError: something is of two disjoint classes.
    """
    bare = _without_own_occurrences(named)
    triples = materialise(bare.asserted(), axioms)
    added = frozenset(_own_occurrences(bare, triples))
    complete = bare.replacing((), added)
    more = materialise((quad.triple for quad in added), axioms, below=triples)
    for triple in more:
        triples.add(triple)
    for clash in clashes(triples, axioms, triples):
        one, two = (compact(kind) for kind in clash.classes)
        raise ConsistencyError(
            f"{_name(clash.node)} is both {one} and {two}, and nothing can be both",
            hint="Give it the one class that the source states.",
        )
    return View(complete, triples)


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
    judged = {t.object for t in view if t.predicate == MIL.judgedAccount}
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
        occurrence = NamedNode(f"{_OCCURRENCES}{slug}-{local}")
        judgement = NamedNode(f"{occurrence.value}-judgement")
        reason = "The only account so far; no editor has compared it with others."
        for subject, predicate, value in (
            (occurrence, _TYPE, MIL.Occurrence),
            (occurrence, MIL.hasJudgement, judgement),
            (judgement, _TYPE, MIL.AccountJudgement),
            (judgement, MIL.judgedAccount, account),
            (judgement, MIL.judgedBy, NamedNode(BASE + "actor/milgraph")),
            (judgement, MIL.confidence, Literal("1", datatype=_DECIMAL)),
            (judgement, MIL.reason, Literal(reason, language="en")),
        ):
            yield Quad(subject, predicate, value, article)
        for label in view.objects(account, RDFS.label):
            yield Quad(occurrence, RDFS.label, label, article)


_DECIMAL = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")


def validate_view(view: View, engine: Engine) -> Report:
    """Return what the shapes say of the whole view, and what its dates say of themselves."""
    found = (*engine(view.triples), *edtf_results(view.triples, view.triples))
    results = (located(result, view.triples) for result in found)
    return Report.of(results, graph_size=len(view.triples))


def located(result: Result, triples: TripleIndex) -> Result:
    """Return the result with the claim and the segment that its node comes from."""
    node = result.focus_node
    if not isinstance(node, NamedNode):
        return result
    claims = sorted(triples.objects(node, MIL.statedIn), key=str)
    claim = next((c for c in claims if isinstance(c, NamedNode)), None)
    anchor = claim or node
    segments = sorted(triples.objects(anchor, MIL.anchoredIn), key=str)
    segment = next((s for s in segments if isinstance(s, NamedNode)), None)
    return replace(result, claim=claim, segment=segment)


def _name(term: object) -> str:
    return compact(term) if isinstance(term, NamedNode) else str(term)
