"""Writing: judgements as Turtle for the files of `data/occurrences/`."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from milgraph.errors import Position, ReviewError
from milgraph.iris import ARTICLES
from milgraph.terms import (
    MIL,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Term,
    Triple,
    compact,
    prefixes,
)

__all__ = ["appended"]

_USED = ("actor", "mil", "occurrence", "rdfs", "verdict", "xsd")
_ORDER = (
    RDF["type"],
    RDFS.label,
    MIL.hasJudgement,
    MIL.judgedAccount,
    MIL.firstAccount,
    MIL.secondAccount,
    MIL.firstOccurrence,
    MIL.secondOccurrence,
    MIL.verdict,
    MIL.confidence,
    MIL.reason,
    MIL.judgedBy,
)
_ABOUT = "# Which accounts are of one happening, and which are not, as it was reviewed."


def appended(text: str, triples: Sequence[Triple], *, name: str) -> str:
    """Return the text of the file with the judgements after what it has.

    Raises:
        ReviewError: it declares other prefixes or another base than are needed.
    """
    head = _head()
    if not text.strip():
        text = "\n".join((*head, "", _ABOUT, ""))
    else:
        have = {" ".join(line.split()) for line in text.splitlines()}
        used = " ".join(block for block in _blocks(triples))
        for line in head:
            prefix = line.split()[1]
            needed = line.startswith("@base") or prefix in used
            if needed and line not in have:
                raise ReviewError(
                    f"the file does not declare: {line}",
                    position=Position(name),
                    hint="Add the line to its head, or name another file.",
                )
    blocks = "".join(f"\n{block}\n" for block in _blocks(triples))
    return text.rstrip("\n") + "\n" + blocks


def _head() -> list[str]:
    known = prefixes()
    declared = (f"@prefix {name}: <{known[name]}> ." for name in _USED)
    return [f"@base <{ARTICLES}> .", *declared]


def _blocks(triples: Sequence[Triple]) -> Iterator[str]:
    """Return one block a subject, in the order in which they came."""
    place = {t.subject: n for n, t in reversed(list(enumerate(triples)))}
    ordered = sorted(triples, key=lambda t: (place[t.subject], _rank(t)))
    for subject, said in groupby(ordered, key=lambda t: t.subject):
        parts = []
        for predicate, same in groupby(said, key=lambda t: t.predicate):
            values = " , ".join(_written(triple.object) for triple in same)
            verb = "a" if predicate == RDF["type"] else compact(predicate)
            parts.append(f"{verb} {values}")
        yield f"{_written(subject)} " + " ;\n    ".join(parts) + " ."


def _rank(triple: Triple) -> tuple[int, str]:
    return _ORDER.index(triple.predicate), str(triple.object)


def _written(term: Term) -> str:
    if isinstance(term, Literal) and term.datatype == XSD.decimal:
        return term.value if "." in term.value else f"{term.value}.0"
    if not isinstance(term, NamedNode):
        return str(term)
    if term.value.startswith(ARTICLES):
        return f"<{term.value.removeprefix(ARTICLES)}>"
    short = compact(term)
    return short if short != term.value and short.split(":")[0] in _USED else str(term)
