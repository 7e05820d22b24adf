"""Operations: what an update is made of, told apart in time linear in its length.

That it is well formed is for the engine to say; what is told here is where each of its
operations begins, and which parts it has (SPARQL 1.1 Update, section 3).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from milgraph.errors import Position, QueryError, QueryRefusedError
from milgraph.sparql.tokens import INNER, IRI, TOKEN

__all__ = [
    "DEFAULT",
    "Data",
    "Management",
    "Modification",
    "Operation",
    "Update",
    "operations_of",
]

# What the text writes for the default graph where an operation names a graph.
DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True)
class Data:
    """INSERT DATA or DELETE DATA: quads as they stand in the braces.

    `start` is where the operation begins in the text.
    """

    start: int
    block: str
    is_insertion: bool


@dataclass(frozen=True, slots=True)
class Modification:
    """DELETE and INSERT with WHERE; all of them with their braces.

    `graph` is what WITH names, `dataset` the clauses of USING, as FROM and FROM NAMED.
    """

    start: int
    deletion: str | None
    insertion: str | None
    pattern: str
    graph: str | None = None
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Management:
    """CLEAR, DROP, CREATE, COPY, MOVE or ADD.

    A graph is as the text writes it: an IRI, a short name, or DEFAULT; the target of
    CLEAR and DROP may be NAMED or ALL.
    """

    start: int
    kind: str
    target: str
    source: str | None = None
    is_silent: bool = False


Operation = Data | Modification | Management


@dataclass(frozen=True, slots=True)
class Update:
    """An update taken apart: `text[:start]` is the prologue before its operations.

    `later` are declarations between operations, which hold for all of them: an engine
    may know a prologue at the beginning only. `rest` is the text from `start` on, with
    blanks in their place. `operations` are read as they are asked for, after an engine
    has said that the text is well formed.
    """

    text: str
    start: int
    later: str
    rest: str
    pieces: tuple[tuple["_Item", ...], ...]

    @property
    def prologue(self) -> str:
        """All declarations, to stand before each operation."""
        return f"{self.text[: self.start]}\n{self.later}\n"

    def operations(self) -> Iterator[Operation]:
        """Return what the update does, one after the other.

        Raises:
            QueryError: words are not told apart.
            QueryRefusedError: it loads a document.
        """
        return (_operation(self.text, piece) for piece in self.pieces)

    def position(self, operation: Operation) -> Position:
        """Return where the operation begins."""
        return _position(self.text, operation.start)


@dataclass(frozen=True, slots=True)
class _Item:
    """A word, a name, or a group in braces, outside of all other braces."""

    kind: str
    start: int
    end: int


def operations_of(text: str) -> Update:
    """Return the update taken apart, in time linear in its length.

    Raises:
        QueryError: it has groups that are not closed, or declares a prefix twice and
            differently.

    >>> update = operations_of("DROP ALL ; INSERT DATA { <urn:a> a <urn:b> }")
    >>> [type(operation).__name__ for operation in update.operations()]
    ['Management', 'Data']
    """
    pieces: list[tuple[_Item, ...]] = []
    later: list[_Item] = []
    start = len(text)
    seen: dict[str, str] = {}
    items: list[_Item] = []
    for item in (*_items(text), _Item(";", len(text), len(text))):
        if item.kind != ";":
            items.append(item)
            continue
        declared = _declarations(text, items, seen, is_first=not pieces)
        operation = tuple(items[declared:])
        if pieces and declared:
            later += items[:declared]
        if operation:
            start = start if pieces else operation[0].start
            pieces.append(operation)
        items = []
    return Update(
        text,
        start,
        " ".join(_written(text, item) for item in later),
        _blanked(text, start, later),
        tuple(pieces),
    )


def _blanked(text: str, start: int, items: Sequence[_Item]) -> str:
    """Return the text from there on with blanks for the items."""
    parts: list[str] = []
    for item in items:
        parts += [text[start : item.start], " " * (item.end - item.start)]
        start = item.end
    return "".join([*parts, text[start:]])


def _items(text: str) -> Iterator[_Item]:
    """Give what stands outside of all braces; a group in braces is one item."""
    place = 0
    while place < len(text):
        token = TOKEN.match(text, place)
        if not token:
            break
        kind, start, place = token.lastgroup or "other", place, token.end()
        if token.group() == "{":
            place = _end_of_group(text, start)
            yield _Item("group", start, place)
        elif token.group() == ";":
            yield _Item(";", start, place)
        elif kind != "blank":
            yield _Item(kind, start, place)


def _end_of_group(text: str, start: int) -> int:
    """Return where the group ends that opens there."""
    place = start
    braces = parentheses = 0
    while place < len(text):
        if passed := INNER.match(text, place):
            place = passed.end()
            continue
        sign = text[place]
        braces += (sign == "{") - (sign == "}")
        parentheses += (sign == "(") - (sign == ")")
        found = IRI.match(text, place) if sign == "<" else None
        if found and parentheses > 0:
            # An expression may stand here, and an engine may read two comparisons with
            # a string or a comment in between.
            raise QueryError(
                f"{found[0]} may be an IRI or two comparisons",
                position=_position(text, place),
                hint="Put a space on either side of `<` where it compares, and write "
                "the IRI in full where it names something.",
            )
        place = found.end() if found else place + 1
        if not braces:
            return place
    raise QueryError("a group is not closed", position=_position(text, start))


def _declarations(
    text: str, items: Sequence[_Item], seen: dict[str, str], *, is_first: bool
) -> int:
    """Return how many items are the prologue before an operation; note its prefixes."""
    place = 0
    while place < len(items):
        word = _written(text, items[place]).upper()
        if word == "PREFIX" and place + 2 < len(items):
            name, iri = (_written(text, item) for item in items[place + 1 : place + 3])
            if seen.setdefault(name, iri) != iri and not is_first:
                raise QueryError(
                    f"the prefix {name} is declared twice, and differently",
                    position=_position(text, items[place].start),
                    hint="Send two updates, or give one of the prefixes another name.",
                )
            seen[name] = iri
            place += 3
        elif word == "BASE" and is_first:
            place += 2
        elif word == "BASE":
            raise QueryError(
                "a BASE between two operations is not read",
                position=_position(text, items[place].start),
                hint="Declare it before the first of them.",
            )
        elif word == "VERSION":
            place += 2
        else:
            break
    return min(place, len(items))


def _written(text: str, item: _Item) -> str:
    return text[item.start : item.end]


class _Reader:
    """The items of one operation, read one after the other."""

    def __init__(self, text: str, items: Sequence[_Item]) -> None:
        self._text = text
        self._items = items
        self._place = 0
        self.start = items[0].start

    def take(self, *words: str) -> bool:
        """Pass over the words, if they follow."""
        following = self._items[self._place : self._place + len(words)]
        found = [_written(self._text, i).upper() for i in following if i.kind == "word"]
        if tuple(found) != words:
            return False
        self._place += len(words)
        return True

    def group(self) -> str:
        """Pass over a group in braces and return it."""
        return self._next("group")

    def graph(self) -> str:
        """Pass over the name of a graph and return it."""
        return self._next("iri", "name")

    def place(self, *others: str) -> str:
        """Pass over the name of a graph or one of the words, and return it."""
        for word in others:
            if self.take(word):
                return word
        self.take("GRAPH")
        return self.graph()

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self._place < len(self._items):
            raise self._misread()

    def _next(self, *kinds: str) -> str:
        if self._place >= len(self._items):
            raise self._misread()
        item = self._items[self._place]
        if item.kind not in kinds:
            raise self._misread()
        self._place += 1
        return _written(self._text, item)

    def _misread(self) -> QueryError:
        place = min(self._place, len(self._items) - 1)
        return QueryError(
            f"{_written(self._text, self._items[place])[:40]} is not understood here",
            position=_position(self._text, self._items[place].start),
            hint="Put a space between two keywords.",
        )


def _operation(text: str, items: Sequence[_Item]) -> Operation:
    reader = _Reader(text, items)
    if reader.take("LOAD"):
        raise QueryRefusedError(
            "LOAD is not answered: no update may call another machine",
            position=_position(text, reader.start),
            hint="Fetch the file yourself, and send it to /articles or /store.",
        )
    operation = _data(reader) or _management(reader) or _modification(reader)
    reader.end()
    return operation


def _data(reader: _Reader) -> Data | None:
    for word in ("INSERT", "DELETE"):
        if reader.take(word, "DATA"):
            return Data(reader.start, reader.group(), word == "INSERT")
    return None


def _management(reader: _Reader) -> Management | None:
    for kind in ("CLEAR", "DROP", "CREATE"):
        if reader.take(kind):
            silent = reader.take("SILENT")
            others = () if kind == "CREATE" else (DEFAULT, "NAMED", "ALL")
            target = reader.place(*others)
            return Management(reader.start, kind, target, is_silent=silent)
    for kind in ("COPY", "MOVE", "ADD"):
        if reader.take(kind):
            silent = reader.take("SILENT")
            source = reader.place(DEFAULT)
            reader.take("TO")
            target = reader.place(DEFAULT)
            return Management(reader.start, kind, target, source, silent)
    return None


def _modification(reader: _Reader) -> Modification:
    start = reader.start
    if reader.take("DELETE", "WHERE"):
        group = reader.group()
        return Modification(start, group, None, group)
    graph = reader.graph() if reader.take("WITH") else None
    deletion = reader.group() if reader.take("DELETE") else None
    insertion = reader.group() if reader.take("INSERT") else None
    clauses: list[str] = []
    while reader.take("USING"):
        named = "NAMED " if reader.take("NAMED") else ""
        clauses.append(f"FROM {named}{reader.graph()} ")
    reader.take("WHERE")
    pattern = reader.group()
    return Modification(start, deletion, insertion, pattern, graph, "".join(clauses))


def _position(text: str, offset: int) -> Position:
    column = offset - text.rfind("\n", 0, offset)
    return Position("update", text.count("\n", 0, offset) + 1, column)
