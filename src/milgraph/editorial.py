"""Editorial graphs: what an editor may change, and what must hold of it before shapes do."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from milgraph import graphs
from milgraph.changes import Change
from milgraph.counting import counts
from milgraph.dataset import AmendedGraphs, marker_of
from milgraph.errors import PlacementError, UnknownGraphError, UnknownTermError, Way
from milgraph.iris import ARTICLES, OCCURRENCES, document_of
from milgraph.linksets import LINKING, NO_TERM_FOUND, NOT, SSSOM
from milgraph.ontology import Vocabulary
from milgraph.placing import says_what_words_mean
from milgraph.terms import (
    BASE,
    MIL,
    OWL,
    RDF,
    DefaultGraph,
    NamedNode,
    Quad,
    Term,
    compact,
    is_ours,
    show,
)

__all__ = ["place_edit", "require_target"]

_TYPE = RDF["type"]
_TARGET = re.compile(re.escape(graphs.links("").value) + r"[a-z0-9]+(-[a-z0-9]+)*")
# Where shared things are described that articles point to.
_DESCRIBING = (graphs.REFERENCE, *graphs.DATA_SETS)
# What a linkset may point to though no graph describes it.
_SHARED = frozenset((graphs.REFERENCE, graphs.OCCURRENCES))
# What has its own graph, its own door, or nobody to write it.
_NOT_REFERENCE = tuple(
    BASE + name
    for name in ("article/", "occurrence/", "graph/", "ontology", "shapes", "code/")
)


def require_target(graph: object) -> NamedNode:
    """Return the graph, once it is one that a change may touch.

    Raises:
        PlacementError: it is the view, the ontology or the history.
        UnknownGraphError: there is no such graph, and nobody may make one.
    """
    if graph == DefaultGraph() or not isinstance(graph, NamedNode):
        raise PlacementError(
            "the default graph is the view, which is computed from the named graphs",
            hint="Write into the graph that the fact belongs to: <article/X> or a claim "
            "of it, <graph/reference>, <graph/occurrences> or <graph/links/T>.",
        )
    if graph == graphs.ONTOLOGY:
        raise PlacementError(
            f"{compact(graph)} changes with a release only",
            hint="Change the files of the ontology, and load them.",
        )
    if graph == graphs.CHANGES:
        raise PlacementError(
            f"{compact(graph)} is the history, which only commits write",
            way=Way.UNDO,
        )
    if graph.value.startswith(ARTICLES) or graph in (
        graphs.REFERENCE,
        graphs.OCCURRENCES,
    ):
        return graph
    if graphs.is_data_set(graph):
        return graph
    if graphs.is_linkset(graph) and _TARGET.fullmatch(graph.value):
        return graph
    raise UnknownGraphError(
        f"{compact(graph)} is not a graph of this dataset",
        hint="There are <article/X> and its claims, <graph/reference>, "
        "<graph/occurrences>, <graph/links/T> and <graph/datasets/T>.",
    )


def place_edit(
    change: Change,
    named: AmendedGraphs,
    vocabulary: Vocabulary,
    *,
    restoring: bool = False,
) -> Change:
    """Return the change of editorial graphs with the marks that the view needs.

    `named` are the graphs as the change leaves them. What is only restored may judge
    accounts whose article has gone, as it did before.

    Raises:
        PlacementError: it says what the graph is not for, or takes away what is used.
        UnknownTermError: it uses a name that nothing defines.
    """
    for quad in sorted(change.additions, key=str):
        if _is_mark(quad):
            continue
        _refuse_schema(quad)
        _refuse_unwritten(quad, vocabulary)
        _refuse_misplaced(quad)
        if not (restoring and _is_of_an_article(quad.object)):
            _refuse_unknown(quad, named, vocabulary)
        _refuse_unlinking(quad)
    _refuse_unevidenced(change, named)
    _refuse_dangling(change, named)
    marked = change.then(_marks(change, named))
    return marked.then(counts(change, named))


def _marks(change: Change, named: AmendedGraphs) -> Change:
    """Return what becomes of the marks: a graph that holds something is of the view."""
    added, removed = set(), set()
    gaining = {q.graph_name for q in change.additions if not _is_mark(q)}
    for name in {q.graph_name for q in change.additions | change.removals}:
        assert isinstance(name, NamedNode)  # noqa: S101 - a change of named graphs
        mark = marker_of(name)
        # A graph that gains something need not be read.
        holds = name in gaining or any(t != mark.triple for t in named.graph(name))
        if holds and mark not in named:
            added.add(mark)
        if not holds and mark in named:
            removed.add(mark)
    return Change(frozenset(removed), frozenset(added))


def _is_mark(quad: Quad) -> bool:
    """Return whether the quad says of its own graph that the view takes it."""
    name = quad.graph_name
    return isinstance(name, NamedNode) and quad == marker_of(name)


def _refuse_schema(quad: Quad) -> None:
    if quad.predicate == OWL.sameAs:
        raise PlacementError(
            "owl:sameAs is not accepted: it would make two nodes one",
            hint="Link to another data set by skos:exactMatch, with its evidence.",
        )
    if term := says_what_words_mean(quad):
        raise PlacementError(
            f"{compact(term)} says what words mean, which only the ontology does"
        )


def _refuse_unwritten(quad: Quad, vocabulary: Vocabulary) -> None:
    """Refuse what rules write, and nobody else."""
    for term in _words(quad):
        if usage := vocabulary.not_for_authors.get(term):
            raise PlacementError(
                f"{compact(term)} is not written by hand: it is {usage}",
                hint=f"Remove it; see `{compact(term)}` in the ontology.",
            )


def _words(quad: Quad) -> Iterator[NamedNode]:
    """Return the property, and the class if it gives one."""
    yield quad.predicate
    if quad.predicate == _TYPE and isinstance(quad.object, NamedNode):
        yield quad.object


def _refuse_misplaced(quad: Quad) -> None:
    subject, graph = quad.subject, quad.graph_name
    value = subject.value if isinstance(subject, NamedNode) else ""
    if graph == graphs.REFERENCE and (
        not value.startswith(BASE) or value.startswith(_NOT_REFERENCE)
    ):
        raise PlacementError(
            f"{show(subject)} is not reference data",
            hint="Described there are states, forces, platforms, places and disputes, "
            "such as actor:tass or place:sea-of-japan.",
        )
    if isinstance(graph, NamedNode) and graphs.is_data_set(graph):
        _refuse_not_of_data_set(subject, graph)
    if graph == graphs.OCCURRENCES:
        if not value.startswith(OCCURRENCES):
            raise PlacementError(
                f"{show(subject)} is not an occurrence, or a node under one",
                hint="Name occurrences as in occurrence:2023-03-21-drill, and their "
                "judgements under them.",
            )
        if "." in document_of(NamedNode(value)).value.removeprefix(OCCURRENCES):
            raise PlacementError(
                f"{show(subject)} is a name that the graph gives by rule",
                hint="Choose a name without a dot.",
            )


def _refuse_not_of_data_set(subject: Term, graph: NamedNode) -> None:
    """Refuse a subject that is not named after the data set, nor a code of its scheme."""
    value = subject.value if isinstance(subject, NamedNode) else ""
    name = graph.value.rpartition("/")[2]
    minted = re.compile(re.escape(BASE) + rf"((actor|place|dataset)/{name}-|code/).")
    if not minted.match(value) and subject != graph:
        raise PlacementError(
            f"{show(subject)} is not of the data set {name}",
            hint=f"Named are actor:{name}-..., place:{name}-..., dataset:{name}-... and "
            "the codes of its schemes.",
        )


def _is_of_an_article(term: Term) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(ARTICLES)


def _refuse_unknown(quad: Quad, named: AmendedGraphs, vocabulary: Vocabulary) -> None:
    terms: list[tuple[Term, frozenset[NamedNode] | None]] = [
        (quad.predicate, vocabulary.properties),
        (quad.object, vocabulary.classes if quad.predicate == _TYPE else None),
    ]
    for term, among in terms:
        if not isinstance(term, NamedNode) or not is_ours(term):
            continue
        if among is not None and term in MIL:
            is_known = term in among
        else:
            is_known = term in vocabulary.names or _is_described(term, named)
        if not is_known and _is_of_an_article(term):
            raise PlacementError(
                f"no article describes {show(term)}",
                hint="Submit the article first, or correct the name.",
            )
        if not is_known:
            raise UnknownTermError(compact(term), near=vocabulary.near(term))


def _is_described(term: NamedNode, named: AmendedGraphs) -> bool:
    """Return whether a graph that has room for the term says what it is."""
    if term in _SHARED:
        return True
    if term.value.startswith(ARTICLES):
        return named.is_described(term)
    return any(
        True
        for graph in (*_DESCRIBING, graphs.OCCURRENCES)
        for _ in named.about(term, graph)
    )


def _refuse_unlinking(quad: Quad) -> None:
    """Refuse what a linkset is not for: it holds links, and the evidence of each."""
    graph = quad.graph_name
    if not isinstance(graph, NamedNode) or not graphs.is_linkset(graph):
        return
    if _is_under(quad.subject, graph):
        if alien := next((word for word in _words(quad) if is_ours(word)), None):
            raise PlacementError(
                f"{show(quad.subject)} is the evidence of a link, and says no more: "
                f"{compact(alien)} is not for it",
                hint="What holds of shared things stands in <graph/reference>.",
            )
        return
    if quad.predicate in LINKING and quad.object != NO_TERM_FOUND:
        return
    if quad.object == NO_TERM_FOUND:
        raise PlacementError(
            f"{show(quad.subject)} cannot be linked to what was not found",
            hint="Leave the link out: the sssom:Mapping says that there is none.",
        )
    raise PlacementError(
        f"{compact(quad.predicate)} does not link",
        hint=f"A link is {', '.join(map(compact, sorted(LINKING, key=str)))}.",
    )


def _is_under(term: Term, graph: NamedNode) -> bool:
    return isinstance(term, NamedNode) and document_of(term) == graph


def _refuse_unevidenced(change: Change, named: AmendedGraphs) -> None:
    """Refuse a link that no mapping of its linkset stands for, or none any more."""
    before = AmendedGraphs(named.dataset)
    links = {quad for quad in change.additions if quad.predicate in LINKING}
    for quad in change.removals:
        graph = quad.graph_name
        if isinstance(graph, NamedNode) and _is_under(quad.subject, graph):
            links.update(_stood_for(quad.subject, graph, before))
    for link in sorted(links, key=str):
        graph = link.graph_name
        assert isinstance(graph, NamedNode)  # noqa: S101 - a change of named graphs
        if not graphs.is_linkset(graph) or link not in named:
            continue
        mappings = named.having(SSSOM.subject_id, link.subject, graph)
        if not any(link in _stood_for(node, graph, named) for node in mappings):
            raise PlacementError(
                f"the link of {show(link.subject)} to {show(link.object)} has no evidence",
                hint="Describe it by a sssom:Mapping in the same graph: subject_id, "
                "predicate_id, object_id, mapping_justification, author_id and comment.",
            )


def _stood_for(node: Term, graph: NamedNode, named: AmendedGraphs) -> Iterator[Quad]:
    """Return the links that the mapping stands for."""
    said: dict[Term, set[Term]] = defaultdict(set)
    if isinstance(node, NamedNode):
        for quad in named.about(node, graph):
            said[quad.predicate].add(quad.object)
    if not said[SSSOM.mapping_justification] or NOT in said[SSSOM.predicate_modifier]:
        return
    for subject, predicate, value in product(
        said[SSSOM.subject_id], said[SSSOM.predicate_id], said[SSSOM.object_id]
    ):
        if isinstance(subject, NamedNode) and isinstance(predicate, NamedNode):
            yield Quad(subject, predicate, value, graph)


def _refuse_dangling(change: Change, named: AmendedGraphs) -> None:
    """Refuse to take away what others still point to."""
    gone = {
        quad.subject
        for quad in change.removals
        if quad.graph_name in _DESCRIBING and isinstance(quad.subject, NamedNode)
    }
    for node in sorted(gone, key=str):
        if any(True for name in _DESCRIBING for _ in named.about(node, name)):
            continue
        users = sorted(named.mentioning(node), key=str)
        if users:
            raise PlacementError(
                f"{compact(node)} is still pointed to, from {compact(users[0])}"
                + (f" and {len(users) - 1} other graphs" if users[1:] else ""),
                hint="Change first what points to it.",
                way=Way.ASK,
            )
