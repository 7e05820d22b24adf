"""ACLED: events of political violence and protest, 31 columns of CSV under a header."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from milgraph.importers.checks import (
    IDENTIFIER,
    NO_NUMBER,
    is_day,
    is_latitude,
    is_longitude,
    is_number,
    one_of,
    slug,
)
from milgraph.importers.records import Pool, Record, Said, code, count, digest_of
from milgraph.importers.releases import Release, claimed, dated, placed
from milgraph.importers.tables import Flaw, Table
from milgraph.iris import ARTICLES
from milgraph.terms import BASE, DCTERMS, MIL, RDF, RDFS, SKOS, Literal, NamedNode, Quad

__all__ = ["TABLE", "Acled", "day_of"]

_COLUMNS = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type",
    "event_type", "sub_event_type", "actor1", "assoc_actor_1", "inter1", "actor2",
    "assoc_actor_2", "inter2", "interaction", "civilian_targeting", "iso", "region",
    "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude",
    "geo_precision", "source", "source_scale", "notes", "fatalities", "tags",
    "timestamp",
)  # fmt: skip
_AT = {name: index for index, name in enumerate(_COLUMNS)}
_ID, _DATE, _YEAR = _AT["event_id_cnty"], _AT["event_date"], _AT["year"]
_TIME_PRECISION, _EVENT = _AT["time_precision"], _AT["event_type"]
_SUB_EVENT, _COUNTRY = _AT["sub_event_type"], _AT["country"]
_REGION, _LOCATION = _AT["admin1"], _AT["location"]
_LATITUDE, _LONGITUDE = _AT["latitude"], _AT["longitude"]
_PLACE_PRECISION, _SOURCE = _AT["geo_precision"], _AT["source"]
_FATALITIES, _TIMESTAMP = _AT["fatalities"], _AT["timestamp"]
_MISSING = frozenset(("", "NA"))
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December",
)  # fmt: skip
_TYPE, _LABEL, _NOTATION = RDF["type"], RDFS.label, SKOS.notation
_CLASSES: Mapping[str, NamedNode] = {
    "Battles": MIL.ArmedClash,
    "Explosions/Remote violence": MIL.UseOfForce,
    "Violence against civilians": MIL.AttackOnCivilians,
    "Protests": MIL.Demonstration,
    "Riots": MIL.Demonstration,
    "Strategic developments": MIL.Activity,
}
_DAY, _WEEK, _MONTH = (code("precision", name) for name in ("day", "week", "month"))
_PLACE_PRECISIONS = {
    "1": code("precision", "near"),
    "2": code("precision", "part-of-area"),
    "3": code("precision", "named-area"),
}
_SIDES = (
    ("1", _AT["actor1"], _AT["assoc_actor_1"], code("role", "principal")),
    ("2", _AT["actor2"], _AT["assoc_actor_2"], code("role", "target")),
)
_STATED = code("basis", "stated")
# It becomes a code, whose name has ASCII letters alone: all else would be one code.
_is_sub_event = re.compile("([A-Za-z][ -~]{0,99})?").fullmatch
# A name of any length has a part of an IRI of this length.
_LONGEST_SLUG = 200


def _clash(fields: list[str]) -> Flaw | None:
    if fields[_YEAR] != _iso(fields[_DATE])[:4]:
        return _YEAR, "not the year of the date"
    return None


@lru_cache(maxsize=65536)
def _iso(written: str) -> str:
    """Return the day as in 2023-03-21, or nothing if it is none.

    >>> _iso("21 March 2023"), _iso("2023-03-21"), _iso("03/21/2023")
    ('2023-03-21', '2023-03-21', '')
    """
    words = written.split(" ")
    if len(words) == len(("21", "March", "2023")) and words[1] in _MONTHS:
        written = f"{words[2]}-{_MONTHS.index(words[1]) + 1:02}-{words[0]:>02}"
    return written if is_day(written) else ""


_NO_DAY = "no day from 1900 to 2099 written"
TABLE = Table(
    "ACLED",
    _COLUMNS,
    _ID,
    (
        (
            _ID,
            re.compile(f"[A-Z]{{3}}{IDENTIFIER}").fullmatch,
            "no country and number without a leading zero",
        ),
        (_DATE, _iso, f"{_NO_DAY} YYYY-MM-DD or 21 March 2023"),
        (_TIME_PRECISION, one_of("123"), "no precision of a time"),
        (_EVENT, one_of(_CLASSES), "none of the six event types"),
        (_SUB_EVENT, _is_sub_event, "no sub-event type in letters without accents"),
        (_PLACE_PRECISION, one_of("123"), "no precision of a place"),
        (_LATITUDE, is_latitude, "no latitude"),
        (_LONGITUDE, is_longitude, "no longitude"),
        (_FATALITIES, is_number, NO_NUMBER),
        (_TIMESTAMP, is_number, NO_NUMBER),
    ),
    _clash,
    is_quoted=True,
    has_header=True,
)


def day_of(fields: list[str]) -> str:
    """Return the day on which the record was last changed."""
    return f"{datetime.fromtimestamp(int(fields[_TIMESTAMP]), UTC):%Y-%m-%d}"


class Acled:
    """What the records of a download become."""

    def __init__(
        self, pool: Pool, release: Release, states: Mapping[str, NamedNode]
    ) -> None:
        self._pool = pool
        self._release = release
        self._states = states

    def iri(self, fields: list[str]) -> NamedNode:
        """Return the name of the record."""
        return NamedNode(f"{ARTICLES}acled-{fields[_ID].lower()}")

    def record(self, fields: list[str]) -> Record:
        """Return the record, with what it shares put into the pool."""
        iri = self.iri(fields)
        claim, event = (NamedNode(f"{iri.value}#{name}") for name in ("claim", "event"))
        digest = digest_of(fields)
        label = Literal(
            f"ACLED {fields[_ID]}: {fields[_SUB_EVENT]}, {fields[_LOCATION]}",
            language="en",
        )
        quads = list(claimed(iri, claim, self._release, fields[_ID], digest, label))
        quads += _said_of_itself(iri, claim, fields)
        start, end, precision = _bounds(_iso(fields[_DATE]), fields[_TIME_PRECISION])
        quads += dated(event, start, end, precision, claim)
        deaths = NamedNode(f"{iri.value}#deaths")
        quads += (
            Quad(node, predicate, value, claim)
            for node, predicate, value in (
                (event, _TYPE, _CLASSES[fields[_EVENT]]),
                (event, _LABEL, label),
                (event, MIL.eventCode, self._code(fields)),
                (event, MIL.hasPlace, self._place(fields)),
                (
                    event,
                    MIL.placePrecision,
                    _PLACE_PRECISIONS[fields[_PLACE_PRECISION]],
                ),
                (event, MIL.deaths, deaths),
                (deaths, MIL.exactly, count(fields[_FATALITIES])),
                (deaths, MIL.basis, _STATED),
            )
        )
        quads += self._participations(event, fields, claim)
        return Record(iri, frozenset(quads), digest)

    def _participations(
        self, event: NamedNode, fields: list[str], claim: NamedNode
    ) -> Iterator[Quad]:
        for number, actor, associated, role in _SIDES:
            names = [fields[actor], *fields[associated].split("; ")]
            for index, name in enumerate(names):
                if name in _MISSING:
                    continue
                local = f"side-{number}" + (f"-with-{index}" if index else "")
                node = NamedNode(f"{event.value.removesuffix('event')}{local}")
                yield Quad(event, MIL.hasParticipation, node, claim)
                yield Quad(node, MIL.participant, self._actor(name), claim)
                if not index:
                    yield Quad(node, MIL.role, role, claim)

    def _actor(self, name: str) -> NamedNode:
        # Two names may have one slug, or begin alike: a digest tells them apart.
        digest = sha256(name.encode()).hexdigest()[:8]
        return self._pool.thing(
            f"actor/acled-{slug(name)[:_LONGEST_SLUG]}-{digest}",
            lambda: (
                (_TYPE, MIL.Actor),
                (_LABEL, Literal(name, language="en")),
                (DCTERMS.source, self._release.iri),
            ),
        )

    def _code(self, fields: list[str]) -> NamedNode:
        broader, narrower = fields[_EVENT], fields[_SUB_EVENT]
        above = self._pool.thing(
            f"code/acled/{slug(broader)}", lambda: _code_said(broader)
        )
        if narrower in _MISSING:
            return above
        return self._pool.thing(
            f"code/acled/{slug(narrower)}", lambda: _code_said(narrower, above)
        )

    def _place(self, fields: list[str]) -> NamedNode:
        latitude, longitude = fields[_LATITUDE], fields[_LONGITUDE]
        named = [fields[index] for index in (_LOCATION, _REGION, _COUNTRY)]
        name = ", ".join(part for part in named if part not in _MISSING)
        local = f"place/acled-{latitude}_{longitude}"
        precision = _PLACE_PRECISIONS[fields[_PLACE_PRECISION]]
        return self._pool.thing(
            local,
            lambda: (
                (_TYPE, MIL.Place),
                (_LABEL, Literal(name, language="en")),
                (DCTERMS.source, self._release.iri),
                placed(self._pool, local, f"POINT ({longitude} {latitude})", precision),
            ),
        )


def _said_of_itself(
    iri: NamedNode, claim: NamedNode, fields: list[str]
) -> Iterator[Quad]:
    sources = [name for name in fields[_SOURCE].split("; ") if name not in _MISSING]
    if sources:
        yield Quad(iri, MIL.sourceCount, count(len(sources)), iri)
        named = code("evidentiality", "named-source")
        yield Quad(claim, MIL.evidentiality, named, iri)


@lru_cache(maxsize=65536)
def _bounds(day: str, precision: str) -> tuple[str, str, NamedNode]:
    """Return the first and the last day on which it may have been.

    A week is any that has the day in it, a vaguer date any day of its month.
    """
    if precision == "1":
        return day, day, _DAY
    given = date.fromisoformat(day)
    if precision == "2":
        most = timedelta(days=6)
        return f"{given - most}", f"{given + most}", _WEEK
    following = (given.replace(day=28) + timedelta(days=4)).replace(day=1)
    return f"{given.replace(day=1)}", f"{following - timedelta(days=1)}", _MONTH


def _code_said(name: str, above: NamedNode | None = None) -> Iterator[Said]:
    yield _TYPE, SKOS.Concept
    yield SKOS.inScheme, NamedNode(f"{BASE}code/acled")
    yield _NOTATION, Literal(slug(name))
    yield SKOS.prefLabel, Literal(name, language="en")
    if above is not None:
        yield SKOS.broader, above
