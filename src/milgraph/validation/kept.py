"""Kept: what the shapes look at, on disk, since reading their queries takes a second."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from milgraph.terms import NamedNode
from milgraph.validation.looking import Looking, Target
from milgraph.validation.steps import Step, Walk

__all__ = ["keep", "kept"]

# To be raised when a shape is read in another way, so that nothing old is taken.
_VERSION = 1


def kept(path: Path, digest: str) -> tuple[Looking, ...] | None:
    """Return what was kept of the shapes with the digest; `None` if nothing was."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["version"] != _VERSION or found["digest"] != digest:
            return None
        return tuple(_looking(*each) for each in found["looking"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(path: Path, digest: str, looking: Iterable[Looking]) -> None:
    """Keep what the shapes look at; where nothing can be written, nothing is kept."""
    written = {
        "version": _VERSION,
        "digest": digest,
        "looking": [_written(each) for each in looking],
    }
    draft = path.with_name(path.name + ".draft")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(written), encoding="utf-8")
        draft.replace(path)


def _written(looking: Looking) -> list[Any]:
    return [
        looking.shape,
        sorted([target.kind, target.term.value] for target in looking.targets),
        sorted(
            [
                [s.predicate.value, s.is_backward, s.value.value if s.value else ""]
                for s in walk
            ]
            for walk in looking.walks
        ),
    ]


def _looking(shape: str, targets: list[list[str]], walks: list[list[Any]]) -> Looking:
    return Looking(
        shape,
        frozenset(Target(kind, NamedNode(term)) for kind, term in targets),
        frozenset(map(_walk, walks)),
    )


def _walk(steps: list[list[Any]]) -> Walk:
    return tuple(
        Step(NamedNode(p), is_backward=back, value=NamedNode(value) if value else None)
        for p, back, value in steps
    )
