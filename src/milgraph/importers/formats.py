"""Formats: the data sets that there are importers for, with their terms."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from milgraph.errors import ParameterError
from milgraph.graphs import data_set
from milgraph.importers import acled, gdelt, ucdp
from milgraph.importers.records import Pool, Record
from milgraph.importers.releases import Release
from milgraph.importers.tables import Table
from milgraph.terms import BASE, NamedNode

__all__ = ["FORMATS", "Format", "Records"]

_VERSION = re.compile(r"[0-9A-Za-z]+([.-][0-9A-Za-z]+)*")


class Records(Protocol):
    """What becomes of the records of one file."""

    def iri(self, fields: list[str]) -> NamedNode:
        """Return the name of the record."""
        ...

    def record(self, fields: list[str]) -> Record:
        """Return the record, with what it shares put into the pool."""
        ...


@dataclass(frozen=True)
class Format:
    """A data set: its table, who keeps it, and under which terms.

    `version` tells the version of a file, from its name and the newest of what `mark`
    finds in its records; nothing where they do not tell.
    """

    name: str
    table: Table
    records: Callable[[Pool, Release, Mapping[str, NamedNode]], Records]
    codes: str
    data_set: str
    claimant: str
    title: str
    licence: str
    citation: str
    is_redistributable: bool
    version: Callable[[Path, str], str | None]
    mark: Callable[[list[str]], str] | None = None

    @property
    def graph(self) -> NamedNode:
        """The graph of what its records share."""
        return data_set(self.name)

    @property
    def iri(self) -> NamedNode:
        """Its name as a data set."""
        return NamedNode(f"{BASE}dataset/{self.data_set}")

    def release(self, path: Path, version: str, mark: str) -> Release:
        """Return the release that the file is, by what the caller says or it tells itself.

        Raises:
            ParameterError: nobody tells.
        """
        version = version or self.version(path, mark) or ""
        if not version:
            raise ParameterError(
                f"which release of {self.title} is {path.name}?",
                hint="Its name does not tell: say it, as in --release 23.1.",
            )
        if _VERSION.fullmatch(version) is None:
            raise ParameterError(
                f"{version!r} is not the version of a release",
                hint="It has letters, digits, dots and hyphens, as in 23.1.",
            )
        return Release(
            self.iri,
            NamedNode(f"{BASE}actor/{self.claimant}"),
            version,
            self.title,
            NamedNode(self.licence),
            self.citation.format(version=version),
            self.is_redistributable,
        )


def _of_gdelt(_path: Path, _mark: str) -> str:
    return "2.0"


def _of_ucdp(path: Path, _mark: str) -> str | None:
    """Return the version in a name such as ged231-csv.zip or GEDEvent_v23_1.csv."""
    found = re.search(
        r"ged(?:event)?[-_]?v?[-_]?(\d\d)[-_.]?(\d)(?!\d)", path.name.lower()
    )
    return f"{found[1]}.{found[2]}" if found else None


def _of_acled(_path: Path, mark: str) -> str | None:
    return mark or None


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        one.name: one
        for one in (
            Format(
                "ucdp",
                ucdp.TABLE,
                ucdp.Ucdp,
                "gleditsch-ward",
                "ucdp-ged",
                "ucdp",
                "UCDP Georeferenced Event Dataset",
                "https://creativecommons.org/licenses/by/4.0/",
                "UCDP Georeferenced Event Dataset, version {version}. Sundberg and "
                "Melander 2013, Introducing the UCDP Georeferenced Event Dataset, Journal "
                "of Peace Research 50(4). https://ucdp.uu.se",
                is_redistributable=True,
                version=_of_ucdp,
            ),
            Format(
                "gdelt",
                gdelt.TABLE,
                gdelt.Gdelt,
                "iso-3166-1-alpha-3",
                "gdelt-events",
                "gdelt",
                "GDELT Event Database",
                "https://www.gdeltproject.org",
                "The GDELT Project: GDELT Event Database, version {version}. "
                "https://www.gdeltproject.org",
                is_redistributable=True,
                version=_of_gdelt,
            ),
            Format(
                "acled",
                acled.TABLE,
                acled.Acled,
                "iso-3166-1-numeric",
                "acled",
                "acled",
                "ACLED event data",
                "https://epo.acleddata.com/terms-of-use-and-attribution-policy",
                "ACLED, Armed Conflict Location & Event Data, as of {version}. "
                "https://acleddata.com",
                is_redistributable=False,
                version=_of_acled,
                mark=acled.day_of,
            ),
        )
    }
)
