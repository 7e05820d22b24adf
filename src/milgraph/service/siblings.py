"""Siblings: the server processes that share one address, and what they ask each other.

A request reaches one of them; what runs, and what was counted, is known to all of them
together. Each listens on a socket that was made before they were forked and that only
their own user is answered on; a question is a line of JSON, and so is its answer.
"""

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["Siblings", "sockets"]

# A sibling that is stuck makes an answer late and incomplete; it does not prevent it.
_SECONDS = 1.0
_LONGEST = 4 * 1024 * 1024
_BACKLOG = 64

Answer = Callable[..., Any]


def sockets(number: int) -> list[socket.socket]:
    """Return a listening socket for each sibling."""
    listening = []
    for _ in range(number):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The kernel gives it a name, which is none of a file (unix(7), Autobind).
        made.bind("")
        made.listen(_BACKLOG)
        listening.append(made)
    return listening


class Siblings:
    """One server process among its siblings, of which it is the `own`-th, from 0.

    `answers` says by name what this process answers to the others.
    """

    def __init__(self, own: int, listening: Sequence[socket.socket]) -> None:
        self.own = own
        self.answers: dict[str, Answer] = {}
        self._own_socket = listening[own]
        self._addresses = {
            index: one.getsockname()
            for index, one in enumerate(listening)
            if index != own
        }
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer the siblings, unless that was begun."""
        if self._server:
            return
        # A copy: the socket itself is closed with the server, and a restart needs it.
        self._server = await asyncio.start_unix_server(
            self._serve, sock=self._own_socket.dup(), limit=_LONGEST
        )

    async def close(self) -> None:
        """Answer no more."""
        if self._server:
            self._server.close()

    async def ask(self, name: str, *given: object) -> Mapping[int, Any]:
        """Return what each of the others answers; who does not answer is left out."""
        asked = [self._asked(i, name, given) for i in self._addresses]
        answers = await asyncio.gather(*asked)
        return {
            index: answer["answer"]
            for index, answer in zip(self._addresses, answers, strict=True)
            if answer
        }

    async def ask_one(self, index: int, name: str, *given: object) -> Any:
        """Return what that sibling answers, or nothing if there is none."""
        if index not in self._addresses:
            return None
        answer = await self._asked(index, name, given)
        return answer["answer"] if answer else None

    async def _asked(
        self, index: int, name: str, given: tuple[object, ...]
    ) -> dict[str, Any] | None:
        writer = None
        try:
            async with asyncio.timeout(_SECONDS):
                asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                asking.setblocking(False)
                # Made at once or not at all. The loop could not: to it, a name ends
                # with a zero, and these begin with one.
                asking.connect(self._addresses[index])
                reader, writer = await asyncio.open_unix_connection(
                    sock=asking, limit=_LONGEST
                )
                writer.write(_line({"ask": name, "given": given}))
                answer = json.loads(await reader.readline())
                return answer if isinstance(answer, dict) else None
        except (OSError, TimeoutError, ValueError):
            return None
        finally:
            if writer:
                writer.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_SECONDS):
                _require_own_user(writer)
                asked = json.loads(await reader.readline())
                found = self.answers.get(asked["ask"])
                if found:
                    writer.write(_line({"answer": found(*asked["given"])}))
                    await writer.drain()
        writer.close()


def _require_own_user(writer: asyncio.StreamWriter) -> None:
    """Refuse whoever is not the user of this process, by what the kernel says (unix(7))."""
    peer = writer.get_extra_info("socket")
    told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", told)
    if user != os.geteuid():
        raise PermissionError


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
