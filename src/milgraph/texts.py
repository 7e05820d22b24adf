"""Texts: whether the text of an article still is where its segments say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from milgraph.errors import Position, SourceError
from milgraph.iris import article_named_after
from milgraph.store import Snapshot
from milgraph.syntax import MAXIMUM_SIZE
from milgraph.terms import MIL, Literal, NamedNode, compact

__all__ = ["Misfit", "TextReport", "article_of_text", "read_text", "verify_text"]

# How far from its place a passage is looked for, so that the report can say by how many
# characters the text has moved.
_REACH = 2000


@dataclass(frozen=True, slots=True)
class Misfit:
    """A segment, or the article, that the text does not fit, and why."""

    node: NamedNode
    problem: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class TextReport:
    """What came of comparing a text with an article."""

    article: NamedNode
    segments: int
    misfits: tuple[Misfit, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether every offset and every digest fits the text."""
        return not self.misfits


@dataclass(frozen=True, slots=True)
class _Segment:
    """A passage by position: offsets in code points, and the digest of its UTF-8."""

    node: NamedNode
    start: int
    end: int
    digest: str

    def problem_in(self, text: str) -> Misfit | None:
        """Return why the text does not have the passage there, if it has not."""
        if not 0 <= self.start < self.end <= len(text):
            return Misfit(
                self.node,
                f"{self.start} to {self.end} does not lie within the text, "
                f"which has {len(text)} code points",
            )
        if _digest(text[self.start : self.end]) == self.digest:
            return None
        moved = self._moved_in(text)
        hint = (
            None if moved is None else f"The same words begin at {self.start + moved}."
        )
        return Misfit(
            self.node,
            f"what stands from {self.start} to {self.end} has another digest",
            hint,
        )

    def _moved_in(self, text: str) -> int | None:
        """Return by how many code points the passage moved, where it is found nearby."""
        length = self.end - self.start
        for distance in range(1, _REACH + 1):
            for moved in (distance, -distance):
                start = self.start + moved
                if start < 0 or start + length > len(text):
                    continue
                if _digest(text[start : start + length]) == self.digest:
                    return moved
        return None


def read_text(path: Path) -> str:
    """Return the text of the file exactly, without translating its line ends.

    Raises:
        SourceError: it cannot be read, is too large, empty or not UTF-8.
    """
    place = Position(str(path))
    try:
        if path.stat().st_size > MAXIMUM_SIZE:
            raise SourceError(
                f"the file is larger than {MAXIMUM_SIZE:,} bytes", position=place
            )
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise SourceError(
            f"cannot be read: {error.strerror}", position=place
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(
            f"byte {error.start} is not UTF-8",
            position=place,
            hint="Offsets count the code points of the text as UTF-8; convert the file.",
        ) from error
    if not text:
        raise SourceError("the file is empty", position=place)
    return text


def article_of_text(snapshot: Snapshot, text: str, path: Path) -> NamedNode:
    """Return the article whose text this is: by digest, length, or the file's name.

    Raises:
        SourceError: none fits.
    """
    digest = Literal(_digest(text))
    lengths = {
        quad.subject: int(quad.object.value)
        for quad in snapshot.match(None, MIL.textLength)
        if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode)
    }
    same = {q.subject for q in snapshot.match(None, MIL.textDigest, digest)}
    found = (
        {node for node in lengths if node in same}
        or {node for node, length in lengths.items() if length == len(text)}
        or {node for node in lengths if node == article_named_after(path)}
    )
    if len(found) == 1:
        return found.pop()
    known = ", ".join(compact(node) for node in sorted(lengths, key=str)) or "none"
    raise SourceError(
        "no article says that this is its text",
        position=Position(str(path)),
        hint=f"Name the article with --article. Articles with a digest: {known}.",
    )


def verify_text(snapshot: Snapshot, article: NamedNode, text: str) -> TextReport:
    """Return whether the text fits the article and each of its segments.

    Raises:
        SourceError: the graph has no segments of such an article.
    """
    segments = tuple(_segments(snapshot, article))
    if not segments:
        raise SourceError(f"the graph has no segments of {compact(article)}")
    problems = (segment.problem_in(text) for segment in segments)
    found = [problem for problem in problems if problem]
    return TextReport(
        article, len(segments), (*_whole(snapshot, article, text), *found)
    )


def _whole(snapshot: Snapshot, article: NamedNode, text: str) -> Iterator[Misfit]:
    """Return where the text as a whole is not what the article's record says."""
    length = _one(snapshot, article, MIL.textLength)
    digest = _one(snapshot, article, MIL.textDigest)
    if length is not None and int(length) != len(text):
        yield Misfit(
            article,
            f"the text has {len(text)} code points, not {length}",
            _hint_of_length(text),
        )
    if digest is not None and digest != _digest(text):
        yield Misfit(article, "the text as a whole has another digest")


def _hint_of_length(text: str) -> str | None:
    if text.startswith("\ufeff"):
        return "The file begins with a byte order mark, which is not part of the text."
    if "\r" in text:
        return "The file has carriage returns; line ends may have been translated."
    return None


def _segments(snapshot: Snapshot, article: NamedNode) -> Iterator[_Segment]:
    """Return the article's segments in the order of the text."""
    starts = snapshot.match(None, MIL.startOffset, None, article)
    nodes = {q.subject for q in starts if isinstance(q.subject, NamedNode)}
    found = (_segment(snapshot, article, node) for node in nodes)
    return iter(sorted(found, key=lambda s: (s.start, -s.end, s.node.value)))


def _segment(snapshot: Snapshot, article: NamedNode, node: NamedNode) -> _Segment:
    start, end, digest = (
        _value(snapshot.match(node, predicate, None, article))
        for predicate in (MIL.startOffset, MIL.endOffset, MIL.digest)
    )
    return _Segment(node, int(start or -1), int(end or -1), digest or "")


def _one(snapshot: Snapshot, article: NamedNode, predicate: NamedNode) -> str | None:
    return _value(snapshot.match(article, predicate, None, article))


def _value(quads: Iterable[object]) -> str | None:
    values = (getattr(getattr(quad, "object", None), "value", None) for quad in quads)
    return next((value for value in values if value is not None), None)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
