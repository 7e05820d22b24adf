"""Workers: what runs in a reader, one question after the other, until it is told to go."""

import contextlib
import gc
import os
import socket
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from milgraph.answers import RESULT_FORMATS, evaluate
from milgraph.errors import KnowledgeGraphError, QueryError
from milgraph.generations import Generations
from milgraph.readers.output import Output
from milgraph.readers.questions import (
    MOVE,
    MOVED,
    QUESTION,
    Question,
    decode_question,
    encode_error,
)
from milgraph.readers.receiving import TOO_LARGE
from milgraph.readers.rows import write_capped
from milgraph.sparql import Policy, Request, inspect
from milgraph.store import Snapshot

__all__ = ["MESSAGE", "work"]

# No message to a reader is longer; what is goes through a file in memory.
MESSAGE = 128 * 1024
_KEPT = 1024


def work(connection: socket.socket, data: Path, known: Mapping[str, str]) -> None:
    """Answer from the newest generation until the other end is closed."""
    generations = Generations(data)
    number, snapshot = generations.open(known=known)
    connection.send(MOVED + number.to_bytes(8, "big"))
    # What was loaded stays; to look for garbage among it would cost each query.
    gc.collect()
    gc.freeze()
    gc.disable()
    buffer = bytearray(MESSAGE)
    view = memoryview(buffer)
    while True:
        size, files, _, _ = _receive(connection, buffer)
        if not size:
            return
        message = view[:size]
        if buffer[:1] == MOVE:
            if generations.current != number:
                number, snapshot = generations.open(known=known)
            connection.send(MOVED + number.to_bytes(8, "big"))
        elif files:
            _answer(connection, memoryview(_contents(files[0])), snapshot)
        elif buffer[:1] == QUESTION:
            _answer(connection, message, snapshot)


def _receive(
    connection: socket.socket, buffer: bytearray
) -> tuple[int, list[int], int, object]:
    """Return the size of the next message, and the file that came with it."""
    size, ancillary, flags, sender = connection.recvmsg_into([buffer], _ROOM)
    files = [
        int.from_bytes(content[:4], "little") for _, _, content in ancillary if content
    ]
    return size, files, flags, sender


_ROOM = socket.CMSG_SPACE(4)


def _contents(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        return file.read()


def _answer(connection: socket.socket, message: memoryview, snapshot: Snapshot) -> None:
    """Send the answer, or the error that took its place."""
    question, rows = decode_question(message)
    output = Output(connection, question.form)
    try:
        _write(question, rows, snapshot, output)
        output.finish()
    except KnowledgeGraphError as error:
        connection.send(encode_error(error))
    except MemoryError:
        connection.send(encode_error(TOO_LARGE))
    except Exception as error:  # noqa: BLE001 - whatever it is, the reader answers
        with contextlib.suppress(OSError):
            connection.send(encode_error(QueryError(f"the evaluation failed: {error}")))


def _write(question: Question, rows: int, snapshot: Snapshot, output: Output) -> None:
    text = question.text
    request = _inspected(text, question.services) if "*" in text else Request(text)
    answer = evaluate(
        snapshot,
        request,
        bindings=question.bindings,
        default_graphs=question.default_graphs,
        named_graphs=question.named_graphs,
        base=question.base,
    )
    if question.gzip:
        output.compress()
    if question.counts:
        output.count(question.form)
    if rows and question.form in RESULT_FORMATS and not answer.is_boolean:
        write_capped(answer, output, question.form, rows)
    else:
        answer.write(output, question.form)


@lru_cache(_KEPT)
def _inspected(text: str, services: tuple[str, ...]) -> Request:
    """Return the request, for the order of its columns; the parent has inspected it."""
    return inspect(text, Policy(services=frozenset(services)))
