"""Sending: many articles to a running server, a batch at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from milgraph.bulk import Loaded, Refusal, files_of
from milgraph.cli.doors import Door
from milgraph.errors import KnowledgeGraphError, StoreError
from milgraph.syntax import Source

__all__ = ["send"]

# A request has at most so many files, and so many bytes.
_MOST_FILES = 50
_LARGEST = 32 * 1024 * 1024


def send(
    door: Door,
    paths: Iterable[Path],
    *,
    progress: Callable[[str, float], None],
    keep_going: bool = False,
) -> Loaded:
    """Commit the articles of the files and folders through the door.

    With `keep_going`, what is refused is told and left out; otherwise it is raised, and
    the batches before it stay.

    Raises:
        KnowledgeGraphError: a file cannot be read, or an article is refused.
    """
    loaded = Loaded()
    files = list(files_of(paths))
    for batch in _batches(files, loaded, keep_going=keep_going):
        done = loaded.articles + loaded.unchanged + len(loaded.refused)
        progress(f"sending {Path(batch[0].name).name}", done / len(files))
        _commit(door, batch, loaded, keep_going=keep_going)
    return loaded


def _batches(
    files: Iterable[Path], loaded: Loaded, *, keep_going: bool
) -> Iterator[list[Source]]:
    """Return the articles in requests that the server takes."""
    batch: list[Source] = []
    size = 0
    for path in files:
        try:
            source = Source.of(path)
        except KnowledgeGraphError as error:
            if not keep_going:
                raise
            loaded.refused.append(Refusal(str(path), error))
            continue
        if batch and (
            len(batch) == _MOST_FILES or size + len(source.content) > _LARGEST
        ):
            yield batch
            batch, size = [], 0
        batch.append(source)
        size += len(source.content)
    if batch:
        yield batch


def _commit(
    door: Door, batch: Sequence[Source], loaded: Loaded, *, keep_going: bool
) -> None:
    """Commit the articles; where one is refused, find out which."""
    try:
        told = door.submit(batch, dry_run=False)
    except StoreError:
        # It is not for an article that the server does not answer.
        raise
    except KnowledgeGraphError as error:
        if not keep_going:
            raise
        if len(batch) == 1:
            loaded.refused.append(Refusal(batch[0].name, error))
            return
        half = len(batch) // 2
        _commit(door, batch[:half], loaded, keep_going=True)
        _commit(door, batch[half:], loaded, keep_going=True)
        return
    fates = Counter(told.fates.values())
    loaded.unchanged += fates["unchanged"]
    loaded.articles += fates.total() - fates["unchanged"]
    loaded.results += told.report.results
    if told.commit is not None:
        loaded.commits.append(told.commit)
