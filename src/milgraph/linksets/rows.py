"""Rows: one mapping of a table, and what each must have before it counts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from milgraph.errors import LinksetError, ParameterError
from milgraph.linksets.slots import MANY, OF_A_MAPPING, REFERENCES, URIS
from milgraph.terms import SKOS, NamedNode, compact, expand

__all__ = ["LINKING", "NOT", "NO_TERM_FOUND", "Row", "iri_of"]

NOT = "Not"
NO_TERM_FOUND = NamedNode("https://w3id.org/sssom/NoTermFound")
# What is less certain than a match of concepts is no link.
LINKING = frozenset((SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch))
_REQUIRED = (
    "subject_id",
    "predicate_id",
    "object_id",
    "mapping_justification",
    "confidence",
    "author_id",
    "mapping_date",
    "comment",
)
_CONFIDENCE = re.compile(r"0(\.\d+)?|1(\.0+)?")
# What a table need not declare (SSSOM 1.0, CURIEs).
_BUILT_IN = frozenset(("owl", "rdf", "rdfs", "skos", "sssom"))
_SEPARATOR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Row:
    """What a mapping says, slot by slot; a slot of one value has a tuple of one."""

    values: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        for slot, values in self.values.items():
            if slot not in OF_A_MAPPING:
                raise LinksetError(f"{slot} is not a slot of a mapping")
            if not values or not all(values):
                raise LinksetError(f"{slot} has an empty value")
            if slot not in MANY and len(values) > 1:
                raise LinksetError(f"{slot} has more than one value")
            if slot in MANY and any(value.endswith("\\") for value in values):
                raise LinksetError(
                    f"{slot} ends in a backslash, which a cell cannot tell from an escape"
                )

    @classmethod
    def of(cls, **said: str | Iterable[str]) -> Self:
        """Return the row of the slots; those with nothing in them are left out.

        >>> Row.of(subject_id="actor:japan", comment="").values
        {'subject_id': ('actor:japan',)}
        """
        found = {
            slot: (value,) if isinstance(value, str) else tuple(value)
            for slot, value in said.items()
        }
        return cls({slot: v for slot, v in found.items() if v and v != ("",)})

    @classmethod
    def of_cells(cls, cells: Mapping[str, str]) -> Self:
        """Return the row of the cells of a table.

        Raises:
            LinksetError: a list has an empty part.
        """
        return cls({slot: _split(slot, cell) for slot, cell in cells.items() if cell})

    def cell(self, slot: str) -> str:
        """Return the slot as a cell of a table holds it; empty where nothing is said."""
        values = self.values.get(slot, ())
        if slot in MANY:
            return "|".join(value.replace("|", r"\|") for value in values)
        return values[0] if values else ""

    def __getitem__(self, slot: str) -> str:
        return self.cell(slot)

    @property
    def is_rejection(self) -> bool:
        """Whether the row says that the two do not match."""
        return self["predicate_modifier"] == NOT

    def pair(self, curies: Mapping[str, str]) -> tuple[NamedNode, NamedNode]:
        """Return what the row judges: the subject and the object."""
        return iri_of(self["subject_id"], curies), iri_of(self["object_id"], curies)

    def links(self, curies: Mapping[str, str]) -> bool:
        """Return whether the row stands for a link."""
        return (
            not self.is_rejection and iri_of(self["object_id"], curies) != NO_TERM_FOUND
        )

    def require_evidence(self, curies: Mapping[str, str]) -> None:
        """Refuse the row unless all is there that makes a judgement one.

        Raises:
            LinksetError: it lacks a predicate, justification, confidence, author, date
                or evidence, uses a prefix that is not declared, or links by another
                predicate than those of SKOS.
        """
        self._require_whole()
        for slot, values in self.values.items():
            for value in values:
                if slot in REFERENCES:
                    iri_of(value, curies)
                elif slot in URIS and not re.match(r"https?://\S+$", value):
                    raise LinksetError(f"{slot} {value!r} is not an address of the web")
        if iri_of(self["predicate_id"], curies) not in LINKING:
            raise LinksetError(
                f"{self['predicate_id']} does not link",
                hint=f"A link is {', '.join(map(compact, sorted(LINKING, key=str)))}.",
            )

    def _require_whole(self) -> None:
        missing = [slot for slot in _REQUIRED if not self[slot].strip()]
        if missing:
            raise LinksetError(
                f"the row has no {', '.join(missing)}", hint="Give its evidence."
            )
        if not _CONFIDENCE.fullmatch(self["confidence"]):
            raise LinksetError(
                f"confidence {self['confidence']!r} is not a number between 0 and 1",
                hint="Write it as in 0.95.",
            )
        if not _is_day(self["mapping_date"]):
            raise LinksetError(
                f"mapping_date {self['mapping_date']!r} is not a day",
                hint="Write it as in 2026-11-22.",
            )
        if self["predicate_modifier"] not in ("", NOT):
            raise LinksetError(
                f"predicate_modifier {self['predicate_modifier']!r} is not {NOT}",
                hint=f"Leave it empty, or write {NOT} for what does not match.",
            )


def iri_of(name: str, curies: Mapping[str, str]) -> NamedNode:
    """Return the IRI of the CURIE, by the table's own prefixes first.

    Raises:
        LinksetError: the prefix is not declared, or it is no IRI.
    """
    prefix, colon, local = name.partition(":")
    try:
        if colon and prefix in curies:
            return NamedNode(curies[prefix] + local)
        if colon and prefix in _BUILT_IN:
            return expand(name)
    except (ValueError, ParameterError) as error:
        raise LinksetError(f"{name!r} is not an IRI: {error}") from error
    raise LinksetError(
        f"{name!r} is no name with a prefix that the table declares",
        hint="Add the prefix to the curie_map at the top of the table.",
    )


def _split(slot: str, cell: str) -> tuple[str, ...]:
    if slot not in MANY:
        return (cell,)
    return tuple(part.replace(r"\|", "|") for part in _SEPARATOR.split(cell))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
