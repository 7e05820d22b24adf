"""Incremental validation: what a change makes conform or not, from its context alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from milgraph.terms import MIL, NamedNode, Triple
from milgraph.triples import Triples
from milgraph.validation.dependencies import Dependencies, Transition
from milgraph.validation.edtf import edtf_results
from milgraph.validation.engines import Engine
from milgraph.validation.report import Result

__all__ = ["NodeValidation", "validate_change", "validate_nodes"]

_DATES = frozenset({MIL.edtf, MIL.earliestStart, MIL.latestEnd})
_EDTF = MIL.edtf
_PART = 2_000


@dataclass(frozen=True, slots=True)
class NodeValidation:
    """What was found of some nodes: all results that have one of them as focus.

    `size` counts the triples that decided it.
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
) -> NodeValidation:
    """Return what whole-graph validation would find of the nodes that a change affects.

    It takes the place of what was found of these nodes before; others keep theirs. The
    nodes of `focus` are validated in any case.
    """
    after = transition.after
    dated = {
        triple.subject
        for triple in chain(transition.added, transition.removed)
        if triple.predicate in _DATES
    }
    nodes = dependencies.affected(transition, known=focus)
    nodes |= {node for node in dated if isinstance(node, NamedNode)}
    return validate_nodes(engine, dependencies, nodes, after)


def validate_nodes(
    engine: Engine,
    dependencies: Dependencies,
    nodes: frozenset[NamedNode],
    view: Triples,
) -> NodeValidation:
    """Return what whole-graph validation of the view would find of the nodes.

    They are validated in parts, each with all that shapes can read of its nodes: the
    time that a validator takes may grow faster than what it is given.
    """
    spans = (Triple(n, _EDTF, v) for n in nodes for v in view.objects(n, _EDTF))
    found, size = list(edtf_results(spans, view)), 0
    parts = [nodes] if len(nodes) <= _PART else _in_parts(nodes)
    for part in parts:
        context = dependencies.context(part, view)
        found += engine(context, focus=part)
        size += len(context)
    return NodeValidation(tuple(found), nodes, size)


def _in_parts(nodes: Iterable[NamedNode]) -> Iterator[frozenset[NamedNode]]:
    # In this order what is told of one thing stays together.
    waiting = iter(sorted(nodes, key=lambda node: node.value))
    while part := frozenset(islice(waiting, _PART)):
        yield part
