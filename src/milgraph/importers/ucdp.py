"""UCDP GED: events with deaths, 49 columns of CSV under a header."""

import re
from collections.abc import Iterator, Mapping

from milgraph.importers.checks import (
    NO_IDENTIFIER,
    NO_NUMBER,
    is_day,
    is_identifier,
    is_latitude,
    is_longitude,
    is_number,
    one_of,
)
from milgraph.importers.records import Pool, Record, Said, code, count, digest_of
from milgraph.importers.releases import Release, claimed, dated, placed
from milgraph.importers.tables import Flaw, Table
from milgraph.iris import ARTICLES
from milgraph.terms import DCTERMS, MIL, RDF, RDFS, SKOS, Literal, NamedNode, Quad

__all__ = ["TABLE", "Ucdp"]

_COLUMNS = (
    "id", "relid", "year", "active_year", "code_status", "type_of_violence",
    "conflict_dset_id", "conflict_new_id", "conflict_name", "dyad_dset_id",
    "dyad_new_id", "dyad_name", "side_a_dset_id", "side_a_new_id", "side_a",
    "side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources", "source_article",
    "source_office", "source_date", "source_headline", "source_original", "where_prec",
    "where_coordinates", "where_description", "adm_1", "adm_2", "latitude", "longitude",
    "geom_wkt", "priogrid_gid", "country", "country_id", "region", "event_clarity",
    "date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians",
    "deaths_unknown", "best", "high", "low", "gwnoa", "gwnob",
)  # fmt: skip
_AT = {name: index for index, name in enumerate(_COLUMNS)}
_ID, _YEAR, _KIND = _AT["id"], _AT["year"], _AT["type_of_violence"]
_CONFLICT, _CONFLICT_NAME = _AT["conflict_new_id"], _AT["conflict_name"]
_DYAD, _DYAD_NAME = _AT["dyad_new_id"], _AT["dyad_name"]
_SOURCES = _AT["number_of_sources"]
_WHERE_PRECISION, _WHERE = _AT["where_prec"], _AT["where_coordinates"]
_LATITUDE, _LONGITUDE, _COUNTRY = _AT["latitude"], _AT["longitude"], _AT["country"]
_CLARITY, _DATE_PRECISION = _AT["event_clarity"], _AT["date_prec"]
_START, _END = _AT["date_start"], _AT["date_end"]
_CIVILIANS, _UNKNOWN = _AT["deaths_civilians"], _AT["deaths_unknown"]
_LOW, _BEST, _HIGH = _AT["low"], _AT["best"], _AT["high"]
_SIDES = {
    side: (
        _AT[f"side_{side}_new_id"],
        _AT[f"side_{side}"],
        _AT[f"deaths_{side}"],
        _AT[f"gwno{side}"],
    )
    for side in ("a", "b")
}
_IDENTIFIERS = (
    "id", "conflict_new_id", "dyad_new_id", "side_a_new_id", "side_b_new_id",
)  # fmt: skip
_NUMBERS = (
    "year", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low",
)  # fmt: skip
_MISSING = frozenset(("", "NA", "-1"))
_ONE_SIDED = "3"
# The number that stands for civilians as a side.
_AS_CIVILIANS = "9999"
_TYPE, _LABEL, _NOTATION = RDF["type"], RDFS.label, SKOS.notation
_CLASSES = {"1": MIL.ArmedClash, "2": MIL.ArmedClash, "3": MIL.AttackOnCivilians}
_TIME_PRECISIONS = {
    number: code("precision", name)
    for number, name in zip(
        "12345", ("day", "days", "week", "month", "year"), strict=True
    )
}
_PLACE_PRECISIONS = {
    "1": code("precision", "exact"),
    "2": code("precision", "near"),
    **dict.fromkeys("346", code("precision", "named-area")),
    **dict.fromkeys("57", code("precision", "vague")),
}
_CLARITIES = {"1": code("clarity", "clear"), "2": code("clarity", "aggregate")}
_STATED = code("basis", "stated")
_OPPONENT = code("role", "opponent")
_ATTACK_ROLES = {"a": code("role", "principal"), "b": code("role", "target")}
_NEAR = code("precision", "near")
_NO_DAY = "no day from 1900 to 2099 written YYYY-MM-DD, at midnight"
# A day may have a time, which is always midnight.
_dated = re.compile(r"([0-9-]{10})( 00:00(:00(\.0{1,9})?)?)?").fullmatch


def _clash(fields: list[str]) -> Flaw | None:
    start, end = _day(fields[_START]), _day(fields[_END])
    if end < start:
        return _END, "before the start"
    if not start[:4] <= fields[_YEAR] <= end[:4]:
        return _YEAR, "not a year of the dates"
    return None


def _day(written: str) -> str:
    """Return the day of a date, or nothing where there is another time than midnight."""
    found = _dated(written)
    return found[1] if found else ""


TABLE = Table(
    "UCDP GED",
    _COLUMNS,
    _ID,
    (
        *((_AT[name], is_identifier, NO_IDENTIFIER) for name in _IDENTIFIERS),
        *((_AT[name], is_number, NO_NUMBER) for name in _NUMBERS),
        (_KIND, one_of("123"), "no type of violence"),
        (_WHERE_PRECISION, one_of("1234567"), "no precision of a place"),
        (_CLARITY, one_of("12"), "no clarity"),
        (_DATE_PRECISION, one_of("12345"), "no precision of a date"),
        (_LATITUDE, is_latitude, "no latitude"),
        (_LONGITUDE, is_longitude, "no longitude"),
        (_START, lambda v: is_day(_day(v)), _NO_DAY),
        (_END, lambda v: is_day(_day(v)), _NO_DAY),
        (_SOURCES, lambda v: v in _MISSING or is_number(v), NO_NUMBER),
    ),
    _clash,
    is_quoted=True,
    has_header=True,
)


class Ucdp:
    """What the records of a release become."""

    def __init__(
        self, pool: Pool, release: Release, states: Mapping[str, NamedNode]
    ) -> None:
        self._pool = pool
        self._release = release
        self._states = states

    def iri(self, fields: list[str]) -> NamedNode:
        """Return the name of the record."""
        return NamedNode(f"{ARTICLES}ucdp-ged-{fields[_ID]}")

    def record(self, fields: list[str]) -> Record:
        """Return the record, with what it shares put into the pool."""
        iri = self.iri(fields)
        claim = NamedNode(f"{iri.value}#claim")
        event = NamedNode(f"{iri.value}#event")
        digest = digest_of(fields)
        label = Literal(
            f"UCDP {fields[_ID]}: {fields[_DYAD_NAME]}, {fields[_WHERE]}", language="en"
        )
        quads = list(claimed(iri, claim, self._release, fields[_ID], digest, label))
        quads += _said_of_itself(iri, claim, fields)
        precision = _TIME_PRECISIONS[fields[_DATE_PRECISION]]
        start, end = _day(fields[_START]), _day(fields[_END])
        quads += dated(event, start, end, precision, claim)
        quads += (
            Quad(event, predicate, value, claim)
            for predicate, value in (
                (_TYPE, _CLASSES[fields[_KIND]]),
                (_LABEL, label),
                (MIL.eventCode, code("ucdp", fields[_KIND])),
                (MIL.hasPlace, self._place(fields)),
                (MIL.placePrecision, _PLACE_PRECISIONS[fields[_WHERE_PRECISION]]),
                (MIL.inDyad, self._dyad(fields)),
            )
        )
        for side in _SIDES:
            quads += self._participation(event, side, fields, claim)
        quads += _deaths(event, fields, claim)
        return Record(iri, frozenset(quads), digest)

    def _participation(
        self, event: NamedNode, side: str, fields: list[str], claim: NamedNode
    ) -> Iterator[Quad]:
        node = NamedNode(f"{event.value.removesuffix('event')}side-{side}")
        role = _ATTACK_ROLES[side] if fields[_KIND] == _ONE_SIDED else _OPPONENT
        yield Quad(event, MIL.hasParticipation, node, claim)
        yield Quad(node, MIL.participant, self._actor(side, fields), claim)
        yield Quad(node, MIL.role, role, claim)
        yield from _killed(node, MIL.deaths, fields[_SIDES[side][2]], fields, claim)

    def _actor(self, side: str, fields: list[str]) -> NamedNode:
        number, name, _, state = (fields[index] for index in _SIDES[side])
        if state in self._states:
            return self._states[state]
        return self._pool.thing(
            f"actor/ucdp-{number}", lambda: self._actor_said(number, name)
        )

    def _actor_said(self, number: str, name: str) -> Iterator[Said]:
        yield _TYPE, MIL.Collective if number == _AS_CIVILIANS else MIL.Actor
        yield _LABEL, Literal(name, language="en")
        yield _NOTATION, Literal(number)
        yield DCTERMS.source, self._release.iri

    def _dyad(self, fields: list[str]) -> NamedNode:
        number, name = fields[_DYAD], fields[_DYAD_NAME]
        return self._pool.thing(
            f"dataset/ucdp-dyad-{number}",
            lambda: (
                (_TYPE, MIL.Dyad),
                (_LABEL, Literal(name, language="en")),
                (_NOTATION, Literal(number)),
                (MIL.inConflict, self._conflict(fields)),
                (MIL.sideA, self._actor("a", fields)),
                (MIL.sideB, self._actor("b", fields)),
                (DCTERMS.source, self._release.iri),
            ),
        )

    def _conflict(self, fields: list[str]) -> NamedNode:
        number, name = fields[_CONFLICT], fields[_CONFLICT_NAME]
        return self._pool.thing(
            f"dataset/ucdp-conflict-{number}",
            lambda: (
                (_TYPE, MIL.Conflict),
                (_LABEL, Literal(name, language="en")),
                (_NOTATION, Literal(number)),
                (DCTERMS.source, self._release.iri),
            ),
        )

    def _place(self, fields: list[str]) -> NamedNode:
        latitude, longitude = fields[_LATITUDE], fields[_LONGITUDE]
        local = f"place/ucdp-{latitude}_{longitude}"
        name = f"{fields[_WHERE]}, {fields[_COUNTRY]}"
        return self._pool.thing(
            local,
            lambda: (
                (_TYPE, MIL.Place),
                (_LABEL, Literal(name, language="en")),
                (DCTERMS.source, self._release.iri),
                placed(self._pool, local, f"POINT ({longitude} {latitude})", _NEAR),
            ),
        )


def _said_of_itself(
    iri: NamedNode, claim: NamedNode, fields: list[str]
) -> Iterator[Quad]:
    yield Quad(iri, MIL.eventClarity, _CLARITIES[fields[_CLARITY]], iri)
    if fields[_SOURCES] not in _MISSING:
        yield Quad(iri, MIL.sourceCount, count(fields[_SOURCES]), iri)
        named = code("evidentiality", "named-source")
        yield Quad(claim, MIL.evidentiality, named, iri)


def _deaths(event: NamedNode, fields: list[str], claim: NamedNode) -> Iterator[Quad]:
    """Return the deaths in all, and those of no side."""
    node = NamedNode(f"{event.value.removesuffix('event')}deaths")
    estimates = [int(fields[index]) for index in (_LOW, _BEST, _HIGH)]
    yield Quad(event, MIL.deaths, node, claim)
    yield Quad(node, MIL.basis, _STATED, claim)
    # In a few records the best estimate is outside the other two, or the low one above
    # the high: the bounds are as wide as all three, and the three as they are stated.
    yield Quad(node, MIL.atLeast, count(min(estimates)), claim)
    yield Quad(node, MIL.atMost, count(max(estimates)), claim)
    for predicate, number in zip(
        (MIL.lowEstimate, MIL.bestEstimate, MIL.highEstimate), estimates, strict=True
    ):
        yield Quad(node, predicate, count(number), claim)
    for predicate, index in (
        (MIL.civilianDeaths, _CIVILIANS),
        (MIL.unattributedDeaths, _UNKNOWN),
    ):
        yield from _killed(event, predicate, fields[index], fields, claim)


def _killed(
    of: NamedNode,
    predicate: NamedNode,
    number: str,
    fields: list[str],
    claim: NamedNode,
) -> Iterator[Quad]:
    """Return a part of the best estimate, which is not said to be exact."""
    if not int(number):
        return
    kind = predicate.value.rpartition("#")[2]
    local = (
        kind if of.value.endswith("#event") else f"{of.value.rpartition('#')[2]}-deaths"
    )
    node = NamedNode(f"{claim.value.removesuffix('claim')}{local}")
    most = max(int(fields[index]) for index in (_LOW, _BEST, _HIGH))
    yield Quad(of, predicate, node, claim)
    yield Quad(node, MIL.bestEstimate, count(number), claim)
    yield Quad(node, MIL.atMost, count(most), claim)
    yield Quad(node, MIL.basis, _STATED, claim)
