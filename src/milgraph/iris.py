"""IRIs: how articles, claims and nodes without a name get theirs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from milgraph.errors import PlacementError, Position
from milgraph.terms import BASE, BlankNode, NamedNode, Quad, Term

__all__ = [
    "ARTICLES",
    "OCCURRENCES",
    "SKOLEM",
    "article_named_after",
    "document_of",
    "fragment_of",
    "has_few_neighbours",
    "is_article",
    "skolem_names",
    "skolemise",
]

ARTICLES = BASE + "article/"
OCCURRENCES = BASE + "occurrence/"
_WITH_FEW = (ARTICLES, OCCURRENCES)
# RDF 1.1 Concepts, section 3.5: a name for a blank node that can be told from other
# names, and made a blank node again by whoever wants one.
SKOLEM = BASE + ".well-known/genid/"
_OTHER = re.compile(r"[^a-z0-9]+")
_ARTICLE = re.compile(re.escape(ARTICLES) + r"[a-z0-9]+(-[a-z0-9]+)*")
# A name costs a look at the node's surroundings; who writes more names them.
_MOST_UNNAMED = 5_000
_FURTHEST = 64


def has_few_neighbours(term: Term) -> bool:
    """Return whether the term is a node of an article, or an occurrence.

    All that is said of such a node can be read at once. A place, or an actor, is an end
    of triples of any number of articles.
    """
    return type(term) is NamedNode and term.value.startswith(_WITH_FEW)


def document_of(iri: NamedNode) -> NamedNode:
    """Return the IRI without its fragment.

    >>> document_of(NamedNode("https://w3id.org/milgraph/article/x#claim-1")).value
    'https://w3id.org/milgraph/article/x'
    """
    return NamedNode(iri.value.partition("#")[0])


def fragment_of(iri: NamedNode) -> str:
    """Return what follows the `#`, or nothing."""
    return iri.value.partition("#")[2]


def article_named_after(path: Path) -> NamedNode:
    """Return the IRI of the article that a file is named after.

    >>> article_named_after(Path("2024-05-14 Drill.trig")).value
    'https://w3id.org/milgraph/article/2024-05-14-drill'
    """
    slug = _OTHER.sub("-", path.name.partition(".")[0].lower()).strip("-")
    return NamedNode(ARTICLES + (slug or "unnamed"))


def is_article(iri: NamedNode) -> bool:
    """Return whether the IRI is one that an article can have.

    >>> is_article(NamedNode("https://w3id.org/milgraph/article/2024-05-14-drill"))
    True
    """
    return _ARTICLE.fullmatch(iri.value) is not None


def skolemise(
    quads: Iterable[Quad],
    *,
    under: NamedNode | None = None,
    position: Position | None = None,
) -> frozenset[Quad]:
    """Return the quads with an IRI in place of each blank node.

    The IRI follows from what the document says, so that the same document always gets
    the same IRIs, whatever its labels and its order. With `under` they are fragments of
    that document, otherwise Skolem IRIs (RDF 1.1 Concepts, section 3.5).

    Raises:
        PlacementError: two nodes cannot be told apart, or they are too many.
    """
    given = frozenset(quads)
    names = skolem_names(given, under=under, position=position)
    if not names:
        return given
    return frozenset(
        Quad(
            names[q.subject] if isinstance(q.subject, BlankNode) else q.subject,
            q.predicate,
            names[q.object] if isinstance(q.object, BlankNode) else q.object,
            q.graph_name,
        )
        for q in given
    )


def skolem_names(
    quads: frozenset[Quad],
    *,
    under: NamedNode | None = None,
    position: Position | None = None,
) -> Mapping[BlankNode, NamedNode]:
    """Return the IRI that `skolemise` gives to each blank node of the quads.

    Raises:
        PlacementError: two nodes cannot be told apart, or they are too many.
    """
    unnamed = {
        term
        for quad in quads
        for term in (quad.subject, quad.object)
        if isinstance(term, BlankNode)
    }
    if not unnamed:
        return {}
    if len(unnamed) > _MOST_UNNAMED:
        raise PlacementError(
            f"the file has {len(unnamed):,} nodes without a name; at most "
            f"{_MOST_UNNAMED:,} are named for it",
            position=position,
            hint="Name them: <#flight-time> instead of [ ... ].",
        )
    local = _told_apart(quads, unnamed, position)
    prefix = f"{under.value}#node-" if under else SKOLEM
    return {node: NamedNode(prefix + name) for node, name in local.items()}


def _told_apart(
    quads: frozenset[Quad], unnamed: set[BlankNode], position: Position | None
) -> dict[BlankNode, str]:
    """Return a name for each node that follows from its surroundings.

    By colour refinement, whose cost grows with the file: RDFC-1.0 takes exponential
    time where nodes resemble each other, and a submission could keep it busy for ever.
    """
    touched = [
        q for q in quads if isinstance(q.subject, BlankNode) or q.object in unnamed
    ]
    colours = dict.fromkeys(unnamed, "")
    edges = _edges(touched)
    told = 0
    for _ in range(_FURTHEST):
        colours = {node: _colour(node, edges[node], colours) for node in unnamed}
        before, told = told, len(set(colours.values()))
        if told in (before, len(unnamed)):
            break
    if told < len(unnamed):
        raise PlacementError(
            "nodes without a name cannot be told apart: they say the same",
            position=position,
            hint="Name each of them: <#first-group> and <#second-group>, not [ ... ].",
        )
    lines = sorted(
        f"{_seen(q.subject, colours)} {q.predicate} {_seen(q.object, colours)} {q.graph_name}"
        for q in touched
    )
    digest = sha256("\n".join(lines).encode()).hexdigest()[:8]
    ordered = sorted(unnamed, key=lambda node: colours[node])
    return {node: f"{digest}-{index}" for index, node in enumerate(ordered)}


_Edges = dict[BlankNode, list[tuple[str, Term]]]


def _edges(quads: Iterable[Quad]) -> _Edges:
    """Return what each blank node is tied to, in either direction."""
    edges: _Edges = defaultdict(list)
    for q in quads:
        if isinstance(q.subject, BlankNode):
            edges[q.subject].append((f"> {q.predicate} {q.graph_name}", q.object))
        if isinstance(q.object, BlankNode):
            edges[q.object].append((f"< {q.predicate} {q.graph_name}", q.subject))
    return edges


def _colour(
    node: BlankNode, edges: list[tuple[str, Term]], colours: dict[BlankNode, str]
) -> str:
    """Return a digest of the node's colour and those of its neighbours."""
    around = sorted(f"{edge} {_seen(other, colours)}" for edge, other in edges)
    return sha256("\n".join([colours[node], *around]).encode()).hexdigest()


def _seen(term: Term, colours: dict[BlankNode, str]) -> str:
    return colours[term] if isinstance(term, BlankNode) else str(term)
