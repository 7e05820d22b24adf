"""Syntax: RDF read from bytes with exact complaints, and written in every format."""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse, serialize

from milgraph.errors import Position, SourceError
from milgraph.iris import SKOLEM
from milgraph.terms import BlankNode, NamedNode, Quad, Triple

__all__ = [
    "FORMATS",
    "MAXIMUM_SIZE",
    "Format",
    "Source",
    "read",
    "skolemise",
    "write",
]

# A document is read whole before it is parsed; what is larger comes by `import`.
MAXIMUM_SIZE = 64 * 1024 * 1024
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_MARKS = {
    codecs.BOM_UTF8: "UTF-8 with a byte order mark",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_RELATIVE = re.compile(r"no scheme|relative", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Format:
    """A syntax of RDF: its name, media type, file endings and whether it has graphs."""

    name: str
    media_type: str
    endings: tuple[str, ...]
    has_graphs: bool
    syntax: RdfFormat


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        name: Format(name, media_type, endings, has_graphs, syntax)
        for name, media_type, endings, has_graphs, syntax in (
            ("turtle", "text/turtle", ("ttl", "turtle"), False, RdfFormat.TURTLE),
            ("trig", "application/trig", ("trig",), True, RdfFormat.TRIG),
            ("ntriples", "application/n-triples", ("nt",), False, RdfFormat.N_TRIPLES),
            ("nquads", "application/n-quads", ("nq",), True, RdfFormat.N_QUADS),
            (
                "jsonld",
                "application/ld+json",
                ("jsonld", "json"),
                True,
                RdfFormat.JSON_LD,
            ),
            (
                "rdfxml",
                "application/rdf+xml",
                ("rdf", "owl", "xml"),
                False,
                RdfFormat.RDF_XML,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a document, its name and its format."""

    name: str
    content: bytes
    format: Format

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
            size = path.stat().st_size
            if size > MAXIMUM_SIZE:
                raise SourceError(
                    f"the file has {size:,} bytes; at most {MAXIMUM_SIZE:,} are read",
                    position=Position(str(path)),
                    hint="One file holds one article; split what holds several.",
                )
            content = path.read_bytes()
        except OSError as error:
            raise SourceError(
                f"cannot be read: {error.strerror}", position=Position(str(path))
            ) from error
        return cls(str(path), content, found[0])

    def line_of(self, text: str) -> int | None:
        """Return the first line that holds the text as a word, counted from one."""
        found = re.search(
            rb"(?<![\w-])" + re.escape(text.encode()) + rb"(?![\w-])", self.content
        )
        return self.content.count(b"\n", 0, found.start()) + 1 if found else None

    def position_of(self, *candidates: str) -> Position:
        """Return the place of the first candidate that the text holds, or the source."""
        lines = (self.line_of(candidate) for candidate in candidates if candidate)
        return Position(self.name, next((line for line in lines if line), None))


def read(source: Source, *, base: NamedNode | None = None) -> frozenset[Quad]:
    """Return the quads of the source; blank nodes keep their labels.

    Nothing is fetched: a remote JSON-LD context and a DOCTYPE are refused.

    Raises:
        SourceError: with line and column where the text breaks the format's grammar.
    """
    content = _checked(source)
    try:
        quads = parse(
            content,
            format=source.format.syntax,
            base_iri=base.value if base else None,
        )
        return frozenset(quads)
    except SyntaxError as error:
        raise SourceError(
            _complaint(error),
            position=Position(source.name, error.lineno, error.offset),
            hint=_hint(str(error.msg), source),
        ) from error
    except ValueError as error:
        raise SourceError(str(error), position=Position(source.name)) from error


def _checked(source: Source) -> bytes:
    """Return the content, once it is certain to be UTF-8 text without traps."""
    content = source.content
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            if mark == codecs.BOM_UTF8:
                content = content[len(mark) :]
                break
            raise SourceError(
                f"the text is in {name}",
                position=Position(source.name, 1, 1),
                hint="Save it as UTF-8.",
            )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise SourceError(
            f"byte 0x{content[error.start]:02x} is not UTF-8",
            position=Position(source.name, line, column),
            hint="Save the file as UTF-8; it may be in Windows-1252 or Latin-1.",
        ) from error
    if not text.strip():
        raise SourceError("the file is empty", position=Position(source.name))
    # An internal entity of a few lines makes a parser allocate until the process dies.
    if source.format.name == "rdfxml" and (found := _DOCTYPE.search(content)):
        line = content.count(b"\n", 0, found.start()) + 1
        raise SourceError(
            "a DOCTYPE is not accepted",
            position=Position(source.name, line),
            hint="Remove it and write the namespaces out; entities can exhaust the memory.",
        )
    return content


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


def skolemise(
    quads: Iterable[Quad], *, under: NamedNode | None = None
) -> frozenset[Quad]:
    """Return the quads with an IRI in place of each blank node.

    The IRI follows from the canonical label of the node (RDFC-1.0), so that the same
    document always gets the same IRIs. With `under` they are fragments of that
    document, otherwise Skolem IRIs (RDF 1.1 Concepts, section 3.5).
    """
    given = frozenset(quads)
    if not any(
        isinstance(term, BlankNode)
        for quad in given
        for term in (quad.subject, quad.object)
    ):
        return given
    dataset = Dataset(given)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    digest = _digest(dataset)
    names: dict[BlankNode, NamedNode] = {}

    def named(term: object) -> object:
        if not isinstance(term, BlankNode):
            return term
        if term not in names:
            local = f"{digest}-{term.value.removeprefix('c14n')}"
            prefix = f"{under.value}#node-" if under else SKOLEM
            names[term] = NamedNode(prefix + local)
        return names[term]

    return frozenset(
        Quad(named(q.subject), q.predicate, named(q.object), q.graph_name)  # type: ignore[arg-type]  # a term stays of its kind
        for q in dataset
    )


def _digest(dataset: Dataset) -> str:
    """Return eight hexadecimal digits that tell this document's nodes from others'."""
    lines = sorted(
        str(quad)
        for quad in dataset
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)
    )
    return sha256("\n".join(lines).encode()).hexdigest()[:8]


def write(
    statements: Iterable[Triple] | Iterable[Quad],
    form: Format,
    *,
    prefixes: Mapping[str, str] | None = None,
) -> bytes:
    """Return the statements in the format, in a fixed order."""
    ordered: list[Any] = sorted(statements, key=str)
    return serialize(ordered, format=form.syntax, prefixes=dict(prefixes or {})) or b""
