"""Entities: every IRI of ours answers at its path, for people and for machines.

A thing is not a document: its path leads by 303 to a document about it, in the form
that the request prefers (Cool URIs for the Semantic Web, section 4.3). An IRI with a
fragment is described by the document before the `#`.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from milgraph.answers import short
from milgraph.errors import KnowledgeGraphError
from milgraph.iris import is_article
from milgraph.service.describing import (
    Description,
    describe,
    is_known,
    near,
    statements_of_article,
)
from milgraph.service.documents import (
    ENDINGS,
    PUBLIC,
    Form,
    chosen,
    link,
    refusal,
    respond_document,
    send,
)
from milgraph.service.entity_pages import entity_page
from milgraph.service.holdings import Holdings
from milgraph.service.licences import Terms, terms_of
from milgraph.service.names import (
    iri_at,
    is_document,
    path_of,
    places,
    without_ending,
)
from milgraph.service.negotiation import HTML
from milgraph.service.problems import ProblemError
from milgraph.syntax import FORMATS
from milgraph.terms import BASE, NamedNode

__all__ = ["entity_routes"]

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


def entity_routes(holdings: Holdings) -> list[Route]:
    """Return the routes of all names of ours, with and without an ending.

    A dataset of somebody else's has none of our names.
    """
    if holdings.is_plain:
        return []

    async def entity(request: Request) -> Response:
        """Describe what has this IRI: facts, claims about it, and what points to it."""
        return await _respond(holdings, request)

    return [
        *(
            Route(f"/{path}/{{name:path}}", entity, methods=["GET"])
            for path in places()
        ),
        *(
            Route(f"/{path}{ending}", entity, methods=["GET"])
            for path in ("ontology", "shapes")
            for ending in ("", ".{ending}")
        ),
    ]


async def _respond(holdings: Holdings, request: Request) -> Response:
    """Return the document about the entity, or send a thing's visitor to it."""
    path, ending = without_ending(request.scope["path"])
    entity = iri_at(path)
    if entity is None:
        raise _unknown(path)
    form = chosen(request, ending=ending)
    page = _page(request)
    if not ending and not is_document(entity):
        if not await is_known(holdings, entity):
            raise await _unknown_near(holdings, entity)
        return _see_other(request, entity, form)
    if form.has_graphs and is_article(entity):
        return await _article(holdings, request, entity, form)
    found = await describe(holdings, entity, page=page)
    if found is None:
        raise await _unknown_near(holdings, entity)
    if page > found.pages:
        raise refusal(HTTPStatus.NOT_FOUND, f"there is no page {page} of {found.pages}")
    return await _document(holdings, request, found, form)


async def _document(
    holdings: Holdings, request: Request, found: Description, form: Form
) -> Response:
    terms = await terms_of(holdings, found.entity)
    links = _links(found, form) + _licences(terms)
    generation = holdings.generation
    if form.is_page:
        body = entity_page(found, terms)
        return send(request, body, form, generation=generation, links=links)
    return await respond_document(
        request, set(found.triples()), form, generation=generation, links=links
    )


async def _article(
    holdings: Holdings, request: Request, article: NamedNode, form: Form
) -> Response:
    """Return the article as a dataset: what each claim says, in its graph."""
    quads = await statements_of_article(holdings, article)
    if not quads:
        raise await _unknown_near(holdings, article)
    terms = await terms_of(holdings, article)
    return await respond_document(
        request,
        quads,
        form,
        generation=holdings.generation,
        links=_links(Description(article, facts=frozenset()), form) + _licences(terms),
        base=article,
    )


def _see_other(request: Request, entity: NamedNode, form: Form) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"{path_of(entity)}.{form.ending}{query}"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER, headers=PUBLIC)


def _links(found: Description, form: Form) -> list[str]:
    """Return the values of the Link header: other forms, the IRI, other pages."""
    path = path_of(found.entity) or "/"
    canonical = BASE.rstrip("/") + path
    relation = "canonical" if is_document(found.entity) else "describes"
    links = [link(canonical, relation)]
    types = {name: one.media_type for name, one in FORMATS.items()}
    types[HTML.name] = HTML.media_type
    links += [
        link(f"{path}.{ENDINGS[name]}", "alternate", kind=kind)
        for name, kind in types.items()
        if name != form.name
    ]
    if found.page > 1:
        links.append(link(f"{path}.{form.ending}?page={found.page - 1}", "prev"))
    if found.page < found.pages:
        links.append(link(f"{path}.{form.ending}?page={found.page + 1}", "next"))
    return links


def _licences(terms: Iterable[Terms]) -> list[str]:
    addresses = {t.licence.value for t in terms if isinstance(t.licence, NamedNode)}
    return [link(address, "license") for address in sorted(addresses)]


def _page(request: Request) -> int:
    """Return the number of the page that is asked for.

    Raises:
        ProblemError: 400, where it is no number from one upwards.
    """
    text = request.query_params.get("page", "1")
    if not _NUMBER.fullmatch(text):
        raise refusal(
            HTTPStatus.BAD_REQUEST,
            f"page {text!r} is not a number from 1 upwards",
            hint="Follow the Link header with rel=next.",
        )
    return int(text)


def _unknown(path: str, *, hint: str | None = None) -> ProblemError:
    return refusal(HTTPStatus.NOT_FOUND, f"nothing is known of {path}", hint=hint)


async def _unknown_near(holdings: Holdings, entity: NamedNode) -> ProblemError:
    """Return that nothing is known of it, with what is spelled alike."""
    try:
        alike = await near(holdings, entity)
    except KnowledgeGraphError:
        # The suggestion is an extra; that the name is unknown is the answer.
        alike = ()
    names = " or ".join(path_of(one) or one.value for one in alike)
    return _unknown(short(entity), hint=f"Did you mean {names}?" if names else None)
