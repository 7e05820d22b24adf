"""OpenAPI: every address of the service with its methods, parameters and answers.

The routes are asked, so that no address is left out: what a route does not tell of
itself is in the table below, and otherwise its docstring is what is told.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import metadata
from inspect import getdoc
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import Route

from milgraph.answers import RESULT_FORMATS
from milgraph.queries import Parameter, StoredQuery
from milgraph.service.holdings import Holdings
from milgraph.service.markup import Markup, element, page
from milgraph.service.operations import KNOWN, Operation
from milgraph.syntax import FORMATS
from milgraph.terms import prefixes

__all__ = ["openapi_document", "openapi_page"]

_PARAMETER = re.compile(r"\{(\w+)(:\w+)?\}")
_QUERIES = "/queries/{name}"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TYPES: Mapping[str, Mapping[str, str]] = {
    "iri": {"type": "string"},
    "dateTime": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "string": {"type": "string"},
}
_PROBLEM = {
    "description": "A problem, and what to do about it (RFC 9457).",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    },
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "kind": {"type": "string"},
        "file": {"type": "string"},
        "jsonPath": {"type": "string"},
        "line": {"type": "integer"},
        "column": {"type": "integer"},
        "available": {"type": "array", "items": {"type": "string"}},
        "summary": {"type": "string"},
        "findings": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Finding"},
        },
    },
}

_FINDING_SCHEMA = {
    "type": "object",
    "required": ["severity", "message"],
    "properties": {
        "severity": {"type": "string", "enum": ["violation", "warning", "info"]},
        **{
            name: {"type": "string"}
            for name in (
                "message", "focusNode", "path", "field", "value", "expected", "shape",
                "component",
                "claim", "segment", "file", "jsonPath",
            )
        },
        **{name: {"type": "integer"} for name in ("line", "column")},
    },
}  # fmt: skip


def openapi_document(app: FastAPI, holdings: Holdings) -> dict[str, Any]:
    """Return the description of every address (OpenAPI 3.1)."""
    packaged = metadata("milgraph")
    typed = [route for route in app.routes if isinstance(route, APIRoute)]
    document = get_openapi(
        title=packaged["name"],
        version=packaged["version"],
        summary=packaged["summary"],
        routes=typed,
    )
    paths: dict[str, Any] = document.setdefault("paths", {})
    for route in app.routes:
        if isinstance(route, Route) and not isinstance(route, APIRoute):
            paths.setdefault(_plain(route.path), {}).update(_operations(route))
    if _QUERIES in paths:
        for query in holdings.catalogue:
            paths[f"/queries/{query.name}"] = {"get": _stored(query)}
    components = document.setdefault("components", {})
    schemas = {"Problem": _PROBLEM_SCHEMA, "Finding": _FINDING_SCHEMA}
    components.setdefault("schemas", {}).update(schemas)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    document["paths"] = dict(sorted(paths.items()))
    return document


def _plain(path: str) -> str:
    """Return the path without the converters of its parameters."""
    return _PARAMETER.sub(r"{\1}", path)


def _operations(route: Route) -> dict[str, Any]:
    """Return the operations of a route that has no types."""
    path = _plain(route.path)
    known = {method for known_path, method in KNOWN if known_path == path}
    methods = known or (route.methods or {"GET"}) & set(_METHODS)
    return {
        method.lower(): _operation(path, method, KNOWN.get((path, method)), route)
        for method in sorted(methods, key=_METHODS.index)
    }


def _operation(
    path: str, method: str, known: Operation | None, route: Route
) -> dict[str, Any]:
    told = known or Operation((getdoc(route.endpoint) or path).partition("\n")[0])
    in_path = [_in_path(name) for name, _ in _PARAMETER.findall(path)]
    operation: dict[str, Any] = {
        "summary": told.summary.rstrip("."),
        "operationId": _identifier(path, method),
        "tags": [told.group],
        "parameters": [*in_path, *(_field(*field) for field in told.fields)],
        "responses": {
            **{
                str(status): _response(why, told.answers)
                for status, why in told.statuses.items()
            },
            "default": _PROBLEM,
        },
    }
    if told.bodies:
        operation["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}} for kind in told.bodies},
        }
    if told.needs_token:
        operation["security"] = [{"bearer": []}]
    return operation


def _stored(query: StoredQuery) -> dict[str, Any]:
    """Return the operation of one stored query, with its parameters."""
    is_graph = re.search(r"^\s*(CONSTRUCT|DESCRIBE)\b", query.sparql, re.MULTILINE)
    forms = FORMATS.values() if is_graph else RESULT_FORMATS.values()
    names = [*(form.name for form in forms), "html"]
    types = (*(form.media_type for form in forms), "text/html")
    return {
        "summary": query.title,
        "description": query.description,
        "operationId": f"query_{query.name.replace('-', '_')}",
        "tags": ["Stored queries"],
        "parameters": [
            *map(_of_query, query.parameters.values()),
            {**_field("format", "The format of the answer."), **_choice(names)},
        ],
        "responses": {"200": _response("The answer.", types), "default": _PROBLEM},
    }


def _of_query(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_TYPES[parameter.kind])
    if parameter.default is not None:
        schema["default"] = parameter.default
    kind = f" A {parameter.range}." if parameter.range else ""
    short = " An IRI, or a short name such as " if parameter.kind == "iri" else ""
    known = f"{short}{next(iter(prefixes()))}:… ." if short else ""
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.default is None,
        "description": f"{parameter.label}.{kind}{known}",
        "schema": schema,
        "example": parameter.example,
    }


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _field(name: str, why: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": why,
        "schema": {"type": "string"},
    }


def _choice(names: Iterable[str]) -> dict[str, Any]:
    return {"schema": {"type": "string", "enum": [*names]}}


def _response(why: str, types: Iterable[str]) -> dict[str, Any]:
    content = {kind: {"schema": {"type": "string"}} for kind in types}
    return {"description": why, **({"content": content} if content else {})}


def _identifier(path: str, method: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", path.lower()).strip("_")
    return f"{method.lower()}_{words or 'home'}"


def openapi_page(document: Mapping[str, Any]) -> str:
    """Return the page that lists the addresses by group, without any script."""
    groups: dict[str, list[Markup]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            group = (operation.get("tags") or ["Operation"])[0]
            shown = _shown(path, method.upper(), operation)
            groups.setdefault(group, []).append(shown)
    el = element
    return page(
        "Addresses",
        el("h1", "Addresses"),
        el(
            "p",
            "Every address of this service. The same for programs: ",
            el("a", "/openapi.json", href="/openapi.json"),
            ".",
        ),
        [
            el("section", el("h2", name), shown)
            for name, shown in sorted(groups.items())
        ],
    )


def _shown(path: str, method: str, operation: Mapping[str, Any]) -> Markup:
    """Return one operation, folded up."""
    el = element
    fields = operation.get("parameters", [])
    bodies = operation.get("requestBody", {}).get("content", {})
    answers = [
        el("li", el("code", status), " ", response["description"], _types(response))
        for status, response in operation["responses"].items()
    ]
    return el(
        "details",
        el(
            "summary", el("code", f"{method} {path}"), " ", operation.get("summary", "")
        ),
        el("p", operation["description"]) if operation.get("description") else None,
        el("ul", map(_shown_field, fields)) if fields else None,
        el("p", "Body: ", ", ".join(bodies)) if bodies else None,
        el("ul", answers),
        el("p", "Needs a bearer token.") if operation.get("security") else None,
    )


def _shown_field(field: Mapping[str, Any]) -> Markup:
    needed = ", needed" if field.get("required") else ""
    example = field.get("example")
    return element(
        "li",
        element("code", field["name"]),
        f" ({field['in']}{needed}) ",
        field.get("description", ""),
        (" For example ", element("code", str(example))) if example else None,
    )


def _types(response: Mapping[str, Any]) -> str:
    kinds = ", ".join(response.get("content", {}))
    return f" {kinds}" if kinds else ""
