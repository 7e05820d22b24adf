"""What can be searched for: which names of the view are whose, and of which group."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import cast

from milgraph.changes import Change
from milgraph.iris import ARTICLES, fragment_of
from milgraph.store.interface import Readable
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    RDFS,
    Literal,
    NamedNode,
    Quad,
    Term,
)
from milgraph.triples import Triples

__all__ = ["Group", "group_of", "label_of", "names_in", "names_of", "touched"]

type_ = RDF["type"]
_LABELS = f"SELECT ?named ?name WHERE {{ ?named <{RDFS.label.value}> ?name }}"
_ALIASES = (
    f"SELECT ?named ?name WHERE {{ ?alias <{MIL.aliasOf.value}> ?named ; "
    f"<{MIL.aliasText.value}> ?name }}"
)
# A record of a data set is called by what it is named after.
_RECORDS = (
    f"SELECT ?named ?number WHERE {{ ?named <{MIL.recordIdentifier.value}> ?number }}"
)
# What has a name within an article, and can be searched for.
_ACTIVITIES = frozenset((MIL.Activity, MIL.ActivitySeries))
_ENTITIES = frozenset(
    (MIL.Actor, MIL.Place, MIL.Platform, MIL.PlatformType, MIL.Situation)
)
# What has a name and is not in the story: terms, concepts, shapes, graphs.
_APART = frozenset(("code", "graph", "ontology", "shapes"))


class Group(Enum):
    """What a name is the name of, in the order in which equal hits are listed."""

    ENTITY = "entity"
    ACTIVITY = "activity"
    ARTICLE = "article"


def names_in(dataset: Readable) -> Iterator[tuple[NamedNode, str]]:
    """Return every name of what can be searched for, with whose it is."""
    for text in (_LABELS, _ALIASES):
        for named, name in cast("Iterable[tuple[Term, Term]]", dataset.query(text)):
            if (
                isinstance(named, NamedNode)
                and isinstance(name, Literal)
                and _is_ours(named)
            ):
                yield named, name.value
    records = cast("Iterable[tuple[Term, Term]]", dataset.query(_RECORDS))
    for named in dict.fromkeys(named for named, _ in records):
        if isinstance(named, NamedNode) and _is_ours(named):
            yield named, _slug(named)


def names_of(view: Triples, named: NamedNode) -> tuple[str, ...]:
    """Return the names that the view gives to the one."""
    if not _is_ours(named):
        return ()
    values: list[Term] = [*view.objects(named, RDFS.label)]
    for alias in view.subjects(MIL.aliasOf, named):
        values += view.objects(alias, MIL.aliasText)
    names = [v.value for v in values if isinstance(v, Literal)]
    if any(True for _ in view.objects(named, MIL.recordIdentifier)):
        names.append(_slug(named))
    return tuple(dict.fromkeys(names))


def label_of(view: Triples, named: NamedNode) -> str:
    """Return the name to show: the label in English, or else another."""
    labels = [v for v in view.objects(named, RDFS.label) if isinstance(v, Literal)]
    labels.sort(key=lambda v: (v.language != "en", bool(v.language), v.value))
    return labels[0].value if labels else ""


def group_of(view: Triples, named: NamedNode) -> Group | None:
    """Return what it is: an activity or a happening, an article, or else an entity.

    What an article names and is none of these, as the part that somebody plays in an
    activity, is not searched for.
    """
    place = _place(named)
    if place == "occurrence":
        return Group.ACTIVITY
    if place != "article":
        return Group.ENTITY
    if not fragment_of(named):
        return Group.ARTICLE
    classes = frozenset(view.objects(named, type_))
    if not _ACTIVITIES.isdisjoint(classes):
        return Group.ACTIVITY
    return None if _ENTITIES.isdisjoint(classes) else Group.ENTITY


def touched(changes: Iterable[Change], view: Triples) -> set[NamedNode]:
    """Return whose names the changes may have changed; the view is that after them."""
    found: set[Term] = set()
    for change in changes:
        for quads in (change.removals, change.additions):
            for quad in quads:
                found |= set(_named_by(quad, view))
    return {one for one in found if isinstance(one, NamedNode) and _is_ours(one)}


def _named_by(quad: Quad, view: Triples) -> Iterable[Term]:
    if quad.predicate in (RDFS.label, type_, MIL.recordIdentifier):
        return (quad.subject,)
    if quad.predicate == MIL.aliasOf:
        return (quad.object,)
    if quad.predicate == MIL.aliasText:
        return view.objects(quad.subject, MIL.aliasOf)
    return ()


def _is_ours(named: NamedNode) -> bool:
    return named.value.startswith(BASE) and _place(named) not in _APART


def _slug(named: NamedNode) -> str:
    return named.value.removeprefix(ARTICLES)


def _place(named: NamedNode) -> str:
    local = named.value.removeprefix(BASE)
    return local.partition("#")[0].partition("/")[0]
