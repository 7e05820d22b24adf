"""GDELT: the export of events of GDELT 2.0, 61 columns apart by tabs, without a header."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from milgraph.importers.checks import (
    NO_IDENTIFIER,
    NO_NUMBER,
    is_day,
    is_identifier,
    is_latitude_or_none,
    is_longitude_or_none,
    is_number,
    one_of,
    slug,
)
from milgraph.importers.records import Pool, Record, Said, code, count, digest_of
from milgraph.importers.releases import Release, address, claimed, dated, placed
from milgraph.importers.tables import Flaw, Table
from milgraph.iris import ARTICLES
from milgraph.terms import (
    BASE,
    DCTERMS,
    MIL,
    RDF,
    RDFS,
    SKOS,
    Literal,
    NamedNode,
    Quad,
)

__all__ = ["TABLE", "Gdelt"]

_ACTOR = (
    "Code", "Name", "CountryCode", "KnownGroupCode", "EthnicCode", "Religion1Code",
    "Religion2Code", "Type1Code", "Type2Code", "Type3Code",
)  # fmt: skip
_GEO = (
    "Type", "FullName", "CountryCode", "ADM1Code", "ADM2Code", "Lat", "Long",
    "FeatureID",
)  # fmt: skip
_COLUMNS = (
    "GlobalEventID", "Day", "MonthYear", "Year", "FractionDate",
    *(f"Actor{n}{name}" for n in (1, 2) for name in _ACTOR),
    "IsRootEvent", "EventCode", "EventBaseCode", "EventRootCode", "QuadClass",
    "GoldsteinScale", "NumMentions", "NumSources", "NumArticles", "AvgTone",
    *(f"{of}Geo_{name}" for of in ("Actor1", "Actor2", "Action") for name in _GEO),
    "DATEADDED", "SOURCEURL",
)  # fmt: skip
_AT = {name: index for index, name in enumerate(_COLUMNS)}
_ID, _DAY, _MONTH, _YEAR = 0, 1, 2, 3
_ACTOR_1, _ACTOR_2 = _AT["Actor1Code"], _AT["Actor2Code"]
_NAME, _COUNTRY, _KIND = 1, 2, 7
_CODE, _BASE, _ROOT = _AT["EventCode"], _AT["EventBaseCode"], _AT["EventRootCode"]
_QUAD = _AT["QuadClass"]
_MENTIONS, _SOURCES, _ARTICLES = (
    _AT["NumMentions"],
    _AT["NumSources"],
    _AT["NumArticles"],
)
_PLACE = _AT["ActionGeo_Type"]
_PLACE_NAME, _LATITUDE, _LONGITUDE, _FEATURE = 1, 5, 6, 7
_ADDED, _URL = _AT["DATEADDED"], _AT["SOURCEURL"]
_OF_COUNTRY, _OF_STATE = "1", ("2", "5")
_TYPE, _LABEL, _NOTATION = RDF["type"], RDFS.label, SKOS.notation
# CAMEO's roots, as broad as they are; what they leave open stays an activity.
_CLASSES: Mapping[str, NamedNode] = {
    **dict.fromkeys(("01", "02", "03", "10", "11", "12", "13"), MIL.CommunicativeAct),
    **dict.fromkeys(("04", "05", "06", "07", "08", "09", "16", "17"), MIL.Activity),
    "14": MIL.Demonstration,
    "15": MIL.ShowOfForce,
    **dict.fromkeys(("18", "19", "20"), MIL.UseOfForce),
}
# Of these CAMEO says that they act for the state whose code they bear.
_OF_A_STATE = frozenset(("COP", "GOV", "JUD", "LEG", "MIL", "SPY"))
_PRINCIPAL, _TARGET = code("role", "principal"), code("role", "target")
_NAMED_AREA, _NEAR = code("precision", "named-area"), code("precision", "near")
_DAY_EXACT = code("precision", "day")
# Both become parts of IRIs: codes of three letters in a row, and numbers of gazetteers
# or, of what is as wide as a state or its parts, their codes.
_is_actor = re.compile("[0-9A-Za-z]{0,30}").fullmatch
_is_feature = re.compile("(-?[0-9A-Za-z]{1,20})?").fullmatch
_is_like_time = re.compile("[0-9]{8}([01][0-9]|2[0-3])([0-5][0-9]){2}").fullmatch


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


@lru_cache(maxsize=4096)
def _is_day(day: str) -> bool:
    return is_day(_dashed(day))


@lru_cache(maxsize=4096)
def _is_time(written: str) -> bool:
    return _is_like_time(written) is not None and _is_day(written[:8])


def _clash(fields: list[str]) -> Flaw | None:
    if fields[_MONTH] != fields[_DAY][:6]:
        return _MONTH, "not the month of the day"
    if fields[_YEAR] != fields[_DAY][:4]:
        return _YEAR, "not the year of the day"
    if not fields[_CODE].startswith(fields[_ROOT]):
        return _CODE, "no code under the root of the record"
    latitude, longitude = fields[_PLACE + _LATITUDE], fields[_PLACE + _LONGITUDE]
    if bool(latitude) != bool(longitude):
        return _PLACE + _LONGITUDE, "one of two coordinates that stand together"
    return None


TABLE = Table(
    "GDELT 2.0",
    _COLUMNS,
    _ID,
    (
        (_ID, is_identifier, NO_IDENTIFIER),
        (_DAY, _is_day, "no day from 1900 to 2099 written YYYYMMDD"),
        (_ACTOR_1, _is_actor, "no code of CAMEO"),
        (_ACTOR_2, _is_actor, "no code of CAMEO"),
        (_ROOT, one_of(_CLASSES), "no root of CAMEO with its leading zero"),
        (_CODE, re.compile("[0-9]{2,4}").fullmatch, "no code of CAMEO"),
        (_QUAD, one_of("1234"), "none of the four classes"),
        (_MENTIONS, is_number, NO_NUMBER),
        (_SOURCES, is_number, NO_NUMBER),
        (_ARTICLES, is_number, NO_NUMBER),
        (_PLACE, one_of("012345"), "no kind of place"),
        (_PLACE + _LATITUDE, is_latitude_or_none, "no latitude"),
        (_PLACE + _LONGITUDE, is_longitude_or_none, "no longitude"),
        (_PLACE + _FEATURE, _is_feature, "no number or code of a feature"),
        (_ADDED, _is_time, "no time from 1900 to 2099 written YYYYMMDDHHMMSS"),
    ),
    _clash,
    is_quoted=False,
    has_header=False,
    widths={
        58: "the record has 58 columns: this is GDELT 1.0, or 2.0 without its three "
        "columns of second-level divisions, and neither is read",
        1: "the record is not apart by tabs, as GDELT exports are, whatever their name",
    },
)


class Gdelt:
    """What the records of an export become."""

    def __init__(
        self, pool: Pool, release: Release, states: Mapping[str, NamedNode]
    ) -> None:
        self._pool = pool
        self._release = release
        self._states = states
        self._meanings: dict[str, str] = {}

    def iri(self, fields: list[str]) -> NamedNode:
        """Return the name of the record."""
        return NamedNode(f"{ARTICLES}gdelt-{fields[_ID]}")

    def record(self, fields: list[str]) -> Record:
        """Return the record, with what it shares put into the pool."""
        iri = self.iri(fields)
        name = iri.value
        digest = digest_of(fields)
        claim = NamedNode(f"{name}#claim")
        event = NamedNode(f"{name}#event")
        label = self._label(fields)
        quads = list(claimed(iri, claim, self._release, fields[_ID], digest, label))
        quads += self._record(iri, fields)
        add = quads.append
        add(Quad(event, _TYPE, _CLASSES[fields[_ROOT]], claim))
        add(Quad(event, _LABEL, label, claim))
        add(Quad(event, MIL.eventCode, self._code(fields), claim))
        if place := self._place(fields):
            add(Quad(event, MIL.hasPlace, place, claim))
            add(Quad(event, MIL.placePrecision, _NAMED_AREA, claim))
        day = _dashed(fields[_DAY])
        quads += dated(event, day, day, _DAY_EXACT, claim)
        for local, start, role in (
            ("source", _ACTOR_1, _PRINCIPAL),
            ("target", _ACTOR_2, _TARGET),
        ):
            if actor := self._actor(fields, start):
                node = NamedNode(f"{name}#{local}")
                add(Quad(event, MIL.hasParticipation, node, claim))
                add(Quad(node, MIL.participant, actor, claim))
                add(Quad(node, MIL.role, role, claim))
                if fields[start + _NAME]:
                    called = Literal(fields[start + _NAME])
                    add(Quad(node, _LABEL, called, claim))
        return Record(iri, frozenset(quads), digest)

    def _record(self, iri: NamedNode, fields: list[str]) -> Iterator[Quad]:
        """Return what the data set says of the record itself."""
        yield Quad(iri, MIL.mentionCount, count(fields[_MENTIONS]), iri)
        yield Quad(iri, MIL.sourceCount, count(fields[_SOURCES]), iri)
        yield Quad(iri, MIL.articleCount, count(fields[_ARTICLES]), iri)
        if found := address(fields[_URL]):
            yield Quad(iri, DCTERMS.source, found, iri)
            yield Quad(
                NamedNode(f"{iri.value}#claim"),
                MIL.evidentiality,
                code("evidentiality", "named-source"),
                iri,
            )

    def _label(self, fields: list[str]) -> Literal:
        first, second = (
            fields[start + _NAME] or fields[start] for start in (_ACTOR_1, _ACTOR_2)
        )
        towards = f" towards {second}" if second else ""
        who = f", {first}" if first else ""
        meaning = self._meaning(fields[_CODE])
        told = f"GDELT {fields[_ID]}: {meaning}CAMEO {fields[_CODE]}{who}{towards}"
        return Literal(told, language="en")

    def _meaning(self, notation: str) -> str:
        """Return what the ontology calls the code, if it knows it."""
        if notation not in self._meanings:
            node = code("cameo", notation)
            labels = self._pool.dataset.match(node, SKOS.prefLabel)
            found = (q.object.value for q in labels if isinstance(q.object, Literal))
            called = next(found, "")
            self._meanings[notation] = f"{called}, " if called else ""
        return self._meanings[notation]

    def _code(self, fields: list[str]) -> NamedNode:
        notation = fields[_CODE]
        return self._pool.thing(
            f"code/cameo/{notation}", lambda: _code_said(notation, fields[_ROOT])
        )

    def _actor(self, fields: list[str], start: int) -> NamedNode | None:
        acronym = fields[start]
        if not acronym:
            return None
        country, kind = fields[start + _COUNTRY], fields[start + _KIND]
        if acronym == country and country in self._states:
            return self._states[country]
        return self._pool.thing(
            f"actor/gdelt-{acronym.lower()}",
            lambda: self._actor_said(acronym, country, kind),
        )

    def _actor_said(self, acronym: str, country: str, kind: str) -> Iterator[Said]:
        yield _TYPE, MIL.Actor
        yield _LABEL, Literal(f"{acronym} (GDELT)", language="en")
        yield _NOTATION, Literal(acronym)
        yield DCTERMS.source, self._release.iri
        if kind in _OF_A_STATE and country in self._states:
            yield MIL.ofState, self._states[country]

    def _place(self, fields: list[str]) -> NamedNode | None:
        kind, feature = fields[_PLACE], fields[_PLACE + _FEATURE]
        latitude, longitude = fields[_PLACE + _LATITUDE], fields[_PLACE + _LONGITUDE]
        if kind == "0" or not latitude:
            return None
        local = f"place/gdelt-{kind}-{_local(feature) or f'{latitude}_{longitude}'}"
        return self._pool.thing(local, lambda: self._place_said(local, fields))

    def _place_said(self, local: str, fields: list[str]) -> Iterator[Said]:
        kind, feature = fields[_PLACE], fields[_PLACE + _FEATURE]
        is_wide = kind == _OF_COUNTRY or kind in _OF_STATE
        yield _TYPE, MIL.Place
        yield _LABEL, Literal(fields[_PLACE + _PLACE_NAME], language="en")
        if feature:
            yield _NOTATION, Literal(feature)
        yield DCTERMS.source, self._release.iri
        point = f"POINT ({fields[_PLACE + _LONGITUDE]} {fields[_PLACE + _LATITUDE]})"
        yield placed(self._pool, local, point, _NAMED_AREA if is_wide else _NEAR)


def _local(feature: str) -> str:
    """Return the number of the feature, whose sign tells it from another."""
    return f"-{slug(feature)}" if feature.startswith("-") else slug(feature)


def _code_said(notation: str, root: str) -> Iterator[Said]:
    yield _TYPE, SKOS.Concept
    yield SKOS.inScheme, NamedNode(f"{BASE}code/cameo")
    yield _NOTATION, Literal(notation)
    yield SKOS.broader, code("cameo", root)
