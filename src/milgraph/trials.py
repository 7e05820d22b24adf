"""Trials: facts are held against shapes that somebody brings; nothing is stored."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from milgraph.axioms import Axioms
from milgraph.entailment import materialise
from milgraph.iris import article_named_after
from milgraph.records import Article
from milgraph.syntax import Source, read
from milgraph.terms import NamedNode, Triple
from milgraph.triples import Triples
from milgraph.validation import Report, Shapes, validate_with

__all__ = ["try_by"]

# What follows from facts is bounded, as it is when they are submitted.
_MOST_ENTAILED = 250_000


def try_by(shapes: Shapes, facts: Source, *, view: Triples, axioms: Axioms) -> Report:
    """Return what the shapes say of the facts, whatever they are of.

    The shapes see the facts, what the view says of the things that they name and do not
    describe, and what follows from both.

    Raises:
        SourceError: the facts are not RDF.
        LimitError: too much follows from them.
        UnsupportedShapeError: the validator cannot make sense of the shapes.
    """
    base = article_named_after(Path(facts.name))
    quads = read(facts, base=base)
    stated = {quad.triple for quad in quads}
    known = materialise(stated | _said_of(stated, view), axioms, limit=_MOST_ENTAILED)
    report = validate_with(shapes, known)
    text = Article(base, quads, facts, base=base)
    located = (
        replace(
            result,
            position=text.position_of(
                result.focus_node, path=result.path, value=result.value
            ),
        )
        for result in report.results
    )
    return Report.of(located, graph_size=report.graph_size)


def _said_of(stated: Iterable[Triple], view: Triples) -> set[Triple]:
    described = {triple.subject for triple in stated}
    named = {triple.object for triple in stated} - described
    return {
        triple
        for node in named
        if isinstance(node, NamedNode)
        for triple in view.about(node)
    }
