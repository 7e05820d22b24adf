"""Federation: queries that call listed endpoints, each by way of the forwarder."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from milgraph.answers import Answer
from milgraph.errors import KnowledgeGraphError, QueryError
from milgraph.forwarding import Forwarder
from milgraph.service.answering import Answering, Streamed
from milgraph.service.plans import Plan

__all__ = ["Federation"]


class Federation:
    """Answers what calls other endpoints; no reader reaches one by itself."""

    def __init__(self, answering: Answering, forwarder: Forwarder) -> None:
        self._answering = answering
        self._forwarder = forwarder

    async def respond(
        self, plan: Plan, request: Request, written: Callable[[Answer], str]
    ) -> Response | Streamed:
        """Return the answer; what a remote endpoint did wrong is told.

        Raises:
            QueryError: an endpoint fails, or the evaluation.
        """
        addresses = self._forwarder.register(plan.services)
        calling = self._answering.planner.calling(plan, addresses)
        try:
            return await self._answering.respond(calling, request, written)
        except KnowledgeGraphError as error:
            why = self._forwarder.failure(addresses)
            raise (QueryError(why) if why else error) from error
