"""Serialising: statements in a format of RDF, with the prefixes they use, in a fixed order."""

from collections.abc import Iterable, Iterator, Mapping

from milgraph.export.xml import require_holdable
from milgraph.syntax import Format, write
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
from milgraph.wellformed import well_formed

__all__ = ["serialise"]


def serialise(
    statements: Iterable[Triple] | Iterable[Quad],
    form: Format,
    *,
    base: NamedNode | None = None,
) -> bytes:
    """Return the statements in the format, in a fixed order, with the prefixes they use.

    Raises:
        QueryError: it is RDF/XML, and no XML can hold them.
    """
    listed: list[Triple | Quad] = [*statements]
    used = {prefix for term in _terms(listed) for prefix in _prefix_of(term)}
    known = {prefix: iri for prefix, iri in prefixes().items() if prefix in used}
    # A local name with a `#` must be escaped, which nobody wants to read.
    known.pop("article", None)
    if form.name == "rdfxml":
        require_holdable(listed)  # type: ignore[arg-type]  # all of one kind
    written = write(listed, form, prefixes=known, base=base)  # type: ignore[arg-type]  # all of one kind
    if form.name == "rdfxml":
        return b"".join(well_formed([written], form.name))
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
