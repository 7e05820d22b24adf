"""Answering: the tools that read, each with its limits, what is left out, and who says so."""

from itertools import islice
from typing import Any

from milgraph.asking import Reply
from milgraph.errors import ConsistencyError, ParameterError
from milgraph.explanations import explanation_as_text, fact_of
from milgraph.findings import finding_as_json
from milgraph.mcp.arguments import Arguments
from milgraph.mcp.holdings import Holdings
from milgraph.mcp.marking import (
    LONGEST_TEXT,
    NOTICE,
    Bounded,
    clean,
    json_of,
    marked,
    name_of,
)
from milgraph.mcp.provenance import DATASET, LICENCE, Sources, nodes_of, sources_of
from milgraph.queries import StoredQuery
from milgraph.search import kinds_of
from milgraph.syntax import FORMATS, Source
from milgraph.terms import NamedNode
from milgraph.validation import Report
from milgraph.writer import Upload

__all__ = [
    "LARGEST_DOCUMENT",
    "MOST_ROWS",
    "check",
    "envelope",
    "explain",
    "findings_of",
    "query",
    "search",
    "source_of",
    "stored_queries",
]

MOST_ROWS = 500
LARGEST_DOCUMENT = 1_000_000
_USUAL_ROWS = 50
_USUAL_QUERIES, _USUAL_HITS = 100, 10
# Of an answer, in characters: what a model can read at once.
_ROOM = 48_000
_MOST_FINDINGS = 40
# Rows that are counted, so that an answer can say how many it leaves out.
_COUNTED = 10_000


def envelope(
    commit: int | None, stored: dict[str, Any], sources: Sources | None = None
) -> dict[str, Any]:
    """Return an answer: the notice, what it is of, and what the graph stores, marked."""
    provenance: dict[str, Any] = {
        "dataset": DATASET,
        "commit": commit,
        "licence": LICENCE,
    }
    told = {"notice": NOTICE, "complete": True, "provenance": provenance}
    if sources is not None:
        provenance["sources_complete"] = sources.complete
        stored = {
            **stored,
            "stated_by": sources.articles,
            "kept_by_editors": sources.editorial,
        }
    return {**told, "stored": stored}


async def query(holdings: Holdings, arguments: Arguments) -> dict[str, Any]:
    """Answer SPARQL or a stored query: a page of rows, and who states what they name."""
    text, name = arguments.text("sparql"), arguments.text("name")
    given = arguments.mapping("parameters")
    if bool(text) == bool(name):
        raise ParameterError(
            "give either sparql or name",
            hint="sparql is the text of a query; name is that of a stored one, which "
            "stored_queries lists.",
        )
    stored = holdings.catalogue.get(name) if name else None
    if stored is None and given:
        raise ParameterError(
            "parameters are for stored queries", hint="Write the values into the query."
        )
    limit, offset = (
        arguments.number("limit", _USUAL_ROWS),
        arguments.number("offset", 0),
    )
    reply = await holdings.asker.ask(
        stored.text if stored else text,
        bindings=stored.bindings(given) if stored else {},
        rows=max(_COUNTED, offset + limit),
        seconds=arguments.number("seconds", 0) or None,
    )
    return await _page(holdings, reply, limit, offset)


async def _page(
    holdings: Holdings, reply: Reply, limit: int, offset: int
) -> dict[str, Any]:
    """Return so many rows from the offset on, and how many more there are."""
    wanted = reply.rows[offset : offset + limit]
    room = Bounded(_ROOM)
    # Of many columns each has less room.
    longest = min(LONGEST_TEXT, max(100, _ROOM // (len(reply.columns) + 1)))
    rows = list(
        room.taken([json_of(t, longest=longest) for t in row] for row in wanted)
    )
    nodes = nodes_of(wanted[: len(rows)])
    stored: dict[str, Any] = {"columns": list(reply.columns), "rows": rows}
    if reply.form == "ASK":
        stored = {"answer": rows[0][0]}
    told = envelope(reply.commit, stored, await sources_of(holdings.asker, nodes))
    told["rows"] = len(rows)
    left_out = _left_out(reply, offset, offset + len(rows), most=offset + limit)
    told["complete"] = not left_out
    if left_out:
        told["left_out"] = left_out
    if hint := _hint(rows, nodes):
        told["hint"] = hint
    return told


def _left_out(reply: Reply, offset: int, following: int, *, most: int) -> str:
    """Return what the page leaves out, and how to get it."""
    left = len(reply.rows) - following
    if left > 0:
        at_least = "at least " if reply.is_cut else ""
        return (
            f"{at_least}{left:,} more rows after these; ask the same with offset="
            f"{following} (and an ORDER BY), or narrow the query, or count in it"
        )
    if reply.is_cut and len(reply.rows) < most:
        return "more rows than this server gives; narrow the query, or count in it"
    if reply.is_cut:
        return f"more rows after these; ask the same with offset={following}"
    return f"{min(offset, len(reply.rows)):,} rows before these" if offset else ""


def _hint(rows: list[Any], nodes: tuple[NamedNode, ...]) -> str:
    if not rows:
        return _NO_ROWS
    return "" if nodes else _NO_NODES


_NO_NODES = (
    "The rows name no entity of ours, so that no claim is told for them: ask for what "
    "they count or describe to see who states it."
)
_NO_ROWS = (
    "No row: no article here says so, or the query asks for what is not there. The tool "
    "schema says which classes and properties there are; search finds names."
)


async def stored_queries(holdings: Holdings, arguments: Arguments) -> dict[str, Any]:
    """List the stored queries, or describe one of them with its SPARQL."""
    name = arguments.text("name")
    if name:
        found = holdings.catalogue.get(name)
        return {"complete": True, **_described(found), "sparql": found.sparql}
    about = arguments.text("about").lower()
    chosen = [
        query
        for query in holdings.catalogue
        if not query.folder.startswith(("lint", "describe"))
        and about in f"{query.name} {query.title} {' '.join(query.tags)}".lower()
    ]
    shown = list(islice(chosen, _USUAL_QUERIES))
    return {
        "complete": len(shown) == len(chosen),
        "queries": [
            {
                "name": query.name,
                "asks": query.title,
                "parameters": list(query.parameters),
            }
            for query in shown
        ],
        "how": "query with name and parameters; stored_queries with name describes one",
    }


def _described(query: StoredQuery) -> dict[str, Any]:
    return {
        "name": query.name,
        "asks": query.title,
        "description": query.description,
        "parameters": {
            name: {
                "type": parameter.kind,
                "of": parameter.range,
                "what": parameter.label,
                "example": parameter.example,
                "default": parameter.default,
            }
            for name, parameter in query.parameters.items()
        },
    }


async def search(holdings: Holdings, arguments: Arguments) -> dict[str, Any]:
    """Return what a name may be the name of, the best first."""
    limit = arguments.number("limit", _USUAL_HITS)
    kinds = kinds_of(arguments.texts("kinds"))
    commit, hits = await holdings.found(arguments.text("text"), limit + 1, kinds)
    shown = hits[:limit]
    rows = [
        {
            "iri": name_of(hit.iri),
            "label": marked(hit.label),
            "of": name_of(hit.kind) if hit.kind else None,
            "group": hit.group,
            "matched": marked(hit.name),
            "score": hit.score,
        }
        for hit in shown
    ]
    sources = await sources_of(holdings.asker, tuple(hit.iri for hit in shown))
    told = envelope(commit, {"hits": rows}, sources)
    told["complete"] = len(hits) <= limit
    if len(hits) > limit:
        told["left_out"] = "there are more hits; ask with a larger limit or with kinds"
    if not hits:
        told["hint"] = "Nothing is named like it. Try another spelling or a part of it."
    return told


async def explain(holdings: Holdings, arguments: Arguments) -> dict[str, Any]:
    """Say why the graph holds a fact, down to the claims and the places of the text."""
    parts = (arguments.text(name) for name in ("subject", "predicate", "object"))
    found = await holdings.explained(fact_of(*parts))
    text = clean(explanation_as_text(found))
    stored: dict[str, Any] = {"explanation": {"text": text[:_ROOM]}}
    claims = tuple(one.node for one in found.testimonies)
    articles = tuple(one.node for one in found.reports)
    sources = await sources_of(holdings.asker, claims + articles)
    told = envelope(holdings.asker.commit, stored, sources)
    told["complete"] = len(text) <= _ROOM
    if len(text) > _ROOM:
        told["left_out"] = (
            f"{len(text) - _ROOM:,} more characters; explain one of the premises by itself"
        )
    return told


async def check(holdings: Holdings, arguments: Arguments) -> dict[str, Any]:
    """Hold facts against the shapes in the graph as it stands; nothing is stored."""
    source = source_of(arguments)
    try:
        report = await holdings.checked(Upload.of(source))
    except ConsistencyError as error:
        finding = {"severity": "violation", "message": marked(str(error))}
        told = envelope(holdings.asker.commit, {"findings": [finding]})
        return {**told, "conforms": False, "summary": "1 violation"}
    return await findings_of(holdings, report)


async def findings_of(holdings: Holdings, report: Report) -> dict[str, Any]:
    """Return what a report says, the worst first."""
    name_of_shape = await holdings.aside(lambda: holdings.name_of)
    ordered = sorted(report.results, key=lambda result: result.order)
    room = Bounded(_ROOM)
    findings = [
        {name: value for name, value in _marked(finding).items() if value is not None}
        for finding in room.taken(
            dict(finding_as_json(result, name_of_shape))
            for result in ordered[:_MOST_FINDINGS]
        )
    ]
    told = envelope(holdings.asker.commit, {"findings": findings})
    left = len(ordered) - len(findings)
    told |= {"conforms": report.conforms, "summary": report.summary}
    told["complete"] = not left
    if left:
        told["left_out"] = f"{left:,} more findings; mend these, and check again"
    return told


# What a finding has of the program; the rest quotes the graph or the facts.
_PLAIN = frozenset(("severity", "line", "column"))


def _marked(finding: dict[str, Any]) -> dict[str, Any]:
    """Return the finding, its IRIs by their short names and its texts marked."""
    told: dict[str, Any] = {}
    for name, value in finding.items():
        if not isinstance(value, str) or name in _PLAIN:
            told[name] = value
        elif name in ("shape", "component", "claim", "segment", "path", "focusNode"):
            is_iri = value.startswith(("http://", "https://"))
            told[name] = name_of(NamedNode(value)) if is_iri else clean(value)
        else:
            told[name] = marked(value)
    return told


def source_of(arguments: Arguments) -> Source:
    """Return the facts that were sent."""
    form = arguments.text("format", "trig")
    return Source("facts", arguments.text("facts").encode(), FORMATS[form])
