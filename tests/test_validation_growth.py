"""How the time of validating grows with what hangs on one node: not with its square."""

import time
from collections.abc import Callable

import pytest

from milgraph.entailment import materialise
from milgraph.shipped import Shipped
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import NamedNode, Triple
from milgraph.validation import Engine, Shapes, turbo_engine

PREFIXES = """
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix x: <https://example.org/> .
"""
FEW, MANY = 400, 800
# Twice as much takes about twice as long; where each is compared with each, four times,
# and with a cross product eight. What is below this is of no account.
MOST_TIMES, NEGLIGIBLE = 4.0, 0.15
NODES: dict[str, tuple[str, str]] = {
    "participants of an account": (
        "x:a a mil:Exercise .",
        "x:a mil:hasParticipation x:p{i} . x:p{i} a mil:Participation ; "
        "mil:participant x:f{i} . x:f{i} a mil:MilitaryForce .",
    ),
    "components of a group": (
        "x:p a mil:Participation ; mil:count x:c . x:c mil:atLeast 1 ; mil:atMost 9 .",
        "x:p mil:hasComponent x:p{i} . x:p{i} a mil:Component ; mil:count x:c{i} ; "
        "mil:platformType x:t{i} . x:c{i} mil:atLeast 1 ; mil:atMost 2 .",
    ),
    "participants with one type": (
        "x:p a mil:Participation .",
        "x:p mil:hasComponent x:p{i} . x:p{i} a mil:Component ; "
        "mil:platformType x:t ; mil:participant x:f{i} .",
    ),
    "relays of a claim": (
        "x:cl a mil:Claim .",
        "x:cl mil:hasRelay x:r{i} . x:r{i} a mil:Relay ; mil:relayer x:f{i} .",
    ),
    "memberships of an actor": (
        "x:f a mil:Organization .",
        "x:f mil:memberIn x:m{i} . x:m{i} a mil:Membership ; mil:inAlliance x:al{i} .",
    ),
    "allies of an actor": (
        "x:f a mil:Organization .",
        "x:m{i} a mil:AllianceRelationship ; mil:party x:f , x:g{i} .",
    ),
    "claimants in a dispute": (
        "x:d a mil:TerritorialDispute .",
        "x:d mil:hasSovereigntyClaim x:m{i} . x:m{i} mil:sovereigntyClaimant x:g{i} .",
    ),
}


@pytest.fixture(scope="module")
def turbo(resources) -> Engine:
    return turbo_engine(Shapes.shipped(resources))


@pytest.fixture(scope="module")
def entailed(shipped: Shipped) -> Callable[[str, int], list[Triple]]:
    ontology = materialise((quad.triple for quad in shipped.ontology), shipped.axioms)

    def entailed(kind: str, number: int) -> list[Triple]:
        one, each = NODES[kind]
        lines = [each.replace("{i}", str(i)) for i in range(number)]
        text = "\n".join([PREFIXES, one, *lines])
        source = Source("many.ttl", text.encode(), FORMATS["turtle"])
        triples = {quad.triple for quad in read(source)}
        return [*{*triples, *materialise(triples, shipped.axioms, below=ontology)}]

    return entailed


@pytest.mark.parametrize("kind", NODES)
def test_the_time_does_not_grow_with_the_square(kind, turbo, entailed):
    few, many = (_seconds(turbo, entailed(kind, number)) for number in (FEW, MANY))
    assert many < max(MOST_TIMES * few, NEGLIGIBLE), f"{few:.2f} s, then {many:.2f} s"


def _seconds(validate: Engine, triples: list[Triple]) -> float:
    """Return the processor time of the quickest of two."""
    focus = {t.subject for t in triples if isinstance(t.subject, NamedNode)}

    def once() -> float:
        start = time.process_time()
        validate(triples, focus=focus)
        return time.process_time() - start

    return min(once(), once())
