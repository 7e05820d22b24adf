"""Federation: queries that call listed endpoints, each by way of the forwarder."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from milgraph.answers import Answer
from milgraph.errors import KnowledgeGraphError, QueryError
from milgraph.forwarding import Forwarder
from milgraph.service.answering import Answering, outcome_of, unless_left
from milgraph.service.observation import noted
from milgraph.service.plans import Plan

__all__ = ["Federation"]


class Federation:
    """Answers what calls other endpoints; no reader reaches one by itself."""

    def __init__(self, answering: Answering, forwarder: Forwarder) -> None:
        self._answering = answering
        self._forwarder = forwarder

    async def respond(
        self, plan: Plan, request: Request, written: Callable[[Answer], str]
    ) -> Response:
        """Return the answer, which is awaited whole; it holds for the moment only.

        Raises:
            QueryError: an endpoint fails, or the evaluation.
        """
        known = noted(request.scope)
        known.query, known.form = plan.question.text, plan.form
        addresses = self._forwarder.register(plan.services)
        try:
            response = await self._response(plan, addresses, request, written)
        except KnowledgeGraphError as error:
            known.outcome = outcome_of(error)
            why = self._forwarder.failure(addresses[0])
            raise (QueryError(why) if why else error) from error
        finally:
            self._forwarder.release(addresses)
        known.outcome = "ok"
        return response

    async def _response(
        self,
        plan: Plan,
        addresses: tuple[str, ...],
        request: Request,
        written: Callable[[Answer], str],
    ) -> Response:
        answering = self._answering
        calling = answering.planner.calling(plan, addresses)
        if plan.is_page:
            return await answering.page(calling, written)
        task = asyncio.ensure_future(answering.readers.answer(calling.question))
        await unless_left(request, lambda: asyncio.shield(task), task.cancel)
        body = task.result()
        headers = answering.headers(calling, answering.readers.generation, body)
        return Response(body, headers=headers)
