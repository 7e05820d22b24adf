"""Export: the view, a graph or the whole dataset, in every format of RDF."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from milgraph.errors import QueryError, UnknownGraphError
from milgraph.generations import Reader
from milgraph.history import LogReader
from milgraph.history.states import dataset_at, number_at
from milgraph.iris import document_of, is_article
from milgraph.proposals import is_by_rule
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS, Format, write
from milgraph.terms import (
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Term,
    Triple,
    compact,
    prefixes,
)

__all__ = ["dump_dataset", "dump_graph", "dump_view", "serialise", "state_at"]


def state_at(reader: Reader, log: LogReader, written: str) -> Snapshot:
    """Return the dataset as it was after a commit, named by its number or by a time.

    Raises:
        UnknownCommitError: there was none by then.
        StoreError: a record of the log is damaged.
    """
    number = number_at(log, written)
    return Snapshot.of(dataset_at(log, number, current=reader.snapshot()))


def dump_view(snapshot: Snapshot, form: Format) -> bytes:
    """Return the view: all that is held true and all that follows, as one graph."""
    return serialise((quad.triple for quad in snapshot.view()), form)


def dump_graph(snapshot: Snapshot, name: NamedNode, form: Format) -> bytes:
    """Return the graph of that name.

    A format with graphs gets the graphs under it as well, so that an article comes
    with its claims, and its name as the base. It comes as it was submitted, without what
    rules have added to it, so that it can be changed and submitted again.

    Raises:
        UnknownGraphError: the dataset has no such graph.
    """
    known = frozenset(snapshot.graphs())
    under = {graph for graph in known if document_of(graph) == name}
    chosen = {name, *under} & known if form.has_graphs else {name} & known
    if not chosen:
        near = get_close_matches(compact(name), map(compact, known), n=3)
        raise UnknownGraphError(
            f"there is no graph {compact(name)}",
            hint=f"Did you mean {' or '.join(near)}?" if near else None,
        )
    quads = (quad for graph in chosen for quad in snapshot.match(graph=graph))
    if form.has_graphs:
        if is_article(name):
            quads = (quad for quad in quads if not is_by_rule(quad))
        return serialise(quads, form, base=name)
    return serialise((quad.triple for quad in quads), form, base=name)


def dump_dataset(snapshot: Snapshot, form: Format) -> bytes:
    """Return every named graph, and the view as the default graph.

    Raises:
        QueryError: the format has no graphs.
    """
    if not form.has_graphs:
        with_graphs = ", ".join(f.name for f in FORMATS.values() if f.has_graphs)
        raise QueryError(
            f"{form.name} has no graphs, so it cannot hold the whole dataset",
            hint=f"Choose {with_graphs}, or export the view or one graph.",
        )
    return serialise([*snapshot.match(), *snapshot.view()], form)


def serialise(
    statements: Iterable[Triple] | Iterable[Quad],
    form: Format,
    *,
    base: NamedNode | None = None,
) -> bytes:
    """Return the statements in the format, in a fixed order, with the prefixes they use."""
    listed: list[Triple | Quad] = [*statements]
    used = {prefix for term in _terms(listed) for prefix in _prefix_of(term)}
    known = {prefix: iri for prefix, iri in prefixes().items() if prefix in used}
    # A local name with a `#` must be escaped, which nobody wants to read.
    known.pop("article", None)
    written = write(listed, form, prefixes=known, base=base)  # type: ignore[arg-type]  # all of one kind
    return _with_own_head(written, known, base)


def _with_own_head(
    written: bytes, known: Mapping[str, str], base: NamedNode | None
) -> bytes:
    """Return Turtle or TriG with its prefixes in order, and written out.

    The engine's order is random, and with a base it makes the namespaces relative.
    """
    lines = written.splitlines(keepends=True)
    head = 0
    while head < len(lines) and lines[head].startswith((b"@prefix ", b"@base ")):
        head += 1
    if not head:
        return written
    own = [f"@base <{base.value}> .\n"] if base else []
    own += [f"@prefix {prefix}: <{known[prefix]}> .\n" for prefix in sorted(known)]
    return b"".join(["".join(own).encode(), *lines[head:]])


def _terms(statements: Iterable[Triple | Quad]) -> Iterator[Term | DefaultGraph]:
    """Return each term once."""
    found: set[Term | DefaultGraph] = set()
    for statement in statements:
        found |= {statement.subject, statement.predicate, statement.object}
        if isinstance(statement, Quad):
            found.add(statement.graph_name)
    return iter(found)


def _prefix_of(term: Term | DefaultGraph) -> Iterator[str]:
    iri = term.datatype if isinstance(term, Literal) else term
    if isinstance(iri, NamedNode):
        prefix, colon, _ = compact(iri).partition(":")
        if colon and prefix in prefixes():
            yield prefix
