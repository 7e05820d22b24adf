"""Making: one server process from its settings, with all that it needs to answer."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from milgraph.authors import Authors
from milgraph.errors import SettingsError
from milgraph.forwarding import Forwarder, ForwardingLimits
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
from milgraph.sparql import Services
from milgraph.writer import Checker, PlainWriter, Writer

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
    """Return what one process serves; with a writer, a dataset that can be changed.

    The processes that answer are started at once, beside what else there is to do.
    """
    # A name that is wrong is told of before any process is started.
    services = Services.of(settings.services)
    holdings = _holdings(settings, writer)
    answering = Answering(holdings)
    journal = Journal(settings)
    metrics = Metrics(_gauges(answering, journal))
    limit = RateLimit(settings.rate_limit) if settings.rate_limit else None
    forwarder = Forwarder(services.reachable, ForwardingLimits.of(settings))
    app = create_app(
        answering,
        Federation(answering, forwarder),
        metrics=metrics,
        journal=journal,
        siblings=siblings,
        limit=limit,
    )
    express = Express(answering, metrics=metrics, journal=journal, limit=limit)
    # What is committed is published before readers ask for it.
    parts = [writer, holdings.readers, forwarder, holdings.checker]
    if siblings is not None:
        siblings.answers["tally"] = metrics.tally
    started, stopping = _hooks(
        [part for part in parts if part is not None], journal, holdings.authors
    )
    return Service(
        app,
        started,
        stopping,
        protocol=express_connection(express),
        ended=journal.close,
    )


def _holdings(settings: Settings, writer: Writer | None) -> Holdings:
    is_plain = isinstance(writer, PlainWriter)
    return Holdings(
        Readers(settings.data, settings.limits, known=not is_plain, commits=writer),
        _NO_QUERIES if is_plain else Catalogue.of(settings.resources.queries),
        settings,
        writer=writer,
        checker=None if is_plain else Checker(settings),
    )


def _hooks(
    parts: list[_Part], journal: Journal, authors: Authors
) -> tuple[_Hook, _Hook]:
    """Return what is awaited before the first request and after the last."""

    async def started() -> None:
        for part in parts:
            await part.start()
        journal.start()
        if journal.has_file or authors.has_file:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, _take_notice, journal, authors)

    async def stopping() -> None:
        for part in reversed(parts):
            await part.close()

    return started, stopping


def _take_notice(journal: Journal, authors: Authors) -> None:
    """Read and open anew what whoever runs the server has changed or moved away."""
    if journal.has_file:
        journal.reopen()
    try:
        authors.read_again()
    except SettingsError as error:
        sys.stderr.write(f"milgraph: {error}\n  Nothing changes until it is mended.\n")
        sys.stderr.flush()


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
