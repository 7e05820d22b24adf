"""Withholding: the records that may not be passed on, and the nodes that tell of them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from milgraph.graphs import is_data_set
from milgraph.iris import ARTICLES, document_of
from milgraph.store import Snapshot
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    RDFS,
    Literal,
    NamedNode,
    Namespace,
    Resource,
    Term,
    Triple,
)

__all__ = ["Withheld"]

_SSSOM = Namespace("https://w3id.org/sssom/")
# By what a judgement, or the evidence of a link, names what it is about.
_ABOUT = (
    *(
        MIL[name]
        for name in (
            "judgedAccount", "firstAccount", "secondAccount", "firstOccurrence",
            "secondOccurrence", "codedOccurrence",
        )
    ),
    _SSSOM.subject_id,
    _SSSOM.object_id,
)  # fmt: skip
_IDENTITY = (MIL.firstOccurrence, MIL.secondOccurrence)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Articles and editorial graphs that are withheld, and nodes outside of articles.

    `joined` are the occurrences that have accounts in them and other accounts as well.
    """

    documents: frozenset[NamedNode] = frozenset()
    nodes: frozenset[Resource] = frozenset()
    joined: frozenset[NamedNode] = frozenset()

    @classmethod
    def of(cls, dataset: Snapshot, releases: Iterable[NamedNode]) -> "Withheld":
        """Return what is withheld where these releases may not be passed on."""
        documents = frozenset(_documents(dataset, releases))
        if not documents:
            return cls()
        unseen, joined = _occurrences(dataset, documents)
        nodes = unseen | frozenset(_shared(dataset, documents))
        about = frozenset(_about(dataset, cls(documents, nodes)))
        return cls(documents, nodes | about, joined)

    def holds(self, term: object) -> bool:
        """Return whether what bears the name is withheld, or a triple with such a name."""
        if isinstance(term, Triple):
            return self.holds(term.subject) or self.holds(term.object)
        if not isinstance(term, NamedNode):
            return False
        if term in self.nodes or term in self.documents:
            return True
        return term.value.startswith(ARTICLES) and document_of(term) in self.documents

    def texts(self, dataset: Snapshot) -> dict[Resource, frozenset[str]]:
        """Return what may not be said of nodes that stay, as it tells what is withheld.

        They are the joined occurrences and their judgements, which editors have written
        with the withheld account at hand.
        """
        view = dataset.triples
        found: dict[Resource, frozenset[str]] = {}
        for occurrence in self.joined:
            accounts = view.objects(occurrence, MIL.hasAccount)
            closed = {a for a in accounts if self.holds(a)}
            names = _labels(dataset, (a for a in accounts if a not in closed))
            told = {
                text
                for account in closed
                for text in self._told(dataset, account)
                if not any(text in name for name in names)
            }
            judgements = [
                *view.objects(occurrence, MIL.hasJudgement),
                *(j for end in _IDENTITY for j in view.subjects(end, occurrence)),
            ]
            for node in (occurrence, *judgements):
                if isinstance(node, NamedNode):
                    found[node] = found.get(node, frozenset()) | told
        return found

    def _told(self, dataset: Snapshot, account: Term) -> set[str]:
        """Return the names of the account, its record, its places and its actors."""
        assert isinstance(account, NamedNode)  # noqa: S101 - it is of an article
        around = {
            value
            for values in dataset.triples.outgoing(account).values()
            for value in values
            if isinstance(value, NamedNode) and self.holds(value)
        }
        own = {account, *around}
        local = {document_of(node).value.rpartition("/")[2].casefold() for node in own}
        return _labels(dataset, own) | local


def _labels(dataset: Snapshot, nodes: Iterable[Term]) -> set[str]:
    return {
        label.value.casefold()
        for node in nodes
        if isinstance(node, NamedNode)
        for label in dataset.triples.objects(node, RDFS.label)
        if isinstance(label, Literal)
    }


def _documents(dataset: Snapshot, releases: Iterable[NamedNode]) -> Iterator[NamedNode]:
    """Return the records of the releases, and the graphs that describe these."""
    for release in releases:
        for quad in dataset.match(None, MIL.inRelease, release):
            if isinstance(quad.subject, NamedNode):
                yield document_of(quad.subject)
        for quad in dataset.match(release):
            if isinstance(quad.graph_name, NamedNode) and is_data_set(quad.graph_name):
                yield quad.graph_name


def _shared(dataset: Snapshot, documents: frozenset[NamedNode]) -> Iterator[Resource]:
    """Return what the graph of a data set describes, and nobody else may speak of.

    The names that it mints tell a place by its coordinates and an actor by its name, so
    that they are withheld whoever else writes something of them.
    """
    for graph in documents:
        if graph.value.startswith(ARTICLES):
            continue
        data_set = re.escape(graph.value.rpartition("/")[2])
        minted = re.compile(re.escape(BASE) + rf"(actor|place|dataset)/{data_set}-")
        for node in {quad.subject for quad in dataset.match(graph=graph)}:
            is_named_after = isinstance(node, NamedNode) and minted.match(node.value)
            if is_named_after or all(
                quad.graph_name in documents for quad in dataset.match(node)
            ):
                yield node


def _occurrences(
    dataset: Snapshot, documents: frozenset[NamedNode]
) -> tuple[frozenset[NamedNode], frozenset[NamedNode]]:
    """Return the occurrences all of whose accounts are withheld, and those with some."""
    unseen: set[NamedNode] = set()
    joined: set[NamedNode] = set()
    for node in dataset.triples.subjects(RDF["type"], MIL.Occurrence):
        accounts = dataset.triples.objects(node, MIL.hasAccount)
        withheld = [
            isinstance(a, NamedNode) and document_of(a) in documents for a in accounts
        ]
        if isinstance(node, NamedNode) and any(withheld):
            (unseen if all(withheld) else joined).add(node)
    return frozenset(unseen), frozenset(joined)


def _about(dataset: Snapshot, withheld: Withheld) -> Iterator[Resource]:
    """Return the judgements and the evidence of links that are about what is withheld."""
    for name in _ABOUT:
        for quad in dataset.match(None, name):
            if withheld.holds(quad.object):
                yield quad.subject
