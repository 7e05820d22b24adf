"""Hazards: what would exhaust a parser's time, memory or stack, seen before it reads.

All is found in time linear in the text. The bounds come from measuring pyoxigraph
0.5.13; each is far above what a text of ours needs.
"""

import re
from xml.parsers import expat

from milgraph.errors import Position, SourceError

__all__ = [
    "JSON_TOKEN",
    "MAXIMUM_DEPTH",
    "MOST_VALUES",
    "check_json",
    "check_terms",
    "check_xml",
    "doctype_refused",
    "place",
    "too_deep",
]

# The engine recurses into JSON and into triple terms, and overflows its stack some
# thousands deep (JSON 5000, triple terms 20,000); in XML its time is the square.
MAXIMUM_DEPTH = 500
# The engine holds half a kilobyte for each value of a node.
MOST_VALUES = 2_000_000
_FLAT = "Give nodes a name and refer to them by it."


def place(name: str, content: bytes, offset: int) -> Position:
    """Return the line and the column of the byte."""
    start = content.rfind(b"\n", 0, offset) + 1
    return Position(name, content.count(b"\n", 0, offset) + 1, offset - start + 1)


def too_deep(position: Position, most: int = MAXIMUM_DEPTH) -> SourceError:
    """Return the error of a text that is nested too deep."""
    return SourceError(
        f"the text is nested more than {most} deep",
        position=position,
        hint=_FLAT,
    )


def doctype_refused(position: Position) -> SourceError:
    """Return the error of XML that declares entities, or names where they are."""
    # An internal entity of a few lines allocates until the process dies.
    return SourceError(
        "a DOCTYPE is not accepted",
        position=position,
        hint="Remove it and write the namespaces out; entities can exhaust the memory.",
    )


# Turtle, TriG, N-Triples, N-Quads

# Possessive quantifiers keep this linear: no character is read again. An escape outside
# a string is one of a local name; it hides the quote or the mark of a comment. All that
# does not count is passed over in one step, and brackets come in runs.
_TERM_MARKS = re.compile(
    rb'''
    (?: [^"'\\\#<>\[\](){}]++
      | """[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:""")?+
      | \'\'\'[^'\\]*+(?:(?:\\.|'(?!\'\'))[^'\\]*+)*+(?:\'\'\')?+
      | "[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+"?+
      | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+'?+
      | \#[^\r\n]*+
      | \\.?+
      | <(?!<)(?:[^<>\x00-\x20]*+>)?+
      | >(?!>)
    )*+
    (?P<marks><<|>>|[][(){}][][(){}\x20]{0,63}+|\Z)
    ''',
    re.VERBOSE | re.DOTALL,
)
_OPENING = (b"[", b"(", b"{")
_CLOSING = (b"]", b")", b"}")
_MARK_STEP = {b"<<": 1, b">>": -1}
# Here the engine does not recurse, but it holds half a kilobyte for each.
_MOST_BRACKETS = 250_000


def check_terms(content: bytes, name: str) -> None:
    """Refuse triple terms, reified triples or brackets that are nested too deep.

    Raises:
        SourceError: they are.
    """
    if content.count(b"<<") <= MAXIMUM_DEPTH and (
        sum(map(content.count, _OPENING)) <= _MOST_BRACKETS
    ):
        return
    terms = brackets = opened = 0
    for found in _TERM_MARKS.finditer(content):
        marks = found["marks"]
        if step := _MARK_STEP.get(marks):
            terms += step
            if terms > MAXIMUM_DEPTH:
                raise too_deep(Position(name))
            continue
        opening = sum(map(marks.count, _OPENING))
        opened += opening
        if brackets + opening > _MOST_BRACKETS:
            raise too_deep(Position(name), _MOST_BRACKETS)
        if opened > MOST_VALUES:
            raise _too_many(name)
        brackets += opening - sum(map(marks.count, _CLOSING))


def _too_many(name: str) -> SourceError:
    return SourceError(
        f"the text has more than {MOST_VALUES:,} values",
        position=Position(name),
        hint="Split it into several.",
    )


# XML

_MOST_ATTRIBUTES = 1000
# For each element the engine looks through the namespaces in scope, compares the
# attributes with one another, and inside an XML literal writes all namespaces out.
_MOST_XML_WORK = 200_000_000
_WORK_OF_LITERAL = 50
_STRUCTURES = frozenset(("Resource", "Collection", "Triple"))


def check_xml(content: bytes, name: str) -> None:
    """Refuse XML that is ill-formed, has a DOCTYPE, or would take the engine too long.

    The parser here expands and fetches nothing. What the engine sees afterwards is
    well-formed, so that both agree on where a comment or an attribute ends.

    Raises:
        SourceError: with line and column.
    """
    parser = expat.ParserCreate("UTF-8")
    scan = _XmlScan(parser, name)
    parser.ordered_attributes = True
    parser.StartElementHandler = scan.open
    parser.EndElementHandler = scan.close
    parser.StartDoctypeDeclHandler = scan.refuse_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise SourceError(
            f"the XML is ill-formed: {expat.ErrorString(error.code)}",
            position=Position(name, error.lineno, error.offset + 1),
        ) from error


class _XmlScan:
    """What the elements read so far amount to."""

    def __init__(self, parser: expat.XMLParserType, name: str) -> None:
        self._parser = parser
        self._name = name
        self._declared: list[int] = []
        self._in_scope = 0
        self._work = 0
        self._literal_depth: int | None = None

    def open(self, _: str, attributes: list[str]) -> None:
        declared = 0
        if attributes:
            names = attributes[::2]
            declared = sum(name.startswith("xmlns") for name in names)
            self._take_attributes(attributes)
        self._declared.append(declared)
        self._in_scope += declared
        in_literal = self._literal_depth is not None
        weight = _WORK_OF_LITERAL if in_literal else 1
        self._work += self._in_scope * weight + (len(attributes) // 2) ** 2
        if len(self._declared) > MAXIMUM_DEPTH:
            raise too_deep(self._position())
        if self._work > _MOST_XML_WORK:
            raise SourceError(
                "the elements have too many namespaces and attributes",
                position=self._position(),
                hint="Declare fewer namespaces, or write Turtle.",
            )

    def _take_attributes(self, attributes: list[str]) -> None:
        if len(attributes) > 2 * _MOST_ATTRIBUTES:
            raise SourceError(
                f"an element has more than {_MOST_ATTRIBUTES:,} attributes",
                position=self._position(),
            )
        if self._literal_depth is not None:
            return
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        if any(
            name.endswith("parseType") and kind not in _STRUCTURES
            for name, kind in pairs
        ):
            self._literal_depth = len(self._declared)

    def close(self, _: str) -> None:
        self._in_scope -= self._declared.pop()
        if self._literal_depth == len(self._declared):
            self._literal_depth = None

    def refuse_doctype(self, *_: object) -> None:
        raise doctype_refused(self._position())

    def _position(self) -> Position:
        parser = self._parser
        return Position(
            self._name, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        )


# JSON


# A string, with the colon after it where it is a key, or a sign.
JSON_TOKEN = re.compile(
    rb'("[^"\\]*+(?:\\.[^"\\]*+)*+"?+)(?:[ \t\r\n]*+(:))?|[][{},]', re.DOTALL
)
_JSON_MARKS = re.compile(
    rb'(?:[^]["{},]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?+)*+(?P<marks>[][{},]{1,16}+|\Z)',
    re.DOTALL,
)


def check_json(content: bytes, name: str) -> None:
    """Refuse JSON that is nested too deep, has too many values, or breaks off.

    Raises:
        SourceError: it is so.
    """
    depth = values = 0
    for found in _JSON_MARKS.finditer(content):
        marks = found["marks"]
        depth += marks.count(b"[") + marks.count(b"{")
        if depth > MAXIMUM_DEPTH:
            raise too_deep(place(name, content, found.end()))
        depth -= marks.count(b"]") + marks.count(b"}")
        values += marks.count(b",")
        if values > MOST_VALUES:
            raise _too_many(name)
    if depth:
        raise SourceError("the text breaks off", position=Position(name))
