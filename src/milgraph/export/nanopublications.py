"""Nanopublications: each claim with its provenance as a unit that can be cited by itself.

Four graphs each, as the guidelines ask (nanopub.net): head, assertion, provenance and
publication info. Of an accepted claim the assertion is the graph of the claim. Of a
claim that is denied, asked or supposed it is that somebody denies, asks or supposes it:
the statements are described (RDF 1.1 Schema, section 5.3) and not made.
"""

from collections.abc import Iterator

from milgraph.export.claims import Claim, claims_of
from milgraph.export.dumps import Writable, write_ordered
from milgraph.export.scopes import Selection
from milgraph.graphs import CHANGES
from milgraph.syntax import Format
from milgraph.terms import (
    DCTERMS,
    MIL,
    PROV,
    RDF,
    Literal,
    NamedNode,
    Namespace,
    Quad,
    Resource,
    Term,
    Triple,
)

__all__ = ["NP", "write_nanopublications"]

NP = Namespace("http://www.nanopub.org/nschema#")
_TYPE = RDF["type"]


def write_nanopublications(
    selection: Selection, form: Format, output: Writable
) -> None:
    """Write a nanopublication for each claim that is selected."""
    state = _state(selection)
    quads = (
        quad
        for claim in claims_of(selection)
        for quad in _nanopublication(selection, claim, state)
    )
    write_ordered(quads, form, output, more={"np": NP.iri})


def _nanopublication(
    selection: Selection, claim: Claim, state: tuple[tuple[NamedNode, Term], ...]
) -> Iterator[Quad]:
    own = claim.iri.value
    name, head = NamedNode(f"{own}-nanopub"), NamedNode(f"{own}-head")
    provenance, about = NamedNode(f"{own}-provenance"), NamedNode(f"{own}-pubinfo")
    is_own_graph = claim.is_accepted and bool(claim.facts)
    assertion = claim.iri if is_own_graph else NamedNode(f"{own}-assertion")
    for predicate, value in (
        (_TYPE, NP.Nanopublication),
        (NP.hasAssertion, assertion),
        (NP.hasProvenance, provenance),
        (NP.hasPublicationInfo, about),
    ):
        yield Quad(name, predicate, value, head)
    said = claim.facts if is_own_graph else _described(claim)
    yield from (Quad(t.subject, t.predicate, t.object, assertion) for t in said)
    for one in _provenance(claim, assertion):
        yield Quad(one.subject, one.predicate, one.object, provenance)
    licence = selection.rights.of_article(selection.dataset, claim.article)
    for one in licence.triples():
        if one.predicate in (DCTERMS.license, DCTERMS.bibliographicCitation):
            yield Quad(name, one.predicate, one.object, about)
    if publisher := selection.rights.own.publisher:
        yield Quad(name, DCTERMS.creator, NamedNode(publisher), about)
    yield Quad(name, DCTERMS.source, NamedNode(licence.source), about)
    yield from (Quad(name, predicate, value, about) for predicate, value in state)


def _described(claim: Claim) -> Iterator[Triple]:
    """Return that somebody denies, asks or supposes what the claim says."""
    yield Triple(claim.iri, _TYPE, MIL.Claim)
    for one in claim.record:
        if one.predicate in (MIL.claimant, MIL.modality, MIL.polarity):
            yield one
    for number, fact in enumerate(claim.facts, 1):
        node = NamedNode(f"{claim.iri.value}-statement-{number}")
        parts: tuple[tuple[NamedNode, Resource | Term], ...] = (
            (_TYPE, RDF.Statement),
            (RDF.subject, fact.subject),
            (RDF.predicate, fact.predicate),
            (RDF.object, fact.object),
            (MIL.statedIn, claim.iri),
        )
        yield from (Triple(node, predicate, value) for predicate, value in parts)


def _provenance(claim: Claim, assertion: NamedNode) -> Iterator[Triple]:
    """Return who claims it, in which article, at which place and in which words' kind."""
    for claimant in claim.claimants:
        yield Triple(assertion, PROV.wasAttributedTo, claimant)
    yield Triple(assertion, PROV.wasDerivedFrom, claim.article)
    if assertion != claim.iri:
        yield Triple(assertion, PROV.wasDerivedFrom, claim.iri)
    yield Triple(claim.iri, _TYPE, MIL.Claim)
    yield from claim.record


def _state(selection: Selection) -> tuple[tuple[NamedNode, Term], ...]:
    """Return the commit of the state that the nanopublications are taken from."""
    dataset = selection.dataset
    last = dataset.sequence
    if not last:
        return ()
    commit = NamedNode(f"{CHANGES.value}#{last}")
    ended = dataset.match(commit, PROV.endedAtTime, None, CHANGES)
    times = sorted(
        {quad.object for quad in ended if isinstance(quad.object, Literal)}, key=str
    )
    when = ((DCTERMS.created, time) for time in times[:1])
    return ((PROV.wasDerivedFrom, commit), *when)
