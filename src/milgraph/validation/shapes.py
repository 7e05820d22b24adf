"""Shapes: what data must satisfy, and which of it also holds for what is only supposed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import rdflib
from rdflib.namespace import SH as RSH
from rdflib.namespace import XSD as RXSD

from milgraph.resources import Resources
from milgraph.terms import SHAPE, NamedNode
from milgraph.validation.expectations import expected_by

__all__ = ["Shapes"]


@dataclass(frozen=True)
class Shapes:
    """The shapes graph, as both validators take it; the digest is of its files."""

    graph: rdflib.Graph
    digest: str | None = None

    @classmethod
    def shipped(cls, resources: Resources) -> "Shapes":
        """Return the shapes that travel with the program."""
        return cls.of([*resources.shapes, resources.prefixes])

    @classmethod
    def of(cls, paths: Iterable[Path]) -> "Shapes":
        """Return the shapes of the files, which are Turtle."""
        graph = rdflib.Graph(bind_namespaces="none")
        digest = sha256()
        for path in paths:
            content = path.read_bytes()
            digest.update(sha256(content).digest())
            graph.parse(data=content, format="turtle")
        return cls(graph, digest.hexdigest())

    @cached_property
    def of_form(self) -> frozenset[NamedNode]:
        """The shapes of form, which hold even for what is denied or only supposed."""
        mark = rdflib.URIRef(SHAPE.supposition.value)
        marked = self.graph.subjects(
            mark, rdflib.Literal("true", datatype=RXSD.boolean)
        )
        return frozenset(NamedNode(str(shape)) for shape in marked)

    @cached_property
    def _expected(self) -> dict[tuple[NamedNode, NamedNode], str | None]:
        return {}

    def expected(self, shape: NamedNode, component: NamedNode) -> str | None:
        """Return what the shape asks by its constraint, in words, as far as it tells."""
        constraint = shape, component
        if constraint not in self._expected:
            told = expected_by(self.graph, shape, component)
            self._expected[constraint] = told
        return self._expected[constraint]

    def name(self, shape: NamedNode) -> str:
        """Return the name of the field or rule, for people; or its local name."""
        found = self.graph.value(rdflib.URIRef(shape.value), RSH.name)
        return str(found) if found else shape.value.rpartition("#")[2]
