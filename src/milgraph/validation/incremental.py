"""Incremental validation: what a change makes conform or not, from its context alone."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
_AT_ONCE = 2


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
    time that a validator takes may grow faster than what it is given. While parts are
    validated, which an engine may do without Python's lock, the next are read.
    """
    spans = (Triple(n, _EDTF, v) for n in nodes for v in view.objects(n, _EDTF))
    found = list(edtf_results(spans, view))
    if len(nodes) <= _PART:
        context = dependencies.context(nodes, view)
        found += engine(context, focus=nodes)
        return NodeValidation(tuple(found), nodes, len(context))
    size = 0
    waiting: deque[Future[tuple[Result, ...]]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for part in _in_parts(nodes):
            if len(waiting) > _AT_ONCE:
                # What is read ahead is held in memory.
                found += waiting.popleft().result()
            context = dependencies.context(part, view)
            size += len(context)
            waiting.append(threads.submit(engine, context, focus=part))
        for validated in waiting:
            found += validated.result()
    return NodeValidation(tuple(found), nodes, size)


def _in_parts(nodes: Iterable[NamedNode]) -> Iterator[frozenset[NamedNode]]:
    # In this order what is told of one thing stays together.
    waiting = iter(sorted(nodes, key=lambda node: node.value))
    while part := frozenset(islice(waiting, _PART)):
        yield part
