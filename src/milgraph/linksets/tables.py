"""Tables: a mapping set as the SSSOM/TSV file that holds it, read and written without loss.

The file is a block of YAML, each line behind a `#`, then the table: a tab between cells,
quotes around a cell that has a tab, a line break or a quote in it (SSSOM 1.0).
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Self

from milgraph.errors import LinksetError, Position
from milgraph.linksets.heads import Metadata, head_text, read_head
from milgraph.linksets.rows import NO_TERM_FOUND, Row
from milgraph.linksets.slots import OF_A_MAPPING, REQUIRED_OF_A_SET
from milgraph.terms import NamedNode

__all__ = ["MappingSet", "read_table"]

# A table is a file that people edit; what is larger was never reviewed.
_LARGEST = 64 * 1024 * 1024
_NEEDED = ("subject_id", "predicate_id", "object_id", "mapping_justification")
_CARDINALITY = "mapping_cardinality"


@dataclass(frozen=True, slots=True)
class MappingSet:
    """What is judged of our entities and those of one other data set, with its evidence."""

    metadata: Metadata
    curies: Mapping[str, str]
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = ()

    def __post_init__(self) -> None:
        missing = [slot for slot in REQUIRED_OF_A_SET if slot not in self.metadata]
        if missing:
            raise LinksetError(
                f"the metadata have no {', '.join(missing)}",
                hint="Write it at the top of the table, behind a #.",
            )
        _require_columns(self.columns)
        used = {slot for row in self.rows for slot in row.values}
        if stray := used - set(self.columns):
            raise LinksetError(f"the table has no column {', '.join(sorted(stray))}")

    def __getitem__(self, slot: str) -> str:
        """Return the one value of the slot of the metadata, or an empty text."""
        return next(iter(self.metadata.get(slot, ())), "")

    @property
    def judged(self) -> frozenset[tuple[NamedNode, NamedNode]]:
        """The pairs that somebody has accepted or refused."""
        return frozenset(row.pair(self.curies) for row in self.rows)

    @property
    def linked(self) -> frozenset[NamedNode]:
        """Our entities that are linked."""
        return frozenset(
            row.pair(self.curies)[0] for row in self.rows if row.links(self.curies)
        )

    @property
    def without_counterpart(self) -> frozenset[NamedNode]:
        """Our entities of which somebody found that the other data set has none."""
        return frozenset(
            subject
            for row in self.rows
            for subject, value in (row.pair(self.curies),)
            if value == NO_TERM_FOUND and not row.is_rejection
        )

    def adding(
        self, rows: Iterable[Row], *, curies: Mapping[str, str], version: str
    ) -> Self:
        """Return the set with the rows, each behind those of its subject.

        Raises:
            LinksetError: a row lacks evidence, or judges what is judged already.
        """
        declared = {**curies, **self.curies}
        known = set(self.judged)
        held = list(self.rows)
        for row in rows:
            row.require_evidence(declared)
            pair = row.pair(declared)
            if pair in known:
                raise LinksetError(
                    f"{row['subject_id']} and {row['object_id']} are judged already",
                    hint="Correct the row in the table.",
                )
            known.add(pair)
            held.insert(_place_of(row, held), row)
        used = set(self.columns) | {slot for row in held for slot in row.values}
        columns = (
            self.columns
            if used == set(self.columns)
            else tuple(slot for slot in OF_A_MAPPING if slot in used)
        )
        return replace(
            self,
            metadata={**self.metadata, "mapping_set_version": (version,)},
            curies=declared,
            columns=columns,
            rows=tuple(held),
        ).counted()

    def counted(self) -> Self:
        """Return the set with the cardinality of each link, where it has the column."""
        if _CARDINALITY not in self.columns:
            return self
        linking = [row.pair(self.curies) for row in self.rows if row.links(self.curies)]
        subjects = Counter(subject for subject, _ in linking)
        objects = Counter(value for _, value in linking)
        return replace(
            self,
            rows=tuple(self._counted(row, subjects, objects) for row in self.rows),
        )

    def _counted(
        self,
        row: Row,
        subjects: Mapping[NamedNode, int],
        objects: Mapping[NamedNode, int],
    ) -> Row:
        values = {s: v for s, v in row.values.items() if s != _CARDINALITY}
        if row.links(self.curies):
            subject, value = row.pair(self.curies)
            left = "1" if objects[value] == 1 else "n"
            right = "1" if subjects[subject] == 1 else "n"
            values[_CARDINALITY] = (f"{left}:{right}",)
        return Row(values)

    def text(self) -> str:
        """Return the table as its file holds it: the same text for the same set."""
        head = head_text(self.metadata, self.curies)
        lines = [f"# {line}" for line in head.removesuffix("\n").split("\n")]
        lines.append("\t".join(self.columns))
        lines += (
            "\t".join(_quoted(row.cell(slot)) for slot in self.columns)
            for row in self.rows
        )
        return "\n".join(lines) + "\n"

    def write(self, path: Path) -> None:
        """Put the table into the file, whole or not at all."""
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(self.text(), encoding="utf-8", newline="")
        fresh.replace(path)


def _quoted(cell: str) -> str:
    if not any(character in cell for character in '\t\n\r"'):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def _place_of(row: Row, held: list[Row]) -> int:
    """Return where the row belongs: behind those of the same subject, or at the end."""
    last = [i for i, one in enumerate(held) if one["subject_id"] == row["subject_id"]]
    return last[-1] + 1 if last else len(held)


def _require_columns(columns: tuple[str, ...]) -> None:
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise LinksetError(f"the table has no column {', '.join(missing)}")
    for name, number in Counter(columns).items():
        if number > 1:
            raise LinksetError(f"the table has the column {name} {number} times")
        if name not in OF_A_MAPPING:
            raise LinksetError(
                f"{name!r} is not a column of SSSOM",
                hint="What has no column of its own goes into comment or other.",
            )


def read_table(path: Path) -> MappingSet:
    """Return the mapping set of an SSSOM/TSV file.

    Raises:
        LinksetError: it cannot be read, its head or its table is damaged, or a row
            lacks what makes a judgement one; the error says in which line.
    """
    text = _text(path)
    head, table = _halves(text)
    source, first = str(path), head.count("\n") + 1
    yaml = "\n".join(line[1:] for line in head.split("\n") if line)
    metadata, curies = read_head(yaml, source)
    lines = _lines(table, source, first)
    number, columns = next(lines, (first, ()))
    place = Position(source, number)
    with _at(place):
        empty = MappingSet(metadata, curies, columns)
    rows: dict[tuple[NamedNode, NamedNode], Row] = {}
    for number, cells in lines:
        with _at(Position(source, number)):
            row = _row(columns, cells)
            row.require_evidence(curies)
            pair = row.pair(curies)
            if pair in rows:
                raise LinksetError(
                    f"{row['subject_id']} and {row['object_id']} have a row already"
                )
        rows[pair] = row
    return replace(empty, rows=tuple(rows.values()))


class _at:  # noqa: N801 - reads as a preposition
    """What is wrong in the block is wrong at the place."""

    def __init__(self, place: Position) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, LinksetError) and error.position is None:
            error.position = self._place


def _text(path: Path) -> str:
    place = Position(str(path))
    try:
        if path.stat().st_size > _LARGEST:
            raise LinksetError(
                f"the table is larger than {_LARGEST:,} bytes", position=place
            )
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinksetError(
            f"the table cannot be read: {error}", position=place
        ) from error
    for character, name in (("\ufeff", "a byte order mark"), ("\0", "a NUL")):
        if character in (text[:1] if character == "\ufeff" else text):
            line = text.partition(character)[0].count("\n") + 1
            raise LinksetError(
                f"the table has {name} in it",
                position=Position(str(path), line),
                hint="Save it as UTF-8 without a byte order mark.",
            )
    return text


def _halves(text: str) -> tuple[str, str]:
    """Return the lines of the head, and the rest."""
    end = 0
    while text.startswith("#", end):
        end = text.find("\n", end) + 1 or len(text)
    return text[:end], text[end:]


def _lines(
    table: str, source: str, first: int
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Return each line of the table with its number, from its first one on."""
    reader = csv.reader(StringIO(table, newline=""), delimiter="\t", strict=True)
    number = first
    try:
        for cells in reader:
            if not cells:
                raise LinksetError(
                    "the table has an empty line", position=Position(source, number)
                )
            yield number, tuple(cells)
            number = first + reader.line_num
    except csv.Error as error:
        raise LinksetError(
            f"the table is damaged: {error}", position=Position(source, number)
        ) from error


def _row(columns: tuple[str, ...], cells: tuple[str, ...]) -> Row:
    if len(cells) != len(columns):
        raise LinksetError(
            f"the row has {len(cells)} cells, and the table {len(columns)} columns",
            hint="Count the tabs.",
        )
    return Row.of_cells(dict(zip(columns, cells, strict=True)))
