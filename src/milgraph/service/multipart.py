"""Multipart: the files of a form, as programs and browsers send them (RFC 7578)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from http import HTTPStatus

from milgraph.service.problems import Problem, ProblemError

__all__ = ["Part", "boundary_of", "parts"]

_MOST_PARTS = 100
_LONGEST_HEAD = 16 * 1024
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: its file's name, its media type where told, and its content.

    `field` is the field of the form that it is of.
    """

    name: str
    media_type: str
    content: bytes
    field: str = ""


def boundary_of(content_type: str) -> bytes:
    """Return what stands between the parts.

    Raises:
        ProblemError: the header does not say it.

    >>> boundary_of('multipart/form-data; boundary="a b"')
    b'a b'
    """
    found = _BOUNDARY.search(content_type)
    if not found:
        raise _problem("the Content-Type of the form has no boundary")
    return (found[1] or found[2]).encode("latin-1", "replace")


def parts(body: bytes, boundary: bytes) -> Iterator[Part]:
    """Return the parts in the order of the form.

    Raises:
        ProblemError: the form is not well formed, or has too many parts.
    """
    # Every boundary but the first is at the start of a line that it takes with it.
    body = b"\r\n" + body
    mark = b"\r\n--" + boundary
    start = body.find(mark)
    for _ in range(_MOST_PARTS + 1):
        if start < 0:
            raise _problem("the form breaks off")
        start += len(mark)
        if body.startswith(b"--", start):
            return
        end = body.find(mark, start)
        if end < 0:
            raise _problem("the form breaks off")
        yield _part(body, start, end)
        start = end
    raise _problem(f"the form has more than {_MOST_PARTS} parts")


def _part(body: bytes, start: int, end: int) -> Part:
    # Blanks may stand after a boundary, up to the end of its line.
    line = body.find(b"\r\n", start, end)
    head = body.find(b"\r\n\r\n", line, end) if line >= 0 else -1
    if head < 0 or head - start > _LONGEST_HEAD:
        raise _problem("a part of the form has no headers")
    headers = BytesHeaderParser().parsebytes(body[line + 2 : head + 2])
    told = "content-type" in headers
    return Part(
        headers.get_filename() or "",
        headers.get_content_type() if told else "",
        body[head + 4 : end],
        str(headers.get_param("name", "", "content-disposition") or ""),
    )


def _problem(detail: str) -> ProblemError:
    status = HTTPStatus.BAD_REQUEST
    return ProblemError(Problem(status, status.phrase, detail))
