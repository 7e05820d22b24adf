"""Reviews: proposals as a table that a spreadsheet edits, and the decisions in it."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path

from milgraph.errors import LinksetError, ParameterError, Position
from milgraph.linking.decisions import Decision, Verdict
from milgraph.linking.proposals import Proposal
from milgraph.linksets import LINKING
from milgraph.matching import Profile
from milgraph.terms import NamedNode, compact, expand

__all__ = ["read_review", "review_text"]

_COLUMNS = (
    "decision",
    "author",
    "evidence",
    "confidence",
    "predicate",
    "subject",
    "subject_label",
    "object",
    "object_label",
    "object_description",
    "score",
    "identified",
    "why",
)
_LARGEST = 64 * 1024 * 1024
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_VERDICTS = ", ".join(Verdict)
_MARKED = "'"


def review_text(proposals: Iterable[Proposal]) -> str:
    """Return the proposals as a table to fill in: a decision, its author, its evidence."""
    buffer = StringIO()
    table = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    table.writerow(_COLUMNS)
    for proposal in proposals:
        table.writerow(map(_safe, _cells(proposal)))
    return buffer.getvalue()


def _cells(proposal: Proposal) -> tuple[str, ...]:
    return (
        "",
        "",
        "",
        "",
        compact(proposal.predicate),
        compact(NamedNode(proposal.ours.id)),
        proposal.ours.label,
        proposal.theirs.id,
        proposal.theirs.label,
        proposal.theirs.description,
        f"{proposal.score:g}",
        "yes" if proposal.is_identified else "no",
        proposal.reasons,
    )


def _safe(cell: str) -> str:
    text = " ".join(cell.split()) if any(c in cell for c in "\r\n\t") else cell
    return f"{_MARKED}{text}" if text.startswith(_FORMULA) else text


def read_review(path: Path, ours: Mapping[str, Profile]) -> list[Decision]:
    """Return the decisions in the table; a row without one is left for another time.

    Raises:
        LinksetError: the table is damaged, or a decision is not whole; with the line.
            Then none of it counts.
    """
    lines = _lines(path)
    number, head = next(lines, (1, []))
    _require_head(head, Position(str(path), number))
    found: list[Decision] = []
    seen: set[tuple[str, str]] = set()
    for number, cells in lines:
        place = Position(str(path), number)
        try:
            decision = _decision(_named(head, cells), ours)
            if decision is None:
                continue
            pair = (decision.subject.id, decision.value)
            if pair in seen:
                raise LinksetError("the pair is decided in a row above as well")  # noqa: TRY301 - gets its place below
        except LinksetError as error:
            error.position = error.position or place
            raise
        seen.add(pair)
        found.append(decision)
    return found


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    place = Position(str(path))
    try:
        if path.stat().st_size > _LARGEST:
            raise LinksetError(
                f"the table is larger than {_LARGEST:,} bytes", position=place
            )
        # Spreadsheets put a byte order mark in front.
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LinksetError(
            f"the table cannot be read: {error}",
            position=place,
            hint="Save it as tab-separated text in UTF-8.",
        ) from error
    if "\0" in text:
        line = text.partition("\0")[0].count("\n") + 1
        raise LinksetError("there is a NUL", position=Position(str(path), line))
    reader = csv.reader(StringIO(text, newline=""), delimiter="\t", strict=True)
    number = 1
    try:
        for cells in reader:
            if any(cells):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise LinksetError(
            f"the table is damaged: {error}", position=Position(str(path), number)
        ) from error


def _require_head(head: list[str], place: Position) -> None:
    if sorted(set(head)) != sorted(head):
        raise LinksetError("a column is there twice", position=place)
    if missing := [name for name in _COLUMNS[:9] if name not in head]:
        raise LinksetError(
            f"the table has no column {', '.join(missing)}",
            position=place,
            hint="Fill in the table that --to-review wrote.",
        )


def _named(head: list[str], cells: list[str]) -> Mapping[str, str]:
    if len(cells) != len(head):
        raise LinksetError(
            f"the row has {len(cells)} cells, and the table {len(head)} columns"
        )
    return {
        name: cell.strip().removeprefix(_MARKED)
        for name, cell in zip(head, cells, strict=True)
    }


def _decision(row: Mapping[str, str], ours: Mapping[str, Profile]) -> Decision | None:
    said = row["decision"].lower()
    if not said:
        if row["author"] or row["evidence"] or row["confidence"]:
            raise LinksetError(
                "the row is half filled in: there is no decision",
                hint=f"Write {_VERDICTS}, or empty the other cells.",
            )
        return None
    if said not in list(Verdict):
        raise LinksetError(
            f"{said!r} is no decision", hint=f"Decisions are {_VERDICTS}."
        )
    subject = ours.get(_iri(row["subject"]).value)
    if subject is None:
        raise LinksetError(f"{row['subject']} is not an entity of the graph")
    predicate = _iri(row["predicate"])
    if predicate not in LINKING:
        raise LinksetError(
            f"{row['predicate']} does not link",
            hint=f"A link is {', '.join(map(compact, sorted(LINKING, key=str)))}.",
        )
    return Decision(
        Verdict(said),
        subject,
        _iri(row["object"]).value,
        row["object_label"],
        predicate,
        row["author"],
        row["evidence"],
        row["confidence"] or "0.90",
        _score(row.get("score", "")),
    )


def _score(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError as error:
        raise LinksetError(f"score {text!r} is no number") from error


def _iri(text: str) -> NamedNode:
    try:
        return expand(text)
    except ParameterError as error:
        raise LinksetError(f"{text!r} is not an IRI") from error
