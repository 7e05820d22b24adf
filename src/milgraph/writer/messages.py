"""Messages: what passes between the server and the writer, each a line of JSON.

The writer reads what strangers send, so that nothing it says is more than data: values
are of a few kinds, and errors of our one tree.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from milgraph import errors
from milgraph.errors import KnowledgeGraphError, StoreError
from milgraph.writer.values import packed, unpacked

__all__ = ["Message", "decoded", "encoded", "raised", "told"]

Message = dict[str, Any]

_ERRORS: Mapping[str, type[KnowledgeGraphError]] = MappingProxyType(
    {
        name: kind
        for name in errors.__all__
        if isinstance(kind := getattr(errors, name), type)
        and issubclass(kind, KnowledgeGraphError)
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
    """Return the error as a message, with all that it carries."""
    return {
        "error": type(error).__name__,
        "members": {name: packed(value) for name, value in vars(error).items()},
    }


def raised(message: Message) -> KnowledgeGraphError:
    """Return the error that the message tells."""
    kind = _ERRORS.get(message["error"], StoreError)
    members = {name: unpacked(value) for name, value in message["members"].items()}
    # Each kind has a constructor of its own, that says more than these already do.
    error = kind.__new__(kind)
    Exception.__init__(error, members.get("message", ""))
    vars(error).update(members)
    return error
