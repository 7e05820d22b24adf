"""Profiles: what is known of an entity, ours or of another data set, to compare it by."""

from dataclasses import dataclass

__all__ = ["Feature", "Name", "Profile"]


@dataclass(frozen=True, slots=True)
class Name:
    """One name; its kind is label, alias, designator, abbreviation, nickname or code."""

    text: str
    language: str = ""
    kind: str = "label"


@dataclass(frozen=True, slots=True)
class Profile:
    """An entity by what tells it from others.

    The first name is the one to show. Kinds are our classes with their superclasses.
    Countries are ISO 3166-1 alpha-2 codes. Identifiers are pairs of a scheme and a
    value, as in `("hull", "DDG-69")` and `("wikidata", "Q159")`. The geometry is WKT.
    What is borrowed only the records of an external data set speak of.
    """

    id: str
    names: tuple[Name, ...]
    kinds: frozenset[str] = frozenset()
    country: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    geometry: str = ""
    description: str = ""
    is_borrowed: bool = False

    @property
    def label(self) -> str:
        """The name to show, or the identifier where there is none."""
        return self.names[0].text if self.names else self.id


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing in which two profiles were compared: 1 agrees, 0 clashes, 0.5 is unknown."""

    name: str
    value: float
    why: str
