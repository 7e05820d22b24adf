"""Headings: the columns of a `SELECT *` in the order in which the query names them.

The engine orders them by name. In JSON and XML the order is that of the head alone, so
that it is mended there; in CSV and TSV the query is asked again with its columns
written out, which costs planning it twice.
"""

import json
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from milgraph.answers import Writable

__all__ = ["HEADED", "Headed"]

# The formats in which a row does not depend on the order of the columns.
HEADED = frozenset(("json", "xml"))


class Headed:
    """Passes on what is written to it, with the columns of the head in another order."""

    def __init__(
        self,
        output: Writable,
        form: str,
        columns: Iterable[str],
        ordered: Iterable[str],
    ) -> None:
        self._output = output
        head = _json_head if form == "json" else _xml_head
        self._old, self._new = head(columns), head(ordered)
        self._is_first = True

    def write(self, data: bytes) -> int:
        """Take the next bytes."""
        size = len(data)
        if self._is_first:
            self._is_first = False
            data = data.replace(self._old, self._new, 1)
        self._output.write(data)
        return size

    def flush(self) -> None:
        """Do what is left to do."""
        self._output.flush()


def _json_head(columns: Iterable[str]) -> bytes:
    names = json.dumps(list(columns), ensure_ascii=False, separators=(",", ":"))
    return f'{{"head":{{"vars":{names}}}'.encode()


def _xml_head(columns: Iterable[str]) -> bytes:
    names = "".join(f"<variable name={quoteattr(name)}/>" for name in columns)
    return f"<head>{names}</head>".encode()
