"""Uploading: the body of a request, on its way to the writer as RDF."""

import asyncio
import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from typing import BinaryIO

from starlette.requests import Request

from milgraph.compression import ENCODINGS, inflated
from milgraph.errors import LimitError
from milgraph.service.multipart import Part, boundary_of, parts
from milgraph.service.problems import ProblemError, refusal
from milgraph.syntax import FORMATS, MAXIMUM_SIZE, Format
from milgraph.writer import Upload, spooled

__all__ = ["READABLE", "parts_of", "upload_of", "uploads_of"]

_MULTIPART = "multipart/form-data"
READABLE = (*(form.media_type for form in FORMATS.values()), _MULTIPART)
_CHARSETS = frozenset(("", "utf-8", "utf8", "us-ascii", "ascii"))


async def uploads_of(
    request: Request, *, base: str | None = None, name: str = "body"
) -> tuple[Upload, ...]:
    """Return what the body holds: one document of that name, or the files of a form.

    It is never in memory as a whole, but for a form, whose parts must be told apart.

    Raises:
        ProblemError: it is in no format that is read (415), or too long (413).
        SourceError: it is not compressed as it says.
    """
    header = request.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
    if kind != _MULTIPART:
        form = _form(kind, "")
        _require_utf8(header)
        return (Upload(name, form.name, await _spooled(request), base),)
    boundary = boundary_of(header)
    file = await _spooled(request)
    return await asyncio.to_thread(_uploads, file, boundary, base)


async def parts_of(request: Request) -> dict[str, Part] | None:
    """Return the parts of a form by their fields; none where the body is no form.

    Raises:
        ProblemError: it is too long (413), or no form.
        SourceError: it is not compressed as it says.
    """
    header = request.headers.get("content-type", "")
    if header.partition(";")[0].strip().lower() != _MULTIPART:
        return None
    boundary = boundary_of(header)
    file = await _spooled(request)

    def read() -> dict[str, Part]:
        with file:
            return {part.field: part for part in parts(file.read(), boundary)}

    return await asyncio.to_thread(read)


def upload_of(part: Part, *, form: str = "") -> Upload:
    """Return the part as an upload, in the format of that name where its own is not told.

    Raises:
        ProblemError: it is in no format that is read.
    """
    # A browser tells no type of what is typed, and text/plain of a file it does not know.
    kind = "" if part.media_type == "text/plain" else part.media_type
    ending = part.name.rpartition(".")[2].lower()
    is_told = kind not in _UNTOLD or any(ending in f.endings for f in FORMATS.values())
    known = FORMATS.get(form) if not is_told else None
    found = known or _form(kind, part.name)
    return Upload(part.name or part.field, found.name, spooled(part.content))


_UNTOLD = frozenset(("", "application/octet-stream"))


def _uploads(file: BinaryIO, boundary: bytes, base: str | None) -> tuple[Upload, ...]:
    with file:
        body = file.read()
    return tuple(_upload_of_parts(body, boundary, base))


def _upload_of_parts(
    body: bytes, boundary: bytes, base: str | None
) -> Iterator[Upload]:
    found = [
        (part, _form(part.media_type, part.name)) for part in parts(body, boundary)
    ]
    for part, form in found:
        yield Upload(part.name or "part", form.name, spooled(part.content), base)


async def _spooled(request: Request) -> BinaryIO:
    """Return the body, unpacked, in a file without a name."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body in the encoding {encoding[:40]} is not read",
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length[:20]) > MAXIMUM_SIZE:
        raise _too_long()
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the writer closes it
    try:
        async for piece in inflated(request.stream(), encoding, limit=MAXIMUM_SIZE):
            file.write(piece)
            # What is received at once may swell to a thousand pieces.
            await asyncio.sleep(0)
    except LimitError as error:
        file.close()
        raise _too_long() from error
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _form(kind: str, name: str) -> Format:
    """Return the format of that media type; without one, of that file name's ending."""
    ending = name.rpartition(".")[2].lower()
    for form in FORMATS.values():
        if kind == form.media_type or (kind in _UNTOLD and ending in form.endings):
            return form
    told = f"RDF of type {kind[:80]} is not read" if kind else "the body has no type"
    raise refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        told,
        available=READABLE,
        headers={"Accept": ", ".join(READABLE)},
    )


def _require_utf8(header: str) -> None:
    for parameter in header.lower().split(";")[1:]:
        name, _, charset = parameter.partition("=")
        if name.strip() == "charset" and charset.strip(' "') not in _CHARSETS:
            raise refusal(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"RDF in {charset.strip()[:40]} is not read",
                hint="Send it as UTF-8.",
            )


def _too_long() -> ProblemError:
    return refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is longer than {MAXIMUM_SIZE:,} bytes",
        hint="Send it in parts, or give the file to `milgraph`.",
    )
