"""Forms: the pages on which people ask, with the answer below the question."""

from collections.abc import Mapping

from milgraph.answers import Answer
from milgraph.queries import Catalogue, Parameter, StoredQuery
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.tables import answer_section, downloads

__all__ = ["list_page", "sparql_form", "sparql_page", "stored_page", "stored_path"]

_GROUPS = {
    "competency": "Questions that the graph exists to answer",
    "browse": "Lists",
    "federated": "Questions that other endpoints answer in part, where they are enabled",
    "report": "What editors look at",
    "describe": "Descriptions of one thing",
    "lint": "Checks of the ontology: a row is a finding",
}


def stored_path(query: StoredQuery) -> str:
    """Return the address of the stored query."""
    return f"/queries/{query.name}"


def list_page(catalogue: Catalogue) -> str:
    """Return the page that lists the stored queries."""
    el = element
    sections = []
    for folder, title in _GROUPS.items():
        queries = [q for q in catalogue if q.folder.partition("/")[0] == folder]
        if queries:
            sections.append(
                el("section", el("h2", title), el("dl", [*map(_entry, queries)]))
            )
    return page(
        "Questions",
        el("h1", "Questions"),
        el(
            "p",
            "Each has a form, an answer as a page and in every format, and an address "
            "that can be kept. The same list as JSON: ",
            el("a", "/queries?format=json", href="/queries?format=json"),
            ".",
        ),
        sections,
    )


def _entry(query: StoredQuery) -> Content:
    link = element("a", query.title, href=stored_path(query))
    return [element("dt", link), element("dd", query.description)]


def stored_page(
    query: StoredQuery,
    given: Mapping[str, str],
    *,
    members: Mapping[str, tuple[str, ...]],
    answer: Answer | None = None,
    problem: Content = None,
) -> str:
    """Return the page of a stored query: its form, and the answer where there is one.

    `members` are what may be chosen of each class that a parameter ranges over.
    """
    el = element
    fields = [_field(p, given, members) for p in query.parameters.values()]
    button = el("button", "Ask", type="submit")
    answered = None
    if answer is not None:
        links = downloads(stored_path(query), given, answer.formats)
        answered = answer_section(answer, downloads=links, without=query.parameters)
    form = el("form", fields, el("p", button), action=stored_path(query), method="get")
    return page(
        query.title,
        el("h1", query.title),
        el("p", query.description),
        form if query.parameters else None,
        problem,
        answered,
        el(
            "details",
            el("summary", "The query in SPARQL"),
            el("pre", el("code", query.sparql)),
            el(
                "p", "Its file: ", el("code", f"queries/{query.folder}/{query.name}.rq")
            ),
        ),
    )


def _field(
    parameter: Parameter,
    given: Mapping[str, str],
    members: Mapping[str, tuple[str, ...]],
) -> Markup:
    """Return a labelled field, with what may be entered where that is known."""
    el = element
    name = f"parameter-{parameter.name}"
    choices = members.get(parameter.range or "", ())
    field = el(
        "input",
        id=name,
        name=parameter.name,
        value=given.get(parameter.name, parameter.default or ""),
        placeholder=parameter.example,
        list=f"{name}-choices" if choices else None,
        required=parameter.default is None,
        autocomplete="off",
        spellcheck="false",
        aria_describedby=f"{name}-hint",
    )
    options = [el("option", value=choice) for choice in choices]
    return el(
        "p",
        el("label", parameter.label, for_=name),
        field,
        el("datalist", options, id=f"{name}-choices") if choices else None,
        el("small", f"For example {parameter.example}", id=f"{name}-hint"),
        class_="field",
    )


def sparql_page(
    query: str = "", *, answer: Answer | None = None, problem: Content = None
) -> str:
    """Return the page with the SPARQL form, and the answer where there is one."""
    el = element
    answered = None
    if answer is not None:
        links = downloads("/sparql", {"query": query}, answer.formats)
        answered = answer_section(answer, downloads=links)
    return page(
        "SPARQL",
        el("h1", "SPARQL"),
        el(
            "p",
            "The endpoint is this address, ",
            el("code", "/sparql"),
            ": SPARQL 1.1 Protocol by GET and POST, every result and RDF format by "
            "content negotiation. The default graph is the view: what accepted claims "
            "hold true, and what follows. ",
            el("code", "GRAPH ?claim { ... }"),
            " sees who said it. Our prefixes need no declaration.",
        ),
        sparql_form(query),
        problem,
        answered,
    )


def sparql_form(query: str) -> Markup:
    """Return the form that asks the endpoint."""
    el = element
    rows = str(min(24, max(8, query.count("\n") + 1)))
    area = el(
        "textarea",
        # The first line break of a textarea is dropped by the browser.
        "\n" + query,
        id="query",
        name="query",
        rows=rows,
        spellcheck="false",
        required=True,
    )
    return el(
        "form",
        el("p", el("label", "Query", for_="query"), area, class_="field"),
        el("p", el("button", "Ask", type="submit")),
        action="/sparql",
        method="get",
    )
