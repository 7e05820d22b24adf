"""Own shapes: shapes that a user brings, read safely and used by the reference validator.

Nothing is fetched: the text is read as any RDF that is submitted, imports are not
followed, and no query may call another machine or read another dataset. What takes too
long is for the process to limit in which this runs.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import count

import rdflib
from rdflib.namespace import OWL as ROWL
from rdflib.namespace import SH as RSH

from milgraph.errors import (
    KnowledgeGraphError,
    Position,
    SourceError,
    UnsupportedShapeError,
)
from milgraph.interchange import graph_of
from milgraph.sparql import inspect
from milgraph.syntax import Source, read
from milgraph.terms import NamedNode, Triple
from milgraph.validation.engines import pyshacl_engine
from milgraph.validation.looking import prefixes_of
from milgraph.validation.report import Report, Result, Severity
from milgraph.validation.shapes import Shapes

__all__ = ["own_shapes", "validate_with"]

_QUERIES = (RSH.select, RSH.ask, RSH.construct, RSH.update)
_SCRIPTS = (RSH.js, RSH.jsLibrary, RSH.jsFunctionName, RSH.jsLibraryURL)
_WITHIN = (RSH.property, RSH.node, RSH["not"], RSH.qualifiedValueShape)
_OPTIONS = (RSH["and"], RSH["or"], RSH.xone)
_NOTE = NamedNode("urn:shape:imports")


def own_shapes(source: Source) -> Shapes:
    """Return the shapes of the source; one without a name gets that of the shape it is in.

    Raises:
        SourceError: it is not RDF, or holds no shape.
        UnsupportedShapeError: a shape runs a script, or has a query that reads more than
            the graph that is checked.
    """
    graph = graph_of(quad.triple for quad in read(source))
    try:
        _refuse_scripts(graph)
        _refuse_queries(graph)
    except UnsupportedShapeError as error:
        error.position = error.position or Position(source.name)
        raise
    graph = _with_names(graph)
    if not set(_shapes(graph)):
        raise SourceError(
            "there is no shape in it",
            position=Position(source.name),
            hint="Give a node the type sh:NodeShape, and sh:targetClass or another target.",
        )
    return Shapes(graph)


def validate_with(shapes: Shapes, triples: Iterable[Triple]) -> Report:
    """Return what shapes of one's own say of the triples, by the reference validator.

    Imports are not followed; that a shape has some is told as advice.

    Raises:
        UnsupportedShapeError: the validator cannot make sense of the shapes.
    """
    held = tuple(triples)
    engine = pyshacl_engine(shapes)
    try:
        results = engine(held)
    except KnowledgeGraphError:
        raise
    except (
        Exception
    ) as error:  # it raises what it pleases, of shapes that are ill-formed
        told = str(getattr(error, "message", None) or error).strip().partition("\n")[0]
        raise UnsupportedShapeError(
            f"the validator cannot use the shapes: {told or type(error).__name__}",
            hint="Check them against the shapes of SHACL itself (SHACL, appendix C).",
        ) from error
    return Report.of([*results, *_imports(shapes)], graph_size=len(set(held)))


def _imports(shapes: Shapes) -> Iterator[Result]:
    for importing, imported in shapes.graph.subject_objects(ROWL.imports):
        yield Result(
            severity=Severity.INFO,
            focus_node=NamedNode(str(imported)),
            shape=NamedNode(str(importing))
            if isinstance(importing, rdflib.URIRef)
            else _NOTE,
            component=_NOTE,
            message="What the shapes import is not fetched: put the shapes that it holds "
            "into the same file.",
            path=NamedNode(str(ROWL.imports)),
        )


def _refuse_scripts(graph: rdflib.Graph) -> None:
    kinds = {str(kind) for kind in graph.objects(None, rdflib.RDF.type)}
    has_script = any((None, predicate, None) in graph for predicate in _SCRIPTS)
    if has_script or any(kind.startswith(f"{RSH}JS") for kind in kinds):
        raise UnsupportedShapeError(
            "a shape runs a script, and none is run here",
            hint="Say it with the constraints of SHACL Core, or with sh:sparql.",
        )


def _refuse_queries(graph: rdflib.Graph) -> None:
    """Refuse each query that reads, or could read, more than what is checked."""
    # The parser of queries takes a quarter of a second to be imported.
    from milgraph.validation.querying import refuse_other_datasets  # noqa: PLC0415

    for predicate in _QUERIES:
        for constraint, query in graph.subject_objects(predicate):
            if predicate == RSH.update:
                raise UnsupportedShapeError("a shape updates, and none may")
            try:
                inspect(str(query))
                refuse_other_datasets(str(query), prefixes_of(graph, constraint))
            except KnowledgeGraphError as error:
                raise UnsupportedShapeError(
                    f"the query of {constraint.n3()} is refused: {error.message}",
                    hint=error.hint,
                ) from error


def _shapes(graph: rdflib.Graph) -> Iterator[rdflib.term.Node]:
    for kind in (RSH.NodeShape, RSH.PropertyShape):
        yield from graph.subjects(rdflib.RDF.type, kind)
    for predicate in (*_WITHIN, RSH.path, RSH.targetClass, RSH.targetNode):
        yield from graph.subjects(predicate)


def _with_names(graph: rdflib.Graph) -> rdflib.Graph:
    """Return the graph in which each shape within a named one has a name, too.

    A result names its shape, and a blank node names nothing.
    """
    names: dict[rdflib.term.Node, rdflib.URIRef] = {}
    waiting: list[rdflib.term.Node] = [
        s for s in set(_shapes(graph)) if isinstance(s, rdflib.URIRef)
    ]
    taken = {str(node) for node in graph.all_nodes()}
    while waiting:
        holder = waiting.pop()
        for inner in sorted(_inner(graph, holder), key=str):
            if isinstance(inner, rdflib.BNode) and inner not in names:
                name = _free_name(graph, names.get(holder, holder), inner, taken)
                names[inner] = name
                taken.add(str(name))
                waiting.append(inner)
    named = rdflib.Graph(bind_namespaces="none")
    for s, p, o in graph:
        named.add((names.get(s, s), p, names.get(o, o)))
    return named


def _inner(graph: rdflib.Graph, shape: rdflib.term.Node) -> Iterator[rdflib.term.Node]:
    for predicate in _WITHIN:
        yield from graph.objects(shape, predicate)
    for predicate in _OPTIONS:
        for options in graph.objects(shape, predicate):
            yield from graph.items(options)


def _free_name(
    graph: rdflib.Graph,
    holder: rdflib.term.Node,
    inner: rdflib.term.Node,
    taken: set[str],
) -> rdflib.URIRef:
    path = graph.value(inner, RSH.path)
    local = (
        re.split(r"[/#:]", str(path))[-1]
        if isinstance(path, rdflib.URIRef)
        else "shape"
    )
    names = (f"{holder}-{local}{number or ''}" for number in count())
    return rdflib.URIRef(next(name for name in names if name not in taken))
