"""Claims: each with its graphs, and whether what it says is held true."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from milgraph.export.scopes import Selection
from milgraph.terms import MIL, RDF, NamedNode, Quad, Term, Triple

__all__ = ["Claim", "claims_of"]

_TYPE = RDF["type"]
# What of the record of a claim travels with it.
_RECORD = (
    MIL.inArticle,
    MIL.claimant,
    MIL.wording,
    MIL.modality,
    MIL.polarity,
    MIL.evidentiality,
    MIL.likelihood,
    MIL.attributionUncertain,
    MIL.anchoredIn,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of an article: what it states, and what is recorded of it.

    `facts` are the triples of its graph and those of its preferred reading, where it
    has one; `readings` those of the other readings, which nobody holds true.
    """

    iri: NamedNode
    article: NamedNode
    is_accepted: bool
    record: tuple[Triple, ...]
    claimants: tuple[NamedNode, ...]
    facts: tuple[Triple, ...]
    readings: tuple[tuple[NamedNode, tuple[Triple, ...]], ...] = ()


def claims_of(selection: Selection) -> Iterator[Claim]:
    """Return the claims that are selected, article by article, in order."""
    for article, claim in selection.claims():
        yield _claim(selection, article, claim)


def _claim(selection: Selection, article: NamedNode, claim: NamedNode) -> Claim:
    dataset, view = selection.dataset, selection.view
    said = view.outgoing(claim)
    record = [
        Triple(claim, predicate, value)
        for predicate in _RECORD
        for value in said.get(predicate, ())
    ]
    facts = _triples(selection, claim)
    others = []
    for reading in _named(said.get(MIL.hasReading, [])):
        triples = _triples(selection, reading)
        if _is_accepted(dataset.match(reading, _TYPE, MIL.AcceptedGraph)):
            facts += triples
        else:
            others.append((reading, tuple(sorted(triples, key=str))))
    return Claim(
        claim,
        article,
        _is_accepted(dataset.match(claim, _TYPE, MIL.AcceptedGraph)),
        tuple(sorted(record, key=str)),
        tuple(_named(said.get(MIL.claimant, []))),
        tuple(sorted(set(facts), key=str)),
        tuple(others),
    )


def _triples(selection: Selection, graph: NamedNode) -> list[Triple]:
    quads = selection.dataset.look_up(graph=graph)
    return [quad.triple for quad in quads if selection.keeps(quad)]


def _named(terms: Sequence[Term]) -> list[NamedNode]:
    return sorted((t for t in terms if isinstance(t, NamedNode)), key=str)


def _is_accepted(marks: Iterator[Quad]) -> bool:
    return next(marks, None) is not None
