"""Home: the first page, which says what is here and what to try."""

from milgraph.answers import Row
from milgraph.errors import KnowledgeGraphError
from milgraph.queries import StoredQuery
from milgraph.service.forms import sparql_form, stored_path
from milgraph.service.holdings import Holdings
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.search_pages import search_form
from milgraph.service.tables import table
from milgraph.statistics import Statistics

__all__ = ["FEATURED", "home_page"]

# Questions whose answers show what the graph is for; the first is the flagship.
FEATURED = (
    "bombers-over-an-area",
    "who-escorted-whom",
    "contradicting-counts",
    "denials",
    "who-says-so",
    "headline-beyond-body",
)
_LATEST = 8
_GUARANTEES = (
    (
        "Every fact names its source.",
        "Each triple that an article asserts lies in the graph of a claim; the claim "
        "says who claims it, in which article, at which place of the text, and how "
        "firmly.",
    ),
    (
        "Nothing enters that does not conform.",
        "Articles are checked against the shapes before anything is stored, as one "
        "unit or not at all.",
    ),
    (
        "What follows is there, and can be told apart.",
        "Entailed facts are kept with each change; they are in no claim's graph.",
    ),
    (
        "What is denied, asked or supposed is kept, and not taken for true.",
        "A plain query sees only what the sources hold true. Where sources differ, "
        "each account stands by itself.",
    ),
)


async def home_page(holdings: Holdings) -> str:
    """Return the first page."""
    el = element
    counts = await holdings.statistics()
    articles = await _articles_section(holdings)
    return page(
        "milgraph",
        el("h1", "milgraph"),
        el(
            "p",
            "Who did what, where and when, and according to whom: a knowledge graph of "
            "military activities and actors.",
            class_="lead",
        ),
        None if holdings.is_plain else search_form(),
        _holdings_section(holdings, counts),
        el("section", el("h2", "What to try"), _featured(holdings)),
        articles,
        el(
            "section",
            el("h2", "What is guaranteed"),
            el(
                "ul",
                [el("li", el("strong", name), " ", why) for name, why in _GUARANTEES],
            ),
        ),
        el("section", el("h2", "Ask in SPARQL"), sparql_form(_example(holdings))),
        _programs_section(holdings),
    )


def _programs_section(holdings: Holdings) -> Markup:
    el = element
    return el(
        "section",
        el("h2", "For programs"),
        el(
            "p",
            "SPARQL 1.1 at ",
            el("code", "/sparql"),
            ", the questions as JSON at ",
            el("a", "/queries?format=json", href="/queries?format=json"),
            ", each answer in every format with ",
            el("code", "?format="),
            " or an Accept header, and ",
            el("a", "/ready", href="/ready"),
            " to ask whether queries are answered. ",
            None if holdings.is_plain else _of_articles(),
            "All addresses: ",
            el("a", "/docs", href="/docs"),
            ".",
        ),
    )


def _of_articles() -> Content:
    el = element
    return [
        "Articles are listed, read and submitted at ",
        el("a", "/articles", href="/articles"),
        ", and facts are held against the shapes at ",
        el("a", "/check", href="/check"),
        ". Which accounts may be of one happening is proposed at ",
        el("a", "/occurrences/proposals", href="/occurrences/proposals"),
        ". Names are looked up at ",
        el("a", "/search", href="/search"),
        "; the names of a spreadsheet are matched by the reconciliation service at ",
        el("code", "/reconcile"),
        ", to which OpenRefine can be pointed. All of it, for other programs: ",
        el("a", "/export", href="/export"),
        ". ",
    ]


def _holdings_section(holdings: Holdings, counts: Statistics) -> Markup:
    el = element
    entries = (
        (counts.articles, "articles", "articles"),
        (counts.records, "records of data sets", "data-sets-and-their-terms"),
        (counts.claims, "claims", "claims-by-claimant"),
        (counts.occurrences, "happenings", "latest-happenings"),
        (counts.activities, "accounts of them", None),
        (counts.actors, "actors", "actors"),
        (counts.platforms, "types of aircraft, ships and weapons", "platforms"),
        (counts.places, "places", "places"),
        (counts.links, "links to other data sets", None),
    )
    return el(
        "section",
        el("h2", "What is here"),
        el("ul", [_count(holdings, *entry) for entry in entries], class_="counts"),
        el(
            "p",
            f"{counts.asserted:,} facts are asserted and {counts.entailed:,} follow "
            f"from them. {counts.claims_not_accepted:,} claims deny, ask or suppose "
            "something; what they say is kept apart.",
        ),
    )


def _count(holdings: Holdings, number: int, noun: str, listed: str | None) -> Markup:
    query = holdings.catalogue.queries.get(listed or "")
    told = element("a", noun, href=stored_path(query)) if query else noun
    return element("li", element("strong", f"{number:,}"), " ", told)


def _featured(holdings: Holdings) -> Content:
    known = holdings.catalogue.queries
    queries = [known[name] for name in FEATURED if name in known]
    count = len(holdings.catalogue)
    return [
        element("ol", [element("li", _link(query)) for query in queries]),
        element(
            "p", element("a", f"All {count} questions", href="/queries"), " with forms."
        ),
    ]


def _link(query: StoredQuery) -> Markup:
    return element("a", query.title, href=stored_path(query))


async def _articles_section(holdings: Holdings) -> Markup | None:
    """Return the latest articles, as the stored query of that name lists them."""
    query = holdings.catalogue.queries.get("articles")
    if query is None:
        return None
    try:
        answer = await holdings.ask_stored(query, {}, rows=_LATEST)
        rows: list[Row] = list(answer.rows())
    except KnowledgeGraphError:
        return None
    return element(
        "section",
        element("h2", "Where it is from"),
        element(
            "p",
            "The latest of the articles and reports. Their texts are not stored: facts, "
            "positions and digests are. ",
            _link(query),
            " lists all.",
        ),
        table(answer.columns, rows, caption="The latest articles"),
    )


def _example(holdings: Holdings) -> str:
    """Return a short query to start from: one without parameters."""
    query = holdings.catalogue.queries.get("who-escorted-whom")
    return query.sparql.strip() if query and not query.parameters else ""
