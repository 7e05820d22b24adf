"""Markup: HTML that is escaped by construction."""

from collections.abc import Iterable
from html import escape

__all__ = ["Content", "Markup", "element", "page"]

_VOID = frozenset(("input", "link", "meta"))


class Markup(str):
    """Text that is HTML already; any other text is escaped where it is put in."""

    __slots__ = ()


Content = str | Iterable["Content"] | None


def element(name: str, /, *content: Content, **attributes: str | bool | None) -> Markup:
    """Return an element; text in it and in its attributes is escaped.

    An attribute that is a word of Python ends in an underscore; one that is false or
    `None` is left out.

    >>> element("a", "Su-30 & <b>", href="/?a=1&b=2")
    '<a href="/?a=1&amp;b=2">Su-30 &amp; &lt;b&gt;</a>'
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{_escaped(content)}</{name}>")


def page(title: str, *body: Content, terms: Content = None) -> str:
    """Return a whole page with the head and foot that all pages share.

    `terms` say under which licence the page is, where it is of somebody else's records.
    """
    el = element
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title if title == "milgraph" else f"{title} · milgraph"),
        el("link", rel="stylesheet", href="/style.css"),
        el("link", rel="icon", href="data:,"),
    )
    header = el(
        "header",
        el("a", "Skip to the content", class_="skip", href="#content"),
        el(
            "nav",
            el("a", "milgraph", href="/", class_="home"),
            el("a", "Questions", href="/queries"),
            el("a", "SPARQL", href="/sparql"),
            aria_label="Site",
        ),
    )
    footer = el(
        "footer",
        el(
            "p",
            "Ontology and data: ",
            el("a", "CC BY 4.0", href="https://creativecommons.org/licenses/by/4.0/"),
            "; records of data sets have their own licences. Program: Apache-2.0.",
        ),
        el("p", terms, class_="terms") if terms else None,
    )
    main = el("main", *body, id="content")
    return f"<!DOCTYPE html>\n{el('html', head, el('body', header, main, footer), lang='en')}\n"


def _escaped(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return escape(content)
    return "".join(map(_escaped, content))
