"""Ordering: the quads of a dataset in an order that follows from what they say alone.

No node is without a name, so that the canonical form of the dataset (RDFC-1.0) is its
N-Quads, sorted. To sort them all at once takes memory for all of them; here it is the
subjects that are sorted, and then the few quads of each.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from milgraph.store import Snapshot
from milgraph.terms import DefaultGraph, NamedNode, Quad

__all__ = ["Keep", "Progress", "by_graph", "by_line", "in_graph"]

Keep = Callable[[Quad], bool]
Progress = Callable[[float], None]
# So many quads are sorted at once.
_FEW = 20_000
_STEPS = 200


def by_line(dataset: Snapshot, keep: Keep, progress: Progress) -> Iterator[Quad]:
    """Return the quads that are kept, the view's too, in the order of their lines.

    The lines are those of canonical N-Quads; their order is that of code points.
    """
    subjects = _subjects(quad for quad in dataset.look_up() if keep(quad))
    for number, subject in enumerate(subjects):
        found = dataset.look_up(NamedNode(subject[1:-1]))
        yield from sorted(filter(keep, found), key=str)
        _tell(progress, number, len(subjects))


def by_graph(dataset: Snapshot, keep: Keep, progress: Progress) -> Iterator[Quad]:
    """Return the quads that are kept, graph by graph: first the view, then by name."""
    names = sorted(dataset.graphs(), key=str)
    yield from in_graph(dataset, DefaultGraph(), keep, lambda s: progress(s / 2))
    for number, name in enumerate(names):
        yield from in_graph(dataset, name, keep)
        _tell(lambda s: progress(0.5 + s / 2), number, len(names))


def in_graph(
    dataset: Snapshot,
    name: NamedNode | DefaultGraph,
    keep: Keep,
    progress: Progress = lambda _: None,
) -> Iterator[Quad]:
    """Return the quads of the graph that are kept, in the order of their lines."""
    found = filter(keep, dataset.look_up(graph=name))
    first = list(islice(found, _FEW + 1))
    if len(first) <= _FEW:
        yield from sorted(first, key=str)
        return
    del first
    subjects = _subjects(filter(keep, dataset.look_up(graph=name)))
    for number, subject in enumerate(subjects):
        about = dataset.look_up(NamedNode(subject[1:-1]), graph=name)
        yield from sorted(filter(keep, about), key=str)
        _tell(progress, number, len(subjects))


def _subjects(quads: Iterator[Quad]) -> list[str]:
    """Return the subjects as they begin a line; no subject is without a name.

    With the `>` at its end none begins another, so that their order is that of lines.
    """
    return sorted({str(quad.subject) for quad in quads})


def _tell(progress: Progress, number: int, total: int) -> None:
    if number % max(1, total // _STEPS) == 0:
        progress(number / total)
