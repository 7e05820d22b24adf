"""Workers: what runs in a reader, one question after the other, until it is told to go."""

import contextlib
import gc
import os
import socket
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from milgraph.answers import RESULT_FORMATS, Answer, evaluate
from milgraph.errors import KnowledgeGraphError, QueryError
from milgraph.export.orders import Order, fill
from milgraph.generations import Generations
from milgraph.readers.heading import HEADED, Headed
from milgraph.readers.output import Output
from milgraph.readers.questions import (
    FLAGS,
    LARGE,
    MOVE,
    MOVED,
    QUESTION,
    SHORT,
    Question,
    decode_question,
    encode_error,
    simple_form,
    text_of,
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
    connection.send(MOVED)
    # What was loaded stays; to look for garbage among it would cost each query.
    gc.collect()
    gc.freeze()
    gc.disable()
    buffer = bytearray(MESSAGE)
    view = memoryview(buffer)
    while True:
        size = connection.recv_into(buffer)
        if not size:
            return
        kind = buffer[:1]
        if kind == QUESTION:
            _answer(connection, view[:size], snapshot)
        elif kind == MOVE:
            if generations.current != number:
                number, snapshot = generations.open(known=known)
            connection.send(MOVED)
        elif kind == LARGE:
            _answer(connection, memoryview(_contents(connection)), snapshot)


def _contents(connection: socket.socket) -> bytes:
    """Return what the file holds that comes with the next message."""
    _, files, _, _ = socket.recv_fds(connection, 1, 1)
    with os.fdopen(files[0], "rb") as file:
        file.seek(0)
        return file.read()


def _answer(connection: socket.socket, message: memoryview, snapshot: Snapshot) -> None:
    """Send the answer, or the error that took its place."""
    try:
        if form := simple_form(message):
            _write_simply(message, form, snapshot, connection)
            return
        question, rows = decode_question(message)
        output = Output(connection, question.form)
        if question.export:
            _export(question, snapshot, output)
        else:
            _write(question, rows, snapshot, output)
        output.finish()
    except KnowledgeGraphError as error:
        connection.send(encode_error(error))
    except MemoryError:
        connection.send(encode_error(TOO_LARGE))
    except Exception as error:  # noqa: BLE001 - whatever it is, the reader answers
        with contextlib.suppress(OSError):
            connection.send(encode_error(QueryError(f"the evaluation failed: {error}")))


def _write_simply(
    message: memoryview, form: str, snapshot: Snapshot, connection: socket.socket
) -> None:
    """Answer a question that asks for nothing special, as most do, with less ado."""
    output = Output(connection, form)
    answer = Answer(snapshot.query(text_of(message)))
    if message[FLAGS] & SHORT and not answer.is_graph:
        output.write(answer.at_once(form))
    else:
        answer.write(output, form)
    output.finish()


def _write(question: Question, rows: int, snapshot: Snapshot, output: Output) -> None:
    text = question.text
    request = _inspected(text, question.services) if "*" in text else Request(text)
    is_capped = bool(rows) and question.form in RESULT_FORMATS
    is_headed = request.selects_all and question.form in HEADED and not is_capped
    answer = evaluate(
        snapshot,
        Request(text) if is_headed else request,
        bindings=question.bindings,
        default_graphs=question.default_graphs,
        named_graphs=question.named_graphs,
        base=question.base,
    )
    if question.gzip:
        output.compress()
    if question.counts:
        output.count(question.form)
    if is_capped and not answer.is_boolean:
        write_capped(answer, output, question.form, rows)
    elif is_headed:
        columns = answer.columns
        ordered = request.ordered(columns)
        answer.write(Headed(output, question.form, columns, ordered), question.form)
    else:
        answer.write(output, question.form)


def _export(question: Question, snapshot: Snapshot, output: Output) -> None:
    if question.gzip:
        output.compress()
    order = Order.read(question.export)
    fill(order, snapshot, output, query=question.text, bindings=question.bindings)


@lru_cache(_KEPT)
def _inspected(text: str, services: tuple[str, ...]) -> Request:
    """Return the request, for the order of its columns; the parent has inspected it."""
    return inspect(text, Policy(services=frozenset(services)))
