"""Incremental validation: what a change makes conform or not, from its context alone."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Self

from milgraph.terms import MIL, NamedNode, Triple
from milgraph.triples import Triples
from milgraph.validation.dependencies import Dependencies, Transition
from milgraph.validation.edtf import edtf_results
from milgraph.validation.engines import Engine
from milgraph.validation.report import Result

__all__ = [
    "NodeValidation",
    "Validating",
    "validate_change",
    "validate_nodes",
    "validating_change",
]

_DATES = frozenset({MIL.edtf, MIL.earliestStart, MIL.latestEnd})
_EDTF = MIL.edtf
_PART = 500
_AT_ONCE = 2
_AHEAD = 4


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
    with validating_change(engine, dependencies, transition, focus=focus) as validating:
        return validating.found()


@contextmanager
def validating_change(
    engine: Engine,
    dependencies: Dependencies,
    transition: Transition,
    *,
    focus: Iterable[NamedNode] = (),
) -> Iterator["Validating"]:
    """Begin to validate as `validate_change` does; `found` waits for what is left."""
    given = frozenset(focus)
    with Validating(engine, dependencies, transition.after) as validating:
        if len(given) > _PART:
            # What else is affected is found out while these are validated.
            validating.take(given)
        affected = dependencies.affected(transition, known=given)
        validating.take(affected | _dated(transition))
        yield validating


def validate_nodes(
    engine: Engine,
    dependencies: Dependencies,
    nodes: frozenset[NamedNode],
    view: Triples,
) -> NodeValidation:
    """Return what whole-graph validation of the view would find of the nodes."""
    with Validating(engine, dependencies, view) as validating:
        validating.take(nodes)
    return validating.found()


def _dated(transition: Transition) -> set[NamedNode]:
    """Return the nodes whose dates come or go."""
    return {
        triple.subject
        for triple in chain(transition.added, transition.removed)
        if triple.predicate in _DATES and isinstance(triple.subject, NamedNode)
    }


class Validating:
    """Nodes that are validated in parts, each with all that shapes can read of them.

    The time that a validator takes may grow faster than what it is given. While parts
    are validated, which an engine may do without Python's lock, the next are read. What
    is one part only is validated where it is.
    """

    def __init__(
        self, engine: Engine, dependencies: Dependencies, view: Triples
    ) -> None:
        self._engine = engine
        self._dependencies = dependencies
        self._view = view
        self._threads = ExitStack()
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[Future[tuple[Result, ...]]] = deque()
        self._nodes: frozenset[NamedNode] = frozenset()
        self._results: list[Result] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.close()

    def take(self, nodes: frozenset[NamedNode]) -> None:
        """Validate those of the nodes that were not taken before."""
        new = nodes - self._nodes
        self._nodes |= new
        if len(new) > _PART and self._pool is None:
            self._pool = self._threads.enter_context(ThreadPoolExecutor(_AT_ONCE))
        for part in _in_parts(new):
            if len(self._waiting) > _AHEAD:
                # What is read ahead is held in memory.
                self._results += self._waiting.popleft().result()
            context = self._dependencies.context(part, self._view)
            self._size += len(context)
            if self._pool is None:
                self._results += self._engine(context, focus=part)
            else:
                work = self._pool.submit(self._engine, context, focus=part)
                self._waiting.append(work)
        spans = (
            Triple(node, _EDTF, value)
            for node in new
            for value in self._view.objects(node, _EDTF)
        )
        self._results += edtf_results(spans, self._view)

    def found(self) -> NodeValidation:
        """Return what was found of all nodes that were taken."""
        for validated in self._waiting:
            self._results += validated.result()
        return NodeValidation(tuple(self._results), self._nodes, self._size)


def _in_parts(nodes: Iterable[NamedNode]) -> Iterator[frozenset[NamedNode]]:
    # In this order what is told of one thing stays together.
    waiting = iter(sorted(nodes, key=lambda node: node.value))
    while part := frozenset(islice(waiting, _PART)):
        yield part
