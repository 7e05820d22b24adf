"""Contexts: what the terms of a JSON-LD text mean, all of it found in the text or here.

No context is fetched (JSON-LD 1.1 API, section 9.4 lets one fetch; a text of a stranger
would choose where). The one of milgraph is built in and may be named instead.
"""

import json
import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from milgraph.errors import SourceError
from milgraph.hazards import JSON_TOKEN, MAXIMUM_DEPTH, MOST_VALUES, place, too_deep
from milgraph.resources import Resources

__all__ = ["CONTEXT", "Settled", "settle"]

CONTEXT = "https://w3id.org/milgraph/context.jsonld"
# The engine copies every term in scope for each context that it enters, and resolves
# the terms of one context by recursion. Measured: 0.2 to 2 microseconds and up to
# 2 kilobytes for each term copied; a chain of 20,000 terms overflows the stack.
_MOST_TERMS = 5000
_MOST_COPIES = 4_000_000
_MOST_HELD = 1_000_000
# Each term may repeat the longest prefix of its context.
_MOST_EXPANDED = 2**30
# The engine's time grows with how deep each part stands.
_MOST_STEPS = 20_000_000
_MOST_NAMED = 1000
_OPENING = frozenset((b"[", b"{"))
_CLOSING = frozenset((b"]", b"}"))
_KEY = b'"@context"'
_HINT = "Write the context into the file; none is fetched."


@dataclass(frozen=True, slots=True)
class Settled:
    """A JSON-LD text that needs nothing from elsewhere.

    On `changed` lines, counted from one, columns are not those of the text as given.
    """

    content: bytes
    changed: frozenset[int] = frozenset()


def settle(content: bytes, name: str) -> Settled:
    """Return the text with our own context in the place of its name.

    Raises:
        SourceError: it names another context, or would take the engine more time,
            memory or stack than a text may.
    """
    scan = _Scan(content, name)
    for found in JSON_TOKEN.finditer(content):
        scan.take(found)
    scan.finish()
    if not scan.names:
        return Settled(content)
    parts, last = [], 0
    for start, end in scan.names:
        parts += [content[last:start], _built_in().text]
        last = end
    lines = {place(name, content, start).line for start, _ in scan.names}
    whole = b"".join([*parts, content[last:]])
    return Settled(whole, frozenset(line for line in lines if line))


@dataclass(frozen=True, slots=True)
class _BuiltIn:
    """Our context, on one line, and how many terms it has."""

    text: bytes
    terms: int


@lru_cache(maxsize=1)
def _built_in() -> _BuiltIn:
    path = Resources.shipped().root / "ontology" / "context.jsonld"
    document = json.loads(path.read_bytes())["@context"]
    text = json.dumps(document, ensure_ascii=False).encode()
    return _BuiltIn(text, len(document))


class _Kind(IntEnum):
    """What an object or array that is open is for."""

    BODY = 0
    TERM = 1
    CONTEXT = 2
    CONTEXTS = 3


@dataclass(slots=True)
class _Owner:
    """How many terms the contexts of one object have, and how long they are."""

    terms: int = 0
    size: int = 0


class _Scan:
    """What the tokens read so far amount to."""

    def __init__(self, content: bytes, name: str) -> None:
        self._content = content
        self._name = name
        # For each part that is open: how many contexts were entered, and how many
        # objects and texts begun, before it; and its kind.
        self._open = [(0, 0, _Kind.BODY)]
        self._owners: dict[int, _Owner] = {}
        self._in_scope = _Owner()
        self._most_in_scope = 0
        self._most_owners = 0
        self._deepest = 0
        self._entered = 0
        self._begun = 0
        self._values = 0
        self._steps = 0
        self._copies = [0, 0]
        self._context_start = 0
        self._expects_context = False
        self._is_scoped = False
        self.names: list[tuple[int, int]] = []

    def take(self, found: re.Match[bytes]) -> None:
        """Take the token into account; refuse it where the text asks too much."""
        expected, self._expects_context = self._expects_context, False
        sign = found[0]
        if sign == b",":
            self._values += 1
            if self._values > MOST_VALUES:
                raise self._refusal(found.start(), f"more than {MOST_VALUES:,} values")
        elif sign in _OPENING:
            self._begin(found, expected=expected)
        elif sign in _CLOSING:
            if len(self._open) > 1:
                self._end(found.end())
        elif found[2]:
            self._take_key(found)
        elif expected or self._open[-1][2] is _Kind.CONTEXTS:
            self._take_name(found)
        else:
            self._begun += 1

    def finish(self) -> None:
        """Close what the text leaves open: the engine has read it by then."""
        while len(self._open) > 1:
            self._end(len(self._content))

    def _begin(self, found: re.Match[bytes], *, expected: bool) -> None:
        above = self._open[-1][2]
        kind = _Kind.BODY
        if expected:
            kind = _Kind.CONTEXT if found[0] == b"{" else _Kind.CONTEXTS
            if above is _Kind.BODY:
                self._context_start = found.start()
        elif above:
            kind = _Kind.CONTEXT if above is _Kind.CONTEXTS else _Kind.TERM
        self._begun += 1
        self._open.append((self._entered, self._begun, kind))
        depth = len(self._open) - 1
        self._deepest = max(self._deepest, depth)
        self._steps += depth
        if depth > MAXIMUM_DEPTH:
            raise too_deep(place(self._name, self._content, found.start()))
        if self._steps > _MOST_STEPS or self._begun > MOST_VALUES:
            raise self._refusal(found.start(), "too many parts that stand too deep")

    def _end(self, offset: int) -> None:
        entered, begun, kind = self._open.pop()
        if kind is _Kind.BODY:
            if owner := self._owners.pop(len(self._open), None):
                self._leave(owner, self._entered - entered, self._begun - begun, offset)
        elif self._open[-1][2] is _Kind.BODY:
            self._enter(terms=0, size=offset - self._context_start, offset=offset)

    def _take_key(self, found: re.Match[bytes]) -> None:
        kind, written = self._open[-1][2], found[1]
        if kind is _Kind.BODY and written != _KEY and b"\\" not in written:
            return
        key = _text(written)
        if kind is _Kind.CONTEXT:
            self._owner().terms += 1
            self._in_scope.terms += 1
            if key == "@import":
                raise SourceError(
                    "a context is imported from elsewhere",
                    position=place(self._name, self._content, found.start()),
                    hint=_HINT,
                )
        if key == "@context":
            self._expects_context = True
            self._is_scoped = self._is_scoped or kind is not _Kind.BODY

    def _take_name(self, found: re.Match[bytes]) -> None:
        iri = _text(found[1])
        if iri != CONTEXT:
            raise SourceError(
                f"the context {iri[:200]!r} is elsewhere; only {CONTEXT} is built in",
                position=place(self._name, self._content, found.start()),
                hint=_HINT,
            )
        self.names.append(found.span(1))
        if len(self.names) > _MOST_NAMED:
            raise self._refusal(found.start(), f"more than {_MOST_NAMED:,} contexts")
        built_in = _built_in()
        self._enter(terms=built_in.terms, size=len(built_in.text), offset=found.start())

    def _owner(self) -> _Owner:
        """Return what is known of the object whose context is being read."""
        depth = len(self._open) - 1
        while self._open[depth][2] is not _Kind.BODY:
            depth -= 1
        return self._owners.setdefault(depth, _Owner())

    def _enter(self, *, terms: int, size: int, offset: int) -> None:
        """Add what is in scope from here on."""
        owner = self._owner()
        owner.terms += terms
        owner.size += size
        self._in_scope.terms += terms
        self._in_scope.size += size
        self._entered += 1
        self._most_owners = max(self._most_owners, len(self._owners))
        self._most_in_scope = max(self._most_in_scope, self._in_scope.terms)
        if owner.terms > _MOST_TERMS:
            raise self._refusal(offset, f"more than {_MOST_TERMS:,} terms in a context")
        if self._in_scope.terms * self._in_scope.size > _MOST_EXPANDED:
            raise self._refusal(offset, "too many long terms in its contexts")
        self._refuse_copies(offset)

    def _leave(self, owner: _Owner, entered: int, begun: int, offset: int) -> None:
        """Add what the engine copies for the contexts of the object that ends here."""
        self._in_scope.terms -= owner.terms
        self._in_scope.size -= owner.size
        self._copies[0] += owner.terms * entered
        self._copies[1] += owner.terms * begun
        self._refuse_copies(offset)

    def _refuse_copies(self, offset: int) -> None:
        nested = self._deepest if self._is_scoped else self._most_owners
        if (
            self._copies[self._is_scoped] > _MOST_COPIES
            or self._most_in_scope * nested > _MOST_HELD
        ):
            raise self._refusal(
                offset, "too many terms in contexts that apply too often"
            )

    def _refusal(self, offset: int, found: str) -> SourceError:
        return SourceError(
            f"the text has {found}",
            position=place(self._name, self._content, offset),
            hint="Write one context at the top, or N-Quads.",
        )


def _text(token: bytes) -> str:
    """Return the string that the token writes."""
    try:
        return str(json.loads(token)) if b"\\" in token else token[1:-1].decode()
    except ValueError:
        return token.decode(errors="replace")
