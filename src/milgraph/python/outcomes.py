"""Outcomes: what became of a change, and why a fact is there, as Python has it."""

from collections.abc import Mapping
from dataclasses import dataclass

import rdflib

from milgraph.doors import Told
from milgraph.explanations import (
    Explained,
    explanation_as_json,
    explanation_as_text,
    explanation_as_triples,
)
from milgraph.interchange import graph_of
from milgraph.validation import Report

__all__ = ["Explanation", "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change did to the graph, or with a dry run would do.

    `commit` is its number; there is none where nothing changed, and none of a dry run.
    `fates` say of each article whether it is new, replaced, unchanged or retracted.
    `added` and `removed` count what is asserted, `entailed` what follows. `report` has
    the warnings that did not stand in the way.
    """

    commit: int | None
    report: Report
    fates: Mapping[str, str]
    added: int
    removed: int
    entailed: int
    no_longer_entailed: int

    @classmethod
    def of(cls, told: Told) -> "Outcome":
        """Return what the door tells."""
        return cls(
            told.commit,
            told.report,
            {article: str(fate) for article, fate in told.fates.items()},
            told.added,
            told.removed,
            told.entailed,
            told.no_longer_entailed,
        )

    @property
    def changed(self) -> bool:
        """Whether anything is, or would be, other than before."""
        counts = (self.added, self.removed, self.entailed, self.no_longer_entailed)
        return any(counts)


@dataclass(frozen=True)
class Explanation:
    """Why the graph holds a fact; printed, it is the text that `milgraph explain` prints.

    `claims` and `articles` are those that it stands on.
    """

    explained: Explained

    @property
    def claims(self) -> tuple[rdflib.URIRef, ...]:
        """The claims that state what it stands on."""
        nodes = (one.node for one in self.explained.testimonies)
        return tuple(rdflib.URIRef(node.value) for node in nodes)

    @property
    def articles(self) -> tuple[rdflib.URIRef, ...]:
        """The articles in which it is claimed."""
        nodes = (one.node for one in self.explained.reports)
        return tuple(rdflib.URIRef(node.value) for node in nodes)

    def as_json(self) -> Mapping[str, object]:
        """Return it as programs read it."""
        return explanation_as_json(self.explained)

    def to_graph(self) -> rdflib.Graph:
        """Return it in PROV-O."""
        return graph_of(explanation_as_triples(self.explained))

    def __str__(self) -> str:
        return explanation_as_text(self.explained)
