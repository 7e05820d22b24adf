"""Syntax: RDF read from bytes with exact complaints, and written in every format."""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from pyoxigraph import RdfFormat, Store, parse, serialize

from milgraph.compression import decompressed
from milgraph.contexts import settle
from milgraph.errors import LimitError, Position, SourceError
from milgraph.hazards import check_terms, check_xml, doctype_refused, place
from milgraph.terms import BlankNode, Literal, NamedNode, Quad, Triple

__all__ = [
    "FORMATS",
    "MAXIMUM_SIZE",
    "Format",
    "Source",
    "as_stored",
    "checked",
    "parsed",
    "problem_of",
    "read",
    "read_lines",
    "write",
    "write_to",
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
_GZIP = ".gz"
# Short names may stand for long ones, and one sign for a statement: what a text becomes
# is bounded as well as its length.
_MOST_STATEMENTS = 2_000_000
_MOST_WRITTEN_OUT = 8 * MAXIMUM_SIZE
# The validators take more than linear time for one text; an article's is never so long.
_LONGEST_TEXT = 1_000_000
# Sorting so many quads at once takes less time than inserting each, and few more.
_MANY = 1_000
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
        """Return the file as a source; one that ends in `.gz` is taken apart first.

        Raises:
            SourceError: it cannot be read, is empty or too large, or its name does not
                end like an RDF file.
        """
        name = path.name.lower()
        ending = name.removesuffix(_GZIP).rpartition(".")[2]
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
        if name.endswith(_GZIP):
            content = _unpacked(content, str(path))
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


def _unpacked(content: bytes, name: str) -> bytes:
    """Return what the gzip file holds; one that is too long is cut where that shows."""
    try:
        return decompressed(content, "gzip", limit=MAXIMUM_SIZE)
    except (LimitError, SourceError) as error:
        raise SourceError(
            error.message, position=Position(name), hint=error.hint
        ) from error


def read(
    source: Source, *, base: NamedNode | None = None, strict: bool = True
) -> frozenset[Quad]:
    """Return the quads of the source; blank nodes keep their labels.

    Nothing is fetched: a remote JSON-LD context and a DOCTYPE are refused. With
    `strict`, so is what is not RDF 1.1 or could not be written as XML: triple terms and
    base directions, graphs named by a blank node, and control characters.

    Raises:
        SourceError: with line and column where the text breaks the format's grammar, or
            would take more time or memory than one text may.
    """
    content, changed = checked(source, strict=strict)
    try:
        quads: Iterable[Quad] = parse(
            content,
            format=source.format.syntax,
            base_iri=base.value if base else None,
        )
        if strict:
            quads = (_plain(quad, source) for quad in quads)
        return as_stored(_bounded(quads, source))
    except SyntaxError as error:
        column = None if error.lineno in changed else error.offset
        raise SourceError(
            _complaint(error),
            position=Position(source.name, error.lineno, column),
            hint=_hint(str(error.msg)),
        ) from error
    except MemoryError as error:
        raise SourceError(
            "one text in it is longer than 16 MiB", position=Position(source.name)
        ) from error
    except ValueError as error:
        raise SourceError(str(error), position=Position(source.name)) from error


class Readable(Protocol):
    """A file, as far as a parser needs one."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most so many; none at the end."""
        ...


def parsed(
    file: Readable, form: Format, *, base: NamedNode | None = None
) -> Iterator[Quad]:
    """Return the quads of the file as soon as what was read of it tells them.

    Raises:
        SyntaxError: it is ill-formed.
    """
    return iter(
        parse(
            file,  # type: ignore[arg-type]  # of a file only `read` is called
            format=form.syntax,
            base_iri=base.value if base else None,
        )
    )


def as_stored(quads: Iterable[Quad]) -> frozenset[Quad]:
    """Return the quads with numbers and times spelled as the store spells them.

    Two spellings of one value would be two values until they are stored, and a graph
    that is loaded again would differ from itself.
    """
    dataset, given = Store(), tuple(quads)
    (dataset.extend if len(given) < _MANY else dataset.bulk_extend)(given)
    return frozenset(dataset)


def read_lines(content: bytes) -> Iterator[Quad]:
    """Return the quads of N-Quads that we wrote ourselves, each term as it stands there.

    Raises:
        SyntaxError: they are ill-formed.
    """
    return iter(parse(content, format=RdfFormat.N_QUADS))


def _bounded(quads: Iterable[Quad], source: Source) -> Iterator[Quad]:
    """Yield the quads, as long as they are no more than one text may say."""
    size = 0
    for number, quad in enumerate(quads):
        size += len(str(quad))
        if number >= _MOST_STATEMENTS or size > _MOST_WRITTEN_OUT:
            raise SourceError(
                f"the text says more than {_MOST_STATEMENTS:,} statements, or more than "
                f"{_MOST_WRITTEN_OUT:,} bytes once its names are written out",
                position=Position(source.name),
                hint="Split it into several.",
            )
        yield quad


def problem_of(quad: Quad) -> str | None:
    """Return why the quad is not RDF 1.1 that XML can hold, or nothing."""
    if isinstance(quad.object, Triple):
        return "a triple stands in the place of a term (RDF 1.2)"
    if isinstance(quad.graph_name, BlankNode):
        return "a graph has no name"
    if isinstance(quad.object, Literal):
        if quad.object.direction is not None:
            return "a text has a base direction (RDF 1.2)"
        if _CONTROL.search(quad.object.value):
            return "a text holds a control character"
        if len(quad.object.value) > _LONGEST_TEXT:
            return f"a text is longer than {_LONGEST_TEXT:,} characters"
    return None


def _plain(quad: Quad, source: Source) -> Quad:
    """Return the quad, once it is certain to be RDF 1.1 that XML can hold."""
    if problem := problem_of(quad):
        raise SourceError(
            f"{problem}, which is not accepted: {quad.predicate} of {quad.subject}",
            position=source.position_of(quad.predicate.value),
        )
    return quad


def checked(source: Source, *, strict: bool = True) -> tuple[bytes, frozenset[int]]:
    """Return the content, once it is certain to be UTF-8 text without hazards.

    It is what a parser may be given, with our own JSON-LD context in the place of its
    name. With it come the lines whose columns are no longer those of the source.

    Raises:
        SourceError: the text would take more time, memory or stack than one may, names
            something elsewhere, or with `strict` holds a control character.
    """
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
            position=place(source.name, content, error.start),
            hint="Save the file as UTF-8; it may be in Windows-1252 or Latin-1.",
        ) from error
    if not text.strip():
        raise SourceError("the file is empty", position=Position(source.name))
    if strict and (found := _CONTROL.search(text)):
        raise SourceError(
            f"the text holds the control character U+{ord(found[0]):04X}",
            position=place(source.name, content, len(text[: found.start()].encode())),
            hint="Save it as plain text in UTF-8; it may be in UTF-16, or not be text.",
        )
    return _without_hazards(source, content)


def _without_hazards(source: Source, content: bytes) -> tuple[bytes, frozenset[int]]:
    """Refuse what would exhaust the parser's time, memory or stack."""
    if source.format.name == "jsonld":
        settled = settle(content, source.name)
        return settled.content, settled.changed
    if source.format.name != "rdfxml":
        check_terms(content, source.name)
    elif found := _DOCTYPE.search(content):
        raise doctype_refused(place(source.name, content, found.start()))
    else:
        check_xml(content, source.name)
    return content, frozenset()


def _complaint(error: SyntaxError) -> str:
    """Return what the parser says without the place, which is told apart."""
    text = re.sub(
        r"^.*?Parser error (?:at|between) line \d+ [^:]*: ", "", str(error.msg)
    )
    return text.strip() or "the text is ill-formed"


def _hint(message: str) -> str | None:
    if "prefix" in message.lower():
        return "Declare the prefix at the top of the file with @prefix."
    if _RELATIVE.search(message):
        return "Write the IRI in full, or give the file an @base."
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


def write_to(
    output: Any,
    statements: Iterable[Triple] | Iterable[Quad],
    form: Format,
    *,
    prefixes: Mapping[str, str],
) -> None:
    """Write the statements as they come; of the output only `write` is called."""
    serialize(statements, output, format=form.syntax, prefixes=dict(prefixes) or None)


def _order(statement: Triple | Quad) -> tuple[str, str]:
    graph = str(statement.graph_name) if isinstance(statement, Quad) else ""
    return graph, str(statement)
