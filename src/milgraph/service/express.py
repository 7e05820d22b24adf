"""Express: queries by GET answered at the HTTP protocol, before any framework runs.

A framework costs more than a short query does. Only what is simple is answered here: a
GET of `/sparql` with a query that was read before, or can be read at once. Everything
else goes the whole way, and the two give the same answers.
"""

from collections import OrderedDict

from milgraph.errors import KnowledgeGraphError
from milgraph.service.access import RateLimit, client_of
from milgraph.service.answering import GZIP_MAGIC, Answering
from milgraph.service.endpoint import SHARED_HEADERS, accepts_gzip
from milgraph.service.journal import Entry, Journal
from milgraph.service.metrics import Metrics
from milgraph.service.plans import Plan, has_relative_iri
from milgraph.service.problems import ProblemError
from milgraph.service.protocol import read_address
from milgraph.service.safeguards import HEADERS

__all__ = ["LONGEST", "SHARED_HEAD", "TARGET", "Express"]

TARGET = b"/sparql?"
_ROUTE = "/sparql"
# Plans of requests that were seen before: their number, and the longest address.
_PLANS_KEPT = 8192
_BLOCKS_KEPT = 1024
LONGEST = 8192
SHARED_HEAD = "".join(
    f"{name.lower()}: {value}\r\n" for name, value in (HEADERS | SHARED_HEADERS).items()
).encode("latin-1")


class Express:
    """What the connections of one server share: plans, counters, limits."""

    def __init__(
        self,
        answering: Answering,
        *,
        metrics: Metrics,
        journal: Journal,
        limit: RateLimit | None,
    ) -> None:
        self.answering = answering
        self.metrics = metrics
        self.journal = journal
        self.limit = limit
        self._plans: OrderedDict[tuple[bytes, bytes, bytes], Plan | None] = (
            OrderedDict()
        )
        # What headers mean, by all the bytes of them.
        self.blocks: dict[bytes, tuple[bytes, bytes]] = {}
        self._heads: dict[tuple[str, int, bool], bytes] = {}

    def plan(self, target: bytes, accept: bytes, encoding: bytes) -> Plan | None:
        """Return the plan of the request, if it is one to be answered here."""
        key = target, accept, encoding
        try:
            return self._plans[key]
        except KeyError:
            plan = self._made(target, accept, encoding)
        if len(target) + len(accept) + len(encoding) < LONGEST:
            self._plans[key] = plan
            if len(self._plans) > _PLANS_KEPT:
                self._plans.popitem(last=False)
        return plan

    def remember(self, block: bytes, accept: bytes, encoding: bytes) -> None:
        """Keep what the headers mean, which were parsed and ask for nothing unusual."""
        if len(block) < LONGEST:
            if len(self.blocks) >= _BLOCKS_KEPT:
                self.blocks.clear()
            self.blocks[block] = accept, encoding

    def head(self, plan: Plan, generation: int, first: bytes) -> bytes:
        """Return the headers of an answer that begins with `first`."""
        key = plan.tag, generation, first[:2] == GZIP_MAGIC
        found = self._heads.get(key)
        if found is None:
            told = self.answering.headers(plan, generation, first)
            lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            if len(self._heads) >= _PLANS_KEPT:
                self._heads.clear()
            found = self._heads[key] = SHARED_HEAD + lines.encode("latin-1")
        return found

    def known(self, plan: Plan, settled: int | None) -> bytes | None:
        """Return the answer from the cache as it is sent, but for its first lines."""
        kept = self.answering.kept(plan, settled)
        if kept is None or settled is None:
            return None
        if kept.sent is None:
            head = self.head(plan, settled, kept.body)
            kept.sent = b"%scontent-length: %d\r\n\r\n%s" % (
                head,
                len(kept.body),
                kept.body,
            )
        return kept.sent

    def note(  # noqa: PLR0913 - an entry has so many members
        self,
        plan: Plan,
        peer: str,
        status: int,
        seconds: float,
        size: int,
        outcome: str,
        *,
        rows: int = -1,
    ) -> None:
        """Count the query, and tell the journal where it is kept."""
        self.metrics.request(_ROUTE, status)
        self.metrics.query(outcome, seconds, size)
        if self.journal.wants(seconds):
            self.journal.enter(
                Entry(
                    client=client_of(peer),
                    method="GET",
                    path=_ROUTE,
                    status=status,
                    seconds=seconds,
                    size=size,
                    outcome=outcome,
                    query=plan.question.text,
                    form=plan.form,
                    rows=None if rows < 0 else rows,
                    generation=self.answering.readers.generation,
                )
            )

    def _made(self, target: bytes, accept: bytes, encoding: bytes) -> Plan | None:
        try:
            asked = read_address(target[len(TARGET) :])
            if asked.query is None:
                return None
            plan = self.answering.planner.plan(
                asked,
                accept=accept.decode("latin-1") or None,
                gzip=accepts_gzip(encoding.decode("latin-1")),
            )
        except (KnowledgeGraphError, ProblemError):
            # What is wrong is told by the endpoint, which says it to people as well.
            return None
        if plan.is_page or plan.services or has_relative_iri(plan.question.text):
            return None
        return plan
