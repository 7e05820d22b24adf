"""Streaming: statements written in a format of RDF as they come, with a head in order."""

from collections.abc import Iterable, Mapping
from typing import Any

from milgraph.syntax import Format, write_to
from milgraph.terms import Quad, Triple
from milgraph.wellformed import WellFormed

__all__ = ["write_stream"]


def write_stream(
    statements: Iterable[Triple] | Iterable[Quad],
    form: Format,
    output: Any,
    *,
    prefixes: Mapping[str, str],
) -> None:
    """Write the statements to the output as they come, after the prefixes in order.

    Of the output only `write` and `flush` are called.
    """
    headed: Any = output
    if form.name in ("turtle", "trig"):
        headed = _Headed(output, prefixes)
    elif form.name == "rdfxml":
        headed = _Checked(output)
    write_to(headed, statements, form, prefixes=prefixes)
    output.flush()


class _Checked:
    """Passes on RDF/XML as long as it is well-formed: the engine writes what is not."""

    def __init__(self, output: Any) -> None:
        self._output = output
        self._text = WellFormed("rdfxml")

    def write(self, data: bytes) -> int:
        """Take the next bytes.

        Raises:
            QueryError: XML cannot hold what they say.
        """
        self._output.write(self._text.take(data))
        return len(data)

    def flush(self) -> None:
        """Have the output do what is left."""
        self._output.flush()


class _Headed:
    """Passes on Turtle or TriG with its prefixes in order: the engine's is random."""

    def __init__(self, output: Any, prefixes: Mapping[str, str]) -> None:
        self._output = output
        self._waiting = b""
        self._is_headed = False
        self._head = "".join(
            f"@prefix {name}: <{prefixes[name]}> .\n" for name in sorted(prefixes)
        ).encode()

    def write(self, data: bytes) -> int:
        """Take the next bytes; those of the head are dropped."""
        size = len(data)
        if self._is_headed:
            self._output.write(data)
            return size
        self._waiting += data
        while self._waiting.startswith(b"@prefix ") and b"\n" in self._waiting:
            self._waiting = self._waiting.partition(b"\n")[2]
        if self._waiting and not b"@prefix ".startswith(self._waiting[:8]):
            self._begin()
        return size

    def flush(self) -> None:
        """Write what is left: of no statements there is a head alone."""
        if not self._is_headed:
            self._begin()
        self._output.flush()

    def _begin(self) -> None:
        self._is_headed = True
        self._output.write(self._head + self._waiting)
        self._waiting = b""
