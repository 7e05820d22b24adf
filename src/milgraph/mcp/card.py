"""The schema card: what a model has to know of the graph before it asks, in one page."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from milgraph.asking import Asker, Reply
from milgraph.errors import BusyError, LimitError, QueryError
from milgraph.mcp.marking import NOTICE, json_of, name_of
from milgraph.mcp.provenance import DATASET, LICENCE
from milgraph.queries import Catalogue
from milgraph.terms import MIL, Literal, NamedNode, prefixes

__all__ = ["Card"]

_MOST_NAMES = 150
_MOST_SAMPLES = 80
_MOST_GRAPHS = 20
_SHORT = 50
# Of each count: a client does not wait for a card for minutes.
_SECONDS = 8.0

WHAT = (
    "A knowledge graph of military activities and actors: who did what, where and when, "
    "and according to whom. Every fact of an article lies in the named graph of a claim "
    "that names its claimant and its place in the text."
)
GRAPHS = (
    "A query without GRAPH sees the view: what accepted claims, reference data and "
    "editors assert, and all that follows from it. GRAPH ?claim { ... } sees what one "
    "claim asserts, the denied, asked and supposed ones too: ?claim mil:claimant, "
    "mil:polarity, mil:modality, mil:inArticle tell whose it is; a claim that the view "
    "takes is `a mil:AcceptedGraph`."
)
PITFALLS = (
    "Count happenings over occurrences, never accounts: an activity is one voice's "
    "account, several articles tell of one happening, and DISTINCT on accounts does not "
    "make them one. SELECT (COUNT(DISTINCT ?o) AS ?n) { ?o mil:hasAccount/mil:takesPlaceIn "
    "place:sea-of-japan . FILTER NOT EXISTS { ?o mil:partOfOccurrence ?whole } }",
    "Numbers have bounds: read mil:count/mil:atLeast and mil:count/mil:atMost; "
    "'fighters' is at least two, and without an upper bound it is open. Do not add lower "
    "bounds of different accounts.",
    "Who, which type and how many belong together only in one participation: "
    "?activity mil:hasParticipation ?p . ?p mil:participant ?who ; mil:platformType ?type "
    "; mil:count/mil:atLeast ?n. A mixed group has mil:hasComponent.",
    "Times have bounds: ?activity mil:hasTime ?t . ?t mil:earliestStart ?s ; "
    "mil:latestEnd ?e. It can lie in a period if ?e >= ?from && ?s < ?to, both zoned "
    "xsd:dateTime. Never add a duration to a time: the answer is silently empty.",
    "Superclasses, containment of places (mil:takesPlaceIn, mil:withinPlace) and inverses "
    "are entailed: no property paths with * are needed.",
    "Escorts and phases are activities of their own, mil:partOf the whole; count wholes.",
    "What is not stated is not false: no row means that no article here says so.",
    "A response to something is a hypothesis of somebody: name the claimant, do not tell "
    "it as a fact.",
    "Prefixes of this card need no declaration. Updates, LOAD and unlisted SERVICE are "
    "refused. Order the rows if you page through them.",
)
EXAMPLES = (
    "SELECT ?flight ?who ?type ?n { ?flight a mil:Flight ; mil:takesPlaceIn "
    "place:sea-of-japan ; mil:hasParticipation ?p . ?p mil:participant ?who ; "
    "mil:platformType ?type . OPTIONAL { ?p mil:count/mil:atLeast ?n } } ORDER BY ?flight",
    "SELECT ?claim ?claimant ?polarity ?what { ?claim a mil:Claim ; mil:claimant ?claimant "
    "; mil:polarity ?polarity ; dcterms:description ?what . GRAPH ?claim { ?a a "
    "mil:Interception } } ORDER BY ?claim",
)
_NUMBER_OF = """
SELECT (COUNT(DISTINCT ?article) AS ?articles) (COUNT(DISTINCT ?claim) AS ?claims)
WHERE { ?claim a mil:Claim ; mil:inArticle ?article }
"""
_HAPPENINGS = """
SELECT (COUNT(DISTINCT ?occurrence) AS ?occurrences)
WHERE { ?occurrence a mil:Occurrence . FILTER NOT EXISTS { ?occurrence mil:partOfOccurrence ?whole } }
"""
_SAMPLES = """
SELECT ?property (SAMPLE(?v) AS ?value)
WHERE { VALUES ?property { %s } ?s ?property ?v }
GROUP BY ?property
"""


class Card:
    """Makes the card, and keeps that of the newest state."""

    def __init__(self, asker: Asker, catalogue: Catalogue) -> None:
        self._asker = asker
        self._catalogue = catalogue
        self._made: tuple[int, dict[str, Any]] | None = None

    async def told(self) -> dict[str, Any]:
        """Return the card of the newest state; what could not be counted is left out."""
        commit = self._asker.commit
        if self._made is None or self._made[0] != commit:
            self._made = commit, await self._written(commit)
        return self._made[1]

    async def _written(self, commit: int) -> dict[str, Any]:
        classes = await self._counted("classes-of-the-dataset")
        properties = await self._counted("properties-of-the-dataset")
        graphs = await self._counted("graphs-of-the-dataset")
        ours = {c: n for c, n in classes.items() if c in MIL}
        used = {
            p: n for p, n in properties.items() if p in MIL or name_of(p) in _SHARED
        }
        is_all = max(len(ours), len(used)) <= _MOST_NAMES
        return {
            "notice": NOTICE,
            "what": WHAT,
            "complete": is_all and bool(ours),
            "provenance": {"dataset": DATASET, "commit": commit, "licence": LICENCE},
            "how_to_ask": self._how(),
            "stored": {
                "counts": await self._numbers(),
                "classes": _first(ours),
                "properties": _first(used),
                "sample_values": await self._samples([*used][:_MOST_SAMPLES]),
                "graphs": _kinds_of(graphs),
            },
        }

    def _how(self) -> dict[str, Any]:
        return {
            "graphs": GRAPHS,
            "pitfalls": list(PITFALLS),
            "examples": list(EXAMPLES),
            "stored_queries": [
                query.name
                for query in self._catalogue
                if query.folder.startswith(("competency", "report"))
            ],
            "prefixes": dict(prefixes()),
        }

    async def _counted(self, name: str) -> dict[NamedNode, int]:
        """Return what the stored query counts, in its order; nothing where it fails."""
        found = await self._asked(self._catalogue.get(name).text)
        return {
            node: int(count.value)
            for node, count, *_ in (found.rows if found else ())
            if isinstance(node, NamedNode) and isinstance(count, Literal)
        }

    async def _numbers(self) -> dict[str, int]:
        told: dict[str, int] = {}
        size = self._catalogue.get("size-of-the-dataset").text
        for text in (size, _NUMBER_OF, _HAPPENINGS):
            found = await self._asked(text)
            for name, value in found.dicts[0].items() if found and found.rows else ():
                if name in _NUMBERS and isinstance(value, Literal):
                    told[_NUMBERS[name]] = int(value.value)
        return told

    async def _samples(self, properties: list[NamedNode]) -> dict[str, Any]:
        found = await self._asked(_SAMPLES % " ".join(map(str, properties)))
        samples = {
            row["property"]: _shortened(json_of(row["value"]))
            for row in (found.dicts if found else ())
            if "value" in row
        }
        return {name_of(p): samples[p] for p in properties if p in samples}

    async def _asked(self, text: str) -> Reply | None:
        try:
            return await self._asker.ask(text, seconds=_SECONDS)
        except (BusyError, LimitError, QueryError):
            # A dataset can be too large to be counted within the limits of a query.
            return None


_NUMBERS = {
    "triples": "triples_of_the_view",
    "articles": "articles",
    "claims": "claims",
    "occurrences": "happenings",
}
# Of other vocabularies, what a question needs.
_SHARED = frozenset(
    (
        "rdf:type",
        "rdfs:label",
        "skos:prefLabel",
        "skos:notation",
        "skos:exactMatch",
        "dcterms:description",
        "dcterms:publisher",
        "dcterms:source",
        "geo:asWKT",
        "geo:hasGeometry",
    )
)


def _first(counts: Mapping[NamedNode, int]) -> dict[str, int]:
    return {name_of(node): count for node, count in islice(counts.items(), _MOST_NAMES)}


def _shortened(value: Any) -> Any:
    """Return a sample so short that the card stays a page."""
    if isinstance(value, dict):
        return {name: _shortened(part) for name, part in value.items()}
    return value[:_SHORT] if isinstance(value, str) else value


def _kinds_of(graphs: Mapping[NamedNode, int]) -> list[dict[str, Any]]:
    """Return the graphs by their kind, with how many there are and what they assert."""
    kinds: dict[str, dict[str, Any]] = {}
    for node, triples in graphs.items():
        name = name_of(node)
        if name.startswith("article:"):
            claim = "#claim-" in name
            name = "article:X#claim-N" if claim else "article:X"
            name += "-reading-a" if claim and "-reading-" in node.value else ""
        told = kinds.setdefault(name, {"graph": name, "graphs": 0, "triples": 0})
        told["graphs"] += 1
        told["triples"] += triples
    return list(kinds.values())[:_MOST_GRAPHS]
