"""Bulk: thousands of articles, or a dump of a whole graph, through the gate in batches."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from milgraph import graphs
from milgraph.articles import Article
from milgraph.changes import Change
from milgraph.errors import (
    KnowledgeGraphError,
    PlacementError,
    Position,
    SourceError,
    StoreError,
)
from milgraph.gate import Gate
from milgraph.history import Author
from milgraph.iris import ARTICLES, document_of, skolemise
from milgraph.placing import place
from milgraph.proposals import is_by_rule, require_claimed
from milgraph.staging import Progress
from milgraph.store.documents import Document
from milgraph.store.plain import PlainStore
from milgraph.syntax import Source, read
from milgraph.terms import NamedNode, Quad, compact
from milgraph.validation import Report, Result

__all__ = ["Loaded", "Refusal", "collecting_seldom", "files_of", "load"]

_ENDINGS = (".trig", ".jsonld", ".json", ".nq", ".trig.gz", ".jsonld.gz", ".nq.gz")
# A longer file is no article, but holds many.
_LONGEST_ARTICLE = 4 * 1024 * 1024
# A batch costs a sync, and files that the store merges later; it is held in memory.
_QUADS_IN_BATCH = 20_000
# Of no file: the view and the history are computed, the ontology comes with the program.
_NOT_TAKEN = frozenset((graphs.ONTOLOGY, graphs.CHANGES, graphs.EXPORT))


@dataclass(frozen=True, slots=True)
class Refusal:
    """An article that was not stored, and why."""

    name: str
    error: KnowledgeGraphError


@dataclass(slots=True)
class Loaded:
    """What became of the articles: how many are new or another version, and the commits.

    Articles that were there already as they are given are `unchanged`.
    """

    articles: int = 0
    unchanged: int = 0
    commits: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    @property
    def report(self) -> Report:
        """What the shapes say of what was stored; nothing of it is a violation."""
        return Report.of(self.results, graph_size=0)


def load(
    gate: Gate,
    paths: Iterable[Path],
    author: Author,
    *,
    progress: Progress = lambda _step, _share: None,
    keep_going: bool = False,
    batch: int = _QUADS_IN_BATCH,
) -> Loaded:
    """Commit the articles of the files and folders, a batch at a time.

    A file may be one article, or a dump: many, with the editorial graphs, whose quads
    are added to what is there; its default graph, its ontology and its history are not
    taken. An article is given once. What was interrupted goes on when it is called
    again: what is there already is passed over. A batch is made when `batch` quads wait
    for it. With `keep_going`, what is refused is told and left out; otherwise it
    is raised, and the batches before it stay.

    Raises:
        KnowledgeGraphError: a file cannot be read, or an article is refused.
    """
    batches = _Batches(gate, author, keep_going=keep_going, size=batch)
    files = list(files_of(paths))
    with collecting_seldom():
        _take(files, batches, progress)
        gate.settle()
    return batches.loaded


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Leave the garbage to `flush`: to look for it all the time takes a fifth of it."""
    is_enabled, is_frozen = gc.isenabled(), gc.get_freeze_count() > 0
    if not is_frozen:
        gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()
        if not is_frozen:
            gc.unfreeze()


def _take(files: Sequence[Path], batches: "_Batches", progress: Progress) -> None:
    for index, path in enumerate(files):
        progress(f"loading {path.name}", index / max(1, len(files)))
        try:
            if _is_dump(path):
                share = 1 / len(files)
                for done in batches.take_dump(path):
                    progress(f"loading {path.name}", (index + done) * share)
            else:
                batches.read(Source.of(path))
        except KnowledgeGraphError as error:
            batches.refuse(str(path), error)
    batches.flush()


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Return the files, and in the place of a folder those in it that may be articles.

    Raises:
        SourceError: there are none in a folder.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = [p for p in path.rglob("*") if _may_hold_articles(p)]
        if not found:
            raise SourceError(
                "there is no article in the folder",
                position=Position(str(path)),
                hint=f"Articles end in {', '.join(_ENDINGS[:4])}.",
            )
        yield from sorted(found)


def _may_hold_articles(path: Path) -> bool:
    return path.name.lower().endswith(_ENDINGS) and path.is_file()


def _is_dump(path: Path) -> bool:
    """Return whether the file holds more than one article."""
    source_size = path.stat().st_size if path.is_file() else 0
    if source_size > _LONGEST_ARTICLE:
        return True
    source = Source.of(path)
    names = {q.graph_name for q in read(source, base=NamedNode(ARTICLES + "unnamed"))}
    named = {n for n in names if isinstance(n, NamedNode)}
    articles = {document_of(n) for n in named if n.value.startswith(ARTICLES)}
    return len(articles) > 1 or any(not n.value.startswith(ARTICLES) for n in named)


class _Batches:
    """Articles on their way, committed when they are enough."""

    def __init__(
        self, gate: Gate, author: Author, *, keep_going: bool, size: int
    ) -> None:
        self.loaded = Loaded()
        self._gate = gate
        # The gate is not asked for its own, for which it would wait.
        self._desk = gate.desk
        self._author = author
        self._keep_going = keep_going
        self._enough = size
        self._waiting: list[Article] = []
        self._size = 0
        self._given: set[NamedNode] = set()

    def read(self, source: Source) -> None:
        """Take the article of the source.

        Raises:
            SourceError: it is not RDF.
            PlacementError: it touches what is not its own; as of `add`.
        """
        self.add(self._desk.read(source))

    def add(self, article: Article) -> None:
        """Take the article, unless it is there already as it is.

        Raises:
            PlacementError: it was given before, or nobody claims what it says.
        """
        self._note(article)
        if self._desk.present(article.iri) == article.quads:
            self.loaded.unchanged += 1
            return
        self._waiting.append(article)
        self._size += len(article.quads)
        if self._size >= self._enough:
            self.flush()

    def _note(self, article: Article) -> None:
        require_claimed(article)
        # In another batch, one version would replace the other without a word.
        if article.iri in self._given:
            raise PlacementError(
                f"{compact(article.iri)} is described twice",
                position=Position(article.source.name) if article.source else None,
                hint="Give one version of it.",
            )
        self._given.add(article.iri)

    def flush(self) -> None:
        """Commit what waits."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting:
            self._commit(waiting)
            gc.collect()

    def take_dump(self, path: Path) -> Iterator[float]:
        """Take what a file of many graphs holds; tell how far it is."""
        with TemporaryDirectory(prefix="milgraph-") as folder:
            spool = PlainStore(Path(folder) / "spool")
            try:
                # Only an index of all of it tells which quads are of one article,
                # whatever their order.
                spool.load(Document.of(path, base=ARTICLES + "unnamed"))
                yield from self._spooled(spool)
            finally:
                spool.close()

    def _spooled(self, spool: PlainStore) -> Iterator[float]:
        of_articles: dict[NamedNode, list[NamedNode]] = defaultdict(list)
        shared: set[Quad] = set()
        happened: set[Quad] = set()
        for name in spool.graphs():
            if name.value.startswith(ARTICLES):
                of_articles[document_of(name)].append(name)
            elif name == graphs.OCCURRENCES:
                happened.update(spool.quads(name))
            elif name not in _NOT_TAKEN:
                shared.update(spool.quads(name))
        self._commit([], beside=_additions(shared))
        yield from self._in_order(spool, of_articles, _additions(happened))

    def _in_order(
        self,
        spool: PlainStore,
        of_articles: Mapping[NamedNode, Iterable[NamedNode]],
        happened: Change,
    ) -> Iterator[float]:
        """Take the articles and then what happened, with the articles that name it.

        A judgement is of an account that is there.
        """
        known = self._gate.desk.vocabulary.names
        knowing = self._gate.desk.knowing(happened.additions).vocabulary
        new = knowing.names - known
        together: list[Article] = []
        for index, (iri, names) in enumerate(sorted(of_articles.items(), key=str)):
            quads = {q for n in names for q in spool.quads(n) if not is_by_rule(q)}
            try:
                article = place(Article(iri, skolemise(quads, under=iri)), knowing)
                if new.isdisjoint(quad.object for quad in quads):
                    self.add(article)
                else:
                    self._note(article)
                    together.append(article)
            except KnowledgeGraphError as error:
                self.refuse(compact(iri), error)
            yield (index + 1) / len(of_articles)
        self.flush()
        self._commit(together, beside=happened)

    def _commit(self, articles: list[Article], *, beside: Change | None = None) -> None:
        """Commit the articles; where one is refused, find out which.

        `beside` changes editorial graphs in the same commit.
        """
        if not articles and (beside is None or beside.is_empty):
            return
        try:
            proposal = self._gate.desk.replacing(articles, beside=beside)
            # The store takes it while the next articles are read.
            outcome = self._gate.commit(proposal, self._author, ahead=True)
        except KnowledgeGraphError as error:
            self._narrow(articles, error, is_whole=beside is not None)
            return
        if beside is not None:
            self._desk = self._gate.desk
        self.loaded.articles += len(articles)
        self.loaded.results += outcome.report.results
        if outcome.sequence:
            self.loaded.commits.append(outcome.sequence)

    def _narrow(
        self, articles: list[Article], error: KnowledgeGraphError, *, is_whole: bool
    ) -> None:
        """Find out which of the articles is refused."""
        if is_whole or not self._keep_going or len(articles) == 1:
            names = [compact(article.iri) for article in articles]
            self.refuse(", ".join(names) or "the editorial graphs", error)
            return
        if isinstance(error, StoreError):
            raise error
        half = len(articles) // 2
        self._commit(articles[:half])
        self._commit(articles[half:])

    def refuse(self, name: str, error: KnowledgeGraphError) -> None:
        """Take notice of what is refused.

        Raises:
            KnowledgeGraphError: it is not to be left out, or no article's fault.
        """
        if not self._keep_going or isinstance(error, StoreError):
            raise error
        self.loaded.refused.append(Refusal(name, error))


def _additions(quads: Iterable[Quad]) -> Change:
    return Change(additions=skolemise(quads))
