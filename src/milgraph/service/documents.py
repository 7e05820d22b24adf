"""Documents: statements sent in the format of RDF that a request prefers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from milgraph.export import serialise
from milgraph.service import representations
from milgraph.service.negotiation import HTML, Offer, preferred
from milgraph.service.problems import Problem, ProblemError
from milgraph.syntax import FORMATS
from milgraph.terms import NamedNode, Quad, Triple

__all__ = [
    "ENDINGS",
    "PUBLIC",
    "Form",
    "chosen",
    "chosen_of",
    "link",
    "own_address",
    "refusal",
    "respond_document",
    "send",
]

# What a path ends in to name a representation, by the name of the format.
ENDINGS = {**{f.name: f.endings[0] for f in FORMATS.values()}, HTML.name: "html"}
_DATA = tuple(Offer(form.name, form.media_type) for form in FORMATS.values())
_NAMES = {ending: name for name, ending in ENDINGS.items()}
# What is said here is public: a page of any origin may read it.
PUBLIC = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location",
    "Vary": "Accept",
}


@dataclass(frozen=True, slots=True)
class Form:
    """The representation that a request gets: a format of RDF, or a page."""

    offer: Offer

    @property
    def name(self) -> str:
        """The name of the format, or `html`."""
        return self.offer.name

    @property
    def ending(self) -> str:
        """What the path of the representation ends in."""
        return ENDINGS[self.offer.name]

    @property
    def is_page(self) -> bool:
        """Whether it is for people."""
        return self.offer == HTML

    @property
    def has_graphs(self) -> bool:
        """Whether it can say which graph a triple lies in."""
        return not self.is_page and FORMATS[self.name].has_graphs


def chosen(request: Request, *, ending: str = "", page: bool = True) -> Form:
    """Return the form that the path, else `?format=`, else the Accept header names.

    Without `page` there is no HTML.

    Raises:
        ProblemError: 406, with the forms there are.
    """
    named = _NAMES.get(ending) or request.query_params.get("format")
    accept = request.headers.get("accept")
    found: Offer | None = representations.chosen(accept, named, is_graph=True)
    if found == HTML and not page:
        found = None if named else preferred(_DATA, accept)
    if found is None:
        types = tuple(offer.media_type for offer in _DATA)
        raise refusal(HTTPStatus.NOT_ACCEPTABLE, "there is no page of this", types)
    return Form(found)


async def respond_document(
    request: Request,
    statements: Collection[Triple] | Collection[Quad],
    form: Form,
    *,
    generation: int,
    links: Sequence[str] = (),
    base: NamedNode | None = None,
) -> Response:
    """Return the statements in the form, which is no page; 304 to whom has them."""

    def written() -> Response:
        # What is said tells two documents apart: the engine writes the prefixes of
        # one and the same in any order.
        lines = "\n".join(sorted(map(str, statements)))
        tag = _tag(f"{form.name}\n{lines}".encode(), generation)
        headers = _headers(tag, links)
        if _is_known(request, tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        body = serialise(statements, FORMATS[form.name], base=base)
        return Response(body, media_type=form.offer.media_type, headers=headers)

    # Writing some thousand statements would keep other requests waiting.
    return await to_thread.run_sync(written)


def chosen_of(request: Request, offers: Sequence[Offer]) -> Offer:
    """Return the offer that `format` names, else the one that Accept prefers.

    Raises:
        ProblemError: 406, with what there is.
    """
    named = request.query_params.get("format")
    if named:
        found = next((o for o in offers if named in (o.name, o.media_type)), None)
    else:
        found = preferred(offers, request.headers.get("accept"))
    if found is None:
        types = tuple(offer.media_type for offer in offers)
        raise refusal(HTTPStatus.NOT_ACCEPTABLE, "there is no such form of this", types)
    return found


def send(
    request: Request,
    body: bytes | str,
    form: Form,
    *,
    generation: int,
    links: Sequence[str] = (),
) -> Response:
    """Return the body with its entity tag; 304 to whom has it (RFC 9110, 13.1.2)."""
    content = body.encode() if isinstance(body, str) else body
    tag = _tag(content, generation)
    headers = _headers(tag, links)
    if _is_known(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, media_type=form.offer.media_type, headers=headers)


def _tag(content: bytes, generation: int) -> str:
    """Return the entity tag, a weak one (RFC 9110, 8.8.1): the same is said, if not so.

    A dataset that is built anew counts its generations from one again, so the number
    alone does not tell two states apart.
    """
    return f'W/"{generation}-{sha256(content).hexdigest()[:16]}"'


def _headers(tag: str, links: Sequence[str]) -> dict[str, str]:
    headers = {**PUBLIC, "ETag": tag, "Cache-Control": "no-cache"}
    return {**headers, "Link": ", ".join(links)} if links else headers


def _is_known(request: Request, tag: str) -> bool:
    header = request.headers.get("if-none-match", "")
    given = [part.strip().removeprefix("W/") for part in header.split(",")]
    return tag.removeprefix("W/") in given or given == ["*"]


def link(target: str, relation: str, *, kind: str | None = None) -> str:
    """Return one value of a Link header (RFC 8288).

    >>> link("/x.ttl", "alternate", kind="text/turtle")
    '</x.ttl>; rel="alternate"; type="text/turtle"'
    """
    typed = f'; type="{kind}"' if kind else ""
    return f'<{target}>; rel="{relation}"{typed}'


def own_address(request: Request, path: str = "") -> NamedNode:
    """Return the absolute address of a path of this service, as the client reached it.

    Raises:
        ProblemError: 400, where the Host header is none.
    """
    origin = str(request.base_url).rstrip("/")
    try:
        return NamedNode(origin + path)
    except ValueError as error:
        raise refusal(
            HTTPStatus.BAD_REQUEST, "the Host header is not the name of a host"
        ) from error


def refusal(
    status: HTTPStatus,
    detail: str,
    available: tuple[str, ...] = (),
    *,
    hint: str | None = None,
) -> ProblemError:
    """Return the problem to raise."""
    return ProblemError(
        Problem(status, status.phrase, detail, hint=hint, available=available)
    )
