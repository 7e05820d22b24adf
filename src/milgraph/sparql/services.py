"""Services: the endpoints that are known by name, and which of them a query may call.

None is called unless the settings list it: a query would tell a stranger what is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Self

from milgraph.errors import SettingsError
from milgraph.sparql.requests import origin_of

__all__ = ["ENABLING", "ENDPOINTS", "Endpoint", "Services", "how_to_enable"]

_SETTING = "MILGRAPH_SERVICES"
# What whoever is refused may tell whoever runs the service.
ENABLING = (
    f"{_SETTING} lists what may be called, by origin or by name: wikidata, dbpedia."
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that is known by name, and under which licence it answers."""

    name: str
    title: str
    address: str
    licence: str


# Their licences: https://www.wikidata.org/wiki/Wikidata:Licensing and, of DBpedia since
# its version 3.4, http://wiki.dbpedia.org/Imprint.
_KNOWN = (
    Endpoint(
        "wikidata",
        "Wikidata",
        "https://query.wikidata.org/sparql",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    Endpoint(
        "dbpedia",
        "DBpedia",
        "https://dbpedia.org/sparql",
        "https://creativecommons.org/licenses/by-sa/3.0/",
    ),
)
ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType({e.name: e for e in _KNOWN})


@dataclass(frozen=True, slots=True)
class Services:
    """What SERVICE may name, and where the calls go.

    `origins` may be named in a query, and `reachable` are called. They differ where a
    known endpoint is asked at another address: `elsewhere` has that for its own.
    """

    origins: frozenset[str] = frozenset()
    reachable: frozenset[str] = frozenset()
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Iterable[str]) -> Self:
        """Return the services of the settings: names, origins, or `NAME=ADDRESS`.

        Raises:
            SettingsError: one is none of them.

        >>> sorted(Services.of(["wikidata", "http://127.0.0.1:3030"]).origins)
        ['http://127.0.0.1:3030', 'https://query.wikidata.org']
        """
        origins: set[str] = set()
        reachable: set[str] = set()
        elsewhere: dict[str, str] = {}
        for written in listed:
            name, equals, address = written.partition("=")
            known = ENDPOINTS.get(name)
            if known is None:
                origin = _origin(written)
                origins.add(origin)
                reachable.add(origin)
                continue
            origins.add(_origin(known.address))
            reachable.add(_origin(address if equals else known.address))
            if equals:
                elsewhere[known.address] = address
        return cls(frozenset(origins), frozenset(reachable), elsewhere)

    def address_of(self, iri: str) -> str:
        """Return where the endpoint is asked that a query names so."""
        return self.elsewhere.get(iri, iri)


def _origin(written: str) -> str:
    origin = origin_of(written)
    if origin is None:
        near = get_close_matches(written.partition("=")[0], ENDPOINTS, n=1)
        raise SettingsError(
            f"{_SETTING} has {written!r}, which is neither an endpoint known by "
            "name nor an origin",
            hint=f"Did you mean {near[0]}?"
            if near
            else f"Known are {', '.join(ENDPOINTS)}; an origin is such as "
            "https://example.org.",
        )
    return origin


def how_to_enable(iri: str) -> str | None:
    """Return how the endpoint of that address is enabled, if it is known by name."""
    for known in ENDPOINTS.values():
        if origin_of(known.address) == origin_of(iri):
            return f"{known.title} is disabled: {_SETTING}={known.name} enables it."
    return None
