"""Articles over HTTP: listed, read, submitted, replaced and retracted, each as one commit."""

from http import HTTPStatus

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from milgraph.answers import Row, short
from milgraph.errors import UnknownArticleError
from milgraph.export import serialise
from milgraph.history import Role
from milgraph.iris import ARTICLES, is_article
from milgraph.proposals import is_by_rule
from milgraph.service.acknowledging import acknowledged, gate_for, is_dry_run
from milgraph.service.describing import statements_of_article
from milgraph.service.documents import (
    ENDINGS,
    Form,
    chosen_of,
    link,
    own_address,
    respond_document,
)
from milgraph.service.holdings import Holdings
from milgraph.service.markup import element, page
from milgraph.service.names import path_of
from milgraph.service.negotiation import HTML, Offer
from milgraph.service.problems import refusal
from milgraph.service.tables import table
from milgraph.service.uploading import uploads_of
from milgraph.syntax import FORMATS
from milgraph.terms import MIL, RDF, RDFS, Literal, NamedNode, Triple
from milgraph.writer import Receipt, Seen, tag_of

__all__ = ["article_routes"]

_PATH = "/articles"
_DOOR = "http"
_PAGE = 100
_TYPE = RDF["type"]
_JSON = Offer("json", "application/json")
_RDF = tuple(Offer(form.name, form.media_type) for form in FORMATS.values())
# With graphs first: without them nobody can tell who says what.
_OF_ONE = (
    *sorted(_RDF, key=lambda offer: not FORMATS[offer.name].has_graphs),
    HTML,
)
_LISTED = (_JSON, HTML, *_RDF)
_VARY = {"Vary": "Accept", "Access-Control-Allow-Origin": "*"}
_AFTER = """
SELECT ?after ?article ?label WHERE {
  ?article a mil:Article .
  OPTIONAL { ?article rdfs:label ?label FILTER (LANG(?label) = "en") }
  FILTER (STR(?article) > ?after)
} ORDER BY ?article"""


def article_routes(holdings: Holdings) -> list[Route]:
    """Return the routes of the articles; a dataset of somebody else's has none."""
    if holdings.is_plain:
        return []
    articles = _Articles(holdings)
    return [
        Route(_PATH, articles.listed, methods=["GET"]),
        Route(_PATH, articles.posted, methods=["POST"]),
        Route(f"{_PATH}/{{slug}}", articles.read, methods=["GET"]),
        Route(f"{_PATH}/{{slug}}", articles.put, methods=["PUT"]),
        Route(f"{_PATH}/{{slug}}", articles.deleted, methods=["DELETE"]),
    ]


class _Articles:
    """The articles of the holdings, as what can be read and written one by one."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    async def listed(self, request: Request) -> Response:
        """List the articles, page by page, in the order of their names."""
        offer = chosen_of(request, _LISTED)
        after = request.query_params.get("after", "")
        answer = await self._holdings.ask(
            _AFTER, bindings={"after": Literal(ARTICLES + after)}, rows=_PAGE + 1
        )
        found: list[Row] = list(answer.rows())
        rows = _once(found[:_PAGE])
        links = []
        if len(found) > _PAGE:
            links.append(link(f"{_PATH}?after={_slug(rows[-1][0])}", "next"))
        if offer in _RDF:
            described = {triple for row in rows for triple in _described(*row)}
            generation = self._holdings.generation
            return await respond_document(
                request, described, Form(offer), generation=generation, links=links
            )
        headers = {**_VARY, **({"Link": links[0]} if links else {})}
        if offer == HTML:
            body = _list_page(rows, has_more=bool(links))
            return HTMLResponse(body, headers=headers)
        told = [
            {"article": a.value, "address": f"{_PATH}/{_slug(a)}", "label": label}
            for a, label in rows
        ]
        return JSONResponse(told, headers=headers)

    async def read(self, request: Request) -> Response:
        """Send one article as a dataset: what each claim says, in its graph."""
        article = _article(request)
        offer = chosen_of(request, _OF_ONE)
        if offer == HTML or not FORMATS[offer.name].has_graphs:
            # What it says is told there; who says it takes a format with graphs.
            path = f"{path_of(article)}.{ENDINGS[offer.name]}"
            status = HTTPStatus.SEE_OTHER
            return RedirectResponse(path, status_code=status, headers=_VARY)
        found = await statements_of_article(self._holdings, article)
        # As it was submitted, so that it can be sent back: rules made the rest.
        quads = {quad for quad in found if not is_by_rule(quad)}
        if not quads:
            raise UnknownArticleError(short(article))
        # The order of its prefixes apart, what has one tag is one text.
        tag = f'"{tag_of(quads)}.{offer.name}"'
        headers = {**_VARY, "ETag": tag, "Cache-Control": "no-cache"}
        if tag in _tags(request, "if-none-match", whole=True):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        form = FORMATS[offer.name]
        body = await to_thread.run_sync(lambda: serialise(quads, form, base=article))
        return Response(body, media_type=form.media_type, headers=headers)

    async def posted(self, request: Request) -> Response:
        """Submit articles; each replaces its earlier version, all or none."""
        gate, author = gate_for(
            request, self._holdings, role=Role.CONTRIBUTOR, door=_DOOR
        )
        uploads = await uploads_of(request)
        dry_run = is_dry_run(request)
        receipt = await gate.submit(*uploads, author=author, dry_run=dry_run)
        return _stored(request, receipt, dry_run=dry_run)

    async def put(self, request: Request) -> Response:
        """Submit the article of this address, in the place of its earlier version."""
        gate, author = gate_for(
            request, self._holdings, role=Role.CONTRIBUTOR, door=_DOOR
        )
        article = _article(request)
        uploads = await uploads_of(request, name=request.path_params["slug"])
        if len(uploads) != 1:
            raise refusal(
                HTTPStatus.BAD_REQUEST,
                f"{len(uploads)} texts are sent for one article",
                hint=f"POST several to {_PATH}.",
            )
        dry_run = is_dry_run(request)
        receipt = await gate.submit(
            *uploads,
            author=author,
            article=article,
            dry_run=dry_run,
            seen=_seen(request),
        )
        return _stored(request, receipt, dry_run=dry_run)

    async def deleted(self, request: Request) -> Response:
        """Retract the article, with all that follows from it alone."""
        gate, author = gate_for(
            request, self._holdings, role=Role.CONTRIBUTOR, door=_DOOR
        )
        dry_run = is_dry_run(request)
        receipt = await gate.retract(
            _article(request), author=author, dry_run=dry_run, seen=_seen(request)
        )
        return acknowledged(receipt, dry_run=dry_run)


def _stored(request: Request, receipt: Receipt, *, dry_run: bool) -> Response:
    is_new = receipt.commit is not None and not receipt.existed
    location = None
    if len(receipt.articles) == 1 and not dry_run:
        (article,) = receipt.articles
        slug = article.removeprefix(ARTICLES)
        location = own_address(request, f"{_PATH}/{slug}").value
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return acknowledged(receipt, dry_run=dry_run, status=status, location=location)


def _article(request: Request) -> NamedNode:
    """Return the article of the address.

    Raises:
        ProblemError: 404, where no article can have that name.
    """
    slug = request.path_params["slug"]
    try:
        article = NamedNode(ARTICLES + slug)
    except ValueError:
        article = None
    if article is None or not is_article(article):
        raise refusal(
            HTTPStatus.NOT_FOUND,
            "that is not the name of an article",
            hint="A name is lower-case letters, digits and single hyphens, as in "
            "2024-05-14-drill.",
        )
    return article


def _seen(request: Request) -> Seen:
    """Return the state that the conditions of the request ask for."""
    headers = request.headers
    return Seen(
        match=_tags(request, "if-match") if "if-match" in headers else None,
        none_match=(
            _tags(request, "if-none-match") if "if-none-match" in headers else None
        ),
    )


def _tags(request: Request, name: str, *, whole: bool = False) -> tuple[str, ...]:
    """Return the entity tags of the header; what they say of the state, unless whole."""
    given = [part.strip() for part in request.headers.get(name, "").split(",")]
    if whole:
        return tuple(given)
    return tuple(tag.strip('"').partition(".")[0] for tag in given if tag)


_Listed = tuple[NamedNode, str | None]


def _once(rows: list[Row]) -> list[_Listed]:
    """Return each article once, with the first of its labels."""
    found: dict[NamedNode, str | None] = {}
    for _, article, label in rows:
        if isinstance(article, NamedNode):
            text = label.value if isinstance(label, Literal) else None
            found.setdefault(article, text)
    return list(found.items())


def _slug(article: NamedNode) -> str:
    return article.value.removeprefix(ARTICLES)


def _described(article: NamedNode, label: str | None) -> list[Triple]:
    found = [Triple(article, _TYPE, MIL.Article)]
    if label:
        found.append(Triple(article, RDFS.label, Literal(label, language="en")))
    return found


def _list_page(rows: list[_Listed], *, has_more: bool) -> str:
    el = element
    told: list[Row] = [(a, Literal(label) if label else None) for a, label in rows]
    more = None
    if has_more:
        after = f"{_PATH}?after={_slug(rows[-1][0])}"
        more = el("p", el("a", "The next articles", href=after, rel="next"))
    return page(
        "Articles",
        el("h1", "Articles"),
        el(
            "p",
            "In the order of their names. Programs submit, replace and retract them "
            "here; ",
            el("a", "facts can be checked", href="/check"),
            " without being stored.",
        ),
        table(("article", "label"), told, caption="Articles") if told else None,
        more,
    )
