"""Messages: what passes between the server and the writer, each a line of JSON.

The writer reads what strangers send, so that nothing it says is more than data.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from milgraph.errors import (
    ConflictError,
    KnowledgeGraphError,
    LimitError,
    Position,
    QueryError,
    QueryRefusedError,
    SourceError,
    StoreError,
)

__all__ = ["Message", "decoded", "encoded", "raised", "told"]

Message = dict[str, Any]

_ERRORS: Mapping[str, type[KnowledgeGraphError]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            ConflictError,
            QueryError,
            QueryRefusedError,
            SourceError,
            StoreError,
        )
    }
)


def encoded(message: Message) -> bytes:
    """Return the message as it is sent."""
    return json.dumps(message).encode() + b"\n"


def decoded(line: bytes) -> Message:
    """Return the message that was sent.

    Raises:
        ValueError: it is not one.
    """
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not a message")  # noqa: TRY004 - what was said, not what was called
    return message


def told(error: KnowledgeGraphError) -> Message:
    """Return the error as a message."""
    place = error.position
    return {
        "error": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "position": [place.source, place.line, place.column] if place else None,
        "limit": error.limit if isinstance(error, LimitError) else None,
    }


def raised(message: Message) -> KnowledgeGraphError:
    """Return the error that the message tells."""
    place = message["position"]
    position = Position(*place) if place else None
    text, hint = message["message"], message["hint"]
    if message["limit"]:
        return LimitError(text, limit=message["limit"], hint=hint, position=position)
    kind = _ERRORS.get(message["error"], StoreError)
    return kind(text, hint=hint, position=position)
