"""Redistribution: what the terms of a data set forbid to pass on."""

from collections.abc import Iterator

from milgraph.graphs import DATA_SETS
from milgraph.store.interface import Readable
from milgraph.terms import MIL, XSD, Literal, NamedNode

__all__ = ["withheld_graphs", "withheld_records"]

_NO = Literal("false", datatype=XSD.boolean)


def withheld_graphs(dataset: Readable) -> frozenset[NamedNode]:
    """Return the graphs of data sets of which a release may not be passed on.

    They hold what its records share: its actors, places and codes.
    """
    return frozenset(
        graph
        for graph in DATA_SETS
        if any(True for _ in dataset.match(None, MIL.redistributable, _NO, graph))
    )


def withheld_records(dataset: Readable) -> Iterator[NamedNode]:
    """Return the records that may not be passed on, each the name of an article.

    Its graphs are those of the article: its own and that of its claim.
    """
    for release in dataset.match(None, MIL.redistributable, _NO):
        for record in dataset.match(None, MIL.inRelease, release.subject):
            if isinstance(record.subject, NamedNode):
                yield record.subject
