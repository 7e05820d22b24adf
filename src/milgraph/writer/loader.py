"""The loader: what LOAD names, fetched by the server, since the writer has no network."""

import asyncio
from dataclasses import replace

from milgraph.errors import KnowledgeGraphError, QueryRefusedError
from milgraph.fetching import Fetcher
from milgraph.settings import Limits
from milgraph.sparql import Policy
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Source
from milgraph.writer.updates import Load, loads_of
from milgraph.writer.uploads import Upload

__all__ = ["Loader"]

_ACCEPT = (
    ", ".join(form.media_type for form in FORMATS.values() if not form.has_graphs)
    + ", application/ld+json;q=0.9, */*;q=0.1"
)
_LONG_TEXT = 64 * 1024


class Loader:
    """Fetches the documents of an update, from the origins that the policy lists."""

    def __init__(self, limits: Limits, policy: Policy) -> None:
        self._limits = limits
        self._origins = policy.load_from
        # To make one reads the certificates of the system, which few need.
        self._fetcher: Fetcher | None = None

    async def load(self, text: str) -> tuple[Upload | None, ...]:
        """Return the documents that the update loads, in order; none where SILENT failed.

        Raises:
            QueryRefusedError: an origin is not listed, or no origin is.
            KnowledgeGraphError: a document cannot be had.
        """
        loads = (
            await asyncio.to_thread(loads_of, text)
            if len(text) > _LONG_TEXT
            else loads_of(text)
        )
        found: list[Upload | None] = []
        try:
            for load in loads:
                found.append(await self._loaded(load))  # noqa: PERF401 - those before are closed
        except BaseException:
            for upload in filter(None, found):
                upload.file.close()
            raise
        return tuple(found)

    async def _loaded(self, load: Load) -> Upload | None:
        try:
            return await self._fetched(load)
        except KnowledgeGraphError as error:
            # LOAD SILENT succeeds whatever happens (SPARQL 1.1 Update, section 3.1.4).
            if load.is_silent:
                return None
            error.position = error.position or load.position
            raise

    async def _fetched(self, load: Load) -> Upload:
        if not self._origins:
            raise QueryRefusedError(
                "LOAD is not carried out: this server reads from no other machine",
                hint="Fetch the document yourself, and PUT it to /store.",
            )
        if load.iri is None:
            raise QueryRefusedError(
                "LOAD needs the IRI of the document in full",
                hint="Write <https://...>.",
            )
        self._fetcher = self._fetcher or Fetcher()
        content, media_type = await self._fetcher.fetch(
            load.iri,
            self._origins,
            accept=_ACCEPT,
            limit=MAXIMUM_SIZE,
            seconds=self._limits.seconds,
        )
        form = _form_of(load.iri, media_type)
        upload = Upload.of(Source(load.iri, content, FORMATS[form]), base=load.iri)
        return replace(upload, longest=MAXIMUM_SIZE)


def _form_of(iri: str, media_type: str) -> str:
    """Return the name of the document's format: as it is sent, or else as it is named."""
    for form in FORMATS.values():
        if form.media_type == media_type:
            return form.name
    ending = iri.partition("#")[0].partition("?")[0].rpartition(".")[2].lower()
    found = (form.name for form in FORMATS.values() if ending in form.endings)
    return next(found, "turtle")
