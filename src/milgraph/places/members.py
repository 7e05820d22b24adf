"""Members: by which path of a JSON-LD text each statement is said, and at which line.

The parser gives no places. So it is given the text twice more: with a number on each
object that describes something, and with a name in the place of each plain value. Which
subject has a number, and which property a name, then says what stands where.
"""

import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from milgraph.contexts import settle
from milgraph.errors import KnowledgeGraphError, Position
from milgraph.hazards import JSON_TOKEN
from milgraph.places.statements import Statement
from milgraph.syntax import Source, read
from milgraph.terms import (
    RDF,
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    Resource,
    Term,
    compact,
)

__all__ = ["statements_of_members"]

_NUMBER = "urn:milgraph:place:number"
_NAME = "urn:milgraph:place:value:"
_LABEL = "_:milgraph-place-"
_TYPE = RDF["type"]
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ELEMENT = re.compile(r"\[\d+\]$")
_BLANK = re.compile(rb"[ \t\r\n]*+")
# Keys of JSON-LD whose values say nothing of their own, or are no statements.
_NOT_SAID = frozenset(("@context", "@id", "@index", "@language", "@value"))
_TRANSPARENT = frozenset(("@graph", "@included", "@nest", "@list", "@set"))

Json = Any  # what a JSON text holds


def statements_of_members(
    source: Source, *, base: NamedNode | None
) -> tuple[Statement, ...]:
    """Return what the source says, and by which path."""
    content = settle(source.content, source.name).content
    document = json.loads(content)
    walk = _Walk(_aliases(document))
    numbered = walk.numbered(document, "$")
    named = walk.named(document)
    try:
        said = _read(source, numbered, base)
        values = _read(source, named, base)
    except KnowledgeGraphError:
        # What was put in does not fit there, in a context of the text's own.
        return ()
    lines = _Lines(source)
    found = _Placing(walk, said, values, lines).statements()
    return tuple(sorted(found, key=_order))


def _order(statement: Statement) -> tuple[int, int, str]:
    place = statement.value
    return place.line or 0, place.column or 0, str(statement.quad)


def _read(source: Source, document: Json, base: NamedNode | None) -> frozenset[Quad]:
    content = json.dumps(document).encode()
    return read(Source(source.name, content, source.format), base=base, strict=False)


def _aliases(document: Json) -> Mapping[str, str]:
    """Return the names that any context of the text gives to keywords."""
    found: dict[str, str] = {}
    parts = [document]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            contexts = part.get("@context")
            for context in contexts if isinstance(contexts, list) else [contexts]:
                if isinstance(context, dict):
                    found |= {k: v for k, v in context.items() if _is_keyword(v)}
            parts += (value for key, value in part.items() if key != "@context")
    return found


def _is_keyword(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("@")


@dataclass(slots=True)
class _Walk:
    """The objects of a text that describe something, by number, and its plain values."""

    aliases: Mapping[str, str]
    nodes: list[str] = field(default_factory=list)
    # For each plain value: its path, and what it is.
    values: list[tuple[str, Json]] = field(default_factory=list)
    _next: int = 0

    def numbered(self, part: Json, path: str) -> Json:
        """Return the part with the number of each object that describes something."""
        if isinstance(part, list):
            return [self.numbered(p, f"{path}[{i}]") for i, p in enumerate(part)]
        if not isinstance(part, dict) or self._is_value(part):
            return part
        made: dict[str, Json] = {}
        if self._describes(part):
            number = len(self.nodes)
            self.nodes.append(path)
            made[_NUMBER] = number
            if not self._has(part, "@id"):
                made["@id"] = f"{_LABEL}{number}"
        for key, value in part.items():
            is_walked = self._keyword(key) not in _NOT_SAID | {"@type"}
            made[key] = self.numbered(value, _member(path, key)) if is_walked else value
        return made

    def named(self, part: Json, path: str = "$", *, is_top: bool = True) -> Json:
        """Return the part with a node in the place of each plain value and each object.

        Objects are met in the order in which they were numbered.
        """
        if isinstance(part, list):
            return [
                self.named(p, f"{path}[{i}]", is_top=is_top) for i, p in enumerate(part)
            ]
        if not isinstance(part, dict) or self._is_value(part) or self._refers(part):
            return part if is_top and isinstance(part, dict) else self._name(part, path)
        made: dict[str, Json] = {}
        if self._describes(part):
            made["@id"] = f"{_LABEL}{self._next}"
            self._next += 1
        for key, value in part.items():
            keyword = self._keyword(key)
            if keyword in _NOT_SAID | {"@type"}:
                if keyword != "@id":
                    made[key] = value
                continue
            inside = is_top and keyword in _TRANSPARENT
            made[key] = self.named(value, _member(path, key), is_top=inside)
        return made

    def _name(self, value: Json, path: str) -> Json:
        self.values.append((path, value))
        return {"@id": f"{_NAME}{len(self.values) - 1}"}

    def _describes(self, part: dict[str, Json]) -> bool:
        """Return whether the object says something of a node."""
        keywords = {self._keyword(key) for key in part}
        said = keywords - _NOT_SAID
        return bool(said - _TRANSPARENT) or bool(
            said & {"@graph", "@included"} and "@id" in keywords
        )

    def _is_value(self, part: dict[str, Json]) -> bool:
        return self._has(part, "@value")

    def _refers(self, part: dict[str, Json]) -> bool:
        return not self._describes(part) and self._has(part, "@id")

    def _has(self, part: dict[str, Json], keyword: str) -> bool:
        return any(self._keyword(key) == keyword for key in part)

    def _keyword(self, key: str) -> str:
        return self.aliases.get(key, key)


def _member(path: str, key: str) -> str:
    """Return the path of the member (RFC 9535)."""
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path}['{escaped}']"


class _Lines:
    """At which line and column each member and element of the text begins."""

    def __init__(self, source: Source) -> None:
        self._source = source.name
        self._text = source.content
        self._starts = [0, *(m.end() for m in re.finditer(b"\n", self._text))]
        self._offsets = dict(_offsets(self._text))

    def place(self, path: str) -> Position:
        offset = self._offsets.get(path)
        if offset is None:
            return Position(self._source, path=path)
        line = bisect_right(self._starts, offset)
        before = self._text[self._starts[line - 1] : offset]
        column = len(before.decode(errors="replace")) + 1
        return Position(self._source, line, column, path)


def _offsets(text: bytes) -> Iterator[tuple[str, int]]:
    """Give the path of each member and element, and where it begins."""
    # For each part that is open: its path, and the number of its element, if it has any.
    stack: list[tuple[str, int | None]] = []
    path = "$"
    if blank := _BLANK.match(text):
        yield path, blank.end()
    for found in JSON_TOKEN.finditer(text):
        sign = found[0]
        if sign in (b"{", b"["):
            stack.append((path, 0 if sign == b"[" else None))
        elif sign in (b"}", b"]"):
            path = stack.pop()[0] if stack else "$"
            continue
        elif sign == b"," and stack and stack[-1][1] is not None:
            stack[-1] = (stack[-1][0], stack[-1][1] + 1)
        elif found[2] and stack:
            path = _member(stack[-1][0], json.loads(found[1]))
            yield path, found.start()
            continue
        if stack and stack[-1][1] is not None and sign in (b"[", b","):
            path = f"{stack[-1][0]}[{stack[-1][1]}]"
            blank = _BLANK.match(text, found.end())
            yield path, blank.end() if blank else found.end()


class _Placing:
    """What the numbers and names say about where each statement stands."""

    def __init__(
        self,
        walk: _Walk,
        said: frozenset[Quad],
        values: frozenset[Quad],
        lines: _Lines,
    ) -> None:
        self._walk = walk
        self._lines = lines
        self._said = said
        # The numbers of each subject, and the subject of each number.
        self._numbers: dict[Resource, list[int]] = defaultdict(list)
        self._subjects: dict[int, Resource] = {}
        for quad in said:
            if quad.predicate.value == _NUMBER and isinstance(quad.object, Literal):
                number = int(quad.object.value)
                self._numbers[quad.subject].append(number)
                self._subjects[number] = quad.subject
        # For each number and property: what stands there.
        self._members: dict[tuple[int, str], list[tuple[str, Json, int | None]]]
        self._members = defaultdict(list)
        for quad in values:
            self._take(quad)

    def _take(self, quad: Quad) -> None:
        for one, other in ((quad.subject, quad.object), (quad.object, quad.subject)):
            number = _number_of(one)
            if number is None:
                continue
            if isinstance(other, NamedNode) and other.value.startswith(_NAME):
                path, value = self._walk.values[int(other.value[len(_NAME) :])]
                member: tuple[str, Json, int | None] = (path, value, None)
            elif (inner := _number_of(other)) is not None:
                member = (self._walk.nodes[inner], None, inner)
            else:
                continue
            self._members[number, quad.predicate.value].append(member)

    def statements(self) -> Iterator[Statement]:
        for quad in self._said:
            if quad.predicate.value == _NUMBER:
                continue
            subject, value = self._paths(quad)
            if subject is not None:
                places = (self._lines.place(p) for p in (subject, value, value))
                yield Statement(quad, *places)

    def _paths(self, quad: Quad) -> tuple[str | None, str]:
        """Return the paths of the subject and of what the quad says of it."""
        numbers = sorted(self._numbers.get(quad.subject, ()))
        found: list[str] = []
        near: list[str] = []
        for one, other in ((quad.subject, quad.object), (quad.object, quad.subject)):
            for number in (
                () if isinstance(one, Literal) else self._numbers.get(one, ())
            ):
                members = self._members.get((number, quad.predicate.value), ())
                found += [m[0] for m in members if self._is(m, other)]
                near += [m[0] for m in members]
        if not found and len(near) > 1:
            # One of several, and the text does not say which: all of them.
            near = [_ELEMENT.sub("", near[0])]
        # What stands inside, where each of two objects has a part in it.
        value = max(found or near, key=len, default=None)
        homes = [self._walk.nodes[number] for number in numbers]
        home = next((h for h in reversed(homes) if (value or "").startswith(h)), None)
        home = home or next(iter(homes), value)
        if value is None and home is not None and quad.predicate == _TYPE:
            value = self._type_of(home)
        return home, value or home or "$"

    def _type_of(self, path: str) -> str:
        keys = [k for k, v in self._walk.aliases.items() if v == "@type"]
        known = (_member(path, key) for key in (*keys, "@type"))
        return next((p for p in known if self._lines.place(p).line), path)

    def _is(self, member: tuple[str, Json, int | None], term: Term) -> bool:
        """Return whether what stands there is the term."""
        _, value, number = member
        if number is not None:
            return self._subjects.get(number) == term
        if isinstance(value, dict):
            inner = [v for k, v in value.items() if not isinstance(v, dict | list)]
            return any(_means(v, term) for v in inner)
        return _means(value, term)


def _number_of(term: Term) -> int | None:
    if isinstance(term, BlankNode) and term.value.startswith(_LABEL[2:]):
        return int(term.value[len(_LABEL) - 2 :])
    return None


def _means(value: Json, term: Term) -> bool:
    """Return whether a plain value is what the text writes for the term."""
    if isinstance(term, NamedNode):
        return isinstance(value, str) and (
            value in (term.value, compact(term))
            or (value.startswith("#") and term.value.endswith(value))
        )
    if not isinstance(term, Literal):
        return False
    if isinstance(value, bool):
        return term.value == str(value).lower()
    return term.value == str(value)
