"""Receiving: an answer that is wanted whole, and what is said where there is none."""

import asyncio

from milgraph.errors import KnowledgeGraphError, LimitError

__all__ = ["DIED", "TOO_LARGE", "Whole", "too_long", "too_much"]


class Whole:
    """Receives an answer that is wanted whole."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()
        self.answered: asyncio.Future[bytes] = (
            asyncio.get_running_loop().create_future()
        )

    def whole(self, body: bytes, rows: int) -> None:
        """Take the answer."""
        del rows
        if not self.answered.done():
            self.answered.set_result(body)

    def part(self, body: bytes) -> None:
        """Take the next part, unless that is too much."""
        self._body += body
        if len(self._body) > self._limit:
            self.failed(too_much(self._limit))

    def last(self, body: bytes, rows: int) -> None:
        """Take the last part."""
        del rows
        if not self.answered.done():
            self.answered.set_result(bytes(self._body + body))

    def failed(self, error: KnowledgeGraphError) -> None:
        """Take notice that there is no answer."""
        if not self.answered.done():
            self.answered.set_exception(error)


_NARROW = (
    "Narrow it: name a place, a period or an actor, or ask for fewer rows by LIMIT."
)
TOO_LARGE = LimitError(
    "the query needs more memory than one query may use", limit="memory", hint=_NARROW
)
DIED = LimitError(
    "the engine did not survive the query", limit="engine", hint="Ask in smaller parts."
)


def too_long(seconds: float) -> LimitError:
    """Return the error of a query that took longer than the seconds."""
    return LimitError(
        f"the query was not answered within {seconds:g} s", limit="time", hint=_NARROW
    )


def too_much(size: int) -> LimitError:
    """Return the error of a query whose answer has more bytes than the size."""
    return LimitError(
        f"the answer is longer than {size:,} bytes", limit="output", hint=_NARROW
    )
