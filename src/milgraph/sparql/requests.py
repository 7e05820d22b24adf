"""Requests: what a text asks of the endpoint, and what the endpoint allows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["GRAPH_FORMS", "Called", "Policy", "Request", "origin_of"]

# The forms of a query whose answer is a graph.
GRAPH_FORMS = frozenset(("CONSTRUCT", "DESCRIBE"))
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a request may do: change the dataset, and reach which other machines.

    `services` and `load_from` are origins, as `origin_of` writes them.
    """

    updates: bool = False
    services: frozenset[str] = frozenset()
    load_from: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Called:
    """Where in a text another machine is called, and by which IRI."""

    start: int
    end: int
    iri: str


@dataclass(frozen=True, slots=True)
class Request:
    """A query or an update that may be given to an engine.

    `form` is its first keyword, where that could be told; `variables` are in the order
    in which the text names them. An answer to what `is_volatile` holds for one moment
    only: the text calls NOW, RAND, UUID, STRUUID or another machine.
    """

    text: str
    form: str | None = None
    variables: tuple[str, ...] = ()
    is_update: bool = False
    is_volatile: bool = False
    services: tuple[Called, ...] = ()
    loads: tuple[Called, ...] = ()
    star: int | None = field(default=None, repr=False)

    @property
    def selects_all(self) -> bool:
        """Whether the query is a `SELECT *`, whose columns have no order of their own."""
        return self.star is not None

    def projecting(self, visible: Iterable[str]) -> str:
        """Return the text with the `*` written out, in the order of the text.

        >>> from milgraph.sparql import inspect
        >>> inspect("SELECT * { ?s ?p ?o }").projecting(["o", "p", "s"])
        'SELECT ?s ?p ?o { ?s ?p ?o }'
        """
        if self.star is None:
            return self.text
        columns = " ".join(f"?{name}" for name in self.ordered(visible))
        return f"{self.text[: self.star]}{columns or '*'}{self.text[self.star + 1 :]}"

    def ordered(self, visible: Iterable[str]) -> tuple[str, ...]:
        """Return the names in the order of the text, and then those that it hides."""
        names = tuple(visible)
        known = frozenset(names)
        first = tuple(name for name in self.variables if name in known)
        return first + tuple(name for name in names if name not in set(first))

    def calling(self, addresses: Iterable[str]) -> str:
        """Return the text with the addresses in the place of the endpoints it calls."""
        text = self.text
        for called, address in sorted(
            zip(self.services, addresses, strict=True),
            key=lambda pair: -pair[0].start,
        ):
            text = f"{text[: called.start]}<{address}>{text[called.end :]}"
        return text


def origin_of(iri: str) -> str | None:
    """Return the scheme, host and port of the IRI (RFC 6454); none where it has none.

    An IRI with a user's name in it has none, so that nobody mistakes one for a host.

    >>> origin_of("HTTPS://Query.Wikidata.org:443/sparql")
    'https://query.wikidata.org'
    >>> origin_of("http://good.example@evil.example/") is None
    True
    """
    try:
        parts = urlsplit(iri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    if any(character in iri for character in "\\\t\r\n ") or "%" in parts.netloc:
        return None
    name = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{name}{suffix}"
