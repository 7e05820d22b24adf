"""Calling: one query that calls other endpoints, answered without a service around it.

It takes the way that it would take there: a reader that can reach nothing but the
forwarder, with the limits of both.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from milgraph.answers import Answer
from milgraph.errors import KnowledgeGraphError, QueryError
from milgraph.forwarding import Forwarder, ForwardingLimits
from milgraph.readers import Question, Readers
from milgraph.settings import Settings
from milgraph.sparql import GRAPH_FORMS, Request, Services, origin_of
from milgraph.terms import Term

__all__ = ["evaluate_calling"]


def evaluate_calling(
    settings: Settings, request: Request, bindings: Mapping[str, Term] | None = None
) -> Answer:
    """Return the answer to a query that was inspected, from the folder of the settings.

    Raises:
        QueryError: an endpoint fails, or the evaluation.
        LimitError: it uses more than one query may.
    """
    body = asyncio.run(_body(settings, request, bindings or {}))
    is_graph = request.form in GRAPH_FORMS
    return Answer.of_triples(body) if is_graph else Answer.of_results(body)


async def _body(
    settings: Settings, request: Request, bindings: Mapping[str, Term]
) -> bytes:
    services = Services.of(settings.services)
    readers = Readers(settings.data, settings.limits)
    forwarder = Forwarder(services.reachable, ForwardingLimits.of(settings))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(readers.close)
        await readers.start()
        stack.push_async_callback(forwarder.close)
        await forwarder.start()
        called = [services.address_of(one.iri) for one in request.services]
        addresses = forwarder.register(called)
        question = Question(
            request.calling(addresses),
            "ntriples" if request.form in GRAPH_FORMS else "json",
            bindings=bindings,
            services=tuple(filter(None, map(origin_of, addresses))),
        )
        try:
            return await readers.answer(question)
        except KnowledgeGraphError as error:
            why = forwarder.failure(addresses[0])
            raise (QueryError(why) if why else error) from error
