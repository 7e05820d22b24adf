"""Formats: what an export can be written as, by name, and the writing itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from types import MappingProxyType

from milgraph.errors import QueryError
from milgraph.export.dumps import Writable, write_dump
from milgraph.export.geojson import write_geojson
from milgraph.export.nanopublications import write_nanopublications
from milgraph.export.parquet import write_parquet
from milgraph.export.reifiers import write_reified
from milgraph.export.rights import Rights, own_licence
from milgraph.export.schema_org import write_schema_org
from milgraph.export.scopes import ALL, Scope, Selection
from milgraph.export.tables import write_csv
from milgraph.resources import Resources
from milgraph.store import Snapshot
from milgraph.syntax import FORMATS, Format

__all__ = ["EXPORTS", "ExportFormat", "exported", "write_export"]

Writer = Callable[[Selection, Writable], None]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format: its name, media type, file ending, and whether articles are its unit.

    What holds articles holds no graph that is none.
    """

    name: str
    media_type: str
    ending: str
    of_articles: bool = True


_RDF = tuple(
    ExportFormat(form.name, form.media_type, form.endings[0], of_articles=False)
    for form in FORMATS.values()
)
_OTHERS = (
    ExportFormat("rdf12", "text/turtle; version=1.2", "ttl"),
    ExportFormat("nanopub", "application/trig", "trig"),
    ExportFormat("schema-org", "application/ld+json", "jsonld"),
    ExportFormat("geojson", "application/geo+json", "geojson"),
    ExportFormat("csv", "text/csv; header=present", "csv"),
    ExportFormat("parquet", "application/vnd.apache.parquet", "parquet"),
)
EXPORTS: Mapping[str, ExportFormat] = MappingProxyType(
    {form.name: form for form in (*_RDF, *_OTHERS)}
)


def write_export(selection: Selection, name: str, output: Writable) -> None:
    """Write what is selected in the format of that name.

    Raises:
        QueryError: there is no such format, or it cannot hold what is selected.
        SettingsError: it needs a library that is not installed.
    """
    form = EXPORTS.get(name)
    if form is None:
        raise QueryError(
            f"there is no format {name}", hint=f"Formats: {', '.join(EXPORTS)}."
        )
    if form.of_articles and selection.scope.graph and not selection.articles:
        raise QueryError(
            f"{name} holds articles, and the scope is a graph that is none",
            hint="Export an article, all, or what a query finds.",
        )
    _writer(name)(selection, output)


def _writer(name: str) -> Writer:
    if name in FORMATS:
        return partial(_written_as, write_dump, FORMATS[name])
    return _WRITERS[name]


def _written_as(
    write: Callable[[Selection, Format, Writable], None],
    form: Format,
    selection: Selection,
    output: Writable,
) -> None:
    write(selection, form, output)


_WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "rdf12": partial(_written_as, write_reified, FORMATS["turtle"]),
        "nanopub": partial(_written_as, write_nanopublications, FORMATS["trig"]),
        "schema-org": write_schema_org,
        "geojson": write_geojson,
        "csv": write_csv,
        "parquet": write_parquet,
    }
)


def exported(
    dataset: Snapshot,
    name: str,
    *,
    scope: Scope = ALL,
    rights: Rights | None = None,
) -> bytes:
    """Return the scope in the format of that name, whole.

    Raises:
        KnowledgeGraphError: as `write_export` does.
    """
    known = rights or Rights.of(dataset, own_licence(Resources.shipped()))
    output = BytesIO()
    write_export(Selection(dataset, scope, known), name, output)
    return output.getvalue()
