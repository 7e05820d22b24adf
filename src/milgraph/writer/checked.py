"""The desk of checks: facts are held against the shapes, and nothing is stored."""

from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.settings import Settings
from milgraph.syntax import Source
from milgraph.trials import try_by
from milgraph.validation import Report, own_shapes
from milgraph.writer.desk import Desk, documents
from milgraph.writer.messages import Message
from milgraph.writer.values import packed

__all__ = ["CheckDesk"]


class CheckDesk(Desk):
    """What can be told to whoever checks; it reads checkpoints, and holds no store."""

    def __init__(self, settings: Settings) -> None:
        """Read the ontology and the shapes."""
        self.data = settings.data
        self._graph = KnowledgeGraph(settings)
        # Whoever checks first should not wait for it within the time of a check.
        self._axioms = self._graph.standards.axioms
        self.tasks = {"check": self._check}

    def _check(self, message: Message, files: list[int]) -> object:
        """Return the report on the first upload; by the shapes of the second, if any."""
        sources = []
        for document in documents(message, files):
            with document.open() as file:
                sources.append(Source(document.name, file.read(), document.form))
        facts, *shapes = sources
        report = self._by(facts, shapes[0]) if shapes else self._by_ours(facts)
        return packed(report)

    def _by_ours(self, facts: Source) -> Report:
        """Return what our shapes say of the facts.

        Whoever asks has seen to it that the newest state is published.
        """
        return self._graph.check_on(self._graph.reader().snapshot(), facts)

    def _by(self, facts: Source, shapes: Source) -> Report:
        """Return what shapes that somebody brings say of the facts."""
        view = self._graph.reader().snapshot().triples
        return try_by(own_shapes(shapes), facts, view=view, axioms=self._axioms)
