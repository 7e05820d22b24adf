"""Shipped files: the ontology, reference data, occurrences, links and articles as quads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from milgraph import graphs
from milgraph.articles import Article, read_article
from milgraph.dataset import NamedGraphs
from milgraph.iris import skolemise
from milgraph.linksets import read_linkset
from milgraph.ontology import Axioms, Vocabulary, read_ontology
from milgraph.resources import Resources
from milgraph.syntax import Source, read
from milgraph.terms import MIL, RDF, NamedNode, Quad

__all__ = ["Shipped"]


@dataclass(frozen=True)
class Shipped:
    """What travels with the program, read once and on demand."""

    resources: Resources
    alignments: tuple[str, ...] = ()

    @cached_property
    def ontology(self) -> frozenset[Quad]:
        """The ontology, the code schemes and the alignments asked for."""
        return read_ontology(self.resources, alignments=self.alignments)

    @cached_property
    def editorial(self) -> frozenset[Quad]:
        """What editors write: reference data, occurrences and links."""
        quads: set[Quad] = set()
        for graph, paths in (
            (graphs.REFERENCE, self.resources.reference),
            (graphs.OCCURRENCES, self.resources.occurrences),
        ):
            for path in paths:
                quads |= {_moved(q, graph) for q in skolemise(read(Source.of(path)))}
        for path in self.resources.links:
            quads |= read_linkset(path)
        return frozenset(quads)

    @cached_property
    def axioms(self) -> Axioms:
        """The compiled rules of the ontology."""
        return Axioms.of(quad.triple for quad in self.ontology)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Every name that the ontology and the editors define."""
        return Vocabulary.of(quad.triple for quad in self.ontology | self.editorial)

    @cached_property
    def digest(self) -> str:
        """A digest of the files, to tell whether a graph was built from them."""
        return self.resources.digest(self.alignments)

    def article(self, path: Path) -> Article:
        """Return the article of the file, placed.

        Raises:
            SourceError: it is not RDF.
            PlacementError: it touches what is not its own.
        """
        return read_article(Source.of(path), self.vocabulary)

    def articles(self, progress: Callable[[str, float], None]) -> Iterator[Article]:
        """Return the shipped articles, telling the progress on the way."""
        paths = self.resources.articles
        for index, path in enumerate(paths):
            progress(f"reading {path.stem}", index / len(paths))
            yield self.article(path)

    def named_graphs(self, progress: Callable[[str, float], None]) -> NamedGraphs:
        """Return all shipped graphs; the view takes those that editors write, whole.

        Raises:
            KnowledgeGraphError: a file cannot be read, or an article does not fit.
        """
        shared = self.ontology | self.editorial
        names = {q.graph_name for q in shared if isinstance(q.graph_name, NamedNode)}
        quads = set(shared) | {
            Quad(n, RDF["type"], MIL.AcceptedGraph, n) for n in names
        }
        for article in self.articles(progress):
            quads |= article.quads
        return NamedGraphs.of(quads)


def _moved(quad: Quad, graph: NamedNode) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object, graph)
