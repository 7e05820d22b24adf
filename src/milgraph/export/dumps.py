"""Dumps: the dataset or a part of it in the formats of RDF, the same bytes for the same facts.

The order follows from the facts, and so does what is left out: two graphs that were
loaded in different order, on different machines, give the same dump.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from milgraph.errors import QueryError
from milgraph.export.ordering import by_graph, by_line, in_graph
from milgraph.export.scopes import Selection
from milgraph.export.serialising import serialise
from milgraph.export.streaming import write_stream
from milgraph.export.xml import require_holdable
from milgraph.iris import is_article
from milgraph.proposals import is_by_rule
from milgraph.syntax import FORMATS, Format
from milgraph.terms import DefaultGraph, Quad, prefixes

__all__ = ["Writable", "write_dump", "write_ordered"]

_LINES = frozenset(("nquads", "ntriples"))
# The formats in which a line may be a comment.
_COMMENTED = frozenset(("nquads", "ntriples", "turtle", "trig"))


class Writable(Protocol):
    """What an export can be written to."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""

    def flush(self) -> None:
        """Do what is left to do with what was written."""


def write_dump(selection: Selection, form: Format, output: Writable) -> None:
    """Write what is selected in the format.

    Raises:
        QueryError: the format has no graphs, and what is selected has; or it is XML,
            which cannot hold a text of it.
    """
    name = selection.scope.name
    if name == "graph":
        _write_graph(selection, form, output)
        return
    if name == "view":
        _write_view(selection, form, output)
        return
    if not form.has_graphs:
        with_graphs = ", ".join(f.name for f in FORMATS.values() if f.has_graphs)
        raise QueryError(
            f"{form.name} has no graphs, so it cannot hold more than one",
            hint=f"Choose {with_graphs}, or export the view or one graph.",
        )
    quads = _of_all if name == "all" else _of_articles
    write_ordered(quads(selection, form), form, output)


def _of_all(selection: Selection, form: Format) -> Iterator[Quad]:
    """Return every quad of the dataset, and the notice where its graph belongs."""
    dataset, progress = selection.dataset, selection.progress
    notice = sorted(selection.notice.quads(), key=str)
    if form.name in _LINES:
        return _merged(by_line(dataset, selection.keeps, progress), notice)
    return _chain(by_graph(dataset, selection.keeps, progress), notice)


def _of_articles(selection: Selection, form: Format) -> Iterator[Quad]:
    """Return the graphs of each article that was chosen, and the notice."""
    notice = sorted(selection.notice.quads(), key=str)
    if form.name not in _LINES:
        return _chain(_article_by_article(selection), notice)
    chosen = {name for a in selection.articles for name in selection.graphs_of(a)}

    def keeps(quad: Quad) -> bool:
        return quad.graph_name in chosen and selection.keeps(quad)

    return _merged(by_line(selection.dataset, keeps, selection.progress), notice)


def _article_by_article(selection: Selection) -> Iterator[Quad]:
    for number, article in enumerate(selection.articles):
        selection.progress(number / len(selection.articles))
        for graph in selection.graphs_of(article):
            yield from in_graph(selection.dataset, graph, selection.keeps)


def _write_view(selection: Selection, form: Format, output: Writable) -> None:
    if form.name == "rdfxml":
        require_holdable(filter(selection.keeps, selection.dataset.view()))
    view = in_graph(
        selection.dataset, DefaultGraph(), selection.keeps, selection.progress
    )
    notice = (
        Quad(t.subject, t.predicate, t.object) for t in selection.notice.triples()
    )
    write_ordered(_merged(view, sorted(notice, key=str)), form, output)


def _write_graph(selection: Selection, form: Format, output: Writable) -> None:
    """Write one graph; an article as it was submitted, so that it can be changed.

    What rules have added to it is left out, and the notice is a comment.
    """
    name = selection.scope.graph
    assert name is not None  # noqa: S101 - it is the scope of a graph
    chosen = selection.graphs if form.has_graphs else [name]
    found = (
        quad
        for graph in chosen
        for quad in selection.dataset.look_up(graph=graph)
        if selection.rights.keeps(quad)
    )
    if form.name in _COMMENTED:
        for line in selection.notice.sentences():
            output.write(f"# {' '.join(line.split())}\n".encode())
    if not form.has_graphs:
        output.write(serialise((quad.triple for quad in found), form, base=name))
        return
    if is_article(name):
        found = (quad for quad in found if not is_by_rule(quad))
    if form.name in _LINES:
        write_ordered(sorted(found, key=str), form, output)
        return
    output.write(serialise(found, form, base=name))


def write_ordered(
    quads: Iterable[Quad],
    form: Format,
    output: Writable,
    *,
    more: Mapping[str, str] | None = None,
) -> None:
    """Write the quads as they come; `more` prefixes than ours may be declared."""
    declared = dict(prefixes()) | dict(more or {})
    # A local name with a `#` must be escaped, which nobody wants to read.
    declared.pop("article", None)
    if form.name in _LINES or form.name == "jsonld":
        declared = {}
    statements = quads if form.has_graphs else (quad.triple for quad in quads)
    write_stream(statements, form, output, prefixes=declared)


def _merged(quads: Iterator[Quad], few: list[Quad]) -> Iterator[Quad]:
    """Return both in the order of their lines; the first are in order, and many."""
    waiting = [(str(quad), quad) for quad in reversed(few)]
    for quad in quads:
        if waiting:
            line = str(quad)
            while waiting and waiting[-1][0] < line:
                yield waiting.pop()[1]
        yield quad
    yield from (quad for _, quad in reversed(waiting))


def _chain(quads: Iterator[Quad], last: list[Quad]) -> Iterator[Quad]:
    yield from quads
    yield from last
