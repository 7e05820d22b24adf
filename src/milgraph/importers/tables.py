"""Tables: the rows of a file of records, read strictly and one at a time."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from milgraph.compression import FILE_ERRORS, opened
from milgraph.errors import Position, SourceError
from milgraph.importers.checks import control_in

__all__ = ["Check", "Flaw", "Row", "Table"]

# The number of the line on which the record begins, and its fields.
Row = tuple[int, list[str]]
# Which column is not as it should be, and why.
Flaw = tuple[int, str]
# A column, what its values are, and what a value is that is not so.
Check = tuple[int, Callable[[str], object], str]
_LONGEST_FIELD = 1024 * 1024
_LONGEST_LINE = 4 * _LONGEST_FIELD
_SHOWN = 40
# How files begin that are compressed, and what unpacks them.
_COMPRESSED = ((b"\x1f\x8b", ".gz"), (b"BZh", ".bz2"), (b"PK\x03\x04", ".zip"))
_FEWEST_OF_GDELT = 57
# By which the first line of a file is known: a title, the name of its importer, whether
# a line is one of that data set, and what it looks like.
_LOOKS: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
    (
        "UCDP GED",
        "ucdp",
        lambda line: "dyad_new_id" in line,
        "a header with dyad_new_id",
    ),
    (
        "ACLED",
        "acled",
        lambda line: "event_id_cnty" in line,
        "a header with event_id_cnty",
    ),
    (
        "GDELT",
        "gdelt",
        lambda line: line.count("\t") + 1 >= _FEWEST_OF_GDELT,
        "61 columns apart by tabs, without a header",
    ),
)


@dataclass(frozen=True)
class Table:
    """What a file of a data set looks like.

    `key` is the column that identifies a record. `checks` tell what a column may hold,
    and `clash` what two columns contradict each other in: a column that holds what only
    another can hold shows that all have shifted. `widths` explains other numbers of
    columns that files of the same publisher have.
    """

    title: str
    columns: tuple[str, ...]
    key: int
    checks: tuple[Check, ...]
    clash: Callable[[list[str]], Flaw | None]
    is_quoted: bool
    has_header: bool
    widths: Mapping[int, str] = field(default_factory=dict)

    def flaw(self, fields: list[str]) -> Flaw | None:
        """Return what is wrong with the fields of a record, if anything is."""
        for index, holds, reason in self.checks:
            if not holds(fields[index]):
                return index, reason
        return self.clash(fields) or control_in(fields, is_quoted=self.is_quoted)

    def rows(self, path: Path) -> Iterator[Row]:
        """Return the records of the file, each held to what the table promises.

        Raises:
            SourceError: the file cannot be read, or is damaged; with the line.
        """
        _require_regular(path)
        try:
            with (
                opened(path) as file,
                TextIOWrapper(file, encoding="utf-8-sig", newline="\n") as text,
            ):
                yield from self._checked(text, path)
        except SourceError as error:
            place = error.position
            if place and place.line == 1 and (other := self._other(path)):
                raise other from error
            raise
        except UnicodeDecodeError as error:
            raise _ill_encoded(path, error) from error
        except FILE_ERRORS as error:
            told = getattr(error, "strerror", None) or error
            raise SourceError(
                f"cannot be read: {told}",
                position=Position(str(path)),
            ) from error

    def _other(self, path: Path) -> SourceError | None:
        """Return what to say of a file that looks like one of another data set."""
        with opened(path) as file:
            first = file.readline(_LONGEST_FIELD).decode(errors="replace")
        for title, name, holds, look in _LOOKS:
            if holds(first) and not self.title.startswith(title):
                return SourceError(
                    f"the file looks like {title} ({look}), and not like {self.title}",
                    position=Position(str(path), 1),
                    hint=f"Import it by `milgraph import {name}`.",
                )
        return None

    def _checked(self, text: TextIO, path: Path) -> Iterator[Row]:
        width, flaw = len(self.columns), self.flaw
        rows = self._quoted(text, path) if self.is_quoted else _plain(text, path)
        if self.has_header:
            self._require_header(next(rows, None), path)
        found = False
        for line, fields in rows:
            if len(fields) != width:
                raise self._ill_measured(path, line, fields)
            if (wrong := flaw(fields)) is not None:
                raise self._shifted(path, line, fields, wrong)
            found = True
            yield line, fields
        if not found:
            raise SourceError(
                "the file holds no record", position=Position(str(path), 1)
            )

    def _quoted(self, text: TextIO, path: Path) -> Iterator[Row]:
        csv.field_size_limit(_LONGEST_FIELD)
        reader = csv.reader(_lines(text, path), strict=True)
        line = 1
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _ill_quoted(path, line, error) from error
            yield line, fields
            line = reader.line_num + 1

    def _require_header(self, row: Row | None, path: Path) -> None:
        fields = row[1] if row else []
        if tuple(fields) == self.columns:
            return
        raise SourceError(
            self._unlike_header(fields),
            position=Position(str(path), 1),
            hint=f"Give the file as {self.title} publishes it, with all columns in "
            "their order.",
        )

    def _unlike_header(self, fields: list[str]) -> str:
        if len(fields) == len(self.columns) and self.flaw(fields) is None:
            return "the file has no header: its first line is a record already"
        if explained := self.widths.get(len(fields)):
            return explained
        twice = {name for name in fields if fields.count(name) > 1}
        if twice:
            return f"the header names {_quote(min(twice))} twice"
        for index, name in enumerate(self.columns):
            given = fields[index] if index < len(fields) else None
            if given != name:
                told = "nothing" if given is None else _quote(given)
                return f"column {index + 1} of the header is {told}, not {name!r}"
        return (
            f"the header has {len(fields)} columns, {len(fields) - len(self.columns)} "
            "too many"
        )

    def _ill_measured(self, path: Path, line: int, fields: list[str]) -> SourceError:
        width = len(self.columns)
        explained = self.widths.get(len(fields))
        return SourceError(
            explained
            or f"the record has {len(fields)} columns, and {self.title} has {width}",
            position=Position(str(path), line),
            hint=None
            if explained
            else "The line is cut short or joined with another; fetch the file anew.",
        )

    def _shifted(
        self, path: Path, line: int, fields: list[str], wrong: Flaw
    ) -> SourceError:
        index, reason = wrong
        if tuple(fields) == self.columns:
            told, hint = "the header comes again", "Remove the line."
        else:
            told = (
                f"column {index + 1}, {self.columns[index]}, is "
                f"{_quote(fields[index])}, which is {reason}"
            )
            hint = "A column may be missing or one too many before it; fetch the file anew."
        return SourceError(told, position=Position(str(path), line), hint=hint)


def _require_regular(path: Path) -> None:
    # A table is read twice, and nothing comes a second time from a pipe.
    if path.exists() and not path.is_file():
        raise SourceError(
            "this is no file that can be read twice",
            position=Position(str(path)),
            hint="Give a regular file: write what comes from a pipe into one first.",
        )


def _plain(text: TextIO, path: Path) -> Iterator[Row]:
    """Return the lines split at tabs, in which nothing is quoted."""
    number = 0
    for number, line in enumerate(_lines(text, path), 1):
        yield number, line.rstrip("\r\n").split("\t")


def _lines(text: TextIO, path: Path) -> Iterator[str]:
    """Return the lines, each of which is whole."""
    number, line = 0, "\n"
    # A line that never ends would be held whole, and a compressed one costs its sender
    # nothing.
    for number, line in enumerate(iter(partial(text.readline, _LONGEST_LINE), ""), 1):
        if len(line) == _LONGEST_LINE:
            raise SourceError(
                f"the line is longer than {_LONGEST_LINE:,} characters",
                position=Position(str(path), number),
                hint="The file is damaged, or no table.",
            )
        if "\0" in line:
            raise SourceError(
                "the line holds a NUL character",
                position=Position(str(path), number),
                hint="The file is damaged; fetch it anew.",
            )
        yield line
    if not line.endswith("\n"):
        raise SourceError(
            "the file ends in the middle of a line",
            position=Position(str(path), number),
            hint="It is cut short; fetch it anew.",
        )


def _ill_quoted(path: Path, line: int, error: csv.Error) -> SourceError:
    is_open = "unexpected end" in str(error)
    return SourceError(
        "a quotation that begins in this record is never closed"
        if is_open
        else f"the record is not CSV: {error}",
        position=Position(str(path), line),
        hint="The file is cut short or damaged; fetch it anew.",
    )


def _ill_encoded(path: Path, error: UnicodeDecodeError) -> SourceError:
    """Return what to say of a file that is not in UTF-8, with the line."""
    with opened(path) as file:
        begin = file.read(len(b"PK\x03\x04"))
    for magic, ending in _COMPRESSED:
        if begin.startswith(magic):
            return SourceError(
                f"the file is compressed, as one whose name ends in {ending}",
                position=Position(str(path), 1),
                hint="Unpack it; what is in .gz or .bz2 is read as it is, by that name.",
            )
    number, most = 0, 4 * _LONGEST_LINE
    with opened(path) as file:
        lines = iter(partial(file.readline, most), b"")
        for number, line in enumerate(lines, 1):  # noqa: B007 - read below
            try:
                line.decode()
            except UnicodeDecodeError:
                break
    return SourceError(
        f"the file is not in UTF-8: {error.reason}",
        position=Position(str(path), number or None),
        hint="Save it in UTF-8, or fetch it anew.",
    )


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
