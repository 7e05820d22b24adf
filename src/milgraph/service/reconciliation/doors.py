"""The doors of reconciliation: one address for queries, and services around it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from milgraph.errors import BusyError, ParameterError
from milgraph.matching import Candidate
from milgraph.reconciliation import (
    FEATURES,
    Collection,
    Suggestion,
    answer,
    explained,
    extend,
    local_id,
    proposed,
    read_batch,
    read_extension,
    read_query,
    suggest,
)
from milgraph.service.documents import own_address, refusal
from milgraph.service.holdings import Holdings
from milgraph.service.names import path_of
from milgraph.service.reconciliation.index import Index
from milgraph.service.reconciliation.manifest import PATH, manifest, typed
from milgraph.service.reconciliation.previews import (
    PREVIEW_HEADERS,
    entity_card,
    explained_card,
    of_property,
    plain_card,
    preview,
)
from milgraph.service.reconciliation.reading import (
    fields_of,
    identifier_of,
    number_of,
)
from milgraph.service.reconciliation.sending import METHODS, OPEN, Door, opened, sent
from milgraph.service.room import Room
from milgraph.terms import NamedNode

__all__ = ["reconcile_routes"]

_T = TypeVar("_T")
_SECONDS = 5.0
# Who waits behind so many others is sent away.
_MOST_WAITING = 64
_ROOM = 32 * 1024 * 1024
_LONGEST_PREFIX = 300
_SUGGESTED, _MOST_SUGGESTED = 10, 50
_MOST_SKIPPED = 100_000
_EXAMPLES = {"entity": "actor/japan", "type": "mil:State", "property": "mil:ofState"}


class _Reconciling:
    """What is behind the doors; the work is done in threads, some at a time."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._index = Index(holdings.settings.data)
        self._turns = CapacityLimiter(2)
        self._room = Room(_ROOM)

    async def _with(self, asked: Callable[[Collection], _T]) -> _T:
        """Return what is asked of the collection.

        Raises:
            BusyError: too many wait already.
        """
        if self._turns.statistics().tasks_waiting >= _MOST_WAITING:
            raise BusyError("too many wait for reconciliation")
        await self._holdings.settle()
        return await to_thread.run_sync(
            lambda: asked(self._index.collection()), limiter=self._turns
        )

    async def reconcile(self, request: Request) -> Response:
        """Describe the service, match names to entities, or tell more of entities."""
        with self._room.share() as share:
            fields = await fields_of(request, share)
            given = [name for name in ("queries", "query", "extend") if name in fields]
            if len(given) > 1:
                raise ParameterError(f"there is both {' and '.join(given)}")
            if given == ["queries"]:
                told = await self._batch(fields["queries"])
            elif given == ["query"]:
                told = await self._single(fields)
            elif given == ["extend"]:
                asked = read_extension(fields["extend"])
                told = await self._with(lambda one: extend(one, asked))
            elif request.method == "POST":
                raise ParameterError(
                    "the form has neither queries nor extend",
                    hint="A GET without parameters describes the service.",
                )
            else:
                origin = own_address(request).value.rstrip("/")
                told = await self._with(lambda one: manifest(one, origin))
            return sent(request, told)

    async def _batch(self, text: str) -> dict[str, Any]:
        batch = read_batch(text)

        def answered(collection: Collection) -> dict[str, Any]:
            until = monotonic() + _SECONDS
            return {
                key: _result(collection, answer(collection, query, until=until))
                for key, query in batch.items()
            }

        return await self._with(answered)

    async def _single(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Answer one query, as clients of before the batches ask."""
        query = read_query(fields["query"])

        def answered(collection: Collection) -> dict[str, Any]:
            until = monotonic() + _SECONDS
            return _result(collection, answer(collection, query, until=until))

        return await self._with(answered)

    def suggested(self, kind: str) -> Door:
        """Return the door that completes what somebody types."""

        async def door(request: Request) -> Response:
            """Suggest what begins so."""
            prefix = request.query_params.get("prefix", "").strip()
            if len(prefix) > _LONGEST_PREFIX:
                raise ParameterError("prefix is longer than any name")
            skipped = number_of(request, "cursor", default=0, most=_MOST_SKIPPED)
            limit = number_of(
                request, "limit", default=_SUGGESTED, most=_MOST_SUGGESTED
            )
            given = request.query_params.get("type", "").strip()

            def asked(collection: Collection) -> dict[str, Any]:
                types = _types(collection, given) if kind == "entity" else frozenset()
                found = suggest(collection, kind, prefix, types=types)
                listed = islice(found, skipped, skipped + (limit or _SUGGESTED))
                return {"result": [_suggestion(collection, one) for one in listed]}

            return sent(request, await self._with(asked))

        return door

    def flown_out(self, kind: str) -> Door:
        """Return the door that tells a little of what is suggested."""

        async def door(request: Request) -> Response:
            """Tell a little of what is suggested, as HTML in JSON."""
            given = identifier_of(request, example=_EXAMPLES[kind])
            html = await self._with(lambda one: _card(one, kind, given))
            return sent(request, {"id": given, "html": html})

        return door

    async def previewed(self, request: Request) -> Response:
        """Show an entity in a small frame."""
        given = identifier_of(request)
        origin = own_address(request).value.rstrip("/")

        def asked(collection: Collection) -> str:
            profile = collection.entity(given)
            if profile is None:
                raise _unknown("entity", given)
            address = f"{origin}{path_of(NamedNode(profile.id)) or ''}"
            return preview(
                profile.label, entity_card(collection, profile, address=address)
            )

        headers = {**OPEN, **PREVIEW_HEADERS, "Cache-Control": "no-cache"}
        return HTMLResponse(await self._with(asked), headers=headers)

    async def viewed(self, request: Request) -> Response:
        """Lead to the page of an entity."""
        given = identifier_of(request)
        profile = await self._with(lambda one: one.entity(given))
        if profile is None:
            raise _unknown("entity", given)
        address = path_of(NamedNode(profile.id)) or "/"
        status = HTTPStatus.SEE_OTHER
        return RedirectResponse(address, status_code=status, headers=OPEN)

    async def featured(self, request: Request) -> Response:
        """Explain a feature of candidates."""
        given = identifier_of(request, example="name_similarity")
        found = explained(given)
        if found is None:
            listed = f"There is {', '.join(FEATURES)}, and property: with a property."
            raise _unknown("feature", given, hint=listed)
        page = preview(found.name, explained_card(given, found))
        return HTMLResponse(page, headers={**OPEN, **PREVIEW_HEADERS})

    async def proposed(self, request: Request) -> Response:
        """List the properties that entities of a type have."""
        given = request.query_params.get("type", "").strip()
        limit = number_of(request, "limit", default=0, most=1_000)

        def asked(collection: Collection) -> dict[str, Any]:
            found = list(proposed(collection, given or None))
            listed = [
                {"id": one.id, "name": one.name, "description": one.definition}
                for one in (found[:limit] if limit else found)
            ]
            told: dict[str, Any] = {"properties": listed}
            return {
                **told,
                **({"type": given} if given else {}),
                **({"limit": limit} if limit else {}),
            }

        return sent(request, await self._with(asked))


def reconcile_routes(holdings: Holdings) -> list[Route]:
    """Return the routes; a dataset that is plain has nothing that names are matched to."""
    if holdings.is_plain:
        return []
    behind = _Reconciling(holdings)
    doors: dict[str, Door] = {
        "/properties": behind.proposed,
        "/preview": behind.previewed,
        "/view": behind.viewed,
        "/features": behind.featured,
    }
    for kind in ("entity", "type", "property"):
        doors[f"/suggest/{kind}"] = behind.suggested(kind)
        doors[f"/flyout/{kind}"] = behind.flown_out(kind)
    main = opened(behind.reconcile, methods=METHODS)
    return [
        Route(PATH, main, methods=list(METHODS)),
        *(
            Route(PATH + path, opened(door), methods=["GET", "OPTIONS"])
            for path, door in doors.items()
        ),
    ]


def _result(collection: Collection, matches: list[Candidate]) -> dict[str, Any]:
    return {"result": [_candidate(collection, match) for match in matches]}


def _candidate(collection: Collection, match: Candidate) -> dict[str, Any]:
    profile = match.profile
    return {
        "id": local_id(profile.id),
        "name": profile.label,
        "description": collection.description(profile),
        "type": [typed(kind) for kind in collection.types_of(profile)],
        "score": match.score,
        "match": match.is_match,
        "features": [
            {"id": f.name, "value": round(f.value, 3), "why": f.why}
            for f in match.features
        ],
    }


def _suggestion(collection: Collection, one: Suggestion) -> dict[str, Any]:
    told: dict[str, Any] = {"id": one.id, "name": one.name}
    if one.description:
        told["description"] = one.description
    if one.kinds:
        told["notable"] = [typed(collection.kinds[iri]) for iri in one.kinds]
    if one.broader:
        told["broader"] = [typed(collection.kinds[iri]) for iri in one.broader]
    return told


def _types(collection: Collection, given: str) -> frozenset[str]:
    """Return the IRIs of the types that entities are to be of; unknown ones are none."""
    found = (collection.kind(name) for name in given.split(",") if name.strip())
    return frozenset(kind.iri for kind in found if kind is not None)


def _card(collection: Collection, kind: str, given: str) -> str:
    if kind == "entity":
        profile = collection.entity(given)
        if profile is None:
            raise _unknown(kind, given)
        return entity_card(collection, profile)
    if kind == "type":
        found = collection.kind(given)
        if found is None:
            raise _unknown(kind, given)
        more = f"{found.members} entities are of it."
        return plain_card(found.name, found.id, found.definition, more)
    offered = collection.property(given)
    if offered is None:
        raise _unknown(kind, given)
    return of_property(offered, collection)


def _unknown(noun: str, given: str, *, hint: str | None = None) -> Exception:
    told = f"there is no {noun} {given[:100]!r} here"
    return refusal(HTTPStatus.NOT_FOUND, told, hint=hint)
