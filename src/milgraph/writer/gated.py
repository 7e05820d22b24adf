"""The desk of the gate: a graph that is changed by one way in, whatever door it comes by."""

import gc
from collections.abc import Callable, Iterable, Iterator

from milgraph.articles import require_named
from milgraph.commits import Outcome
from milgraph.editorial import require_target
from milgraph.errors import Position, SourceError, StaleError
from milgraph.fates import fates_of
from milgraph.gate import Gate
from milgraph.history import Author, LogReader, Role
from milgraph.proposals import is_by_rule
from milgraph.settings import Settings
from milgraph.syntax import Source, read
from milgraph.terms import (
    MIL,
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    Resource,
    Triple,
)
from milgraph.writer.desk import Desk, documents, names, text_of, with_loads
from milgraph.writer.messages import Message
from milgraph.writer.receipts import Receipt, tag_of

__all__ = ["GateDesk"]

_ANY = "*"
# What a text without a base is relative to, where no address says whose it is: no name
# of an article, so that it shows.


class GateDesk(Desk):
    """What can be told to whoever holds the graph; every change has an author."""

    def __init__(self, settings: Settings) -> None:
        """Open the graph, and bring it up to date with its log and the shipped files.

        Raises:
            StoreError: another process holds it, or it cannot be used.
        """
        self.data = settings.data
        self.committed = self._gate = Gate.open(settings)
        # What is compiled stays; to look for garbage among it costs as much as ten commits.
        gc.collect()
        gc.freeze()
        self.tasks = {
            "submit": self._submit,
            "retract": self._retract,
            "update": self._update,
            "put": self._put,
            "post": self._post,
            "delete": self._delete,
            "undo": self._undo,
            "recall": self._recall,
        }

    def _submit(self, message: Message, files: list[int]) -> Message:
        article = _name(message["article"])
        sources = [*_sources(message, files)]
        if article is None:
            for source in sources:
                require_named(source)
        else:
            self._require_state(article, message)
        outcome = self._gate.submit(
            *sources,
            author=_author(message),
            article=article,
            dry_run=message["dry_run"],
        )
        return self._receipt(outcome, outcome.articles)

    def _retract(self, message: Message, _: list[int]) -> Message:
        article = NamedNode(message["article"])
        self._require_state(article, message)
        outcome = self._gate.retract(
            article, author=_author(message), dry_run=message["dry_run"]
        )
        return self._receipt(outcome, outcome.articles)

    def _update(self, message: Message, files: list[int]) -> Message:
        named = message["named"]
        outcome = self._gate.update(
            with_loads(text_of(files[0]), message["loads"], files[1:]),
            author=_author(message),
            using_graphs=names(message["using"]),
            using_named=None if named is None else names(named),
            base=message["base"],
            dry_run=message["dry_run"],
        )
        return self._receipt(outcome)

    def _put(self, message: Message, files: list[int]) -> Message:
        return self._uploaded(message, files, self._gate.put)

    def _post(self, message: Message, files: list[int]) -> Message:
        return self._uploaded(message, files, self._gate.post)

    def _uploaded(
        self, message: Message, files: list[int], change: Callable[..., Outcome]
    ) -> Message:
        graph = require_target(_graph(message))
        outcome = change(
            graph,
            _triples(message, files),
            author=_author(message),
            dry_run=message["dry_run"],
        )
        return self._receipt(outcome, [graph])

    def _delete(self, message: Message, _: list[int]) -> Message:
        graph = require_target(_graph(message))
        outcome = self._gate.delete(
            graph, author=_author(message), dry_run=message["dry_run"]
        )
        return self._receipt(outcome, [graph])

    def _undo(self, message: Message, _: list[int]) -> Message:
        outcome = self._gate.undo(
            message["number"], author=_author(message), dry_run=message["dry_run"]
        )
        return self._receipt(outcome)

    def _recall(self, message: Message, _: list[int]) -> Message | None:
        """Return the receipt of a commit, if it is the author's.

        Whoever asked for it was not answered, since the process before this one ended.
        """
        if not message["number"]:
            return None
        entry = LogReader.open(self.data / "log").entry(message["number"])
        author = _author(message)
        if (entry.agent, entry.door) != (author.name, author.door):
            return None
        change = entry.change
        existed = any(q.graph_name != DefaultGraph() for q in entry.proper.removals)
        return Receipt.of(
            change, commit=entry.sequence, existed=existed, articles=entry.articles
        ).encode()

    def _receipt(
        self,
        outcome: Outcome,
        targets: Iterable[NamedNode] = (),
    ) -> Message:
        return Receipt.of(
            outcome.change,
            commit=outcome.sequence,
            existed=all(self._existed(target, outcome) for target in targets),
            articles=[article.value for article in outcome.articles],
            fates=[
                (article.value, str(fate))
                for article, fate in fates_of(outcome, self._gate.state).items()
            ],
            report=outcome.report,
        ).encode()

    def _existed(self, graph: NamedNode, outcome: Outcome) -> bool:
        """Return whether the graph was there before what has just been done."""
        standing = self._gate.state.match(graph=graph)
        if outcome.sequence is None:
            return next(standing, None) is not None
        change = outcome.change
        return any(quad.graph_name == graph for quad in change.removals) or any(
            quad not in change.additions for quad in standing
        )

    def _tag(self, article: NamedNode) -> str | None:
        """Return what tells this state of the article from others; none without it."""
        state = self._gate.state
        record = frozenset(state.match(graph=article))
        if not record:
            return None
        inner: set[Resource] = {
            quad.subject for quad in record if quad.predicate == MIL.inArticle
        }
        for quad in record:
            if quad.predicate == MIL.hasReading and isinstance(quad.object, NamedNode):
                inner.add(quad.object)
        quads = set(record)
        for name in inner:
            if isinstance(name, NamedNode):
                quads.update(state.match(graph=name))
        return tag_of(quad for quad in quads if not is_by_rule(quad))

    def _require_state(self, article: NamedNode, message: Message) -> None:
        """Promise that the article is as whoever writes has seen it (RFC 9110, 13.1).

        Raises:
            StaleError: somebody else was faster, or there is none, or one already.
        """
        wanted, unwanted = message["if_match"], message["if_none_match"]
        if wanted is None and unwanted is None:
            return
        tag = self._tag(article)
        is_there = tag is not None
        if wanted is not None and not (is_there and (_ANY in wanted or tag in wanted)):
            raise StaleError(
                "the article is not as you have seen it",
                hint="Read it again, and send what it should become.",
            )
        if unwanted is not None and is_there and (_ANY in unwanted or tag in unwanted):
            raise StaleError(
                "the article is there already",
                hint="Without If-None-Match what you send replaces it.",
            )


def _sources(message: Message, files: list[int]) -> Iterator[Source]:
    for document in documents(message, files):
        with document.open() as file:
            yield Source(document.name, file.read(), document.form)


def _triples(message: Message, files: list[int]) -> frozenset[Triple]:
    """Return what the uploads say of one graph, the nodes of each its own."""
    found: set[Triple] = set()
    for index, document in enumerate(documents(message, files)):
        with document.open() as file:
            source = Source(document.name, file.read(), document.form)
        if not source.content.strip():
            continue
        base = NamedNode(document.base) if document.base else None
        for quad in read(source, base=base):
            if quad.graph_name != DefaultGraph():
                raise SourceError(
                    "the text has a named graph",
                    position=Position(source.name),
                    hint="One graph is stored here; send articles to /articles.",
                )
            found.add(_of_upload(quad, index))
    return frozenset(found)


def _of_upload(quad: Quad, index: int) -> Triple:
    """Return the triple, its nodes without a name apart from those of other uploads."""
    subject, value = quad.subject, quad.object
    if index and isinstance(subject, BlankNode):
        subject = BlankNode(f"{subject.value}x{index}")
    if index and isinstance(value, BlankNode):
        value = BlankNode(f"{value.value}x{index}")
    return Triple(subject, quad.predicate, value)


def _author(message: Message) -> Author:
    told = message["author"]
    return Author(told["name"], Role(told["role"]), told["door"], told["reason"])


def _name(iri: str | None) -> NamedNode | None:
    return None if iri is None else NamedNode(iri)


def _graph(message: Message) -> NamedNode | DefaultGraph:
    return _name(message["graph"]) or DefaultGraph()
