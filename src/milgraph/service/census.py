"""Census: what the current generation holds, counted once and kept until the next."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from milgraph.answers import Row
from milgraph.errors import KnowledgeGraphError, LimitError, QueryError
from milgraph.service.describing import own_query
from milgraph.service.holdings import Holdings
from milgraph.terms import Literal, NamedNode, Term

__all__ = ["Census", "Partition", "census", "census_if_soon"]

# How long the description of a service waits for counts that it can do without.
_PATIENCE = 5.0
_NOTHING = "ASK {}"


@dataclass(frozen=True, slots=True)
class Partition:
    """A class or a property, and what is counted of it, by the name VoID has for it."""

    term: NamedNode
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Census:
    """The counts of one generation; what could not be counted in time is left out."""

    size: Mapping[str, int] = field(default_factory=dict)
    classes: tuple[Partition, ...] = ()
    properties: tuple[Partition, ...] = ()
    graphs: Mapping[NamedNode, int] = field(default_factory=dict)
    links: Mapping[NamedNode, tuple[Partition, ...]] = field(default_factory=dict)


_Taken = WeakKeyDictionary[Holdings, tuple[int, "asyncio.Task[Census]"]]
_taken: _Taken = WeakKeyDictionary()


async def census(holdings: Holdings) -> Census:
    """Return the counts of the current generation, which are taken once.

    Raises:
        BusyError: too many queries wait for a reader.
    """
    if holdings.readers.settled is None:
        # A commit is seen by what is asked after it, and told by nothing else.
        await holdings.ask(_NOTHING)
    wanted = holdings.generation
    while True:
        generation, task = _task(holdings)
        found = await asyncio.shield(task)
        if generation >= wanted:
            return found


async def census_if_soon(holdings: Holdings) -> Census:
    """Return the counts, or none at all where taking them takes long.

    They are taken all the same, for who asks later.
    """
    try:
        return await asyncio.wait_for(census(holdings), _PATIENCE)
    except (TimeoutError, KnowledgeGraphError):
        return Census()


def _task(holdings: Holdings) -> tuple[int, "asyncio.Task[Census]"]:
    """Return who counts, and which generation; there is one at a time."""
    known = _taken.get(holdings)
    generation = holdings.generation
    if known and not known[1].done():
        return known
    if known and known[0] == generation and not _has_failed(known[1]):
        return known
    task = asyncio.create_task(_counted(holdings))
    # Who asked may be gone when it fails; who asks next makes it anew.
    task.add_done_callback(_has_failed)
    _taken[holdings] = generation, task
    return generation, task


def _has_failed(task: "asyncio.Task[Census]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _counted(holdings: Holdings) -> Census:
    """Return the counts, one query after the other: nobody is kept waiting for them."""
    size = await _solutions(holdings, "size-of-the-dataset")
    classes = await _solutions(holdings, "classes-of-the-dataset")
    properties = await _solutions(holdings, "properties-of-the-dataset")
    graphs = await _solutions(holdings, "graphs-of-the-dataset")
    links = await _solutions(holdings, "links-of-the-dataset")
    linked: dict[NamedNode, tuple[Partition, ...]] = {}
    for (graph, *rest), names in links:
        if isinstance(graph, NamedNode):
            found = _partitions([(tuple(rest), names[1:])])
            linked[graph] = (*linked.get(graph, ()), *found)
    return Census(
        size=_numbers(*size[0]) if size else {},
        classes=_partitions(classes),
        properties=_partitions(properties),
        graphs={p.term: p.counts.get("triples", 0) for p in _partitions(graphs)},
        links=linked,
    )


_Named = tuple[Row, tuple[str, ...]]


async def _solutions(holdings: Holdings, name: str) -> list[_Named]:
    """Return each solution with its columns; none where they cannot be counted."""
    try:
        answer = await holdings.ask(own_query(holdings, name).text)
        return [(row, answer.columns) for row in answer.rows()]
    except (LimitError, QueryError):
        # A dataset can be too large to be counted within the limits of a query.
        return []


def _partitions(solutions: list[_Named]) -> tuple[Partition, ...]:
    return tuple(
        Partition(row[0], _numbers(row[1:], names[1:]))
        for row, names in solutions
        if isinstance(row[0], NamedNode)
    )


def _numbers(row: tuple[Term | None, ...], names: tuple[str, ...]) -> dict[str, int]:
    return {
        name: int(term.value)
        for name, term in zip(names, row, strict=True)
        if isinstance(term, Literal)
    }
