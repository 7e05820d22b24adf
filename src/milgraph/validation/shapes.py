"""Shapes: what data must satisfy, and which of it also holds for what is only supposed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import rdflib
from rdflib.namespace import SH as RSH
from rdflib.namespace import XSD as RXSD

from milgraph.resources import Resources
from milgraph.terms import SHAPE, NamedNode

__all__ = ["Shapes"]


@dataclass(frozen=True)
class Shapes:
    """The shapes graph, as both validators take it."""

    graph: rdflib.Graph

    @classmethod
    def shipped(cls, resources: Resources) -> "Shapes":
        """Return the shapes that travel with the program."""
        return cls.of([*resources.shapes, resources.prefixes])

    @classmethod
    def of(cls, paths: Iterable[Path]) -> "Shapes":
        """Return the shapes of the files, which are Turtle."""
        graph = rdflib.Graph(bind_namespaces="none")
        for path in paths:
            graph.parse(path, format="turtle")
        return cls(graph)

    @cached_property
    def of_form(self) -> frozenset[NamedNode]:
        """The shapes of form, which hold even for what is denied or only supposed."""
        mark = rdflib.URIRef(SHAPE.supposition.value)
        marked = self.graph.subjects(
            mark, rdflib.Literal("true", datatype=RXSD.boolean)
        )
        return frozenset(NamedNode(str(shape)) for shape in marked)

    def name(self, shape: NamedNode) -> str:
        """Return the name of the field or rule, for people; or its local name."""
        found = self.graph.value(rdflib.URIRef(shape.value), RSH.name)
        return str(found) if found else shape.value.rpartition("#")[2]
