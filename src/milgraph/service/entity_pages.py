"""Pages of entities: what is said of one, who says it, and what points to it."""

from collections.abc import Iterable, Mapping

from milgraph.answers import Row, short
from milgraph.service.describing import PAGE, Description
from milgraph.service.documents import ENDINGS
from milgraph.service.licences import Terms
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.names import path_of
from milgraph.service.negotiation import HTML
from milgraph.service.tables import MAXIMUM_ROWS, cell, table
from milgraph.terms import Literal, NamedNode, Term

__all__ = ["entity_page"]

_LABEL = ("label", "prefLabel", "title")


def entity_page(found: Description, terms: Iterable[Terms] = ()) -> str:
    """Return the page of the entity, with the terms of the releases that it is from."""
    el = element
    name = short(found.entity)
    return page(
        found.title,
        el("h1", found.title),
        el("p", el("code", name if name != found.entity.value else str(found.entity))),
        _forms(found),
        _own(found),
        _claims(found),
        _links(found),
        _others(found),
        terms=[_told(one) for one in terms],
    )


def _told(terms: Terms) -> Content:
    return [
        "From ",
        cell(terms.release),
        ", whose licence is ",
        cell(terms.licence),
        ". ",
    ]


def _forms(found: Description) -> Markup:
    """Return links to the same in the formats of RDF."""
    path = path_of(found.entity) or "/"
    names = [name for name in ENDINGS if name != HTML.name]
    links = [element("a", n, href=f"{path}.{ENDINGS[n]}") for n in names]
    spaced = [part for link in links for part in (" ", link)]
    return element("p", "Download as", spaced, class_="downloads")


def _own(found: Description) -> Markup | None:
    """Return the facts of the entity itself, the values with what they are called."""
    rows = sorted(
        (
            (t.predicate, t.object, _called(found.labels, t.object))
            for t in found.facts
            if t.subject == found.entity
        ),
        key=str,
    )
    return _section("What is said of it", ("property", "value", "called"), rows)


def _claims(found: Description) -> Markup | None:
    columns = ("claim", "claimant", "modality", "polarity", "article")
    return _section(
        "Who speaks of it",
        columns,
        found.claims,
        told=_of_how_many(found.number_of_claims, "claim", found.page),
    )


def _links(found: Description) -> Markup | None:
    rows = [(subject, name, kind) for subject, kind, name in found.links]
    return _section(
        "What points to it",
        ("subject", "called", "property"),
        rows,
        _pager(found),
        told=_of_how_many(found.number_of_links, "link", found.page),
    )


def _others(found: Description) -> Markup | None:
    """Return the facts of what belongs to the entity: aliases, measures, passages."""
    # What is only named here has its label beside the value already.
    told = {t.subject for t in found.facts if not _is_label(t.predicate)}
    rows = sorted(
        (
            (t.subject, t.predicate, t.object)
            for t in found.facts
            if t.subject != found.entity and t.subject in told
        ),
        key=str,
    )
    return _section("What belongs to it", ("subject", "property", "value"), rows)


def _section(
    title: str,
    columns: tuple[str, ...],
    rows: Iterable[Row],
    *more: Content,
    told: str = "",
) -> Markup | None:
    listed = list(rows)
    if not listed:
        return None
    if len(listed) > MAXIMUM_ROWS:
        told = f"The first {MAXIMUM_ROWS:,} of {len(listed):,}."
    return element(
        "section",
        element("h2", title),
        element("p", told) if told else None,
        table(columns, listed[:MAXIMUM_ROWS], caption=title),
        *more,
    )


def _of_how_many(total: int, noun: str, number: int) -> str:
    if total <= PAGE:
        return f"{total:,} {noun}{'' if total == 1 else 's'}"
    first, last = (number - 1) * PAGE + 1, min(number * PAGE, total)
    return f"{first:,} to {last:,} of {total:,} {noun}s"


def _pager(found: Description) -> Markup | None:
    if found.pages == 1:
        return None
    path = path_of(found.entity) or "/"
    turns = ((found.page - 1, "Previous", "prev"), (found.page + 1, "Next", "next"))
    links = [
        element("a", name, href=f"{path}.html?page={number}", rel=relation)
        for number, name, relation in turns
        if 1 <= number <= found.pages
    ]
    return element("p", [part for link in links for part in (link, " ")])


def _called(labels: Mapping[Term, str], term: Term) -> Term | None:
    return Literal(labels[term]) if term in labels else None


def _is_label(predicate: NamedNode) -> bool:
    return predicate.value.rpartition("#")[2].rpartition("/")[2] in _LABEL
