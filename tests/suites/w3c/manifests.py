"""Manifests: what the W3C's cases say is asked of what, and what is to come of it."""

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fetch import ARCHIVE, is_current
from fetch import W3C as SUITES
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Store

EXCEPTIONS = Path(__file__).parents[1] / "exceptions.toml"
# Where W3C says that the files lie; relative IRIs in data and queries start there.
BASES = {
    "sparql10": "http://www.w3.org/2001/sw/DataAccess/tests/data-r2/",
    "sparql11": "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/",
}
ROOTS = {
    "sparql10": ("manifest-syntax.ttl", "manifest-evaluation.ttl"),
    "sparql11": ("manifest-all.ttl",),
}
FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".rdf": RdfFormat.RDF_XML,
}
_TESTS = "http://www.w3.org/2001/sw/DataAccess/tests/"
_FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^>]*)>", re.IGNORECASE)

Files = tuple[tuple[str, Path], ...]


@dataclass(frozen=True)
class Holding:
    """A dataset before or after: files of the default graph, named graphs and theirs."""

    default: tuple[Path, ...] = ()
    named: Files = ()


@dataclass(frozen=True)
class Case:
    """One test of a manifest: `name` is its suite, folder and the end of its IRI."""

    name: str
    kind: str
    text: Path
    before: Holding = Holding()
    after: Holding = Holding()
    services: Files = ()
    result: Path | None = None
    lax: bool = False

    @property
    def is_syntax(self) -> bool:
        return "Syntax" in self.kind

    @property
    def is_update(self) -> bool:
        return "Update" in self.kind

    @property
    def request(self) -> str:
        """The query or update, with the base that its place in the suite gives it."""
        text = self.text.read_text(encoding="utf-8")
        return text if self.is_syntax else f"BASE <{address(self.text)}>\n{text}"


def require() -> None:
    """Skip the module that says so where the suites are not there; fail where CI runs."""
    if not is_current(SUITES, ARCHIVE):
        reason = "the W3C suites are not there: run python tests/suites/fetch.py"
        assert "CI" not in os.environ, reason
        pytest.skip(reason, allow_module_level=True)


def address(file: Path) -> str:
    """Return the IRI that the W3C gives to a file of the suites."""
    suite, *rest = file.relative_to(SUITES).parts
    return BASES[suite] + "/".join(rest)


def located(iri: str) -> Path:
    """Return where the file of that IRI was fetched to.

    Raises:
        KeyError: the IRI is of none of the suites.
    """
    for suite, base in BASES.items():
        if iri.startswith(base):
            return SUITES / suite / iri.removeprefix(base)
    raise KeyError(iri)


@dataclass
class Manifest:
    """One manifest file, and those that it includes."""

    file: Path
    store: Store = field(default_factory=Store)

    def __post_init__(self) -> None:
        base = address(self.file)
        self.store.load(path=self.file, format=RdfFormat.TURTLE, base_iri=base)

    def included(self) -> Iterator["Manifest"]:
        for start in self._all("mf:include"):
            yield from (Manifest(located(entry.value)) for entry in self._list(start))

    def entries(self) -> Iterator[NamedNode]:
        for start in self._all("mf:entries"):
            yield from self._list(start)

    def cases(self) -> Iterator[Case]:
        """Yield what is to be run: withdrawn cases are not, nor other kinds of test."""
        for entry in self.entries():
            if not self._is(entry, "dawgt:approval", "dawgt:Withdrawn"):
                kind = self.one(entry, "rdf:type").value.partition("#")[2]
                if "Evaluation" in kind or "Syntax" in kind or "Format" in kind:
                    yield self._case(entry, kind)

    def one(self, subject: object, predicate: str) -> NamedNode | None:
        return next(self._all(predicate, subject), None)

    def _case(self, entry: NamedNode, kind: str) -> Case:
        folder = self.file.parent
        name = f"{folder.parent.name}/{folder.name}#{entry.value.partition('#')[2]}"
        action = self.one(entry, "mf:action")
        if isinstance(action, NamedNode):
            return Case(name, kind, located(action.value))
        result = self.one(entry, "mf:result")
        lax = self._is(entry, "mf:resultCardinality", "mf:LaxCardinality")
        if "Update" in kind:
            request = located(self.one(action, "ut:request").value)
            before, after = (self._holding(node, "ut") for node in (action, result))
            return Case(name, kind, request, before, after)
        query = located(self.one(action, "qt:query").value)
        before = self._holding(action, "qt")
        if before == Holding():
            before = _named_by(query)
        services = tuple(
            (self.one(node, "qt:endpoint").value, located(data.value))
            for node in self._all("qt:serviceData", action)
            for data in self._all("qt:data", node)
        )
        found = located(result.value)
        return Case(name, kind, query, before, Holding(), services, found, lax)

    def _holding(self, node: object, prefix: str) -> Holding:
        default = tuple(located(f.value) for f in self._all(f"{prefix}:data", node))
        return Holding(
            default,
            tuple(self._named(g) for g in self._all(f"{prefix}:graphData", node)),
        )

    def _named(self, node: NamedNode | BlankNode) -> tuple[str, Path]:
        if isinstance(node, NamedNode):
            return node.value, located(node.value)
        file = self.one(node, "ut:graph") or self.one(node, "ut:data")
        return self.one(node, "rdfs:label").value, located(file.value)

    def _all(self, predicate: str, subject: object = None) -> Iterator[NamedNode]:
        found = self.store.quads_for_pattern(
            subject, _named_node(predicate), None, None
        )
        yield from (quad.object for quad in found)

    def _is(self, subject: object, predicate: str, value: str) -> bool:
        return _named_node(value) in self._all(predicate, subject)

    def _list(self, node: object) -> Iterator[NamedNode]:
        while (first := self.one(node, "rdf:first")) is not None:
            yield first
            node = self.one(node, "rdf:rest")


_PREFIXES = {
    "mf": f"{_TESTS}test-manifest#",
    "qt": f"{_TESTS}test-query#",
    "dawgt": f"{_TESTS}test-dawg#",
    "ut": "http://www.w3.org/2009/sparql/tests/test-update#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}


def _named_node(curie: str) -> NamedNode:
    prefix, _, local = curie.partition(":")
    return NamedNode(_PREFIXES[prefix] + local)


def _named_by(query: Path) -> Holding:
    """Return the dataset of a query that names its files itself, each a named graph."""
    folder = address(query.parent)
    names = dict.fromkeys(_FROM.findall(query.read_text(encoding="utf-8")))
    iris = [f"{folder}/{name}" for name in names]
    return Holding(named=tuple((iri, located(iri)) for iri in iris))


def cases() -> list[Case]:
    """Return every case to be run, those of the same dataset one after another.

    The entailment suite is of services that reason; a plain service does not.
    """
    roots = [
        Manifest(SUITES / s / name) for s, names in ROOTS.items() for name in names
    ]
    found = [
        case
        for root in roots
        for manifest in root.included()
        if manifest.file.parent.name != "entailment"
        for case in manifest.cases()
    ]
    return sorted(found, key=lambda case: (str(case.before), case.name))


def exceptions(table: str) -> dict[str, str]:
    """Return the cases that are known not to pass, each with its reason."""
    tables = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    return tables[table]


def names(suite: str, folder: str) -> list[str]:
    """Return the names of the entries of a folder's manifest, of whatever kind."""
    manifest = Manifest(SUITES / suite / folder / "manifest.ttl")
    return [entry.value.partition("#")[2] for entry in manifest.entries()]
