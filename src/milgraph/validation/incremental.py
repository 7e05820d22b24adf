"""Incremental validation: what a change makes conform or not, from its context alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from milgraph.terms import MIL, NamedNode, Triple
from milgraph.triples import Triples
from milgraph.validation.dependencies import Dependencies
from milgraph.validation.edtf import edtf_results
from milgraph.validation.engines import Engine
from milgraph.validation.report import Result

__all__ = ["ChangeValidation", "validate_change"]

_DATES = frozenset({MIL.edtf, MIL.earliestStart, MIL.latestEnd})
_EDTF = MIL.edtf


@dataclass(frozen=True, slots=True)
class ChangeValidation:
    """What was found of the nodes whose results a change may alter.

    The results are all those that these nodes have after the change, and take the place
    of those before; other nodes keep theirs. `size` counts the triples that decided it.
    """

    results: tuple[Result, ...]
    focus: frozenset[NamedNode]
    size: int


def validate_change(
    engine: Engine,
    dependencies: Dependencies,
    *,
    before: Triples,
    after: Triples,
    changed: Collection[Triple],
    focus: Iterable[NamedNode] = (),
) -> ChangeValidation:
    """Return what whole-graph validation would find of the nodes that a change affects.

    `before` and `after` are closed under entailment, and `changed` holds the triples in
    which they differ. The nodes of `focus` are validated in any case.
    """
    nodes = dependencies.affected(changed, before, after, known=focus)
    dated = {t.subject for t in changed if t.predicate in _DATES}
    nodes |= {node for node in dated if isinstance(node, NamedNode)}
    context = dependencies.context(nodes, after)
    spans = (Triple(n, _EDTF, v) for n in nodes for v in after.objects(n, _EDTF))
    found = engine(context, focus=nodes)
    return ChangeValidation((*found, *edtf_results(spans, after)), nodes, len(context))
