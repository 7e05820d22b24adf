"""Targets: the data sets that we link to, how their copies are read, and what is theirs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from milgraph import graphs
from milgraph.errors import ParameterError
from milgraph.linking.readers import (
    read_features,
    read_geonames,
    read_statements,
    read_wikidata,
    require_form,
)
from milgraph.linksets import MappingSet, read_table
from milgraph.matching import Profile
from milgraph.syntax import FORMATS
from milgraph.terms import BASE, MIL, prefixes

__all__ = ["TARGETS", "Target", "target_of"]

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "author_id",
    "object_source_version",
    "mapping_cardinality",
    "mapping_tool",
    "mapping_tool_version",
    "mapping_date",
    "confidence",
    "similarity_score",
    "see_also",
    "comment",
)
_RDF_ENDINGS = tuple(
    f".{ending}"
    for form in FORMATS.values()
    for ending in form.endings
    if ending != "json"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A data set to link to.

    `kinds` are the classes of ours that it can have; `namespace` is how its IRIs begin,
    and `prefix` stands for it in tables. `origins` may be asked live.
    """

    name: str
    title: str
    source: str
    prefix: str
    namespace: str
    kinds: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    @property
    def curies(self) -> Mapping[str, str]:
        """The prefixes that a row of ours needs."""
        ours = {
            name: iri
            for name, iri in prefixes().items()
            if iri.startswith(BASE) and iri.endswith("/") and "code/" not in iri
        }
        known = {
            "orcid": "https://orcid.org/",
            "semapv": "https://w3id.org/semapv/vocab/",
            "skos": prefixes()["skos"],
            "sssom": prefixes()["sssom"],
        }
        return {**ours, **known, self.prefix: self.namespace}

    def read(self, path: Path) -> Iterator[Profile]:
        """Yield the profiles of a local copy, by the reader of its form.

        Raises:
            SourceError: the copy is damaged, or of a form that the reader is not for.
        """
        plain = path.name.removesuffix(".gz").removesuffix(".bz2")
        if plain.endswith(_RDF_ENDINGS):
            return read_statements(path, namespace=self.namespace)
        is_of_features = plain.endswith((".geojson", ".geojsonl"))
        is_table = self.name == "geonames" and not is_of_features
        require_form(path, self.title, is_table=is_table)
        if self.name == "wikidata" and not is_of_features:
            return read_wikidata(path)
        if is_table:
            return read_geonames(path)
        return read_features(path, namespace=self.namespace, target=self.name)

    def table(self, path: Path, *, today: str) -> MappingSet:
        """Return the table in the file, or a new one for the target.

        Raises:
            LinksetError: there is one, and it is damaged.
        """
        if path.exists():
            return read_table(path)
        metadata = {
            "mapping_set_id": graphs.links(self.name).value,
            "mapping_set_version": today,
            "mapping_set_title": f"milgraph reference entities and {self.title}",
            "mapping_set_description": f"Which reference entity is which in {self.title}, "
            "with the evidence for every row. A row with the modifier Not records a "
            "candidate that was refused. Ids without evidence are left out.",
            "creator_id": "actor:milgraph-editors",
            "license": _LICENCE,
            "subject_source": graphs.REFERENCE.value,
            "subject_source_version": today,
            "object_source": self.source,
        }
        return MappingSet(
            {slot: (value,) for slot, value in metadata.items()},
            {prefix: self.curies[prefix] for prefix in ("actor", "skos")},
            _COLUMNS,
        )


_PLACES = frozenset((MIL.Place.value,))
_PINNED = (
    "https://github.com/martynafford/natural-earth-geojson/blob/0b9a6ce/"
    "10m/physical/ne_10m_geography_marine_polys.json#"
)
TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        target.name: target
        for target in (
            Target(
                "wikidata",
                "Wikidata",
                "https://www.wikidata.org/",
                "wikidata",
                "http://www.wikidata.org/entity/",
                origins=frozenset(["https://query.wikidata.org"]),
            ),
            Target(
                "dbpedia",
                "DBpedia",
                "http://dbpedia.org/",
                "dbpedia",
                "http://dbpedia.org/resource/",
            ),
            Target(
                "geonames",
                "GeoNames",
                "https://www.geonames.org/",
                "geonames",
                "https://sws.geonames.org/",
                _PLACES,
            ),
            Target(
                "marine-regions",
                "Marine Regions",
                "https://www.marineregions.org/",
                "mrgid",
                "http://marineregions.org/mrgid/",
                _PLACES,
            ),
            Target(
                "natural-earth",
                "Natural Earth",
                "https://www.naturalearthdata.com/",
                "naturalearth",
                _PINNED,
                _PLACES,
            ),
        )
    }
)


def target_of(name: str, *, namespace: str = "") -> Target:
    """Return the target of that name; one that is not known needs a namespace.

    Raises:
        ParameterError: it is not known and has no namespace, or has no name for a graph.
    """
    known = TARGETS.get(name)
    if known and not namespace:
        return known
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"{name!r} cannot name a linkset",
            hint="Use small letters, digits and hyphens.",
        )
    if not namespace:
        raise ParameterError(
            f"{name} is not a data set that is known here",
            hint=f"Known are {', '.join(TARGETS)}; of another, give the --namespace of "
            "its IRIs.",
        )
    if known:
        return Target(
            name, known.title, known.source, known.prefix, namespace, known.kinds
        )
    return Target(name, name, namespace, name, namespace)
