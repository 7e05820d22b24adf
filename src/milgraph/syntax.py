"""Syntax: RDF read from bytes with exact complaints, and written in every format."""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pyoxigraph import RdfFormat, Store, parse, serialize

from milgraph.errors import Position, SourceError
from milgraph.terms import BlankNode, Literal, NamedNode, Quad, Triple

__all__ = [
    "FORMATS",
    "MAXIMUM_SIZE",
    "Format",
    "Source",
    "as_stored",
    "read",
    "write",
]

# A document is read whole before it is parsed; what is larger comes by `import`.
MAXIMUM_SIZE = 64 * 1024 * 1024
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
# XML 1.0 has no way to write them, and XML is one of our result formats.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The engine's parser recurses into JSON and triple terms, and overflows its stack some
# thousands deep; in XML its time is the square of the depth.
_DEEPEST = 500
_JSON_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_XML_TAG = re.compile(rb"<[^<>!?](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_TRIPLE_TERM = b"<<"
_RELATIVE = re.compile(r"no scheme|relative", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Format:
    """A syntax of RDF: its name, media type, file endings and whether it has graphs."""

    name: str
    media_type: str
    endings: tuple[str, ...]
    has_graphs: bool
    syntax: RdfFormat


_KNOWN = (
    Format("turtle", "text/turtle", ("ttl", "turtle"), False, RdfFormat.TURTLE),
    Format("trig", "application/trig", ("trig",), True, RdfFormat.TRIG),
    Format("ntriples", "application/n-triples", ("nt",), False, RdfFormat.N_TRIPLES),
    Format("nquads", "application/n-quads", ("nq",), True, RdfFormat.N_QUADS),
    Format("jsonld", "application/ld+json", ("jsonld", "json"), True, RdfFormat.JSON_LD),
    Format("rdfxml", "application/rdf+xml", ("rdf", "owl", "xml"), False, RdfFormat.RDF_XML),
)  # fmt: skip
FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for form in _KNOWN})


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a document, its name and its format."""

    name: str
    content: bytes
    format: Format

    def __post_init__(self) -> None:
        if len(self.content) > MAXIMUM_SIZE:
            raise SourceError(
                f"the text is longer than {MAXIMUM_SIZE:,} bytes",
                position=Position(self.name),
                hint="One file holds one article; split what holds several.",
            )

    @classmethod
    def of(cls, path: Path) -> "Source":
        """Return the file as a source.

        Raises:
            SourceError: it cannot be read, is empty or too large, or its name does not
                end like an RDF file.
        """
        ending = path.name.rpartition(".")[2].lower()
        found = [form for form in FORMATS.values() if ending in form.endings]
        if not found:
            known = ", ".join(f".{form.endings[0]}" for form in FORMATS.values())
            raise SourceError(
                "the name does not end like an RDF file",
                position=Position(str(path)),
                hint=f"Known endings: {known}.",
            )
        try:
            with path.open("rb") as file:
                content = file.read(MAXIMUM_SIZE + 1)
        except OSError as error:
            raise SourceError(
                f"cannot be read: {error.strerror}", position=Position(str(path))
            ) from error
        return cls(str(path), content, found[0])

    def line_of(self, text: str, *, start: int = 0) -> int | None:
        """Return the first line that holds the text as a word, counted from one."""
        word = re.compile(rb"(?<![\w-])" + re.escape(text.encode()) + rb"(?![\w-])")
        found = word.search(self.content, start)
        return self.content.count(b"\n", 0, found.start()) + 1 if found else None

    def position_of(self, *candidates: str, block: str = "") -> Position:
        """Return the place of the first candidate that the text holds, or the source.

        The search begins at the block of the graph with that fragment, if there is one.
        """
        opening = re.compile(rb"#" + re.escape(block.encode()) + rb">\s*\{")
        found = opening.search(self.content) if block else None
        for start in (found.end(), 0) if found else (0,):
            for candidate in filter(None, candidates):
                if line := self.line_of(candidate, start=start):
                    return Position(self.name, line)
        return Position(self.name)


def read(source: Source, *, base: NamedNode | None = None) -> frozenset[Quad]:
    """Return the quads of the source; blank nodes keep their labels.

    Nothing is fetched: a remote JSON-LD context and a DOCTYPE are refused.

    Raises:
        SourceError: with line and column where the text breaks the format's grammar.
    """
    content = _checked(source)
    try:
        return as_stored(
            _plain(quad, source)
            for quad in parse(
                content,
                format=source.format.syntax,
                base_iri=base.value if base else None,
            )
        )
    except SyntaxError as error:
        raise SourceError(
            _complaint(error),
            position=Position(source.name, error.lineno, error.offset),
            hint=_hint(str(error.msg), source),
        ) from error
    except MemoryError as error:
        raise SourceError(
            "one text in it is longer than 16 MiB", position=Position(source.name)
        ) from error
    except ValueError as error:
        raise SourceError(str(error), position=Position(source.name)) from error


def as_stored(quads: Iterable[Quad]) -> frozenset[Quad]:
    """Return the quads with numbers and times spelled as the store spells them.

    Two spellings of one value would be two values until they are stored, and a graph
    that is loaded again would differ from itself.
    """
    dataset = Store()
    dataset.bulk_extend(quads)
    return frozenset(dataset)


def _plain(quad: Quad, source: Source) -> Quad:
    """Return the quad, once it is certain to be RDF 1.1 that XML can hold."""
    problem = None
    if isinstance(quad.object, Triple):
        problem = "a triple stands in the place of a term (RDF 1.2)"
    elif isinstance(quad.graph_name, BlankNode):
        problem = "a graph has no name"
    elif isinstance(quad.object, Literal):
        if quad.object.direction is not None:
            problem = "a text has a base direction (RDF 1.2)"
        elif _CONTROL.search(quad.object.value):
            problem = "a text holds a control character"
    if problem:
        raise SourceError(
            f"{problem}, which is not accepted: {quad.predicate} of {quad.subject}",
            position=source.position_of(quad.predicate.value),
        )
    return quad


def _checked(source: Source) -> bytes:
    """Return the content, once it is certain to be UTF-8 text without traps."""
    content = source.content.removeprefix(codecs.BOM_UTF8)
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            raise SourceError(
                f"the text is in {name}",
                position=Position(source.name, 1, 1),
                hint="Save it as UTF-8.",
            )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"byte 0x{content[error.start]:02x} is not UTF-8",
            position=_position(source, content, error.start),
            hint="Save the file as UTF-8; it may be in Windows-1252 or Latin-1.",
        ) from error
    if not text.strip():
        raise SourceError("the file is empty", position=Position(source.name))
    if found := _CONTROL.search(text):
        raise SourceError(
            f"the text holds the control character U+{ord(found[0]):04X}",
            position=_position(source, content, len(text[: found.start()].encode())),
            hint="Save it as plain text in UTF-8; it may be in UTF-16, or not be text.",
        )
    _refuse_traps(source, content)
    return content


def _refuse_traps(source: Source, content: bytes) -> None:
    """Refuse what would make the parser exhaust the memory or the stack."""
    if source.format.name == "rdfxml" and (found := _DOCTYPE.search(content)):
        # An internal entity of a few lines allocates until the process dies.
        raise SourceError(
            "a DOCTYPE is not accepted",
            position=_position(source, content, found.start()),
            hint="Remove it and write the namespaces out; entities can exhaust the memory.",
        )
    if _depth(source.format.name, content) > _DEEPEST:
        raise SourceError(
            f"the text is nested more than {_DEEPEST} deep",
            position=Position(source.name),
            hint="Give nodes a name and refer to them by it.",
        )


def _depth(form: str, content: bytes) -> int:
    """Return how deep the parts are nested that the parser recurses into."""
    if form == "rdfxml":
        tags = (found[0] for found in _XML_TAG.finditer(content))
        steps = (
            -1 if tag.startswith(b"</") else int(not tag.endswith(b"/>"))
            for tag in tags
        )
    elif form == "jsonld":
        marks = (found[0] for found in _JSON_MARK.finditer(content))
        steps = (_STEP.get(mark, 0) for mark in marks)
    else:
        return content.count(_TRIPLE_TERM)
    return max(accumulate(steps), default=0)


def _position(source: Source, content: bytes, offset: int) -> Position:
    """Return the line and the column of the byte."""
    before = content[:offset]
    column = offset - (before.rfind(b"\n") + 1) + 1
    return Position(source.name, before.count(b"\n") + 1, column)


def _complaint(error: SyntaxError) -> str:
    """Return what the parser says without the place, which is told apart."""
    text = re.sub(
        r"^.*?Parser error (?:at|between) line \d+ [^:]*: ", "", str(error.msg)
    )
    return text.strip() or "the text is ill-formed"


def _hint(message: str, source: Source) -> str | None:
    if "prefix" in message.lower():
        return "Declare the prefix at the top of the file with @prefix."
    if _RELATIVE.search(message):
        return "Write the IRI in full, or give the file an @base."
    if source.format.name == "jsonld" and "context" in message.lower():
        return "Write the context into the file; none is fetched."
    return None


def write(
    statements: Iterable[Triple] | Iterable[Quad],
    form: Format,
    *,
    prefixes: Mapping[str, str] | None = None,
    base: NamedNode | None = None,
) -> bytes:
    """Return the statements in the format, graph by graph in a fixed order."""
    ordered: list[Any] = sorted(statements, key=_order)
    written = serialize(
        ordered,
        format=form.syntax,
        prefixes=dict(prefixes or {}),
        base_iri=base.value if base else None,
    )
    return written or b""


def _order(statement: Triple | Quad) -> tuple[str, str]:
    graph = str(statement.graph_name) if isinstance(statement, Quad) else ""
    return graph, str(statement)
