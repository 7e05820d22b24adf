"""Forms: in what a copy is written, told by how it begins, before it is read for another."""

from itertools import islice
from pathlib import Path

from milgraph.errors import Position, SourceError
from milgraph.linking.readers.files import pieces

__all__ = ["require_form"]

_JSON, _TABLE = "JSON", "a table with tabs between its cells"
_FORMS = (
    "Read are, for wikidata, a dump of entities or the result of a query in JSON; for "
    "geonames, its table; for marine-regions and natural-earth, GeoJSON; and for every "
    "target, RDF and GeoJSON by the end of the file's name (.ttl, .nt, .geojson ...)."
)


def require_form(path: Path, title: str, *, is_table: bool) -> None:
    """Promise that the copy does not begin as one of another form does.

    Raises:
        SourceError: it is a table where JSON is read, or JSON where a table is.
    """
    found, wanted = _form(path), _TABLE if is_table else _JSON
    if found in ("", wanted):
        return
    other = (
        "geonames" if found == _TABLE else "wikidata, marine-regions or natural-earth"
    )
    raise SourceError(
        f"the file looks like {found}, and {title} is read from {wanted}",
        position=Position(str(path), 1),
        hint=f"Such a file may be of {other}. {_FORMS}",
    )


def _form(path: Path) -> str:
    """Return what the copy looks like; nothing where that cannot be told."""
    text = pieces(path)
    try:
        first = next(islice(text, 1), "").lstrip()
    except SourceError:
        # What is wrong with the file is told with its line when it is read.
        return ""
    finally:
        text.close()  # type: ignore[attr-defined]  # a generator
    if first.startswith(("{", "[")):
        return _JSON
    return _TABLE if "\t" in first.partition("\n")[0] else ""
