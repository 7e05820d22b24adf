"""Live: a copy of what Wikidata has under our names, fetched once and kept as a file."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from milgraph.errors import KnowledgeGraphError, ParameterError, SourceError
from milgraph.fetching import Call, Fetcher
from milgraph.linking.targets import Target
from milgraph.matching import Profile
from milgraph.terms import Literal

__all__ = ["ENDPOINT", "fetch"]

ENDPOINT = "https://query.wikidata.org/sparql"
_QUERY = Path(__file__).with_name("wikidata.rq")
_LIMIT = 64 * 1024 * 1024
_SECONDS = 60.0
_MOST_NAMES = 400
_LANGUAGES = ("en", "ru", "ja", "zh", "ko")
_JSON = "application/sparql-results+json"


def fetch(
    target: Target,
    ours: Iterable[Profile],
    path: Path,
    *,
    endpoint: str = ENDPOINT,
    fetcher: Fetcher | None = None,
) -> None:
    """Ask the target for what has our names, and write its answer into the file.

    Raises:
        ParameterError: the target cannot be asked, or the file is there already.
        KnowledgeGraphError: its origin is not listed, or does not answer in time, in
            size or as JSON.
    """
    if not target.origins:
        raise ParameterError(
            f"{target.title} cannot be asked live",
            hint="Download a copy of it, and give the file.",
        )
    if path.exists():
        raise ParameterError(
            f"{path} is there already", hint="Leave --fetch out to read it."
        )
    text = _QUERY.read_text(encoding="utf-8").replace("$names", _names(ours))
    call = Call(
        endpoint, _JSON, _LIMIT, _SECONDS, text.encode(), "application/sparql-query"
    )
    content, media_type = asyncio.run((fetcher or Fetcher()).send(call, target.origins))
    if media_type not in (_JSON, "application/json"):
        raise SourceError(f"{endpoint} answered {media_type or 'nothing known'}")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise KnowledgeGraphError(f"{path} cannot be written: {error}") from error


def _names(ours: Iterable[Profile]) -> str:
    """Return the names as SPARQL has them, each once."""
    names = dict.fromkeys(
        str(Literal(name.text, language=name.language))
        for profile in ours
        for name in profile.names
        if name.kind == "label" and name.language in _LANGUAGES
    )
    return " ".join(list(names)[:_MOST_NAMES])
