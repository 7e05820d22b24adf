"""Options: those that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = [
    "AsJson",
    "Data",
    "DryRun",
    "ExportName",
    "Form",
    "OutputName",
    "RdfFormatName",
    "Reason",
    "ReportName",
]

Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Where the graph lies. Also MILGRAPH_DATA.",
        show_default=False,
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class RdfFormatName(StrEnum):
    """The formats of RDF, as `milgraph.syntax.FORMATS` names them."""

    TURTLE = "turtle"
    TRIG = "trig"
    NTRIPLES = "ntriples"
    NQUADS = "nquads"
    JSONLD = "jsonld"
    RDFXML = "rdfxml"


class ReportName(StrEnum):
    """The formats of a validation report: for people, for programs, and those of RDF."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    TURTLE = "turtle"
    TRIG = "trig"
    NTRIPLES = "ntriples"
    NQUADS = "nquads"
    JSONLD = "jsonld"
    RDFXML = "rdfxml"


class OutputName(StrEnum):
    """The formats of an answer: a table, those of SPARQL results, and those of RDF."""

    TABLE = "table"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    XML = "xml"
    TURTLE = "turtle"
    TRIG = "trig"
    NTRIPLES = "ntriples"
    NQUADS = "nquads"
    JSONLD = "jsonld"
    RDFXML = "rdfxml"


class ExportName(StrEnum):
    """The formats of an export, as `milgraph.export.formats.EXPORTS` names them."""

    TURTLE = "turtle"
    TRIG = "trig"
    NTRIPLES = "ntriples"
    NQUADS = "nquads"
    JSONLD = "jsonld"
    RDFXML = "rdfxml"
    RDF12 = "rdf12"
    NANOPUB = "nanopub"
    SCHEMA_ORG = "schema-org"
    GEOJSON = "geojson"
    CSV = "csv"
    PARQUET = "parquet"


Form: TypeAlias = Annotated[
    RdfFormatName | None,
    typer.Option(
        "--format",
        help="The format, where the file's name does not tell; TriG by default.",
        show_default=False,
    ),
]
DryRun: TypeAlias = Annotated[
    bool,
    typer.Option("--dry-run", help="Do everything but store it."),
]
Reason: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        help="Why; the history keeps it.",
        show_default=False,
    ),
]
