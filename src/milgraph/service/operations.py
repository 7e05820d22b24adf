"""Operations: what the addresses without types take and answer, for the API description."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from milgraph.answers import RESULT_FORMATS
from milgraph.export.formats import EXPORTS
from milgraph.service.names import places
from milgraph.service.reports import REPORT_FORMATS
from milgraph.syntax import FORMATS

__all__ = ["KNOWN", "Operation"]

_RDF = tuple(form.media_type for form in FORMATS.values())
_RESULTS = tuple(form.media_type for form in RESULT_FORMATS.values())
_PAGE = ("text/html",)
_FORM = "application/x-www-form-urlencoded"
_FORMAT = ("format", "The format, in place of the Accept header.")
_GRAPHS = (
    ("default-graph-uri", "A graph of the default graph; may be repeated."),
    ("named-graph-uri", "A named graph; may be repeated."),
)
_CHANGING = (
    ("dry-run", "Present to be told what would become of it; nothing is stored."),
    ("reason", "Why; the commit bears it, as it bears who asked."),
)
_OF_STORE = (
    ("graph", "The IRI of the graph."),
    ("default", "Present for the default graph; it has no value."),
)
_OK: Mapping[int, str] = MappingProxyType({200: "The answer."})


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one address does, takes and answers."""

    summary: str
    group: str = "Operation"
    fields: tuple[tuple[str, str], ...] = ()
    bodies: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    statuses: Mapping[int, str] = field(default_factory=lambda: _OK)
    needs_token: bool = False


_SPARQL = "SPARQL"
_STORE = "Graph Store"
_QUERIES = "Stored queries"
_ENTITIES = "Entities"
_ARTICLES = "Articles"
_SELF = "Descriptions"
_CHANGED = {
    200: "The graph was replaced.",
    201: "The graph was made.",
    204: "The graph was changed.",
}
_FRESH = {200: "The document.", 304: "It is as it was."}
_ENTITY = Operation(
    "Describe what has this IRI: facts, claims about it, and what points to it",
    _ENTITIES,
    (_FORMAT, ("page", "The page of what points to it, from 1.")),
    answers=(*_RDF, *_PAGE),
    statuses={
        200: "The document about it.",
        303: "It is a thing; its document is at the Location.",
        304: "It is as it was.",
        404: "Nothing is known of it; near names are told.",
    },
)


def _described(summary: str) -> Operation:
    return Operation(summary, _SELF, (_FORMAT,), answers=_RDF, statuses=_FRESH)


_RECONCILE = "/reconcile"
_WITH_CALLBACK = ("application/json", "application/javascript")
_CALLBACK = ("callback", "A function to hand the answer to, as JSONP.")
_ID = ("id", "The identifier.")
_QUERIED = (
    ("queries", "A JSON object of queries by their keys."),
    ("query", "One query, as JSON or only the name."),
    ("extend", "A JSON object of identifiers and of properties to tell."),
)
_TYPED = (
    ("prefix", "What was typed."),
    ("cursor", "How many to skip."),
    ("limit", "How many at most."),
)


def _reconciling(
    summary: str,
    *fields: tuple[str, str],
    answers: tuple[str, ...] = _WITH_CALLBACK,
    bodies: tuple[str, ...] = (),
) -> Operation:
    if answers == _WITH_CALLBACK:
        fields = (*fields, _CALLBACK)
    return Operation(summary, "Reconciliation", fields, bodies, answers)


def _reconciliation() -> dict[tuple[str, str], Operation]:
    """Return the operations of the Entity Reconciliation API 0.2."""
    get = {
        "": _reconciling("Describe the service; match names; tell values", *_QUERIED),
        "/properties": _reconciling(
            "List the properties that entities of a type have",
            ("type", "The type."),
            ("limit", "How many at most."),
        ),
        "/preview": _reconciling("Show an entity in a frame", _ID, answers=_PAGE),
        "/view": _reconciling("Lead to the page of an entity", _ID, answers=()),
        "/features": _reconciling("Explain a feature", _ID, answers=_PAGE),
    }
    for kind in ("entity", "type", "property"):
        more = (("type", "Only entities of this type."),) if kind == "entity" else ()
        told = _reconciling("Complete what somebody types", *_TYPED, *more)
        get[f"/suggest/{kind}"] = told
        get[f"/flyout/{kind}"] = _reconciling("Tell a little of a suggestion", _ID)
    post = _reconciling(
        "Match names to entities; tell values of entities",
        answers=("application/json",),
        bodies=(_FORM,),
    )
    found = {(_RECONCILE + path, "GET"): one for path, one in get.items()}
    return {**found, (_RECONCILE, "POST"): post}


def _graph_store(
    path: str, fields: tuple[tuple[str, str], ...]
) -> dict[tuple[str, str], Operation]:
    """Return the operations of the Graph Store Protocol, sections 5.2 to 5.5."""
    removed = {200: "It was removed.", 204: "It was removed."}
    return {
        (path, "GET"): Operation(
            "Send a graph", _STORE, (*fields, _FORMAT), answers=_RDF
        ),
        **{
            (path, method): Operation(
                summary,
                _STORE,
                (*fields, *_CHANGING),
                _RDF,
                statuses=_CHANGED,
                needs_token=True,
            )
            for method, summary in (
                ("PUT", "Replace a graph"),
                ("POST", "Add to a graph"),
            )
        },
        (path, "DELETE"): Operation(
            "Remove a graph",
            _STORE,
            (*fields, *_CHANGING),
            statuses=removed,
            needs_token=True,
        ),
    }


_TOLD = ("application/json",)
_WITH_GRAPHS = tuple(form.media_type for form in FORMATS.values() if form.has_graphs)
_REFUSED = {422: "It is not let in; `findings` say why."}
_SEEN = {412: "The article is in another state than If-Match, If-None-Match say."}
_STORED = {
    200: "It replaced the earlier version, or nothing had to be changed.",
    201: "It was stored.",
    **_REFUSED,
}
_UNDONE = {
    200: "It is undone.",
    404: "There is no such commit.",
    409: "A later commit stands on it.",
    **_REFUSED,
}


def _changing(
    summary: str, statuses: Mapping[int, str], bodies: tuple[str, ...] = ()
) -> Operation:
    """Return an operation that makes a commit."""
    return Operation(
        summary, _ARTICLES, _CHANGING, bodies, _TOLD, statuses, needs_token=True
    )


def _articles(path: str, one: str) -> dict[tuple[str, str], Operation]:
    """Return the operations of the articles."""
    return {
        (path, "GET"): Operation(
            "List the articles",
            _ARTICLES,
            (_FORMAT, ("after", "Only articles after this name.")),
            answers=(*_TOLD, *_RDF, *_PAGE),
        ),
        (path, "POST"): _changing(
            "Submit articles, each in the place of its earlier version",
            _STORED,
            (*_WITH_GRAPHS, "multipart/form-data"),
        ),
        (one, "GET"): Operation(
            "Send an article: what each claim says, in its graph",
            _ARTICLES,
            (_FORMAT,),
            answers=_WITH_GRAPHS,
            statuses={**_FRESH, 303: "That form is at the Location."},
        ),
        (one, "PUT"): _changing(
            "Submit the article of this name", {**_STORED, **_SEEN}, _WITH_GRAPHS
        ),
        (one, "DELETE"): _changing(
            "Retract the article", {200: "It is gone.", **_SEEN, **_REFUSED}
        ),
    }


KNOWN: Mapping[tuple[str, str], Operation] = MappingProxyType(
    {
        ("/", "GET"): Operation("Say what is here", "Pages", answers=_PAGE),
        ("/style.css", "GET"): Operation(
            "Style the pages", "Pages", answers=("text/css",)
        ),
        ("/sparql", "GET"): Operation(
            "Answer a query; without one, describe the endpoint",
            _SPARQL,
            (("query", "The query, in SPARQL 1.1."), *_GRAPHS, _FORMAT),
            answers=(*_RESULTS, *_RDF, *_PAGE),
        ),
        ("/sparql", "POST"): Operation(
            "Answer a query of any length, or make an update where updates are taken",
            _SPARQL,
            (*_GRAPHS, *_CHANGING),
            ("application/sparql-query", "application/sparql-update", _FORM),
            (*_RESULTS, *_RDF),
        ),
        **_graph_store("/store", _OF_STORE),
        **_graph_store("/store/{path}", ()),
        **_articles("/articles", "/articles/{slug}"),
        ("/check", "GET"): Operation(
            "Show the form for a check", _ARTICLES, answers=_PAGE
        ),
        ("/check", "POST"): Operation(
            "Check facts against the shapes, ours or those sent; nothing is stored",
            _ARTICLES,
            (_FORMAT,),
            (*_RDF, "multipart/form-data"),
            (*REPORT_FORMATS.values(), *_TOLD, *_PAGE),
            {200: "The report: whether they conform, and if not, why."},
        ),
        ("/history/{number}/undo", "POST"): _changing(
            "Undo a commit by a new one", _UNDONE
        ),
        ("/export", "GET"): Operation(
            "Send the dataset or a part of it, in every format",
            _SELF,
            (
                _FORMAT,
                (
                    "scope",
                    "all, view, a graph, or a stored query, whose parameters follow.",
                ),
            ),
            answers=(*(form.media_type for form in EXPORTS.values()), *_PAGE),
            statuses=_FRESH,
        ),
        ("/queries", "GET"): Operation(
            "List the stored queries",
            _QUERIES,
            (_FORMAT,),
            answers=("application/json", *_RDF, *_PAGE),
        ),
        ("/queries/{name}", "GET"): Operation(
            "Answer a stored query; each is described below with its parameters",
            _QUERIES,
            (_FORMAT,),
            answers=(*_RESULTS, *_RDF, *_PAGE),
        ),
        ("/history", "GET"): Operation(
            "List the commits, the newest first",
            _SELF,
            (_FORMAT, ("before", "Only commits before the one of this number.")),
            answers=("application/json", *_RDF, *_PAGE),
        ),
        ("/history/{number}", "GET"): Operation(
            "Show what one commit changed, who made it and why",
            _SELF,
            (_FORMAT,),
            answers=("application/json", *_PAGE, "application/rdf-patch", *_RDF),
            statuses={200: "The commit.", 404: "There is none of that number."},
        ),
        **_reconciliation(),
        ("/explain", "GET"): Operation(
            "Say why the graph holds a fact: who states it, or what it follows from",
            _ENTITIES,
            (
                ("subject", "An IRI or a short name."),
                ("predicate", "An IRI or a short name; `a` is rdf:type."),
                ("object", "An IRI, a short name, or a literal as in Turtle."),
                _FORMAT,
            ),
            answers=("application/json", *_PAGE, "text/plain", *_RDF),
            statuses={200: "The derivation.", 404: "The view does not hold the fact."},
        ),
        ("/occurrences/proposals", "GET"): Operation(
            "List accounts that may be of one occurrence, with reasons for and against",
            _ENTITIES,
            (
                _FORMAT,
                ("least", "The lowest score, from 45 to 100."),
                ("limit", "How many are listed, from 1 to 200."),
            ),
            answers=("application/json", *_PAGE, "text/tab-separated-values"),
            statuses={
                200: "The proposals, the likeliest first.",
                422: "There are more accounts than are compared here.",
            },
        ),
        ("/search", "GET"): Operation(
            "Find entities, activities and articles by any name, or something like it",
            _ENTITIES,
            (
                ("q", "A name, a designator, or a part of one, in any script."),
                ("kind", "entity, activity, article or a class; may be repeated."),
                ("limit", "How many hits there are at most: 1 to 100, 20 by default."),
                _FORMAT,
            ),
            answers=("application/json", *_PAGE),
            statuses={200: "The hits, the best first.", **_FRESH},
        ),
        ("/running", "GET"): Operation(
            "List the queries that are being answered",
            answers=("application/json", *_PAGE),
            needs_token=True,
        ),
        ("/running", "POST"): Operation(
            "Cancel a query by the form of the page",
            bodies=(_FORM,),
            answers=_PAGE,
            needs_token=True,
        ),
        ("/running/{name}", "DELETE"): Operation("Cancel a query", needs_token=True),
        ("/metrics", "GET"): Operation(
            "Count what happened, for Prometheus", answers=("text/plain",)
        ),
        ("/health", "GET"): Operation(
            "Tell that the process lives", answers=("application/json",)
        ),
        ("/ready", "GET"): Operation(
            "Tell whether queries are answered",
            answers=("application/json",),
            statuses={200: "They are.", 503: "They are not."},
        ),
        ("/.well-known/void", "GET"): _described("Describe the dataset in VoID"),
        ("/dataset", "GET"): _described("Describe the dataset in VoID"),
        ("/dataset.{ending}", "GET"): _described("Describe the dataset in one format"),
        ("/catalog", "GET"): _described("Describe the dataset in DCAT 3"),
        ("/.well-known/sparql-examples", "GET"): _described(
            "List the stored queries as RDF"
        ),
        ("/context.jsonld", "GET"): Operation(
            "Send the JSON-LD context of the ontology",
            _SELF,
            answers=("application/ld+json",),
            statuses=_FRESH,
        ),
        ("/openapi.json", "GET"): Operation(
            "Describe every address", _SELF, answers=("application/json",)
        ),
        ("/docs", "GET"): Operation(
            "List every address, for people", _SELF, answers=_PAGE
        ),
        **{(f"/{place}/{{name}}", "GET"): _ENTITY for place in places()},
        **{
            (f"/{place}{ending}", "GET"): _ENTITY
            for place in ("ontology", "shapes")
            for ending in ("", ".{ending}")
        },
    }
)
