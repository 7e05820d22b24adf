"""Making: one server process from its settings, with all that it needs to answer."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from milgraph.forwarding import Forwarder
from milgraph.queries import Catalogue
from milgraph.readers import Readers
from milgraph.service.access import RateLimit
from milgraph.service.answering import Answering
from milgraph.service.app import create_app
from milgraph.service.express import Express
from milgraph.service.express_connections import express_connection
from milgraph.service.federation import Federation
from milgraph.service.holdings import Holdings
from milgraph.service.journal import Journal
from milgraph.service.metrics import Gauges, Metrics
from milgraph.service.siblings import Siblings
from milgraph.service.workers import Service
from milgraph.settings import Settings
from milgraph.writer import Writer

__all__ = ["make_service"]

_NO_QUERIES = Catalogue({})
_Hook: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class _Part(Protocol):
    """What works in the loop of one process, from its start to its end."""

    async def start(self) -> None:
        """Begin."""

    async def close(self) -> None:
        """End."""


def make_service(
    settings: Settings,
    siblings: Siblings | None = None,
    *,
    writer: Writer | None = None,
) -> Service:
    """Return what one process serves; with a writer, a plain dataset that can change.

    The processes that answer are started at once, beside what else there is to do.
    """
    answering = Answering(_holdings(settings, writer))
    journal = Journal(settings)
    metrics = Metrics(_gauges(answering, journal))
    limit = RateLimit(settings.rate_limit) if settings.rate_limit else None
    forwarder = Forwarder(answering.planner.policy.services)
    app = create_app(
        answering,
        Federation(answering, forwarder),
        metrics=metrics,
        journal=journal,
        siblings=siblings,
        limit=limit,
    )
    express = Express(answering, metrics=metrics, journal=journal, limit=limit)
    parts: list[_Part] = [answering.readers, forwarder]
    if writer is not None:
        parts.insert(0, writer)
    if siblings is not None:
        siblings.answers["tally"] = metrics.tally
    started, stopping = _hooks(parts, journal)
    return Service(
        app,
        started,
        stopping,
        protocol=express_connection(express),
        ended=journal.close,
    )


def _holdings(settings: Settings, writer: Writer | None) -> Holdings:
    is_plain = writer is not None
    readers = Readers(
        settings.data, settings.limits, known=not is_plain, commits=writer
    )
    catalogue = _NO_QUERIES if is_plain else Catalogue.of(settings.resources.queries)
    return Holdings(readers, catalogue, settings, writer=writer)


def _hooks(parts: list[_Part], journal: Journal) -> tuple[_Hook, _Hook]:
    """Return what is awaited before the first request and after the last."""

    async def started() -> None:
        for part in parts:
            await part.start()
        journal.start()

    async def stopping() -> None:
        for part in reversed(parts):
            await part.close()

    return started, stopping


def _gauges(answering: Answering, journal: Journal) -> Gauges:
    readers, cache = answering.readers, answering.cache
    return Gauges(
        generation=lambda: readers.generation,
        readers=lambda: readers.counts,
        waiting=lambda: readers.waiting,
        cache=lambda: {
            "entries": len(cache),
            "bytes": cache.bytes,
            "hits": cache.hits,
            "misses": cache.misses,
        },
        ended=lambda: readers.ends,
        dropped=lambda: journal.dropped,
        pids=lambda: readers.pids,
    )
