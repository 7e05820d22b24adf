"""The collection: what one committed state offers for reconciliation, and its index."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from milgraph.errors import ParameterError
from milgraph.matching import Matcher, Profile, profiles
from milgraph.names import misspelt
from milgraph.reconciliation.kinds import Kind, kinds_of, label_of
from milgraph.reconciliation.prefixes import PrefixIndex
from milgraph.reconciliation.properties import BETWEEN_PAUSES, Property, properties_of
from milgraph.reconciliation.values import Value, full_iri, local_id
from milgraph.store.interface import Readable
from milgraph.terms import MIL, OWL, RDF, RDFS, NamedNode, compact

__all__ = ["Collection"]

_TYPE = RDF["type"]
_WIKIDATA = re.compile(r"Q[1-9][0-9]*")


@dataclass(frozen=True)
class Collection:
    """Entities with the types and the properties that they have; made once for a state.

    `classes` and `defined` are all that the ontology defines, had by an entity or not.
    """

    profiles: Mapping[str, Profile]
    kinds: Mapping[str, Kind]
    properties: Mapping[str, Property]
    matcher: Matcher
    names: PrefixIndex
    classes: Mapping[str, str]
    defined: Mapping[str, str]
    linked: Mapping[str, str]

    @classmethod
    def of(cls, dataset: Readable, *, pause: Callable[[], None] = lambda: None) -> Self:
        """Return what the state offers; from time to time there is a pause."""
        known: dict[str, Profile] = {}
        for number, profile in enumerate(profiles(dataset)):
            known[profile.id] = profile
            if number % BETWEEN_PAUSES == 0:
                pause()
        view = dataset.triples
        classes = view.subjects(_TYPE, OWL.Class)
        defined = (
            subject
            for kind in (OWL.ObjectProperty, OWL.DatatypeProperty)
            for subject in view.subjects(_TYPE, kind)
        )

        def labelled(nodes: Iterable[object]) -> dict[str, str]:
            return {
                compact(node): label_of(view, node, RDFS.label)
                for node in nodes
                if isinstance(node, NamedNode) and node in MIL
            }

        properties = properties_of(dataset, known, pause=pause)
        return cls(
            profiles=known,
            kinds=kinds_of(view, known.values()),
            properties=properties,
            matcher=Matcher(known.values()),
            names=PrefixIndex(known.values()),
            classes=labelled(classes),
            defined=labelled(defined),
            linked=_linked(properties.values()),
        )

    def entity(self, identifier: str) -> Profile | None:
        """Return the entity of that identifier, short name or IRI, if there is one."""
        return self.profiles.get(full_iri(identifier))

    def kind(self, identifier: str) -> Kind | None:
        """Return the class of that identifier; none where no entity is of it.

        Raises:
            ParameterError: the ontology defines no such class.
        """
        iri = full_iri(identifier)
        if iri in self.kinds:
            return self.kinds[iri]
        name = compact(NamedNode(iri)) if _is_iri(iri) else identifier
        if name in self.classes:
            return None
        raise _unknown("type", identifier, self.classes)

    def property(self, identifier: str) -> Property | None:
        """Return the property of that identifier; none where no entity has it.

        Raises:
            ParameterError: there is no such property.
        """
        found = self.properties.get(identifier)
        if found is None and identifier.startswith(("http:", "https:")):
            found = self.properties.get(_compacted(identifier))
        if found is not None or identifier in self.defined:
            return found
        if identifier.startswith(("naming:", "links:")):
            # A scheme or a data set of which nothing is known at the moment.
            return None
        raise _unknown("property", identifier, {**self.defined, **self._named()})

    def _named(self) -> Mapping[str, str]:
        return {found.id: found.name for found in self.properties.values()}

    def types_of(self, profile: Profile) -> list[Kind]:
        """Return the classes of the entity, the most special first."""
        found = [self.kinds[iri] for iri in profile.kinds if iri in self.kinds]
        return sorted(found, key=lambda kind: (-kind.depth, kind.members, kind.id))

    def names_of(self, entity: str) -> tuple[str, ...]:
        """Return how the entity of that IRI is called."""
        profile = self.profiles.get(entity)
        return tuple(name.text for name in profile.names) if profile else ()

    def roots(self) -> list[Kind]:
        """Return the classes that no other is above: what anything is, at the least."""
        return [kind for kind in self.kinds.values() if not kind.broader]

    def description(self, profile: Profile) -> str:
        """Return in a few words what the entity is, and whose."""
        own = local_id(profile.id)
        kinds = [v.text for v in self._values("rdf:type", profile)]
        related = [
            f"{self.properties[name].name} {value.name}"
            for name in ("mil:variantOf", "mil:platformType", "mil:ofState")
            if name in self.properties
            for value in self._values(name, profile)
            if local_id(value.text) != own
        ]
        return "; ".join([", ".join(kinds), *related[:2]]).strip("; ")

    def _values(self, name: str, profile: Profile) -> Sequence[Value]:
        found = self.properties.get(name)
        return () if found is None else found.of(profile.id)


def _linked(properties: Iterable[Property]) -> Mapping[str, str]:
    """Return the one entity that a name in another data set stands for, if it is one.

    An IRI is taken for such a name, and what Wikidata calls it.
    """
    found: dict[str, set[str]] = {}
    for one in properties:
        if not one.id.startswith("links:"):
            continue
        for entity, values in one.values.items():
            for value in values:
                if value.level == "exact":
                    found.setdefault(value.iri, set()).add(entity)
                    if _WIKIDATA.fullmatch(value.text):
                        found.setdefault(value.text, set()).add(entity)
    return {name: min(those) for name, those in found.items() if len(those) == 1}


def _is_iri(text: str) -> bool:
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def _compacted(iri: str) -> str:
    return compact(NamedNode(iri)) if _is_iri(iri) else iri


def _unknown(noun: str, given: str, known: Mapping[str, str]) -> ParameterError:
    near = misspelt(given, known)
    hint = f"Did you mean {' or '.join(near)}?" if near else None
    listed = f"/reconcile/suggest/{noun}?prefix= lists those that can be used."
    return ParameterError(f"there is no {noun} {given[:100]!r}", hint=hint or listed)
