"""Places: where a source says each of its statements, told by the parser that reads it."""

from milgraph.places.finding import Places
from milgraph.places.members import statements_of_members
from milgraph.places.statements import Statement
from milgraph.places.tokens import statements_of_tokens
from milgraph.syntax import Source
from milgraph.terms import NamedNode

__all__ = ["Places", "Statement", "statements"]

# The parser is given one token at a time, which takes its time.
_LONGEST = 4 * 1024 * 1024


def statements(
    source: Source, *, base: NamedNode | None = None
) -> tuple[Statement, ...]:
    """Return what the source says and where; nothing where that cannot be told.

    It is a source that was read without complaint. Blank nodes may have other labels
    than they had then, and literals are spelled as they stand there. Of RDF/XML, and of
    what is longer than 4 MiB, nothing is told.
    """
    if len(source.content) > _LONGEST or source.format.name == "rdfxml":
        return ()
    if source.format.name == "jsonld":
        return statements_of_members(source, base=base)
    return statements_of_tokens(source, base=base)
