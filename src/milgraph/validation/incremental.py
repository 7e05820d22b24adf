"""Incremental validation: what a change makes conform or not, from its context alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from milgraph.terms import MIL, NamedNode, Triple
from milgraph.validation.dependencies import Dependencies, Transition
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
    transition: Transition,
    *,
    focus: Iterable[NamedNode] = (),
) -> ChangeValidation:
    """Return what whole-graph validation would find of the nodes that a change affects.

    The nodes of `focus` are validated in any case.
    """
    after = transition.after
    dated = {
        triple.subject
        for triple in chain(transition.added, transition.removed)
        if triple.predicate in _DATES
    }
    nodes = dependencies.affected(transition, known=focus)
    nodes |= {node for node in dated if isinstance(node, NamedNode)}
    context = dependencies.context(nodes, after)
    spans = (Triple(n, _EDTF, v) for n in nodes for v in after.objects(n, _EDTF))
    found = engine(context, focus=nodes)
    return ChangeValidation((*found, *edtf_results(spans, after)), nodes, len(context))
