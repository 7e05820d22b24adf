"""Ships: the prefixes that navies put before a ship's name."""

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["PREFIXES", "ship_prefix"]

# The states whose navies use the prefix, by their ISO 3166-1 alpha-2 codes.
PREFIXES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        prefix: frozenset(states.split())
        for prefix, states in {
            "BRP": "PH",
            "CNS": "CN",
            "FS": "FR",
            "HMAS": "AU",
            "HMCS": "CA",
            "HMNZS": "NZ",
            "HMS": "GB SE",
            "INS": "IN IL",
            "JDS": "JP",
            "JS": "JP",
            "ROKS": "KR",
            "USCGC": "US",
            "USNS": "US",
            "USS": "US",
        }.items()
    }
)
_PREFIX = re.compile(rf"\s*({'|'.join(PREFIXES)})\.?\s+(?=\S)", re.IGNORECASE)


def ship_prefix(text: str) -> tuple[str, str]:
    """Return the prefix before a ship's name, or none, and the name without it.

    >>> ship_prefix("USS Milius"), ship_prefix("Volkhov")
    (('USS', 'Milius'), ('', 'Volkhov'))
    """
    match = _PREFIX.match(text)
    return (match[1].upper(), text[match.end() :]) if match else ("", text)
