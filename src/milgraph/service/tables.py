"""Tables: an answer for people, every term linked to what is said of it."""

from collections.abc import Container, Iterable, Mapping
from urllib.parse import urlencode

from milgraph.answers import Answer, Row, short
from milgraph.service.markup import Content, Markup, element
from milgraph.service.names import path_of
from milgraph.terms import XSD, Literal, NamedNode, Term, is_ours, show

__all__ = ["MAXIMUM_ROWS", "answer_section", "description_of", "downloads", "table"]

MAXIMUM_ROWS = 1000


def answer_section(
    answer: Answer, *, downloads: Content = None, without: Container[str] = ()
) -> Markup:
    """Return the answer as a section with its size, its table and its downloads.

    A long table is cut, and says so. `without` are columns that say nothing new.
    """
    if answer.is_boolean:
        return element(
            "section",
            element("h2", "Answer"),
            element("p", element("strong", "Yes" if answer.holds else "No"), "."),
            downloads,
        )
    columns = answer.columns
    kept = [index for index, name in enumerate(columns) if name not in without]
    shown: list[Row] = [tuple(row[index] for index in kept) for row in answer.rows()]
    total = len(shown)
    noun = "triple" if answer.is_graph or answer.is_table_of_triples else "solution"
    told = f"{total:,} {noun}{'' if total == 1 else 's'}"
    if answer.is_cut:
        told = f"The first {told}. All are in the downloads."
    return element(
        "section",
        element("h2", "Answer"),
        element("p", told),
        table([columns[i] for i in kept], shown, caption=told) if shown else None,
        downloads,
    )


def table(columns: Iterable[str], rows: Iterable[Row], *, caption: str) -> Markup:
    """Return the rows as a table that scrolls by itself where it is too wide."""
    head = element("tr", [element("th", column, scope="col") for column in columns])
    body = [element("tr", [element("td", cell(term)) for term in row]) for row in rows]
    whole = element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", head),
        element("tbody", body),
    )
    return element(
        "div", whole, class_="scroll", role="region", tabindex="0", aria_label=caption
    )


def cell(term: Term | None) -> Content:
    """Return the term as people read it."""
    if term is None:
        return element("span", "not stated", class_="unseen")
    if isinstance(term, NamedNode):
        link = description_of(term) if is_ours(term) else _outside(term)
        return element("a", short(term), href=link, rel=_relation(term))
    if isinstance(term, Literal):
        kind = None if term.language or term.datatype == XSD.string else "value"
        return element("span", term.value, lang=term.language, class_=kind)
    return show(term)


def description_of(node: NamedNode) -> str:
    """Return the address of what the view says of the node."""
    return path_of(node) or f"/sparql?{urlencode({'query': f'DESCRIBE {node}'})}"


def downloads(path: str, fields: Mapping[str, str], formats: Iterable[str]) -> Markup:
    """Return links to the same answer in other formats."""
    links = [
        element("a", name, href=f"{path}?{urlencode({**fields, 'format': name})}")
        for name in formats
    ]
    spaced = [part for link in links for part in (" ", link)]
    return element("p", "Download as", spaced, class_="downloads")


def _outside(node: NamedNode) -> str | None:
    # Nothing but the web is followed from a page: no javascript:, no data:.
    return node.value if node.value.startswith(("https://", "http://")) else None


def _relation(node: NamedNode) -> str | None:
    return None if is_ours(node) else "noreferrer external"
