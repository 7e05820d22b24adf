"""Describing: what the dataset says of one entity, gathered from the stored queries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

from anyio import to_thread

from milgraph import graphs
from milgraph.answers import Row, short
from milgraph.iris import skolemise
from milgraph.queries import StoredQuery
from milgraph.service.holdings import Holdings
from milgraph.service.vocabularies import FOAF, HYDRA
from milgraph.syntax import Source, read
from milgraph.terms import (
    BASE,
    DCTERMS,
    MIL,
    OWL,
    RDF,
    RDFS,
    SKOS,
    XSD,
    Literal,
    NamedNode,
    Quad,
    Term,
    Triple,
    expand,
    prefixes,
)

__all__ = [
    "PAGE",
    "Description",
    "describe",
    "is_known",
    "near",
    "own_query",
    "statements_of_article",
]

# Links and claims on one page.
PAGE = 100
# Where the query of the links stops; below that, it tells how many there are.
_MOST_LINKS = 10_000
_TYPE = RDF["type"]
_ONTOLOGY = NamedNode(BASE + "ontology")
_GRAPHS = BASE + "graph/"
_SHAPES = NamedNode(BASE + "shapes")
_ALIGNMENTS = BASE + "ontology/alignments/"
_AS_SUBJECT = "ASK { ?entity ?property ?value }"
_AS_OBJECT = "ASK { ?subject ?property ?entity }"
_AS_GRAPH = "ASK { GRAPH ?entity { ?subject ?property ?value } }"
_LABELS = (RDFS.label, SKOS.prefLabel, DCTERMS.title)


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of an entity, and one page of what points to it.

    `links` are rows of subject, property and label; `claims` rows of claim, claimant,
    modality, polarity and article. Their totals are those of all pages.
    """

    entity: NamedNode
    facts: frozenset[Triple]
    links: tuple[Row, ...] = ()
    claims: tuple[Row, ...] = ()
    number_of_links: int = 0
    number_of_claims: int = 0
    page: int = 1
    labels: dict[Term, str] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        most = max(self.number_of_links, self.number_of_claims, 1)
        return (most + PAGE - 1) // PAGE

    @property
    def title(self) -> str:
        """The entity's English label, or its short name."""
        return self.labels.get(self.entity) or short(self.entity)

    def triples(self) -> Iterator[Triple]:
        """Return all of it as a graph, with the page that it is."""
        yield from self.facts
        for subject, predicate, label in self.links:
            if isinstance(subject, NamedNode) and isinstance(predicate, NamedNode):
                yield Triple(subject, predicate, self.entity)
                if isinstance(label, Literal):
                    text = Literal(label.value, language="en")
                    yield Triple(subject, RDFS.label, text)
        for claim, *said in self.claims:
            if isinstance(claim, NamedNode):
                yield Triple(claim, DCTERMS.references, self.entity)
                for predicate, value in zip(_OF_A_CLAIM, said, strict=True):
                    if value is not None:
                        yield Triple(claim, predicate, value)
        yield from self._paging()

    def _paging(self) -> Iterator[Triple]:
        """Return which page this is of how many links (Hydra Core Vocabulary)."""
        here = self._page(self.page)
        total = Literal(str(self.number_of_links), datatype=XSD.integer)
        yield Triple(here, FOAF.primaryTopic, self.entity)
        yield Triple(here, _TYPE, HYDRA.PartialCollectionView)
        yield Triple(here, HYDRA.totalItems, total)
        if self.page > 1:
            yield Triple(here, HYDRA.previous, self._page(self.page - 1))
        if self.page < self.pages:
            yield Triple(here, HYDRA["next"], self._page(self.page + 1))

    def _page(self, number: int) -> NamedNode:
        return NamedNode(f"{self.entity.value}?page={number}")


_OF_A_CLAIM = (MIL.claimant, MIL.modality, MIL.polarity, MIL.inArticle)


@cache
def _read_query(path: Path) -> StoredQuery:
    return StoredQuery.of(path)


def own_query(holdings: Holdings, name: str) -> StoredQuery:
    """Return the query of `queries/describe` of that name.

    A service of any dataset has the queries of ours at hand too: it need not list them.
    """
    listed = holdings.catalogue.queries.get(name)
    folder = holdings.settings.resources.queries / "describe"
    return listed or _read_query(folder / f"{name}.rq")


async def is_known(holdings: Holdings, entity: NamedNode) -> bool:
    """Return whether the dataset says anything of the entity."""
    if _file_of(holdings, entity):
        return True
    for question in (_AS_SUBJECT, _AS_OBJECT, _AS_GRAPH):
        if (await holdings.ask(question, bindings={"entity": entity})).holds:
            return True
    return False


async def describe(
    holdings: Holdings, entity: NamedNode, *, page: int = 1
) -> Description | None:
    """Return what is said of the entity, or nothing where nothing is.

    A version of an ontology is described as the ontology that it is a version of.

    Raises:
        QueryError: a query cannot be evaluated within its limits.
    """
    if path := _file_of(holdings, entity):
        return _described(entity, _read(path))
    links = await _rows(holdings, "links-to-an-entity", entity)
    for subject, predicate, _ in links:
        if predicate == OWL.versionIRI and isinstance(subject, NamedNode):
            return await describe(holdings, subject, page=page)
    facts = await _facts(holdings, entity)
    claims = await _rows(holdings, "claims-about-an-entity", entity)
    if not (facts or links or claims):
        return None
    number_of_links = await _number_of_links(holdings, entity, len(links))
    here = slice((page - 1) * PAGE, page * PAGE)
    return Description(
        entity,
        facts=frozenset(facts),
        links=tuple(links[here]),
        claims=tuple(claims[here]),
        number_of_links=number_of_links,
        number_of_claims=len(claims),
        page=page,
        labels=_labels(facts),
    )


async def statements_of_article(holdings: Holdings, article: NamedNode) -> set[Quad]:
    """Return the quads that the article owns: its record, its claims, its readings."""
    query = own_query(holdings, "statements-of-an-article")
    answer = await holdings.ask(query.text, bindings={"article": article})
    return {
        Quad(s, p, o, g)  # type: ignore[arg-type]  # quads have such terms there
        for _, g, s, p, o in answer.rows()
    }


async def near(holdings: Holdings, entity: NamedNode) -> tuple[NamedNode, ...]:
    """Return up to three entities of the same namespace that are spelled alike."""
    namespace = entity.value[: entity.value.rfind("/") + 1]
    if namespace not in prefixes().values():
        return ()
    names = await _names(holdings, namespace)
    local = entity.value.removeprefix(namespace)
    # Comparing with some thousand names takes longer than answering a request.
    alike = await to_thread.run_sync(
        lambda: get_close_matches(local, names, n=3, cutoff=0.7)
    )
    return tuple(NamedNode(namespace + name) for name in alike)


_Names = dict[str, tuple[str, ...]]
_names_of: WeakKeyDictionary[Holdings, tuple[int, _Names]] = WeakKeyDictionary()


async def _names(holdings: Holdings, namespace: str) -> tuple[str, ...]:
    """Return what is named in the namespace, which is asked once in a generation."""
    generation, known = _names_of.get(holdings, (-1, {}))
    if generation != holdings.generation:
        known = {}
        _names_of[holdings] = holdings.generation, known
    if namespace not in known:
        query = own_query(holdings, "names-in-a-namespace")
        given = {"namespace": Literal(namespace)}
        answer = await holdings.ask(query.text, bindings=given)
        found = (name for _, name in answer.rows() if isinstance(name, NamedNode))
        known[namespace] = tuple(n.value.removeprefix(namespace) for n in found)
    return known[namespace]


async def _facts(holdings: Holdings, entity: NamedNode) -> set[Triple]:
    """Return what the describing queries say that fit what the entity is."""
    facts = await _graph(holdings, own_query(holdings, "describe-entity"), entity)
    kinds = {t.object for t in facts if t.subject == entity and t.predicate == _TYPE}
    for query in holdings.catalogue:
        if query.folder == "describe" and _range(query) in kinds:
            facts |= await _graph(holdings, query, entity)
    if entity == _ONTOLOGY:
        # The names of its terms are fragments of it, so all of them are in it.
        whole = own_query(holdings, "describe-graph")
        facts |= await _graph(holdings, whole, graphs.ONTOLOGY)
    if entity.value.startswith(_GRAPHS):
        facts |= await _graph(holdings, own_query(holdings, "describe-graph"), entity)
    return facts


def _range(query: StoredQuery) -> NamedNode | None:
    """Return the class of what a describing query describes."""
    ranges = [p.range for p in query.parameters.values()]
    return expand(ranges[0]) if len(ranges) == 1 and ranges[0] else None


async def _graph(
    holdings: Holdings, query: StoredQuery, node: NamedNode
) -> set[Triple]:
    (parameter,) = query.parameters
    answer = await holdings.ask(query.text, bindings={parameter: node})
    return {
        Triple(s, p, o)  # type: ignore[arg-type]  # triples have such terms there
        for s, p, o in answer.rows()
    }


async def _rows(holdings: Holdings, name: str, entity: NamedNode) -> list[Row]:
    """Return the solutions without the entity itself."""
    query = own_query(holdings, name)
    answer = await holdings.ask(query.text, bindings={"entity": entity})
    return [row[1:] for row in answer.rows()]


async def _number_of_links(holdings: Holdings, entity: NamedNode, found: int) -> int:
    if found < _MOST_LINKS:
        return found
    rows = await _rows(holdings, "number-of-links-to-an-entity", entity)
    return int(rows[0][0].value) if rows and isinstance(rows[0][0], Literal) else 0


def _file_of(holdings: Holdings, entity: NamedNode) -> tuple[Path, ...]:
    """Return the files of what is no part of the dataset: shapes, other alignments."""
    resources = holdings.settings.resources
    if entity == _SHAPES:
        return tuple(resources.shapes)
    folder = resources.root / "ontology" / "alignments"
    # Listed and compared: a name from outside never becomes a path.
    return tuple(
        p for p in folder.glob("*.ttl") if _ALIGNMENTS + p.stem == entity.value
    )


@cache
def _read(paths: tuple[Path, ...]) -> frozenset[Triple]:
    quads = {quad for path in paths for quad in skolemise(read(Source.of(path)))}
    return frozenset(quad.triple for quad in quads)


def _described(entity: NamedNode, facts: frozenset[Triple]) -> Description:
    return Description(entity, facts=facts, labels=_labels(facts))


def _labels(facts: Iterable[Triple]) -> dict[Term, str]:
    """Return the English label of each subject that has one."""
    found: dict[Term, str] = {}
    for predicate in reversed(_LABELS):
        for t in facts:
            if (
                t.predicate == predicate
                and isinstance(t.object, Literal)
                and t.object.language in (None, "en")
            ):
                found[t.subject] = t.object.value
    return found
