"""Documents: what is given to be submitted or checked, as sources; graphs as rdflib's."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import rdflib
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from milgraph.errors import ParameterError
from milgraph.interchange import graph_of, term_from_rdflib, term_to_rdflib
from milgraph.syntax import FORMATS, Format, Source, write
from milgraph.terms import NamedNode, Quad, Triple, prefixes

__all__ = ["Document", "dataset_of", "graph_with_prefixes", "source_of"]

Document: TypeAlias = str | bytes | Path | rdflib.Graph | Source
"""The text of an article (TriG unless told), a file, or a graph or dataset of rdflib."""

# What a text of RDF has, and the name of a file has not.
_OF_RDF = re.compile(r"[<>{}\n]")


def source_of(document: Document, form: str | None = None) -> Source:
    """Return the document as a source.

    Raises:
        SourceError: it cannot be read.
        ParameterError: there is no such format, or it is no document.
    """
    if isinstance(document, Source):
        return document
    if isinstance(document, Path):
        if form is None:
            return Source.of(document)
        return Source(str(document), document.read_bytes(), _format(form))
    if isinstance(document, str | bytes):
        if isinstance(document, str):
            _refuse_path(document)
        content = document.encode() if isinstance(document, str) else document
        return Source("text", content, _format(form or "trig"))
    if isinstance(document, rdflib.Dataset):
        quads = write(_quads(document), FORMATS["nquads"])
        return Source("dataset", quads, FORMATS["nquads"])
    if isinstance(document, rdflib.Graph):
        triples = write(map(_triple, document), FORMATS["ntriples"])
        return Source("graph", triples, FORMATS["ntriples"])
    raise ParameterError(
        f"a {type(document).__name__} is no document",
        hint="Give the text of an article, a pathlib.Path, or a graph of rdflib.",
    )


def _refuse_path(text: str) -> None:
    """Promise that the text is not the name of a file, which no text of RDF looks like."""
    *_, ending = text.removesuffix(".gz").rpartition(".")
    is_named = any(ending in form.endings for form in FORMATS.values())
    if is_named and not _OF_RDF.search(text):
        raise ParameterError(
            f"{text!r} is the name of a file, not the text of one",
            hint="For a file, give a Path.",
        )


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ParameterError(
            f"there is no format {name!r}", hint=f"Formats: {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def _triple(parts: "tuple[rdflib.term.Node, ...]") -> Triple:
    return Triple(*map(term_from_rdflib, parts))  # type: ignore[arg-type]  # a subject and a predicate are what they must be


def _quads(dataset: rdflib.Dataset) -> Iterator[Quad]:
    for *parts, name in dataset.quads():
        triple = _triple(tuple(parts))
        if name is None or name == DATASET_DEFAULT_GRAPH_ID:
            yield Quad(triple.subject, triple.predicate, triple.object)
        else:
            graph = term_from_rdflib(name)
            yield Quad(triple.subject, triple.predicate, triple.object, graph)  # type: ignore[arg-type]  # no graph is named by a literal


def graph_with_prefixes(triples: Iterable[Triple]) -> rdflib.Graph:
    """Return the triples as a graph that knows our prefixes."""
    graph = graph_of(triples)
    _bind(graph)
    return graph


def dataset_of(quads: Iterable[Quad]) -> rdflib.Dataset:
    """Return the quads as a dataset that knows our prefixes."""
    dataset = rdflib.Dataset()
    for quad in quads:
        parts = (quad.subject, quad.predicate, quad.object)
        subject, predicate, value = map(term_to_rdflib, parts)
        name = (
            rdflib.URIRef(quad.graph_name.value)
            if isinstance(quad.graph_name, NamedNode)
            else DATASET_DEFAULT_GRAPH_ID
        )
        dataset.graph(name).add((subject, predicate, value))
    _bind(dataset)
    return dataset


def _bind(graph: rdflib.Graph) -> None:
    for prefix, namespace in prefixes().items():
        graph.bind(prefix, namespace, override=True, replace=True)
