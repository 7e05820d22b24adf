"""Reifiers: RDF 1.2 in which every fact says by whom it is claimed.

Each fact of a claim is a triple term that a reifier stands for (RDF 1.2 Concepts, section
1.5); the reifier points to the claim, the claimant and the article. Facts of accepted
claims are asserted beside it. What is denied, asked or supposed is reified and not
asserted, and its claim says which of these it is.
"""

from collections.abc import Iterator
from hashlib import sha256

from milgraph.export.claims import Claim, claims_of
from milgraph.export.dumps import Writable, write_ordered
from milgraph.export.scopes import Selection
from milgraph.iris import SKOLEM
from milgraph.syntax import Format
from milgraph.terms import DCTERMS, MIL, PROV, RDF, NamedNode, Quad, Triple

__all__ = ["write_reified"]

_REIFIES = RDF.reifies


def write_reified(selection: Selection, form: Format, output: Writable) -> None:
    """Write the claims that are selected as one graph of RDF 1.2."""
    write_ordered(_quads(selection), form, output)


def _quads(selection: Selection) -> Iterator[Quad]:
    for one in selection.notice.triples():
        yield _quad(one)
    for claim in claims_of(selection):
        yield Quad(claim.iri, RDF["type"], MIL.Claim)
        yield from map(_quad, claim.record)
        for fact in claim.facts:
            if claim.is_accepted:
                yield _quad(fact)
            yield from _reified(fact, claim, claim.iri)
        for reading, facts in claim.readings:
            for fact in facts:
                yield from _reified(fact, claim, reading)


def _reified(fact: Triple, claim: Claim, graph: NamedNode) -> Iterator[Quad]:
    reifier = _reifier(fact, graph)
    yield Quad(reifier, _REIFIES, fact)
    yield Quad(reifier, MIL.statedIn, claim.iri)
    if graph != claim.iri:
        yield Quad(reifier, PROV.wasDerivedFrom, graph)
    for claimant in claim.claimants:
        yield Quad(reifier, PROV.wasAttributedTo, claimant)
    yield Quad(reifier, DCTERMS.source, claim.article)


def _reifier(fact: Triple, graph: NamedNode) -> NamedNode:
    """Return a name that follows from what is stated and where.

    It stands in the place of a blank node (RDF 1.1 Concepts, section 3.5), so that two
    exports do not differ by it.
    """
    digest = sha256(f"{graph} {fact}".encode()).hexdigest()[:32]
    return NamedNode(f"{SKOLEM}reifier-{digest}")


def _quad(triple: Triple) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object)
