"""Fixtures: a client of the SDK, which starts the command as a user's client does."""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client

_SECONDS = 60


class Client:
    """A session that is held by a loop of another thread, and waited for."""

    def __init__(self, session: ClientSession, loop: asyncio.AbstractEventLoop) -> None:
        self._session = session
        self._loop = loop
        self.greeting: types.InitializeResult

    def wait(self, method: str, *arguments: Any) -> Any:
        """Return what the method of the session comes to."""
        asked = getattr(self._session, method)(*arguments)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(_SECONDS)

    def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Return the answer of the tool, which is no error; both of its forms agree."""
        result = self.wait("call_tool", tool, arguments)
        assert not result.isError, result.content[0].text
        assert json.loads(result.content[0].text) == result.structuredContent
        return dict(result.structuredContent)

    def refused(self, tool: str, /, **arguments: Any) -> str:
        """Return why the tool refuses the call."""
        result = self.wait("call_tool", tool, arguments)
        assert result.isError
        assert "Traceback" not in result.content[0].text
        return str(result.content[0].text)

    @property
    def tools(self) -> dict[str, types.Tool]:
        """The tools that are offered, by their names."""
        return {tool.name: tool for tool in self.wait("list_tools").tools}


@contextmanager
def speaking(data: Path, *options: str, **settings: object) -> Iterator[Client]:
    """Start `milgraph mcp` on the folder, with the settings by their names."""
    told = {f"MILGRAPH_{name}": str(value) for name, value in settings.items()}
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "milgraph", "mcp", "--data", str(data), *options],
        env={"PATH": os.environ["PATH"], **told},
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        ready: Any = asyncio.run_coroutine_threadsafe(_begun(command), loop).result(
            _SECONDS
        )
        client, leave, gone = ready
        try:
            yield client
        finally:
            loop.call_soon_threadsafe(leave.set)
            asyncio.run_coroutine_threadsafe(gone(), loop).result(_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()


Talking = Callable[..., AbstractContextManager[Client]]


@pytest.fixture(scope="session")
def talking() -> Talking:
    """Start `milgraph mcp` on a folder, and give a client that speaks with it."""
    return speaking


async def _begun(command: StdioServerParameters) -> Any:
    """Return the client, what lets it leave, and how to wait until it has."""
    loop = asyncio.get_running_loop()
    leave, begun = asyncio.Event(), loop.create_future()

    async def hold() -> None:
        try:
            # The log of the server is its own.
            with open(os.devnull, "w") as log:  # noqa: PTH123 - as the SDK wants it
                async with (
                    stdio_client(command, errlog=log) as (reading, writing),
                    ClientSession(reading, writing) as session,
                ):
                    client = Client(session, loop)
                    client.greeting = await session.initialize()
                    begun.set_result(client)
                    await leave.wait()
        except BaseException as error:
            if not begun.done():
                begun.set_exception(error)
            raise

    task = asyncio.create_task(hold())

    async def gone() -> None:
        await task

    return await begun, leave, gone
