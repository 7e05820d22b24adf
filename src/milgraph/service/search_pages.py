"""Pages of the search: the form, and what was found."""

from collections.abc import Sequence

from milgraph.answers import short
from milgraph.search import LONGEST, Group, Hit
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.names import path_of
from milgraph.terms import compact

__all__ = ["search_form", "search_page"]

_NOUNS = {
    Group.ENTITY.value: "entity",
    Group.ACTIVITY.value: "activity or happening",
    Group.ARTICLE.value: "article",
}


def search_form(text: str = "") -> Markup:
    """Return the form that asks for a name."""
    el = element
    return el(
        "form",
        el(
            "p",
            el("label", "Search for a name", for_="q"),
            " ",
            el(
                "input",
                id="q",
                name="q",
                type="search",
                value=text or None,
                required=True,
                maxlength=str(LONGEST),
            ),
            " ",
            el("button", "Search", type="submit"),
        ),
        action="/search",
        method="get",
        role="search",
    )


def search_page(text: str, hits: Sequence[Hit] | None, *, is_cut: bool = False) -> str:
    """Return the page with the form and below it the hits, if it was asked for any.

    Where they are cut, there are more than these.
    """
    el = element
    title = f"Search: {text}" if text else "Search"
    return page(
        title,
        el("h1", "Search"),
        el(
            "p",
            "By any name, alias or designator, in any script and spelling: ",
            el("code", "Tu-95MS"),
            ", ",
            el("code", "Ту-95МС"),  # noqa: RUF001 - in Cyrillic letters
            " and ",
            el("code", "tu95ms"),
            " are one.",
        ),
        search_form(text),
        None if hits is None else _found(text, hits, is_cut=is_cut),
    )


def _found(text: str, hits: Sequence[Hit], *, is_cut: bool) -> Markup:
    el = element
    if not hits:
        return el(
            "section",
            el("h2", "Nothing found"),
            el("p", f"Nothing has a name like {text!r}. Fewer words may find more."),
        )
    noun = "1 hit" if len(hits) == 1 else f"{len(hits)} hits, the best first"
    if is_cut:
        noun = "The first hit" if len(hits) == 1 else f"The first {len(hits)} hits"
    return el(
        "section", el("h2", noun), el("ol", [el("li", _hit(hit)) for hit in hits])
    )


def _hit(hit: Hit) -> Content:
    el = element
    label = el("a", hit.label, href=path_of(hit.iri) or hit.iri.value)
    kind = compact(hit.kind) if hit.kind else _NOUNS[hit.group]
    also = f", also called {hit.name}" if hit.name != hit.label else ""
    told = f"{kind} · {short(hit.iri)} · {hit.score:g} points"
    return [label, f"{also} ", el("small", told)]
