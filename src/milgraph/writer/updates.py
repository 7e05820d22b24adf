"""Updates: their texts, changed as the protocol asks before the engine reads them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from milgraph.errors import Position, QueryError
from milgraph.terms import NamedNode

__all__ = ["Load", "loads_of", "with_dataset", "with_placeholders"]

# Enough of SPARQL's tokens to tell which braces and words stand outside of all braces.
# Possessive quantifiers keep this linear in the text.
_TOKEN = re.compile(
    r"""
      (?P<blank>\s++|\#[^\r\n]*+)
    | (?P<string>
          \"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"
        | '''(?:[^'\\]|\\.|'(?!''))*+'''
        | "(?:[^"\\\r\n]|\\.)*+"
        | '(?:[^'\\\r\n]|\\.)*+')
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*+>)
    | (?P<name>[\w.-]*+:(?:[\w:.-]|%..|\\.)*+)
    | (?P<word>[?$@]?+\w++)
    | (?P<open>\{)
    | (?P<close>\})
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset(
    [
        "ADD",
        "ALL",
        "AS",
        "BASE",
        "CLEAR",
        "COPY",
        "CREATE",
        "DATA",
        "DEFAULT",
        "DELETE",
        "DROP",
        "GRAPH",
        "INSERT",
        "INTO",
        "LOAD",
        "MOVE",
        "NAMED",
        "PREFIX",
        "SILENT",
        "TO",
        "USING",
        "VERSION",
        "WHERE",
        "WITH",
    ]
)
_DATASET_WORDS = frozenset(("WITH", "USING"))


@dataclass(frozen=True, slots=True)
class Load:
    """A LOAD of an update: where it stands, what it loads, and into which graph.

    `iri` is nothing where the document is not named by an IRI in full; `graph` is as
    the text writes it, and empty for the default graph.
    """

    start: int
    end: int
    iri: str | None
    graph: str
    is_silent: bool
    position: Position


def loads_of(text: str) -> tuple[Load, ...]:
    """Return the LOAD operations of the update.

    >>> [load.iri for load in loads_of("LOAD <http://example.org/a> INTO GRAPH <urn:g>")]
    ['http://example.org/a']
    """
    return tuple(_loads(text)) if _LOAD.search(text) else ()


_LOAD = re.compile("load", re.IGNORECASE)


def _loads(text: str) -> Iterator[Load]:
    found: list[re.Match[str]] = []
    depth = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        depth += (kind == "open") - (kind == "close")
        if kind == "blank" or depth:
            continue
        if token.group() == ";":
            yield from _load_of(text, found)
            found = []
        else:
            found.append(token)
    yield from _load_of(text, found)


def _load_of(text: str, tokens: Sequence[re.Match[str]]) -> Iterator[Load]:
    """Give the LOAD that ends with these tokens; a prologue may stand before it."""
    words = [token.group().upper() for token in tokens]
    if "LOAD" not in words:
        return
    first = words.index("LOAD")
    silent = words[first + 1 : first + 2] == ["SILENT"]
    rest = tokens[first + 1 + silent :]
    if not rest:
        return
    written = rest[0].group()
    graph = ""
    if words[-3:-1] == ["INTO", "GRAPH"]:
        graph = tokens[-1].group()
    yield Load(
        tokens[first].start(),
        tokens[-1].end(),
        written[1:-1] if written.startswith("<") else None,
        graph,
        is_silent=silent,
        position=_position(text, tokens[first].start()),
    )


def with_placeholders(text: str, placeholders: Iterable[str]) -> str:
    """Return the update with data in the place of its LOADs: each a placeholder.

    >>> with_placeholders("LOAD <http://example.org/a> INTO GRAPH <urn:g>", ["<urn:1>"])
    'INSERT DATA { GRAPH <urn:g> { <urn:1> } }'
    """
    pieces: list[str] = []
    done = 0
    for load, placeholder in zip(loads_of(text), placeholders, strict=False):
        data = f"GRAPH {load.graph} {{ {placeholder} }}" if load.graph else placeholder
        pieces += [text[done : load.start], f"INSERT DATA {{ {data} }}"]
        done = load.end
    return "".join([*pieces, text[done:]])


def with_dataset(
    text: str, using: Sequence[NamedNode], named: Sequence[NamedNode] = ()
) -> str:
    """Return the update with its patterns evaluated over the dataset of the graphs.

    This is what `using-graph-uri` and `using-named-graph-uri` ask for (SPARQL 1.1
    Protocol, section 2.2.3). Without graphs the text stays as it is.

    Raises:
        QueryError: the update says itself which dataset it is about, or is not
            well formed.

    >>> with_dataset("DELETE WHERE { ?s ?p ?o }", [NamedNode("urn:g")])
    'DELETE { ?s ?p ?o } USING <urn:g>  WHERE { ?s ?p ?o }'
    """
    if not using and not named:
        return text
    clauses = "".join(f"USING {graph} " for graph in using)
    clauses += "".join(f"USING NAMED {graph} " for graph in named)
    pieces: list[str] = []
    done = 0
    previous = ""
    for word, start, end in _outer(text):
        if word == "WHERE" and previous == "DELETE":
            pieces += [text[done:start], _block(text, end), " ", clauses, " "]
            done = start
        elif word == "WHERE":
            pieces += [text[done:start], clauses]
            done = start
        previous = word
    return "".join([*pieces, text[done:]])


def _outer(text: str) -> Iterator[tuple[str, int, int]]:
    """Give the keywords and the opening braces outside of all braces, with their place."""
    depth = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "close":
            depth = max(0, depth - 1)
        elif kind == "open":
            depth += 1
            if depth == 1:
                yield "{", token.start(), token.end()
        elif kind == "word" and not depth:
            yield _keyword(text, token), token.start(), token.end()


def _keyword(text: str, token: re.Match[str]) -> str:
    word = token.group().upper()
    place = _position(text, token.start())
    if word in _DATASET_WORDS:
        raise QueryError(
            f"the update has {word}, and the request names graphs as well",
            position=place,
            hint="Say in one place which graphs the update is about.",
        )
    if word not in _WORDS:
        # The engine may read two keywords in it, and the graphs would be left out.
        raise QueryError(
            f"{token.group()} is not a keyword of an update",
            position=place,
            hint="Put a space between two keywords.",
        )
    return word


def _block(text: str, start: int) -> str:
    """Return the first group in braces from there on."""
    depth = 0
    opening = start
    for token in _TOKEN.finditer(text, start):
        if token.lastgroup == "open":
            opening = opening if depth else token.start()
            depth += 1
        elif token.lastgroup == "close":
            depth -= 1
            if depth <= 0:
                return text[opening : token.end()]
    raise QueryError("a group is not closed", position=_position(text, start))


def _position(text: str, offset: int) -> Position:
    before = text[:offset]
    return Position("update", before.count("\n") + 1, offset - before.rfind("\n"))
