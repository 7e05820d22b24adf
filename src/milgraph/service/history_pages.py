"""History pages: the commits as a table, and one commit with what it changed."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from milgraph.answers import short
from milgraph.history import Entry, Summary
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.names import path_of
from milgraph.terms import DefaultGraph, NamedNode, Quad, Term

__all__ = ["MOST_QUADS", "commit_page", "history_page"]

# Of a longer change the rest is in the patch.
MOST_QUADS = 1000
_COLUMNS = ("Commit", "When", "Who", "Door", "Added", "Removed", "Articles", "Why")
_SHOWN = 3


def history_page(commits: Sequence[Summary], *, older: str | None) -> str:
    """Return the page that lists the commits, with a link to those before them."""
    el = element
    head = el("tr", [el("th", column, scope="col") for column in _COLUMNS])
    whole = el(
        "table",
        el("caption", "Commits, the newest first", class_="unseen"),
        el("thead", head),
        el("tbody", [*map(_row, commits)]),
    )
    return page(
        "History",
        el("h1", "History"),
        el("p", "Every commit, the newest first: who changed what, when and why."),
        el(
            "div",
            whole,
            class_="scroll",
            role="region",
            tabindex="0",
            aria_label="Commits",
        )
        if commits
        else el("p", "Nothing was committed yet."),
        el("p", el("a", "Earlier", href=older, rel="next")) if older else None,
    )


def _row(told: Summary) -> Markup:
    el = element
    cells: list[Content] = [
        el("a", str(told.sequence), href=f"/history/{told.sequence}"),
        _time(told),
        told.agent,
        told.door,
        f"{told.added:,}",
        f"{told.removed:,}",
        _articles(told.articles[:_SHOWN], more=len(told.articles) - _SHOWN),
        told.reason,
    ]
    return el("tr", [el("td", cell) for cell in cells])


def _time(told: Summary | Entry) -> Markup:
    written = f"{told.time:%Y-%m-%dT%H:%M:%SZ}"
    return element("time", written, datetime=written)


def _articles(names: Iterable[str], *, more: int = 0) -> list[Content]:
    listed: list[Content] = []
    for name in names:
        listed += [_linked(NamedNode(name)), " "]
    return [*listed, f"and {more:,} more"] if more > 0 else listed


def _linked(term: Term) -> Content:
    if not isinstance(term, NamedNode):
        return str(term)
    path = path_of(term)
    return element("a", short(term), href=path) if path else short(term)


def commit_page(entry: Entry) -> str:
    """Return the page of one commit: who answers for it, and its change by graph."""
    el = element
    number, proper = entry.sequence, entry.proper
    facts: tuple[tuple[str, Content], ...] = (
        ("When", _time(entry)),
        ("Who", f"{entry.agent} ({entry.role})"),
        ("Door", entry.door),
        ("Why", entry.reason or None),
        ("Articles", _articles(entry.articles) or None),
        ("Digest", el("code", entry.digest)),
    )
    lines = [("-", quad) for quad in proper.removals]
    lines += [("+", quad) for quad in proper.additions]
    lines.sort(key=lambda line: (str(line[1].graph_name), str(line[1]), line[0]))
    shown = lines[:MOST_QUADS]
    patch = el("a", "RDF Patch", href=f"/history/{number}?format=patch")
    cut = f"The first {MOST_QUADS:,} are shown. All are in the "
    return page(
        f"Commit {number}",
        el("h1", f"Commit {number}"),
        el("dl", [(el("dt", name), el("dd", value)) for name, value in facts if value]),
        el("h2", "What it changed"),
        el(
            "p",
            f"{len(proper.additions):,} statements added and {len(proper.removals):,} "
            "removed, with what follows from them. ",
            cut if len(lines) > len(shown) else "For programs: ",
            patch,
            ".",
        ),
        [
            el("section", el("h3", name), el("pre", "\n".join(map(_line, some))))
            for name, some in groupby(shown, key=lambda line: _graph(line[1]))
        ],
        el("p", el("a", "All commits", href="/history")),
    )


def _graph(quad: Quad) -> str:
    name = quad.graph_name
    return short(name) if isinstance(name, NamedNode) else "The view"


def _line(line: tuple[str, Quad]) -> str:
    sign, quad = line
    return f"{sign} {_name(quad.subject)} {_name(quad.predicate)} {_name(quad.object)}"


def _name(term: Term | DefaultGraph) -> str:
    return short(term) if isinstance(term, NamedNode) else str(term)
