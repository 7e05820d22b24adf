"""The search index: entities, activities and articles by any of their names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Self

from milgraph.errors import ParameterError
from milgraph.names import Designator, misspelt
from milgraph.names.index import NameIndex
from milgraph.search.named import Group, group_of, label_of, names_in, names_of
from milgraph.search.ranking import LEAST, Wanted
from milgraph.store.interface import Readable
from milgraph.terms import MIL, OWL, RDF, NamedNode, Triple, compact, expand

__all__ = ["LONGEST", "MOST", "Hit", "SearchIndex", "kinds_of"]

# A name that is typed is not longer; and nobody reads more hits.
LONGEST, MOST = 200, 100
# What placing says of a graph is not what it is.
_MARKS = frozenset((MIL.AcceptedGraph,))
type_ = RDF["type"]
_BATCH = 100
# Said of so many things that it tells nothing of one.
_GENERAL = frozenset((MIL.Activity, MIL.Article, MIL.Document, MIL.Occurrence))


@dataclass(frozen=True, slots=True)
class Hit:
    """Something whose name answers what was typed, with 0 to 100 points.

    `name` is the one that matched, `kind` the class it is said to be of, `group` what
    that is: entity, activity or article.
    """

    iri: NamedNode
    label: str
    kind: NamedNode | None
    group: str
    name: str
    score: float

    def as_json(self) -> dict[str, str | float | None]:
        """Return the hit as programs read it."""
        return {
            "id": self.iri.value,
            "label": self.label,
            "kind": compact(self.kind) if self.kind else None,
            "group": self.group,
            "name": self.name,
            "score": self.score,
        }


class SearchIndex:
    """The names of one state of the graph; it is brought to the next by what changed."""

    def __init__(self, dataset: Readable) -> None:
        """Hold no names yet; `SearchIndex.of` holds all of them."""
        self._dataset = dataset
        self._names: dict[Group, NameIndex[NamedNode]] = {g: NameIndex() for g in Group}

    @classmethod
    def of(cls, dataset: Readable, *, pause: Callable[[], None] = lambda: None) -> Self:
        """Return the index of the state; `pause` is called again and again meanwhile."""
        index = cls(dataset)
        view = dataset.triples
        gathered: dict[Group, list[tuple[NamedNode, str]]] = {g: [] for g in Group}
        groups: dict[NamedNode, Group | None] = {}
        names = iter(names_in(dataset))
        while batch := list(islice(names, _BATCH)):
            for named, name in batch:
                if named not in groups:
                    groups[named] = group_of(view, named)
                if group := groups[named]:
                    gathered[group].append((named, name))
            pause()
        for group, found in gathered.items():
            index._names[group] = NameIndex(_with_pauses(found, pause))
        return index

    def __len__(self) -> int:
        return sum(map(len, self._names.values()))

    @property
    def sequence(self) -> int:
        """The number of the last commit of the state."""
        return self._dataset.sequence

    @property
    def is_worn(self) -> bool:
        """Whether so many names were taken out that it is better made anew."""
        removed = sum(names.removed for names in self._names.values())
        return removed > max(len(self), _BATCH)

    def follow(self, dataset: Readable, touched: Iterable[NamedNode]) -> None:
        """Go on to another state, in which only the names of those may be others."""
        view = dataset.triples
        for named in touched:
            for names in self._names.values():
                names.remove(named)
            if group := group_of(view, named):
                for name in names_of(view, named):
                    self._names[group].add(named, name)
        self._dataset = dataset

    def search(
        self,
        text: str,
        *,
        limit: int = 20,
        kinds: frozenset[str] = frozenset(),
    ) -> list[Hit]:
        """Return what the text may name, the best first.

        `kinds` are groups (entity, activity, article) and IRIs of classes: only what is
        in one of the groups, and of one of the classes, is returned.

        Raises:
            ParameterError: the text is empty or too long, the limit is out of range, or
                there is no such class.
        """
        _check(text, limit)
        groups = [g for g in Group if g.value in kinds] or list(Group)
        classes = {NamedNode(kind) for kind in kinds - {g.value for g in Group}}
        self._check_classes(classes)
        wanted, hits = Wanted(text, is_known=self._has_designated), []
        for order, group in enumerate(groups):
            best = self._best(wanted, group, text, 2 * limit if not classes else MOST)
            hits += [(order, named, *found) for named, found in best.items()]
        hits.sort(key=lambda hit: (-hit[2], hit[0], len(hit[3]), hit[1].value))
        chosen = (hit for hit in hits if self._is_of(hit[1], classes))
        return [
            self._hit(named, groups[order], name, score)
            for order, named, score, name in islice(chosen, limit)
        ]

    def _check_classes(self, classes: Iterable[NamedNode]) -> None:
        view = self._dataset.triples
        for wanted in sorted(classes, key=str):
            is_defined = Triple(wanted, type_, OWL.Class) in view
            # The classes of others are not described here, only used.
            if is_defined or any(True for _ in view.subjects(type_, wanted)):
                continue
            known = (
                compact(found)
                for found in view.subjects(type_, OWL.Class)
                if isinstance(found, NamedNode) and found in MIL
            )
            raise _unknown(compact(wanted), known)

    def _has_designated(self, designator: Designator) -> bool:
        return any(names.has_designated(designator) for names in self._names.values())

    def _best(
        self, wanted: Wanted, group: Group, text: str, limit: int
    ) -> dict[NamedNode, tuple[float, str]]:
        """Return what the text may name in the group, each with its best name."""
        best: dict[NamedNode, tuple[float, str]] = {}
        for found in self._names[group].look_up(text, limit=limit):
            score = wanted.score(found.text)
            standing, name = best.get(found.owner, (LEAST, ""))
            # Of names that say as much, the one in letters like those typed is shown.
            is_nearer = found.text.isascii() == text.isascii() != name.isascii()
            if score > standing or (score == standing and (is_nearer or not name)):
                best[found.owner] = score, found.text
        return best

    def _hit(self, named: NamedNode, group: Group, name: str, score: float) -> Hit:
        label = label_of(self._dataset.triples, named) or name
        kind = self._kind(named)
        return Hit(named, label, kind, group.value, name, round(score, 1))

    def _kind(self, named: NamedNode) -> NamedNode | None:
        """Return the class that a graph says it is of, not what follows from that."""
        said = {
            quad.object
            for quad in self._dataset.match(named, type_)
            if isinstance(quad.object, NamedNode) and quad.object in MIL
        }
        told = (said - _GENERAL - _MARKS) or said
        return min(told - _MARKS, key=lambda kind: kind.value, default=None)

    def _is_of(self, named: NamedNode, classes: set[NamedNode]) -> bool:
        view = self._dataset.triples
        return not classes or any(Triple(named, type_, c) in view for c in classes)


def _with_pauses(
    names: Iterable[tuple[NamedNode, str]], pause: Callable[[], None]
) -> Iterable[tuple[NamedNode, str]]:
    for number, name in enumerate(names):
        if not number % _BATCH:
            pause()
        yield name


def _check(text: str, limit: int) -> None:
    if not text.strip():
        raise ParameterError(
            "there is nothing to search for", hint="Give a name, or a part of one."
        )
    if len(text) > LONGEST:
        raise ParameterError(
            f"the text has {len(text):,} characters, and may have {LONGEST}",
            hint="Search for a name, not for a passage.",
        )
    if not 1 <= limit <= MOST:
        raise ParameterError(f"the limit {limit} is not between 1 and {MOST}")


_KINDS = (
    f"Kinds are {', '.join(sorted(group.value for group in Group))}, and classes such "
    "as mil:Vessel."
)


def _unknown(name: str, known: Iterable[str]) -> ParameterError:
    near = misspelt(name, known)
    hint = f"Did you mean {' or '.join(near)}?" if near else _KINDS
    return ParameterError(f"there is no class {name[:100]}", hint=hint)


def kinds_of(names: Iterable[str]) -> frozenset[str]:
    """Return the kinds to search for: the groups that are named, and IRIs of classes.

    Raises:
        ParameterError: a name is neither a group nor that of a class.

    >>> sorted(kinds_of(["article", "mil:Vessel"]))
    ['article', 'https://w3id.org/milgraph/ontology#Vessel']
    """
    groups = {group.value for group in Group}
    found = set()
    for name in names:
        if name not in groups and ":" not in name:
            raise ParameterError(f"{name!r} is no kind to search for", hint=_KINDS)
        found.add(name if name in groups else expand(name).value)
    return frozenset(found)
