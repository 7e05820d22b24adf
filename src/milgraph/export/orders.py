"""Orders: what somebody asks to be exported, as it travels to the process that does it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from milgraph.export.dumps import Writable
from milgraph.export.formats import write_export
from milgraph.export.rights import Licence, Rights
from milgraph.export.scopes import ALL, VIEW, Scope, Selection, find
from milgraph.store import Snapshot
from milgraph.terms import NamedNode, Term

__all__ = ["Order", "fill"]


@dataclass(frozen=True, slots=True)
class Order:
    """A format by name; a scope: `all`, `view`, `query` or a graph; the own licence."""

    form: str
    scope: str
    own: Licence

    def written(self) -> str:
        """Return the order as a text."""
        parts = {"form": self.form, "scope": self.scope, "own": self.own.as_json()}
        return json.dumps(parts, sort_keys=True)

    @classmethod
    def read(cls, written: str) -> Self:
        """Return the order that was written so."""
        parts = json.loads(written)
        return cls(parts["form"], parts["scope"], Licence(**parts["own"]))


def fill(
    order: Order,
    dataset: Snapshot,
    output: Writable,
    *,
    query: str = "",
    bindings: Mapping[str, Term] | None = None,
) -> None:
    """Write what is ordered, without what may not be passed on.

    The query says what is exported where the scope is one.

    Raises:
        KnowledgeGraphError: the scope or the format does not fit the dataset.
    """
    if order.scope == "query":
        scope = Scope.of_query(find(dataset, query, bindings))
    else:
        known = {"all": ALL, "view": VIEW}
        scope = known.get(order.scope) or Scope.of_graph(NamedNode(order.scope))
    rights = Rights.of(dataset, order.own)
    write_export(Selection(dataset, scope, rights), order.form, output)
