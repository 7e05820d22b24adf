"""Fates: what became of each article that a commit was about."""

from collections.abc import Mapping
from enum import StrEnum

from milgraph.accounts import is_own_occurrence
from milgraph.commits import Outcome
from milgraph.iris import document_of
from milgraph.store.interface import Readable
from milgraph.terms import NamedNode, Quad

__all__ = ["Fate", "fates_of"]


class Fate(StrEnum):
    """What became of an article, or would become of it."""

    NEW = "new"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    RETRACTED = "retracted"


def fates_of(outcome: Outcome, state: Readable) -> Mapping[NamedNode, Fate]:
    """Return what became of the articles; `state` is the committed one after all of it."""
    removed = _about(outcome.change.removals)
    added = _about(outcome.change.additions)
    return {
        article: _fate(article, outcome, state)
        if article in removed or article in added
        else Fate.UNCHANGED
        for article in outcome.articles
    }


def _about(quads: frozenset[Quad]) -> set[NamedNode]:
    """Return the documents whose graphs the quads are of."""
    names = {
        quad.graph_name
        for quad in quads
        if isinstance(quad.graph_name, NamedNode) and not is_own_occurrence(quad.triple)
    }
    return {document_of(name) for name in names}


def _fate(article: NamedNode, outcome: Outcome, state: Readable) -> Fate:
    """Return the fate of an article that is touched."""
    standing = _of(article, frozenset(state.match(graph=article)))
    gone = _of(article, outcome.change.removals)
    come = _of(article, outcome.change.additions)
    if outcome.sequence is None:
        before, after = standing, (standing - gone) | come
    else:
        before, after = (standing - come) | gone, standing
    if not after:
        return Fate.RETRACTED
    return Fate.REPLACED if before else Fate.NEW


def _of(article: NamedNode, quads: frozenset[Quad]) -> frozenset[Quad]:
    """Return what somebody has said in the article's own graph."""
    return frozenset(
        quad
        for quad in quads
        if quad.graph_name == article and not is_own_occurrence(quad.triple)
    )
