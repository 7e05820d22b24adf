"""Records: what one row of a data set becomes, and the things that many of them share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from milgraph.changes import Change
from milgraph.store.interface import Readable
from milgraph.terms import (
    BASE,
    RDF,
    XSD,
    Literal,
    NamedNode,
    Quad,
    Term,
)

__all__ = ["Pool", "Record", "Said", "code", "count", "digest_of"]

# What is said of a node: a property and its value.
Said = tuple[NamedNode, Term]
_SEPARATOR = "\x1f"
_TYPE = RDF["type"]
_INTEGER = XSD.integer


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a data set, as an article is: all its quads, under its own name."""

    iri: NamedNode
    quads: frozenset[Quad]
    digest: str


def digest_of(fields: Iterable[str]) -> str:
    """Return the digest of a record, which another version of it does not have."""
    return sha256(_SEPARATOR.join(fields).encode()).hexdigest()


def code(scheme: str, notation: str) -> NamedNode:
    """Return the concept of one of our code schemes."""
    return NamedNode(f"{BASE}code/{scheme}/{notation}")


def count(value: str | int) -> Literal:
    """Return the number as a literal."""
    return Literal(str(int(value)), datatype=_INTEGER)


class Pool:
    """The things that the records of a data set share, described once.

    What the graph has already stays as it is; what is new waits for `take`.
    """

    def __init__(self, dataset: Readable, graph: NamedNode, release: NamedNode) -> None:
        self.dataset = dataset
        self.graph = graph
        self.release = release
        self._nodes: dict[str, NamedNode] = {}
        self._waiting: set[Quad] = set()

    def thing(self, local: str, describe: Callable[[], Iterable[Said]]) -> NamedNode:
        """Return the node of that name, described if nobody has described it before."""
        node = self._nodes.get(local)
        if node is None:
            node = self._nodes[local] = NamedNode(BASE + local)
            if not self._is_known(node):
                self.describe(node, describe())
        return node

    def describe(self, node: NamedNode, said: Iterable[Said]) -> None:
        """Have the graph of the data set say so of the node."""
        self._waiting.update(Quad(node, p, value, self.graph) for p, value in said)

    def _is_known(self, node: NamedNode) -> bool:
        return any(True for _ in self.dataset.match(node, _TYPE, None, None))

    def take(self) -> Change:
        """Return what is new since the last time."""
        waiting, self._waiting = self._waiting, set()
        return Change(additions=frozenset(waiting))
