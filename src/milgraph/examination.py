"""Examination: whether log, store, view and checkpoints are what they should be."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

from milgraph import graphs
from milgraph.assessing import assess_all
from milgraph.axioms import Axioms
from milgraph.dataset import NamedGraphs, in_view
from milgraph.errors import KnowledgeGraphError, StoreError
from milgraph.generations import Generations
from milgraph.history import Entry, LogReader
from milgraph.history.states import without_note
from milgraph.settings import Settings
from milgraph.staging import Progress, WholeView, materialise_view
from milgraph.standards import Standards
from milgraph.store import EmbeddedStore, Snapshot
from milgraph.terms import (
    MIL,
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Resource,
    Term,
    compact,
)

__all__ = ["Examination", "Finding", "examine"]

_RESTORE = "Restore a backup: `milgraph restore`."
_REBUILD = (
    "Move the folder `store` away: it is made anew from the log on the next start."
)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, and what to do; `is_damage` unless it does no harm."""

    area: str
    message: str
    hint: str
    is_damage: bool = True


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at, in words, and what was found."""

    looked_at: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not any(finding.is_damage for finding in self.findings)


def examine(
    settings: Settings, standards: Callable[[], Standards], *, progress: Progress
) -> Examination:
    """Return what is wrong with the graph of the data folder; nothing is changed.

    Where another process holds the store, the state that it published last is looked at.

    Raises:
        StoreError: there is no graph.
    """
    patient = _Patient(settings, standards)
    looked_at: list[str] = []
    findings: list[Finding] = []
    for number, (what, look) in enumerate(patient.looks):
        progress(f"looking at {what}", number / len(patient.looks))
        looked_at.append(what)
        try:
            findings += look()
        except KnowledgeGraphError as error:
            hint = error.hint or _RESTORE
            findings.append(Finding(what, error.message, hint))
    patient.close()
    return Examination(tuple(looked_at), tuple(findings))


class _Patient:
    """The graph of one folder, as far as it can be read."""

    def __init__(self, settings: Settings, standards: Callable[[], Standards]) -> None:
        self._data = settings.data
        self._standards = standards
        self._generations = Generations(settings.data)
        self._owned: EmbeddedStore | None = None
        self._unopened: StoreError | None = None
        self._state = self._open()
        self._log: LogReader | None = None
        self._folded: set[Quad] | None = None
        self.looks: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
            ("the log", self._look_at_log),
            ("the store", self._look_at_store),
            ("the indexes", self._look_at_indexes),
            ("the history", self._look_at_history),
            ("the view", self._look_at_view),
            ("the shapes", self._look_at_shapes),
            ("the checkpoints", self._look_at_checkpoints),
        )

    def _open(self) -> Snapshot:
        if (self._data / "store").is_dir():
            try:
                self._owned = EmbeddedStore(self._data / "store")
            except StoreError as error:
                # A server may have it; what that published is open to everybody.
                self._unopened = error
                return self._generations.open()[1]
            return self._owned
        return self._generations.open()[1]

    def close(self) -> None:
        """Let go of the store."""
        if self._owned is not None:
            self._owned.close()

    @cached_property
    def _present(self) -> set[Quad]:
        return set(without_note(self._state))

    @cached_property
    def _recomputed(self) -> WholeView:
        named = NamedGraphs.of(self._present)
        return materialise_view(named, Axioms.of(named.graph(graphs.ONTOLOGY)))

    def _look_at_log(self) -> Iterator[Finding]:
        """Read every record, and follow what the commits changed up to the state."""
        self._log = log = LogReader.open(self._data / "log")
        standing: set[Quad] = set()
        for entry in log.entries():
            if entry.sequence > self._state.sequence:
                continue
            yield from _missteps(entry, standing)
            standing -= entry.change.removals
            standing |= entry.change.additions
        self._folded = standing

    def _look_at_store(self) -> Iterator[Finding]:
        """Compare the state with what the log makes of it."""
        if self._unopened is not None:
            is_held = "held" in self._unopened.message
            yield Finding(
                "the store",
                f"{self._unopened.message}; the state published last is looked at",
                "Stop the server to have the store itself looked at."
                if is_held
                else _REBUILD,
                is_damage=not is_held,
            )
        if self._log is None or self._folded is None:
            yield Finding(
                "the store", "it cannot be compared with a damaged log", _RESTORE
            )
            return
        number, last = self._state.sequence, self._log.last
        if number > last:
            yield Finding(
                "the store", f"it has {number} commits, and the log {last}", _RESTORE
            )
        elif number < last:
            yield Finding(
                "the store",
                f"it is at commit {number} of {last}",
                "The next command that opens it makes up for that.",
                is_damage=False,
            )
        yield from _differences(
            "the store", self._present, self._folded, "the log", _REBUILD
        )

    def _look_at_indexes(self) -> Iterator[Finding]:
        """Find every quad by each of the orders that the engine keeps."""
        quads = set(self._state.look_up())
        for name, known, strange in _by_each_index(self._state, quads):
            if strange or known != len(quads):
                yield Finding(
                    "the indexes",
                    f"by {name}, {known:,} of {len(quads):,} quads are found, and "
                    f"{strange:,} others",
                    _REBUILD,
                )

    def _look_at_history(self) -> Iterator[Finding]:
        """Compare what the graph says of each commit with its entry in the log."""
        if self._log is None:
            return
        for number in range(
            self._log.first, min(self._log.last, self._state.sequence) + 1
        ):
            told = self._log.summary(number)
            commit = NamedNode(f"{graphs.CHANGES.value}#{number}")
            said = {
                q.predicate: q.object.value
                for q in self._state.match(commit, None, None, graphs.CHANGES)
                if isinstance(q.object, Literal)
            }
            wanted = {
                MIL.sequenceNumber: str(number),
                MIL.additionCount: str(told.added),
                MIL.removalCount: str(told.removed),
                MIL.changeDigest: told.digest,
            }
            for predicate, value in wanted.items():
                if said.get(predicate) != value:
                    yield Finding(
                        "the history",
                        f"of commit {number} the graph says {compact(predicate)} "
                        f"{said.get(predicate)}, and the log {value}",
                        _REBUILD,
                    )

    def _look_at_view(self) -> Iterator[Finding]:
        """Compare the view with what follows from the named graphs."""
        whole = self._recomputed
        hint = "Report it: the rules that keep the view failed. " + _RESTORE
        view = set(in_view(whole.triples))
        named = set(NamedGraphs.of(self._present))
        stored = {q for q in self._present if q.graph_name == DefaultGraph()}
        yield from _differences("the view", stored, view, "the rules", hint)
        yield from _differences("the view", named, set(whole.named), "the rules", hint)

    def _look_at_shapes(self) -> Iterator[Finding]:
        """Validate the whole view, and what it does not take."""
        report = assess_all(self._recomputed, self._standards())
        if not report.conforms:
            yield Finding(
                "the shapes",
                f"the graph does not conform: {report.summary}",
                "Correct or retract what is named by `milgraph check`.",
            )

    def _look_at_checkpoints(self) -> Iterator[Finding]:
        """Open the state that is pointed to, and look for what nobody needs."""
        current = self._generations.current
        number, snapshot = self._generations.open()
        if snapshot.sequence != number:
            yield Finding(
                "the checkpoints",
                f"checkpoint {number} is of commit {snapshot.sequence}",
                "Remove the folder `checkpoints` and the file `generation`: they are "
                "made anew.",
            )
        for name in sorted(self._generations.unneeded()):
            yield Finding(
                "the checkpoints",
                f"nobody needs {name} any more; the current one is {current}",
                "The next commit removes it, or you may.",
                is_damage=False,
            )


def _missteps(entry: Entry, standing: set[Quad]) -> Iterator[Finding]:
    """Find what a commit removed that was not there, or added that was."""
    absent = entry.change.removals - standing
    twice = entry.change.additions & standing
    for quads, deed in ((absent, "removes what is not there"), (twice, "adds again")):
        if quads:
            yield Finding(
                "the log",
                f"commit {entry.sequence} {deed}: {_some(quads)}",
                "The states of the graph are right nevertheless; report it.",
                is_damage=False,
            )


def _differences(
    area: str, found: set[Quad], wanted: set[Quad], source: str, hint: str
) -> Iterator[Finding]:
    for quads, told in (
        (wanted - found, f"of {source} is missing"),
        (found - wanted, f"is not of {source}"),
    ):
        if quads:
            yield Finding(area, f"{len(quads):,} quads: {told}: {_some(quads)}", hint)


def _some(quads: Collection[Quad]) -> str:
    shown = "; ".join(sorted(map(str, quads))[:_SHOWN])
    return shown if len(quads) <= _SHOWN else f"{shown}; ..."


_Pattern: TypeAlias = tuple[
    Resource | None,
    NamedNode | None,
    Term | None,
    NamedNode | BlankNode | DefaultGraph | None,
]
# The patterns for which the engine has an index each.
_PATHS: Mapping[str, Callable[[Quad], _Pattern]] = MappingProxyType(
    {
        "subject": lambda q: (q.subject, None, None, None),
        "predicate": lambda q: (None, q.predicate, None, None),
        "object": lambda q: (None, None, q.object, None),
        "graph": lambda q: (None, None, None, q.graph_name),
        "graph and subject": lambda q: (q.subject, None, None, q.graph_name),
        "graph and predicate": lambda q: (None, q.predicate, None, q.graph_name),
        "graph and object": lambda q: (None, None, q.object, q.graph_name),
    }
)


def _by_each_index(
    state: Snapshot, quads: AbstractSet[Quad]
) -> Iterator[tuple[str, int, int]]:
    """Return each index, how many of the quads it finds, and how many others."""
    for name, pattern in _PATHS.items():
        known = strange = 0
        for keys in {pattern(quad) for quad in quads}:
            for quad in state.look_up(*keys):
                is_known = quad in quads
                known, strange = known + is_known, strange + (not is_known)
        yield name, known, strange
