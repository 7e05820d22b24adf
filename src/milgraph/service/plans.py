"""Plans: a query that was read, inspected and negotiated, ready to be answered."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from milgraph.errors import LimitError
from milgraph.export.orders import Order
from milgraph.readers import Question, encode_question
from milgraph.readers.questions import FLAGS, SHORT
from milgraph.service.negotiation import HTML, Offer
from milgraph.service.protocol import Asked
from milgraph.service.representations import chosen
from milgraph.service.tables import MAXIMUM_ROWS
from milgraph.settings import Settings
from milgraph.sparql import GRAPH_FORMS, Policy, Services, inspect, origin_of
from milgraph.terms import Term

__all__ = ["Plan", "Planner", "has_relative_iri"]

_DIGEST_SIZE = 16
_RELATIVE = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*:)[^<>\"{}|^`\\\x00-\x20]*>")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask a reader, and how to send what it says.

    `message` is the question as it is sent to a reader. `key` names the answer in the
    cache of one generation; an answer that holds for a moment only has none. `services`
    are the addresses of the endpoints that the query calls.
    """

    question: Question
    offer: Offer
    form: str | None
    key: Hashable | None
    tag: str
    message: bytearray
    services: tuple[str, ...] = ()

    @property
    def is_page(self) -> bool:
        """Whether people are to see the answer."""
        return self.offer == HTML

    def expect_short(self) -> None:
        """Let a reader make the answer in memory from now on: it was short this time."""
        self.message[FLAGS] |= SHORT

    def etag(self, generation: int) -> str | None:
        """Return the entity tag of the answer in that generation (RFC 9110, 8.8.3).

        It differs by representation, for one address has several.
        """
        return f'"{generation}-{self.tag}"' if self.key is not None else None

    def matches(self, if_none_match: str | None, generation: int) -> bool:
        """Return whether the client has this answer already (RFC 9110, 13.1.2).

        `*` names no answer: until it is evaluated, nobody knows whether there is one.
        """
        etag = self.etag(generation)
        if not if_none_match or etag is None:
            return False
        given = (tag.strip() for tag in if_none_match.split(","))
        return any(tag.removeprefix("W/") == etag for tag in given)


class Planner:
    """Makes plans under the policy of one service."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.limits.seconds
        self._rows = settings.limits.rows
        self._counts = settings.access_log is not None
        self.services = Services.of(settings.services)
        self.policy = Policy(services=self.services.origins)

    def plan(
        self,
        asked: Asked,
        *,
        accept: str | None,
        gzip: bool = False,
        bindings: Mapping[str, Term] | None = None,
        base: str | None = None,
    ) -> Plan:
        """Return the plan for what is asked.

        Raises:
            QueryError: the policy does not allow it.
            ProblemError: none of the formats that are asked for is one of the answer.
        """
        text = asked.query or ""
        request = inspect(text, self.policy)
        offer = chosen(accept, asked.format, is_graph=request.form in GRAPH_FORMS)
        is_page = offer == HTML
        seconds = asked.seconds
        if seconds is not None and seconds >= self._limit:
            seconds = None
        question = Question(
            text,
            "json" if is_page else offer.name,
            bindings=bindings or {},
            default_graphs=asked.default_graphs,
            named_graphs=asked.named_graphs,
            seconds=seconds,
            rows=MAXIMUM_ROWS if is_page else None,
            gzip=gzip and not is_page,
            counts=self._counts,
            base=base if base and has_relative_iri(text) else None,
        )
        digest = _digest(question, offer)
        return Plan(
            question,
            offer,
            request.form,
            key=None if request.is_volatile else digest,
            tag=digest.hex()[:12],
            message=bytearray(encode_question(question, self._rows)),
            services=tuple(
                self.services.address_of(called.iri) for called in request.services
            ),
        )

    def export(
        self,
        order: Order,
        offer: Offer,
        *,
        query: str = "",
        bindings: Mapping[str, Term] | None = None,
        gzip: bool = False,
    ) -> Plan:
        """Return the plan for what is ordered; the query is its scope.

        Raises:
            QueryError: the policy does not allow the query.
        """
        is_volatile = bool(query) and inspect(query).is_volatile
        question = Question(
            query,
            "export",
            bindings=bindings or {},
            gzip=gzip,
            export=order.written(),
        )
        digest = _digest(question, offer)
        return Plan(
            question,
            offer,
            "EXPORT",
            key=None if is_volatile else digest,
            tag=digest.hex()[:12],
            message=bytearray(encode_question(question, None)),
        )

    def calling(self, plan: Plan, addresses: tuple[str, ...]) -> Plan:
        """Return the plan with the addresses in the place of the endpoints it calls."""
        request = inspect(plan.question.text, self.policy)
        if len(request.services) != len(addresses):
            raise LimitError(
                "the query calls too many endpoints",
                limit="services",
                hint="Ask in parts.",
            )
        question = replace(
            plan.question,
            text=request.calling(addresses),
            services=tuple(filter(None, map(origin_of, addresses))),
        )
        message = bytearray(encode_question(question, self._rows))
        return replace(plan, question=question, message=message)


def has_relative_iri(text: str) -> bool:
    """Return whether the query may hold an IRI that is relative to where it is asked.

    The endpoint is its base then (SPARQL 1.1 Query, section 4.1.1.2).
    """
    return _RELATIVE.search(text) is not None


def _digest(question: Question, offer: Offer) -> bytes:
    """Return a digest of all that the response depends on but the generation."""
    parts = (
        question.text,
        question.form,
        offer.media_type,
        str(question.gzip),
        str(question.rows),
        question.base or "",
        question.export,
        *(f"{name}={term}" for name, term in sorted(question.bindings.items())),
        *map(str, question.default_graphs),
        "named" if question.named_graphs is not None else "",
        *map(str, question.named_graphs or ()),
    )
    # Quoted, since a text can hold whatever would part it from the next.
    return blake2b(repr(parts).encode(), digest_size=_DIGEST_SIZE).digest()
